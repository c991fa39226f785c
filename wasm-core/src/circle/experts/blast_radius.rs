//! How much of what exists is touched, and what builds on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::consensus::Vote;
use crate::model::{Action, PlannedResource};

use super::{ConsultCall, approve, refuse, some};

/// Types whose change reaches beyond the resource itself: who may do what, what can be decrypted, what can be reached.
const FAR_REACHING: [&str; 6] = [
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Route",
    "AWS::EC2::NetworkAcl",
    "AWS::Route53::",
];

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let of = |actions: &[Action]| -> Vec<&PlannedResource> {
        call.plan.resources.iter().filter(|resource| actions.contains(&resource.action)).collect()
    };
    let existing = call.plan.resources.iter().filter(|resource| resource.recorded.is_some()).count();
    let gone = of(&[Action::Delete, Action::Replace]);
    let removed = gone.len();
    let changed = of(&[Action::Update, Action::Replace, Action::Delete]);
    let far: Vec<String> = changed
        .iter()
        .filter(|resource| FAR_REACHING.iter().any(|prefix| resource.type_name.starts_with(prefix)))
        .map(|resource| call.named(&resource.logical_id))
        .collect();
    if existing == 0 {
        return approve("blast-radius", 0.95, "nothing exists yet that could be harmed".to_owned());
    }
    #[allow(clippy::cast_precision_loss)]
    let share = removed as f64 / existing as f64;
    let extent = format!("{removed} of {existing} existing resources are deleted or replaced");
    let mut vote = if removed >= 3 && share > 0.5 {
        refuse("blast-radius", 0.8, extent)
    } else if share > 0.25 || far.len() >= 5 {
        refuse("blast-radius", 0.55, extent)
    } else if far.is_empty() {
        approve("blast-radius", 0.9, extent)
    } else {
        approve("blast-radius", 0.75, extent)
    };
    if !far.is_empty() {
        vote.reasons.push(format!("permissions, keys or routes change: {}", some(&far)));
    }
    for resource in gone.iter().filter(|resource| resource.action == Action::Replace) {
        let above = dependents(call, &resource.logical_id);
        if !above.is_empty() {
            let name = call.named(&resource.logical_id);
            vote.reasons.push(format!("{name} is replaced; what exists builds on it: {}", some(&above)));
        }
    }
    vote.reasons.truncate(6);
    vote
}

/// Existing resources that depend on this one, at any distance, sorted.
fn dependents<'a>(call: &ConsultCall<'a>, of: &str) -> Vec<&'a str> {
    let mut above: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for resource in call.plan.resources.iter().filter(|it| it.recorded.is_some() && it.action != Action::Delete) {
        for below in &resource.depends_on {
            above.entry(below).or_default().push(&resource.logical_id);
        }
    }
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = vec![of];
    while let Some(id) = next.pop() {
        for user in above.get(id).into_iter().flatten().copied() {
            if found.insert(user) {
                next.push(user);
            }
        }
    }
    found.into_iter().filter(|id| *id != of).collect()
}
