//! CloudFormation's language: parameters, mappings, conditions, rules, loops and functions.
//!
//! [`evaluate`] takes a parsed template and what is known of the world and gives resources and outputs whose values
//! are computed as far as they can be; the rest stays symbolic ([`crate::expr::Expr`]). `plan` calls it, `inspect`
//! calls [`declared`]. All problems are collected. A problem of the template itself is found also in resources,
//! outputs and branches that a false condition leaves out; a problem of values only where the value is used.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
//!
//! Where this is not CloudFormation to the letter, on purpose:
//! - A rule about an SSM parameter that nothing else uses (the bootstrap version of CDK templates) is not checked, with
//!   a warning, where the parameter does not exist or cannot be read.
//! - A NoEcho parameter is a secret wherever a property or output uses it; conditions and mapping keys compare its real
//!   value. No problem and no lookup ever holds it.
//! - `Fn::ToJsonString` sorts keys.
//! - An `AllowedPattern` that needs look-around is not checked, with a warning.
//! - An attribute value that looks like a dynamic reference stays symbolic, so that what a cloud returns is never
//!   taken for template text.

mod account;
mod bounds;
mod calls;
mod conditions;
mod constraints;
mod document;
mod dynamic;
mod evaluate;
mod foreach;
mod lookups;
mod nearest;
mod outputs;
mod parameters;
mod place;
mod references;
mod resources;
mod rules;
mod sub;
mod world;

use std::collections::BTreeMap;

pub use nearest::did_you_mean;
pub use world::{Evaluated, EvaluatedOutput, EvaluatedResource, Evaluation, World};

use crate::call::Declared;
use crate::problem::{Problem, Severity};
use crate::template::Node;
use document::Document;
use evaluate::Evaluator;

/// Evaluates a template.
///
/// Call again with the answers when it needs lookups; a second round may need more. Lookups are asked for only when
/// the template has no error.
#[must_use]
pub fn evaluate<'t>(template: &'t Node, world: &World<'_>) -> Evaluation<'t> {
    let mut problems = Vec::new();
    let Some(document) = Document::read(template, &mut problems) else { return refused(problems, Vec::new()) };
    let mut evaluator = Evaluator::new(world, &document, problems);
    // When loops stop, names that they would make are missing: what follows would be noise.
    let Ok((resources, outputs)) = evaluator.prepare(&document) else { return evaluator.unfinished(Vec::new()) };
    let resources = evaluator.resources(resources);
    let outputs = evaluator.outputs(&outputs);
    if evaluator.is_unfinished() {
        return evaluator.unfinished(resources);
    }
    let (secrets, conditions) = (evaluator.secrets(), evaluator.outcomes());
    let (parameters, no_echo, problems) = evaluator.into_parts();
    let problems = sorted(problems);
    Evaluation::Done(Evaluated { resources, outputs, parameters, no_echo, secrets, conditions, problems })
}

/// What a template declares.
///
/// # Errors
/// The problems of its sections and parameter declarations; the rest of it is not looked at.
pub fn declared(template: &Node) -> Result<Declared, Vec<Problem>> {
    let mut problems = Vec::new();
    let parameters = Document::read(template, &mut problems).map(|document| {
        let declarations = parameters::declarations(&document, &mut problems);
        declarations.iter().map(parameters::Declaration::declared).collect()
    });
    match parameters {
        Some(parameters) if !problems.iter().any(|problem| problem.severity == Severity::Error) => {
            Ok(Declared { parameters })
        }
        _ => Err(sorted(problems)),
    }
}

fn refused(problems: Vec<Problem>, sound: Vec<EvaluatedResource<'_>>) -> Evaluation<'_> {
    Evaluation::Refused { problems: sorted(problems), sound }
}

/// Errors first, then by place; the same problem once.
fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|left, right| {
        (left.severity, left.line, left.column, &left.path).cmp(&(
            right.severity,
            right.line,
            right.column,
            &right.path,
        ))
    });
    problems.dedup();
    problems
}

/// Effective values by parameter name; NoEcho: `None`.
type Effective = BTreeMap<String, Option<String>>;
