//! Letting go of a run in good order: a worker whose time is nearly over, or a person who stops waiting.
//!
//! Nothing is decided here that a replay would not decide: what was not started stays so, what was accepted is in the
//! journal with its request token, and an intent whose call was not made is as good as one whose answer was lost.

use std::collections::BTreeMap;

use crate::model::{Command, Millis, Outcome};

use super::Engine;
use super::phase::Phase;
use super::step::StepId;

impl Engine {
    /// Whether calls may still be made.
    pub(super) fn may_call(&self, now: Millis) -> bool {
        self.suspended.is_none_or(|until| now < until)
    }

    /// Whether the call of this step would start something.
    pub(super) fn is_held_back(&self, id: StepId) -> bool {
        self.suspended.is_some() && self.steps[id].phase == Phase::Unsent
    }

    /// Whether the run is to be let go of now: every answer is in, and nothing is to be looked at before the time is over.
    pub(super) fn lets_go(&mut self, now: Millis) -> bool {
        let Some(until) = self.suspended else { return false };
        if self.steps.ids().any(|id| self.steps[id].call.is_some()) {
            return false;
        }
        if now >= until {
            return true;
        }
        let watching = |id: StepId| matches!(self.steps[id].phase, Phase::Running | Phase::Reading(_) | Phase::Seeking);
        let queued = self.queues.next(&self.steps, false, self.config.policy).is_some();
        let due = self.queues.next_due(&self.steps).is_some_and(|due| due < until);
        !(queued || due && self.steps.ids().any(watching))
    }

    /// Ends this engine's part; the run is not over.
    pub(super) fn finish_suspended(&mut self, now: Millis, commands: &mut Vec<Command>) {
        self.take_reports(now, commands);
        let resume_in_ms = Some(self.resumes_at(now).saturating_sub(now));
        self.finished = true;
        let (resources, outputs) = (self.report(now), BTreeMap::new());
        commands.push(Command::Finish { outcome: Outcome::Suspended, resources, outputs, resume_in_ms });
    }

    /// When there is something to do again.
    fn resumes_at(&mut self, now: Millis) -> Millis {
        let slot = !self.cancelled && self.in_flight < self.config.max_concurrency;
        let queued = self.queues.next(&self.steps, slot, self.config.policy).is_some();
        // A new engine takes up all of these at once.
        let unsent = self.steps.ids().any(|id| self.steps[id].phase == Phase::Unsent);
        if queued || unsent { now } else { self.queues.next_due(&self.steps).unwrap_or(now) }
    }
}
