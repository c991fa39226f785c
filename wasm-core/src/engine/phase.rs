//! Where a step stands, and the one way from there to elsewhere.

use crate::model::Millis;

use super::Engine;
use super::queues::Queues;
use super::step::StepId;

/// Why an operation's resource is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// For the values others need.
    Attributes,
    /// The operation failed; does the resource exist?
    Remains,
    /// The update is about to be sent; are the lists that no test guards as the plan found them?
    Before,
    /// The update failed; do its tests hold?
    Tests,
    /// Nobody knows what the creation made; is it this?
    Candidate,
    /// It is there; what has become of the resource that it changes?
    Modified,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// For what comes first.
    Waiting,
    /// May start.
    Ready,
    /// The intent was handed out to be recorded.
    Intending,
    /// The intent is durable; the call is to be made, perhaps again.
    Unsent,
    /// The call was made and is not answered.
    Sent,
    /// The call was accepted; the operation is being polled.
    Running,
    /// The operation is over; the resource is being read.
    Reading(Why),
    /// Nobody can be asked how the creation ended; what it may have made is being listed.
    Seeking,
    /// What a failed creation left is being deleted by a step of its own.
    Removing,
    /// Pause before a new attempt.
    Backoff,
    Succeeded,
    Failed,
    /// Something it depends on did not succeed.
    Blocked,
    Cancelled,
}

impl Phase {
    pub(super) fn is_settled(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Blocked | Self::Cancelled)
    }

    /// A mutating call is out or its operation is under way.
    pub(super) fn is_in_flight(self) -> bool {
        matches!(self, Self::Unsent | Self::Sent | Self::Running)
    }

    fn is_search(self) -> bool {
        matches!(self, Self::Seeking | Self::Reading(Why::Candidate))
    }

    /// Whether `next` may come after it.
    fn leads_to(self, next: Self) -> bool {
        match next {
            Self::Waiting => false,
            // Of the removal of a remnant: it has removed one before.
            Self::Ready => matches!(
                self,
                Self::Waiting
                    | Self::Ready
                    | Self::Backoff
                    | Self::Removing
                    | Self::Succeeded
                    | Self::Reading(Why::Before)
            ),
            Self::Intending | Self::Reading(Why::Before) => self == Self::Ready,
            // As the journal says, whatever this engine would have done.
            Self::Unsent | Self::Removing => true,
            Self::Sent => self == Self::Unsent,
            Self::Running => matches!(self, Self::Unsent | Self::Sent),
            Self::Reading(Why::Attributes) => {
                self == Self::Waiting || self.is_in_flight() || matches!(self, Self::Reading(_))
            }
            Self::Reading(Why::Modified) => {
                self.is_in_flight() || matches!(self, Self::Reading(Why::Attributes | Why::Remains))
            }
            Self::Reading(Why::Candidate) => self == Self::Seeking,
            Self::Reading(Why::Remains) => self.is_in_flight() || self == Self::Reading(Why::Candidate),
            Self::Reading(Why::Tests) => self.is_in_flight(),
            Self::Seeking => self.is_in_flight() || self.is_search(),
            Self::Backoff => self.is_in_flight() || matches!(self, Self::Reading(_)),
            Self::Succeeded | Self::Failed | Self::Blocked | Self::Cancelled => !self.is_settled(),
        }
    }

    /// Whether both are one matter: a call and its repetitions, a search from list to list.
    fn goes_on_in(self, next: Self) -> bool {
        let call = |phase| matches!(phase, Self::Unsent | Self::Sent);
        (call(self) && call(next)) || (self.is_search() && next.is_search())
    }
}

impl Engine {
    /// Every change of phase. What belonged to the old one is over: its call, its place in the queues and, where another
    /// matter begins, its troubles.
    pub(super) fn enter(&mut self, id: StepId, phase: Phase, at: Millis) {
        let step = &mut self.steps[id];
        debug_assert!(step.phase.leads_to(phase), "{}: {:?} to {phase:?}", step.name, step.phase);
        self.pace.remove(step);
        if !step.phase.goes_on_in(phase) {
            step.since = at;
            step.troubles = 0;
            if step.nothing_refused() {
                self.touched.insert(id);
            }
        }
        step.phase = phase;
        step.call = None;
        self.pace.add(step);
        if phase == Phase::Unsent {
            step.started_at.get_or_insert(at);
        } else if phase.is_settled() {
            step.ended_at = step.started_at.map(|_| at);
        }
        Queues::leave(&mut self.steps, id);
    }

    /// Begins to read.
    pub(super) fn read(&mut self, id: StepId, why: Why, at: Millis) {
        self.enter(id, Phase::Reading(why), at);
        self.queue_call(id, at);
    }
}
