//! Decides resource by resource, dependencies first; knows the values of those that stay.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::call::{Live, PlanCall};
use crate::expr::{Expr, Scope};
use crate::intrinsics::{Evaluated, EvaluatedResource};
use crate::model::{Action, OldResource, PatchOperation, PlannedResource, Replacement, ResourceStatus, StackResource};
use crate::problem::Problem;
use crate::schema::ResourceType;

use super::change::{Change, Comparison, change};
use super::deploy::dependencies;
use super::patch::Drift;
use super::places::{Names, overwrites, places};
use super::replacement::{self, Exchange, Reason};
use super::{claims, imports, moved, names, patch};

/// Parts of names of attributes that an update changes by itself. All others are taken to stay as they are, unless the
/// update writes them: an identifier, an ARN or an endpoint outlives an update, or it would be a replacement.
const VOLATILE: [&str; 6] = ["Version", "Revision", "LastModified", "LastUpdated", "Hash", "ETag"];

/// What is decided so far.
pub struct Desk<'a> {
    call: &'a PlanCall,
    /// What is recorded and not decided on yet.
    recorded: BTreeMap<String, StackResource>,
    needs: BTreeMap<String, BTreeSet<String>>,
    /// New names to old ones.
    moves: BTreeMap<String, String>,
    /// Names of the template.
    named: BTreeSet<String>,
    /// What the resources decided on are called in the cloud.
    called: Names,
    /// Secrets whose values are not those used last.
    renewed: BTreeSet<String>,
    stays: BTreeMap<String, Stay<'a>>,
    /// Resources that get another identifier.
    fresh: BTreeSet<String>,
    /// Resources that are deleted before they are created again.
    first: BTreeSet<String>,
    /// The decisions.
    pub planned: Vec<PlannedResource>,
    /// What is wrong with them, and warnings.
    pub problems: Vec<Problem>,
}

/// A resource that keeps its identity.
struct Stay<'a> {
    /// Index of its decision.
    at: usize,
    kind: ResourceType,
    live: Option<Cow<'a, Value>>,
}

/// A decision in the making.
struct Decision<'a> {
    recorded: Option<StackResource>,
    change: Change,
    replacement: Option<Replacement>,
    irreversible: Vec<String>,
    notes: Vec<String>,
    old: Vec<OldResource>,
    live: Option<Cow<'a, Value>>,
    /// The name that the template does not give.
    given_name: Option<String>,
}

impl Decision<'_> {
    fn create(
        reasons: Vec<String>,
        recorded: Option<StackResource>,
        old: Vec<OldResource>,
        given_name: Option<String>,
    ) -> Self {
        let change =
            Change { action: Action::Create, reasons, patch: Vec::new(), drifted: Vec::new(), maybe: Vec::new() };
        let (irreversible, notes) = (Vec::new(), Vec::new());
        Self { recorded, change, replacement: None, irreversible, notes, old, live: None, given_name }
    }
}

impl<'a> Desk<'a> {
    /// An empty one; `recorded` are the resources that exist.
    pub fn new(
        call: &'a PlanCall,
        recorded: Vec<StackResource>,
        moves: BTreeMap<String, String>,
        evaluated: &Evaluated<'_>,
    ) -> Self {
        let state = call.recorded.as_ref();
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let used = evaluated.resources.iter().map(|resource| &resource.references);
        for (id, attribute) in used.chain(evaluated.outputs.iter().map(|output| &output.references)).flatten() {
            needs.entry(id.clone()).or_default().insert(attribute.clone());
        }
        let before = |id: &String| state.and_then(|state| state.fingerprints.get(id));
        let renewed = call.fingerprints.iter().filter(|(id, print)| before(id) != Some(print));
        Self {
            call,
            recorded: recorded.into_iter().map(|resource| (resource.logical_id.clone(), resource)).collect(),
            moves,
            named: evaluated.resources.iter().map(|resource| resource.logical_id.clone()).collect(),
            called: Names::new(),
            needs,
            renewed: renewed.map(|(id, _)| id.clone()).collect(),
            stays: BTreeMap::new(),
            fresh: BTreeSet::new(),
            first: BTreeSet::new(),
            planned: Vec::with_capacity(evaluated.resources.len()),
            problems: Vec::new(),
        }
    }

    /// Decides on the next resource; its dependencies have been decided on. Its properties become those of the decision.
    pub fn decide(&mut self, resource: &mut EvaluatedResource<'_>, kind: ResourceType) {
        let properties = std::mem::replace(&mut resource.properties, Expr::Null);
        let resource = &*resource;
        let id = &resource.logical_id;
        let desired = properties.into_simpler(self);
        let moved_from = self.moved_from(id, kind.name(), &desired);
        let decision = self.decision(resource, kind, &desired, moved_from.as_deref());
        let Decision { recorded, mut change, replacement, irreversible, notes, old, live, given_name } = decision;
        let desired = match (names::unnamed(kind, &desired), &given_name) {
            (Some(naming), Some(name)) => names::with(&desired, naming, name),
            _ => desired,
        };
        let moved_from = moved_from.filter(|_| recorded.is_some());
        if let Some(old) = &moved_from {
            change.reasons.insert(0, format!("it was called {old}"));
            if change.action == Action::Noop {
                change.action = Action::Update;
            }
        }
        self.warn(resource, &change);
        match (change.action, &recorded) {
            (Action::Noop | Action::Update | Action::Import, Some(_)) => {
                let stay = Stay { at: self.planned.len(), kind, live };
                self.stays.insert(id.clone(), stay);
            }
            (Action::Replace, _) if replacement == Some(Replacement::DeleteBeforeCreate) => {
                self.first.insert(id.clone());
            }
            (Action::Replace, _) => {
                self.fresh.insert(id.clone());
            }
            _ => {}
        }
        if let Some(name) = claims::name(&resource.type_name, &desired) {
            self.called.insert(id.clone(), name);
        }
        let needs = self.needs.remove(id).unwrap_or_default().into_iter().collect();
        self.planned.push(PlannedResource {
            logical_id: id.clone(),
            type_name: resource.type_name.clone(),
            action: change.action,
            reasons: change.reasons,
            depends_on: dependencies(resource).into_iter().collect(),
            after: None,
            desired: Some(desired),
            recorded,
            needs,
            deletion_policy: resource.deletion_policy.clone(),
            update_replace_policy: resource.update_replace_policy.clone(),
            irreversible,
            moved_from,
            given_name,
            notes,
            patch: change.patch,
            replacement,
            old,
            takes_from: Vec::new(),
            early: false,
            estimate_ms: 0,
        });
    }

    /// What the stack calls it: as whoever deploys says, or the resource that writes to the same places and that the
    /// template no longer has.
    fn moved_from(&mut self, id: &str, type_name: &str, desired: &Expr) -> Option<String> {
        if let Some(old) = self.moves.get(id) {
            return Some(old.clone());
        }
        if self.recorded.contains_key(id) {
            return None;
        }
        if !overwrites(type_name) {
            return None;
        }
        let (context, called) = (&self.call.context, &self.called);
        let wanted = places(type_name, desired, called, context);
        let gone = |resource: &&StackResource| {
            resource.type_name == type_name
                && !self.named.contains(&resource.logical_id)
                && resource.status != ResourceStatus::CreateFailed
        };
        let same = |resource: &&StackResource| places(type_name, &resource.applied, called, context) == wanted;
        let old = self.recorded.values().filter(gone).find(same).filter(|_| !wanted.is_empty())?;
        let old = old.logical_id.clone();
        self.moves.insert(id.to_owned(), old.clone());
        Some(old)
    }

    fn decision(
        &mut self,
        resource: &EvaluatedResource<'_>,
        kind: ResourceType,
        desired: &Expr,
        moved_from: Option<&str>,
    ) -> Decision<'a> {
        if let Some((adopted, live)) = imports::adopted(self.call, resource, kind, desired) {
            return self.import(resource, kind, desired, adopted, live);
        }
        let call = self.call;
        let naming = names::unnamed(kind, desired);
        let fresh = || naming.and_then(|naming| names::fresh(call, &resource.logical_id, naming));
        let known_as = moved_from.unwrap_or(&resource.logical_id);
        let live = call.live.get(known_as);
        let Some(mut recorded) = self.recorded.remove(known_as) else {
            return Decision::create(Vec::new(), None, Vec::new(), fresh());
        };
        if let Some(stack) = call.foreign.get(known_as) {
            self.problems.push(made_anew(resource, &recorded.physical_id, stack));
        }
        recorded.logical_id.clone_from(&resource.logical_id);
        let left = recorded.replaced.clone();
        if matches!(live, Some(Live::Absent {})) {
            return Decision::create(vec!["it was deleted outside of Assent".to_owned()], None, left, fresh());
        }
        if recorded.status == ResourceStatus::CreateFailed {
            let reason = "its creation failed; what is left of it is deleted first".to_owned();
            let old = std::iter::once(as_old(&recorded)).chain(left).collect();
            return Decision::create(vec![reason], Some(recorded), old, fresh());
        }
        // What has a name, given or not, keeps what it has.
        let mut given_name = recorded.given_name.clone().filter(|_| naming.is_some());
        let named = |name: Option<&String>| match (naming, name) {
            (Some(naming), Some(name)) => Cow::Owned(names::with(desired, naming, name)),
            _ => Cow::Borrowed(desired),
        };
        let kept_as = named(given_name.as_ref());
        let live = if let Some(Live::Present { properties }) = live { Some(properties) } else { None };
        let mut change =
            change(&Comparison { kind, recorded: &recorded, desired: &kept_as, live, renewed: &self.renewed });
        let (mut irreversible, mut notes, mut old, mut replacement) = (Vec::new(), Vec::new(), left, None);
        if let Some(last) = old.first() {
            if change.action == Action::Noop {
                change.action = Action::Update;
            }
            change.reasons.push(format!("{}, which it has replaced, is still to be deleted", last.physical_id));
        }
        if change.action == Action::Replace {
            let kept = keeping(&recorded, resource);
            given_name = fresh();
            let first = self.delete_first(resource, kind, &recorded, &named(given_name.as_ref()));
            match (kept, first) {
                (Some(policy), first) => {
                    if let Some(Reason::Name(property)) = first {
                        self.refuse_taken(resource, policy, property);
                    }
                    if policy == "Snapshot" {
                        self.snapshot(resource);
                    }
                    replacement = Some(Replacement::CreateBeforeDelete);
                    notes.push(format!(
                        "the old one ({}) is kept by its UpdateReplacePolicy ({policy}) and no longer managed",
                        recorded.physical_id
                    ));
                }
                (None, first) => {
                    let (order, note) = replacement::order(first.as_ref());
                    replacement = Some(order);
                    notes.extend(note);
                    old.insert(0, as_old(&recorded));
                    let stateful = crate::schema::lookup(&recorded.type_name).is_some_and(|kind| kind.stateful());
                    if stateful {
                        let OldResource { physical_id, .. } = as_old(&recorded);
                        irreversible
                            .push(format!("{} ({physical_id}) and the data in it are replaced", recorded.logical_id));
                    }
                }
            }
        }
        Decision {
            recorded: Some(recorded),
            change,
            replacement,
            irreversible,
            notes,
            old,
            live: live.map(Cow::Borrowed),
            given_name,
        }
    }

    fn import(
        &mut self,
        resource: &EvaluatedResource<'_>,
        kind: ResourceType,
        desired: &Expr,
        adopted: StackResource,
        live: Value,
    ) -> Decision<'a> {
        let none = BTreeSet::new();
        let comparison = Comparison { kind, recorded: &adopted, desired, live: Some(&live), renewed: &none };
        let mut change = change(&comparison);
        if change.action == Action::Replace {
            let message = format!(
                "{} cannot be imported: {} is not what the template wants ({})",
                resource.logical_id,
                adopted.physical_id,
                change.reasons.join("; ")
            );
            self.problems.push(
                imports::problem("import_differs", resource, message)
                    .help("make the template say what is there, or let the resource be created anew"),
            );
        }
        change.action = Action::Import;
        change.reasons.insert(0, format!("{} is taken over", adopted.physical_id));
        change.drifted.clear();
        let (irreversible, notes, old) = (Vec::new(), Vec::new(), Vec::new());
        Decision {
            recorded: Some(adopted),
            change,
            replacement: None,
            irreversible,
            notes,
            old,
            live: Some(Cow::Owned(live)),
            given_name: None,
        }
    }

    fn delete_first(
        &self,
        resource: &EvaluatedResource<'_>,
        kind: ResourceType,
        recorded: &StackResource,
        desired: &Expr,
    ) -> Option<Reason> {
        let used = dependencies(resource).into_iter().chain(recorded.depends_on.iter().cloned());
        let dependency = used.into_iter().find(|id| self.first.contains(id));
        replacement::delete_first(&Exchange { kind, recorded, desired, fresh: &self.fresh, dependency })
    }

    fn refuse_taken(&mut self, resource: &EvaluatedResource<'_>, policy: &str, property: &str) {
        let id = &resource.logical_id;
        let message = format!(
            "{id} has to be replaced, but its UpdateReplacePolicy ({policy}) keeps the old one, which has the same {property}"
        );
        let problem = Problem::error("replacement_name_taken", resource.span_of(property), message);
        let problem = problem.at(format!("Resources/{id}/Properties/{property}"));
        self.problems.push(problem.help(format!("change {property}, or set UpdateReplacePolicy to Delete")));
    }

    fn snapshot(&mut self, resource: &EvaluatedResource<'_>) {
        let id = &resource.logical_id;
        let message = format!(
            "{id} is kept when it is replaced: Cloud Control API cannot take the snapshot its UpdateReplacePolicy asks for"
        );
        self.problems.push(
            Problem::warning("snapshot_not_supported", resource.span, message)
                .at(format!("Resources/{id}/UpdateReplacePolicy"))
                .help("take the snapshot and delete the old resource yourself, or set UpdateReplacePolicy to Delete"),
        );
    }

    fn warn(&mut self, resource: &EvaluatedResource<'_>, change: &Change) {
        let id = &resource.logical_id;
        for path in &change.maybe {
            let message = format!("{id} may have to be replaced: whether {path} can change in place only AWS can tell");
            self.problems.push(
                Problem::warning("maybe_replaced", resource.span_of(path), message)
                    .at(format!("Resources/{id}/Properties/{path}"))
                    .help("if AWS refuses, the deployment stops there and says so"),
            );
        }
        for Drift { path, recorded, live } in &change.drifted {
            let now = live.as_ref().map_or_else(|| "absent".to_owned(), patch::shortened);
            let message =
                format!("{id} was changed outside of Assent: {path} was {} and is {now}", patch::shortened(recorded));
            self.problems.push(
                Problem::warning("drifted", resource.span_of(path), message)
                    .at(format!("Resources/{id}/Properties/{path}"))
                    .help("it is left alone, because the template has not changed there"),
            );
        }
    }

    /// Recorded resources that the template no longer has: those that nothing was decided on. What has another name now
    /// has it everywhere.
    pub fn unwanted(&mut self) -> Vec<StackResource> {
        let mut gone: Vec<StackResource> = std::mem::take(&mut self.recorded).into_values().collect();
        let names: BTreeMap<String, String> = self.moves.iter().map(|(new, old)| (old.clone(), new.clone())).collect();
        if !names.is_empty() {
            let planned = self.planned.iter_mut().filter_map(|resource| resource.recorded.as_mut());
            planned.chain(&mut gone).for_each(|resource| moved::rename(resource, &names));
        }
        gone
    }

    fn value(&self, id: &str, attribute: &str) -> Option<Value> {
        let Stay { at, kind, live } = self.stays.get(id)?;
        let PlannedResource { recorded, patch, .. } = self.planned.get(*at)?;
        let recorded = recorded.as_ref()?;
        if attribute != "Ref" && is_affected(attribute, patch) {
            return None;
        }
        if let Some(value) = recorded.attributes.get(attribute) {
            return Some(value.clone());
        }
        let nothing = Value::Object(serde_json::Map::new());
        let properties = live.as_deref().unwrap_or(&nothing);
        match attribute {
            "Ref" => kind.reference_value(&recorded.physical_id, properties),
            other => kind.attribute_value(other, &recorded.physical_id, properties),
        }
    }
}

impl Scope for Desk<'_> {
    fn reference(&self, logical_id: &str) -> Option<Value> {
        self.value(logical_id, "Ref")
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value> {
        self.value(logical_id, attribute)
    }

    fn secret(&self, _: &str) -> Option<Value> {
        None
    }
}

/// Whether a patch may change what this attribute says.
fn is_affected(attribute: &str, patch: &[PatchOperation]) -> bool {
    let path = format!("/{}", attribute.replace('.', "/"));
    let meets = |other: &str| {
        let below =
            |one: &str, two: &str| one.strip_prefix(two).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below(&path, other) || below(other, &path)
    };
    !patch.is_empty()
        && (VOLATILE.iter().any(|part| attribute.contains(part))
            || patch.iter().any(|operation| meets(&operation.path)))
}

fn made_anew(resource: &EvaluatedResource<'_>, physical_id: &str, stack: &str) -> Problem {
    let id = &resource.logical_id;
    let message =
        format!("{id} ({physical_id}) is no longer this stack's: its tags say that stack {stack} has made it anew");
    imports::problem("made_anew", resource, message)
        .help("give it another name here, or take it out of the template: it is forgotten then, and stays")
}

fn as_old(resource: &StackResource) -> OldResource {
    OldResource { physical_id: resource.physical_id.clone(), type_name: resource.type_name.clone() }
}

/// The policy that keeps the old one: the recorded or the wanted one, whichever keeps.
fn keeping<'a>(recorded: &'a StackResource, resource: &'a EvaluatedResource<'_>) -> Option<&'a str> {
    [&resource.update_replace_policy, &recorded.update_replace_policy]
        .into_iter()
        .map(String::as_str)
        .find(|policy| *policy != "Delete")
}
