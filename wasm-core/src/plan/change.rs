//! What has to be done with a resource that exists: nothing, a patch, or another one in its place.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::expr::Expr;
use crate::model::{Action, PatchOperation, ResourceStatus, StackResource};
use crate::same::identical;
use crate::schema::{Handler, Kind, ResourceType, touches};

use super::diff;
use super::patch::{Drift, Subject, patch};

/// What exists and what is wanted.
pub struct Comparison<'a> {
    /// The wanted type.
    pub kind: ResourceType,
    /// What is recorded.
    pub recorded: &'a StackResource,
    /// What is wanted.
    pub desired: &'a Expr,
    /// What a read returned, if there was one.
    pub live: Option<&'a Value>,
    /// Ids of secrets whose value has changed.
    pub renewed: &'a BTreeSet<String>,
}

/// What is to be done.
#[derive(Debug)]
pub struct Change {
    /// Noop, update or replace.
    pub action: Action,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// How (update).
    pub patch: Vec<PatchOperation>,
    /// What somebody else has changed and is left alone.
    pub drifted: Vec<Drift>,
    /// Properties that may turn out to need a replacement (update).
    pub maybe: Vec<String>,
}

impl Change {
    fn of(action: Action, reasons: Vec<String>) -> Self {
        Self { action, reasons, patch: Vec::new(), drifted: Vec::new(), maybe: Vec::new() }
    }
}

/// Compares.
#[must_use]
pub fn change(comparison: &Comparison<'_>) -> Change {
    let Comparison { kind, recorded, desired, live, renewed } = comparison;
    if recorded.type_name != kind.name() {
        return Change::of(Action::Replace, vec![format!("its type was {}", recorded.type_name)]);
    }
    let secrets = if renewed.is_empty() { Vec::new() } else { desired.secrets() };
    let is_renewed = secrets.iter().any(|id| renewed.contains(id));
    let failed = recorded.status == ResourceStatus::UpdateFailed || recorded.attempted.is_some();
    let unchanged = !is_renewed && !failed && identical(&recorded.applied, desired);
    if unchanged && live.is_none() {
        return Change::of(Action::Noop, Vec::new());
    }
    let shape = Some(Kind::Object(kind.object()));
    let paths = if unchanged { Vec::new() } else { diff::changed(shape, &recorded.applied, desired) };
    let replacing = replacing(*kind, &paths, &recorded.applied, desired);
    if !replacing.is_empty() {
        return Change::of(Action::Replace, replacing);
    }
    let conditional = kind.conditional_create_only();
    let may_replace = |path: &String| conditional.iter().any(|fixed| touches(path, fixed));
    let mut maybe = Vec::new();
    let mut reasons = Vec::new();
    for path in &paths {
        if may_replace(path) {
            reasons.push(format!("{path} changes, which may need a replacement"));
            maybe.push(path.clone());
        } else {
            reasons.push(format!("{path} changes"));
        }
    }
    reasons.extend(secrets.iter().filter(|id| renewed.contains(*id)).map(|id| renewal(id)));
    if recorded.status == ResourceStatus::UpdateFailed {
        reasons.push("its last update failed".to_owned());
    }
    if !kind.has(Handler::Update) || !kind.has(Handler::Read) {
        if reasons.is_empty() {
            return Change::of(Action::Noop, reasons);
        }
        let missing = if kind.has(Handler::Update) { "read, so it cannot be patched" } else { "updated in place" };
        reasons.push(format!("{} cannot be {missing}", kind.name()));
        return Change::of(Action::Replace, reasons);
    }
    let before = std::iter::once(&recorded.applied).chain(&recorded.attempted).collect();
    let patched = patch(&Subject { kind: *kind, before, desired, live: *live, renewed });
    // Somebody has already brought about what is wanted: then it is only recorded.
    let action = if patched.operations.is_empty() { Action::Noop } else { Action::Update };
    if action == Action::Noop {
        (reasons, maybe) = (Vec::new(), Vec::new());
    } else if let Some(name) = kind.unpatchable().first() {
        reasons.push(format!(
            "AWS refuses every update of {}: {name} is required, can only be set at creation and is in no read",
            kind.name()
        ));
        return Change::of(Action::Replace, reasons);
    }
    Change { action, reasons, patch: patched.operations, drifted: patched.drifted, maybe }
}

/// The reason where a secret has another value than before.
pub fn renewal(secret: &str) -> String {
    format!("the value of {secret} changes")
}

fn replacing(kind: ResourceType, paths: &[String], applied: &Expr, desired: &Expr) -> Vec<String> {
    let create_only = kind.create_only();
    let is_fixed = |path: &&String| {
        create_only.iter().any(|fixed| {
            // Where more than the fixed part changed, the fixed part need not have.
            let below = fixed.split('/').count() > path.split('/').count();
            touches(path, fixed) && (!below || diff::differs_at(fixed, applied, desired))
        })
    };
    paths.iter().filter(is_fixed).map(|path| format!("{path} can only be set at creation")).collect()
}
