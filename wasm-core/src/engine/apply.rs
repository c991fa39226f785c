//! Events to facts. The same code runs live and in replay, so what is decided here depends on events alone; pauses and
//! poll times are drawn here too, but they only say when, never what.

use serde_json::Value;

use crate::durations::Observed;
use crate::model::{CallKind, Event, Millis, Operation, RequestStatus};

use super::Engine;
use super::contact::Contact;
use super::errors::{self, Class};
use super::outcome::Existence;
use super::phase::{Phase, Why};
use super::poll::Flight;
use super::step::{Step, StepId, Work};

impl Engine {
    pub(super) fn apply(&mut self, now: Millis, event: &Event) {
        match event {
            Event::Started {} => {
                self.started = true;
                self.contact = Contact::default();
                self.begin_searches_anew();
                self.rename();
            }
            Event::TimerFired {} => {}
            Event::RateShare { rate, burst } => self.bucket.share(now, *rate, *burst),
            Event::CancelRequested { now: at_once } => {
                self.cancel(now);
                if *at_once {
                    self.cancel_at_once(now);
                }
            }
            Event::SuspendRequested { until } => self.suspended = Some(*until),
            Event::IntentRecorded { step, attempt, client_token, at } => {
                if let Some(id) = self.named_or_remover(step) {
                    self.intent_recorded(id, *attempt, client_token, *at);
                }
            }
            Event::Accepted { step, request_token, identifier, retry_after, at } => {
                self.contact.answered();
                if let Some(id) = self.named(step).filter(|id| self.steps[*id].phase.is_in_flight()) {
                    self.accepted(id, request_token, identifier.as_deref(), *retry_after, *at);
                }
            }
            Event::Progress { step, status, identifier, model, error_code, message, retry_after, at } => {
                self.contact.answered();
                if let Some(id) = self.named(step).filter(|id| self.steps[*id].phase.is_in_flight()) {
                    self.seen(id, identifier.as_deref());
                    let text = message.as_deref().unwrap_or_default();
                    match status {
                        RequestStatus::Pending | RequestStatus::InProgress | RequestStatus::CancelInProgress => {
                            self.still_running(id, *retry_after, *at);
                        }
                        RequestStatus::Success => self.operation_succeeded(id, model.as_ref(), *at),
                        RequestStatus::Failed => {
                            self.operation_failed(id, error_code.as_deref().unwrap_or("Unknown"), text, *at);
                        }
                        RequestStatus::CancelComplete if self.was_overdue(id, *at) => {
                            self.timed_out(id, text, *at);
                        }
                        RequestStatus::CancelComplete => self.operation_failed(id, "RequestCancelled", text, *at),
                    }
                }
            }
            Event::Read { step, properties, at } => {
                self.contact.answered();
                if let Some(id) = self.named(step) {
                    self.lapsed_before(id, *at);
                    self.resource_read(id, properties.as_ref(), *at);
                }
            }
            Event::RequestsListed { step, requests, next, at } => {
                self.contact.answered();
                if let Some(id) = self.named(step) {
                    self.lapsed_before(id, *at);
                    self.requests_listed(id, requests, next.as_deref(), *at);
                }
            }
            Event::ResourcesListed { step, identifiers, next, at } => {
                self.contact.answered();
                if let Some(id) = self.named(step) {
                    self.lapsed_before(id, *at);
                    self.resources_listed(id, identifiers, next.as_deref(), *at);
                }
            }
            Event::Rejected { step, call, error_code, message, at } => {
                if let Some(id) = self.named(step) {
                    self.rejected(id, *call, error_code, message, *at);
                }
            }
            Event::Throttled { step, call } => {
                self.contact.trouble(now, "The cloud throttles every call.");
                self.bucket.throttled(now);
                if let Some(id) = self.named(step) {
                    self.throttled(id, *call, now);
                }
            }
            Event::Lost { step, call, message } => {
                self.contact.trouble(now, message);
                if let Some(id) = self.named(step) {
                    self.lost(id, *call, now);
                }
            }
        }
        self.propagate(now);
    }

    fn named(&self, step: &str) -> Option<StepId> {
        self.by_name.get(step).copied()
    }

    /// The step of a journaled intent. `delete:X` where X is created is the removal of a remnant, decided on by the
    /// engine that wrote the journal.
    fn named_or_remover(&mut self, step: &str) -> Option<StepId> {
        self.named(step).or_else(|| {
            let created = step.strip_prefix("delete:").map(|logical_id| format!("create:{logical_id}"))?;
            let parent = self.named(&created)?;
            Some(self.remover_of(parent))
        })
    }

    fn intent_recorded(&mut self, id: StepId, attempt: u32, client_token: &str, at: Millis) {
        if self.steps[id].phase.is_settled() && self.steps[id].parent.is_none() && !self.reopen(id) {
            return;
        }
        self.take_slot(id);
        let replaying = self.replaying;
        self.enter(id, Phase::Unsent, at);
        let step = &mut self.steps[id];
        step.attempt = attempt;
        client_token.clone_into(&mut step.client_token);
        step.intent_at = at;
        step.request_token = None;
        step.retry_after = None;
        step.cancelled_at = None;
        step.seen = 0;
        step.failure = None;
        step.looked_at = None;
        // After a crash nobody knows whether the call was made.
        step.ambiguous = replaying;
        if step.work == Work::Create {
            step.identifier = None;
        }
        if let Some(parent) = step.parent {
            self.enter(parent, Phase::Removing, at);
        }
        if replaying {
            self.queue_call(id, at);
        } else {
            self.confirmed.push(id);
        }
        self.touched.insert(id);
    }

    fn accepted(
        &mut self,
        id: StepId,
        request_token: &str,
        identifier: Option<&str>,
        retry_after: Option<Millis>,
        at: Millis,
    ) {
        self.seen(id, identifier);
        if self.steps[id].phase != Phase::Running {
            self.enter(id, Phase::Running, at);
            self.steps[id].watched = !self.replaying && !self.steps[id].ambiguous;
        }
        self.request_tokens.insert(request_token.to_owned());
        let step = &mut self.steps[id];
        step.request_token = Some(request_token.to_owned());
        step.retry_after = retry_after;
        if step.failure.take().is_some() || step.ambiguous {
            self.touched.insert(id);
        }
        self.queue_poll(id);
    }

    /// Takes note of an identifier.
    fn seen(&mut self, id: StepId, identifier: Option<&str>) {
        if let Some(identifier) = identifier.filter(|identifier| !identifier.is_empty()) {
            let step = &mut self.steps[id];
            if step.work == Work::Create && step.identifier.as_deref() != Some(identifier) {
                step.identifier = Some(identifier.to_owned());
                self.touched.insert(id);
            }
        }
    }

    fn still_running(&mut self, id: StepId, retry_after: Option<Millis>, at: Millis) {
        let step = &mut self.steps[id];
        if step.phase != Phase::Running {
            return;
        }
        step.call = None;
        step.troubles = 0;
        step.retry_after = retry_after;
        step.seen = at.saturating_sub(step.since).max(1);
        if self.is_beyond_help(id, at) {
            self.timed_out(id, "The cloud has not ended it since.", at);
        } else {
            self.queue_poll(id);
        }
    }

    fn rejected(&mut self, id: StepId, call: CallKind, code: &str, message: &str, now: Millis) {
        let class = errors::class(code);
        match call {
            CallKind::Poll => {
                let running = self.steps[id].phase == Phase::Running;
                if running && matches!(class, Class::Forgotten | Class::Absent) {
                    self.contact.answered();
                    self.operation_failed(id, "RequestTokenNotFound", message, now);
                } else if running {
                    // That the question failed says nothing about the operation.
                    self.contact.trouble(now, message);
                    self.later(id, class, now);
                }
            }
            CallKind::Cancel => {
                self.contact.answered();
                // It has ended, or goes on: the next poll tells.
                if self.steps[id].phase == Phase::Running {
                    self.later(id, class, now);
                }
            }
            CallKind::Get => {
                self.contact.answered();
                self.lapsed_before(id, now);
                self.read_rejected(id, code, message, now);
            }
            CallKind::ListRequests | CallKind::ListResources => {
                self.contact.answered();
                self.lapsed_before(id, now);
                self.search_rejected(id, code, message, now);
            }
            CallKind::Create | CallKind::Update | CallKind::Delete => {
                self.contact.answered();
                if !matches!(self.steps[id].phase, Phase::Sent | Phase::Unsent) {
                    return;
                }
                let unknown = code.starts_with("TypeNotFound");
                let message = &if unknown { self.unknown_type(id, message) } else { message.to_owned() };
                self.enter(id, Phase::Unsent, now);
                if !self.asks_again(id, class, code, message, now) {
                    self.operation_failed(id, code, message, now);
                }
            }
        }
    }

    /// Said as what it is.
    fn unknown_type(&self, id: StepId, message: &str) -> String {
        format!("{} does not exist in this region: {message}", self.type_of(id))
    }

    fn throttled(&mut self, id: StepId, call: CallKind, now: Millis) {
        let step = &mut self.steps[id];
        step.call = None;
        match (call, step.phase) {
            (CallKind::Create | CallKind::Update | CallKind::Delete, Phase::Sent) => {
                self.enter(id, Phase::Unsent, now);
                if self.cancelled && !self.steps[id].ambiguous {
                    self.abandon(id, now);
                } else {
                    self.queue_call(id, now);
                }
            }
            (CallKind::Poll | CallKind::Cancel, Phase::Running) => self.queue_call(id, now),
            (CallKind::Get, Phase::Reading(_)) | (CallKind::ListRequests | CallKind::ListResources, Phase::Seeking) => {
                self.throttled_again(id, call, now);
            }
            _ => {}
        }
    }

    fn lost(&mut self, id: StepId, call: CallKind, now: Millis) {
        match (call, self.steps[id].phase) {
            (CallKind::Create | CallKind::Update | CallKind::Delete, Phase::Sent) => {
                self.enter(id, Phase::Unsent, now);
                self.steps[id].ambiguous = true;
                self.later(id, Class::Transient, now);
                self.touched.insert(id);
            }
            (CallKind::Poll | CallKind::Cancel, Phase::Running)
            | (CallKind::Get, Phase::Reading(_))
            | (CallKind::ListRequests | CallKind::ListResources, Phase::Seeking) => {
                self.later(id, Class::Transient, now);
            }
            _ => {}
        }
    }

    /// The same call again after a pause.
    pub(super) fn later(&mut self, id: StepId, class: Class, now: Millis) {
        let step = &mut self.steps[id];
        step.call = None;
        step.troubles = step.troubles.saturating_add(1);
        let pause = errors::pause(class, step.troubles, &mut self.random);
        self.queues.wait(&mut self.steps, id, now.saturating_add(pause));
    }

    /// Puts the step's next call into the queue for tokens, weighted by the way it may open.
    pub(super) fn queue_call(&mut self, id: StepId, now: Millis) {
        let step = &self.steps[id];
        let weight = match step.phase {
            Phase::Unsent => step.below.saturating_add(step.estimate),
            _ => step.below,
        };
        self.queues.call(&mut self.steps, id, weight, now);
    }

    fn queue_poll(&mut self, id: StepId) {
        let step = &self.steps[id];
        // A call delays all that are in flight, as far as looking once at each already takes up the rate.
        let rate = self.bucket.rate();
        let others = f64::from(self.in_flight);
        let load = if step.estimate == 0 { 0.0 } else { others * 1_000.0 / (rate * step.estimate as f64) };
        let price = (1_000.0 / rate * (0.2 + others * load.min(1.0))) as Millis;
        let offset = self.durations.place(flight(step), price);
        let until = step.since.saturating_add(offset);
        self.steps[id].placed = offset;
        self.queues.wait(&mut self.steps, id, until);
    }

    pub(super) fn learn(&mut self, id: StepId, at: Millis) {
        let step = &self.steps[id];
        let done = at.saturating_sub(step.since);
        let told = step.call != Some(CallKind::Poll);
        // A poll that waited long for its token says nothing about the end.
        let in_time = told || done <= step.placed.saturating_add(step.placed / 10).saturating_add(250);
        if step.watched && step.phase == Phase::Running && in_time {
            let low = if told { done } else { step.seen };
            self.durations.learn(flight(step), done, told);
            let operation = |work| match work {
                Work::Create => Some(Operation::Create),
                Work::Update => Some(Operation::Update),
                Work::Delete => Some(Operation::Delete),
                _ => None,
            };
            let kind = self.types.get(step.type_index);
            self.observed.extend(
                kind.and_then(|(name, work)| Some(Observed::new(name, operation(*work)?, low, done, step.estimate))),
            );
        }
    }

    pub(super) fn take_slot(&mut self, id: StepId) {
        if !self.steps[id].slot {
            self.steps[id].slot = true;
            self.in_flight += 1;
        }
    }

    pub(super) fn free_slot(&mut self, id: StepId) {
        if self.steps[id].slot {
            self.steps[id].slot = false;
            self.in_flight -= 1;
            self.leaves_line(id);
        }
    }

    /// The answer to a read, handed to whoever asked for it.
    fn resource_read(&mut self, id: StepId, properties: Option<&Value>, at: Millis) {
        let Phase::Reading(why) = self.steps[id].phase else { return };
        self.answered(id);
        match (why, properties) {
            (Why::Attributes, Some(properties)) => self.attributes_read(id, properties, at),
            (Why::Attributes, None) => self.vanished(id, at),
            (Why::Before, properties) => self.looked(id, properties, at),
            (Why::Tests, Some(properties)) => self.tests_read(id, Some(properties), at),
            (Why::Tests, None) => self.seems_gone(id, at),
            (Why::Modified, properties) => self.modified_read(id, properties, at),
            (Why::Candidate, properties) => self.candidate_read(id, properties, at),
            (Why::Remains, Some(properties)) => self.remains(id, Existence::Present(properties), at),
            (Why::Remains, None) => self.remains(id, Existence::Absent, at),
        }
    }
}

fn flight(step: &Step) -> Flight {
    Flight {
        type_index: step.type_index,
        estimate: step.estimate,
        seen: step.seen,
        earliest: step.retry_after.map(|time| time.saturating_sub(step.since)),
    }
}
