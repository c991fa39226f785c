//! What became of the experts' votes: how often each was right, how well it knows that, and what it would have changed.
//!
//! A deployment that succeeded says that approving was right; one that failed or was rolled back, or that a person
//! refused, that refusing was. Counts start from a prior (Beta, worth [`PRIOR`] votes, at the reliability that an unknown
//! expert is taken for), so that thin data changes nothing much.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::consensus::Vote;

use super::{Decision, approves, experts, p_of, valid, verdict_of};

/// Votes that the prior is worth.
const PRIOR: f64 = 20.0;
/// What an expert nobody knows is taken for.
pub(super) const UNKNOWN: f64 = 0.8;
/// Questions that two experts must have answered alike, all of them, to be called redundant.
const ALIKE: u32 = 20;
/// Bins of the calibration error.
const BINS: usize = 10;

/// A question that has been answered by what happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answered {
    /// The votes that were given.
    pub votes: Vec<Vote>,
    /// Whether approving was right.
    pub good: bool,
}

/// Questions that were answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnsweredQuestions {
    /// In any order.
    pub outcomes: Vec<Answered>,
}

/// What is known of the experts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpertsAnswer {
    /// By name.
    pub experts: Vec<ExpertRecord>,
}

/// How often an expert was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tally {
    /// Questions on which it had an opinion and that were answered.
    pub voted: u32,
    /// Of these, right.
    pub right: u32,
}

impl Tally {
    /// Mean of the Beta posterior.
    #[must_use]
    pub fn reliability(self) -> f64 {
        (f64::from(self.right) + UNKNOWN * PRIOR) / (f64::from(self.voted) + PRIOR)
    }

    /// Weight in the circle: 1 for an unknown expert, in the ratio of the log-odds for others, never below a tenth.
    #[must_use]
    pub fn weight(self) -> f64 {
        let odds = |p: f64| (p / (1.0 - p)).ln();
        (odds(self.reliability()) / odds(UNKNOWN)).max(0.1)
    }
}

/// An expert of the circle and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpertRecord {
    /// Its name.
    pub expert: String,
    /// What it is asked; empty for one that is no longer in the circle.
    pub question: String,
    /// Questions it was asked that were answered.
    pub asked: u32,
    /// Of these, with an opinion.
    pub voted: u32,
    /// Of these, right.
    pub right: u32,
    /// Mean of the posterior of being right.
    pub reliability: f64,
    /// About 95 % of it (normal approximation of the Beta posterior, kept inside 0 and 1).
    pub interval: (f64, f64),
    /// Weight it has in the circle.
    pub weight: f64,
    /// Mean of (p − outcome)² of its probability that approving is right; null without votes.
    pub brier: Option<f64>,
    /// Expected calibration error over ten bins of its confidence; null without votes.
    pub ece: Option<f64>,
    /// Decisions that would have been others without it.
    pub changed: u32,
    /// An expert that has always said the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub redundant_with: Option<String>,
}

/// The tally of every expert that ever voted.
#[must_use]
pub fn tallies(outcomes: &[Answered]) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for outcome in outcomes {
        for (vote, approves) in outcome.votes.iter().filter_map(opinion) {
            let tally = tallies.entry(vote.expert.clone()).or_default();
            tally.voted += 1;
            tally.right += u32::from(approves == outcome.good);
        }
    }
    tallies
}

/// The circle's experts, and whoever else voted, by name.
#[must_use]
pub fn records(outcomes: &[Answered]) -> Vec<ExpertRecord> {
    let tallies = tallies(outcomes);
    let mut names: BTreeMap<&str, &str> =
        outcomes.iter().flat_map(|it| &it.votes).map(|vote| (vote.expert.as_str(), "")).collect();
    names.extend(experts::ALL.iter().map(|expert| (expert.name, expert.question)));
    let decisions: Vec<Decision> = outcomes.iter().map(|outcome| verdict_of(&outcome.votes, &tallies)).collect();
    names
        .iter()
        .map(|(expert, question)| {
            let tally = tallies.get(*expert).copied().unwrap_or_default();
            let of = |outcome: &Answered| outcome.votes.iter().any(|vote| vote.expert == *expert);
            let changed = outcomes.iter().zip(&decisions).filter(|(outcome, decision)| {
                let others: Vec<Vote> = outcome.votes.iter().filter(|vote| vote.expert != *expert).cloned().collect();
                of(outcome) && verdict_of(&others, &tallies) != **decision
            });
            let (brier, ece) = calibration(outcomes, expert);
            ExpertRecord {
                expert: (*expert).to_owned(),
                question: (*question).to_owned(),
                asked: count(outcomes.iter().filter(|outcome| of(outcome)).count()),
                voted: tally.voted,
                right: tally.right,
                reliability: tally.reliability(),
                interval: interval(tally),
                weight: tally.weight(),
                brier,
                ece,
                changed: count(changed.count()),
                redundant_with: names.keys().find(|other| alike(outcomes, expert, other)).map(|it| (*it).to_owned()),
            }
        })
        .collect()
}

fn opinion(vote: &Vote) -> Option<(&Vote, bool)> {
    valid(vote).then(|| (vote, approves(vote)))
}

fn interval(tally: Tally) -> (f64, f64) {
    let (p, n) = (tally.reliability(), f64::from(tally.voted) + PRIOR);
    let half = 1.96 * (p * (1.0 - p) / (n + 1.0)).sqrt();
    ((p - half).max(0.0), (p + half).min(1.0))
}

/// Brier score and expected calibration error.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn calibration(outcomes: &[Answered], expert: &str) -> (Option<f64>, Option<f64>) {
    let mut squares = 0.0;
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    let mut votes = 0.0;
    for outcome in outcomes {
        for (vote, approves) in outcome.votes.iter().filter(|vote| vote.expert == expert).filter_map(opinion) {
            let p = p_of(vote, experts::APPROVE);
            let confidence = if approves { p } else { 1.0 - p };
            squares += (p - f64::from(u8::from(outcome.good))).powi(2);
            votes += 1.0;
            let bin = ((confidence * BINS as f64) as usize).min(BINS - 1);
            if let Some((sum, right, n)) = bins.get_mut(bin) {
                *sum += confidence;
                *right += f64::from(u8::from(approves == outcome.good));
                *n += 1.0;
            }
        }
    }
    if votes == 0.0 {
        return (None, None);
    }
    let ece: f64 = bins.iter().map(|(sum, right, _)| (sum - right).abs() / votes).sum();
    (Some(squares / votes), Some(ece))
}

/// Whether two experts have answered enough questions, and every one of them alike.
fn alike(outcomes: &[Answered], one: &str, other: &str) -> bool {
    if one == other {
        return false;
    }
    let said = |outcome: &Answered, who: &str| {
        outcome.votes.iter().find(|vote| vote.expert == who).and_then(opinion).map(|(_, approves)| approves)
    };
    let mut both = 0;
    for outcome in outcomes {
        if let (Some(left), Some(right)) = (said(outcome, one), said(outcome, other)) {
            if left != right {
                return false;
            }
            both += 1;
        }
    }
    // Where nobody ever refused, all are alike.
    let refused = outcomes.iter().any(|outcome| said(outcome, one) == Some(false));
    both >= ALIKE && refused
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(expert: &str, approves: bool, confidence: f64) -> Vote {
        Vote {
            expert: expert.into(),
            option: Some(if approves { experts::APPROVE } else { experts::REFUSE }.into()),
            confidence: Some(confidence),
            ..Vote::default()
        }
    }

    #[test]
    fn thin_data_leaves_weights_nearly_equal_and_much_of_it_does_not() {
        assert!((Tally::default().weight() - 1.0).abs() < 1e-12);
        let thin = Tally { voted: 2, right: 0 }.weight();
        assert!(thin > 0.6 && thin < 1.0, "{thin}");
        assert!((Tally { voted: 1_000, right: 300 }.weight() - 0.1).abs() < 1e-12);
        assert!(Tally { voted: 1_000, right: 990 }.weight() > 2.5);
    }

    #[test]
    fn records_count_rightness_calibration_and_what_would_have_changed() {
        // One that objects to all of it: without it, everything would have been approved.
        let outcome = |good| Answered {
            good,
            votes: vec![
                vote("policy", true, 0.9),
                vote("blast-radius", true, 0.9),
                vote("data-safety", true, 0.9),
                vote("permissions", false, 0.85),
            ],
        };
        let outcomes: Vec<Answered> = (0..10).map(|at| outcome(at % 5 != 0)).collect();
        let records = records(&outcomes);
        let of = |name: &str| records.iter().find(|it| it.expert == name).unwrap();
        assert_eq!((of("policy").voted, of("policy").right, of("permissions").right), (10, 8, 2));
        assert_eq!((of("permissions").changed, of("policy").changed), (10, 0));
        assert!((of("policy").brier.unwrap() - (0.8 * 0.01 + 0.2 * 0.81)).abs() < 1e-9);
        assert!((of("policy").ece.unwrap() - 0.1).abs() < 1e-9);
        assert_eq!((of("cost").asked, of("cost").brier), (0, None));
        let (low, high) = of("policy").interval;
        assert!(low < of("policy").reliability && of("policy").reliability < high);
    }

    #[test]
    fn who_always_says_the_same_is_redundant_once_there_is_enough() {
        let outcomes = |n: u32, differ: bool| -> Vec<Answered> {
            (0..n)
                .map(|at| Answered {
                    good: true,
                    votes: vec![vote("a", at % 3 > 0, 0.8), vote("b", (at % 3 > 0) != (differ && at == 7), 0.7)],
                })
                .collect()
        };
        let redundant = |outcomes: &[Answered]| {
            records(outcomes).iter().find(|it| it.expert == "a").unwrap().redundant_with.clone()
        };
        assert_eq!(redundant(&outcomes(30, false)).as_deref(), Some("b"));
        assert_eq!(redundant(&outcomes(30, true)), None);
        assert_eq!(redundant(&outcomes(10, false)), None);
    }
}
