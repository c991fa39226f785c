//! What became of a creation whose answer never came and that cannot be asked for any more.
//!
//! The cloud forgets client tokens after 36 hours, so an intent older than a day is not sent again: that could create
//! everything twice. Requests are remembered for seven days, but without their client token. So what can be known for
//! certain is that nothing was created: no request of this type and time is unaccounted for, or, when requests are
//! forgotten too, no resource of this type is. Then a new attempt follows. Everything else is read: what bears the tags of
//! this creation, alone and complete, is taken for it, and what bears another's is not. What is left may be somebody else's: it
//! is compared with what was asked for and named to the user, who imports or deletes. Where the plan gave a name that is not
//! the identifier (a topic's ARN is), what bears that name is what the creation has made, and what bears another is not:
//! so it is looked for also where only its name tells that something was left.
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html>

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{Command, ListedRequest, Millis, RequestStatus};
use crate::same::owned::Whose;
use crate::schema;

use super::Engine;
use super::errors::{self, Class};
use super::outcome::Existence;
use super::phase::{Phase, Why};
use super::step::{Candidate, Search, StepId, Work};

const DAY: Millis = 24 * 3_600_000;
/// Requests are listed for seven days; a day of caution.
const REQUESTS_LISTED: Millis = 6 * DAY;
/// The request of our intent carries a time between these, seen from the intent: clocks differ, the call was repeated for
/// up to a day, a handler may take 36 hours, and some requests carry the time of their end.
const BEFORE: Millis = 15 * 60_000;
const AFTER: Millis = 61 * 3_600_000;
/// Candidates that are read and named.
const READS: usize = 50;
/// That are read at most, those that turn out to be none included; and where a name tells which it is.
const READS_AT_MOST: usize = 500;
/// So long a name that is taken may be missing in a list.
const LISTED_WITHIN: Millis = 10_000;

impl Engine {
    /// Nobody can be asked any more how the creation ended, or an earlier attempt has left what now bears its name.
    pub(super) fn seek(&mut self, id: StepId, at: Millis) {
        let lost = self.is_lost(id);
        self.enter(id, Phase::Seeking, at);
        let step = &mut self.steps[id];
        let listed = lost && step.request_token.is_none() && at < step.intent_at.saturating_add(REQUESTS_LISTED);
        step.search = if listed { Search::Requests } else { Search::Resources };
        step.next = None;
        step.candidates.clear();
        (step.unread, step.reads) = (0, 0);
        self.touched.insert(id);
        self.queue_call(id, at);
    }

    /// The question of the search.
    pub(super) fn search(&self, id: StepId) -> Command {
        let step = &self.steps[id];
        let (name, type_name, next) = (step.name.clone(), self.type_of(id).to_owned(), step.next.clone());
        match step.search {
            Search::Requests => Command::ListRequests {
                step: name,
                type_name,
                since: step.intent_at.saturating_sub(BEFORE),
                until: step.intent_at.saturating_add(AFTER),
                next,
            },
            Search::Resources => {
                Command::ListResources { step: name, type_name, resource_model: self.parents(id), next }
            }
        }
    }

    /// What a list of a child type is asked with: its parents, as the creation named them.
    fn parents(&self, id: StepId) -> Option<Value> {
        let desired = self.desired_properties(id);
        let known = |name: &&str| Some(((*name).to_owned(), desired.get(*name)?.clone()));
        let asked = schema::lookup(self.type_of(id))?.listed_by().into_iter();
        let mut models = asked.filter_map(|names| names.iter().map(known).collect::<Option<Map<String, Value>>>());
        models.next().filter(|model| !Value::Object(model.clone()).to_string().contains("****")).map(Value::Object)
    }

    /// In a replay: an answer to a question that is asked only after an intent has lapsed.
    pub(super) fn lapsed_before(&mut self, id: StepId, at: Millis) {
        if self.replaying && self.steps[id].phase == Phase::Unsent {
            self.lapse(id, at);
        }
    }

    /// The intent is too old to be sent again, or the run was cancelled and has waited for an answer long enough.
    pub(super) fn lapse(&mut self, id: StepId, at: Millis) {
        let said = if self.cancelled {
            "The answer was lost, and the run was cancelled, so the call is not made again."
        } else {
            "The answer was lost more than 24 hours ago, so the call is not made again."
        };
        self.operation_failed(id, "intent_expired", said, at);
        // What it did, it did then: it has long been visible. When the lapse was noticed no journal says.
        self.steps[id].since = self.steps[id].intent_at;
    }

    pub(super) fn requests_listed(&mut self, id: StepId, requests: &[ListedRequest], next: Option<&str>, at: Millis) {
        if self.steps[id].phase != Phase::Seeking {
            return;
        }
        if at >= self.steps[id].intent_at.saturating_add(REQUESTS_LISTED) {
            // The process slept meanwhile; what is not listed any more may have been there.
            self.steps[id].search = Search::Resources;
            self.listed_again(id, at);
            return;
        }
        let candidates = requests
            .iter()
            .filter(|request| !self.request_tokens.contains(&request.request_token))
            // What has failed and names nothing has left nothing.
            .filter(|request| request.identifier.is_some() || !is_over(request.status))
            .map(|request| Candidate {
                identifier: request.identifier.clone(),
                request_token: request.request_token.clone(),
                alike: false,
                ours: false,
            })
            .collect();
        self.steps[id].search = Search::Requests;
        self.listed(id, candidates, next, at);
    }

    pub(super) fn resources_listed(&mut self, id: StepId, identifiers: &[String], next: Option<&str>, at: Millis) {
        if self.steps[id].phase != Phase::Seeking {
            return;
        }
        let candidate = |identifier: &String| Candidate {
            identifier: Some(identifier.clone()),
            request_token: String::new(),
            alike: false,
            ours: false,
        };
        self.steps[id].search = Search::Resources;
        self.listed(id, identifiers.iter().map(candidate).collect(), next, at);
    }

    /// Asks from the first page on.
    fn listed_again(&mut self, id: StepId, at: Millis) {
        self.answered(id);
        let step = &mut self.steps[id];
        step.next = None;
        step.troubles = 0;
        self.queue_call(id, at);
    }

    /// A new process: pages of a list do not outlive what asked for them.
    pub(super) fn begin_searches_anew(&mut self) {
        for id in self.steps.ids() {
            self.steps[id].next = None;
        }
    }

    /// A page of answers.
    fn listed(&mut self, id: StepId, mut candidates: Vec<Candidate>, next: Option<&str>, at: Millis) {
        let (known, given) = (self.known_identifiers(id), self.given_name(id));
        candidates.retain(|candidate| candidate.identifier.as_ref().is_none_or(|own| !known.contains(own)));
        self.answered(id);
        let step = &mut self.steps[id];
        step.troubles = 0;
        candidates.retain(|candidate| !step.candidates.contains(candidate));
        step.candidates.append(&mut candidates);
        step.next = next.map(str::to_owned);
        if step.next.is_some() {
            self.queue_call(id, at);
        } else {
            if let Some((_, name)) = &given {
                // Most identifiers that services make hold the name: these are read first.
                let holds = |candidate: &Candidate| candidate.identifier.as_ref().is_some_and(|own| own.contains(name));
                step.candidates.sort_by_key(|candidate| !holds(candidate));
            }
            self.enter(id, Phase::Reading(Why::Candidate), at);
            self.read_next(id, at);
        }
    }

    /// Identifiers of the step's type that belong to other resources of this stack.
    fn known_identifiers(&self, id: StepId) -> BTreeSet<String> {
        let type_name = self.type_of(id);
        let steps = self.steps.ids().filter(|other| *other != id && self.type_of(*other) == type_name);
        let steps = steps.filter_map(|other| self.steps[other].identifier.clone());
        let recorded = self.plan.resources.iter().flat_map(|resource| {
            let own = resource.recorded.iter().flat_map(|recorded| {
                let others = recorded.replaced.iter().map(|old| old.physical_id.clone());
                others.chain([recorded.physical_id.clone()])
            });
            own.chain(resource.old.iter().map(|old| old.physical_id.clone()))
        });
        steps.chain(recorded).collect()
    }

    /// The search was refused.
    pub(super) fn search_rejected(&mut self, id: StepId, code: &str, message: &str, at: Millis) {
        if self.steps[id].phase != Phase::Seeking {
            return;
        }
        self.steps[id].call = None;
        let class = errors::class_of_read(self.type_of(id), code, message);
        if !self.asks_again(id, class, code, message, at) {
            self.search_in_vain(id, code, message, at);
        }
    }

    /// A list has no answer, and is not asked for again.
    pub(super) fn search_in_vain(&mut self, id: StepId, code: &str, message: &str, at: Millis) {
        if self.steps[id].search == Search::Requests {
            self.steps[id].search = Search::Resources;
            self.listed_again(id, at);
        } else if !self.is_lost(id) {
            self.may_come_later(id);
            self.give_up(id, at);
        } else {
            let said = format!("Resources of this type cannot be listed ({code}: {message}).");
            self.unclear(id, &said, at);
        }
    }

    /// The candidate that is being read.
    pub(super) fn candidate(&self, id: StepId) -> Option<&str> {
        let step = &self.steps[id];
        step.candidates.get(step.unread)?.identifier.as_deref()
    }

    /// Goes on to the next candidate that can be read, or decides.
    fn read_next(&mut self, id: StepId, at: Millis) {
        let most = if self.given_name(id).is_some() { READS_AT_MOST } else { READS };
        let lost = self.is_lost(id);
        let step = &mut self.steps[id];
        step.call = None;
        step.troubles = 0;
        while step.candidates.get(step.unread).is_some_and(|candidate| candidate.identifier.is_none()) {
            step.unread += 1;
        }
        let read = step.reads;
        let over = read >= READS_AT_MOST && step.unread < step.candidates.len();
        if step.unread < step.candidates.len().min(most) && !over {
            self.queue_call(id, at);
        } else if !lost && over {
            let rest = step.candidates.len() - step.unread;
            self.say(id, &format!("Of what may bear its name {read} were read and {rest} not."));
            self.may_come_later(id);
            self.give_up(id, at);
        } else if !lost {
            self.name_not_found(id, at);
        } else if step.candidates.is_empty() {
            // It never arrived, or is gone.
            step.identifier = None;
            self.begin_anew(id, at);
        } else if let Some(identifier) = self.certain(id) {
            self.found_again(id, identifier, at);
        } else {
            let said = if over { format!("Only {read} were read.") } else { String::new() };
            self.unclear(id, &said, at);
        }
    }

    /// The candidate that this creation has made beyond doubt: the only one that bears its tags, with everything that was
    /// asked for.
    fn certain(&self, id: StepId) -> Option<String> {
        let step = &self.steps[id];
        let mut ours =
            step.candidates.iter().filter(|candidate| candidate.ours && step.unread == step.candidates.len());
        let only = ours.next().filter(|candidate| candidate.alike)?;
        if ours.next().is_some() { None } else { only.identifier.clone() }
    }

    /// Goes on with it as if its creation had just succeeded.
    fn found_again(&mut self, id: StepId, identifier: String, at: Millis) {
        let step = &mut self.steps[id];
        step.identifier = Some(identifier);
        step.failure = None;
        self.touched.insert(id);
        self.read(id, Why::Attributes, at);
    }

    /// Nothing that is listed bears the name: it is somebody else's that cannot be seen, or is not listed yet.
    fn name_not_found(&mut self, id: StepId, at: Millis) {
        let until = self.steps[id].since.saturating_add(LISTED_WITHIN);
        if at >= until {
            self.may_come_later(id);
            self.give_up(id, at);
            return;
        }
        self.enter(id, Phase::Seeking, at);
        let step = &mut self.steps[id];
        step.next = None;
        step.candidates.clear();
        (step.unread, step.reads) = (0, 0);
        self.queues.wait(&mut self.steps, id, until);
    }

    /// The property that names it and the name that the plan gave it.
    fn given_name(&self, id: StepId) -> Option<(&'static str, String)> {
        let name = self.resource(id).given_name.clone().filter(|_| self.steps[id].work == Work::Create)?;
        Some((schema::lookup(self.type_of(id))?.naming()?.property, name))
    }

    /// Whether what was read bears the given name; `None`: there is none, or it does not say.
    fn bears_its_name(&self, id: StepId, properties: &Value) -> Option<bool> {
        let (property, name) = self.given_name(id)?;
        properties.get(property)?.as_str().map(|own| own == name)
    }

    /// It is there, and nobody else can have made it: the same as if its name were its identifier.
    fn found_by_name(&mut self, id: StepId, properties: &Value, at: Millis) {
        let identifier = self.candidate(id).map(str::to_owned);
        let step = &mut self.steps[id];
        step.identifier = identifier;
        step.left_something = true;
        self.enter(id, Phase::Reading(Why::Remains), at);
        self.touched.insert(id);
        self.remains(id, Existence::Present(properties), at);
    }

    /// What a read says of a candidate; absent: it does not exist. What bears the tags of another owner, or another name, is
    /// none.
    pub(super) fn candidate_read(&mut self, id: StepId, properties: Option<&Value>, at: Millis) {
        let whose = properties.map_or(Whose::Unsaid, |properties| self.whose(id, properties));
        let named = properties.and_then(|properties| self.bears_its_name(id, properties));
        if let Some(properties) = properties.filter(|_| named == Some(true) && whose != Whose::Others) {
            self.found_by_name(id, properties, at);
            return;
        }
        let alike = properties.is_some_and(|properties| match whose {
            Whose::Ours => self.is_as_asked_for(id, properties),
            _ => agrees(&self.desired_properties(id), properties),
        });
        let step = &mut self.steps[id];
        step.reads += 1;
        match properties.filter(|_| whose != Whose::Others && named != Some(false)) {
            Some(_) => {
                if let Some(candidate) = step.candidates.get_mut(step.unread) {
                    candidate.alike = alike;
                    candidate.ours = whose == Whose::Ours;
                }
                step.unread += 1;
            }
            None if step.unread < step.candidates.len() => drop(step.candidates.remove(step.unread)),
            None => {}
        }
        self.read_next(id, at);
    }

    /// It exists, as far as anybody can tell. All candidates share one patience: where no read is answered, the rest are passed
    /// over.
    pub(super) fn candidate_unreadable(&mut self, id: StepId, at: Millis) {
        let step = &mut self.steps[id];
        step.unread += 1;
        step.reads += 1;
        self.read_next(id, at);
    }

    /// Ends the step and names everything that it may have created.
    fn unclear(&mut self, id: StepId, why: &str, at: Millis) {
        let resource = self.resource(id);
        let (logical_id, type_name) = (resource.logical_id.clone(), resource.type_name.clone());
        let step = &mut self.steps[id];
        step.candidates.sort_by_key(|candidate| !candidate.alike);
        let names: Vec<String> = step.candidates.iter().take(READS).map(Candidate::named).collect();
        let more = step.candidates.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let found = if names.is_empty() {
            format!("Look for a resource of this type that was created then. {why}")
        } else {
            format!("It may be one of these: {}{more}. {why}", names.join(", "))
        };
        let example = step.candidates.iter().find_map(|candidate| candidate.identifier.clone());
        let example = example.unwrap_or_else(|| "IDENTIFIER".to_owned());
        let message = format!(
            "Whether {logical_id} ({type_name}) was created cannot be told: the answer was lost. {} If it \
             is there, take it over (import {logical_id}={example}) or delete it; then deploy again. Client token: {}.",
            found.trim_end(),
            step.client_token
        );
        self.fail(id, "intent_expired", message, at);
    }

    /// Whether the step has come to an end that nobody could find out about.
    pub(super) fn is_lost(&self, id: StepId) -> bool {
        let step = &self.steps[id];
        let forgotten = step.failure.as_ref().is_some_and(|failure| failure.class == Class::Forgotten);
        step.work == Work::Create && forgotten && step.identifier.is_none()
    }
}

fn is_over(status: RequestStatus) -> bool {
    matches!(status, RequestStatus::Failed | RequestStatus::CancelComplete)
}

impl Candidate {
    fn named(&self) -> String {
        match &self.identifier {
            Some(identifier) if self.alike => format!("{identifier} (with the properties that were asked for)"),
            Some(identifier) => identifier.clone(),
            None => format!("what request {} makes", self.request_token),
        }
    }
}

/// Whether what exists contradicts nothing that was asked for and confirms something of it. What a read leaves out
/// (write-only properties) and what is masked says nothing.
fn agrees(desired: &Value, live: &Value) -> bool {
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => {
            let mut shared = desired.iter().filter_map(|(key, value)| Some((value, live.get(key)?))).peekable();
            desired.is_empty() || (shared.peek().is_some() && shared.all(|(desired, live)| agrees(desired, live)))
        }
        (Value::Array(desired), Value::Array(live)) => {
            desired.len() == live.len() && desired.iter().all(|item| live.iter().any(|other| agrees(item, other)))
        }
        (Value::String(text), _) if text.contains("****") => true,
        _ => desired == live,
    }
}

#[cfg(test)]
mod tests {
    use super::agrees;
    use serde_json::json;

    #[test]
    fn what_exists_agrees_when_it_contradicts_nothing_and_confirms_something() {
        for (desired, live, expected) in [
            (json!({}), json!({"Arn": "x"}), true),
            (json!({"A": 1}), json!({"A": 1, "Arn": "x"}), true),
            (json!({"A": 1}), json!({"A": 2}), false),
            (json!({"A": 1}), json!({"B": 1}), false),
            (json!({"A": 1, "Secret": "**** and more"}), json!({"A": 1, "Secret": "other"}), true),
            (json!({"A": [1, 2]}), json!({"A": [2, 1]}), true),
            (json!({"A": [1, 2]}), json!({"A": [1, 2, 3]}), false),
            (json!({"A": {"B": 1, "C": 2}}), json!({"A": {"B": 1}}), true),
        ] {
            assert_eq!(agrees(&desired, &live), expected, "{desired} {live}");
        }
    }
}
