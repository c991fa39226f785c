//! What the end of an operation means: for its resource, for what is recorded, and for the steps that wait.
//!
//! A failed creation that carries an identifier is read. If nothing is there, a new attempt may follow. If something is
//! there and ours, a passing failure is answered by deleting it (a step of its own, with its own intent) and a new
//! attempt; any other failure keeps it, recorded as `createFailed`. Whether it is ours: a generated identifier is, for
//! nobody else can have it; one that follows from names in the template may belong to somebody else (the handler may
//! have failed before it looked), so it is neither deleted nor recorded but named to the user.

use serde_json::{Map, Value};

use crate::model::{Millis, ResourceStatus};

use super::Engine;
use super::errors::{self, Class};
use super::queues::Queues;
use super::step::{Failure, Phase, Step, StepId, Why, Work};
use super::values::{Secrets, gather, named_by};

/// How long a read right after a creation may say that there is nothing.
const APPEARS_WITHIN: Millis = 120_000;
/// So long after a failure a read that finds nothing is not believed: what was created a moment ago may not be visible.
const APPEARS_AFTER_FAILURE: Millis = 10_000;
/// How long a value may be missing from what a read returns.
const COMPLETES_WITHIN: Millis = 30_000;
/// Refused reads in a row before a resource counts as unreadable.
const READ_REFUSALS: u32 = 8;
/// Attempts at a deletion after which the resource still exists, whatever the failure.
const DELETIONS: u32 = 3;

/// What a read says of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existence {
    Present,
    Absent,
    /// Its type cannot be read, or the read is refused.
    Unreadable,
}

impl Engine {
    pub(super) fn operation_succeeded(&mut self, id: StepId, model: Option<&Value>, at: Millis) {
        self.learn(id, at);
        self.free_slot(id);
        self.steps[id].call = None;
        if self.steps[id].work == Work::Delete {
            self.deleted(id, at);
        } else {
            if self.steps[id].work == Work::Update {
                // What others use may have changed with it.
                self.steps[id].attributes.clear();
            }
            self.steps[id].reading_since = at;
            self.steps[id].troubles = 0;
            self.steps[id].phase = Phase::Reading(Why::Attributes);
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
        let step = &mut self.steps[id];
        step.attributes.extend(found);
        if complete {
            self.succeeded(id, at);
        }
        complete
    }

    fn succeeded(&mut self, id: StepId, at: Millis) {
        self.record(id, ResourceStatus::Complete);
        self.settle(id, Phase::Succeeded, at);
    }

    pub(super) fn attributes_read(&mut self, id: StepId, properties: &Value, at: Millis) {
        if self.gathered(id, properties, at) {
            return;
        }
        let step = &self.steps[id];
        if step.work == Work::Create && at < step.reading_since.saturating_add(COMPLETES_WITHIN) {
            self.later(id, Class::Transient, at);
        } else if !self.recalled(id, at) {
            self.values_missing(id, "", at);
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
        if step.work == Work::Create && at < step.reading_since.saturating_add(APPEARS_WITHIN) {
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

    pub(super) fn read_rejected(&mut self, id: StepId, class: Class, code: &str, message: &str, at: Millis) {
        let step = &mut self.steps[id];
        let Phase::Reading(why) = step.phase else { return };
        step.call = None;
        let passing = matches!(class, Class::Transient | Class::Conflict | Class::Vague);
        if passing && step.troubles < READ_REFUSALS {
            self.later(id, class, at);
            return;
        }
        match why {
            Why::Attributes if class == Class::Absent => self.vanished(id, at),
            Why::Remains if class == Class::Absent => self.remains(id, Existence::Absent, at),
            Why::Remains => self.remains(id, Existence::Unreadable, at),
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
        let step = &mut self.steps[id];
        step.call = None;
        step.troubles = 0;
        step.failure = Some(Failure { code: code.to_owned(), message: message.to_owned() });
        self.touched.insert(id);
        let class = errors::class(code);
        let read = match (self.steps[id].work, class) {
            (Work::Update, class) => return self.attempt_failed(id, class, at),
            (Work::Delete, Class::Absent) => return self.deleted(id, at),
            (Work::Delete, class) => matches!(class, Class::Vague | Class::Unsettled | Class::Forgotten),
            // The identifier of a taken name is somebody else's.
            (_, Class::Taken) => {
                self.steps[id].identifier = None;
                false
            }
            _ => self.steps[id].identifier.is_some(),
        };
        if self.is_lost(id) {
            self.seek(id, at);
        } else if read {
            self.steps[id].reading_since = at;
            self.steps[id].phase = Phase::Reading(Why::Remains);
            self.queue_call(id, at);
        } else if matches!(class, Class::Transient | Class::Conflict | Class::Vague) {
            self.again(id, class.attempts(), at);
        } else {
            self.give_up(id, at);
        }
    }

    /// What a read says after a failure.
    pub(super) fn remains(&mut self, id: StepId, existence: Existence, at: Millis) {
        let class = self.steps[id].failure.as_ref().map_or(Class::Terminal, |failure| errors::class(&failure.code));
        let passing = matches!(class, Class::Transient | Class::Conflict);
        match (self.steps[id].work, existence) {
            (Work::Delete, Existence::Present | Existence::Unreadable) => self.again(id, DELETIONS, at),
            (_, Existence::Absent) if at < self.steps[id].reading_since.saturating_add(APPEARS_AFTER_FAILURE) => {
                // What was created a moment ago may not be visible yet, and once it is taken for absent it is lost.
                let again = self.steps[id].reading_since.saturating_add(APPEARS_AFTER_FAILURE);
                self.queues.wait(&mut self.steps, id, again);
            }
            (Work::Delete, Existence::Absent) => self.deleted(id, at),
            (_, Existence::Absent) => {
                self.steps[id].identifier = None;
                if passing || matches!(class, Class::Vague | Class::Forgotten) {
                    self.again(id, class.attempts(), at);
                } else {
                    self.give_up(id, at);
                }
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
            _ if passing && self.steps[id].attempt < class.attempts() && !self.cancelled => {
                let remover = self.remover_of(id);
                self.steps[id].phase = Phase::Removing;
                Queues::leave(&mut self.steps, id);
                self.touched.insert(id);
                self.make_ready(remover);
            }
            _ => {
                self.record(id, ResourceStatus::CreateFailed);
                self.give_up(id, at);
            }
        }
    }

    /// Whether what a failed creation left is certainly this run's.
    fn is_ours(&self, id: StepId) -> bool {
        let step = &self.steps[id];
        // A handler waits for stabilisation only of what it has created.
        let stabilising = step.failure.as_ref().is_some_and(|failure| failure.code == "NotStabilized");
        let Some(identifier) = step.identifier.as_deref() else { return false };
        stabilising || !named_by(identifier, &self.desired_properties(id))
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
            self.steps[id].phase = Phase::Succeeded;
            Queues::leave(&mut self.steps, id);
            self.steps[parent].identifier = None;
            self.make_ready(parent);
            if self.cancelled {
                self.abandon(parent, at);
            }
        } else {
            self.forget(id);
            self.settle(id, Phase::Succeeded, at);
        }
    }

    /// A new attempt after a pause, if there are any left.
    pub(super) fn again(&mut self, id: StepId, attempts: u32, at: Millis) {
        if self.steps[id].attempt >= attempts {
            self.give_up(id, at);
        } else if self.cancelled {
            self.abandon(id, at);
        } else {
            let step = &mut self.steps[id];
            step.phase = Phase::Backoff;
            step.request_token = None;
            let class = step.failure.as_ref().map_or(Class::Transient, |failure| errors::class(&failure.code));
            let pause = errors::pause(class, step.attempt, &mut self.random);
            self.queues.wait(&mut self.steps, id, at.saturating_add(pause));
            self.touched.insert(id);
        }
    }

    /// The step has failed for good.
    pub(super) fn give_up(&mut self, id: StepId, at: Millis) {
        if let Some(parent) = self.steps[id].parent {
            self.steps[id].phase = Phase::Failed;
            Queues::leave(&mut self.steps, id);
            let said = self.steps[id].failure.clone().unwrap_or_default();
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
        self.steps[id].failure = Some(Failure { code: code.to_owned(), message });
        self.give_up(id, at);
    }

    /// Ends a step that is not in flight, because the run is cancelled.
    pub(super) fn abandon(&mut self, id: StepId, at: Millis) {
        self.free_slot(id);
        if let Some(parent) = self.steps[id].parent {
            self.steps[id].phase = Phase::Cancelled;
            Queues::leave(&mut self.steps, id);
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
