//! The way back to what is recorded, from what somebody else has made of it.
//!
//! No template is asked: what is recorded was judged and deployed. Declared properties go back to what was applied, others
//! to the baseline, what was deleted is created anew. What cannot be brought back like that is left alone and named. The
//! plan holds only what it changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::call::{Live, PlanCall, Reconcile};
use crate::expr::Expr;
use crate::model::{Action, PlannedResource, StackResource};
use crate::problem::{Problem, Span};
use crate::schema::{self, Handler, is_within};

use super::drift::{DriftCall, DriftStatus, ResourceDrift, drift};
use super::finish;
use super::patch::{Subject, entries, patch};
use super::planned::{Origin, Planned};

/// Plans it.
pub fn plan(call: &PlanCall, back: &Reconcile) -> Planned {
    let recorded = call.recorded.as_ref().map_or(&[][..], |state| state.resources.as_slice());
    let compared =
        drift(&DriftCall { resources: recorded.to_vec(), live: call.live.clone(), baseline: back.baseline.clone() });
    let (mut resources, mut problems) = (Vec::new(), Vec::new());
    for (resource, found) in recorded.iter().zip(&compared.resources) {
        let planned = match found.status {
            DriftStatus::Modified => changed_back(resource, found, call.live.get(&resource.logical_id)),
            DriftStatus::Deleted => created_anew(resource, recorded),
            DriftStatus::InSync | DriftStatus::Unreadable => continue,
        };
        match planned {
            Ok((planned, mut said)) => {
                resources.extend(planned);
                problems.append(&mut said);
            }
            Err(said) => problems.push(said),
        }
    }
    let there: BTreeSet<String> = resources.iter().map(|planned| planned.logical_id.clone()).collect();
    for planned in &mut resources {
        planned.after = Some(planned.depends_on.iter().filter(|id| there.contains(*id)).cloned().collect());
    }
    let (plan, forecast, text) = finish::plan(call, resources, back.outputs.clone());
    let state = call.recorded.clone().unwrap_or_default();
    let (parameters, tags) = (state.parameters, state.tags);
    Planned { plan, text, problems, forecast, parameters, tags, no_echo: Vec::new(), origin: Origin::default() }
}

type Back = Result<(Option<PlannedResource>, Vec<Problem>), Problem>;

fn changed_back(resource: &StackResource, found: &ResourceDrift, live: Option<&Live>) -> Back {
    let (Some(kind), Some(Live::Present { properties })) = (schema::lookup(&resource.type_name), live) else {
        return Ok((None, Vec::new()));
    };
    if !kind.has(Handler::Update) {
        return Err(left(resource, &format!("{} cannot be updated in place", kind.name())));
    }
    if let Some(name) = kind.unpatchable().first() {
        return Err(left(resource, &format!("{name} is required and in no read, so AWS refuses every update")));
    }
    if let Some(id) = unknown(&resource.applied) {
        return Err(left(resource, &format!("it is made from {id}, which is not kept")));
    }
    let create_only = kind.create_only();
    let (mut now, mut then) = (resource.applied.clone(), resource.applied.clone());
    let (mut said, mut reasons) = (Vec::new(), Vec::new());
    for difference in &found.differences {
        if is_within(&create_only, &difference.path) {
            said.push(left(resource, &format!("{} can only be set at creation", difference.path)));
            continue;
        }
        let path: Vec<&str> = difference.path.split('/').collect();
        now = set(now, &path, &difference.live);
        if !difference.declared {
            then = set(then, &path, &difference.recorded);
        }
        reasons.push(format!("{} was changed outside of Assent", difference.path));
    }
    let none = BTreeSet::new();
    let subject = Subject { kind, before: vec![&now], desired: &then, live: Some(properties), renewed: &none };
    let patch = patch(&subject).operations;
    let needs = resource.attributes.keys().cloned().collect();
    let planned = PlannedResource { patch, reasons, needs, ..planned_as(resource, Action::Update) };
    Ok((Some(planned).filter(|planned| !planned.patch.is_empty()), said))
}

fn created_anew(resource: &StackResource, all: &[StackResource]) -> Back {
    if let Some(id) = unknown(&resource.applied) {
        return Err(left(resource, &format!("it is made from {id}, which is not kept")));
    }
    let users = all.iter().filter(|other| other.depends_on.contains(&resource.logical_id));
    let users: Vec<&str> = users.map(|other| other.logical_id.as_str()).collect();
    let note = format!(
        "if it gets another identifier than {}, {} will still name the old one until the template is deployed",
        resource.physical_id,
        users.join(", ")
    );
    let planned = PlannedResource {
        reasons: vec!["it was deleted outside of Assent".to_owned()],
        notes: if users.is_empty() { Vec::new() } else { vec![note] },
        needs: resource.attributes.keys().cloned().collect(),
        old: resource.replaced.clone(),
        ..planned_as(resource, Action::Create)
    };
    Ok((Some(PlannedResource { recorded: None, ..planned }), Vec::new()))
}

/// A NoEcho parameter among these values: nobody knows it any more.
fn unknown(value: &Expr) -> Option<String> {
    value.secrets().into_iter().find(|id| id.starts_with("parameter:"))
}

fn left(resource: &StackResource, why: &str) -> Problem {
    let id = &resource.logical_id;
    Problem::warning("not_reconciled", Span::default(), format!("{id} is left as it is: {why}"))
        .at(format!("Resources/{id}"))
        .help("Deploy its template, or put it right by hand")
}

/// The value with something else at a path; null: with nothing there.
fn set(value: Expr, path: &[&str], member: &Value) -> Expr {
    let Some((key, rest)) = path.split_first() else { return Expr::known(member.clone()) };
    let mut members: BTreeMap<String, Expr> = entries(&value).iter().cloned().collect();
    let old = members.remove(*key).unwrap_or(Expr::Map(Vec::new()));
    if !rest.is_empty() {
        members.insert((*key).to_owned(), set(old, rest, member));
    } else if !member.is_null() {
        members.insert((*key).to_owned(), Expr::known(member.clone()));
    }
    Expr::Map(members.into_iter().collect())
}

fn planned_as(resource: &StackResource, action: Action) -> PlannedResource {
    PlannedResource {
        logical_id: resource.logical_id.clone(),
        type_name: resource.type_name.clone(),
        action,
        reasons: Vec::new(),
        depends_on: resource.depends_on.clone(),
        after: None,
        desired: Some(resource.applied.clone()),
        recorded: Some(resource.clone()),
        needs: Vec::new(),
        deletion_policy: resource.deletion_policy.clone(),
        update_replace_policy: resource.update_replace_policy.clone(),
        irreversible: Vec::new(),
        moved_from: None,
        given_name: resource.given_name.clone(),
        notes: Vec::new(),
        patch: Vec::new(),
        replacement: None,
        old: resource.replaced.clone(),
        takes_from: Vec::new(),
        early: false,
        estimate_ms: 0,
    }
}
