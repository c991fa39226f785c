//! What planning comes to: a plan, a question, or a refusal.
//!
//! A plan is made in two steps. [`super::deploy`] and [`super::destroy`] decide; then whoever planned reads the dynamic
//! references that the plan uses ([`Planned::references`]) and says what came of it ([`Planned::bind`]), so that the digest
//! binds their values and the scan judges them. The values stay in here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::call::{Forecast, Lookup, Reference};
use crate::expr::Expr;
use crate::model::{Action, Plan, PlannedResource};
use crate::problem::{Problem, Span};
use crate::secret::SecretValues;
use crate::template::Node;

use super::finish;

/// What planning comes to.
#[derive(Debug)]
pub enum Planning {
    /// A plan.
    Planned(Box<Planned>),
    /// Plan again with these found.
    Needs {
        /// What there must be.
        lookups: Vec<Lookup>,
        /// What a plan can do without.
        optional: Vec<Lookup>,
    },
    /// Nothing can be planned.
    Refused {
        /// Every problem, errors first.
        problems: Vec<Problem>,
    },
}

/// A plan with all that it was resolved from.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Its JSON text, where there is one already.
    pub text: Option<String>,
    /// Warnings.
    pub problems: Vec<Problem>,
    /// How long it will take.
    pub forecast: Forecast,
    /// Effective parameter values to record; NoEcho ones `None`.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Tags for every taggable resource, to record.
    pub tags: BTreeMap<String, String>,
    /// NoEcho parameters whose values the deployment needs.
    pub no_echo: Vec<String>,
    /// How its values came about.
    pub origin: Origin,
}

/// How the values of a plan came about: what the scan needs to show where they stand.
#[derive(Debug, Default)]
pub struct Origin {
    /// Values of secrets, as far as they are known.
    pub secrets: SecretValues,
    /// Whether each condition holds.
    pub conditions: BTreeMap<String, bool>,
    /// Resources as loops made them, by logical id; all others stand in the template.
    pub unrolled: BTreeMap<String, Node>,
    /// Where each resource's name stands.
    pub spans: BTreeMap<String, Span>,
}

impl Planned {
    /// Dynamic references whose values the plan uses, sorted. Those that are put together only while it is carried out
    /// are not among them.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        let desired = self.plan.resources.iter().filter_map(|resource| resource.desired.as_ref());
        let outputs = self.plan.outputs.iter().map(|output| &output.value);
        let ids: BTreeSet<String> = desired.chain(outputs).flat_map(Expr::secrets).collect();
        ids.into_iter().filter(|id| is_dynamic(id)).collect()
    }

    /// Takes in what came of reading references. The digest then binds the fingerprint of each one that is sent; what
    /// could not be read is named in the plan and in a warning. Before the digest is shown to anybody.
    pub fn bind(&mut self, references: Vec<Reference>) {
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for reference in references {
            let id = reference.id;
            let sent = self.plan.resources.iter().find(|resource| sends(resource, &id));
            match (reference.read, sent) {
                (Some(read), sent) => {
                    if sent.is_some() {
                        self.plan.fingerprints.insert(id.clone(), read.fingerprint);
                    }
                    values.insert(id, read.value);
                }
                (None, Some(user)) => {
                    self.problems.push(unread(&id, user, &self.origin));
                    self.plan.unread.push(id);
                }
                (None, None) => {}
            }
        }
        self.plan.unread.sort();
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        self.origin.secrets.extend(values);
        self.text = finish::sign(&mut self.plan);
    }
}

fn unread(id: &str, user: &PlannedResource, origin: &Origin) -> Problem {
    let logical_id = &user.logical_id;
    let span = origin.spans.get(logical_id).copied().unwrap_or_default();
    let message = format!("{{{{resolve:{id}}}}} in {logical_id} cannot be read now, so its value is not judged");
    Problem::warning("secret_unread", span, message)
        .at(format!("Resources/{logical_id}"))
        .help("the plan binds the reference, not the value; allow whoever plans to read it, or name a version")
}

/// Whether carrying the plan out sends the value of a secret for this resource.
fn sends(resource: &PlannedResource, id: &str) -> bool {
    let holds = |expr: &Expr| expr.secrets().iter().any(|other| other == id);
    match resource.action {
        Action::Create | Action::Replace => resource.desired.as_ref().is_some_and(holds),
        Action::Update | Action::Import => {
            resource.patch.iter().filter_map(|operation| operation.value.as_ref()).any(holds)
        }
        Action::Delete | Action::Retain | Action::Noop => false,
    }
}

fn is_dynamic(id: &str) -> bool {
    !id.starts_with("parameter:")
}
