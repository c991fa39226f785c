//! What became of the experts' votes: how often each was right, how well it knows that, and what it would have changed.
//!
//! A deployment that succeeded says that approving was right; one that failed, was rolled back, drifted or was reverted, or
//! that a person refused, that refusing was. Reliability is estimated per class of change and drawn together where data is
//! thin: an expert's share of right answers to what all experts are taken for before anything is known (Beta, worth
//! [`PRIOR`] votes), and its share in a class to its own share over all classes (worth as many).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::consensus::Vote;

use super::{ChangeClass, Decision, approves, experts, p_of, valid, verdict_of};

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
    /// What kind of change it was about; absent: nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub class: Option<ChangeClass>,
    /// How that came to be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub end: Option<End>,
}

/// What became of a deployment that experts voted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It was done, and stayed.
    Succeeded,
    /// It failed.
    Failed,
    /// It failed and was undone.
    RolledBack,
    /// It was done, and somebody changed by hand what it had changed.
    Drifted,
    /// It was done, and the next deployment brought back what was before.
    Reverted,
    /// A person refused it.
    Overridden,
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
    /// Mean of the Beta posterior under a prior with that mean.
    fn towards(self, mean: f64) -> f64 {
        (f64::from(self.right) + mean * PRIOR) / (f64::from(self.voted) + PRIOR)
    }

    fn note(&mut self, right: bool) {
        self.voted += 1;
        self.right += u32::from(right);
    }
}

/// What an expert is taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learned {
    /// Probability that it is right.
    pub reliability: f64,
}

impl Default for Learned {
    fn default() -> Self {
        Self { reliability: UNKNOWN }
    }
}

impl Learned {
    /// Weight in the circle: 1 for an unknown expert, in the ratio of the log-odds for others, never below a tenth.
    #[must_use]
    pub fn weight(self) -> f64 {
        let odds = |p: f64| (p / (1.0 - p)).ln();
        (odds(self.reliability) / odds(UNKNOWN)).max(0.1)
    }
}

/// How often an expert was right about changes of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClassRecord {
    /// The class.
    pub class: ChangeClass,
    /// Questions with an opinion.
    pub voted: u32,
    /// Of these, right.
    pub right: u32,
    /// Probability of being right, drawn to that over all classes.
    pub reliability: f64,
    /// Weight it has in the circle on such a change.
    pub weight: f64,
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
    /// Weight it has in the circle on a change of no class.
    pub weight: f64,
    /// The same per class of change on which it has had an opinion.
    pub classes: Vec<ClassRecord>,
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

/// Tallies of an expert.
#[derive(Clone, Debug, Default)]
struct Tallies {
    all: Tally,
    classes: BTreeMap<ChangeClass, Tally>,
}

impl Tallies {
    fn learned(&self, class: Option<ChangeClass>) -> Learned {
        let overall = self.all.towards(UNKNOWN);
        let own = class.and_then(|class| self.classes.get(&class));
        Learned { reliability: own.map_or(overall, |tally| tally.towards(overall)) }
    }
}

/// What every expert that ever voted is taken for on a change of a class.
#[must_use]
pub fn learned(outcomes: &[Answered], class: Option<ChangeClass>) -> BTreeMap<String, Learned> {
    tallies(outcomes).into_iter().map(|(expert, tallies)| (expert, tallies.learned(class))).collect()
}

fn tallies(outcomes: &[Answered]) -> BTreeMap<String, Tallies> {
    let mut tallies: BTreeMap<String, Tallies> = BTreeMap::new();
    for outcome in outcomes {
        for (vote, approves) in outcome.votes.iter().filter_map(opinion) {
            let own = tallies.entry(vote.expert.clone()).or_default();
            let right = approves == outcome.good;
            own.all.note(right);
            if let Some(class) = outcome.class {
                own.classes.entry(class).or_default().note(right);
            }
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
    let by_class: BTreeMap<Option<ChangeClass>, BTreeMap<String, Learned>> = outcomes
        .iter()
        .map(|outcome| outcome.class)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|class| {
            let of = |(name, own): (&String, &Tallies)| (name.clone(), own.learned(class));
            (class, tallies.iter().map(of).collect())
        })
        .collect();
    let nothing = BTreeMap::new();
    let decide =
        |outcome: &Answered, votes: &[Vote]| verdict_of(votes, by_class.get(&outcome.class).unwrap_or(&nothing));
    let decisions: Vec<Decision> = outcomes.iter().map(|outcome| decide(outcome, &outcome.votes)).collect();
    names
        .iter()
        .map(|(expert, question)| {
            let own = tallies.get(*expert).cloned().unwrap_or_default();
            let (tally, overall) = (own.all, own.learned(None));
            let classes = own.classes.iter().map(|(class, tally)| {
                let learned = own.learned(Some(*class));
                let Tally { voted, right } = *tally;
                ClassRecord { class: *class, voted, right, reliability: learned.reliability, weight: learned.weight() }
            });
            let of = |outcome: &Answered| outcome.votes.iter().any(|vote| vote.expert == *expert);
            let changed = outcomes.iter().zip(&decisions).filter(|(outcome, decision)| {
                let others: Vec<Vote> = outcome.votes.iter().filter(|vote| vote.expert != *expert).cloned().collect();
                of(outcome) && decide(outcome, &others) != **decision
            });
            let (brier, ece) = calibration(outcomes, expert);
            ExpertRecord {
                expert: (*expert).to_owned(),
                question: (*question).to_owned(),
                asked: count(outcomes.iter().filter(|outcome| of(outcome)).count()),
                voted: tally.voted,
                right: tally.right,
                reliability: overall.reliability,
                interval: interval(tally),
                weight: overall.weight(),
                classes: classes.collect(),
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
    let (p, n) = (tally.towards(UNKNOWN), f64::from(tally.voted) + PRIOR);
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
        let weight = |voted, right| Learned { reliability: Tally { voted, right }.towards(UNKNOWN) }.weight();
        assert!((weight(0, 0) - 1.0).abs() < 1e-12);
        let thin = weight(2, 0);
        assert!(thin > 0.6 && thin < 1.0, "{thin}");
        assert!((weight(1_000, 300) - 0.1).abs() < 1e-12);
        assert!(weight(1_000, 990) > 2.5);
    }

    #[test]
    fn records_count_rightness_calibration_and_what_would_have_changed() {
        // One that objects to all of it: without it, everything would have been approved.
        let outcome = |good| Answered {
            good,
            class: None,
            end: None,
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
    fn an_expert_from_outside_changes_decisions_as_one_of_the_circle_does() {
        let built_in = ["policy", "blast-radius", "data-safety"].map(|name| vote(name, true, 0.9));
        let votes = [&built_in[..], &[vote("calm", true, 0.9), vote("reviewer", false, 0.9)]].concat();
        let outcomes = vec![Answered { good: true, class: None, end: None, votes }; 5];
        let changed: Vec<_> =
            records(&outcomes).into_iter().filter(|it| it.changed > 0).map(|it| (it.expert, it.changed)).collect();
        assert_eq!(changed, [("reviewer".to_owned(), 5)]);
    }

    #[test]
    fn who_is_good_at_one_class_and_bad_at_another_has_two_weights() {
        let outcome = |class, good| Answered { good, class, end: None, votes: vec![vote("a", true, 0.9)] };
        let (update, data) = (Some(ChangeClass::Update), Some(ChangeClass::Data));
        let mut outcomes: Vec<Answered> = (0..200).map(|_| outcome(update, true)).collect();
        outcomes.extend((0..100).map(|at| outcome(data, at % 2 == 0)));
        let of = |class| learned(&outcomes, class)["a"];
        assert!(of(update).reliability > 0.95 && of(data).reliability < 0.6, "{:?} {:?}", of(update), of(data));
        assert!(of(update).weight() > 2.0 && of(data).weight() < 0.3);
        // A class that was never met, and a change of no class, have what holds over all.
        let overall = of(None);
        assert!((overall.reliability - (250.0 + 16.0) / 320.0).abs() < 1e-12);
        assert_eq!(of(Some(ChangeClass::Creation)), overall);
        // Thin data in a class moves little away from that.
        outcomes.push(outcome(Some(ChangeClass::Permissions), false));
        let thin = learned(&outcomes, Some(ChangeClass::Permissions))["a"].reliability;
        let overall = learned(&outcomes, None)["a"].reliability;
        assert!(thin < overall && overall - thin < 0.05, "{thin} {overall}");
        let record = records(&outcomes).into_iter().find(|it| it.expert == "a").unwrap();
        let classes: Vec<_> = record.classes.iter().map(|it| (it.class, it.voted, it.right)).collect();
        assert_eq!(
            classes,
            [(ChangeClass::Data, 100, 50), (ChangeClass::Permissions, 1, 0), (ChangeClass::Update, 200, 200)]
        );
    }

    #[test]
    fn who_always_says_the_same_is_redundant_once_there_is_enough() {
        let outcomes = |n: u32, differ: bool| -> Vec<Answered> {
            (0..n)
                .map(|at| Answered {
                    good: true,
                    class: None,
                    end: None,
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
