//! What is to be done with resources that are no longer wanted.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use crate::call::{Live, PlanCall};
use crate::model::{Action, PlannedResource, ResourceStatus, StackResource};
use crate::problem::{Problem, Span};
use crate::schema;

use super::finish;
use super::planned::{Origin, Planned};

/// The end of a whole stack.
pub fn plan(call: &PlanCall) -> Planned {
    let recorded = call.recorded.as_ref().map_or(&[][..], |state| state.resources.as_slice());
    let (resources, problems) = remove(recorded, &call.live, &call.foreign, "the stack is destroyed");
    let (plan, forecast, text) = finish::plan(call, resources, Vec::new());
    let (parameters, no_echo, origin) = (BTreeMap::new(), Vec::new(), Origin::default());
    Planned { plan, text, problems, forecast, parameters, tags: BTreeMap::new(), no_echo, origin }
}

/// Deletes or retains each of `unwanted`, dependents first.
///
/// Where CloudFormation would take a snapshot and delete, the resource is kept, and with it everything it was deployed
/// after: a database holds on to its parameter group and its subnets. What `Retain` keeps is CloudFormation's own
/// case: it deletes the rest. What another stack has made anew (`foreign`) is that stack's, and only forgotten.
pub fn remove(
    unwanted: &[StackResource],
    live: &BTreeMap<String, Live>,
    foreign: &BTreeMap<String, String>,
    reason: &str,
) -> (Vec<PlannedResource>, Vec<Problem>) {
    let held = held(unwanted);
    let action = |resource: &StackResource| {
        let id = resource.logical_id.as_str();
        let stays = keeps(resource) || held.contains_key(id) || foreign.contains_key(id);
        if stays { Action::Retain } else { Action::Delete }
    };
    let deleted: BTreeSet<&str> = unwanted
        .iter()
        .filter(|resource| action(resource) == Action::Delete)
        .map(|resource| resource.logical_id.as_str())
        .collect();
    let mut dependents: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for resource in unwanted.iter().filter(|resource| deleted.contains(resource.logical_id.as_str())) {
        for dependency in resource.depends_on.iter().filter(|id| deleted.contains(id.as_str())) {
            dependents.entry(dependency).or_default().push(resource.logical_id.clone());
        }
    }
    let mut problems = Vec::new();
    let planned = unwanted
        .iter()
        .map(|resource| {
            let id = &resource.logical_id;
            let action = action(resource);
            let mut reasons = vec![reason.to_owned()];
            if matches!(live.get(id), Some(Live::Absent {})) {
                reasons.push("it is already gone".to_owned());
            }
            if let Some(stack) = foreign.get(id) {
                reasons.push(format!("its tags say that stack {stack} has made it anew, so it is forgotten here"));
            }
            match held.get(id.as_str()) {
                _ if keeps(resource) => {
                    reasons.push(format!("its DeletionPolicy is {}", resource.deletion_policy));
                }
                Some(holder) => reasons.push(format!("{holder}, which is kept, depends on it")),
                None => {}
            }
            if let Some(old) = resource.replaced.first() {
                reasons.push(format!("{}, which it has replaced, is still to be deleted", old.physical_id));
            }
            if resource.deletion_policy == "Snapshot" {
                problems.push(snapshot_warning(id));
            }
            PlannedResource {
                logical_id: id.clone(),
                type_name: resource.type_name.clone(),
                action,
                reasons,
                depends_on: dependents.remove(id.as_str()).unwrap_or_default(),
                after: None,
                desired: None,
                irreversible: irreversible(resource, action),
                moved_from: None,
                given_name: None,
                notes: Vec::new(),
                patch: Vec::new(),
                replacement: None,
                old: resource.replaced.clone(),
                recorded: Some(resource.clone()),
                needs: Vec::new(),
                deletion_policy: resource.deletion_policy.clone(),
                update_replace_policy: resource.update_replace_policy.clone(),
                takes_from: Vec::new(),
                early: false,
                estimate_ms: 0,
            }
        })
        .collect();
    (planned, problems)
}

/// Whether its own policy keeps it.
fn keeps(resource: &StackResource) -> bool {
    match resource.deletion_policy.as_str() {
        "Delete" => false,
        "RetainExceptOnCreate" => resource.status != ResourceStatus::CreateFailed,
        _ => true,
    }
}

/// What resources kept for want of a snapshot depend on, directly or through others, each with one that holds it.
fn held(unwanted: &[StackResource]) -> BTreeMap<&str, &str> {
    let by_id: BTreeMap<&str, &StackResource> =
        unwanted.iter().map(|resource| (resource.logical_id.as_str(), resource)).collect();
    let mut held = BTreeMap::new();
    let mut open: Vec<&StackResource> =
        unwanted.iter().filter(|resource| resource.deletion_policy == "Snapshot").collect();
    while let Some(holder) = open.pop() {
        for dependency in holder.depends_on.iter().filter_map(|id| by_id.get(id.as_str())) {
            if let Entry::Vacant(place) = held.entry(dependency.logical_id.as_str()) {
                place.insert(holder.logical_id.as_str());
                open.push(dependency);
            }
        }
    }
    held
}

fn irreversible(resource: &StackResource, action: Action) -> Vec<String> {
    let stateful = schema::lookup(&resource.type_name).is_some_and(|kind| kind.stateful());
    if action == Action::Delete && stateful {
        vec![format!("{} ({}) and the data in it are deleted", resource.logical_id, resource.physical_id)]
    } else {
        Vec::new()
    }
}

fn snapshot_warning(id: &str) -> Problem {
    Problem::warning(
        "snapshot_not_supported",
        Span::default(),
        format!("{id} is kept: Cloud Control API cannot take the snapshot its DeletionPolicy asks for"),
    )
    .at(format!("Resources/{id}/DeletionPolicy"))
    .help("take the snapshot and delete the resource yourself, or set DeletionPolicy to Delete")
}
