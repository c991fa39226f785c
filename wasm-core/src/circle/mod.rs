//! The circle of experts: built-in analysers and whoever else sits in it vote on a plan, their votes become a verdict.
//!
//! Pure: `builtin_votes` derives from the plan, the scan's findings and the stack's history, `decide` from votes, so the
//! same input gives the same verdict anywhere. It is `approve` only when the circle approves clearly and nobody objects
//! strongly; `refuse` when it refuses clearly; whatever lies between is `ask`: a person decides, over the plan's digest.
//! While experts are left whose answers could matter, `decide` says who is to be asked next.

mod calibration;
mod class;
mod experts;
mod policy;
mod record;
mod stop;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

pub use calibration::Calibration;
pub use class::ChangeClass;
pub use policy::{CirclePolicy, ExpertPolicy, Stop};
pub use record::{
    Answered, AnsweredQuestions, ClassRecord, End, ExpertRecord, ExpertsAnswer, Learned, learned, records,
};

pub use crate::consensus::Decision;
use crate::consensus::{Consensus, ConsensusCall, Method, Vote, VoteSeverity, VoteStatus, aggregate};
use crate::model::Plan;
use crate::problem::Span;
use crate::scan::FindingSeverity;

/// What an expert needs to know of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindingBrief {
    /// Rule.
    pub rule_id: String,
    /// How bad.
    pub severity: FindingSeverity,
    /// Logical id; empty for the template as a whole.
    pub resource: String,
    /// One sentence.
    pub message: String,
    /// Whether the last successful deployment had it too.
    #[serde(default)]
    pub known: bool,
}

/// How earlier runs of the stack ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct History {
    /// Runs that ended.
    pub runs: u32,
    /// Of these, failed or rolled back.
    pub failures: u32,
    /// Whether the last one failed.
    pub last_failed: bool,
    /// Of the failures, rolled back.
    #[serde(default)]
    pub rolled_back: u32,
}

/// What is known of a plan besides itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Brief {
    /// Unsuppressed findings.
    pub findings: Vec<FindingBrief>,
    /// Past runs.
    pub history: History,
    /// Logical ids whose losses were named and allowed: they are no objection any more.
    #[serde(default)]
    pub allowed: Vec<String>,
}

/// A plan to be judged.
#[derive(Clone, Copy, Debug)]
pub struct ConsultCall<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What else is known.
    pub brief: &'a Brief,
    /// Where the resources' names stand in the template, by logical id; resources of loops may have no line.
    pub places: &'a BTreeMap<String, Span>,
}

impl ConsultCall<'_> {
    /// A resource as a reason names it: with its line, where it has one.
    fn named(&self, logical_id: &str) -> String {
        match self.places.get(logical_id) {
            Some(span) if span.line > 0 => format!("{logical_id} (line {})", span.line),
            _ => logical_id.to_owned(),
        }
    }
}

/// Votes of the built-in experts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuiltinVotes {
    /// One per expert, in the order of their names.
    pub votes: Vec<Vote>,
    /// What kind of change it is.
    pub class: ChangeClass,
    /// SHA-256 of what the plan wants there to be; equal where two plans want the same.
    pub desired: String,
}

/// Votes so far, and what they are to be judged by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecideCall {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub question: Option<String>,
    /// The circle.
    #[serde(default)]
    pub policy: CirclePolicy,
    /// In any order; those of experts that are not in the circle are left out.
    pub votes: Vec<Vote>,
    /// Questions that were answered, newest first: what weights are learned from, and thresholds.
    #[serde(default)]
    pub outcomes: Vec<Answered>,
    /// What kind of change is asked about: experts weigh as they did on such; default: as over all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub class: Option<ChangeClass>,
    /// Experts to ask at a time; default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub wave: Option<u32>,
    /// What may still be spent, US dollars; default: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub budget_usd: Option<f64>,
    /// True: nobody is asked any more, whoever is left.
    #[serde(default)]
    pub last: bool,
}

/// Why nobody else is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Everybody has answered.
    Answered,
    /// No answer could have changed the decision.
    Settled,
    /// The configured rule was satisfied.
    Rule,
    /// No expert that is left can be afforded.
    Budget,
    /// The caller asked for an end: a deadline has passed.
    Deadline,
}

/// The circle's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consultation {
    /// What happens next.
    pub decision: Decision,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// One per expert that was asked, in the order of the roster, with the weights that were used.
    pub votes: Vec<Vote>,
    /// How the votes were aggregated.
    pub consensus: Consensus,
    /// Why nobody else was asked.
    pub stopped: Stopped,
    /// Experts of the circle that were not asked.
    pub unasked: Vec<String>,
    /// Probability that each expert is right about such a change, where it has a record.
    pub reliability: BTreeMap<String, f64>,
    /// What past outcomes allow, where an error rate is to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub calibration: Option<Calibration>,
}

/// The answer to a [`DecideCall`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum DecideAnswer {
    /// Nobody needs to be asked any more.
    Decided {
        /// The answer.
        consultation: Box<Consultation>,
    },
    /// More has to be known.
    Ask {
        /// Whom to ask, most worth it first; never nobody.
        next: Vec<String>,
    },
    /// The call makes no sense.
    Refused {
        /// Everything that is wrong with it, one sentence each.
        problems: Vec<String>,
    },
}

/// Posteriors from which approval and refusal are clear; `None`: never.
#[derive(Clone, Copy, Debug)]
struct Clear {
    approve: Option<f64>,
    refuse: Option<f64>,
}

/// What the built-in experts say of a plan.
#[must_use]
pub fn builtin_votes(call: &ConsultCall<'_>) -> BuiltinVotes {
    let (class, desired) = (ChangeClass::of(call.plan), class::desired_digest(call.plan));
    BuiltinVotes { votes: experts::votes(call), class, desired }
}

/// The decision that these votes allow, or who is to be asked next.
#[must_use]
pub fn decide(call: &DecideCall) -> DecideAnswer {
    let policy = &call.policy;
    let mut problems = policy.problems();
    if call.budget_usd.is_some_and(f64::is_nan) {
        problems.push("budget is not a number".to_owned());
    }
    if !problems.is_empty() {
        return DecideAnswer::Refused { problems };
    }
    let (calibration, tallies) = match policy.error_rate {
        None => (None, learned(&call.outcomes, call.class)),
        Some(rate) => {
            let (calibration, tallies) = calibration::calibrate(&call.outcomes, policy, call.class, rate);
            (Some(calibration), tallies)
        }
    };
    let roster = policy.roster();
    let (consensus, votes) = match pooled(call.question.clone(), &call.votes, policy, &tallies) {
        Ok(pooled) => pooled,
        Err(problems) => return DecideAnswer::Refused { problems },
    };
    let clear = clear(policy, calibration);
    let left: Vec<(String, f64)> = roster
        .into_iter()
        .filter(|name| votes.iter().all(|vote| vote.expert != *name))
        .map(|name| (weight_of(policy, &tallies, &name), name))
        .map(|(weight, name)| (name, weight))
        .collect();
    let (decision, reasons) = judged(&consensus, &votes, policy, clear, calibration, &left);
    let may_pay = |name: &String| call.budget_usd.is_none_or(|budget| policy.of(name).cost_usd <= budget);
    let stopped = match () {
        () if left.is_empty() => Stopped::Answered,
        () if stop::settled(policy, clear, &votes, &left) => Stopped::Settled,
        () if stop::enough(policy.stop, policy, decision, &votes, &left, &tallies) => Stopped::Rule,
        () if call.last => Stopped::Deadline,
        () if !left.iter().any(|(name, _)| may_pay(name)) => Stopped::Budget,
        () => {
            let mut spent = 0.0;
            let next = stop::ordered(policy, &votes, &left, &tallies).into_iter().filter(|name| {
                let cost = policy.of(name).cost_usd;
                let pays = call.budget_usd.is_none_or(|budget| spent + cost <= budget);
                spent += if pays { cost } else { 0.0 };
                pays
            });
            let wave = call.wave.map_or(usize::MAX, |wave| wave.max(1) as usize);
            return DecideAnswer::Ask { next: next.take(wave).collect() };
        }
    };
    let unasked = left.into_iter().map(|(name, _)| name).collect();
    let reliability = tallies.iter().map(|(expert, learned)| (expert.clone(), learned.reliability)).collect();
    let consultation = Consultation { reliability, decision, reasons, votes, consensus, stopped, unasked, calibration };
    DecideAnswer::Decided { consultation: Box::new(consultation) }
}

/// What the default circle decides on these votes, whoever gave them, with the weights that these tallies give; a person is
/// asked where the votes make no sense.
fn verdict_of(votes: &[Vote], tallies: &BTreeMap<String, Learned>) -> Decision {
    let experts = votes.iter().map(|vote| (vote.expert.clone(), ExpertPolicy::default())).collect();
    let policy = CirclePolicy { experts, ..CirclePolicy::default() };
    pooled(None, votes, &policy, tallies).map_or(Decision::Ask, |(consensus, votes)| {
        judged(&consensus, &votes, &policy, clear(&policy, None), None, &[]).0
    })
}

fn weight_of(policy: &CirclePolicy, tallies: &BTreeMap<String, Learned>, expert: &str) -> f64 {
    policy.of(expert).weight * tallies.get(expert).copied().unwrap_or_default().weight()
}

fn lineage_of(policy: &CirclePolicy, expert: &str) -> String {
    policy.of(expert).lineage.unwrap_or_else(|| match policy::is_built_in(expert) {
        true => format!("built-in/{expert}"),
        false => expert.to_owned(),
    })
}

/// The votes of those in the circle with their weights, and their average. An expert from outside has the weight and the
/// veto that the policy gives it, whatever its answer says.
fn pooled(
    question: Option<String>,
    votes: &[Vote],
    policy: &CirclePolicy,
    tallies: &BTreeMap<String, Learned>,
) -> Result<(Consensus, Vec<Vote>), Vec<String>> {
    let roster = policy.roster();
    // In the order of the roster: answers come in any, and not even the last digit of a sum may depend on it.
    let votes = roster.iter().flat_map(|name| votes.iter().filter(move |vote| vote.expert == *name));
    let mut votes: Vec<Vote> = votes.cloned().collect();
    for vote in &mut votes {
        let own = if policy::is_built_in(&vote.expert) { vote.weight.unwrap_or(1.0) } else { 1.0 };
        vote.weight = Some(own * weight_of(policy, tallies, &vote.expert));
        vote.lineage = Some(lineage_of(policy, &vote.expert));
        vote.reliability = None;
        vote.veto = policy.of(&vote.expert).veto && objects(policy, vote);
    }
    let question = ConsensusCall {
        question,
        options: vec![experts::APPROVE.to_owned(), experts::REFUSE.to_owned()],
        votes,
        roster,
        quorum: policy.quorum(),
        method: Method::Weighted,
        ..ConsensusCall::default()
    };
    Ok((aggregate(&question)?, question.votes))
}

fn valid(vote: &Vote) -> bool {
    let even = vote.probabilities.len() == 2 && vote.probabilities.values().all(|p| (p - 0.5).abs() < 1e-9);
    vote.status == VoteStatus::Ok && !even && (vote.option.is_some() || !vote.probabilities.is_empty())
}

/// The probability that a vote gives an option.
fn p_of(vote: &Vote, option: &str) -> f64 {
    match (&vote.option, vote.confidence) {
        (None, _) => vote.probabilities.get(option).copied().unwrap_or(0.0),
        (Some(own), confidence) if own == option => confidence.unwrap_or(record::UNKNOWN),
        (Some(_), confidence) => 1.0 - confidence.unwrap_or(record::UNKNOWN),
    }
}

fn approves(vote: &Vote) -> bool {
    match &vote.option {
        Some(option) => option == experts::APPROVE,
        None => p_of(vote, experts::APPROVE) > p_of(vote, experts::REFUSE),
    }
}

/// Whether it is an objection that is enough to ask a person.
fn objects(policy: &CirclePolicy, vote: &Vote) -> bool {
    let critical = policy.objection <= 1.0 && vote.severity == Some(VoteSeverity::Critical);
    valid(vote) && !approves(vote) && (critical || p_of(vote, experts::REFUSE) >= policy.objection)
}

/// Thresholds of the policy, raised to what past outcomes guarantee.
fn clear(policy: &CirclePolicy, calibration: Option<Calibration>) -> Clear {
    let from = |own: f64| match calibration {
        None => Some(own),
        Some(calibration) => calibration.threshold.map(|threshold| threshold.max(own)),
    };
    Clear { approve: from(policy.approve), refuse: from(policy.refuse) }
}

fn judged(
    consensus: &Consensus,
    votes: &[Vote],
    policy: &CirclePolicy,
    clear: Clear,
    calibration: Option<Calibration>,
    left: &[(String, f64)],
) -> (Decision, Vec<String>) {
    let share = |option: &str| consensus.posterior.get(option).copied().unwrap_or(0.0);
    let objections: Vec<&Vote> = votes.iter().filter(|vote| objects(policy, vote)).collect();
    let mut reasons: Vec<String> =
        objections.iter().flat_map(|vote| vote.reasons.iter().map(|why| format!("{}: {why}", vote.expert))).collect();
    let refused = share(experts::REFUSE);
    let approved = share(experts::APPROVE);
    let told = |verb: &str, share: f64| format!("the circle {verb} ({:.0} %)", share * 100.0);
    if let Some(by) = &consensus.veto {
        reasons.insert(0, format!("{by} refuses, and may refuse alone"));
        return (Decision::Refuse, reasons);
    }
    let unasked = left.iter().any(|(name, _)| policy.of(name).veto);
    let decision = match consensus.outcome.as_str() {
        experts::REFUSE if clear.refuse.is_some_and(|from| refused >= from) => {
            reasons.insert(0, told("refuses", refused));
            return (Decision::Refuse, reasons);
        }
        experts::APPROVE if clear.approve.is_some_and(|from| approved >= from) => {
            let why = match () {
                () if !objections.is_empty() => "approves, but not unanimously",
                () if stop::silent(policy, votes) || unasked => "approves, but somebody with a veto has not answered",
                () if policy.always_ask => "approves, but a person always decides here",
                () => return (Decision::Approve, vec![told("approves", approved)]),
            };
            told(why, approved)
        }
        experts::APPROVE => told("approves, not clearly", approved),
        experts::REFUSE => told("refuses, not clearly", refused),
        other => format!("the circle is split ({other})"),
    };
    reasons.insert(0, decision);
    if let Some(Calibration { threshold: None, cases, needed, error_rate }) = calibration {
        reasons.push(format!(
            "no error rate of {:.3} % can be kept yet: {cases} of the {needed} past outcomes that it takes",
            error_rate * 100.0
        ));
    }
    (Decision::Ask, reasons)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn consult(plan: &Plan, brief: &Brief) -> Option<Consultation> {
        let votes = builtin_votes(&ConsultCall { plan, brief, places: &BTreeMap::new() }).votes;
        match decide(&DecideCall { votes, ..DecideCall::default() }) {
            DecideAnswer::Decided { consultation } => Some(*consultation),
            _ => None,
        }
    }

    /// A plan of resources given as (logical id, type, action, irreversible).
    fn plan(resources: &[(&str, &str, &str, &[&str])]) -> Plan {
        let resources: Vec<_> = resources
            .iter()
            .map(|(id, kind, action, irreversible)| {
                let exists = *action != "create";
                let recorded = json!({"logicalId": id, "type": kind, "physicalId": id, "status": "complete",
                    "applied": {}, "deletionPolicy": "Delete", "updateReplacePolicy": "Delete"});
                let mut planned = json!({"logicalId": id, "type": kind, "action": action, "reasons": [], "dependsOn": [],
                    "needs": [], "deletionPolicy": "Delete", "updateReplacePolicy": "Delete",
                    "irreversible": irreversible, "estimateMs": 1});
                if exists {
                    planned["recorded"] = recorded;
                }
                planned
            })
            .collect();
        let plan = json!({"version": 1, "stack": "s", "mode": "deploy", "resources": resources, "outputs": [], "digest": "d",
            "context": {"account": "1", "region": "r", "partition": "aws", "stackId": ""}});
        serde_json::from_value(plan).unwrap()
    }

    fn finding(severity: FindingSeverity) -> FindingBrief {
        FindingBrief { rule_id: "r".into(), severity, resource: "A".into(), message: "m".into(), known: false }
    }

    const QUEUE: &str = "AWS::SQS::Queue";

    #[test]
    fn a_new_stack_without_findings_is_approved() {
        let answer = consult(&plan(&[("A", QUEUE, "create", &[])]), &Brief::default()).unwrap();
        assert_eq!(answer.decision, Decision::Approve);
        assert_eq!(answer.votes.len(), 8);
        assert!(answer.consensus.dissent.is_empty());
    }

    #[test]
    fn lost_data_always_goes_to_a_person() {
        let table = ("T", "AWS::DynamoDB::Table", "replace", &["T and the data in it are replaced"] as &[&str]);
        let mut resources = vec![table];
        resources.extend((0..20).map(|_| ("Q", QUEUE, "noop", &[] as &[&str])));
        let mut brief = Brief { history: History { runs: 50, ..History::default() }, ..Brief::default() };
        let answer = consult(&plan(&resources), &brief).unwrap();
        assert_eq!(answer.decision, Decision::Ask);
        assert!(answer.reasons.iter().any(|why| why.contains("T and the data")), "{:?}", answer.reasons);
        // Unless somebody has named it.
        brief.allowed = vec!["Q".to_owned()];
        assert_eq!(consult(&plan(&resources), &brief).unwrap().decision, Decision::Ask);
        brief.allowed.push("T".to_owned());
        assert_eq!(consult(&plan(&resources), &brief).unwrap().decision, Decision::Approve);
    }

    #[test]
    fn a_critical_finding_is_never_approved_and_with_other_objections_refused() {
        let mut brief = Brief { findings: vec![finding(FindingSeverity::Critical)], ..Brief::default() };
        assert_eq!(consult(&plan(&[("A", QUEUE, "create", &[])]), &brief).unwrap().decision, Decision::Ask);
        let gone: Vec<_> =
            ["A", "B", "C", "D"].into_iter().map(|id| (id, QUEUE, "delete", &["gone"] as &[&str])).collect();
        brief.history = History { runs: 4, failures: 4, last_failed: true, rolled_back: 2 };
        assert_eq!(consult(&plan(&gone), &brief).unwrap().decision, Decision::Refuse);
    }

    #[test]
    fn findings_weigh_by_their_worst() {
        let base = plan(&[("A", QUEUE, "create", &[])]);
        let policy = |findings: Vec<FindingBrief>| {
            let answer = consult(&base, &Brief { findings, ..Brief::default() }).unwrap();
            let vote = answer.votes.into_iter().find(|vote| vote.expert == "policy").unwrap();
            (vote.option.unwrap(), vote.confidence.unwrap())
        };
        assert_eq!(policy(vec![finding(FindingSeverity::Low)]), ("approve".into(), 0.95));
        assert_eq!(policy(vec![finding(FindingSeverity::Medium)]), ("approve".into(), 0.8));
        assert_eq!(policy(vec![finding(FindingSeverity::High)]), ("approve".into(), 0.6));
        assert_eq!(policy(vec![finding(FindingSeverity::High); 4]), ("refuse".into(), 0.7));
    }

    #[test]
    fn history_speaks_only_when_there_is_any() {
        let plan = plan(&[("A", QUEUE, "update", &[])]);
        let mut brief = Brief::default();
        let of = |brief: &Brief| {
            consult(&plan, brief).unwrap().votes.into_iter().find(|vote| vote.expert == "history").unwrap()
        };
        assert_eq!(of(&brief).option, None);
        brief.history = History { runs: 8, ..History::default() };
        assert_eq!(of(&brief).confidence, Some(0.9));
        brief.history = History { runs: 8, failures: 7, last_failed: true, rolled_back: 0 };
        assert_eq!(of(&brief).option.as_deref(), Some("refuse"));
    }
}
