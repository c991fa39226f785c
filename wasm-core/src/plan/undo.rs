//! What a rollback would do with each step of a plan, known before anybody approves it.
//!
//! It is the way back itself ([`super::rollback`]), planned from where the stack would be if every step had been done and
//! then something had failed, but for deletions, unless they are early: those come when nothing can fail any more. Read off the plan alone, so that
//! the digest that is approved binds it. What really happens then depends on how far the deployment got.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::call::StackState;
use crate::model::{Action, OldResource, Plan, PlannedResource, Replacement, ResourceStatus, StackResource};

use super::change::renewal;
use super::rollback::{ROLLED_BACK, RollbackCall, rollback};

/// Stands for the identifier of what is yet to be made, in reasons too.
const NEW: &str = "its successor";

/// What becomes of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum UndoAction {
    /// What it made is deleted.
    Delete,
    /// What it made stays, and the stack forgets it: its policy says so.
    Retain,
    /// It is as before again.
    Restore,
    /// It is made anew: perhaps with another identifier, and without what it held.
    Recreate,
    /// It stays as the deployment has left it.
    Leave,
}

/// How a step is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undo {
    /// Name in the template.
    pub logical_id: String,
    /// What becomes of it.
    pub action: UndoAction,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
}

/// The answer; steps that leave nothing to be undone are not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanUndo {
    /// By logical id.
    pub steps: Vec<Undo>,
}

/// How each step of a plan is undone.
#[must_use]
pub fn undo(plan: &Plan) -> PlanUndo {
    let acts = |planned: &&PlannedResource| {
        planned.moved_from.is_some()
            || planned.early
            || !matches!(planned.action, Action::Noop | Action::Delete | Action::Retain)
    };
    let acting: Vec<PlannedResource> = plan.resources.iter().filter(acts).cloned().collect();
    let names: BTreeMap<String, String> =
        acting.iter().filter_map(|it| Some((it.moved_from.clone()?, it.logical_id.clone()))).collect();
    let call = RollbackCall {
        recorded: StackState {
            stack: plan.stack.clone(),
            context: plan.context.clone(),
            resources: acting.iter().filter_map(done).collect(),
            parameters: BTreeMap::new(),
            fingerprints: BTreeMap::new(),
            tags: BTreeMap::new(),
        },
        lost: acting.iter().flat_map(changed_secrets).collect(),
        forward: Plan { resources: acting, outputs: Vec::new(), ..plan.clone() },
        live: BTreeMap::new(),
        max_concurrency: 1,
        duration_scale: None,
        learned: Default::default(),
    };
    let back = rollback(&call);
    let called = |id: String| names.get(&id).cloned().unwrap_or(id);
    let mut steps: Vec<Undo> = back
        .plan
        .resources
        .into_iter()
        .map(|step| {
            let action = match step.action {
                Action::Delete => UndoAction::Delete,
                Action::Retain => UndoAction::Retain,
                Action::Create | Action::Replace => UndoAction::Recreate,
                Action::Update | Action::Import | Action::Noop => UndoAction::Restore,
            };
            let reasons = step.reasons.into_iter().filter(|reason| reason != ROLLED_BACK).collect();
            Undo { logical_id: called(step.logical_id), action, reasons }
        })
        .collect();
    steps.extend(back.unrestored.into_iter().map(|left| Undo {
        logical_id: called(left.logical_id),
        action: UndoAction::Leave,
        reasons: vec![left.message],
    }));
    steps.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
    PlanUndo { steps }
}

/// The resource as it is recorded once its step was done and nothing was deleted yet.
fn done(planned: &PlannedResource) -> Option<StackResource> {
    let before = planned.recorded.as_ref().filter(|recorded| recorded.status != ResourceStatus::CreateFailed);
    let is_new = before.is_none() || planned.action == Action::Replace;
    let own = before.filter(|_| planned.replacement == Some(Replacement::CreateBeforeDelete));
    let olds = own.map(|old| OldResource { physical_id: old.physical_id.clone(), type_name: old.type_name.clone() });
    Some(StackResource {
        logical_id: planned.logical_id.clone(),
        type_name: planned.type_name.clone(),
        physical_id: if is_new { NEW.to_owned() } else { before?.physical_id.clone() },
        status: ResourceStatus::Complete,
        attributes: before.map(|before| before.attributes.clone()).unwrap_or_default(),
        applied: planned.desired.clone()?,
        depends_on: planned.depends_on.clone(),
        deletion_policy: planned.deletion_policy.clone(),
        update_replace_policy: planned.update_replace_policy.clone(),
        replaced: olds.into_iter().filter(|old| planned.old.contains(old)).collect(),
        attempted: None,
        given_name: planned.given_name.clone(),
    })
}

/// Secrets of what is recorded whose value is another one now.
fn changed_secrets(planned: &PlannedResource) -> BTreeSet<String> {
    let ids = planned.recorded.iter().flat_map(|recorded| recorded.applied.secrets());
    ids.filter(|id| planned.reasons.contains(&renewal(id))).collect()
}
