//! The way towards a template: every resource is compared with what is recorded of it, dependencies first.

use std::collections::{BTreeSet, HashMap};

use crate::call::PlanCall;
use crate::expr::Expr;
use crate::graph::{Cycle, Graph};
use crate::intrinsics::{self, Evaluated, EvaluatedResource, Evaluation, World};
use crate::model::PlannedOutput;
use crate::problem::{Problem, Severity, Span};
use crate::schema::{self, ResourceType};
use crate::template::{Entry, Kind, Node};

use super::desk::Desk;
use super::planned::{Origin, Planned, Planning};
use super::{destroy, finish, handover, has_errors, identifiers, implied, imports, locate, moved, refuse, tags, types};

/// Plans a parsed template.
pub fn plan(template: &Node, mut call: PlanCall) -> Planning {
    let remembered = call.recorded.as_mut().map(|state| std::mem::take(&mut state.tags)).unwrap_or_default();
    call.tags = tags::merged(remembered, std::mem::take(&mut call.tags));
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
        Evaluation::Needs { lookups, optional } => return Planning::Needs { lookups, optional },
        // Refused below, with what is wrong with the types and properties of the other resources.
        Evaluation::Refused { mut problems, sound } => {
            types_of_others(template, &sound, &mut problems);
            Evaluated { resources: sound, problems, ..Evaluated::default() }
        }
    };
    let mut problems = std::mem::take(&mut evaluated.problems);
    tags::check(&call.tags, &mut problems);
    let kinds = check(&mut evaluated, &call, &mut problems);
    implied::add(&mut evaluated.resources, &kinds);
    let order = order(&evaluated, &mut problems);
    if has_errors(&problems) {
        return refuse(problems);
    }
    let lookups = imports::lookups(&call, &evaluated, &kinds, &mut problems);
    if has_errors(&problems) {
        return refuse(problems);
    }
    if !lookups.is_empty() {
        return Planning::Needs { lookups, optional: Vec::new() };
    }
    let moves = moved::given(template, &call, &evaluated.resources, &mut problems);
    if has_errors(&problems) {
        return refuse(problems);
    }
    let recorded = call.recorded.as_mut().map(|state| std::mem::take(&mut state.resources)).unwrap_or_default();
    let mut desk = Desk::new(&call, recorded, moves, &evaluated);
    for at in order {
        if let (Some(resource), Some(Some(kind))) = (evaluated.resources.get_mut(at), kinds.get(at)) {
            desk.decide(resource, *kind);
        }
    }
    let outputs = outputs(&evaluated, &desk);
    let gone = desk.unwanted();
    let Desk { planned: mut resources, problems: mut found, .. } = desk;
    problems.append(&mut found);
    let place =
        |id: &str| evaluated.resources.iter().find(|it| it.logical_id == id).map(|it| it.span).unwrap_or_default();
    handover::refuse_shared(&resources, &call.context, &place, &mut problems);
    if has_errors(&problems) {
        return refuse(problems);
    }
    let (removed, mut warnings) = destroy::remove(&gone, &call.live, &call.foreign, "it is no longer in the template");
    resources.extend(removed);
    problems.append(&mut warnings);
    handover::order(&mut resources, &call.context, &place, &mut problems);
    let origin = origin(&mut evaluated);
    let (plan, forecast, text) = finish::plan(&call, resources, outputs);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    let Evaluated { parameters, no_echo, .. } = evaluated;
    let tags = call.tags;
    Planning::Planned(Box::new(Planned { plan, text, problems, forecast, parameters, tags, no_echo, origin }))
}

/// How the values came about; the parts of `evaluated` that nobody needs after this are taken out of it.
fn origin(evaluated: &mut Evaluated<'_>) -> Origin {
    let unrolled = evaluated.resources.iter().filter_map(|it| Some((it.logical_id.clone(), it.unrolled()?.clone())));
    let spans = evaluated.resources.iter().map(|resource| (resource.logical_id.clone(), resource.span));
    Origin {
        unrolled: unrolled.collect(),
        spans: spans.collect(),
        secrets: std::mem::take(&mut evaluated.secrets),
        conditions: std::mem::take(&mut evaluated.conditions),
    }
}

/// Refuses types that cannot be deployed also where the resource has another problem already.
fn types_of_others(template: &Node, sound: &[EvaluatedResource<'_>], problems: &mut Vec<Problem>) {
    let Some(Kind::Map(resources)) = member(template, "Resources").map(|node| &node.kind) else { return };
    let mut found = Vec::new();
    for Entry { key, key_span, value } in resources {
        let within = format!("Resources/{key}/");
        let is_bad = problems.iter().any(|it| it.severity == Severity::Error && it.path.starts_with(&within));
        if !is_bad || sound.iter().any(|resource| resource.logical_id == *key) {
            continue;
        }
        if let Some(Kind::String(name)) = member(value, "Type").map(|node| &node.kind) {
            found.extend(types::deployable(key, name, *key_span).err());
        }
    }
    problems.append(&mut found);
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
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
        identifiers::guard(resource, kind, call, problems);
        tags::guard(resource, kind, problems);
        tags::apply(kind, &mut resource.properties, &call.tags);
        for complaint in schema::check(kind, &resource.properties) {
            let path = format!("Resources/{}/Properties/{}", resource.logical_id, complaint.path);
            let place = resource.span_of(&complaint.path);
            let problem = match complaint.code {
                schema::BOOLEAN_FOR_WORD => Problem::warning(complaint.code, place, complaint.message),
                code => Problem::error(code, place, complaint.message),
            };
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
    let types: HashMap<&str, ResourceType> = evaluated
        .resources
        .iter()
        .zip(kinds)
        .filter_map(|(resource, kind)| Some((resource.logical_id.as_str(), (*kind)?)))
        .collect();
    let is_missing = |(id, attribute): &(String, String)| {
        attribute != "Ref" && types.get(id.as_str()).is_some_and(|kind| kind.attribute_kind(attribute).is_none())
    };
    let mut visit =
        |expr: &Expr, references: &[(String, String)], root: &dyn Fn() -> String, span: &dyn Fn(&str) -> Span| {
            // Where it stands is asked only of what is missing.
            if !references.iter().any(is_missing) {
                return;
            }
            let root = root();
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
        let root = || format!("Resources/{}/Properties", resource.logical_id);
        visit(&resource.properties, &resource.references, &root, &|path| resource.span_of(path));
    }
    for output in &evaluated.outputs {
        let root = || format!("Outputs/{}/Value", output.name);
        visit(&output.value, &output.references, &root, &|_| output.span);
    }
}

/// Dependencies first; a cycle becomes a problem that shows the path.
fn order(evaluated: &Evaluated<'_>, problems: &mut Vec<Problem>) -> Vec<usize> {
    let index: HashMap<&str, usize> =
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
pub(super) fn dependencies(resource: &EvaluatedResource<'_>) -> BTreeSet<String> {
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
