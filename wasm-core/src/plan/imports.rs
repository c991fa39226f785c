//! Resources that exist already and are taken over: read first, and recorded with what the read agrees to.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::call::{Found, Lookup, PlanCall};
use crate::expr::Expr;
use crate::intrinsics::{Evaluated, EvaluatedResource};
use crate::model::{ResourceStatus, StackResource};
use crate::problem::{Problem, Span};
use crate::schema::{Handler, Kind, ResourceType};

use crate::same::{agrees, member};

/// What has to be read, and what cannot be imported at all.
pub fn lookups(
    call: &PlanCall,
    evaluated: &Evaluated<'_>,
    kinds: &[Option<ResourceType>],
    problems: &mut Vec<Problem>,
) -> Vec<Lookup> {
    let mut lookups = Vec::new();
    for (id, identifier) in &call.imports {
        let at = evaluated.resources.iter().position(|resource| resource.logical_id == *id);
        let Some((resource, Some(kind))) =
            at.and_then(|at| Some((evaluated.resources.get(at)?, kinds.get(at).copied().flatten())))
        else {
            let message = format!("{id} is to be imported, but the template has no such resource");
            problems.push(Problem::error("import_unknown", Span::default(), message));
            continue;
        };
        let recorded = call.recorded.iter().flat_map(|state| &state.resources).any(|own| own.logical_id == *id);
        let refusal = if recorded {
            Some(("import_exists", format!("{id} cannot be imported: the stack has it already")))
        } else if !kind.has(Handler::Read) {
            Some(("import_unreadable", format!("{id} cannot be imported: {} cannot be read", kind.name())))
        } else {
            None
        };
        if let Some((code, message)) = refusal {
            problems.push(problem(code, resource, message));
            continue;
        }
        match found(call, kind, identifier) {
            None => lookups.push(lookup(kind, identifier)),
            Some(Value::Object(_)) => {}
            Some(_) => {
                let message = format!("{id} cannot be imported: there is no {} {identifier}", kind.name());
                problems.push(problem("import_not_found", resource, message));
            }
        }
    }
    lookups
}

/// The resource as if it had been deployed: its properties are those wanted ones that the read agrees to, and the read's
/// own where it does not.
#[must_use]
pub fn adopted(
    call: &PlanCall,
    resource: &EvaluatedResource<'_>,
    kind: ResourceType,
    desired: &Expr,
) -> Option<(StackResource, Value)> {
    let identifier = call.imports.get(&resource.logical_id)?;
    let live = found(call, kind, identifier)?.clone();
    let Expr::Map(wanted) = desired else { return None };
    let write_only = kind.write_only();
    let shape = Some(Kind::Object(kind.object()));
    let applied = wanted.iter().filter_map(|(key, value)| {
        let hidden = write_only.iter().any(|path| path.split('/').next() == Some(key)) || !value.secrets().is_empty();
        let own = match live.get(key) {
            // What a read never shows is taken as given.
            None if hidden => value.clone(),
            None => return None,
            Some(_) if hidden => value.clone(),
            Some(found) => {
                let found = Expr::known(found.clone());
                if agrees(member(shape, key), value, &found) { value.clone() } else { found }
            }
        };
        Some((key.clone(), own))
    });
    let adopted = StackResource {
        logical_id: resource.logical_id.clone(),
        type_name: kind.name().to_owned(),
        physical_id: identifier.clone(),
        status: ResourceStatus::Complete,
        attributes: BTreeMap::new(),
        applied: Expr::Map(applied.collect()),
        depends_on: Vec::new(),
        deletion_policy: resource.deletion_policy.clone(),
        update_replace_policy: resource.update_replace_policy.clone(),
        replaced: Vec::new(),
        attempted: None,
        given_name: None,
    };
    Some((adopted, live))
}

fn lookup(kind: ResourceType, identifier: &str) -> Lookup {
    Lookup::Resource { type_name: kind.name().to_owned(), identifier: identifier.to_owned() }
}

fn found<'a>(call: &'a PlanCall, kind: ResourceType, identifier: &str) -> Option<&'a Value> {
    let lookup = lookup(kind, identifier);
    call.found.iter().find(|Found { lookup: asked, .. }| *asked == lookup).map(|found| &found.value)
}

/// A problem with an import, at the resource's name.
pub fn problem(code: &str, resource: &EvaluatedResource<'_>, message: String) -> Problem {
    Problem::error(code, resource.span, message).at(format!("Resources/{}", resource.logical_id))
}
