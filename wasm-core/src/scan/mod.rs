//! What is wrong with a template before anything is deployed: policy, secrets, the template itself.
//!
//! `scan` is pure and lenient: it says what it can about a template that cannot be deployed yet (see [`value`] for what
//! is taken as known). Called by the command and by the gate; the gate gives the effective parameters, so that
//! conditions are decided. Severities: `critical` is what stops a deployment by default.

pub mod addresses;
mod find;
pub mod policy;
mod resolved;
pub mod rules;
pub mod secrets;
mod suppress;
pub mod value;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::model::Context;
use crate::problem::Problem;
use crate::secret::GivenParameters;
use rules::Rule;

pub use find::{judge, scan};

/// How much a finding matters; in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum FindingSeverity {
    /// Must not be deployed.
    Critical,
    /// Should not be deployed.
    High,
    /// Should be changed.
    Medium,
    /// Could be better.
    Low,
    /// Worth knowing.
    Info,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A rule about a resource.
    Policy,
    /// A credential.
    Secret,
    /// The template itself.
    Template,
}

/// Who said that a finding is not to be reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Suppressed {
    /// `assent`, `cfn_nag`, `checkov`, `guard`: the form in the template's metadata; `baseline`.
    pub by: String,
    /// The reason given; empty where there is none.
    pub reason: String,
    /// Who answers for it, where somebody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub author: Option<String>,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// Stable name of the rule.
    pub rule_id: String,
    /// What it is about.
    pub category: Category,
    /// How much it matters.
    pub severity: FindingSeverity,
    /// The rule's title.
    pub title: String,
    /// Logical id; empty where no resource is concerned.
    pub resource: String,
    /// Slash-separated path in the template.
    pub path: String,
    /// As given in the call.
    pub file: String,
    /// From 1; 0 where it has no place.
    pub line: u32,
    /// From 1; 0 where it has no place.
    pub column: u32,
    /// Last line of what is concerned.
    pub end_line: u32,
    /// One sentence.
    pub message: String,
    /// The way out.
    pub help: String,
    /// Of rule, file, path: the same after lines moved. Never made from a secret.
    pub fingerprint: String,
    /// Set when it is not to be reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub suppressed: Option<Suppressed>,
}

/// What came of a rule on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum RuleStatus {
    /// It applies and found nothing.
    Pass,
    /// It found something, suppressed or not.
    Fail,
    /// Nothing in the file is of its types.
    Skip,
    /// It found nothing, but depends on values that are not known.
    Unknown,
}

/// A rule's outcome on a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleResult {
    /// The rule.
    pub rule_id: String,
    /// The file.
    pub file: String,
    /// Its outcome.
    pub status: RuleStatus,
}

/// A scan of one text.
#[derive(Clone, Debug, PartialEq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanCall {
    /// Name of the text in findings.
    pub file: String,
    /// Values of parameters; one left out has its default, or is unknown.
    #[serde(default)]
    #[tsify(type = "Record<string, string>")]
    pub parameters: GivenParameters,
    /// Where it will be deployed to; without it nothing that depends on the region is a problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub context: Option<Context>,
    /// Fingerprints that are known already.
    #[serde(default)]
    pub baseline: BTreeSet<String>,
    /// What the template says should not be reported is reported.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[tsify(optional)]
    pub no_suppressions: bool,
}

/// The answer to [`ScanCall`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ScanAnswer {
    /// A template, or what was meant to be one.
    Scanned {
        /// In the order of the text.
        findings: Vec<Finding>,
        /// Every built-in rule.
        rules: Vec<RuleResult>,
    },
    /// Something else: no JSON or YAML, or no `Resources` in it.
    NotTemplate {
        /// Why.
        problems: Vec<Problem>,
    },
}

/// A rule as `rules` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleInfo {
    /// Stable name.
    pub id: String,
    /// What its findings are about.
    pub category: Category,
    /// How much they matter.
    pub severity: FindingSeverity,
    /// One line.
    pub title: String,
    /// The way out.
    pub help: String,
    /// Resource types it looks at; none: any text.
    pub types: Vec<String>,
    /// What other tools call it.
    pub aliases: Vec<String>,
    /// A resource that fails; empty for secrets.
    pub fails: String,
    /// A resource that passes; empty for secrets.
    pub passes: String,
}

/// The built-in rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RulesAnswer {
    /// By category, then as grouped.
    pub rules: Vec<RuleInfo>,
}

/// Every built-in rule, explained.
#[must_use]
pub fn rules() -> RulesAnswer {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let policy = rules::all().map(|rule: &Rule| RuleInfo {
        id: rule.id.to_owned(),
        category: Category::Policy,
        severity: rule.severity,
        title: rule.title.to_owned(),
        help: rule.help.to_owned(),
        types: owned(rule.types),
        aliases: owned(rule.aliases),
        fails: rule.bad.to_owned(),
        passes: rule.good.to_owned(),
    });
    let secrets = secrets::RULES.iter().map(|rule| RuleInfo {
        id: rule.id.to_owned(),
        category: Category::Secret,
        severity: rule.severity,
        title: rule.title.to_owned(),
        help: find::SECRET_HELP.to_owned(),
        types: Vec::new(),
        aliases: Vec::new(),
        fails: String::new(),
        passes: String::new(),
    });
    RulesAnswer { rules: policy.chain(secrets).collect() }
}
