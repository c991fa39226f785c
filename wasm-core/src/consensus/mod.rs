//! One question, several experts, one answer that can be explained.
//!
//! Contract: votes that failed or abstained are not evidence; a tie is a result and is never broken by order; without a
//! valid vote there is no outcome; the quorum counts the declared roster, not those who answered. Everything is
//! symmetric in the order of votes and of options. Methods and constants: `methods`; where experts share a model
//! lineage their votes count as fewer independent ones: `dependence`; what a call must be: `check`; quorum and losses:
//! `panel`; the one pass that makes an answer of votes: `work`; large sets of votes as columns: `columns`. One file, because it
//! is the shapes of question and answer.

mod agreement;
mod check;
pub mod columns;
mod dependence;
mod given;
mod median;
mod methods;
mod panel;
pub mod tables;
mod work;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

pub use agreement::{alpha_nominal, entropy_bits};
pub use dependence::effective_votes;
use given::Given;
pub use panel::{Quorum, QuorumRule};

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
    /// Weighted median of the experts' probabilities per option: who has less than half of the weight cannot carry the
    /// answer outside what the others say, however certain (a robust centre, Huber 1964).
    Median,
    /// Bayes' rule over confusion matrices that also learn from this question, by expectation maximisation (Dawid & Skene
    /// 1979), tempered by the number of effective votes.
    DawidSkene,
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
    /// No answer in time: not a vote.
    TimedOut,
    /// An answer that could not be read: not a vote.
    Invalid,
    /// No answer for another reason: not a vote.
    Failed,
}

/// How bad an expert finds what it objects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum VoteSeverity {
    /// A remark.
    Low,
    /// Worth a look.
    Medium,
    /// A person should see it.
    High,
    /// It must not happen.
    Critical,
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
    /// Probability per option in place of option and confidence; they sum to 1, options left out have none. Its option is
    /// the most probable one; where several are, it is an abstention.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub probabilities: BTreeMap<String, f64>,
    /// What it was seen to say: true option to said option to count, from questions that were answered. Method `bayesian`
    /// learns a confusion matrix from it, with a Dirichlet prior worth 20 answers at its reliability.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub confusion: BTreeMap<String, BTreeMap<String, f64>>,
    /// How bad it finds it; not evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub severity: Option<VoteSeverity>,
    /// What the answer cost, US dollars; not evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub cost_usd: Option<f64>,
    /// How long it took, milliseconds; not evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub elapsed_ms: Option<f64>,
}

/// Votes on one question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsensusCall {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub question: Option<String>,
    /// The possible answers; default: those voted for. Where none but `approve` or `refuse` are named, both.
    #[serde(default)]
    pub options: Vec<String>,
    /// The votes.
    pub votes: Vec<Vote>,
    /// Experts that were to be asked; default: those in `votes`. Nobody else may vote.
    #[serde(default)]
    pub roster: Vec<String>,
    /// Who must have voted: a share of the roster in [0, 1], or a `Quorum`; default 0: any.
    #[serde(default)]
    pub quorum: QuorumRule,
    /// Probability that the outcome must have, in [0, 1]; below, it is `uncertain`. Default 0.
    #[serde(default)]
    pub threshold: f64,
    /// What it costs to answer the first option when the second is true; 0 where they are the same and 1 elsewhere, unless
    /// given. The outcome is the option of the least expected loss; where `ask` is a row and costs less, `uncertain`.
    #[serde(default)]
    pub loss: BTreeMap<String, BTreeMap<String, f64>>,
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
    /// About 95 % of it, from the counts of `confusion` and the prior; null for those that did not vote.
    pub interval: Option<(f64, f64)>,
    /// Share of the whole weight, 0 for those that did not vote.
    pub weight_used: f64,
    /// What the posterior of the outcome loses without this expert (leave one out); negative: it spoke against.
    pub contribution: f64,
    /// The same in log-odds of the outcome, kept within ±20.
    pub log_odds: f64,
    /// Whether the outcome would be another without this expert.
    pub pivotal: bool,
}

/// What is to be done, where the options are `approve` and `refuse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It may be deployed.
    Approve,
    /// It may not.
    Refuse,
    /// A person decides.
    Ask,
}

/// What an outcome rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// One option is ahead.
    Clear,
    /// Several are, or vetoes are against each other.
    Tie,
    /// Too few have voted.
    NoQuorum,
    /// Nobody has.
    NoVotes,
    /// A veto.
    Vetoed,
    /// Ahead, but below the threshold, or dearer than asking.
    Uncertain,
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
    /// The option, `tie`, `no_quorum`, `no_votes` or `uncertain`.
    pub outcome: String,
    /// What it rests on.
    pub why: Why,
    /// `ask` for every outcome that is no option; absent where the options are not `approve` and `refuse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub decision: Option<Decision>,
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
    /// The fewest experts, by their contributions, who would have had to vote for the second option to make the outcome
    /// another; empty where there is none or a veto decided.
    pub flip: Vec<String>,
    /// How.
    pub method: Method,
    /// Version of the rules: another one may answer the same votes differently.
    pub method_version: u32,
    /// Rounds of expectation maximisation, where the method has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub rounds: Option<u32>,
    /// Whether they came to rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub converged: Option<bool>,
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

/// Two options whose posteriors differ by less are a tie.
const TIE: f64 = 1e-9;
/// Grows whenever the same votes may get another answer.
pub const METHOD_VERSION: u32 = 3;
/// Of scaled weights.
const LIGHTEST: f64 = 1e-300;
const DEFAULT_CONFIDENCE: f64 = 0.8;
const DEFAULT_CORRELATION: f64 = 0.5;
const MOST_VOTES: usize = 100_000;
const MOST_OPTIONS: usize = 100;
/// Votes times options: 32 MB while contributions are computed.
const MOST_NUMBERS: usize = 4_000_000;
/// Outcomes that are no option.
const RESERVED: [&str; 4] = ["tie", "no_quorum", "no_votes", "uncertain"];

/// Aggregates the votes.
///
/// # Errors
/// Every problem of the call, one sentence each: duplicate experts, unknown options, numbers out of range.
pub fn aggregate(call: &ConsensusCall) -> Result<Consensus, Vec<String>> {
    let votes: Vec<Given<'_>> = call.votes.iter().map(Given::from).collect();
    Ok(work::worked(call, &votes)?.named(call, &votes))
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

    const METHODS: [Method; 6] =
        [Method::Majority, Method::Weighted, Method::Bayesian, Method::LogPool, Method::Median, Method::DawidSkene];

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
        call.quorum = QuorumRule::Share(0.6);
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
        bad.quorum = QuorumRule::Share(-1.0);
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
            method in 0_usize..6,
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
            prop_assert_eq!(&one.posterior, &other.posterior);
            prop_assert_eq!(&one.per_expert, &other.per_expert);
            prop_assert!((one.per_expert.iter().map(|part| part.weight_used).sum::<f64>() - 1.0).abs() < 1e-6 || [2, 5].contains(&method));
        }
    }
}
