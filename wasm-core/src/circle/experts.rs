//! The built-in experts. Each sees the whole call, answers one question, and says why.

use crate::consensus::{Vote, VoteStatus};
use crate::model::{Action, PlannedResource};
use crate::schema;

use crate::scan::FindingSeverity;

use super::ConsultCall;

pub(super) const APPROVE: &str = "approve";
pub(super) const REFUSE: &str = "refuse";

/// Types whose change reaches beyond the resource itself: who may do what, what can be decrypted, what can be reached.
const FAR_REACHING: [&str; 6] = [
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Route",
    "AWS::EC2::NetworkAcl",
    "AWS::Route53::",
];

/// One vote per expert, in the order of their names.
pub(super) fn votes(call: &ConsultCall<'_>) -> Vec<Vote> {
    vec![blast_radius(call), data_safety(call), history(call), policy(call)]
}

/// How much of what exists is touched.
fn blast_radius(call: &ConsultCall<'_>) -> Vote {
    let of = |actions: &[Action]| -> Vec<&PlannedResource> {
        call.plan.resources.iter().filter(|resource| actions.contains(&resource.action)).collect()
    };
    let existing = call.plan.resources.iter().filter(|resource| resource.recorded.is_some()).count();
    let removed = of(&[Action::Delete, Action::Replace]).len();
    let changed = of(&[Action::Update, Action::Replace, Action::Delete]);
    let far: Vec<&str> = changed
        .iter()
        .filter(|resource| FAR_REACHING.iter().any(|prefix| resource.type_name.starts_with(prefix)))
        .map(|resource| resource.logical_id.as_str())
        .collect();
    if existing == 0 {
        return approve("blast-radius", 0.95, "nothing exists yet that could be harmed".to_owned());
    }
    #[allow(clippy::cast_precision_loss)]
    let share = removed as f64 / existing as f64;
    let extent = format!("{removed} of {existing} existing resources are deleted or replaced");
    if removed >= 3 && share > 0.5 {
        refuse("blast-radius", 0.8, extent)
    } else if share > 0.25 || far.len() >= 5 {
        let mut vote = refuse("blast-radius", 0.55, extent);
        if !far.is_empty() {
            vote.reasons.push(format!("permissions, keys or routes change: {}", some(&far)));
        }
        vote
    } else if far.is_empty() {
        approve("blast-radius", 0.9, extent)
    } else {
        approve("blast-radius", 0.75, format!("permissions, keys or routes change: {}", some(&far)))
    }
}

/// Whether data would be lost.
fn data_safety(call: &ConsultCall<'_>) -> Vote {
    let unnamed = |resource: &&PlannedResource| !call.brief.allowed.contains(&resource.logical_id);
    let losses: Vec<&String> =
        call.plan.resources.iter().filter(unnamed).flat_map(|resource| &resource.irreversible).collect();
    if !losses.is_empty() {
        let mut vote = refuse("data-safety", 0.9, format!("{} cannot be undone", count(losses.len(), "step")));
        vote.reasons.extend(losses.into_iter().take(5).cloned());
        return vote;
    }
    let unguarded: Vec<&str> = call
        .plan
        .resources
        .iter()
        .filter(|resource| resource.action == Action::Create && resource.deletion_policy == "Delete")
        .filter(|resource| schema::lookup(&resource.type_name).is_some_and(|kind| kind.stateful()))
        .map(|resource| resource.logical_id.as_str())
        .collect();
    if unguarded.is_empty() {
        approve("data-safety", 0.95, "no data is lost".to_owned())
    } else {
        let why = format!("no data is lost; a later deletion would take the data of {} along", some(&unguarded));
        approve("data-safety", 0.85, why)
    }
}

/// Whether this stack's deployments tend to end well.
fn history(call: &ConsultCall<'_>) -> Vote {
    let past = &call.brief.history;
    if past.runs == 0 {
        return Vote {
            expert: "history".to_owned(),
            status: VoteStatus::Abstained,
            reasons: vec!["this stack has no past runs".to_owned()],
            ..Vote::default()
        };
    }
    let why = format!("{} of {} failed", past.failures, count(past.runs as usize, "past run"));
    // Laplace's rule of succession over the past runs.
    let success = (f64::from(past.runs - past.failures.min(past.runs)) + 1.0) / (f64::from(past.runs) + 2.0);
    let confidence = if past.last_failed { success.min(0.55) } else { success };
    if confidence >= 0.5 { approve("history", confidence, why) } else { refuse("history", 1.0 - confidence, why) }
}

/// What the scan found.
fn policy(call: &ConsultCall<'_>) -> Vote {
    let of =
        |severity: FindingSeverity| call.brief.findings.iter().filter(|finding| finding.severity == severity).count();
    let (critical, high, medium) =
        (of(FindingSeverity::Critical), of(FindingSeverity::High), of(FindingSeverity::Medium));
    let worst = call.brief.findings.iter().min_by_key(|finding| finding.severity);
    let detail = worst.map(|finding| format!("{}: {}", finding.rule_id, finding.message));
    let mut vote = if critical > 0 {
        refuse("policy", 0.97, format!("{critical} critical and {high} high findings"))
    } else if high > 3 {
        refuse("policy", 0.7, format!("{high} high findings"))
    } else if high > 0 {
        approve("policy", 0.6, count(high, "high finding"))
    } else if medium > 0 {
        approve("policy", 0.8, format!("no finding above medium ({medium})"))
    } else {
        return approve("policy", 0.95, "no finding that matters".to_owned());
    };
    vote.reasons.extend(detail);
    vote
}

fn approve(expert: &str, confidence: f64, why: String) -> Vote {
    vote(expert, APPROVE, confidence, why)
}

fn refuse(expert: &str, confidence: f64, why: String) -> Vote {
    vote(expert, REFUSE, confidence, why)
}

fn vote(expert: &str, option: &str, confidence: f64, why: String) -> Vote {
    Vote {
        expert: expert.to_owned(),
        option: Some(option.to_owned()),
        confidence: Some(confidence),
        // Each looks at something else: no shared lineage.
        lineage: Some(format!("built-in/{expert}")),
        reasons: vec![why],
        ..Vote::default()
    }
}

fn some(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(5).copied().collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
