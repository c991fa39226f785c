//! Whether data is lost, or left where a later deletion takes it along.

use crate::consensus::Vote;
use crate::model::{Action, PlannedResource};
use crate::schema;

use super::{ConsultCall, approve, count, refuse, some};

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let unnamed = |resource: &&PlannedResource| !call.brief.allowed.contains(&resource.logical_id);
    let losses: Vec<&String> =
        call.plan.resources.iter().filter(unnamed).flat_map(|resource| &resource.irreversible).collect();
    if !losses.is_empty() {
        let mut vote = refuse("data-safety", 0.9, format!("{} cannot be undone", count(losses.len(), "step")));
        vote.reasons.extend(losses.into_iter().take(5).cloned());
        return vote;
    }
    let unguarded: Vec<String> = call
        .plan
        .resources
        .iter()
        .filter(|resource| resource.action == Action::Create && resource.deletion_policy == "Delete")
        .filter(|resource| schema::lookup(&resource.type_name).is_some_and(|kind| kind.stateful()))
        .map(|resource| call.named(&resource.logical_id))
        .collect();
    if unguarded.is_empty() {
        approve("data-safety", 0.95, "no data is lost".to_owned())
    } else {
        let why = format!("no data is lost; a later deletion would take the data of {} along", some(&unguarded));
        approve("data-safety", 0.85, why)
    }
}
