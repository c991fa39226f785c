//! The real engine on a virtual clock, against a cloud that takes as long as the plan estimates.
//!
//! Without a rate the cloud accepts every call and tells completion at once, so the makespan shows the schedule alone.
//! With a rate it throttles and tells nothing by itself: it is polled, and says `RetryAfter` of a tenth of the duration,
//! at least a second. Every resource of the plan counts as a creation. Calls take no time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde_json::Value;

use crate::call::{SimulateCall, Simulated};
use crate::engine::random::Random;
use crate::engine::rate::Bucket;
use crate::engine::{Attributes, Engine, EngineError};
use crate::expr::Expr;
use crate::graph::Graph;
use crate::model::{Action, CallKind, Command, EngineConfig, Event, Millis, Mode, Plan, RequestStatus};

/// The run starts at this time, so that no time is zero by accident.
const START: Millis = 1_000_000;
/// A rate that is no limit.
const UNLIMITED: f64 = 1e9;

/// Runs the plan to its end.
///
/// # Errors
/// When the plan or the call cannot be executed.
pub fn simulate(plan: &Plan, call: &SimulateCall) -> Result<Simulated, EngineError> {
    let seed: u64 = call.seed.parse().map_err(|_| EngineError::Config("seed must be a decimal number of 64 bits"))?;
    if !(0.0..=1.0).contains(&call.noise) {
        return Err(EngineError::Config("noise must be between 0 and 1"));
    }
    let burst = call.rate.map_or(UNLIMITED, |rate| rate.max(1.0));
    let config = EngineConfig {
        run_id: "simulated".to_owned(),
        max_concurrency: call.max_concurrency,
        rate: call.rate.unwrap_or(UNLIMITED),
        max_rate: call.rate.unwrap_or(UNLIMITED),
        burst,
        policy: call.policy,
        seed: call.seed.clone(),
        duration_scale: Some(1.0),
        fresh_reads: false,
        ownership_tags: false,
    };
    let plan = as_creations(plan);
    let mut random = Random::new(seed);
    let durations: Vec<Millis> = plan
        .resources
        .iter()
        .map(|resource| {
            let factor = 1.0 + call.noise * (2.0 * random.unit() - 1.0);
            (resource.estimate_ms as f64 * factor).round() as Millis
        })
        .collect();
    let lower_bound_ms = lower_bound(&plan, &durations, call, burst);
    let resources = u32::try_from(plan.resources.len()).unwrap_or(u32::MAX);
    let names = plan.resources.iter().map(|resource| format!("create:{}", resource.logical_id));
    let operations = names.zip(durations).map(|(step, duration)| (step, Operation { duration, ends: None })).collect();
    let mut engine = Engine::new(plan, config, Box::new(Nothing))?;
    let mut cloud = Cloud {
        operations,
        bucket: call.rate.map(|rate| Bucket::new(rate, rate, burst)),
        agenda: BinaryHeap::new(),
        now: START,
    };
    let (events, max_in_flight) = cloud.drive(&mut engine);
    let makespan_ms = cloud.now - START;
    let ratio = if lower_bound_ms == 0 { 1.0 } else { makespan_ms as f64 / lower_bound_ms as f64 };
    Ok(Simulated { resources, makespan_ms, lower_bound_ms, ratio, max_in_flight, events })
}

fn as_creations(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.mode = Mode::Deploy;
    plan.outputs.clear();
    for resource in &mut plan.resources {
        resource.action = Action::Create;
        resource.desired = Some(Expr::Map(Vec::new()));
        resource.recorded = None;
        resource.old.clear();
        resource.needs.clear();
    }
    plan
}

/// What no schedule can beat.
fn lower_bound(plan: &Plan, durations: &[Millis], call: &SimulateCall, burst: f64) -> Millis {
    let index: BTreeMap<&str, usize> =
        plan.resources.iter().enumerate().map(|(at, resource)| (resource.logical_id.as_str(), at)).collect();
    let mut graph = Graph::new(durations.len());
    for (node, resource) in plan.resources.iter().enumerate() {
        for dependency in resource.depends_on.iter().filter_map(|id| index.get(id.as_str())) {
            graph.depend(node, *dependency);
        }
    }
    let path = graph.order().map_or(0, |order| graph.remaining(&order, durations).into_iter().max().unwrap_or(0));
    let work = durations.iter().sum::<Millis>().div_ceil(Millis::from(call.max_concurrency.max(1)));
    // A creation and at least one poll each.
    let calls = call.rate.map_or(0.0, |rate| (2.0 * durations.len() as f64 - burst) / rate * 1_000.0);
    path.max(work).max(calls.max(0.0) as Millis)
}

struct Operation {
    duration: Millis,
    ends: Option<Millis>,
}

struct Cloud {
    operations: BTreeMap<String, Operation>,
    /// Absent: completion is told at once.
    bucket: Option<Bucket>,
    /// Times at which something happens: an operation's end (by step), or a timer.
    agenda: BinaryHeap<Reverse<(Millis, Option<String>)>>,
    now: Millis,
}

impl Cloud {
    /// Turns until the engine finishes; returns the events it handled and the most operations in flight at once.
    fn drive(&mut self, engine: &mut Engine) -> (u32, u32) {
        let (mut handled, mut most) = (0u32, 0);
        let mut inbox = vec![Event::Started {}];
        loop {
            handled = handled.saturating_add(u32::try_from(inbox.len()).unwrap_or(u32::MAX));
            let commands = engine.handle(self.now, &inbox);
            most = most.max(engine.in_flight());
            inbox.clear();
            for command in commands {
                if matches!(command, Command::Finish { .. }) {
                    return (handled, most);
                }
                self.perform(command, &mut inbox);
            }
            if inbox.is_empty() {
                // An engine that neither finishes nor waits for anything would be broken; the tests hold that.
                let Some(Reverse((time, _))) = self.agenda.peek() else { return (handled, most) };
                self.now = self.now.max(*time);
                while let Some(Reverse((time, what))) = self.agenda.peek().cloned() {
                    if time > self.now {
                        break;
                    }
                    self.agenda.pop();
                    inbox.push(what.map_or(Event::TimerFired {}, |step| self.progress(step, None)));
                }
            }
        }
    }

    fn perform(&mut self, command: Command, inbox: &mut Vec<Event>) {
        match command {
            Command::RecordIntent { step, attempt, client_token } => {
                inbox.push(Event::IntentRecorded { step, attempt, client_token, at: self.now });
            }
            Command::Create { step, client_token, .. } => inbox.push(self.create(step, client_token)),
            Command::Poll { step, .. } => {
                // A cloud that tells completion by itself leaves polls unanswered until then.
                let Some(bucket) = &mut self.bucket else { return };
                if bucket.ready(self.now) {
                    bucket.pay();
                    let retry_after = self.operations.get(&step).map(|operation| self.now + wait(operation.duration));
                    inbox.push(self.progress(step, retry_after));
                } else {
                    inbox.push(Event::Throttled { step, call: CallKind::Poll });
                }
            }
            Command::Sleep { until } => self.agenda.push(Reverse((until, None))),
            _ => {}
        }
    }

    fn create(&mut self, step: String, client_token: String) -> Event {
        if let Some(bucket) = &mut self.bucket {
            if !bucket.ready(self.now) {
                return Event::Throttled { step, call: CallKind::Create };
            }
            bucket.pay();
        }
        let mut retry_after = None;
        if let Some(operation) = self.operations.get_mut(&step) {
            let ends = self.now + operation.duration;
            operation.ends = Some(ends);
            if self.bucket.is_none() {
                self.agenda.push(Reverse((ends, Some(step.clone()))));
            } else {
                retry_after = Some(self.now + wait(operation.duration));
            }
        }
        Event::Accepted { step, request_token: client_token, identifier: None, retry_after, at: self.now }
    }

    fn progress(&self, step: String, retry_after: Option<Millis>) -> Event {
        let ended = self.operations.get(&step).and_then(|operation| operation.ends).is_some_and(|end| end <= self.now);
        Event::Progress {
            identifier: ended.then(|| step.clone()),
            step,
            status: if ended { RequestStatus::Success } else { RequestStatus::InProgress },
            model: None,
            error_code: None,
            message: None,
            retry_after: retry_after.filter(|_| !ended),
            at: self.now,
        }
    }
}

fn wait(duration: Millis) -> Millis {
    (duration / 10).max(1_000)
}

/// Resources of a simulation offer nothing to each other.
struct Nothing;

impl Attributes for Nothing {
    fn reference(&self, _: &str, _: &str, _: &Value) -> Option<Value> {
        None
    }

    fn attribute(&self, _: &str, _: &str, _: &str, _: &Value) -> Option<Value> {
        None
    }
}
