//! One question, several experts, one answer that can be explained.
//!
//! Contract: votes that failed or abstained are not evidence; a tie is a result and is never broken by order; without a
//! valid vote there is no outcome; the quorum counts the declared roster, not those who answered. Everything is
//! symmetric in the order of votes and of options. Methods and constants: `methods`; where experts share a model
//! lineage their votes count as fewer independent ones: `dependence`.

mod agreement;
mod dependence;
mod methods;
pub mod tables;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tsify::Tsify;

pub use agreement::{alpha_nominal, entropy_bits};
pub use dependence::effective_votes;

/// How votes become one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// One expert, one vote.
    Majority,
    /// Weighted average of the experts' probabilities (linear opinion pool, Stone 1961).
    #[default]
    Weighted,
    /// Bayes' rule over the experts' reliabilities, tempered by the number of effective votes.
    Bayesian,
    /// Weighted geometric average of the experts' probabilities (logarithmic opinion pool, Genest & Zidek 1986).
    LogPool,
}

/// Whether a vote is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum VoteStatus {
    /// It counts.
    #[default]
    Ok,
    /// The expert has no opinion.
    Abstained,
    /// No answer, or one that could not be read: not a vote.
    Failed,
}

/// One expert's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vote {
    /// Who; unique in a call.
    pub expert: String,
    /// What; absent only when it abstained or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub option: Option<String>,
    /// Probability in [0, 1] the expert gives its own option; default 0.8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub confidence: Option<f64>,
    /// Weight > 0; default 1. Methods `weighted` and `log-pool`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub weight: Option<f64>,
    /// Share of past answers that were right, in [0, 1]; default: the confidence. Method `bayesian`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub reliability: Option<f64>,
    /// Experts of one lineage (the same model, the same rules) err together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub lineage: Option<String>,
    /// Whether it counts.
    #[serde(default)]
    pub status: VoteStatus,
    /// This option wins whatever the others say (a security veto is explicit, never a large weight).
    #[serde(default)]
    pub veto: bool,
    /// Why, for people; not evidence.
    #[serde(default)]
    pub reasons: Vec<String>,
}

/// Votes on one question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsensusCall {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub question: Option<String>,
    /// The possible answers; default: those voted for.
    #[serde(default)]
    pub options: Vec<String>,
    /// The votes.
    pub votes: Vec<Vote>,
    /// Experts that were to be asked; default: those in `votes`.
    #[serde(default)]
    pub roster: Vec<String>,
    /// Share of the roster that must have voted, in [0, 1]; default 0: any.
    #[serde(default)]
    pub quorum: f64,
    /// Prior probability of options; default: equal.
    #[serde(default)]
    pub prior: BTreeMap<String, f64>,
    /// Error correlation of experts that share a lineage, in [0, 1]; default 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub correlation: Option<f64>,
    /// How.
    #[serde(default)]
    pub method: Method,
}

/// One expert's part in the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PerExpert {
    /// Who.
    pub expert: String,
    /// The reliability that was used.
    pub reliability: Option<f64>,
    /// Share of the whole weight, 0 for those that did not vote.
    pub weight_used: f64,
    /// What the posterior of the outcome loses without this expert (leave one out); negative: it spoke against.
    pub contribution: f64,
}

/// How much the experts agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agreement {
    /// Krippendorff's alpha, nominal; null where it is not defined (no disagreement is possible).
    pub alpha: Option<f64>,
    /// Shannon entropy of the posterior.
    pub entropy_bits: f64,
}

/// The answer to a [`ConsensusCall`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consensus {
    /// The option, `tie`, `no_quorum` or `no_votes`.
    pub outcome: String,
    /// Probability per option; sums to 1.
    pub posterior: BTreeMap<String, f64>,
    /// Agreement.
    pub agreement: Agreement,
    /// Effective number of independent votes.
    pub n_eff: f64,
    /// Per expert of the roster, sorted by name.
    pub per_expert: Vec<PerExpert>,
    /// Experts whose valid vote is not the outcome, sorted.
    pub dissent: Vec<String>,
    /// How.
    pub method: Method,
    /// The expert whose veto decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub veto: Option<String>,
}

/// What the door gives back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ConsensusAnswer {
    /// The votes were aggregated.
    Aggregated {
        /// The answer.
        consensus: Consensus,
    },
    /// The call makes no sense.
    Refused {
        /// Everything that is wrong with it, one sentence each.
        problems: Vec<String>,
    },
}

/// A valid vote, options as indices.
#[derive(Clone, Copy, Debug)]
struct Ballot<'a> {
    expert: &'a str,
    option: usize,
    confidence: f64,
    weight: f64,
    reliability: f64,
    lineage: Option<&'a str>,
}

/// Two options whose posteriors differ by less are a tie.
const TIE: f64 = 1e-9;
const DEFAULT_CONFIDENCE: f64 = 0.8;
const DEFAULT_CORRELATION: f64 = 0.5;
/// Contributions leave out each expert in turn, so work grows with the square of the votes.
const MOST_VOTES: usize = 1_000;
const MOST_OPTIONS: usize = 100;
/// Outcomes that are no option.
const RESERVED: [&str; 3] = ["tie", "no_quorum", "no_votes"];

/// Aggregates the votes.
///
/// # Errors
/// Every problem of the call, one sentence each: duplicate experts, unknown options, numbers out of range.
pub fn aggregate(call: &ConsensusCall) -> Result<Consensus, Vec<String>> {
    check(call)?;
    let options = options(call);
    let prior = prior(call, &options);
    let mut ballots: Vec<Ballot<'_>> = call.votes.iter().filter_map(|vote| ballot(vote, &options)).collect();
    // Only the ratio of weights matters: scaled, their sum stays finite.
    let heaviest = ballots.iter().map(|ballot| ballot.weight).fold(0.0, f64::max);
    ballots.iter_mut().for_each(|ballot| ballot.weight /= heaviest);
    let correlation = call.correlation.unwrap_or(DEFAULT_CORRELATION);
    let decide = |ballots: &[Ballot<'_>]| methods::posterior(call.method, ballots, &prior, correlation);
    let posterior = decide(&ballots);
    let roster: BTreeSet<&str> =
        call.roster.iter().map(String::as_str).chain(call.votes.iter().map(|vote| vote.expert.as_str())).collect();
    #[allow(clippy::cast_precision_loss)]
    let reached = ballots.len() as f64 >= call.quorum * roster.len() as f64;
    let vetoes: Vec<&Vote> =
        call.votes.iter().filter(|vote| vote.veto && vote.status == VoteStatus::Ok && vote.option.is_some()).collect();
    let veto = vetoes.iter().min_by_key(|vote| &vote.expert);
    // Vetoes against each other decide nothing, and no order of names decides between them.
    let split = vetoes.iter().any(|vote| veto.is_some_and(|first| first.option != vote.option));
    let veto = veto.filter(|_| !split);
    let winner = if ballots.is_empty() { None } else { methods::winner(&posterior, TIE) };
    let outcome = match (veto, winner) {
        (Some(vote), _) => vote.option.clone().unwrap_or_default(),
        _ if split => "tie".to_owned(),
        _ if ballots.is_empty() => "no_votes".to_owned(),
        _ if !reached => "no_quorum".to_owned(),
        (None, None) => "tie".to_owned(),
        (None, Some(at)) => options.get(at).cloned().unwrap_or_default(),
    };
    let chosen = options.iter().position(|option| *option == outcome);
    let weights = methods::weights(call.method, &ballots);
    let total: f64 = weights.iter().sum();
    let per_expert = roster
        .iter()
        .map(|expert| {
            let at = ballots.iter().position(|ballot| ballot.expert == *expert);
            let weight = at.and_then(|at| weights.get(at).copied()).unwrap_or(0.0);
            let contribution = match (at, chosen) {
                (Some(at), Some(chosen)) => {
                    let mut others = ballots.clone();
                    others.remove(at);
                    let without = decide(&others);
                    posterior.get(chosen).copied().unwrap_or(0.0) - without.get(chosen).copied().unwrap_or(0.0)
                }
                _ => 0.0,
            };
            PerExpert {
                expert: (*expert).to_owned(),
                reliability: at.and_then(|at| ballots.get(at)).map(|ballot| ballot.reliability),
                weight_used: if total > 0.0 { weight / total } else { 0.0 },
                contribution,
            }
        })
        .collect();
    let dissent: BTreeSet<String> =
        ballots.iter().filter(|ballot| Some(ballot.option) != chosen).map(|ballot| ballot.expert.to_owned()).collect();
    let counts = methods::counts(&ballots, options.len());
    Ok(Consensus {
        agreement: Agreement { alpha: alpha_nominal(&counts), entropy_bits: entropy_bits(&posterior) },
        posterior: options.iter().cloned().zip(posterior).collect(),
        n_eff: effective_votes(&lineages(&ballots), correlation),
        dissent: if chosen.is_some() { dissent.into_iter().collect() } else { Vec::new() },
        per_expert,
        method: call.method,
        veto: veto.map(|vote| vote.expert.clone()),
        outcome,
    })
}

fn check(call: &ConsensusCall) -> Result<(), Vec<String>> {
    if call.votes.len() > MOST_VOTES {
        return Err(vec![format!("{} votes are more than the {MOST_VOTES} that one question takes", call.votes.len())]);
    }
    let mut problems = Vec::new();
    let named = options(call);
    if named.len() > MOST_OPTIONS {
        problems.push(format!("{} options are more than the {MOST_OPTIONS} that one question takes", named.len()));
    }
    for option in named.iter().filter(|option| RESERVED.contains(&option.as_str())) {
        problems.push(format!("{option} cannot be an option: it is the name of an outcome"));
    }
    let mut seen = BTreeSet::new();
    let unit = |number: f64| (0.0..=1.0).contains(&number);
    for vote in &call.votes {
        let who = &vote.expert;
        if !seen.insert(who) {
            problems.push(format!("{who} votes twice"));
        }
        match &vote.option {
            None if vote.status == VoteStatus::Ok => problems.push(format!("{who} has no option and did not abstain")),
            Some(option) if !call.options.is_empty() && !call.options.contains(option) => {
                problems.push(format!("{who} votes for {option}, which is not among the options"));
            }
            _ => {}
        }
        for (name, number) in [("confidence", vote.confidence), ("reliability", vote.reliability)] {
            if number.is_some_and(|number| !unit(number)) {
                problems.push(format!("{name} of {who} is not between 0 and 1"));
            }
        }
        if vote.weight.is_some_and(|weight| !weight.is_finite() || weight <= 0.0) {
            problems.push(format!("weight of {who} is not a positive number"));
        }
    }
    let distinct: BTreeSet<&String> = call.options.iter().collect();
    if distinct.len() != call.options.len() {
        problems.push("an option is named twice".to_owned());
    }
    if !unit(call.quorum) {
        problems.push("quorum is not between 0 and 1".to_owned());
    }
    if call.correlation.is_some_and(|number| !unit(number)) {
        problems.push("correlation is not between 0 and 1".to_owned());
    }
    for (option, probability) in &call.prior {
        if !probability.is_finite() || *probability <= 0.0 {
            problems.push(format!("prior of {option} is not a positive number"));
        }
        if !call.options.is_empty() && !call.options.contains(option) {
            problems.push(format!("prior names {option}, which is not among the options"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Sorted, so that nothing depends on the order of the input.
fn options(call: &ConsensusCall) -> Vec<String> {
    let voted = call.votes.iter().filter_map(|vote| vote.option.as_ref());
    let all: BTreeSet<&String> = call.options.iter().chain(voted).chain(call.prior.keys()).collect();
    all.into_iter().cloned().collect()
}

/// Given priors, the others as likely as the average of the given; normalised.
#[allow(clippy::cast_precision_loss)]
fn prior(call: &ConsensusCall, options: &[String]) -> Vec<f64> {
    let largest = call.prior.values().copied().fold(0.0, f64::max);
    // Scaled, so that no sum overflows; above 0, so that its logarithm is a number.
    let given = |value: &f64| (value / largest).max(f64::MIN_POSITIVE);
    let mean = match call.prior.len() {
        0 => 1.0,
        n => call.prior.values().map(given).sum::<f64>() / n as f64,
    };
    let raw = options.iter().map(|option| call.prior.get(option).map_or(mean, given)).collect();
    methods::normalised(raw).into_iter().map(|p| p.max(f64::MIN_POSITIVE)).collect()
}

fn ballot<'a>(vote: &'a Vote, options: &[String]) -> Option<Ballot<'a>> {
    let option = vote.option.as_ref().filter(|_| vote.status == VoteStatus::Ok)?;
    let confidence = vote.confidence.unwrap_or(DEFAULT_CONFIDENCE);
    Some(Ballot {
        expert: &vote.expert,
        option: options.iter().position(|other| other == option)?,
        confidence,
        weight: vote.weight.unwrap_or(1.0),
        reliability: vote.reliability.unwrap_or(confidence),
        lineage: vote.lineage.as_deref(),
    })
}

fn lineages<'a>(ballots: &[Ballot<'a>]) -> Vec<Option<&'a str>> {
    ballots.iter().map(|ballot| ballot.lineage).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vote(expert: &str, option: &str, confidence: f64) -> Vote {
        Vote { expert: expert.into(), option: Some(option.into()), confidence: Some(confidence), ..Vote::default() }
    }

    fn call(method: Method, votes: Vec<Vote>) -> ConsensusCall {
        ConsensusCall { votes, method, ..ConsensusCall::default() }
    }

    const METHODS: [Method; 4] = [Method::Majority, Method::Weighted, Method::Bayesian, Method::LogPool];

    #[test]
    fn every_method_agrees_with_a_clear_majority_and_names_the_dissent() {
        for method in METHODS {
            let votes = vec![vote("a", "approve", 0.9), vote("b", "approve", 0.7), vote("c", "refuse", 0.6)];
            let answer = aggregate(&call(method, votes)).unwrap();
            assert_eq!(answer.outcome, "approve", "{method:?}");
            assert_eq!(answer.dissent, ["c"]);
            assert!(answer.per_expert[0].contribution > 0.0 && answer.per_expert[2].contribution < 0.0);
        }
    }

    #[test]
    fn a_tie_is_a_result() {
        for method in METHODS {
            let answer = aggregate(&call(method, vec![vote("a", "x", 0.8), vote("b", "y", 0.8)])).unwrap();
            assert_eq!((answer.outcome.as_str(), answer.dissent.len()), ("tie", 0), "{method:?}");
        }
    }

    #[test]
    fn failed_and_abstaining_experts_are_no_votes_but_count_for_the_quorum() {
        let mut silent = vote("b", "refuse", 1.0);
        silent.status = VoteStatus::Failed;
        let mut call = call(Method::Majority, vec![vote("a", "approve", 0.9), silent]);
        assert_eq!(aggregate(&call).unwrap().outcome, "approve");
        call.quorum = 0.6;
        assert_eq!(aggregate(&call).unwrap().outcome, "no_quorum");
        call.votes.remove(0);
        assert_eq!(aggregate(&call).unwrap().outcome, "no_votes");
        call.votes.clear();
        assert_eq!(aggregate(&call).unwrap().outcome, "no_votes");
    }

    #[test]
    fn a_veto_wins_against_any_majority_and_is_named() {
        let mut veto = vote("security", "refuse", 0.6);
        veto.veto = true;
        let votes = vec![vote("a", "approve", 0.99), vote("b", "approve", 0.99), veto];
        let answer = aggregate(&call(Method::Weighted, votes)).unwrap();
        assert_eq!((answer.outcome.as_str(), answer.veto.as_deref()), ("refuse", Some("security")));
    }

    #[test]
    fn vetoes_against_each_other_are_a_tie_whatever_the_others_say() {
        let veto = |expert: &str, option: &str| Vote { veto: true, ..vote(expert, option, 0.9) };
        let votes = vec![veto("a", "approve"), veto("b", "refuse"), vote("c", "approve", 0.99)];
        let answer = aggregate(&call(Method::Weighted, votes)).unwrap();
        assert_eq!((answer.outcome.as_str(), answer.veto, answer.dissent.len()), ("tie", None, 0));
        let votes = vec![veto("a", "refuse"), veto("b", "refuse"), vote("c", "approve", 0.99)];
        let answer = aggregate(&call(Method::Weighted, votes)).unwrap();
        assert_eq!((answer.outcome.as_str(), answer.veto.as_deref()), ("refuse", Some("a")));
    }

    #[test]
    fn extreme_weights_and_priors_stay_numbers() {
        for method in METHODS {
            let mut votes = vec![vote("a", "x", 0.9), vote("b", "y", 0.8), vote("c", "y", 0.7)];
            votes[0].weight = Some(f64::MAX);
            votes[1].weight = Some(f64::MAX);
            votes[2].weight = Some(f64::MIN_POSITIVE);
            let mut call = call(method, votes);
            call.prior = [("x".to_owned(), f64::MAX), ("y".to_owned(), 5e-324), ("z".to_owned(), f64::MAX)].into();
            let answer = aggregate(&call).unwrap();
            let sum: f64 = answer.posterior.values().sum();
            assert!((sum - 1.0).abs() < 1e-9, "{method:?} {:?}", answer.posterior);
            assert!(answer.per_expert.iter().all(|one| one.weight_used.is_finite() && one.contribution.is_finite()));
        }
    }

    #[test]
    fn names_of_outcomes_and_floods_are_refused() {
        assert!(aggregate(&call(Method::Majority, vec![vote("a", "tie", 0.9)])).is_err());
        let many = (0..=MOST_VOTES).map(|n| vote(&n.to_string(), "x", 0.9)).collect();
        assert_eq!(aggregate(&call(Method::Majority, many)).unwrap_err().len(), 1);
        let many = (0..=MOST_OPTIONS).map(|n| vote(&n.to_string(), &n.to_string(), 0.9)).collect();
        assert_eq!(aggregate(&call(Method::Majority, many)).unwrap_err().len(), 1);
    }

    #[test]
    fn votes_of_one_lineage_are_tempered() {
        let clones = |lineage: Option<&str>| {
            let votes = (0..5).map(|n| Vote { lineage: lineage.map(Into::into), ..vote(&format!("e{n}"), "x", 0.7) });
            let call =
                ConsensusCall { options: vec!["x".into(), "y".into()], ..call(Method::Bayesian, votes.collect()) };
            aggregate(&call).unwrap().posterior["x"]
        };
        assert!(clones(Some("m")) < clones(None));
        assert!(clones(Some("m")) > 0.7);
    }

    #[test]
    fn bad_calls_list_everything_that_is_wrong() {
        let mut bad = call(Method::Weighted, vec![vote("a", "x", 1.5), vote("a", "z", 0.5)]);
        bad.options = vec!["x".into(), "x".into()];
        bad.quorum = -1.0;
        bad.correlation = Some(2.0);
        bad.prior.insert("q".into(), 0.0);
        bad.votes[1].weight = Some(f64::NAN);
        bad.votes.push(Vote { expert: "c".into(), ..Vote::default() });
        assert_eq!(aggregate(&bad).unwrap_err().len(), 10);
    }

    proptest! {
        #[test]
        fn posteriors_sum_to_one_and_order_does_not_matter(
            raw in proptest::collection::vec((0_usize..4, 0.0_f64..=1.0, 0.01_f64..10.0, 0_usize..3), 1..12),
            method in 0_usize..4,
            rotate in 0_usize..12,
        ) {
            let names = ["w", "x", "y", "z"];
            let votes: Vec<Vote> = raw.iter().enumerate().map(|(n, (option, confidence, weight, lineage))| Vote {
                weight: Some(*weight),
                lineage: (*lineage > 0).then(|| lineage.to_string()),
                ..vote(&format!("e{n:02}"), names[*option], *confidence)
            }).collect();
            let mut turned = votes.clone();
            let by = rotate % turned.len();
            turned.rotate_left(by);
            let one = aggregate(&call(METHODS[method], votes)).unwrap();
            let other = aggregate(&call(METHODS[method], turned)).unwrap();
            prop_assert!((one.posterior.values().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert_eq!(&one.outcome, &other.outcome);
            for (option, p) in &one.posterior {
                prop_assert!((p - other.posterior[option]).abs() < 1e-9);
            }
            prop_assert!((one.per_expert.iter().map(|part| part.weight_used).sum::<f64>() - 1.0).abs() < 1e-6 || method == 2);
        }
    }
}
