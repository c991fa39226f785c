//! Whether whoever comes later will find their way: tags, fixed names, logs that never end. Never an objection.

use crate::consensus::Vote;
use crate::expr::Expr;
use crate::model::{Action, PlannedResource};
use crate::schema;

use super::{ConsultCall, abstained, approve, at, some};

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let made: Vec<&PlannedResource> =
        call.plan.resources.iter().filter(|it| matches!(it.action, Action::Create | Action::Replace)).collect();
    if made.is_empty() {
        return abstained("hygiene", "nothing is made");
    }
    let which = |is: &dyn Fn(&PlannedResource, &Expr) -> bool| -> Vec<String> {
        let found = made.iter().filter(|it| it.desired.as_ref().is_some_and(|desired| is(it, desired)));
        found.map(|it| call.named(&it.logical_id)).collect()
    };
    let untagged = which(&|it, desired| {
        let tagging = schema::lookup(&it.type_name).and_then(|kind| kind.tagging());
        tagging.is_some_and(|tagging| is_empty(at(desired, &[tagging.property.trim_start_matches('/')])))
    });
    let endless =
        which(&|it, desired| it.type_name == "AWS::Logs::LogGroup" && at(desired, &["RetentionInDays"]).is_none());
    let mut notes = Vec::new();
    if !untagged.is_empty() {
        notes.push(format!("without tags: {}", some(&untagged)));
    }
    if !endless.is_empty() {
        notes.push(format!("logs are kept for ever: {}", some(&endless)));
    }
    let mut vote = match notes.len() {
        0 => approve("hygiene", 0.9, "tagged, and logs end".to_owned()),
        1 => approve("hygiene", 0.8, "one thing to tidy up".to_owned()),
        _ => approve("hygiene", 0.7, "some things to tidy up".to_owned()),
    };
    vote.reasons.extend(notes);
    // It never objects, so its consent says little.
    vote.weight = Some(0.5);
    vote
}

fn is_empty(expr: Option<&Expr>) -> bool {
    match expr {
        None | Some(Expr::Null) => true,
        Some(Expr::List(items)) => items.is_empty(),
        Some(Expr::Map(entries)) => entries.is_empty(),
        Some(_) => false,
    }
}
