//! Where what is there is no longer what was deployed.
//!
//! Declared properties are compared with what was applied, and where that was rewritten at once, with what the cloud then
//! said (terraform-provider-awscc #1893: `HTTPS` is `https` from the first read on). Of the others only a change counts, against the model that the
//! cloud returned when the resource was last deployed: defaults it fills in are not drift, a default that somebody
//! changed is. Read-only and write-only properties, those the provider rewrites, values made from secrets, AWS's own
//! tags and those of ownership are never compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use crate::call::Live;
use crate::expr::Expr;
use crate::model::{ResourceStatus, StackResource};
use crate::schema::{self, Kind, ResourceType, is_within, touches};

use super::patch::{Drift, Subject, entries, patch};
use crate::same::{agrees, find, is_system_key, member, owned};

/// What is compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DriftCall {
    /// As recorded.
    pub resources: Vec<StackResource>,
    /// What reads returned, by logical id; one that is missing was not read.
    pub live: BTreeMap<String, Live>,
    /// The model the cloud returned when the resource was last deployed, by logical id; without it only declared
    /// properties are compared.
    #[serde(default)]
    #[tsify(type = "Record<string, unknown>")]
    pub baseline: BTreeMap<String, Value>,
}

/// What has drifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drifted {
    /// Every recorded resource.
    pub resources: Vec<ResourceDrift>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceDrift {
    /// Name in the template.
    pub logical_id: String,
    /// e.g. `AWS::SQS::Queue`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Primary identifier.
    pub physical_id: String,
    /// How it stands.
    pub status: DriftStatus,
    /// By path; empty unless modified.
    pub differences: Vec<Difference>,
    /// It was read, but there is no baseline: what the template does not mention was not compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[tsify(optional)]
    pub declared_only: bool,
}

/// How a resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum DriftStatus {
    /// As deployed.
    InSync,
    /// A property differs.
    Modified,
    /// It is gone.
    Deleted,
    /// Its type has no read handler, or the read was refused.
    Unreadable,
}

/// A property that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Difference {
    /// Slash-separated, below the resource's properties.
    pub path: String,
    /// As deployed; null where it was not there.
    #[tsify(type = "unknown")]
    pub recorded: Value,
    /// As read; null where it is gone.
    #[tsify(type = "unknown")]
    pub live: Value,
    /// Whether the template says something about it.
    pub declared: bool,
}

/// Compares every resource.
#[must_use]
pub fn drift(call: &DriftCall) -> Drifted {
    let of = |resource: &StackResource| {
        let (status, differences) = match (call.live.get(&resource.logical_id), schema::lookup(&resource.type_name)) {
            (Some(Live::Absent {}), _) => (DriftStatus::Deleted, Vec::new()),
            (Some(Live::Present { properties }), Some(kind)) => {
                let found = differences(kind, resource, properties, call.baseline.get(&resource.logical_id));
                (if found.is_empty() { DriftStatus::InSync } else { DriftStatus::Modified }, found)
            }
            _ => (DriftStatus::Unreadable, Vec::new()),
        };
        ResourceDrift {
            logical_id: resource.logical_id.clone(),
            type_name: resource.type_name.clone(),
            physical_id: resource.physical_id.clone(),
            status,
            differences,
            declared_only: matches!(status, DriftStatus::InSync | DriftStatus::Modified)
                && !call.baseline.contains_key(&resource.logical_id),
        }
    };
    Drifted { resources: call.resources.iter().map(of).collect() }
}

fn differences(
    kind: ResourceType,
    resource: &StackResource,
    live: &Value,
    baseline: Option<&Value>,
) -> Vec<Difference> {
    // A patch to what is applied already touches nothing and names what somebody else has changed.
    let none = BTreeSet::new();
    let applied = &resource.applied;
    let subject = Subject { kind, before: vec![applied], desired: applied, live: Some(live), renewed: &none };
    let rewritten = |drift: &Drift| {
        let complete = resource.status == ResourceStatus::Complete;
        complete && drift.live.is_some() && drift.live.as_ref() == baseline.and_then(|then| at(then, &drift.path))
    };
    let declared = patch(&subject).drifted.into_iter().filter(|drift| !rewritten(drift)).map(|drift| Difference {
        path: drift.path,
        recorded: drift.recorded,
        live: drift.live.unwrap_or_default(),
        declared: true,
    });
    let mut found: Vec<Difference> = declared.collect();
    if let Some(baseline) = baseline {
        let hidden = kind.read_only().into_iter().chain(kind.write_only());
        let rewritten = kind.property_transforms().into_iter().map(|(path, _)| path).collect();
        let mut walk = Undeclared { hidden: hidden.collect(), rewritten, path: Vec::new(), found: Vec::new() };
        walk.object(Some(Kind::Object(kind.object())), Some(applied), baseline, live);
        found.append(&mut walk.found);
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

/// The value at a slash-separated path.
fn at<'a>(model: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(model, |value, part| value.get(part))
}

/// The walk over what the template does not mention.
struct Undeclared {
    hidden: Vec<&'static str>,
    rewritten: Vec<&'static str>,
    path: Vec<String>,
    found: Vec<Difference>,
}

impl Undeclared {
    fn object(&mut self, kind: Option<Kind>, applied: Option<&Expr>, before: &Value, now: &Value) {
        let keys = |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<BTreeSet<_>>());
        let mut names = keys(before).unwrap_or_default();
        names.append(&mut keys(now).unwrap_or_default());
        for name in names {
            let declared = applied.and_then(|applied| find(entries(applied), &name));
            let (was, is) = (before.get(&name), now.get(&name));
            self.path.push(name.clone());
            self.value(member(kind, &name), declared, was, is);
            self.path.pop();
        }
    }

    fn value(&mut self, kind: Option<Kind>, declared: Option<&Expr>, was: Option<&Value>, is: Option<&Value>) {
        let path = self.path.join("/");
        if is_within(&self.hidden, &path) || self.rewritten.iter().any(|other| touches(&path, other)) {
            return;
        }
        let walked = matches!(kind, Some(Kind::Object(_))) && matches!(declared, None | Some(Expr::Map(_)));
        if let (true, Some(was @ Value::Object(_)), Some(is @ Value::Object(_))) = (walked, was, is) {
            self.object(kind, declared, was, is);
            return;
        }
        // What is declared has been compared with what was applied.
        if declared.is_some() || is_unchanged(kind, was, is) {
            return;
        }
        let (recorded, live) = (was.cloned().unwrap_or_default(), is.cloned().unwrap_or_default());
        self.found.push(Difference { path, recorded, live, declared: false });
    }
}

fn is_unchanged(kind: Option<Kind>, was: Option<&Value>, is: Option<&Value>) -> bool {
    match (own(was), own(is)) {
        (None, None) => true,
        (Some(was), Some(is)) => {
            let (was, is) = (Expr::known(was), Expr::known(is));
            agrees(kind, &was, &is) && agrees(kind, &is, &was)
        }
        _ => false,
    }
}

/// The value without AWS's own tags and those of ownership; nothing where it is empty.
fn own(value: Option<&Value>) -> Option<Value> {
    let is_own = |item: &&Value| !item.get("Key").and_then(Value::as_str).is_some_and(is_system_key);
    match value? {
        Value::Null => None,
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| !owned::is_mark(key));
            let kept: serde_json::Map<String, Value> = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<Value> = items.iter().filter(is_own).cloned().collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        other => Some(other.clone()),
    }
}
