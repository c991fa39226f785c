//! Calls that are refused for now: the same call is made again for as long as its refusal may pass.
//!
//! A read or a list that is throttled is asked again for as long, too: one service may go on throttling while all others answer.
//!
//! Patience is of time, as with operations that fail (`errors`), and only of time in which something was asked: a run that
//! was suspended, or a machine that slept, has not lost its patience when it wakes. Every moment is that of a refusal, which
//! the journal has. Calls that are throttled or lost are not in the journal and count nothing towards refusals; `contact` watches
//! them, and reads that are throttled have a patience of their own, which a new process has anew.

use crate::model::{CallKind, Millis};

use super::Engine;
use super::errors::Class;
use super::phase::Phase;
use super::step::{Failure, StepId};

/// So much of the time between two refusals in a row counts at most: twice the longest pause.
const COUNTS: Millis = 120_000;
/// So long a throttled read goes again as soon as the rate allows, as any throttled call; then it pauses as a refused one.
const AT_ONCE: Millis = 10_000;
const THROTTLED: &str = "ThrottlingException";

/// Refusals in a row, or answers that the call was throttled.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    last: Millis,
    /// Time since the first, as far as it counts.
    spent: Millis,
    /// The first of them, and how long the call is repeated.
    pub(super) failure: Failure,
}

impl Refused {
    /// Whether it has lasted long enough to be told.
    pub(super) fn lasts(&self) -> bool {
        self.spent >= AT_ONCE
    }

    /// Time that counts, up to now.
    fn until(&self, at: Millis) -> Millis {
        self.spent.saturating_add(at.saturating_sub(self.last).min(COUNTS))
    }
}

impl Engine {
    /// Repeats the call that was refused, after a pause; false: no longer, or never.
    pub(super) fn asks_again(&mut self, id: StepId, class: Class, code: &str, message: &str, at: Millis) -> bool {
        let patience = class.patience_with_calls();
        let step = &mut self.steps[id];
        step.throttled = None;
        let spent = step.refused.as_ref().map_or(0, |refused| refused.until(at));
        if spent >= patience {
            return false;
        }
        if let Some(refused) = &mut step.refused {
            (refused.last, refused.spent) = (at, spent);
        } else {
            let waits_for = format!("Refused for now, so asked again for up to {} minutes.", patience / 60_000);
            let failure = Failure { class, waits_for, ..Failure::new(code, message) };
            step.refused = Some(Refused { last: at, spent, failure });
            self.touched.insert(id);
        }
        self.later(id, class, at);
        true
    }

    /// A read or a list was throttled: it is made again, or it ends as one that is refused for good.
    pub(super) fn throttled_again(&mut self, id: StepId, call: CallKind, now: Millis) {
        let patience = Class::Throttled.patience_with_calls();
        let spent = self.steps[id].throttled.as_ref().map_or(0, |throttled| throttled.until(now));
        if spent >= patience {
            let said = format!("The call was throttled for {} minutes.", patience / 60_000);
            return match (call, self.steps[id].phase) {
                (CallKind::Get, Phase::Reading(why)) => {
                    self.read_in_vain(id, why, Class::Throttled, THROTTLED, &said, now);
                }
                _ => self.search_in_vain(id, THROTTLED, &said, now),
            };
        }
        let waits_for = format!("Throttled, so asked again for up to {} minutes.", patience / 60_000);
        let failure = Failure { class: Class::Throttled, waits_for, ..Failure::new(THROTTLED, "") };
        self.steps[id].throttled = Some(Refused { last: now, spent, failure });
        if spent < AT_ONCE {
            self.queue_call(id, now);
        } else {
            self.touched.insert(id);
            self.later(id, Class::Throttled, now);
        }
    }

    /// The call was answered.
    pub(super) fn answered(&mut self, id: StepId) {
        let step = &mut self.steps[id];
        step.call = None;
        if step.nothing_refused() {
            self.touched.insert(id);
        }
    }
}
