//! From a template and what is recorded of a stack to what is to be done.
//!
//! `plan` is pure: the same text and call give the same answer on every machine. What it needs from outside it asks
//! for (`Needs`) and is called again with. Nothing is planned while there is any error: the answer lists them all.

mod change;
mod deploy;
mod desk;
mod destroy;
mod diff;
pub mod drift;
mod finish;
mod implied;
mod imports;
mod locate;
mod patch;
mod replacement;
pub mod rollback;
mod tags;
mod types;
pub use types::deployable;

use crate::call::{InspectAnswer, PlanAnswer, PlanCall};
use crate::digest;
use crate::intrinsics;
use crate::model::{Context, Mode};
use crate::problem::{Problem, Severity};
use crate::template::{self, Limits, Node};

/// Plans a template, or the end of a stack (`mode: destroy`, the text is not looked at).
#[must_use]
pub fn plan(text: &str, mut call: PlanCall) -> PlanAnswer {
    if call.context.stack_id.is_empty() {
        call.context.stack_id = stack_id(&call.context, &call.stack);
    }
    let answer = match call.mode {
        Mode::Destroy => Ok(destroy::plan(&call)),
        Mode::Deploy => template::parse(text, &Limits::default()).map(|template| deploy::plan(&template, &call)),
    };
    answer.unwrap_or_else(refuse)
}

/// The problems of a parsed template that would be planned with `call`; none while something has to be looked up.
#[must_use]
pub fn problems(template: &Node, call: &PlanCall) -> Vec<Problem> {
    match deploy::plan(template, call) {
        PlanAnswer::Planned { problems, .. } | PlanAnswer::Refused { problems } => problems,
        PlanAnswer::Needs { .. } => Vec::new(),
    }
}

/// What a template declares.
#[must_use]
pub fn inspect(text: &str) -> InspectAnswer {
    match template::parse(text, &Limits::default()).and_then(|template| intrinsics::declared(&template)) {
        Ok(declared) => InspectAnswer::Inspected { declared },
        Err(problems) => InspectAnswer::Refused { problems },
    }
}

/// `AWS::StackId`: no random part, so that two machines plan the same; stable over a stack's life because nothing in
/// it can change.
#[must_use]
pub fn stack_id(context: &Context, stack: &str) -> String {
    let Context { account, region, partition, .. } = context;
    let uuid = digest::name_uuid(&format!("{partition}/{account}/{region}/{stack}"));
    format!("arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/{uuid}")
}

fn refuse(mut problems: Vec<Problem>) -> PlanAnswer {
    problems.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
    PlanAnswer::Refused { problems }
}

fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}
