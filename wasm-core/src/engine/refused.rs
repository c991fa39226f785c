//! Calls that are refused for now: the same call is made again for as long as its refusal may pass.
//!
//! Patience is of time, as with operations that fail (`errors`), and only of time in which something was asked: a run that
//! was suspended, or a machine that slept, has not lost its patience when it wakes. Every moment is that of a refusal, which
//! the journal has. Calls that are throttled or lost are not in the journal and count nothing here; `contact` watches them.

use crate::model::Millis;

use super::Engine;
use super::errors::Class;
use super::step::{Failure, StepId};

/// So much of the time between two refusals in a row counts at most: twice the longest pause.
const COUNTS: Millis = 120_000;

/// Refusals in a row.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    last: Millis,
    /// Time since the first, as far as it counts.
    spent: Millis,
    /// The first of them, and how long the call is repeated.
    pub(super) failure: Failure,
}

impl Engine {
    /// Repeats the call that was refused, after a pause; false: no longer, or never.
    pub(super) fn asks_again(&mut self, id: StepId, class: Class, code: &str, message: &str, at: Millis) -> bool {
        let patience = class.patience_with_calls();
        let step = &mut self.steps[id];
        let spent = step
            .refused
            .as_ref()
            .map_or(0, |refused| refused.spent.saturating_add(at.saturating_sub(refused.last).min(COUNTS)));
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

    /// The call was answered.
    pub(super) fn answered(&mut self, id: StepId) {
        let step = &mut self.steps[id];
        step.call = None;
        if step.refused.take().is_some() {
            self.touched.insert(id);
        }
    }
}
