//! From a plan to steps and what each waits for.
//!
//! Every resource has one step; every resource that gives way to another has one more, which deletes it. Deletions of a
//! deployment are gated: they wait until everything else has succeeded. Not so the deletion of what must be gone before
//! its successor, or what takes its name, can be made; that one waits for what those wait for, so that nothing is deleted in
//! vain.

use std::collections::BTreeMap;

use crate::graph::{Cycle, Graph};
use crate::model::{Action, Millis, Mode, Operation, Plan, PlannedResource, Replacement};
use crate::schema;

use super::EngineError;
use super::step::Work;

/// A step to be. The first are those of the plan's resources, in its order.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) work: Work,
    /// Index of the resource in the plan.
    pub(super) resource: usize,
    /// Index into [`PlannedResource::old`] of what it deletes.
    pub(super) old: Option<usize>,
    /// Waits until everything that is not gated has succeeded.
    pub(super) gated: bool,
    pub(super) name: String,
    pub(super) estimate: Millis,
}

/// The steps of a plan and their graph.
pub(super) fn lay_out(plan: &Plan) -> Result<(Vec<Place>, Graph), EngineError> {
    let index = index(plan)?;
    let mut places = Vec::with_capacity(plan.resources.len());
    for (position, resource) in plan.resources.iter().enumerate() {
        let work = work(resource)?;
        let estimate = match work {
            Work::Create | Work::Update | Work::Delete => share(resource, work),
            _ => 0,
        };
        let name = format!("{}:{}", work.word(), resource.logical_id);
        places.push(Place {
            work,
            resource: position,
            old: None,
            gated: work.cleans_up() && !resource.early,
            name,
            estimate,
        });
    }
    for (position, resource) in plan.resources.iter().enumerate() {
        for (number, old) in resource.old.iter().enumerate() {
            let first = deleted_first(resource, &old.physical_id);
            let name = match number {
                0 => format!("delete-old:{}", resource.logical_id),
                _ => format!("delete-old-{number}:{}", resource.logical_id),
            };
            let estimate = share(resource, Work::Delete);
            places.push(Place {
                work: Work::Delete,
                resource: position,
                old: Some(number),
                gated: !first,
                name,
                estimate,
            });
        }
    }
    let graph = Builder { plan, index, places: &places, graph: Graph::new(places.len()) }.build()?;
    Ok((places, graph))
}

/// Whether this identifier is the recorded one and in the way of its successor.
fn deleted_first(resource: &PlannedResource, physical_id: &str) -> bool {
    let in_the_way = resource.replacement == Some(Replacement::DeleteBeforeCreate) || resource.action == Action::Create;
    in_the_way && resource.recorded.as_ref().is_some_and(|recorded| recorded.physical_id == physical_id)
}

/// Part of the resource's estimate that falls to this work.
fn share(resource: &PlannedResource, work: Work) -> Millis {
    if resource.action != Action::Replace {
        return if work == Work::Delete && resource.action != Action::Delete { 0 } else { resource.estimate_ms };
    }
    let seconds = |operation| {
        schema::lookup(&resource.type_name).map_or(1, |kind| Millis::from(kind.duration_s(operation))).max(1)
    };
    let (create, delete) = (seconds(Operation::Create), seconds(Operation::Delete));
    let own = if work == Work::Delete { delete } else { create };
    resource.estimate_ms.saturating_mul(own) / (create + delete)
}

fn index(plan: &Plan) -> Result<BTreeMap<&str, usize>, EngineError> {
    let mut index = BTreeMap::new();
    for (position, resource) in plan.resources.iter().enumerate() {
        if index.insert(resource.logical_id.as_str(), position).is_some() {
            return Err(EngineError::Duplicate(resource.logical_id.clone()));
        }
    }
    Ok(index)
}

fn work(resource: &PlannedResource) -> Result<Work, EngineError> {
    let incomplete = |missing| EngineError::Incomplete { logical_id: resource.logical_id.clone(), missing };
    let recorded = resource.recorded.as_ref().ok_or_else(|| incomplete("recorded"));
    let wants = matches!(resource.action, Action::Create | Action::Import | Action::Update | Action::Replace);
    if wants && resource.desired.is_none() {
        return Err(incomplete("desired"));
    }
    match resource.action {
        Action::Create => Ok(Work::Create),
        Action::Replace if resource.replacement.is_none() => Err(incomplete("replacement")),
        Action::Replace => recorded.map(|_| Work::Create),
        Action::Delete => recorded.map(|_| Work::Delete),
        Action::Retain => Ok(Work::Retain),
        Action::Update | Action::Import if !resource.patch.is_empty() => recorded.map(|_| Work::Update),
        Action::Import => recorded.map(|_| Work::Import),
        Action::Update | Action::Noop => recorded.map(|recorded| {
            if resource.needs.iter().all(|name| recorded.attributes.contains_key(name)) {
                Work::Nothing
            } else {
                Work::Read
            }
        }),
    }
}

struct Builder<'a> {
    plan: &'a Plan,
    index: BTreeMap<&'a str, usize>,
    places: &'a [Place],
    graph: Graph,
}

impl Builder<'_> {
    fn build(mut self) -> Result<Graph, EngineError> {
        self.towards()?;
        self.first()?;
        self.away();
        Ok(self.graph)
    }

    fn at(&self, logical_id: &str) -> Option<usize> {
        self.index.get(logical_id).copied()
    }

    /// Dependencies as the plan states them.
    fn towards(&mut self) -> Result<(), EngineError> {
        for (position, (resource, place)) in self.plan.resources.iter().zip(self.places).enumerate() {
            for dependency in resource.comes_after() {
                let found = self.at(dependency).and_then(|at| Some((at, self.places.get(at)?)));
                let Some((at, other)) = found else {
                    return Err(EngineError::UnknownDependency {
                        logical_id: resource.logical_id.clone(),
                        dependency: dependency.clone(),
                    });
                };
                // What is unchanged waits for nothing.
                if matches!(place.work, Work::Nothing | Work::Read) {
                    continue;
                }
                if self.plan.mode == Mode::Deploy && other.gated && !place.gated {
                    return Err(EngineError::WaitsForDeletion {
                        logical_id: resource.logical_id.clone(),
                        dependency: dependency.clone(),
                    });
                }
                self.graph.depend(position, at);
            }
        }
        Ok(())
    }

    /// What must be gone before its successor is made. It waits for what its successor waits for, unless that itself
    /// waits for such a deletion: then the two would wait for each other.
    fn first(&mut self) -> Result<(), EngineError> {
        let order = self.graph.order().map_err(|Cycle(nodes)| EngineError::Cycle(self.names(&nodes)))?;
        let firsts: BTreeMap<usize, usize> = (self.places.iter().enumerate())
            .filter(|(_, place)| place.old.is_some() && !place.gated)
            .map(|(node, place)| (place.resource, node))
            .collect();
        let mut late = vec![false; self.places.len()];
        let takers = self.takers(&firsts);
        for node in takers.iter().map(|(taker, _)| *taker).chain(self.early()) {
            if let Some(slot) = late.get_mut(node) {
                *slot = true;
            }
        }
        for node in order {
            let after = self.graph.dependencies(node).iter().any(|other| late.get(*other) == Some(&true));
            if let Some(slot) = late.get_mut(node) {
                *slot |= after || firsts.contains_key(&node);
            }
        }
        for (resource, node) in &firsts {
            for dependency in self.graph.dependencies(*resource).to_vec() {
                if late.get(dependency) == Some(&false) {
                    self.graph.depend(*node, dependency);
                }
            }
        }
        let reasons = self.reasons(&takers, &late);
        for (resource, node) in &firsts {
            self.graph.depend(*resource, *node);
        }
        for (node, other) in reasons.into_iter().chain(takers) {
            self.graph.depend(node, other);
        }
        Ok(())
    }

    /// Deletions of the plan's own that do not wait for the rest.
    fn early(&self) -> Vec<usize> {
        let places = self.places.iter().zip(&self.plan.resources).enumerate();
        places
            .filter(|(_, (place, resource))| place.work == Work::Delete && resource.early)
            .map(|(node, _)| node)
            .collect()
    }

    /// Who takes a name or a place, with the deletion of whoever has it.
    fn takers(&self, firsts: &BTreeMap<usize, usize>) -> Vec<(usize, usize)> {
        let mut takers = Vec::new();
        for (taker, resource) in self.plan.resources.iter().enumerate() {
            for giver in resource.takes_from.iter().filter_map(|id| self.at(id)) {
                let own = self.places.get(giver).is_some_and(|place| place.work == Work::Delete).then_some(giver);
                takers.extend(own.or_else(|| firsts.get(&giver).copied()).map(|node| (taker, node)));
            }
        }
        takers
    }

    /// What those deletions wait for: what takers wait for, and that what stays and has used the old one lets go of it.
    /// Only what does not itself wait for such a deletion.
    fn reasons(&self, takers: &[(usize, usize)], late: &[bool]) -> Vec<(usize, usize)> {
        let is_free = |node: &usize| late.get(*node) == Some(&false);
        let mut found = Vec::new();
        for (taker, node) in takers {
            // What goes before the old one goes for the same reason.
            let early = self.graph.dependencies(*node).iter().filter(|other| !is_free(other));
            let nodes: Vec<usize> = early.copied().chain([*node]).collect();
            for other in self.graph.dependencies(*taker).iter().copied().filter(is_free) {
                found.extend(nodes.iter().map(|node| (*node, other)));
            }
            let Some(id) = self.names(&[*node]).pop() else { continue };
            for (user, (planned, place)) in self.plan.resources.iter().zip(self.places).enumerate() {
                let used = planned.recorded.as_ref().is_some_and(|recorded| recorded.depends_on.contains(&id));
                if used && is_free(&user) && matches!(place.work, Work::Create | Work::Update) {
                    found.push((*node, user));
                }
            }
        }
        found
    }

    /// Deletions: what referred to a resource goes before it.
    fn away(&mut self) {
        let mut nodes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (node, place) in self.places.iter().enumerate().filter(|(_, place)| place.work == Work::Delete) {
            nodes.entry(place.resource).or_default().push(node);
        }
        for (resource, own) in &nodes {
            let Some(planned) = self.plan.resources.get(*resource) else { continue };
            let used = planned.recorded.as_ref().map_or(&planned.depends_on, |recorded| &recorded.depends_on);
            let used: Vec<usize> = used.iter().filter_map(|id| self.at(id)).filter(|at| at != resource).collect();
            for other in used.iter().filter_map(|at| nodes.get(at)).flatten() {
                for node in own {
                    let (Some(first), Some(second)) = (self.places.get(*node), self.places.get(*other)) else {
                        continue;
                    };
                    let plain = first.old.is_none() && second.old.is_none();
                    // Two of the plan's own are ordered by the plan; what is gated is after what is not in any case.
                    if !plain && first.gated == second.gated {
                        self.graph.depend(*other, *node);
                    }
                }
            }
        }
    }

    fn names(&self, nodes: &[usize]) -> Vec<String> {
        names(self.plan, self.places, nodes)
    }
}

/// Logical ids of nodes.
pub(super) fn names(plan: &Plan, places: &[Place], nodes: &[usize]) -> Vec<String> {
    let resources = nodes.iter().filter_map(|node| plan.resources.get(places.get(*node)?.resource));
    resources.map(|resource| resource.logical_id.clone()).collect()
}
