//! What the end of an operation means: for its resource, for what is recorded, and for the steps that wait. One file,
//! because every end of every kind of operation is decided here and nowhere else; it calls nothing.
//!
//! A failed creation that carries an identifier is read. If nothing is there, a new attempt may follow. If something is
//! there and ours, it is deleted (a step of its own, with its own intent) before a new attempt; where no attempt is left
//! it is kept, recorded as `createFailed`. Whether it is ours: a generated identifier is, for nobody else can have it; one
//! that follows from names in the template may belong to somebody else (the handler may have failed before it looked).
//! That one is never deleted: it is taken over where an attempt of ours may have made it and it has everything that was
//! asked for, else it is named to the user and not recorded.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::expr::Expr;
use crate::model::{Millis, Operation, ResourceStatus};
use crate::same::{self, owned::Whose};
use crate::schema::{self, Kind};

use super::Engine;
use super::deadline;
use super::errors::{self, Class, Told};
use super::phase::{Phase, Why};
use super::step::{Failure, Step, StepId, Steps, Work};
use super::values::{Secrets, gather, named_by};

/// How long a read right after a creation may say that there is nothing.
const APPEARS_WITHIN: Millis = 120_000;
/// So long after a failure a read that finds nothing is not believed: what was created a moment ago may not be visible.
const APPEARS_AFTER_FAILURE: Millis = 10_000;
/// How long a value may be missing from what a read returns: a stream's ARN, a database's endpoint come minutes later.
const COMPLETES_WITHIN: Millis = 5 * 60_000;
/// So long something new in IAM, or anywhere, may not be known everywhere.
const FRESH_FOR: Millis = 10 * 60_000;
/// Attempts at a deletion after which the resource still exists, whatever the failure.
const DELETIONS: u32 = 3;

/// What a read says of a resource.
#[derive(Clone, Copy, Debug)]
pub(super) enum Existence<'a> {
    /// With these properties.
    Present(&'a Value),
    Absent,
    /// Its type cannot be read, or the read is refused.
    Unreadable,
}

impl Engine {
    pub(super) fn operation_succeeded(&mut self, id: StepId, model: Option<&Value>, at: Millis) {
        self.learn(id, at);
        self.free_slot(id);
        if self.steps[id].work == Work::Delete {
            self.deleted(id, at);
        } else {
            if self.steps[id].work == Work::Update {
                // What others use may have changed with it.
                self.steps[id].attributes.clear();
            }
            self.enter(id, Phase::Reading(Why::Attributes), at);
            let nothing = Value::Object(Map::new());
            if !self.gathered(id, model.unwrap_or(&nothing), at) {
                self.touched.insert(id);
                self.queue_call(id, at);
            }
        }
    }

    /// Takes the needed values from `properties`; when all are there, the step is done.
    fn gathered(&mut self, id: StepId, properties: &Value, at: Millis) -> bool {
        let resource = self.resource(id);
        let identifier = self.steps[id].identifier.as_deref().unwrap_or_default();
        let found = gather(self.attributes.as_ref(), &resource.type_name, &resource.needs, identifier, properties);
        let complete = found.len() == resource.needs.len();
        self.steps[id].attributes.extend(found);
        if complete {
            self.succeeded(id, at);
        }
        complete
    }

    fn succeeded(&mut self, id: StepId, at: Millis) {
        self.record(id, ResourceStatus::Complete);
        if self.modified(id).is_some() {
            self.look_at_modified(id, at);
        } else {
            self.done(id, at);
        }
    }

    pub(super) fn done(&mut self, id: StepId, at: Millis) {
        self.settle(id, Phase::Succeeded, at);
    }

    pub(super) fn attributes_read(&mut self, id: StepId, properties: &Value, at: Millis) {
        if self.gathered(id, properties, at) {
            return;
        }
        self.fill_later(id);
        let step = &self.steps[id];
        if self.resource(id).needs.iter().all(|name| step.attributes.contains_key(name)) {
            self.succeeded(id, at);
            return;
        }
        let may_come = at < step.since.saturating_add(COMPLETES_WITHIN);
        let (created, updated) = (step.work == Work::Create, step.work == Work::Update);
        if created && may_come {
            self.later(id, Class::Transient, at);
        } else if !self.recalled(id, at) {
            // The update may be what makes it: a stream that was switched on has no ARN at once.
            if updated && may_come {
                self.later(id, Class::Transient, at);
            } else {
                self.values_missing(id, "", at);
            }
        }
    }

    /// Takes what a read does not give from what is recorded: an update leaves it as it was.
    fn recalled(&mut self, id: StepId, at: Millis) -> bool {
        let recorded = self.resource(id).recorded.as_ref().filter(|_| self.steps[id].work == Work::Update);
        let Some(recorded) = recorded.map(|recorded| recorded.attributes.clone()) else { return false };
        let needs = self.resource(id).needs.clone();
        let step = &mut self.steps[id];
        for (name, value) in recorded.into_iter().filter(|(name, _)| needs.contains(name)) {
            step.attributes.entry(name).or_insert(value);
        }
        let complete = step.attributes.len() == needs.len();
        if complete {
            self.succeeded(id, at);
        }
        complete
    }

    /// A read for values found nothing.
    pub(super) fn vanished(&mut self, id: StepId, at: Millis) {
        let step = &self.steps[id];
        if step.work == Work::Create && at < step.since.saturating_add(APPEARS_WITHIN) {
            self.later(id, Class::Transient, at);
            return;
        }
        let identifier = step.identifier.clone().unwrap_or_default();
        if matches!(step.work, Work::Create | Work::Update) {
            self.record(id, ResourceStatus::Complete);
        }
        self.fail(id, "resource_not_found", format!("A read of {identifier} says that it does not exist."), at);
    }

    /// The resource is as it should be, but what others need of it cannot be had.
    fn values_missing(&mut self, id: StepId, said: &str, at: Millis) {
        let step = &self.steps[id];
        let missing: Vec<&str> = self
            .resource(id)
            .needs
            .iter()
            .map(String::as_str)
            .filter(|name| !step.attributes.contains_key(*name))
            .collect();
        let mut message = format!("What a read returns does not give {}.", missing.join(", "));
        if !said.is_empty() {
            message = format!("{message} {said}");
        }
        if matches!(step.work, Work::Create | Work::Update) {
            self.record(id, ResourceStatus::Complete);
        }
        self.fail(id, "attribute_unavailable", message, at);
    }

    pub(super) fn read_rejected(&mut self, id: StepId, code: &str, message: &str, at: Millis) {
        let Phase::Reading(why) = self.steps[id].phase else { return };
        self.steps[id].call = None;
        let class = errors::class_of_read(self.type_of(id), code, message);
        if !self.asks_again(id, class, code, message, at) {
            self.read_in_vain(id, why, class, code, message, at);
        }
    }

    /// A read has no answer, and is not made again.
    pub(super) fn read_in_vain(&mut self, id: StepId, why: Why, class: Class, code: &str, message: &str, at: Millis) {
        if why != Why::Candidate {
            self.answered(id);
        }
        match why {
            Why::Attributes if class == Class::Absent => self.vanished(id, at),
            Why::Remains if class == Class::Absent => self.remains(id, Existence::Absent, at),
            Why::Remains => self.remains(id, Existence::Unreadable, at),
            Why::Modified => self.modified_read(id, None, at),
            Why::Before if class == Class::Absent => self.looked(id, None, at),
            Why::Before => self.look_refused(id, code, message, at),
            Why::Tests => self.tests_read(id, None, at),
            Why::Candidate if class == Class::Absent => self.candidate_read(id, None, at),
            Why::Candidate => self.candidate_unreadable(id, at),
            // A type without a read handler: what was asked for is the best that is known of it.
            Why::Attributes => {
                let desired = self.desired_properties(id);
                if !self.gathered(id, &desired, at) && !self.recalled(id, at) {
                    self.values_missing(id, &format!("{code}: {message}"), at);
                }
            }
        }
    }

    /// The desired state as far as it is known, secrets masked.
    pub(super) fn desired_properties(&self, id: StepId) -> Value {
        let desired = self.resource(id).desired.as_ref();
        desired.and_then(|desired| self.resolve(desired, Secrets::Masked).ok()).unwrap_or(Value::Null)
    }

    pub(super) fn operation_failed(&mut self, id: StepId, code: &str, message: &str, at: Millis) {
        self.free_slot(id);
        let (class, waits_for) = self.classified(id, code, message, at);
        let step = &mut self.steps[id];
        step.failure = Some(Failure { code: code.to_owned(), message: message.to_owned(), class, waits_for });
        step.has_failed(class, at);
        step.left_something |= class.may_leave();
        if class == Class::Throttled {
            let type_name = self.type_of(id).to_owned();
            self.services.throttled(&type_name, at);
        }
        self.touched.insert(id);
        let read = match (self.steps[id].work, class) {
            (Work::Update, class) => return self.attempt_failed(id, class, at),
            (Work::Delete, Class::Absent) => return self.deleted(id, at),
            (Work::Delete, class) => matches!(class, Class::Vague | Class::Unsettled | Class::Forgotten),
            // The identifier of a taken name is somebody else's, unless an attempt of ours may have taken it.
            (_, Class::Taken) => {
                let again = self.steps[id].attempt > 1;
                let identifier = self.steps[id].identifier.take().filter(|_| again);
                self.steps[id].identifier = identifier.or_else(|| self.chosen_identifier(id).filter(|_| again));
                self.steps[id].identifier.is_some()
            }
            // Refused before anything was done; the next attempt tells whether a chosen name is taken.
            (_, Class::Propagating) if self.is_named(id) => {
                self.steps[id].identifier = None;
                false
            }
            // It goes on without having said what it makes: what its name makes is known.
            (_, Class::Unsettled) if self.steps[id].identifier.is_none() => {
                self.steps[id].identifier = self.chosen_identifier(id);
                self.steps[id].identifier.is_some()
            }
            _ => self.steps[id].identifier.is_some(),
        };
        if self.is_to_be_found_by_name(id) {
            self.look_by_name(id, at);
        } else if self.is_lost(id) {
            self.seek(id, at);
        } else if read {
            self.read(id, Why::Remains, at);
        } else if class.is_passing() || class == Class::Vague {
            self.again(id, at);
        } else {
            self.may_come_later(id);
            self.give_up(id, at);
        }
    }

    /// Whether a creation has a given name, and what it has made cannot be read otherwise: nobody knows how it ended, or a
    /// name is taken that an attempt of ours may have taken, or it may have worked.
    fn is_to_be_found_by_name(&self, id: StepId) -> bool {
        let step = &self.steps[id];
        let left = match self.failure_class(id) {
            Class::Forgotten | Class::Unsettled => true,
            Class::Taken => step.attempt > 1 && step.left_something,
            _ => false,
        };
        left && step.identifier.is_none() && self.is_given(id)
    }

    /// Reads what bears the given name, where that is its identifier; else looks for it among all of its type.
    fn look_by_name(&mut self, id: StepId, at: Millis) {
        let identifier = self.chosen_identifier(id);
        let step = &mut self.steps[id];
        step.left_something = true;
        if identifier.is_none() {
            self.seek(id, at);
            return;
        }
        step.identifier = identifier;
        self.read(id, Why::Remains, at);
    }

    /// What the failure means, and what is to be waited for.
    fn classified(&self, id: StepId, code: &str, message: &str, at: Millis) -> (Class, String) {
        let step = &self.steps[id];
        let made = self.freshly_made(id, at);
        let iam = made.iter().find(|other| self.type_of(**other).starts_with("AWS::IAM::"));
        let class = errors::classify(Told {
            type_name: self.type_of(id),
            operation: match step.work {
                Work::Update => Operation::Update,
                Work::Delete => Operation::Delete,
                _ => Operation::Create,
            },
            code,
            message,
            by_handler: step.request_token.is_some(),
            fresh: !made.is_empty(),
            fresh_iam: iam.is_some(),
        });
        let name = |other: Option<&StepId>| other.map_or("", |other| self.resource(*other).logical_id.as_str());
        let waits_for = match class {
            Class::Propagating => format!("Waiting for {} to be usable everywhere.", name(iam)),
            Class::Unseen => format!("Waiting for {} to be seen everywhere.", name(made.first())),
            Class::Throttled => "Waiting, for the service throttles.".to_owned(),
            Class::Held => {
                "Waiting for AWS to take away what still uses it: network interfaces take up to 45 minutes.".to_owned()
            }
            Class::Busy => "Waiting for the bucket's name: after a deletion it may take an hour.".to_owned(),
            Class::Ending => "Waiting for the end of the secret that had this name.".to_owned(),
            _ => String::new(),
        };
        (class, waits_for)
    }

    /// What it builds on, directly or not, and this run has made or changed within the last minutes.
    fn freshly_made(&self, id: StepId, at: Millis) -> Vec<StepId> {
        let (mut seen, mut open, mut made) = (BTreeSet::new(), vec![Steps::node(id)], Vec::new());
        while let Some(node) = open.pop() {
            // The removal of a remnant has no node, and builds on nothing.
            let dependencies = if node < self.graph.len() { self.graph.dependencies(node) } else { &[] };
            for other in dependencies.iter().filter(|other| seen.insert(**other)) {
                open.push(*other);
                let Some(other) = self.steps.at(*other) else { continue };
                let step = &self.steps[other];
                let changed = matches!(step.work, Work::Create | Work::Update) && step.phase == Phase::Succeeded;
                if changed && step.ended_at.is_some_and(|ended| at < ended.saturating_add(FRESH_FOR)) {
                    made.push(other);
                }
            }
        }
        made
    }

    pub(super) fn failure_class(&self, id: StepId) -> Class {
        self.steps[id].failure.as_ref().map_or(Class::Terminal, |failure| failure.class)
    }

    /// What a read says after a failure.
    pub(super) fn remains(&mut self, id: StepId, existence: Existence<'_>, at: Millis) {
        let class = self.failure_class(id);
        let passing = class.is_passing();
        match (self.steps[id].work, existence) {
            (Work::Delete, Existence::Present(_) | Existence::Unreadable) => {
                if self.steps[id].failures(class, at).0 < DELETIONS {
                    self.begin_anew(id, at);
                } else {
                    self.give_up(id, at);
                }
            }
            (_, Existence::Absent) if at < self.steps[id].since.saturating_add(APPEARS_AFTER_FAILURE) => {
                // What was created a moment ago may not be visible yet, and once it is taken for absent it is lost.
                let again = self.steps[id].since.saturating_add(APPEARS_AFTER_FAILURE);
                self.queues.wait(&mut self.steps, id, again);
            }
            (Work::Delete, Existence::Absent) => self.deleted(id, at),
            (_, Existence::Absent) => {
                self.steps[id].identifier = None;
                if passing || matches!(class, Class::Vague | Class::Forgotten) {
                    self.again(id, at);
                } else {
                    self.may_come_later(id);
                    self.give_up(id, at);
                }
            }
            (_, Existence::Present(properties)) if self.may_adopt(id, properties) => self.adopt(id, properties, at),
            (_, Existence::Present(properties)) if self.whose(id, properties) == Whose::Others => {
                let step = &mut self.steps[id];
                let identifier = step.identifier.take().unwrap_or_default();
                if let Some(failure) = &mut step.failure {
                    failure.message = format!(
                        "{} {identifier} exists and is another stack's or another resource's, as its tags say: give this \
                         one another name.",
                        failure.message
                    );
                }
                self.give_up(id, at);
            }
            _ if !self.is_ours(id) => {
                let step = &mut self.steps[id];
                let identifier = step.identifier.take().unwrap_or_default();
                if let Some(failure) = &mut step.failure {
                    failure.message = format!(
                        "{} {identifier} exists. It has a name of its own, so whether this run created it cannot be \
                         told: delete or import it, then deploy again.",
                        failure.message
                    );
                }
                self.give_up(id, at);
            }
            _ if (passing || class == Class::Vague) && self.hopes(id, at) && !self.cancelled => {
                let remover = self.remover_of(id);
                self.enter(id, Phase::Removing, at);
                self.touched.insert(id);
                self.make_ready(remover, at);
            }
            _ => {
                self.record(id, ResourceStatus::CreateFailed);
                self.give_up(id, at);
            }
        }
    }

    /// An operation that could not even be cancelled may still make something.
    pub(super) fn may_come_later(&mut self, id: StepId) {
        let step = &mut self.steps[id];
        if let (Some(failure), Some(token)) = (&mut step.failure, &step.request_token)
            && step.work == Work::Create
            && [deadline::CODE, deadline::CANCELLED].contains(&failure.code.as_str())
        {
            failure.message = format!("{} Look for what request {token} makes.", failure.message);
        }
    }

    /// Whether what a failed creation left is certainly this run's.
    fn is_ours(&self, id: StepId) -> bool {
        let step = &self.steps[id];
        // A handler waits for stabilisation only of what it has created.
        let stabilising = step.failure.as_ref().is_some_and(|failure| failure.code == "NotStabilized");
        step.identifier.is_some() && (stabilising || !self.is_named(id) || self.has_left_its_own(id))
    }

    /// Whether it has the name that this plan gave it, and an attempt has made it: one that only met the name has not.
    fn has_left_its_own(&self, id: StepId) -> bool {
        self.is_given(id) && (self.steps[id].left_something || self.failure_class(id) != Class::Taken)
    }

    /// Whether the plan gave it its name.
    fn is_given(&self, id: StepId) -> bool {
        self.resource(id).given_name.is_some() && self.steps[id].work == Work::Create
    }

    /// Whether its identifier follows from names in the template: somebody else's resource may have it.
    fn is_named(&self, id: StepId) -> bool {
        let identifier = self.steps[id].identifier.as_deref();
        identifier.is_some_and(|identifier| named_by(identifier, &self.desired_properties(id)))
    }

    /// The identifier that the desired state gives, where it gives all of it.
    fn chosen_identifier(&self, id: StepId) -> Option<String> {
        let desired = self.desired_properties(id);
        let parts = schema::lookup(self.type_of(id))?.primary_identifier();
        let parts = parts.iter().map(|part| desired.get(*part)?.as_str());
        parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("|"))
    }

    /// Whether a resource with a chosen name is what an attempt of ours has left, complete: an attempt has failed that may
    /// have made something, no attempt has met it before that, and everything that was asked for is there.
    fn may_adopt(&self, id: StepId, properties: &Value) -> bool {
        let may_be = self.is_given(id) || !self.is_ours(id);
        let others = self.whose(id, properties) == Whose::Others;
        let settled = !self.never_settled(id);
        self.steps[id].left_something && settled && may_be && !others && self.is_as_asked_for(id, properties)
    }

    /// Whether the creation ended before what it made was ready: then it is there, and no success.
    fn never_settled(&self, id: StepId) -> bool {
        let ends = ["NotStabilized", deadline::CODE, deadline::CANCELLED];
        self.steps[id].failure.as_ref().is_some_and(|failure| ends.contains(&failure.code.as_str()))
    }

    pub(super) fn is_as_asked_for(&self, id: StepId, properties: &Value) -> bool {
        let kind = schema::lookup(self.type_of(id));
        let hidden = kind.map(|kind| kind.write_only()).unwrap_or_default();
        let Value::Object(desired) = self.desired_properties(id) else { return false };
        desired.into_iter().all(|(name, wanted)| {
            let inside = format!("{name}/");
            let untold = hidden.iter().any(|path| **path == name || path.starts_with(&inside));
            let shape = same::member(kind.map(|kind| Kind::Object(kind.object())), &name);
            untold
                || wanted.to_string().contains("****")
                || properties
                    .get(&name)
                    .is_some_and(|live| same::agrees(shape, &Expr::known(wanted), &Expr::known(live.clone())))
        })
    }

    /// Goes on with what is there as if the attempt had succeeded.
    fn adopt(&mut self, id: StepId, properties: &Value, at: Millis) {
        self.steps[id].failure = None;
        self.enter(id, Phase::Reading(Why::Attributes), at);
        self.attributes_read(id, properties, at);
    }

    /// The failure is another than it seemed.
    pub(super) fn reclassify(&mut self, id: StepId, class: Class, at: Millis) -> Class {
        let step = &mut self.steps[id];
        if let Some(failure) = &mut step.failure {
            failure.class = class;
        }
        step.has_failed(class, at);
        class
    }

    /// The step that deletes what attempts of this creation have left.
    pub(super) fn remover_of(&mut self, parent: StepId) -> StepId {
        let remover = self.steps[parent].remover.unwrap_or_else(|| {
            let creation = &self.steps[parent];
            let logical_id = &self.resource(parent).logical_id;
            let mut step = Step::new(Work::Delete, logical_id, creation.resource, creation.type_index, creation.rank);
            step.below = creation.below.saturating_add(creation.estimate);
            step.parent = Some(parent);
            let name = step.name.clone();
            let id = self.steps.push(step);
            self.by_name.insert(name, id);
            self.steps[parent].remover = Some(id);
            id
        });
        self.steps[remover].identifier = self.steps[parent].identifier.clone();
        remover
    }

    fn deleted(&mut self, id: StepId, at: Millis) {
        if let Some(parent) = self.steps[id].parent {
            self.enter(id, Phase::Succeeded, at);
            self.steps[parent].identifier = None;
            self.make_ready(parent, at);
            if self.cancelled {
                self.abandon(parent, at);
            }
        } else {
            self.forget(id);
            if self.modified(id).is_some() {
                self.look_at_modified(id, at);
            } else {
                self.settle(id, Phase::Succeeded, at);
            }
        }
    }

    /// A new attempt after a pause, as long as there is hope.
    pub(super) fn again(&mut self, id: StepId, at: Millis) {
        if self.hopes(id, at) {
            return self.begin_anew(id, at);
        }
        if self.failure_class(id) == Class::Ending {
            self.say(id, "Restore it and import it, or delete it without recovery; then deploy again.");
        }
        self.give_up(id, at);
    }

    fn hopes(&self, id: StepId, at: Millis) -> bool {
        let class = self.failure_class(id);
        let (failures, since) = self.steps[id].failures(class, at);
        class.hopes(failures, since)
    }

    /// A new attempt after a pause.
    pub(super) fn begin_anew(&mut self, id: StepId, at: Millis) {
        if self.cancelled {
            self.abandon(id, at);
            return;
        }
        let class = self.steps[id].failure.as_ref().map_or(Class::Transient, |failure| failure.class);
        self.enter(id, Phase::Backoff, at);
        let step = &mut self.steps[id];
        step.request_token = None;
        let pause = errors::pause(class, step.failures(class, at).0, &mut self.random);
        self.queues.wait(&mut self.steps, id, at.saturating_add(pause));
        self.touched.insert(id);
    }

    /// The step has failed for good.
    pub(super) fn give_up(&mut self, id: StepId, at: Millis) {
        if let Some(parent) = self.steps[id].parent {
            self.enter(id, Phase::Failed, at);
            let said = self.steps[id].failure.clone().unwrap_or_else(|| Failure::new("", ""));
            let step = &mut self.steps[parent];
            if let Some(failure) = &mut step.failure {
                failure.message =
                    format!("{} What it left could not be deleted: {}: {}", failure.message, said.code, said.message);
            }
            self.record(parent, ResourceStatus::CreateFailed);
            self.settle(parent, Phase::Failed, at);
            return;
        }
        self.record_failed_change(id);
        self.settle(id, Phase::Failed, at);
    }

    /// Fails a step for a reason of our own.
    pub(super) fn fail(&mut self, id: StepId, code: &str, message: String, at: Millis) {
        self.free_slot(id);
        self.steps[id].failure = Some(Failure::new(code, message));
        self.give_up(id, at);
    }

    /// Ends a step that is not in flight, because the run is cancelled.
    pub(super) fn abandon(&mut self, id: StepId, at: Millis) {
        self.free_slot(id);
        if let Some(parent) = self.steps[id].parent {
            self.enter(id, Phase::Cancelled, at);
            self.record(parent, ResourceStatus::CreateFailed);
            self.settle(parent, Phase::Cancelled, at);
        } else {
            self.record_failed_change(id);
            self.settle(id, Phase::Cancelled, at);
        }
    }

    /// A deletion or an update that has failed may have done a part, or all.
    fn record_failed_change(&mut self, id: StepId) {
        let step = &self.steps[id];
        // A second attempt says that the first has failed.
        if step.attempt == 0 || (step.failure.is_none() && step.attempt == 1) {
            return;
        }
        match step.work {
            Work::Delete => self.deletion_failed(id),
            Work::Update if step.phase != Phase::Reading(Why::Attributes) => self.update_failed(id),
            _ => {}
        }
    }
}
