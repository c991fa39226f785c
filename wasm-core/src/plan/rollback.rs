//! The way back from a deployment that failed: from where the stack is to where it was before.
//!
//! It is a plan like any other, made of the failed plan, of what is recorded now and of reads, and the same engine carries
//! it out. What was created is deleted, what was updated is patched back, halfway updates included. Where the resource
//! that was to be replaced still lives it is in force again and its successor is deleted. What had to be deleted first is
//! created anew: it may have another identifier, and what it held is gone. Deletions come last, as in every deployment.
//! What cannot be undone is left as it is, with all that it depends on, and named.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::call::{Forecast, KeptNotes, Live, PlanCall, StackState};
use crate::graph::Graph;
use crate::model::{
    Action, Mode, OldResource, PatchOperation, Plan, PlannedResource, Replacement, ResourceStatus, StackResource,
};
use crate::problem::Span;
use crate::schema::{self, Handler};

use super::patch::{Subject, patch};
use super::{destroy, finish, handover, moved};

/// Why what was created goes.
pub(super) const ROLLED_BACK: &str = "the deployment is rolled back";

/// What the way back is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackCall {
    /// The plan that failed; what it found recorded is what is restored.
    pub forward: Plan,
    /// What is recorded now.
    pub recorded: StackState,
    /// What reads returned of resources that were touched, by logical id: of the one that was in force before.
    #[serde(default)]
    pub live: BTreeMap<String, Live>,
    /// Ids of secrets whose earlier value is not at hand.
    #[serde(default)]
    pub lost: BTreeSet<String>,
    /// For the forecast.
    pub max_concurrency: u32,
    /// See `PlanCall`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub duration_scale: Option<f64>,
    /// See `PlanCall`.
    #[serde(default)]
    #[tsify(optional)]
    pub learned: KeptNotes,
}

/// The way back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackAnswer {
    /// What is to be done; without resources where there is nothing to do.
    pub plan: Plan,
    /// How long it will take.
    pub forecast: Forecast,
    /// What is left as it is.
    pub unrestored: Vec<Unrestored>,
}

/// A resource that is not brought back to what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unrestored {
    /// Name in the template.
    pub logical_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What exists of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub physical_id: Option<String>,
    /// Why, one sentence.
    pub message: String,
}

/// Plans the way back.
#[must_use]
pub fn rollback(call: &RollbackCall) -> RollbackAnswer {
    let names: BTreeMap<String, String> =
        call.forward.resources.iter().filter_map(|it| Some((it.logical_id.clone(), it.moved_from.clone()?))).collect();
    if names.is_empty() {
        return restored(call, &names);
    }
    let mut call = call.clone();
    call.forward.resources.iter_mut().for_each(|planned| called_as_before(planned, &names));
    call.recorded.resources.iter_mut().for_each(|resource| moved::rename(resource, &names));
    call.live = call.live.into_iter().map(|(id, live)| (names.get(&id).cloned().unwrap_or(id), live)).collect();
    restored(&call, &names)
}

/// A planned resource under the names from before the deployment.
fn called_as_before(planned: &mut PlannedResource, names: &BTreeMap<String, String>) {
    let own = std::iter::once(&mut planned.logical_id).chain(&mut planned.depends_on);
    for id in own.chain(planned.after.iter_mut().flatten()) {
        if let Some(old) = names.get(id) {
            id.clone_from(old);
        }
    }
    if let Some(recorded) = &mut planned.recorded {
        moved::rename(recorded, names);
    }
}

/// `names`: those that the deployment gave, to those from before; the call has the latter already.
fn restored(call: &RollbackCall, names: &BTreeMap<String, String>) -> RollbackAnswer {
    let now: BTreeMap<&str, &StackResource> =
        call.recorded.resources.iter().map(|resource| (resource.logical_id.as_str(), resource)).collect();
    let mut way = Way { call, now, created: Vec::new(), restored: Vec::new(), unrestored: BTreeMap::new() };
    for planned in &call.forward.resources {
        way.back(planned);
    }
    way.keep_what_is_used();
    way.order();
    for (new, old) in names {
        way.call_again(old, new);
    }
    let (mut resources, _) = destroy::remove(&way.created, &call.live, &BTreeMap::new(), ROLLED_BACK);
    resources.append(&mut way.restored);
    // What the deployment handed over is handed back; of whoever keeps something the way there has told.
    handover::order(&mut resources, &call.forward.context, &|_| Span::default(), &mut Vec::new());
    let (plan, forecast, _) = finish::plan(&finishing(call), resources, Vec::new());
    RollbackAnswer { plan, forecast, unrestored: way.unrestored.into_values().collect() }
}

struct Way<'a> {
    call: &'a RollbackCall,
    now: BTreeMap<&'a str, &'a StackResource>,
    /// By the failed deployment: to be deleted.
    created: Vec<StackResource>,
    restored: Vec<PlannedResource>,
    unrestored: BTreeMap<String, Unrestored>,
}

impl Way<'_> {
    fn back(&mut self, planned: &PlannedResource) {
        let now = self.now.get(planned.logical_id.as_str()).copied();
        // A creation that had failed earlier is nothing to go back to.
        let before = planned.recorded.as_ref().filter(|recorded| recorded.status != ResourceStatus::CreateFailed);
        match (before, now) {
            (_, None) if before.is_none() || planned.action == Action::Import => {}
            (_, Some(now)) if planned.recorded.as_ref() == Some(now) => {}
            (_, Some(now)) if planned.action == Action::Import => self.taken_over(planned, now),
            (None, Some(now)) => {
                let mut created = now.clone();
                if created.deletion_policy == "RetainExceptOnCreate" {
                    "Delete".clone_into(&mut created.deletion_policy);
                }
                self.created.push(created);
            }
            (Some(before), now) => match self.restoration(planned, before, now) {
                Ok(restored) => self.restored.push(restored),
                Err(message) => self.leave(&planned.logical_id, &planned.type_name, message),
            },
            (None, None) => {}
        }
    }

    /// It was there before the stack knew it: it is only let go again, unless it was changed.
    fn taken_over(&mut self, planned: &PlannedResource, now: &StackResource) {
        if planned.patch.is_empty() {
            let gone = planned_as(now, Action::Retain, "it was taken over by the deployment that is rolled back");
            self.restored.push(PlannedResource { recorded: Some(now.clone()), desired: None, ..gone });
        } else {
            let message = "It was taken over and changed; what it was before is not known.";
            self.leave(&planned.logical_id, &planned.type_name, message.to_owned());
        }
    }

    fn restoration(
        &self,
        forward: &PlannedResource,
        before: &StackResource,
        now: Option<&StackResource>,
    ) -> Result<PlannedResource, String> {
        if let Some(id) = before.applied.secrets().iter().find(|id| self.call.lost.contains(*id)) {
            return Err(format!("It was made from {id}, whose earlier value is not at hand."));
        }
        let own = old(before);
        // Its policy kept it, so nothing knew of it any more.
        let kept = forward.replacement == Some(Replacement::CreateBeforeDelete) && !forward.old.contains(&own);
        match now {
            // A deletion that failed may have deleted it.
            Some(now) if old(now) == own && self.is_gone(before) => {
                let planned = planned_as(before, Action::Create, "what it was is gone, so it is created anew");
                let needs = before.attributes.keys().cloned().collect();
                Ok(PlannedResource { needs, old: now.replaced.clone(), ..planned })
            }
            Some(now) if old(now) == own => Ok(self.patched_back(before, now)),
            Some(now) if (kept || now.replaced.contains(&own)) && !self.is_gone(before) => {
                let mut others: Vec<OldResource> = now.replaced.iter().filter(|old| **old != own).cloned().collect();
                others.insert(0, old(now));
                let reason = format!("it is in force again in the place of {}", now.physical_id);
                // Not complete until it is recorded as the one in force.
                let recorded =
                    StackResource { status: ResourceStatus::UpdateFailed, replaced: others.clone(), ..before.clone() };
                let planned = planned_as(before, Action::Update, &reason);
                Ok(PlannedResource { recorded: Some(recorded), old: others, ..planned })
            }
            Some(now) => {
                let mut olds = vec![old(now)];
                olds.extend(now.replaced.iter().filter(|old| **old != own).cloned());
                let planned = planned_as(before, Action::Replace, "what it was is gone, so it is created anew");
                let needs = before.attributes.keys().cloned().collect();
                let replacement = Some(Replacement::DeleteBeforeCreate);
                Ok(PlannedResource { recorded: Some(now.clone()), old: olds, needs, replacement, ..planned })
            }
            None => {
                let planned = planned_as(before, Action::Create, "what it was is gone, so it is created anew");
                Ok(PlannedResource { needs: before.attributes.keys().cloned().collect(), ..planned })
            }
        }
    }

    fn is_gone(&self, resource: &StackResource) -> bool {
        matches!(self.call.live.get(&resource.logical_id), Some(Live::Absent {}))
    }

    fn patched_back(&self, before: &StackResource, now: &StackResource) -> PlannedResource {
        let live = match self.call.live.get(&before.logical_id) {
            Some(Live::Present { properties }) => Some(properties),
            _ => None,
        };
        let mut operations: Vec<PatchOperation> = Vec::new();
        let kind = schema::lookup(&before.type_name);
        if let Some(kind) = kind.filter(|kind| kind.has(Handler::Update) && kind.has(Handler::Read)) {
            let tried = std::iter::once(&now.applied).chain(&now.attempted).collect();
            let none = BTreeSet::new();
            let subject = Subject { kind, before: tried, desired: &before.applied, live, renewed: &none };
            operations = patch(&subject).operations;
        }
        let planned = planned_as(before, Action::Update, "it is as before again");
        let needs = if operations.is_empty() { Vec::new() } else { before.attributes.keys().cloned().collect() };
        let old = now.replaced.clone();
        let mut recorded = now.clone();
        if operations.is_empty() {
            recorded.attributes.clone_from(&before.attributes);
            recorded.status = ResourceStatus::UpdateFailed;
        }
        PlannedResource { recorded: Some(recorded), patch: operations, needs, old, ..planned }
    }

    /// The stack calls it as before again, whatever else becomes of it.
    fn call_again(&mut self, id: &str, now_called: &str) {
        if let Some(planned) = self.restored.iter_mut().find(|planned| planned.logical_id == id) {
            planned.moved_from = Some(now_called.to_owned());
        } else if let Some(now) = self.now.get(id).filter(|_| !self.created.iter().any(|it| it.logical_id == id)) {
            let planned = planned_as(now, Action::Update, "it is called as before again");
            let moved_from = Some(now_called.to_owned());
            self.restored.push(PlannedResource { recorded: Some((*now).clone()), moved_from, ..planned });
        }
    }

    fn leave(&mut self, id: &str, type_name: &str, message: String) {
        let physical_id = self.now.get(id).map(|now| now.physical_id.clone());
        let (logical_id, type_name) = (id.to_owned(), type_name.to_owned());
        self.unrestored.insert(id.to_owned(), Unrestored { logical_id, type_name, physical_id, message });
    }

    /// What something uses that stays is not taken from it.
    fn keep_what_is_used(&mut self) {
        let mut open: Vec<String> = self.unrestored.keys().cloned().collect();
        while let Some(user) = open.pop() {
            let used = self.now.get(user.as_str()).map_or(Vec::new(), |now| now.depends_on.clone());
            for id in used.into_iter().filter(|id| *id != user) {
                let (created, restored) = (self.created.len(), self.restored.len());
                self.created.retain(|resource| resource.logical_id != id);
                self.restored.retain(|resource| resource.logical_id != id || !loses_its_successor(resource));
                if (created, restored) == (self.created.len(), self.restored.len()) {
                    continue;
                }
                let type_name = self.now.get(id.as_str()).map_or(String::new(), |now| now.type_name.clone());
                self.leave(&id, &type_name, format!("{user}, which stays as it is, depends on it."));
                open.push(id);
            }
        }
    }

    /// The reverse of the way there: what refers to a resource is restored before it, but what is made anew comes first.
    fn order(&mut self) {
        let anew = |resource: &PlannedResource| matches!(resource.action, Action::Create | Action::Replace);
        let made: BTreeSet<String> = self.restored.iter().filter(|r| anew(r)).map(|r| r.logical_id.clone()).collect();
        let changed: Vec<String> =
            self.restored.iter().filter(|r| r.action == Action::Update).map(|r| r.logical_id.clone()).collect();
        let mut users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for user in &changed {
            let Some(now) = self.now.get(user.as_str()) else { continue };
            for used in now.depends_on.iter().filter(|used| *used != user && changed.contains(used)) {
                users.entry(used).or_default().push(user.clone());
            }
        }
        let firsts = |resource: &PlannedResource| -> Vec<String> {
            resource.depends_on.iter().filter(|id| made.contains(*id)).cloned().collect()
        };
        let mut reversed: Vec<Vec<String>> = Vec::new();
        for resource in &self.restored {
            let mut after = firsts(resource);
            if resource.action == Action::Update {
                after.extend(users.get(resource.logical_id.as_str()).into_iter().flatten().cloned());
            }
            reversed.push(after);
        }
        // What refers to what may have turned round meanwhile; then values, all of them known, do not need an order.
        let sound = is_acyclic(&self.restored, &reversed);
        for (resource, after) in self.restored.iter_mut().zip(reversed) {
            resource.after = Some(if sound { after } else { firsts(resource) });
        }
    }
}

fn is_acyclic(resources: &[PlannedResource], after: &[Vec<String>]) -> bool {
    let index: BTreeMap<&str, usize> =
        resources.iter().enumerate().map(|(at, resource)| (resource.logical_id.as_str(), at)).collect();
    let mut graph = Graph::new(resources.len());
    for (at, others) in after.iter().enumerate() {
        for other in others.iter().filter_map(|id| index.get(id.as_str())) {
            graph.depend(at, *other);
        }
    }
    graph.order().is_ok()
}

/// Whether restoring it deletes what took its place.
fn loses_its_successor(resource: &PlannedResource) -> bool {
    !resource.old.is_empty()
}

fn old(resource: &StackResource) -> OldResource {
    OldResource { physical_id: resource.physical_id.clone(), type_name: resource.type_name.clone() }
}

/// As it was; nothing done yet.
fn planned_as(before: &StackResource, action: Action, reason: &str) -> PlannedResource {
    PlannedResource {
        logical_id: before.logical_id.clone(),
        type_name: before.type_name.clone(),
        action,
        reasons: vec![reason.to_owned()],
        depends_on: before.depends_on.clone(),
        after: Some(Vec::new()),
        desired: Some(before.applied.clone()),
        recorded: None,
        needs: Vec::new(),
        deletion_policy: before.deletion_policy.clone(),
        update_replace_policy: before.update_replace_policy.clone(),
        irreversible: Vec::new(),
        moved_from: None,
        given_name: before.given_name.clone(),
        notes: Vec::new(),
        patch: Vec::new(),
        replacement: None,
        old: Vec::new(),
        takes_from: Vec::new(),
        early: false,
        estimate_ms: 0,
    }
}

fn finishing(call: &RollbackCall) -> PlanCall {
    PlanCall {
        incarnation: None,
        reconcile: None,
        allow_secret_identifiers: false,
        stack: call.forward.stack.clone(),
        mode: Mode::Deploy,
        context: call.forward.context.clone(),
        parameters: Default::default(),
        recorded: None,
        live: BTreeMap::new(),
        foreign: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: BTreeMap::new(),
        max_concurrency: call.max_concurrency,
        duration_scale: call.duration_scale,
        learned: call.learned.clone(),
    }
}
