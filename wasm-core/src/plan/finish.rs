//! The last step of every plan: order, forecast and digest.

use std::collections::{BTreeSet, HashMap};

use crate::call::{Forecast, PlanCall};
use crate::digest;
use crate::durations::Learned;
use crate::graph::Graph;
use crate::model::{Action, Mode, Operation, Plan, PlannedOutput, PlannedResource};
use crate::schema;
use crate::share;

/// Puts the parts together; `resources` and `outputs` in any order. The plan's JSON text comes with it where it has been
/// made with the digest, see [`sign`].
pub fn plan(
    call: &PlanCall,
    resources: Vec<PlannedResource>,
    mut outputs: Vec<PlannedOutput>,
) -> (Plan, Forecast, Option<String>) {
    let mut resources = by_id(resources);
    outputs.sort_by(|left, right| left.name.cmp(&right.name));
    let known =
        Known { learned: Learned::read(call.learned.durations.as_deref()), scale: call.duration_scale.unwrap_or(1.0) };
    for resource in &mut resources {
        resource.estimate_ms = known.estimate(resource);
    }
    let forecast = forecast(&resources, call);
    let mut plan = Plan {
        version: 1,
        stack: call.stack.clone(),
        context: call.context.clone(),
        mode: call.mode,
        resources,
        outputs,
        fingerprints: call.fingerprints.clone(),
        unread: Vec::new(),
        digest: String::new(),
    };
    let text = sign(&mut plan);
    (plan, forecast, text)
}

/// Puts its digest into a plan. The text that is digested is nearly the plan's own, so that is made of it: `None` where
/// reading it would not give the very same plan.
pub fn sign(plan: &mut Plan) -> Option<String> {
    plan.digest = UNSIGNED.to_owned();
    let mut written = digest::canonical_apart(plan, &APART);
    plan.digest = digest::sha256_hex_of(written.parts());
    // The first: `resources`, in which the others are, come later.
    let place = written.omitted.first().filter(|_| written.is_exact)?.clone();
    let member = |digest: &str| format!(r#","digest":"{digest}""#);
    written.text.get(place.clone()).filter(|text| *text == member(UNSIGNED))?;
    written.text.replace_range(place, &member(&plan.digest));
    Some(written.text)
}

/// What is not part of the digest: `digest` stands in the plan itself, `estimateMs` in its resources.
const APART: [digest::Omitted<'static>; 2] = [(0, "digest"), (1, "estimateMs")];

/// As long as a digest.
const UNSIGNED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// In the order of their logical ids. Only indices are sorted: a resource is large, and is moved once.
fn by_id(resources: Vec<PlannedResource>) -> Vec<PlannedResource> {
    let id = |at: &usize| resources.get(*at).map(|resource| resource.logical_id.as_str());
    let mut order: Vec<usize> = (0..resources.len()).collect();
    order.sort_by(|left, right| id(left).cmp(&id(right)));
    let mut places: Vec<Option<PlannedResource>> = resources.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| places.get_mut(at)?.take()).collect()
}

/// SHA-256 over the canonical JSON of a plan without its estimates and its digest.
#[must_use]
pub fn digest_of(plan: &Plan) -> String {
    digest::sha256_hex(digested(plan).as_bytes())
}

/// The text that a plan's digest is the SHA-256 of.
#[must_use]
pub fn digested(plan: &Plan) -> String {
    digest::canonical_of(plan, &APART)
}

/// What estimates are made from.
struct Known {
    learned: Learned,
    scale: f64,
}

impl Known {
    fn estimate(&self, resource: &PlannedResource) -> u64 {
        let operations: &[Operation] = match resource.action {
            Action::Create => &[Operation::Create],
            Action::Update | Action::Import if resource.patch.is_empty() => &[],
            Action::Update | Action::Import => &[Operation::Update],
            Action::Replace => &[Operation::Create, Operation::Delete],
            Action::Delete => &[Operation::Delete],
            Action::Retain | Action::Noop => &[],
        };
        operations.iter().map(|operation| self.duration(&resource.type_name, *operation)).sum()
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn duration(&self, type_name: &str, operation: Operation) -> u64 {
        // Half a second: what even an immediate operation costs to start and to see.
        let shipped = schema::lookup(type_name).map(|kind| f64::from(kind.duration_s(operation)).max(0.5) * 1000.0);
        let expected = self.learned.estimate(type_name, operation, shipped.map(|shipped| shipped * self.scale));
        expected.unwrap_or(0.0) as u64
    }
}

fn forecast(resources: &[PlannedResource], call: &PlanCall) -> Forecast {
    let index: HashMap<&str, usize> =
        resources.iter().enumerate().map(|(at, resource)| (resource.logical_id.as_str(), at)).collect();
    let mut graph = Graph::new(resources.len());
    for (at, resource) in resources.iter().enumerate() {
        for dependency in resource.comes_after().iter().chain(first(resource)).filter_map(|id| index.get(id.as_str())) {
            graph.depend(at, *dependency);
        }
    }
    let Ok(order) = graph.order() else { return Forecast { makespan_ms: 0, critical_path: Vec::new() } };
    // Deletions of a deployment come after everything else: two phases, one after the other.
    let removing =
        |resource: &PlannedResource| resource.action == Action::Delete && !resource.early && call.mode == Mode::Deploy;
    let weights = |phase: bool| -> Vec<u64> {
        resources.iter().map(|resource| if removing(resource) == phase { resource.estimate_ms } else { 0 }).collect()
    };
    let slots = call.max_concurrency as usize;
    let phases: BTreeSet<bool> = resources.iter().map(removing).collect();
    let scheduled = phases.iter().map(|phase| graph.makespan(&order, &weights(*phase), slots)).sum::<u64>();
    let makespan_ms = scheduled.max(calling(resources, call));
    let longest = phases.iter().flat_map(|phase| graph.critical_path(&order, &weights(*phase)));
    let critical_path =
        longest.filter_map(|at| resources.get(at)).map(|resource| resource.logical_id.clone()).collect();
    Forecast { makespan_ms, critical_path }
}

/// Deletions that it waits for. That of a replaced one is a part of the replacement, which may wait for this in turn.
fn first(resource: &PlannedResource) -> &[String] {
    if resource.action == Action::Create { &resource.takes_from } else { &[] }
}

/// How long the calls alone take at the rate of the account and region: for each operation one that starts it and one
/// that sees its end.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn calling(resources: &[PlannedResource], call: &PlanCall) -> u64 {
    let Some((rate, burst)) = share::total(call.learned.rate.as_deref()) else { return 0 };
    let operations = |resource: &PlannedResource| match resource.action {
        Action::Replace => 2.0,
        _ if resource.estimate_ms > 0 => 1.0,
        _ => 0.0,
    };
    let calls = 2.0 * resources.iter().map(operations).sum::<f64>();
    ((calls - burst).max(0.0) / rate * 1_000.0) as u64
}
