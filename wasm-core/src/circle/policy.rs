//! How a circle is composed and when its votes are enough: the part of the policy file that the core applies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::consensus::{Quorum, QuorumRule};

use super::experts;

/// Who sits in the circle, and what makes its answer clear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CirclePolicy {
    /// By name: built-in experts that differ from their default, and experts beside them.
    pub experts: BTreeMap<String, ExpertPolicy>,
    /// Who must have voted; default: three.
    pub quorum: Quorum,
    /// Posterior from which an approval is clear, above 0.5.
    pub approve: f64,
    /// Posterior from which a refusal is clear, above 0.5.
    pub refuse: f64,
    /// Confidence from which one objection is enough to ask a person; above 1: none is.
    pub objection: f64,
    /// Share of decisions that may be wrong. Given, a threshold is calibrated on past outcomes, and a person is asked
    /// wherever it does not reach; without enough outcomes a person is always asked.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<f64>,
    /// When asking ends before everybody has answered.
    pub stop: Stop,
    /// A person decides whatever the circle approves.
    pub always_ask: bool,
}

impl Default for CirclePolicy {
    fn default() -> Self {
        Self {
            experts: BTreeMap::new(),
            // Policy, blast radius and data safety always have an opinion; the others where they have something to look at.
            quorum: Quorum { count: 3, ..Quorum::default() },
            approve: 0.6,
            refuse: 0.6,
            objection: 0.75,
            error_rate: None,
            stop: Stop::Lossless,
            always_ask: false,
        }
    }
}

/// One expert's place in the circle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExpertPolicy {
    /// False: it is not in the circle.
    pub enabled: bool,
    /// Times what it gives itself and what was learned of it; above 0.
    pub weight: f64,
    /// Experts of one lineage err together; default: its own.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lineage: Option<String>,
    /// Its strong objection refuses, and without its answer nothing is approved.
    pub veto: bool,
    /// Expected price of an answer, US dollars.
    pub cost_usd: f64,
    /// Expected time of an answer, milliseconds.
    pub latency_ms: f64,
}

impl Default for ExpertPolicy {
    fn default() -> Self {
        Self { enabled: true, weight: 1.0, lineage: None, veto: false, cost_usd: 0.0, latency_ms: 0.0 }
    }
}

/// When asking ends. Each rule ends it too where no answer that is left could change the decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "rule", rename_all = "lowercase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Stop {
    /// Only there.
    #[default]
    Lossless,
    /// Also where the evidence passes a bound of Wald's sequential test (1945).
    Sprt {
        /// Share of bad changes that may be approved.
        wrong_approvals: f64,
        /// Share of good changes that may be refused.
        wrong_refusals: f64,
    },
    /// Also where no expert's answer is expected to save what it costs, looking one answer ahead.
    Evoi {
        /// What a bad change costs that was approved, US dollars.
        wrong_approval_usd: f64,
        /// What a good change costs that was refused.
        wrong_refusal_usd: f64,
        /// What asking a person costs.
        ask_usd: f64,
    },
}

impl CirclePolicy {
    /// Everybody in the circle.
    pub(super) fn roster(&self) -> Vec<String> {
        let built_in = experts::ALL.iter().map(|expert| expert.name);
        let others = self.experts.keys().map(String::as_str).filter(|name| !is_built_in(name));
        built_in.chain(others).filter(|name| self.of(name).enabled).map(str::to_owned).collect()
    }

    /// An expert's place.
    pub(super) fn of(&self, expert: &str) -> ExpertPolicy {
        self.experts.get(expert).cloned().unwrap_or_default()
    }

    pub(super) fn quorum(&self) -> QuorumRule {
        QuorumRule::Rule(self.quorum.clone())
    }

    /// What is wrong with it, one sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                problems.push(what);
            }
        };
        let unit = |number: f64| (0.0..=1.0).contains(&number);
        let open = |number: f64| number > 0.0 && number < 1.0;
        let sum = |number: f64| number.is_finite() && number >= 0.0;
        for (name, p) in [("approve", self.approve), ("refuse", self.refuse)] {
            must(p > 0.5 && p <= 1.0, format!("{name} is not above 0.5 and at most 1"));
        }
        must(self.objection > 0.0, "objection is not a positive number".to_owned());
        must(unit(self.quorum.fraction), "quorum.fraction is not between 0 and 1".to_owned());
        must(self.error_rate.is_none_or(open), "errorRate is not between 0 and 1".to_owned());
        for (name, expert) in &self.experts {
            let fine = expert.weight.is_finite() && expert.weight > 0.0;
            must(fine, format!("weight of {name} is not a positive number"));
            must(sum(expert.cost_usd) && sum(expert.latency_ms), format!("cost or time of {name} is negative"));
        }
        must(
            match self.stop {
                Stop::Lossless => true,
                Stop::Sprt { wrong_approvals, wrong_refusals } => {
                    open(wrong_approvals) && open(wrong_refusals) && wrong_approvals + wrong_refusals < 1.0
                }
                Stop::Evoi { wrong_approval_usd, wrong_refusal_usd, ask_usd } => {
                    sum(wrong_approval_usd) && sum(wrong_refusal_usd) && sum(ask_usd)
                }
            },
            "stop has numbers out of range".to_owned(),
        );
        problems
    }
}

/// Whether the core itself answers for it.
pub(super) fn is_built_in(expert: &str) -> bool {
    experts::ALL.iter().any(|built_in| built_in.name == expert)
}
