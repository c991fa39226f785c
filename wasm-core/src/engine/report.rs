//! What people and documents see of a run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{
    Action, Command, Millis, Mode, OldResource, Outcome, PlannedResource, ReplacedReport, ResourceReport, StepStatus,
};

use super::Engine;
use super::phase::Phase;
use super::step::{Failure, Step, StepId, Work};
use super::values::Secrets;

impl Engine {
    /// Every resource of the plan as it stands at `now`.
    #[must_use]
    pub fn report(&self, now: Millis) -> Vec<ResourceReport> {
        self.steps.ids().take(self.plan.resources.len()).map(|id| self.report_of(id, now)).collect()
    }

    fn report_of(&self, id: StepId, now: Millis) -> ResourceReport {
        let step = &self.steps[id];
        let resource = self.resource(id);
        let olds: Vec<&Step> = self.olds(step.resource).collect();
        // Of two steps, the one that failed is shown, or the one that works.
        let failed = step.failure.as_ref().filter(|_| step.phase != Phase::Succeeded);
        let old_failed = olds.iter().find(|old| old.phase == Phase::Failed).and_then(|old| {
            let failure = old.failure.as_ref()?;
            let identifier = old.identifier.as_deref().unwrap_or_default();
            let message = format!("{identifier}, which it replaces, could not be deleted: {}", failure.message);
            Some(Failure { message, ..failure.clone() })
        });
        let failed = old_failed.as_ref().or(step.refusal()).or(failed);
        let at_work = olds.iter().any(|old| old.phase.is_in_flight() && !old.gated);
        let status = match status(step) {
            _ if old_failed.is_some() => StepStatus::Failed,
            StepStatus::Waiting if at_work => StepStatus::InProgress,
            own => own,
        };
        let started_at =
            olds.iter().filter(|old| !old.gated).filter_map(|old| old.started_at).chain(step.started_at).min();
        let recorded = resource.recorded.as_ref().map(|recorded| recorded.physical_id.clone());
        ResourceReport {
            logical_id: resource.logical_id.clone(),
            type_name: resource.type_name.clone(),
            physical_id: step.identifier.clone().or(recorded),
            action: resource.action,
            status,
            started_at,
            elapsed_ms: started_at.map_or(0, |start| step.ended_at.unwrap_or(now).saturating_sub(start)),
            attempts: step.attempt,
            error_code: failed.map(|failure| failure.code.clone()),
            message: failed.map(|failure| said(failure, status)).filter(|message| !message.is_empty()),
            replaced: self.replaced(step, resource),
        }
    }

    fn olds(&self, resource: usize) -> impl Iterator<Item = &Step> {
        self.olds.get(resource).into_iter().flatten().map(|id| &self.steps[*id])
    }

    /// What gives way, and what is kept instead.
    fn replaced(&self, step: &Step, resource: &PlannedResource) -> Vec<ReplacedReport> {
        let deleted = self.olds(step.resource).filter_map(|old| {
            let OldResource { physical_id, type_name } = resource.old.get(old.old?)?.clone();
            Some(ReplacedReport { physical_id, type_name, status: status(old) })
        });
        let recorded = resource.recorded.as_ref().filter(|recorded| {
            let kept = resource.old.iter().all(|old| old.physical_id != recorded.physical_id);
            kept && resource.action == Action::Replace && step.phase == Phase::Succeeded
        });
        let kept = recorded.map(|recorded| ReplacedReport {
            physical_id: recorded.physical_id.clone(),
            type_name: recorded.type_name.clone(),
            status: StepStatus::Retained,
        });
        deleted.chain(kept).collect()
    }

    /// Reports of the steps that changed in this turn.
    pub(super) fn take_reports(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let mut told = BTreeSet::new();
        for id in std::mem::take(&mut self.touched) {
            // The removal of a remnant shows in the creation it belongs to, that of an old one in its successor.
            let shown = self.steps.at(self.steps[id].resource).unwrap_or(id);
            if self.steps[id].parent.is_none() && told.insert(shown) {
                commands.push(Command::Report { resource: self.report_of(shown, now) });
            }
        }
    }

    pub(super) fn finish(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let resources = self.report(now);
        let any = |phase| self.steps.ids().take(self.graph.len()).any(|id| self.steps[id].phase == phase);
        // What was cancelled in the cloud has failed, but nobody wants it rolled back now.
        let outcome = if any(Phase::Cancelled) || (self.at_once && any(Phase::Failed)) {
            Outcome::Cancelled
        } else if any(Phase::Failed) || any(Phase::Blocked) {
            Outcome::Failed
        } else if self.plan.resources.iter().all(|resource| resource.action == Action::Noop) {
            Outcome::NoChanges
        } else {
            Outcome::Succeeded
        };
        let outputs = match outcome {
            Outcome::Succeeded | Outcome::NoChanges if self.plan.mode == Mode::Deploy => self.outputs(),
            _ => BTreeMap::new(),
        };
        self.finished = true;
        commands.push(Command::Finish { outcome, resources, outputs, resume_in_ms: None });
    }

    /// The cloud has stopped answering: nothing is settled that is not.
    pub(super) fn finish_unreachable(&mut self, now: Millis, said: &str, commands: &mut Vec<Command>) {
        for id in self.steps.ids() {
            let step = &mut self.steps[id];
            if step.slot || matches!(step.phase, Phase::Reading(_) | Phase::Seeking) {
                step.nothing_refused();
                step.failure = Some(Failure::new("unreachable", said));
                let shown = step.parent.unwrap_or(id);
                self.touched.insert(shown);
            }
        }
        self.take_reports(now, commands);
        self.finished = true;
        let resources = self.report(now);
        let outputs = BTreeMap::new();
        commands.push(Command::Finish { outcome: Outcome::Unreachable, resources, outputs, resume_in_ms: None });
    }

    /// A value that cannot be computed, although everything it refers to exists, is null.
    fn outputs(&self) -> BTreeMap<String, Value> {
        let value = |expression| self.resolve(expression, Secrets::Masked).unwrap_or(Value::Null);
        self.plan.outputs.iter().map(|output| (output.name.clone(), value(&output.value))).collect()
    }
}

/// What is waited for comes first.
fn said(failure: &Failure, status: StepStatus) -> String {
    let waits = failure.waits_for.as_str();
    let waits = if status == StepStatus::Retrying { waits } else { "" };
    format!("{waits} {}", failure.message).trim().to_owned()
}

fn status(step: &Step) -> StepStatus {
    match step.phase {
        Phase::Waiting | Phase::Ready if step.attempt == 0 => StepStatus::Waiting,
        Phase::Waiting | Phase::Ready | Phase::Backoff | Phase::Removing => StepStatus::Retrying,
        Phase::Unsent if step.ambiguous || step.failure.is_some() => StepStatus::Retrying,
        _ if step.refusal().is_some() => StepStatus::Retrying,
        Phase::Intending | Phase::Unsent | Phase::Sent | Phase::Running | Phase::Seeking | Phase::Reading(_) => {
            StepStatus::InProgress
        }
        Phase::Succeeded => match step.work {
            Work::Nothing | Work::Read => StepStatus::Unchanged,
            Work::Retain => StepStatus::Retained,
            Work::Create | Work::Update | Work::Delete | Work::Import => StepStatus::Succeeded,
        },
        Phase::Failed => StepStatus::Failed,
        Phase::Blocked => StepStatus::Blocked,
        Phase::Cancelled => StepStatus::Cancelled,
    }
}
