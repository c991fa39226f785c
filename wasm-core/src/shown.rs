//! What a plan changes, for those who answer for it: each property as it was and as it will be, what somebody else made of
//! it meanwhile, and what the change makes other resources do.
//!
//! Everything is read off the plan itself, so that a plan kept under its digest shows what it showed when it was made, and
//! nothing here is part of that digest. No secret is in it; of its own accord it also leaves out what only looks like one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tsify::Tsify;

use crate::expr::{Call, Expr};
use crate::model::{Action, PatchKind, Plan, PlannedResource};
use crate::plan::{Difference, differences, entries, renewal};
use crate::same::{agrees, at, find, same};
use crate::scan::secrets;
use crate::schema::{self, Kind, is_within, touches};

/// The greatest integer that every reader of JSON keeps.
const SAFE: i64 = 9_007_199_254_740_991;

/// The answer, in the order of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanChanges {
    /// Of each resource of the plan.
    pub resources: Vec<ResourceChanges>,
}

/// What changes of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceChanges {
    /// Its name.
    pub logical_id: String,
    /// Property by property; none where it is deleted, kept or left as it is.
    pub changes: Vec<PropertyChange>,
    /// Resources that change because this one does: they use what becomes another.
    pub causes: Vec<Caused>,
}

/// One property. References are written as a template writes them, secrets as `(secret …)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PropertyChange {
    /// Slash-separated.
    pub path: String,
    /// As applied last; null: it was not there.
    #[tsify(type = "unknown")]
    pub before: Value,
    /// As wanted; null: it goes.
    #[tsify(type = "unknown")]
    pub after: Value,
    /// As a read returned it, where that is not as applied: somebody else has changed it. Null: it is not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(type = "unknown", optional)]
    pub live: Option<Value>,
    /// Set where a part is not shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[tsify(optional)]
    pub secret: bool,
}

/// A resource that another one makes change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Caused {
    /// Its name.
    pub logical_id: String,
    /// What is done with it.
    pub action: Action,
}

/// What a plan changes.
#[must_use]
pub fn changes(plan: &Plan) -> PlanChanges {
    let mut causes: BTreeMap<&str, Vec<Caused>> = BTreeMap::new();
    let mut shown = Vec::with_capacity(plan.resources.len());
    for resource in &plan.resources {
        let found = of(resource);
        for id in used(resource, &found) {
            let caused = Caused { logical_id: resource.logical_id.clone(), action: resource.action };
            causes.entry(id).or_default().push(caused);
        }
        shown.push(found.iter().map(|change| change.shown(resource)).collect::<Vec<_>>());
    }
    let resources = plan.resources.iter().zip(shown).map(|(resource, changes)| {
        let id = &resource.logical_id;
        let causes = if becomes_another(resource) { causes.remove(id.as_str()) } else { None };
        ResourceChanges { logical_id: id.clone(), changes, causes: causes.unwrap_or_default() }
    });
    PlanChanges { resources: resources.collect() }
}

/// A change with the values that it is about.
struct Change<'a> {
    path: String,
    before: Option<&'a Expr>,
    after: Option<&'a Expr>,
    kind: Option<Kind>,
}

fn of(resource: &PlannedResource) -> Vec<Change<'_>> {
    let Some(desired) = &resource.desired else { return Vec::new() };
    let recorded = resource.recorded.as_ref().map(|recorded| &recorded.applied);
    match (resource.action, recorded) {
        (Action::Create, _) => created(resource, desired),
        (Action::Update | Action::Replace | Action::Import, Some(applied)) => changed(resource, applied, desired),
        _ => Vec::new(),
    }
}

fn created<'a>(resource: &PlannedResource, desired: &'a Expr) -> Vec<Change<'a>> {
    let kind = object(resource);
    let change = |(key, value): &'a (String, Expr)| Change {
        path: key.clone(),
        before: None,
        after: Some(value),
        kind: at(kind, key),
    };
    entries(desired).iter().map(change).collect()
}

fn changed<'a>(resource: &'a PlannedResource, applied: &'a Expr, desired: &'a Expr) -> Vec<Change<'a>> {
    let kind = object(resource);
    let found = differences(kind, applied, desired).into_iter();
    let mut changes: Vec<Change<'_>> =
        found.map(|Difference { path, before, after, kind }| Change { path, before, after, kind }).collect();
    let covered = |changes: &[Change<'_>], path: &str| {
        changes.iter().any(|change| touches(&change.path, path) || touches(path, &change.path))
    };
    // Written although the template has not changed there: what a failed update may have left, or somebody else has made.
    for operation in resource.patch.iter().filter(|operation| operation.op != PatchKind::Test) {
        let path = unescaped(&operation.path);
        let (before, after) = (value_at(applied, &path), operation.value.as_ref());
        let kind = at(kind, &path);
        let again = match (before, after) {
            (Some(before), Some(after)) => same(kind, before, after),
            (None, None) => true,
            _ => false,
        };
        let change = Change { path, before, after, kind };
        if !covered(&changes, &change.path) && (!again || change.live(resource).is_some()) {
            changes.push(change);
        }
    }
    let renewed: Vec<String> =
        desired.secrets().into_iter().filter(|id| resource.reasons.contains(&renewal(id))).collect();
    if !renewed.is_empty() {
        let mut holders = Vec::new();
        holding(desired, &renewed, &mut String::new(), &mut holders);
        for (path, value) in holders {
            if !covered(&changes, &path) {
                changes.push(Change { kind: at(kind, &path), path, before: Some(value), after: Some(value) });
            }
        }
    }
    changes
}

fn object(resource: &PlannedResource) -> Option<Kind> {
    let before = resource.recorded.as_ref().map(|recorded| &recorded.type_name);
    let is_same = before.is_none_or(|before| *before == resource.type_name);
    schema::lookup(&resource.type_name).filter(|_| is_same).map(|kind| Kind::Object(kind.object()))
}

/// The smallest parts that hold one of these secrets.
fn holding<'a>(expr: &'a Expr, ids: &[String], path: &mut String, found: &mut Vec<(String, &'a Expr)>) {
    let mut below = |step: &str, item: &'a Expr| {
        let length = path.len();
        if length > 0 {
            path.push('/');
        }
        path.push_str(step);
        holding(item, ids, path, found);
        path.truncate(length);
    };
    match expr {
        Expr::Map(entries) => entries.iter().for_each(|(key, item)| below(key, item)),
        Expr::List(items) => items.iter().enumerate().for_each(|(at, item)| below(&at.to_string(), item)),
        other if other.secrets().iter().any(|id| ids.contains(id)) => found.push((path.clone(), other)),
        _ => {}
    }
}

/// Resources whose becoming another these changes show.
fn used<'a>(resource: &'a PlannedResource, changes: &[Change<'a>]) -> BTreeSet<&'a str> {
    let mut ids = BTreeSet::new();
    if resource.recorded.is_none() {
        return ids;
    }
    for after in changes.iter().filter_map(|change| change.after) {
        let used = after.references();
        let known = resource.depends_on.iter().filter(|id| used.iter().any(|(other, _)| other == *id));
        ids.extend(known.map(String::as_str));
    }
    ids
}

/// Whether what others use of it is not what it was.
fn becomes_another(resource: &PlannedResource) -> bool {
    match resource.action {
        Action::Replace | Action::Update => true,
        // Made again: it was deleted by somebody else, or its creation had failed.
        Action::Create => !resource.reasons.is_empty(),
        _ => false,
    }
}

impl Change<'_> {
    fn shown(&self, resource: &PlannedResource) -> PropertyChange {
        let mut view = Shown { secret: false };
        let key = self.path.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
        let before = self.before.map_or(Value::Null, |value| view.value(key, value));
        let after = self.after.map_or(Value::Null, |value| view.value(key, value));
        let live = self.live(resource).map(|live| view.value(key, &Expr::known(live)));
        PropertyChange { path: self.path.clone(), before, after, live, secret: view.secret }
    }

    /// What the patch says that a read returned, where that is not what was applied.
    fn live(&self, resource: &PlannedResource) -> Option<Value> {
        if resource.action != Action::Update || resource.patch.is_empty() {
            return None;
        }
        let above = |path: &str| is_within(&[path], &self.path);
        for operation in &resource.patch {
            let place = unescaped(&operation.path);
            if !above(&place) {
                continue;
            }
            let rest = self.path.get(place.len()..).unwrap_or_default().trim_start_matches('/');
            let read = if operation.op == PatchKind::Test { &operation.value } else { &operation.found };
            match (operation.op, read) {
                (_, Some(read)) => {
                    let read = if rest.is_empty() { Some(read) } else { value_at(read, rest) };
                    let as_applied = match (self.before, read) {
                        (Some(before), Some(read)) => agrees(self.kind, before, read),
                        (None, None) => true,
                        _ => false,
                    };
                    return (!as_applied).then(|| read.map_or(Value::Null, Expr::to_json));
                }
                // A read did not have it.
                (PatchKind::Add, _) if rest.is_empty() && self.before.is_some() && !self.is_write_only(resource) => {
                    return Some(Value::Null);
                }
                _ => {}
            }
        }
        let is_written = resource.patch.iter().any(|operation| {
            let place = unescaped(&operation.path);
            touches(&place, &self.path) || touches(&self.path, &place)
        });
        // Nothing has to be written: it is there already.
        self.after.filter(|after| !is_written && after.is_known()).map(Expr::to_json)
    }

    fn is_write_only(&self, resource: &PlannedResource) -> bool {
        schema::lookup(&resource.type_name).is_some_and(|kind| is_within(&kind.write_only(), &self.path))
    }
}

/// Turns values into what may be shown.
struct Shown {
    secret: bool,
}

impl Shown {
    fn value(&mut self, key: &str, expr: &Expr) -> Value {
        match expr {
            Expr::Null => Value::Null,
            Expr::Bool(flag) => Value::Bool(*flag),
            Expr::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) if whole.abs() > SAFE => Value::String(number.to_string()),
                (None, Some(_)) => Value::String(number.to_string()),
                _ => Value::Number(number.clone()),
            },
            Expr::Str(text) => Value::String(self.text(key, text)),
            Expr::List(items) => items.iter().map(|item| self.value(key, item)).collect(),
            Expr::Map(entries) => {
                let text = |name: &str| match find(entries, name) {
                    Some(Expr::Str(text)) => Some(text.as_str()),
                    _ => None,
                };
                let name = ["Name", "Key", "ParameterKey"].into_iter().find_map(text);
                let member = |(key, item): &(String, Expr)| {
                    let named = name.filter(|_| matches!(key.as_str(), "Value" | "ParameterValue"));
                    (key.clone(), self.value(named.unwrap_or(key), item))
                };
                Value::Object(entries.iter().map(member).collect::<Map<_, _>>())
            }
            Expr::Ref(id) => json!({ "Ref": id }),
            Expr::Att(id, attribute) => json!({ "Fn::GetAtt": [id, attribute] }),
            Expr::Import(name) => json!({ "Fn::ImportValue": name }),
            Expr::Secret(id) => {
                self.secret = true;
                Value::String(format!("(secret {id})"))
            }
            Expr::Call(call) => self.call(key, call),
        }
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        let hidden = secrets::hidden(key, text);
        self.secret |= hidden.is_some();
        hidden.unwrap_or_else(|| text.to_owned())
    }

    fn call(&mut self, key: &str, call: &Call) -> Value {
        match call {
            Call::Join(delimiter, items) => json!({ "Fn::Join": [delimiter, self.value(key, items)] }),
            Call::Concat(parts) => {
                let parts: Vec<Value> = parts.iter().map(|part| self.value(key, part)).collect();
                json!({ "Fn::Join": ["", parts] })
            }
            Call::Select(index, list) => json!({ "Fn::Select": [self.value(key, index), self.value(key, list)] }),
            Call::Split(delimiter, source) => json!({ "Fn::Split": [delimiter, self.value(key, source)] }),
            Call::Base64(source) => json!({ "Fn::Base64": self.value(key, source) }),
            Call::Cidr(block, count, bits) => {
                json!({ "Fn::Cidr": [self.value(key, block), self.value(key, count), self.value(key, bits)] })
            }
            Call::ToJsonString(source) => json!({ "Fn::ToJsonString": self.value(key, source) }),
            Call::Length(list) => json!({ "Fn::Length": self.value(key, list) }),
            Call::Dynamic(text) => {
                self.secret = true;
                json!({ "Fn::Join": ["", ["(secret ", self.value("", text), ")"]] })
            }
        }
    }
}

/// A JSON pointer as the path that people read.
fn unescaped(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace("~1", "/").replace("~0", "~")
}

fn value_at<'a>(expr: &'a Expr, path: &str) -> Option<&'a Expr> {
    path.split('/').try_fold(expr, |expr, step| match expr {
        Expr::List(items) => items.get(step.parse::<usize>().ok()?),
        Expr::Map(entries) => find(entries, step),
        _ => None,
    })
}
