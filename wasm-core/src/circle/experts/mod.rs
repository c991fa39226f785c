//! The built-in experts, one a file. Each sees the whole call, answers one question, and says why, naming resources,
//! properties and lines. Who has nothing to look at abstains, so that silence is no consent.

mod availability;
mod blast_radius;
mod cost;
mod data_safety;
mod grants;
mod history;
mod hygiene;
mod permissions;
mod policy;

use crate::consensus::{Vote, VoteStatus};
use crate::expr::Expr;
use crate::same::find;

use super::ConsultCall;

pub(super) const APPROVE: &str = "approve";
pub(super) const REFUSE: &str = "refuse";

/// An expert.
pub(super) struct Expert {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is asked.
    pub(super) question: &'static str,
    vote: fn(&ConsultCall<'_>) -> Vote,
}

/// In the order of their names.
pub(super) const ALL: [Expert; 8] = [
    Expert {
        name: "availability",
        question: "Does anything that serves go down or lose its spare?",
        vote: availability::vote,
    },
    Expert {
        name: "blast-radius",
        question: "How much of what exists is touched, and what builds on it?",
        vote: blast_radius::vote,
    },
    Expert {
        name: "cost",
        question: "What does it add to the monthly bill, as far as prices are fixed?",
        vote: cost::vote,
    },
    Expert {
        name: "data-safety",
        question: "Is data lost, or left where a deletion takes it along?",
        vote: data_safety::vote,
    },
    Expert { name: "history", question: "Do deployments of this stack tend to end well?", vote: history::vote },
    Expert { name: "hygiene", question: "Will whoever comes later find their way?", vote: hygiene::vote },
    Expert {
        name: "permissions",
        question: "May somebody do more than before, or the world come in?",
        vote: permissions::vote,
    },
    Expert { name: "policy", question: "What did the scan find, and what of it is new?", vote: policy::vote },
];

/// One vote per expert, in the order of their names.
pub(super) fn votes(call: &ConsultCall<'_>) -> Vec<Vote> {
    ALL.iter().map(|expert| (expert.vote)(call)).collect()
}

fn approve(expert: &str, confidence: f64, why: String) -> Vote {
    vote(expert, APPROVE, confidence, why)
}

fn refuse(expert: &str, confidence: f64, why: String) -> Vote {
    vote(expert, REFUSE, confidence, why)
}

fn abstained(expert: &str, why: &str) -> Vote {
    Vote { expert: expert.to_owned(), status: VoteStatus::Abstained, reasons: vec![why.to_owned()], ..Vote::default() }
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

/// The value below these keys.
fn at<'a>(expr: &'a Expr, path: &[&str]) -> Option<&'a Expr> {
    path.iter().try_fold(expr, |expr, key| match expr {
        Expr::Map(entries) => find(entries, key),
        _ => None,
    })
}

/// A number, also as text.
fn number(expr: Option<&Expr>) -> Option<f64> {
    match expr? {
        Expr::Number(number) => number.as_f64(),
        Expr::Str(text) => text.parse().ok(),
        _ => None,
    }
}

/// A flag, also as text.
fn flag(expr: Option<&Expr>) -> Option<bool> {
    match expr? {
        Expr::Bool(flag) => Some(*flag),
        Expr::Str(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Expr::Str(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn some<T: AsRef<str>>(names: &[T]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(AsRef::as_ref).collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
