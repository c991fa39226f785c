//! The graph: what a settled step means for those that wait for it, the gate before deletions, and cancelling.

use crate::model::Millis;

use super::Engine;
use super::phase::{Phase, Why};
use super::step::{StepId, Steps, Work};

impl Engine {
    /// First look at the graph: what has nothing to wait for becomes ready.
    pub(super) fn set_out(&mut self) {
        for id in self.steps.ids() {
            if self.steps[id].gated {
                self.steps[id].waits_for = self.steps[id].waits_for.saturating_add(1);
            }
        }
        for id in self.steps.ids() {
            match self.steps[id].work {
                Work::Nothing => {
                    self.renew(id);
                    self.settle(id, Phase::Succeeded, 0);
                }
                _ if self.steps[id].waits_for == 0 => self.make_ready(id, 0),
                _ => {}
            }
        }
        self.propagate(0);
        // The plan already says what is unchanged.
        self.touched.clear();
    }

    /// A step that waits for nothing any more.
    pub(super) fn make_ready(&mut self, id: StepId, at: Millis) {
        match self.steps[id].work {
            Work::Create | Work::Update | Work::Delete => {
                self.enter(id, Phase::Ready, at);
                self.queues.start(&mut self.steps, id);
            }
            Work::Import | Work::Read => {
                self.read(id, Why::Attributes, at);
            }
            Work::Retain => {
                self.forget(id);
                self.settle(id, Phase::Succeeded, at);
            }
            Work::Nothing => {}
        }
    }

    /// The end of a step of the plan.
    pub(super) fn settle(&mut self, id: StepId, phase: Phase, at: Millis) {
        if self.steps[id].phase.is_settled() {
            return;
        }
        self.enter(id, phase, at);
        self.open -= 1;
        if let (false, Some(count)) = (self.steps[id].gated, &mut self.before_cleanup) {
            *count -= 1;
        }
        self.settled.push(id);
        self.touched.insert(id);
    }

    /// The journal knows of an attempt after what this engine takes for the end: the journal is right.
    pub(super) fn reopen(&mut self, id: StepId) -> bool {
        let step = &mut self.steps[id];
        if step.phase == Phase::Succeeded {
            return false;
        }
        step.ended_at = None;
        self.open += 1;
        if let (false, Some(count)) = (step.gated, &mut self.before_cleanup) {
            *count += 1;
        }
        self.restore(id);
        true
    }

    /// Tells dependents, and theirs, what has been settled.
    pub(super) fn propagate(&mut self, now: Millis) {
        loop {
            while let Some(id) = self.settled.pop() {
                let released = self.steps[id].phase == Phase::Succeeded;
                let node = Steps::node(id);
                for position in 0..self.graph.dependents(node).len() {
                    let dependent = self.graph.dependents(node).get(position).copied();
                    if let Some(dependent) = dependent.and_then(|node| self.steps.at(node)) {
                        self.tell(dependent, released, now);
                    }
                }
            }
            if self.before_cleanup != Some(0) {
                return;
            }
            self.before_cleanup = None;
            self.open_gate(now);
        }
    }

    fn tell(&mut self, id: StepId, released: bool, now: Millis) {
        if self.steps[id].phase != Phase::Waiting {
            return;
        }
        if !released {
            let phase = if self.cancelled { Phase::Cancelled } else { Phase::Blocked };
            self.settle(id, phase, now);
            return;
        }
        self.steps[id].waits_for = self.steps[id].waits_for.saturating_sub(1);
        if self.steps[id].waits_for == 0 {
            self.make_ready(id, now);
        }
    }

    /// Everything but deletions is settled: if all of it succeeded, deletions may begin, otherwise none is made.
    fn open_gate(&mut self, now: Millis) {
        let plan_steps = self.graph.len();
        let succeeded = self
            .steps
            .ids()
            .take(plan_steps)
            .all(|id| self.steps[id].gated || self.steps[id].phase == Phase::Succeeded);
        for id in self.steps.ids().take(plan_steps) {
            if self.steps[id].gated {
                self.tell(id, succeeded, now);
            }
        }
    }

    /// Nothing new starts; what may be in flight is followed to its end.
    pub(super) fn cancel(&mut self, now: Millis) {
        if self.cancelled {
            return;
        }
        self.cancelled = true;
        for id in self.steps.ids() {
            let step = &self.steps[id];
            let begun = match step.phase {
                Phase::Waiting | Phase::Ready | Phase::Backoff => false,
                Phase::Unsent => step.ambiguous,
                // Reading for values of what is unchanged serves only what will not be started.
                Phase::Reading(Why::Before) => false,
                Phase::Reading(_) => step.work != Work::Read && step.work != Work::Import,
                _ => true,
            };
            // A remover that waits belongs to a creation that is `Removing`: ending it ends both.
            if !begun {
                self.abandon(id, now);
            }
        }
    }
}
