//! Operations that do not end: after the time that their handler gives itself, or when whoever cancels the run does not
//! want to wait, they are cancelled in the cloud, and what they have done is read like after any failure.
//! <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html> (`timeoutInMinutes`)

use crate::model::{Command, Millis};
use crate::schema::{self, Handler};

use super::Engine;
use super::phase::Phase;
use super::step::{Step, StepId, Work};

/// Where the schema says nothing; also its longest, and that of handlers that say it themselves.
const MINUTES: u16 = 120;
/// So long after it was cancelled an operation counts as ended whatever the cloud says.
const ENDS_WITHIN: Millis = 5 * 60_000;
/// A call without an answer is not repeated after this: the cloud forgets client tokens after 36 hours.
const RESEND_WITHIN: Millis = 24 * 3_600_000;
/// What such an operation fails with.
pub(super) const CODE: &str = "operation_timed_out";

/// What an operation fails with that was cancelled before its time.
pub(super) const CANCELLED: &str = "operation_cancelled";

impl Engine {
    /// What is in flight is cancelled in the cloud with its next call; the run has been cancelled.
    pub(super) fn cancel_at_once(&mut self, now: Millis) {
        self.at_once = true;
        let idle = |step: &Step| step.phase == Phase::Running && step.call.is_none() && step.cancelled_at.is_none();
        let running: Vec<StepId> = self.steps.ids().filter(|id| idle(&self.steps[*id])).collect();
        for id in running {
            self.queues.wait(&mut self.steps, id, now);
        }
    }

    /// For how long after its intent a call whose answer was lost is made again: as long as the cloud knows its token, and
    /// where the run was cancelled no longer than an operation is waited for.
    pub(super) fn resend_within(&self) -> Millis {
        match (self.at_once, self.cancelled) {
            (true, _) => ENDS_WITHIN,
            (false, true) => Millis::from(MINUTES) * 60_000,
            (false, false) => RESEND_WITHIN,
        }
    }

    /// Whether it is time to cancel the operation.
    pub(super) fn is_overdue(&self, id: StepId) -> bool {
        let step = &self.steps[id];
        if self.at_once {
            return step.cancelled_at.is_none();
        }
        // Seen running so late: after a long sleep it may have ended long ago.
        step.cancelled_at.is_none() && step.seen >= Millis::from(self.minutes(id)) * 60_000
    }

    pub(super) fn cancel_operation(&mut self, id: StepId, request_token: String, now: Millis) -> Command {
        let step = &mut self.steps[id];
        step.cancelled_at = Some(now);
        self.touched.insert(id);
        Command::Cancel { step: self.steps[id].name.clone(), request_token }
    }

    /// Whether an operation that was cancelled had to be; an engine before this one may have asked for it.
    pub(super) fn was_overdue(&self, id: StepId, at: Millis) -> bool {
        let was_asked = self.at_once && self.steps[id].cancelled_at.is_some();
        was_asked || self.was_late(id, at)
    }

    fn was_late(&self, id: StepId, at: Millis) -> bool {
        at.saturating_sub(self.steps[id].since) >= Millis::from(self.minutes(id)) * 60_000
    }

    /// The operation was cancelled and goes on: ends it here.
    pub(super) fn is_beyond_help(&self, id: StepId, at: Millis) -> bool {
        self.steps[id].cancelled_at.is_some_and(|cancelled| at >= cancelled.saturating_add(ENDS_WITHIN))
    }

    /// How an operation that was cancelled for its deadline, or with the run, fails.
    pub(super) fn timed_out(&mut self, id: StepId, said: &str, at: Millis) {
        let (code, why) = if self.was_late(id, at) {
            let minutes = self.minutes(id);
            (CODE, format!("It had not ended after {minutes} minutes, so it was cancelled."))
        } else {
            (CANCELLED, "It had not ended when the run was cancelled, so it was cancelled too.".to_owned())
        };
        self.operation_failed(id, code, format!("{why} {said}").trim_end(), at);
    }

    fn minutes(&self, id: StepId) -> u16 {
        let handler = match self.steps[id].work {
            Work::Update => Handler::Update,
            Work::Delete => Handler::Delete,
            _ => Handler::Create,
        };
        schema::lookup(self.type_of(id)).and_then(|kind| kind.timeout_minutes(handler)).unwrap_or(MINUTES)
    }
}
