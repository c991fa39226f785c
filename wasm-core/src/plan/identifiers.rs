//! Secrets that would become names.
//!
//! A name or an identifier is shown by every list, quoted by every message, written into logs and into our own state:
//! nothing that is made from a secret may become one. As with the names of exports it is refused, unless the call says
//! that it is meant so.

use crate::call::PlanCall;
use crate::expr::{Call, Expr};
use crate::intrinsics::EvaluatedResource;
use crate::problem::{Problem, Severity};
use crate::schema::ResourceType;

/// A problem for each property of a resource that names it and comes from a secret: an error, or a warning where the
/// call allows it.
pub fn guard(resource: &EvaluatedResource<'_>, kind: ResourceType, call: &PlanCall, problems: &mut Vec<Problem>) {
    // Most resources hold none, and which properties name a type is a long question to its schema.
    if !is_secret(&resource.properties) {
        return;
    }
    let id = &resource.logical_id;
    for path in names(kind) {
        if !at(&resource.properties, &path).is_some_and(is_secret) {
            continue;
        }
        let message =
            format!("{path} of {id} is made from a secret: as a name it is listed, logged and stored in plain text");
        let span = resource.span_of(&path);
        let problem = Problem::error("secret_identifier", span, message)
            .at(format!("Resources/{id}/Properties/{path}"))
            .help("Make the name from something else, or allow secrets in identifiers");
        let severity = if call.allow_secret_identifiers { Severity::Warning } else { Severity::Error };
        problems.push(Problem { severity, ..problem });
    }
}

/// Paths of the properties that name a resource: its identifiers, and what its name is called where the identifier is
/// made from it (`QueueName` of a queue, whose identifier is a URL).
fn names(kind: ResourceType) -> Vec<String> {
    let mut paths: Vec<String> = kind.primary_identifier().into_iter().map(str::to_owned).collect();
    paths.extend(kind.additional_identifiers().into_iter().flatten().map(str::to_owned));
    let thing = kind.name().rsplit("::").next().unwrap_or_default();
    for property in kind.properties() {
        let name = property.name;
        if name.strip_suffix("Name").is_some_and(|of| thing.ends_with(of)) {
            paths.push(name.to_owned());
        }
    }
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn at<'e>(properties: &'e Expr, path: &str) -> Option<&'e Expr> {
    let mut value = properties;
    for step in path.split('/') {
        let Expr::Map(entries) = value else { return Some(value) };
        value = entries.iter().find(|(key, _)| key.as_str() == step).map(|(_, value)| value)?;
    }
    Some(value)
}

/// Whether any part is a secret, or a reference that may turn out as one.
fn is_secret(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |part| {
        found |= match part {
            Expr::Secret(_) => true,
            Expr::Call(call) => matches!(**call, Call::Dynamic(_)),
            _ => false,
        };
    });
    found
}
