//! The way towards a template: every resource is compared with what is recorded of it, dependencies first.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::call::{Live, PlanAnswer, PlanCall};
use crate::expr::{Expr, Scope};
use crate::graph::{Cycle, Graph};
use crate::intrinsics::{self, Evaluated, EvaluatedResource, Evaluation, World};
use crate::model::{Action, PlannedOutput, PlannedResource, ResourceStatus, StackResource};
use crate::problem::{Problem, Span};
use crate::schema::{self, Handler, ResourceType};
use crate::template::Node;

use super::{destroy, diff, finish, has_errors, locate, refuse, tags, types};

/// Plans a parsed template.
pub fn plan(template: &Node, call: &PlanCall) -> PlanAnswer {
    let unknown = |_: &str, _: &str| None;
    let world = World {
        context: &call.context,
        stack: &call.stack,
        parameters: &call.parameters,
        previous: call.recorded.as_ref().map(|state| &state.parameters),
        found: &call.found,
        known: &unknown,
    };
    let mut evaluated = match intrinsics::evaluate(template, &world) {
        Evaluation::Done(evaluated) => evaluated,
        Evaluation::Needs(lookups) => return PlanAnswer::Needs { lookups },
        // Refused below, with what is wrong with the types and properties of the other resources.
        Evaluation::Refused { problems, sound } => Evaluated { resources: sound, problems, ..Evaluated::default() },
    };
    let mut problems = std::mem::take(&mut evaluated.problems);
    let kinds = check(&mut evaluated, call, &mut problems);
    let order = order(&evaluated, &mut problems);
    if has_errors(&problems) {
        return refuse(problems);
    }
    let mut desk = Desk::new(call, &evaluated);
    for at in order {
        if let (Some(resource), Some(Some(kind))) = (evaluated.resources.get(at), kinds.get(at)) {
            desk.decide(resource, *kind);
        }
    }
    let outputs = outputs(&evaluated, &desk);
    let gone = desk.unwanted(&evaluated);
    let mut resources = desk.planned;
    let (removed, mut warnings) = destroy::remove(&gone, &call.live, "it is no longer in the template");
    resources.extend(removed);
    problems.append(&mut warnings);
    let (plan, forecast) = finish::plan(call, resources, outputs);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    PlanAnswer::Planned { plan, problems, forecast, parameters: evaluated.parameters, no_echo: evaluated.no_echo }
}

/// Refuses types and properties that cannot be deployed, brings values to the schema's types and adds tags.
fn check(evaluated: &mut Evaluated<'_>, call: &PlanCall, problems: &mut Vec<Problem>) -> Vec<Option<ResourceType>> {
    let mut kinds = Vec::with_capacity(evaluated.resources.len());
    for resource in &mut evaluated.resources {
        let kind = match types::deployable(&resource.logical_id, &resource.type_name, resource.span) {
            Ok(kind) => kind,
            Err(problem) => {
                problems.push(problem);
                kinds.push(None);
                continue;
            }
        };
        schema::coerce(kind, &mut resource.properties);
        tags::apply(kind, &mut resource.properties, &call.tags);
        for complaint in schema::check(kind, &resource.properties) {
            let path = format!("Resources/{}/Properties/{}", resource.logical_id, complaint.path);
            let problem = Problem::error(complaint.code, resource.span_of(&complaint.path), complaint.message);
            problems.push(problem.at(path.trim_end_matches('/')).help(complaint.help));
        }
        for (attribute, code, what) in [
            ("CreationPolicy", "creation_policy_ignored", resource.has_creation_policy),
            ("UpdatePolicy", "update_policy_ignored", resource.has_update_policy),
        ] {
            if what {
                let message = format!(
                    "{attribute} of {} is not honoured: Cloud Control API has no such thing",
                    resource.logical_id
                );
                problems.push(
                    Problem::warning(code, resource.span, message)
                        .at(format!("Resources/{}/{attribute}", resource.logical_id)),
                );
            }
        }
        kinds.push(Some(kind));
    }
    attributes(evaluated, &kinds, problems);
    kinds
}

/// Refuses `Fn::GetAtt` of an attribute that the type does not have.
fn attributes(evaluated: &Evaluated<'_>, kinds: &[Option<ResourceType>], problems: &mut Vec<Problem>) {
    let types: BTreeMap<&str, ResourceType> = evaluated
        .resources
        .iter()
        .zip(kinds)
        .filter_map(|(resource, kind)| Some((resource.logical_id.as_str(), (*kind)?)))
        .collect();
    let mut visit = |expr: &Expr, root: String, span: &dyn Fn(&str) -> Span| {
        locate::attributes(expr, &mut |path, id, attribute| {
            let Some(kind) = types.get(id) else { return };
            if kind.attribute_kind(attribute).is_none() {
                let names = kind.attributes();
                let help = if names.is_empty() {
                    format!("{} has no attributes; Ref returns its identifier", kind.name())
                } else {
                    format!("{} has {}", kind.name(), names.join(", "))
                };
                let message = format!("{id} ({}) has no attribute {attribute}", kind.name());
                let place = if path.is_empty() { root.clone() } else { format!("{root}/{path}") };
                problems.push(Problem::error("unknown_attribute", span(path), message).at(place).help(help));
            }
        });
    };
    for resource in &evaluated.resources {
        let root = format!("Resources/{}/Properties", resource.logical_id);
        visit(&resource.properties, root, &|path| resource.span_of(path));
    }
    for output in &evaluated.outputs {
        visit(&output.value, format!("Outputs/{}/Value", output.name), &|_| output.span);
    }
}

/// Dependencies first; a cycle becomes a problem that shows the path.
fn order(evaluated: &Evaluated<'_>, problems: &mut Vec<Problem>) -> Vec<usize> {
    let index: BTreeMap<&str, usize> =
        evaluated.resources.iter().enumerate().map(|(at, resource)| (resource.logical_id.as_str(), at)).collect();
    let mut graph = Graph::new(evaluated.resources.len());
    for (at, resource) in evaluated.resources.iter().enumerate() {
        for dependency in dependencies(resource) {
            if let Some(other) = index.get(dependency.as_str()) {
                graph.depend(at, *other);
            }
        }
    }
    graph.order().unwrap_or_else(|Cycle(path)| {
        let members: Vec<&EvaluatedResource<'_>> = path.iter().filter_map(|at| evaluated.resources.get(*at)).collect();
        let names: Vec<&str> =
            members.iter().chain(members.first()).map(|resource| resource.logical_id.as_str()).collect();
        let span = members.first().map_or_else(Span::default, |resource| resource.span);
        problems.push(
            Problem::error("dependency_cycle", span, format!("resources depend on each other: {}", names.join(" → ")))
                .at(names.first().map(|name| format!("Resources/{name}")).unwrap_or_default())
                .help(
                    "remove one of these references, or split one resource so that the link is a resource of its own",
                ),
        );
        Vec::new()
    })
}

/// Everything that must be there before `resource`: what it refers to and what DependsOn names, sorted.
fn dependencies(resource: &EvaluatedResource<'_>) -> BTreeSet<String> {
    resource.references.iter().map(|(id, _)| id).chain(&resource.depends_on).cloned().collect()
}

fn outputs(evaluated: &Evaluated<'_>, desk: &Desk<'_>) -> Vec<PlannedOutput> {
    let planned = evaluated.outputs.iter().map(|output| PlannedOutput {
        name: output.name.clone(),
        value: output.value.simplify(desk),
        description: output.description.clone(),
        export_name: output.export_name.clone(),
    });
    planned.collect()
}

/// Decides resource by resource; knows the values of those that stay.
struct Desk<'a> {
    call: &'a PlanCall,
    recorded: BTreeMap<&'a str, &'a StackResource>,
    needs: BTreeMap<String, BTreeSet<String>>,
    stays: BTreeMap<String, (&'a StackResource, ResourceType)>,
    planned: Vec<PlannedResource>,
}

impl<'a> Desk<'a> {
    fn new(call: &'a PlanCall, evaluated: &Evaluated<'_>) -> Self {
        let state = call.recorded.as_ref();
        let recorded = state.into_iter().flat_map(|state| &state.resources);
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let used = evaluated.resources.iter().map(|resource| &resource.references);
        for (id, attribute) in used.chain(evaluated.outputs.iter().map(|output| &output.references)).flatten() {
            needs.entry(id.clone()).or_default().insert(attribute.clone());
        }
        Self {
            call,
            recorded: recorded.map(|resource| (resource.logical_id.as_str(), resource)).collect(),
            needs,
            stays: BTreeMap::new(),
            planned: Vec::with_capacity(evaluated.resources.len()),
        }
    }

    fn decide(&mut self, resource: &EvaluatedResource<'_>, kind: ResourceType) {
        let desired = resource.properties.simplify(self);
        let recorded = self.recorded.get(resource.logical_id.as_str()).copied();
        let gone = matches!(self.call.live.get(&resource.logical_id), Some(Live::Absent {}));
        let (action, reasons, recorded) = match recorded {
            None => (Action::Create, Vec::new(), None),
            Some(_) if gone => (Action::Create, vec!["it was deleted outside of Assent".to_owned()], None),
            Some(recorded) if recorded.status == ResourceStatus::CreateFailed => {
                let reason = "its creation failed; what is left of it is deleted first".to_owned();
                (Action::Create, vec![reason], Some(recorded))
            }
            Some(recorded) => {
                let (action, reasons) = self.compare(recorded, kind, &desired);
                (action, reasons, Some(recorded))
            }
        };
        if let (Action::Noop | Action::Update, Some(recorded)) = (action, recorded) {
            self.stays.insert(resource.logical_id.clone(), (recorded, kind));
        }
        let needs = self.needs.remove(&resource.logical_id).unwrap_or_default().into_iter().collect();
        self.planned.push(PlannedResource {
            logical_id: resource.logical_id.clone(),
            type_name: resource.type_name.clone(),
            action,
            reasons,
            depends_on: dependencies(resource).into_iter().collect(),
            desired: Some(desired),
            recorded: recorded.cloned(),
            needs,
            deletion_policy: resource.deletion_policy.clone(),
            update_replace_policy: resource.update_replace_policy.clone(),
            irreversible: if action == Action::Replace { replaced(recorded, kind) } else { Vec::new() },
            estimate_ms: 0,
        });
    }

    /// What has to be done with a resource that exists.
    fn compare(&self, recorded: &StackResource, kind: ResourceType, desired: &Expr) -> (Action, Vec<String>) {
        if recorded.type_name != kind.name() {
            return (Action::Replace, vec![format!("its type was {}", recorded.type_name)]);
        }
        let paths = diff::changed(&recorded.applied, desired);
        let create_only = kind.create_only();
        let fixed = |path: &&String| create_only.iter().any(|fixed| diff::touches(path, fixed));
        let replacing: Vec<String> =
            paths.iter().filter(fixed).map(|path| format!("{path} can only be set at creation")).collect();
        if !replacing.is_empty() {
            return (Action::Replace, replacing);
        }
        let mut reasons: Vec<String> = paths.iter().map(|path| format!("{path} changes")).collect();
        let before = self.call.recorded.as_ref().map(|state| &state.fingerprints);
        for secret in desired.secrets() {
            let (old, new) = (before.and_then(|prints| prints.get(&secret)), self.call.fingerprints.get(&secret));
            if new.is_some() && old != new {
                reasons.push(format!("the value of {secret} changes"));
            }
        }
        if recorded.status == ResourceStatus::UpdateFailed {
            reasons.push("its last update failed".to_owned());
        }
        match (reasons.is_empty(), kind.has(Handler::Update)) {
            (true, _) => (Action::Noop, reasons),
            (false, true) => (Action::Update, reasons),
            (false, false) => {
                reasons.push(format!("{} cannot be updated in place", kind.name()));
                (Action::Replace, reasons)
            }
        }
    }

    /// Recorded resources that the template no longer has.
    fn unwanted(&self, evaluated: &Evaluated<'_>) -> Vec<StackResource> {
        let wanted: BTreeSet<&str> = evaluated.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
        self.recorded.iter().filter(|(id, _)| !wanted.contains(*id)).map(|(_, resource)| (*resource).clone()).collect()
    }

    fn value(&self, id: &str, attribute: &str) -> Option<Value> {
        let (resource, kind) = self.stays.get(id)?;
        if let Some(value) = resource.attributes.get(attribute) {
            return Some(value.clone());
        }
        let nothing = Value::Object(serde_json::Map::new());
        let properties = match self.call.live.get(id) {
            Some(Live::Present { properties }) => properties,
            _ => &nothing,
        };
        match attribute {
            "Ref" => kind.reference_value(&resource.physical_id, properties),
            other => kind.attribute_value(other, &resource.physical_id, properties),
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

fn replaced(recorded: Option<&StackResource>, kind: ResourceType) -> Vec<String> {
    let lost = recorded.filter(|old| old.update_replace_policy == "Delete" && kind.stateful());
    lost.map(|old| format!("{} ({}) and the data in it are replaced", old.logical_id, old.physical_id))
        .into_iter()
        .collect()
}
