//! Resources that the template calls by another name than before. They are the same resources: renamed, not replaced.
//!
//! Whoever deploys may say so (`moved` of the call, or `Metadata: {assent: {moved: {Old: New}}}` of the template). Of
//! types that overwrite what stands at the same place it is seen: a queue has one policy, and deleting the resource of
//! the old name after that of the new one was written would take the policy away.

use std::collections::BTreeMap;

use crate::call::PlanCall;
use crate::intrinsics::EvaluatedResource;
use crate::model::StackResource;
use crate::problem::{Problem, Span};
use crate::template::{Kind, Node};

/// New name to old one, as far as they are given; what makes no sense becomes a problem.
pub fn given(
    template: &Node,
    call: &PlanCall,
    resources: &[EvaluatedResource<'_>],
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut wanted: Vec<(String, String, Span)> =
        call.moved.iter().map(|(old, new)| (old.clone(), new.clone(), Span::default())).collect();
    wanted.extend(written(template, problems));
    let recorded = call.recorded.as_ref().map(|state| state.resources.as_slice()).unwrap_or_default();
    let before = |id: &str| recorded.iter().find(|resource| resource.logical_id == id);
    let now = |id: &str| resources.iter().find(|resource| resource.logical_id == id);
    let mut moves: BTreeMap<String, String> = BTreeMap::new();
    for (old, new, span) in wanted {
        let message = match (before(&old), now(&new)) {
            // Done by an earlier deployment; what stands in a template stays there.
            (None, Some(_)) if before(&new).is_some() => continue,
            (None, _) => format!("{old} cannot be moved: the stack has no such resource"),
            (Some(_), None) => format!("{old} cannot be moved to {new}: the template has no such resource"),
            _ if now(&old).is_some() => format!("{old} cannot be moved to {new}: the template still has {old}"),
            _ if before(&new).is_some() => format!("{old} cannot be moved to {new}: the stack has {new} already"),
            (Some(before), Some(now)) if before.type_name != now.type_name => {
                format!("{old} cannot be moved to {new}: one is {}, the other {}", before.type_name, now.type_name)
            }
            _ => match moves.insert(new.clone(), old.clone()) {
                Some(other) if other != old => format!("{old} and {other} cannot both be moved to {new}"),
                _ => continue,
            },
        };
        problems.push(
            Problem::error("invalid_move", span, message)
                .at(format!("Resources/{new}"))
                .help("a move names the resource as the stack knows it, then as the template calls it now"),
        );
    }
    moves
}

/// `Metadata: {assent: {moved: {Old: New}}}`; what is not of that form becomes a problem.
fn written(template: &Node, problems: &mut Vec<Problem>) -> Vec<(String, String, Span)> {
    const PLACE: &str = "Metadata/assent/moved";
    let moved = template.get("Metadata").and_then(|it| it.get("assent")).and_then(|it| it.get("moved"));
    let Some(moved) = moved else { return Vec::new() };
    let malformed = |span: Span, place: String, message: String| {
        Problem::error("invalid_move", span, message).at(place).help(
            "write `moved: {OldId: NewId}`: logical ids as the stack knows them, then as the template calls them now",
        )
    };
    let Some(entries) = moved.as_map() else {
        let message = "moved is not an object of old and new logical ids".to_owned();
        problems.push(malformed(moved.span, PLACE.to_owned(), message));
        return Vec::new();
    };
    let mut names = Vec::new();
    for entry in entries {
        if let Kind::String(new) = &entry.value.kind {
            names.push((entry.key.clone(), new.clone(), entry.key_span));
        } else {
            let message = format!("{} is moved to something that is not a logical id", entry.key);
            problems.push(malformed(entry.value.span, format!("{PLACE}/{}", entry.key), message));
        }
    }
    names
}

/// Calls what is recorded of others by the new names, too.
pub fn rename(resource: &mut StackResource, names: &BTreeMap<String, String>) {
    for id in resource.depends_on.iter_mut().chain(std::iter::once(&mut resource.logical_id)) {
        if let Some(new) = names.get(id) {
            id.clone_from(new);
        }
    }
    resource.depends_on.sort();
}
