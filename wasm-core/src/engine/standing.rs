//! What the stack's state says of a resource, kept up to date with every fact.
//!
//! While a resource is replaced two of them exist, and a creation that fails may leave a third: whatever exists is in the
//! state at every moment, the one in force as the resource itself and the others as `replaced`, so that neither a crash
//! nor a later run or destruction loses any of them.

use std::collections::BTreeMap;

use crate::expr::Expr;
use crate::model::{OldResource, PlannedResource, ResourceStatus, StackResource};

use super::phase::Phase;
use super::step::{StepId, Work};
use super::{Change, Engine};

/// What exists of a resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// The one in force.
    pub(super) primary: Option<StackResource>,
    /// Others, to be deleted.
    pub(super) others: Vec<OldResource>,
}

impl Standing {
    /// As recorded when the plan was made.
    pub(super) fn of(resource: &PlannedResource) -> Self {
        let primary = resource.recorded.clone();
        let is_primary = |old: &&OldResource| primary.as_ref().is_some_and(|own| is(own, old));
        let others = resource.old.iter().filter(|old| !is_primary(old)).cloned().collect();
        Self { primary, others }
    }

    fn forget(&mut self, old: &OldResource) {
        if self.primary.as_ref().is_some_and(|primary| is(primary, old)) {
            self.primary = None;
        }
        self.others.retain(|other| other != old);
    }

    fn also(&mut self, old: OldResource) {
        if !self.others.contains(&old) {
            self.others.push(old);
        }
    }
}

fn is(resource: &StackResource, old: &OldResource) -> bool {
    resource.physical_id == old.physical_id && resource.type_name == old.type_name
}

impl Engine {
    /// Takes down that the operation has ended like this.
    pub(super) fn record(&mut self, id: StepId, status: ResourceStatus) {
        let changed = self.recording(id, status);
        let resource = self.resource(id);
        let own = OldResource { physical_id: changed.physical_id.clone(), type_name: changed.type_name.clone() };
        let deleted_later: Vec<OldResource> = resource.old.clone();
        let Some(standing) = self.standings.get_mut(self.steps[id].resource) else { return };
        let before = standing.primary.take().filter(|before| !is(before, &own));
        match before {
            // The old one stays in force; what the failed creation of its successor has left is in the way.
            Some(before) if status == ResourceStatus::CreateFailed => {
                standing.primary = Some(before);
                standing.also(own);
            }
            before => {
                let old = before.map(|old| OldResource { physical_id: old.physical_id, type_name: old.type_name });
                if let Some(old) = old.filter(|old| deleted_later.contains(old)) {
                    standing.also(old);
                }
                standing.others.retain(|other| *other != own);
                standing.primary = Some(changed);
            }
        }
        self.note(self.steps[id].resource);
    }

    /// Takes down new names before anything is called, also for those that depend on who has one.
    pub(super) fn rename(&mut self) {
        let moved: Vec<&str> = self
            .plan
            .resources
            .iter()
            .filter(|resource| resource.moved_from.is_some())
            .map(|resource| resource.logical_id.as_str())
            .collect();
        if moved.is_empty() {
            return;
        }
        let concerned = |resource: &PlannedResource| {
            let depends = |id: &String| moved.contains(&id.as_str());
            resource.moved_from.is_some()
                || resource.recorded.as_ref().is_some_and(|it| it.depends_on.iter().any(depends))
        };
        let positions: Vec<usize> = self
            .plan
            .resources
            .iter()
            .enumerate()
            .filter(|(_, it)| concerned(it))
            .map(|(position, _)| position)
            .collect();
        for position in positions {
            self.note(position);
        }
    }

    /// The resource is gone, or no longer ours.
    pub(super) fn forget(&mut self, id: StepId) {
        let old = self.old(id).cloned();
        let Some(standing) = self.standings.get_mut(self.steps[id].resource) else { return };
        match old {
            Some(old) => standing.forget(&old),
            None => standing.primary = None,
        }
        self.note(self.steps[id].resource);
    }

    /// A deletion has failed for good.
    pub(super) fn deletion_failed(&mut self, id: StepId) {
        let old = self.old(id).cloned();
        let Some(standing) = self.standings.get_mut(self.steps[id].resource) else { return };
        let Some(primary) = &mut standing.primary else { return };
        // A failed creation stays one: it is never taken for a resource in force.
        if old.is_none_or(|old| is(primary, &old)) && primary.status != ResourceStatus::CreateFailed {
            primary.status = ResourceStatus::DeleteFailed;
            self.note(self.steps[id].resource);
        }
    }

    /// An update has failed, perhaps halfway.
    pub(super) fn update_failed(&mut self, id: StepId) {
        let attempted = self.resource(id).desired.as_ref().map(|desired| self.simplify(desired));
        let Some(standing) = self.standings.get_mut(self.steps[id].resource) else { return };
        let Some(primary) = &mut standing.primary else { return };
        primary.status = ResourceStatus::UpdateFailed;
        primary.attempted = attempted;
        self.note(self.steps[id].resource);
    }

    /// Brings up to date what is recorded of a resource that no call is made for.
    pub(super) fn renew(&mut self, id: StepId) {
        let changed = self.recording(id, ResourceStatus::Complete);
        let Some(standing) = self.standings.get_mut(self.steps[id].resource) else { return };
        let same = standing.primary.as_ref().is_some_and(|primary| {
            StackResource { replaced: Vec::new(), ..primary.clone() }
                == StackResource { replaced: Vec::new(), ..changed.clone() }
        });
        if !same {
            standing.primary = Some(changed);
            self.note(self.steps[id].resource);
        }
    }

    /// Goes back to what was before the step ended.
    pub(super) fn restore(&mut self, id: StepId) {
        let position = self.steps[id].resource;
        let mut standing = Standing::of(self.resource(id));
        for other in self.steps.ids() {
            let step = &self.steps[other];
            let gone = step.resource == position && step.work == Work::Delete && step.phase == Phase::Succeeded;
            if let Some(old) = self.old(other).filter(|_| gone) {
                standing.forget(old);
            }
        }
        if let Some(slot) = self.standings.get_mut(position) {
            *slot = standing;
        }
        self.changes.remove(&position);
    }

    /// What a step deletes that is not the resource itself.
    pub(super) fn old(&self, id: StepId) -> Option<&OldResource> {
        self.steps[id].old.and_then(|number| self.resource(id).old.get(number))
    }

    /// Type of what a step works on.
    pub(super) fn type_of(&self, id: StepId) -> &str {
        self.old(id).map_or(&self.resource(id).type_name, |old| &old.type_name)
    }

    fn recording(&self, id: StepId, status: ResourceStatus) -> StackResource {
        let step = &self.steps[id];
        let resource = self.resource(id);
        let wanted = resource.desired.as_ref().map_or(Expr::Null, |desired| self.simplify(desired));
        // Of what no call is made for, everything is known; if not, what was applied stays the truth.
        let applied = match &resource.recorded {
            Some(recorded) if !matches!(step.work, Work::Create | Work::Update) && !wanted.references().is_empty() => {
                recorded.applied.clone()
            }
            _ => wanted,
        };
        StackResource {
            logical_id: resource.logical_id.clone(),
            type_name: resource.type_name.clone(),
            physical_id: step.identifier.clone().unwrap_or_default(),
            status,
            attributes: step.attributes.clone(),
            applied,
            depends_on: resource.depends_on.clone(),
            deletion_policy: resource.deletion_policy.clone(),
            update_replace_policy: resource.update_replace_policy.clone(),
            replaced: Vec::new(),
            attempted: None,
            given_name: resource.given_name.clone(),
        }
    }

    /// Hands the state of a resource out with the next turn.
    fn note(&mut self, position: usize) {
        let Some(standing) = self.standings.get(position) else { return };
        let change = match (&standing.primary, standing.others.split_first()) {
            (Some(primary), _) => {
                Change::Record(Box::new(StackResource { replaced: standing.others.clone(), ..primary.clone() }))
            }
            (None, None) => Change::Forget,
            (None, Some((first, rest))) => {
                let Some(resource) = self.plan.resources.get(position) else { return };
                let recorded = resource.recorded.as_ref();
                // Nothing is in force: what is left is to be deleted before there is something again.
                Change::Record(Box::new(StackResource {
                    logical_id: resource.logical_id.clone(),
                    type_name: first.type_name.clone(),
                    physical_id: first.physical_id.clone(),
                    status: ResourceStatus::CreateFailed,
                    attributes: BTreeMap::new(),
                    applied: Expr::Map(Vec::new()),
                    depends_on: recorded.map_or_else(|| resource.depends_on.clone(), |old| old.depends_on.clone()),
                    deletion_policy: "Delete".to_owned(),
                    update_replace_policy: "Delete".to_owned(),
                    replaced: rest.to_vec(),
                    attempted: None,
                    given_name: None,
                }))
            }
        };
        self.changes.insert(position, change);
    }
}
