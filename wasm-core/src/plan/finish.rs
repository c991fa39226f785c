//! The last step of every plan: order, forecast and digest.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::{Forecast, PlanCall};
use crate::digest;
use crate::graph::Graph;
use crate::model::{Action, Mode, Operation, Plan, PlannedOutput, PlannedResource};
use crate::schema;

/// Puts the parts together; `resources` and `outputs` in any order.
pub fn plan(call: &PlanCall, mut resources: Vec<PlannedResource>, mut outputs: Vec<PlannedOutput>) -> (Plan, Forecast) {
    resources.sort_by(|left, right| left.logical_id.cmp(&right.logical_id));
    outputs.sort_by(|left, right| left.name.cmp(&right.name));
    let scale = call.duration_scale.unwrap_or(1.0);
    for resource in &mut resources {
        resource.estimate_ms = estimate(resource, scale);
    }
    let forecast = forecast(&resources, call);
    let mut plan = Plan {
        version: 1,
        stack: call.stack.clone(),
        context: call.context.clone(),
        mode: call.mode,
        resources,
        outputs,
        digest: String::new(),
    };
    plan.digest = digest_of(&plan);
    (plan, forecast)
}

/// SHA-256 over the canonical JSON of a plan without its estimates and its digest.
#[must_use]
pub fn digest_of(plan: &Plan) -> String {
    // `digest` stands in the plan itself, `estimateMs` in its resources.
    let omitted = [(0, "digest"), (1, "estimateMs")];
    digest::sha256_hex(digest::canonical_of(plan, &omitted).as_bytes())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn estimate(resource: &PlannedResource, scale: f64) -> u64 {
    let Some(kind) = schema::lookup(&resource.type_name) else { return 0 };
    let seconds = match resource.action {
        Action::Create => kind.duration_s(Operation::Create),
        Action::Update | Action::Import if resource.patch.is_empty() => return 0,
        Action::Update | Action::Import => kind.duration_s(Operation::Update),
        Action::Replace => kind.duration_s(Operation::Create) + kind.duration_s(Operation::Delete),
        Action::Delete => kind.duration_s(Operation::Delete),
        Action::Retain | Action::Noop => return 0,
    };
    // Half a second: what even an immediate operation costs to start and to see.
    (f64::from(seconds).max(0.5) * 1000.0 * scale) as u64
}

fn forecast(resources: &[PlannedResource], call: &PlanCall) -> Forecast {
    let index: BTreeMap<&str, usize> =
        resources.iter().enumerate().map(|(at, resource)| (resource.logical_id.as_str(), at)).collect();
    let mut graph = Graph::new(resources.len());
    for (at, resource) in resources.iter().enumerate() {
        for dependency in resource.depends_on.iter().filter_map(|id| index.get(id.as_str())) {
            graph.depend(at, *dependency);
        }
    }
    let Ok(order) = graph.order() else { return Forecast { makespan_ms: 0, critical_path: Vec::new() } };
    // Deletions of a deployment come after everything else: two phases, one after the other.
    let removing = |resource: &PlannedResource| resource.action == Action::Delete && call.mode == Mode::Deploy;
    let weights = |phase: bool| -> Vec<u64> {
        resources.iter().map(|resource| if removing(resource) == phase { resource.estimate_ms } else { 0 }).collect()
    };
    let slots = call.max_concurrency as usize;
    let phases: BTreeSet<bool> = resources.iter().map(removing).collect();
    let makespan_ms = phases.iter().map(|phase| graph.makespan(&order, &weights(*phase), slots)).sum();
    let longest = phases.iter().flat_map(|phase| graph.critical_path(&order, &weights(*phase)));
    let critical_path =
        longest.filter_map(|at| resources.get(at)).map(|resource| resource.logical_id.clone()).collect();
    Forecast { makespan_ms, critical_path }
}
