//! From a template and what is recorded of a stack to what is to be done.
//!
//! `plan` is pure: the same text and call give the same answer on every machine. What it needs from outside it asks
//! for (`Needs`) and is called again with. Nothing is planned while there is any error: the answer lists them all.

mod change;
mod claims;
mod deploy;
mod desk;
mod destroy;
mod diff;
pub mod drift;
mod finish;
mod handover;
mod identifiers;
mod implied;
mod imports;
mod locate;
mod moved;
mod names;
mod patch;
mod places;
pub mod planned;
mod reconcile;
mod replacement;
pub mod rollback;
mod tags;
mod types;
pub mod undo;
pub(crate) use change::renewal;
pub(crate) use diff::{Difference, differences};
pub(crate) use patch::entries;
pub use types::deployable;

use crate::call::{InspectAnswer, PlanCall};
use crate::digest;
use crate::intrinsics;
use crate::model::{Context, Mode, Plan};
use crate::problem::{Problem, Severity};
use crate::template::Node;
use planned::Planning;

/// Plans a parsed template, the end of a stack (`mode: destroy`) or the way back to what is recorded (`reconcile`); of these
/// two no template is looked at.
#[must_use]
pub fn plan(template: Result<&Node, &[Problem]>, mut call: PlanCall) -> Planning {
    if call.context.stack_id.is_empty() {
        call.context.stack_id = stack_id(&call.context, &call.stack);
    }
    if let Some(back) = call.reconcile.take() {
        return Planning::Planned(Box::new(reconcile::plan(&call, &back)));
    }
    match (call.mode, template) {
        (Mode::Destroy, _) => Planning::Planned(Box::new(destroy::plan(&call))),
        (Mode::Deploy, Ok(template)) => deploy::plan(template, call),
        (Mode::Deploy, Err(problems)) => refuse(problems.to_vec()),
    }
}

/// The problems of a parsed template that would be planned with `call`; none while something has to be looked up.
#[must_use]
pub fn problems(template: &Node, call: PlanCall) -> Vec<Problem> {
    match deploy::plan(template, call) {
        Planning::Planned(planned) => planned.problems,
        Planning::Refused { problems } => problems,
        Planning::Needs { .. } => Vec::new(),
    }
}

/// What a parsed template declares.
#[must_use]
pub fn inspect(template: Result<&Node, &[Problem]>) -> InspectAnswer {
    match template.map_err(<[Problem]>::to_vec).and_then(intrinsics::declared) {
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

/// The digest that a plan has by what it says; of a plan that nobody changed the one it bears.
#[must_use]
pub fn digest_of(plan: &Plan) -> String {
    finish::digest_of(plan)
}

/// The text whose SHA-256 a plan's digest is: canonical JSON without digest and estimates.
#[must_use]
pub fn digested(plan: &Plan) -> String {
    finish::digested(plan)
}

fn refuse(mut problems: Vec<Problem>) -> Planning {
    problems.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
    Planning::Refused { problems }
}

fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}
