//! The circle of experts: built-in analysers vote on a plan, their votes become a verdict.
//!
//! Everything is derived from the plan, the scan's findings and the stack's history, so the same input gives the same
//! verdict anywhere. The verdict is `approve` only when the circle approves clearly and nobody objects strongly;
//! `refuse` when it refuses clearly; whatever lies between is `ask`: a person decides, over the plan's digest.
//! Callers: `session`, for the use cases `consult` and `deploy`.

mod experts;
mod record;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

pub use record::{Answered, AnsweredQuestions, ExpertRecord, ExpertsAnswer, Tally, records, tallies};

use crate::consensus::{Consensus, ConsensusCall, Method, Vote, aggregate};
use crate::model::Plan;
use crate::problem::Span;
use crate::scan::FindingSeverity;

/// Posterior from which a verdict is clear.
const CLEAR: f64 = 0.6;
/// Of the experts, those that always have an opinion (policy, blast radius, data safety): the others speak when they have
/// something to look at.
const QUORUM: f64 = 3.0 / 8.0;
/// Confidence from which one objection is enough to ask a person.
const STRONG: f64 = 0.75;

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
    /// How often each expert was right; whoever is not in it is taken for average.
    #[serde(default)]
    pub tallies: BTreeMap<String, Tally>,
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

/// What happens next.
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

/// The circle's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consultation {
    /// What happens next.
    pub decision: Decision,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// One per expert of the circle.
    pub votes: Vec<Vote>,
    /// How the votes were aggregated.
    pub consensus: Consensus,
}

/// Asks every built-in expert and aggregates.
///
/// # Errors
/// Never for votes that the built-in experts make; a sentence if an invariant of theirs breaks.
pub fn consult(call: &ConsultCall<'_>) -> Result<Consultation, String> {
    let votes = experts::votes(call);
    let (decision, reasons, consensus, votes) = judged(
        Some(format!("deploy plan {} of stack {}?", call.plan.digest, call.plan.stack)),
        votes,
        &call.brief.tallies,
    )?;
    Ok(Consultation { decision, reasons, votes, consensus })
}

/// What the circle decides on these votes, with the weights that these tallies give; a person is asked where the votes
/// make no sense.
fn verdict_of(votes: &[Vote], tallies: &BTreeMap<String, Tally>) -> (Decision, Vec<String>) {
    match judged(None, votes.to_vec(), tallies) {
        Ok((decision, reasons, ..)) => (decision, reasons),
        Err(problem) => (Decision::Ask, vec![problem]),
    }
}

fn judged(
    question: Option<String>,
    mut votes: Vec<Vote>,
    tallies: &BTreeMap<String, Tally>,
) -> Result<(Decision, Vec<String>, Consensus, Vec<Vote>), String> {
    for vote in &mut votes {
        let learned = tallies.get(&vote.expert).copied().unwrap_or_default().weight();
        vote.weight = Some(vote.weight.unwrap_or(1.0) * learned);
    }
    let question = ConsensusCall {
        question,
        options: vec![experts::APPROVE.to_owned(), experts::REFUSE.to_owned()],
        votes,
        roster: experts::ALL.iter().map(|expert| expert.name.to_owned()).collect(),
        quorum: QUORUM,
        method: Method::Weighted,
        ..ConsensusCall::default()
    };
    let consensus = aggregate(&question).map_err(|problems| problems.join("; "))?;
    let (decision, reasons) = decide(&consensus, &question.votes);
    Ok((decision, reasons, consensus, question.votes))
}

fn decide(consensus: &Consensus, votes: &[Vote]) -> (Decision, Vec<String>) {
    let share = |option: &str| consensus.posterior.get(option).copied().unwrap_or(0.0);
    let objections: Vec<&Vote> = votes
        .iter()
        .filter(|vote| vote.option.as_deref() == Some(experts::REFUSE) && vote.confidence.unwrap_or(0.0) >= STRONG)
        .collect();
    let mut reasons: Vec<String> =
        objections.iter().flat_map(|vote| vote.reasons.iter().map(|why| format!("{}: {why}", vote.expert))).collect();
    match consensus.outcome.as_str() {
        experts::REFUSE if share(experts::REFUSE) >= CLEAR || consensus.veto.is_some() => {
            reasons.insert(0, format!("the circle refuses ({:.0} %)", share(experts::REFUSE) * 100.0));
            (Decision::Refuse, reasons)
        }
        experts::APPROVE if share(experts::APPROVE) >= CLEAR && objections.is_empty() => {
            (Decision::Approve, vec![format!("the circle approves ({:.0} %)", share(experts::APPROVE) * 100.0)])
        }
        experts::APPROVE => {
            let why = if objections.is_empty() { "not clearly" } else { "but not unanimously" };
            reasons.insert(0, format!("the circle approves, {why} ({:.0} %)", share(experts::APPROVE) * 100.0));
            (Decision::Ask, reasons)
        }
        other => {
            reasons.insert(0, format!("the circle is split ({other})"));
            (Decision::Ask, reasons)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn consult(plan: &Plan, brief: &Brief) -> Result<Consultation, String> {
        super::consult(&ConsultCall { plan, brief, places: &BTreeMap::new() })
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
