//! Names and places that one resource gives up and another takes in the same change.
//!
//! Deletions come last, so what takes a name would meet whoever still has it, and what writes to a place would lose it again
//! to the deletion of whoever was there. Where the old one goes in this very plan, it goes first. Where it stays, the plan
//! says so; where two of one template want the same, nothing is planned.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Action, Context, OldResource, PlannedResource, Replacement, ResourceStatus};
use crate::problem::{Problem, Span};

use super::claims::{Claim, Claims};
use super::replacement::{self, Reason};

/// Refuses resources of one template that claim the same.
pub fn refuse_shared(
    planned: &[PlannedResource],
    context: &Context,
    span: &dyn Fn(&str) -> Span,
    problems: &mut Vec<Problem>,
) {
    let mut claims = Claims::of(planned, context);
    let mut owners: BTreeMap<Claim, &str> = BTreeMap::new();
    for resource in planned {
        let Some(desired) = &resource.desired else { continue };
        let id = resource.logical_id.as_str();
        for claim in claims.read(&resource.type_name, desired) {
            let said = claim.said();
            let (code, property, more, help) = match &claim {
                Claim::Name(_, property, _) => {
                    let path = format!("/Properties/{property}");
                    ("same_name", path, "there can be only one of it", "give one of them another name")
                }
                Claim::Place(_) => {
                    let what = "the later one would win, and whichever is deleted takes both away";
                    ("same_place", String::new(), what, "make one resource of them")
                }
            };
            let Some(other) = owners.insert(claim, id) else { continue };
            let first = span(other);
            let verb =
                if code == "same_name" { format!("have the same {said}") } else { "write to the same place".into() };
            let message =
                format!("{other} and {id} {verb}: {more} ({other} stands at {}:{})", first.line, first.column);
            problems.push(Problem::error(code, span(id), message).at(format!("Resources/{id}{property}")).help(help));
            break;
        }
    }
}

/// Puts what goes before what takes its name or place; whoever stays with a claim that another takes is a warning.
pub fn order(
    resources: &mut [PlannedResource],
    context: &Context,
    span: &dyn Fn(&str) -> Span,
    problems: &mut Vec<Problem>,
) {
    // Most plans change nothing that has been there.
    let is_there = |it: &PlannedResource| it.recorded.is_some() && it.action != Action::Noop;
    if !resources.iter().any(is_there) {
        return;
    }
    let mut claims = Claims::of(resources, context);
    let mut gives: BTreeMap<Claim, usize> = BTreeMap::new();
    let mut keeps: BTreeMap<Claim, usize> = BTreeMap::new();
    let mut wanted: Vec<(usize, Claim)> = Vec::new();
    for (at, resource) in resources.iter().enumerate() {
        let desired = resource.desired.as_ref();
        let wants = desired.map(|it| claims.read(&resource.type_name, it)).unwrap_or_default();
        let had = resource.recorded.as_ref().map(|it| claims.read(&it.type_name, &it.applied)).unwrap_or_default();
        let goes = resource.action == Action::Delete || is_old(resource);
        let is_left = resource.action == Action::Retain || (resource.action == Action::Replace && !goes);
        for claim in had.difference(&wants).cloned() {
            if goes {
                gives.insert(claim, at);
            } else if is_left {
                keeps.insert(claim, at);
            }
        }
        if matches!(resource.action, Action::Create | Action::Replace) {
            wanted.extend(wants.into_iter().filter(|claim| !had.contains(claim)).map(|claim| (at, claim)));
        }
    }
    let mut givers: BTreeMap<usize, (String, String)> = BTreeMap::new();
    for (taker, claim) in wanted {
        if let Some(giver) = gives.get(&claim) {
            takes(resources, taker, *giver, &claim, &mut givers);
        } else if let Some(holder) = keeps.get(&claim) {
            problems.extend(taken(resources, taker, *holder, &claim, span));
        }
    }
    first(resources, givers);
}

/// Whether what is recorded is among what is to be deleted besides.
fn is_old(resource: &PlannedResource) -> bool {
    let Some(recorded) = &resource.recorded else { return false };
    let own = OldResource { physical_id: recorded.physical_id.clone(), type_name: recorded.type_name.clone() };
    let gone = resource.action == Action::Replace
        || (resource.action == Action::Create && recorded.status == ResourceStatus::CreateFailed);
    gone && resource.old.contains(&own)
}

fn takes(
    resources: &mut [PlannedResource],
    taker: usize,
    giver: usize,
    claim: &Claim,
    givers: &mut BTreeMap<usize, (String, String)>,
) {
    let Some((from, was, recorded_type)) = resources
        .get(giver)
        .map(|it| (it.logical_id.clone(), it.action, it.recorded.as_ref().map(|it| it.type_name.clone())))
    else {
        return;
    };
    let Some(resource) = resources.get_mut(taker) else { return };
    let said = claim.said();
    givers.entry(giver).or_insert((resource.logical_id.clone(), said.clone()));
    if resource.takes_from.contains(&from) {
        return;
    }
    let mut note = format!("it takes the {said} of {from}, which is deleted first");
    let is_alike = resource.action == Action::Create && recorded_type.as_ref() == Some(&resource.type_name);
    if was == Action::Delete && is_alike {
        note.push_str(&format!("; if it is the same resource, say that {from} has moved to {}", resource.logical_id));
    }
    resource.notes.push(note);
    resource.takes_from.push(from);
    resource.takes_from.sort();
}

fn taken(
    resources: &[PlannedResource],
    taker: usize,
    holder: usize,
    claim: &Claim,
    span: &dyn Fn(&str) -> Span,
) -> Option<Problem> {
    let (taker, holder) = (&resources.get(taker)?.logical_id, &resources.get(holder)?.logical_id);
    let message = format!("{taker} takes the {} of {holder}, which is kept and does not give it up", claim.said());
    Some(
        Problem::warning("name_taken", span(taker), message)
            .at(format!("Resources/{taker}"))
            .help("give it another name, or let the other one be deleted"),
    )
}

/// Lets what gives something up go first, and with it what uses it and goes, too.
fn first(resources: &mut [PlannedResource], givers: BTreeMap<usize, (String, String)>) {
    let mut gone: BTreeSet<String> = BTreeSet::new();
    for (at, (taker, said)) in givers {
        let Some(resource) = resources.get_mut(at) else { continue };
        gone.insert(resource.logical_id.clone());
        let why = format!("{taker} takes its {said}");
        go_first(resource, &Reason::Taken(why));
    }
    loop {
        let uses = |it: &PlannedResource| {
            let recorded = it.recorded.iter().flat_map(|it| &it.depends_on);
            recorded.chain(it.desired.iter().flat_map(|_| &it.depends_on)).find(|id| gone.contains(*id)).cloned()
        };
        let late = |it: &PlannedResource| {
            (it.action == Action::Delete && !it.early)
                || (it.replacement == Some(Replacement::CreateBeforeDelete) && is_old(it))
        };
        let next = resources.iter_mut().filter(|it| late(it)).find_map(|it| uses(it).map(|used| (it, used)));
        let Some((resource, used)) = next else { return };
        gone.insert(resource.logical_id.clone());
        go_first(resource, &Reason::Dependency(used));
    }
}

fn go_first(resource: &mut PlannedResource, reason: &Reason) {
    match resource.action {
        Action::Delete => {
            resource.early = true;
            let said = replacement::why(reason);
            resource.notes.push(format!(
                "it is deleted before everything else is done, because {said}: in between there is none, and a rollback \
                 can only make it anew"
            ));
        }
        Action::Replace if resource.replacement != Some(Replacement::DeleteBeforeCreate) => {
            let (order, note) = replacement::order(Some(reason));
            resource.replacement = Some(order);
            resource.notes.extend(note);
        }
        _ => {}
    }
}
