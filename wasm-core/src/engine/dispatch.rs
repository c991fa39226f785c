//! Facts to commands: what may go, goes, heaviest first, as long as there are slots and tokens.

use crate::digest::client_token;
use crate::model::{CallKind, Command, Millis};

use super::phase::{Phase, Why};
use super::queues::{Next, Queues};
use super::step::{Search, StepId, Work};
use super::values::{Secrets, unresolved};
use super::{Change, Engine};

impl Engine {
    /// The answer to intents that were recorded: their calls, already paid for.
    pub(super) fn confirm_turn(&mut self, now: Millis) -> Vec<Command> {
        let mut calls = Vec::new();
        self.send_confirmed(now, &mut calls);
        // What else has become possible meanwhile may have to be committed first: it belongs to the next turn.
        calls.push(Command::Sleep { until: self.wake(now).unwrap_or(now) });
        calls
    }

    /// Everything that may be done now.
    pub(super) fn turn(&mut self, now: Millis) -> Vec<Command> {
        let mut calls = Vec::new();
        self.send_confirmed(now, &mut calls);
        let mut limited = false;
        while self.may_call(now) {
            while let Some(id) = self.queues.due(&self.steps, now) {
                self.time_has_come(id, now);
            }
            let Some(next) = self.queues.next(&self.steps, self.has_slot(), self.config.policy) else { break };
            if !self.bucket.ready(now) {
                limited = true;
                break;
            }
            match next {
                Next::Start(id) => {
                    let id = self.short_one_first(now).unwrap_or(id);
                    self.begin(id, now, &mut calls);
                }
                // What was never accepted may have to be started: that is for whoever goes on.
                Next::Call(id) if self.is_held_back(id) => Queues::leave(&mut self.steps, id),
                Next::Call(id) => self.call(id, now, &mut calls),
            }
        }
        let over = self.contact.is_over(now).map(str::to_owned);
        let mut commands = self.take_changes();
        commands.append(&mut calls);
        if self.open == 0 {
            self.take_reports(now, &mut commands);
            self.finish(now, &mut commands);
        } else if let Some(said) = over {
            self.finish_unreachable(now, &said, &mut commands);
        } else if self.lets_go(now) {
            self.finish_suspended(now, &mut commands);
        } else {
            self.take_reports(now, &mut commands);
            let until = if limited { Some(self.bucket.next(now)) } else { self.queues.next_due(&self.steps) };
            // Once a suspended run makes no more calls, only answers wake it.
            let until =
                until.filter(|_| self.may_call(now)).map(|until| self.suspended.map_or(until, |end| end.min(until)));
            commands.extend(until.map(|until| Command::Sleep { until }));
        }
        commands
    }

    /// When there may be something to do.
    fn wake(&mut self, now: Millis) -> Option<Millis> {
        if !self.changes.is_empty() {
            return Some(now);
        }
        let waiting = self.queues.next(&self.steps, self.has_slot(), self.config.policy).is_some();
        if waiting { Some(self.bucket.next(now)) } else { self.queues.next_due(&self.steps) }
    }

    /// Whether a new attempt may begin.
    pub(super) fn has_slot(&self) -> bool {
        !self.cancelled && self.suspended.is_none() && self.in_flight < self.config.max_concurrency
    }

    fn time_has_come(&mut self, id: StepId, now: Millis) {
        if matches!(self.steps[id].phase, Phase::Backoff | Phase::Ready) {
            self.make_ready(id, now);
        } else {
            self.queue_call(id, now);
        }
    }

    /// Asks for the intent of a new attempt; its call is paid for here.
    fn begin(&mut self, id: StepId, now: Millis, commands: &mut Vec<Command>) {
        if let Err((code, message)) = self.resolvable(id) {
            self.fail(id, code, message, now);
            self.propagate(now);
            return;
        }
        if self.waits_in_line(id) {
            Queues::leave(&mut self.steps, id);
            return;
        }
        let type_name = self.type_of(id).to_owned();
        if let Some(until) = self.services.hold(&type_name, now) {
            // Its service accepts no more for now; others go first.
            self.queues.wait(&mut self.steps, id, until);
            return;
        }
        if self.needs_look(id, now) {
            return self.look(id, now);
        }
        self.bucket.pay();
        self.take_slot(id);
        self.enter(id, Phase::Intending, now);
        let step = &self.steps[id];
        let attempt = step.attempt + 1;
        let client_token = client_token(&self.config.run_id, &step.name, attempt);
        commands.push(Command::RecordIntent { step: step.name.clone(), attempt, client_token });
    }

    /// Whether the payload can be computed; with secrets in it, only the driver can tell.
    fn resolvable(&self, id: StepId) -> Result<(), (&'static str, String)> {
        let resolved = match self.steps[id].work {
            Work::Create => {
                let Some(desired) = self.resource(id).desired.as_ref() else { return Ok(()) };
                let desired = self.simplify(desired);
                if !desired.secrets().is_empty() {
                    return Ok(());
                }
                self.resolve(&desired, Secrets::Symbolic)
            }
            Work::Update if self.patch_secrets(id).is_empty() => self.patch(id, Secrets::Symbolic),
            _ => return Ok(()),
        };
        resolved.map(|_| ()).map_err(|error| ("unresolved_value", unresolved(&error)))
    }

    fn send_confirmed(&mut self, now: Millis, commands: &mut Vec<Command>) {
        for id in std::mem::take(&mut self.confirmed) {
            if self.steps[id].phase != Phase::Unsent || self.steps[id].call.is_some() {
                continue;
            }
            if self.cancelled {
                self.abandon(id, now);
                self.propagate(now);
            } else if self.suspended.is_none() {
                self.send(id, now, commands);
            }
        }
    }

    /// A call out of the queue; pays for itself.
    fn call(&mut self, id: StepId, now: Millis, commands: &mut Vec<Command>) {
        let resend_within = self.resend_within();
        let step = &mut self.steps[id];
        step.stamp = step.stamp.wrapping_add(1);
        match step.phase {
            Phase::Unsent if step.ambiguous && now > step.intent_at.saturating_add(resend_within) => {
                self.lapse(id, now);
                self.propagate(now);
                return;
            }
            Phase::Unsent => self.send(id, now, commands),
            Phase::Running => {
                let Some(request_token) = step.request_token.clone() else { return };
                if self.is_overdue(id) {
                    self.steps[id].call = Some(CallKind::Cancel);
                    let cancel = self.cancel_operation(id, request_token, now);
                    commands.push(cancel);
                } else {
                    let step = &mut self.steps[id];
                    step.call = Some(CallKind::Poll);
                    commands.push(Command::Poll { step: step.name.clone(), request_token });
                }
            }
            Phase::Seeking => {
                step.call = Some(match step.search {
                    Search::Requests => CallKind::ListRequests,
                    Search::Resources => CallKind::ListResources,
                });
                commands.push(self.search(id));
            }
            Phase::Reading(why) => {
                step.call = Some(CallKind::Get);
                let (step, own) = (step.name.clone(), step.identifier.clone());
                let candidate = self.candidate(id).map(str::to_owned).filter(|_| why == Why::Candidate);
                let modified = self.modified(id).filter(|_| why == Why::Modified);
                let own = modified.map_or(own, |other| self.steps[other].identifier.clone());
                let identifier = candidate.or(own).unwrap_or_default();
                let type_name = self.type_of(modified.unwrap_or(id)).to_owned();
                commands.push(Command::Get { step, type_name, identifier });
            }
            _ => return,
        }
        self.bucket.pay();
    }

    fn send(&mut self, id: StepId, now: Millis, commands: &mut Vec<Command>) {
        self.enter(id, Phase::Sent, now);
        let step = &mut self.steps[id];
        self.touched.insert(id);
        let client_token = step.client_token.clone();
        let (work, name) = (step.work, step.name.clone());
        let identifier = step.identifier.clone().unwrap_or_default();
        step.call = Some(match work {
            Work::Create => CallKind::Create,
            Work::Update => CallKind::Update,
            _ => CallKind::Delete,
        });
        let (step, type_name) = (name, self.type_of(id).to_owned());
        commands.push(match work {
            Work::Create => {
                let desired = self.resource(id).desired.as_ref();
                let secrets = desired.map(|desired| self.simplify(desired).secrets()).unwrap_or_default();
                Command::Create { step, type_name, client_token, secrets }
            }
            Work::Update => {
                let secrets = self.patch_secrets(id);
                Command::Update { step, type_name, identifier, client_token, secrets }
            }
            _ => Command::Delete { step, type_name, identifier, client_token },
        });
    }

    fn take_changes(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        for (position, change) in std::mem::take(&mut self.changes) {
            let Some(planned) = self.plan.resources.get(position) else { continue };
            // Under one name or the other, never under both.
            commands.extend(planned.moved_from.clone().map(|logical_id| Command::ForgetResource { logical_id }));
            commands.push(match change {
                Change::Record(resource) => Command::RecordResource { resource: *resource },
                Change::Forget => Command::ForgetResource { logical_id: planned.logical_id.clone() },
            });
        }
        commands
    }
}

#[cfg(test)]
mod tests {
    use super::client_token;

    #[test]
    fn every_attempt_of_every_step_of_every_run_has_a_token_of_its_own() {
        let tokens = [
            client_token("run", "create:A", 1),
            client_token("run", "create:A", 2),
            client_token("run", "delete:A", 1),
            client_token("other", "create:A", 1),
        ];
        assert_eq!(tokens[0], client_token("run", "create:A", 1));
        assert!(tokens.iter().all(|token| token.len() == 64));
        for (index, token) in tokens.iter().enumerate() {
            assert!(!tokens[..index].contains(token));
        }
    }
}
