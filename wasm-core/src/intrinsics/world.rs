//! What goes into an evaluation and what comes out of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::call::{Found, Lookup};
use crate::expr::Expr;
use crate::model::Context;
use crate::problem::{Problem, Span};
use crate::secret::{GivenParameters, SecretValues};
use crate::template::{Kind, Node};

/// Everything known about the world when a plan is made.
pub struct World<'a> {
    /// Where the stack lives.
    pub context: &'a Context,
    /// Stack name.
    pub stack: &'a str,
    /// Parameter values given now.
    pub parameters: &'a GivenParameters,
    /// Effective values of the last deployment, if there was one; a NoEcho parameter has `None`.
    pub previous: Option<&'a BTreeMap<String, Option<String>>>,
    /// Lookups answered so far.
    pub found: &'a [Found],
    /// The value of an attribute (or `Ref`) of a resource that exists and stays: (logical id, attribute).
    pub known: &'a dyn Fn(&str, &str) -> Option<Value>,
}

/// What an evaluation comes to.
#[derive(Debug)]
pub enum Evaluation<'t> {
    /// Everything is evaluated; the problems inside are warnings.
    Done(Evaluated<'t>),
    /// Evaluate again with these found (sorted, each once).
    Needs {
        /// What there must be.
        lookups: Vec<Lookup>,
        /// What a plan can do without: null where it cannot be had.
        optional: Vec<Lookup>,
    },
    /// Cannot be planned.
    Refused {
        /// Every problem, errors first, each kind in the order of the text.
        problems: Vec<Problem>,
        /// The resources that have none, so that what is wrong with them in other ways can be told at the same time.
        sound: Vec<EvaluatedResource<'t>>,
    },
}

/// A template with its parameters, conditions, loops and functions applied.
#[derive(Debug, Default)]
pub struct Evaluated<'t> {
    /// In template order; those whose condition is false are left out, and so is `AWS::CDK::Metadata`.
    pub resources: Vec<EvaluatedResource<'t>>,
    /// In template order; those whose condition is false are left out.
    pub outputs: Vec<EvaluatedOutput>,
    /// Effective parameter values (of an SSM parameter type: the SSM parameter's name); NoEcho: `None`.
    pub parameters: BTreeMap<String, Option<String>>,
    /// NoEcho parameters that properties or outputs use, sorted.
    pub no_echo: Vec<String>,
    /// Values of the NoEcho parameters among them.
    pub secrets: SecretValues,
    /// Whether each condition holds.
    pub conditions: BTreeMap<String, bool>,
    /// Warnings.
    pub problems: Vec<Problem>,
}

/// A resource to be.
#[derive(Debug)]
pub struct EvaluatedResource<'t> {
    /// Name in the template, after loops were expanded.
    pub logical_id: String,
    /// e.g. `AWS::SQS::Queue`.
    pub type_name: String,
    /// Where its name stands.
    pub span: Span,
    /// Always an [`Expr::Map`].
    pub properties: Expr,
    /// What its properties refer to, known or not: (logical id, attribute or `Ref`), sorted, each once.
    pub references: Vec<(String, String)>,
    /// The explicit `DependsOn`, without resources whose condition is false.
    pub depends_on: Vec<String>,
    /// `Delete`, `Retain`, `RetainExceptOnCreate` or `Snapshot`; where the template is silent CloudFormation's default
    /// for the type.
    pub deletion_policy: String,
    /// `Delete`, `Retain` or `Snapshot`.
    pub update_replace_policy: String,
    /// Whether it has a CreationPolicy.
    pub has_creation_policy: bool,
    /// Whether it has an UpdatePolicy.
    pub has_update_policy: bool,
    /// Its Metadata as written, functions unevaluated.
    pub metadata_json: Option<Value>,
    /// The resource as written (loops expanded), for [`EvaluatedResource::span_of`].
    pub(super) source: Cow<'t, Node>,
}

/// An output to be.
#[derive(Debug)]
pub struct EvaluatedOutput {
    /// Name.
    pub name: String,
    /// Value; a text when it is known.
    pub value: Expr,
    /// What it refers to, as in [`EvaluatedResource::references`].
    pub references: Vec<(String, String)>,
    /// Template text.
    pub description: Option<String>,
    /// Export name.
    pub export_name: Option<String>,
    /// Where its name stands.
    pub span: Span,
}

impl EvaluatedResource<'_> {
    /// The resource as a loop made it; `None`: it stands in the template.
    #[must_use]
    pub fn unrolled(&self) -> Option<&Node> {
        if let Cow::Owned(node) = &self.source { Some(node) } else { None }
    }

    /// Where a property stands, by its path below `Properties` with slashes (`KeySchema/0/AttributeName`): the place
    /// of its key or item, or of the nearest part above it when a function computes it. The empty path is `Properties`.
    #[must_use]
    pub fn span_of(&self, path: &str) -> Span {
        let mut node: &Node = &self.source;
        let mut span = self.span;
        for step in std::iter::once("Properties").chain(path.split('/')).filter(|step| !step.is_empty()) {
            let next = match &node.kind {
                Kind::Map(entries) => {
                    entries.iter().find(|entry| entry.key == step).map(|entry| (entry.key_span, &entry.value))
                }
                Kind::List(items) => {
                    step.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item.span, item))
                }
                _ => None,
            };
            let Some(next) = next else { break };
            (span, node) = next;
        }
        span
    }
}
