//! The deployment engine: a state machine that takes events and returns commands (DESIGN, "The one idea").
//!
//! A driver calls [`Engine::handle`] with what has happened, commits the durable events of the turn together with all
//! `RecordIntent`, `RecordResource` and `ForgetResource` it got back, in one transaction, then tells the recorded
//! intents (`IntentRecorded`) and makes the calls. So no call is made whose intent is not in the journal.
//! After a crash a new engine is built from the same plan and config, [`Engine::replay`] is fed the journal, and
//! `handle` with `Started` goes on: unanswered calls are sent again under the same client token, accepted ones polled.
//! What the journal says is authoritative, whatever this engine would have decided; replay makes no decision and
//! depends on no clock.
//!
//! A resource is recorded when its creation is over (complete, or failed and it exists), not when its identifier is
//! first seen: until then the journal knows its request token, and a run with operations in flight is never ended.
//!
//! One file, one concern: `apply` (events to facts), `outcome` (what the end of an operation means), `dispatch` (facts
//! to commands), `settle` (the graph), `queues` (what waits for what), `rate`, `poll`, `ready`, `errors`, `contact`, `values`, `report`.

mod apply;
mod contact;
mod dispatch;
pub mod errors;
mod outcome;
pub mod poll;
mod queues;
pub mod random;
pub mod rate;
pub mod ready;
mod report;
mod settle;
mod step;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::expr::{Expr, ResolveError};
use crate::graph::{Cycle, Graph};
use crate::model::{Action, Command, EngineConfig, Event, Millis, Mode, Plan, PlannedResource, StackResource};

use contact::Contact;
use poll::Durations;
use queues::Queues;
use random::Random;
use rate::Bucket;
use ready::Rank;
use step::{Step, StepId, Steps, Work};
use values::{Secrets, Values};

pub use values::{Attributes, Schemas, unresolved};

/// Why a plan cannot be executed. All are found before anything is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// The engine does not do this yet.
    Unsupported {
        /// Which resource.
        logical_id: String,
        /// What the plan wants.
        action: Action,
    },
    /// A dependency is not in the plan.
    UnknownDependency {
        /// Which resource.
        logical_id: String,
        /// What it names.
        dependency: String,
    },
    /// These wait for each other.
    Cycle(Vec<String>),
    /// A resource would wait for a deletion, which in a deployment comes last.
    WaitsForDeletion {
        /// Which resource.
        logical_id: String,
        /// The deleted one.
        dependency: String,
    },
    /// Two resources of the plan have the same logical id.
    Duplicate(String),
    /// The plan lacks what its action needs.
    Incomplete {
        /// Which resource.
        logical_id: String,
        /// `desired` or `recorded`.
        missing: &'static str,
    },
    /// A value of the config makes no sense.
    Config(&'static str),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { logical_id, action } => {
                write!(f, "{logical_id}: the engine cannot {action:?} resources yet")
            }
            Self::UnknownDependency { logical_id, dependency } => {
                write!(f, "{logical_id} depends on {dependency}, which is not in the plan")
            }
            Self::Cycle(ids) => write!(f, "these depend on each other: {}", ids.join(", ")),
            Self::WaitsForDeletion { logical_id, dependency } => {
                write!(f, "{logical_id} depends on {dependency}, which is to be deleted")
            }
            Self::Duplicate(id) => write!(f, "{id} is in the plan twice"),
            Self::Incomplete { logical_id, missing } => write!(f, "{logical_id}: the plan has no `{missing}`"),
            Self::Config(what) => write!(f, "engine config: {what}"),
        }
    }
}

impl std::error::Error for EngineError {}

/// Change of the stack's state that is still to be handed out.
#[derive(Clone, Debug)]
enum Change {
    Record(Box<StackResource>),
    Forget,
}

/// See the module's header.
pub struct Engine {
    plan: Plan,
    config: EngineConfig,
    attributes: Box<dyn Attributes>,
    graph: Graph,
    steps: Steps,
    by_name: BTreeMap<String, StepId>,
    by_logical_id: BTreeMap<String, StepId>,
    queues: Queues,
    bucket: Bucket,
    durations: Durations,
    random: Random,
    contact: Contact,
    in_flight: u32,
    /// Steps of the plan that are not settled.
    open: usize,
    /// Of these, the ones that deletions of a deployment wait for; `None` once that is decided.
    before_cleanup: Option<usize>,
    /// Settled steps whose dependents have not been told yet.
    settled: Vec<StepId>,
    /// Recorded intents whose calls are paid for and to be made.
    confirmed: Vec<StepId>,
    changes: BTreeMap<usize, Change>,
    touched: BTreeSet<StepId>,
    started: bool,
    replaying: bool,
    cancelled: bool,
    finished: bool,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("run", &self.config.run_id).field("open", &self.open).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine that has done nothing yet.
    ///
    /// # Errors
    /// When the plan cannot be executed; nothing has been called then.
    pub fn new(plan: Plan, config: EngineConfig, attributes: Box<dyn Attributes>) -> Result<Self, EngineError> {
        let seed = check(&config)?;
        let index = index(&plan)?;
        let graph = graph(&plan, &index)?;
        let order = graph.order().map_err(|Cycle(nodes)| {
            EngineError::Cycle(
                nodes.iter().filter_map(|node| plan.resources.get(*node)).map(|r| r.logical_id.clone()).collect(),
            )
        })?;
        let works = plan.resources.iter().map(work).collect::<Result<Vec<_>, _>>()?;
        let weights: Vec<Millis> = plan
            .resources
            .iter()
            .zip(&works)
            .map(|(resource, work)| match work {
                Work::Create | Work::Delete => resource.estimate_ms,
                _ => 0,
            })
            .collect();
        let remaining = graph.remaining(&order, &weights);
        let mut types = BTreeMap::new();
        let mut steps = Steps::default();
        for (position, ((resource, work), (weight, path))) in
            plan.resources.iter().zip(&works).zip(weights.iter().zip(&remaining)).enumerate()
        {
            let next = types.len();
            let type_index = *types.entry(resource.type_name.clone()).or_insert(next);
            let rank = Rank::new(config.policy, *path, graph.dependents(position).len(), position);
            let mut step = Step::new(*work, &resource.logical_id, position, type_index, rank);
            step.estimate = *weight;
            step.below = path.saturating_sub(*weight);
            step.waits_for = u32::try_from(graph.dependencies(position).len()).unwrap_or(u32::MAX);
            if let Some(recorded) = &resource.recorded {
                step.identifier = Some(recorded.physical_id.clone());
                step.attributes = recorded.attributes.clone();
            }
            steps.push(step);
        }
        let by_name = steps.ids().map(|id| (steps[id].name.clone(), id)).collect();
        let by_logical_id = index
            .into_iter()
            .filter_map(|(id, position)| Some((id.to_owned(), steps.of_resource(position)?)))
            .collect();
        let mut engine = Self {
            bucket: Bucket::new(config.rate, config.max_rate, config.burst),
            durations: Durations::new(types.len(), config.duration_scale),
            random: Random::new(seed),
            open: works.len(),
            before_cleanup: Some(works.iter().filter(|work| !work.cleans_up()).count()),
            plan,
            config,
            attributes,
            graph,
            steps,
            by_name,
            by_logical_id,
            queues: Queues::default(),
            contact: Contact::default(),
            in_flight: 0,
            settled: Vec::new(),
            confirmed: Vec::new(),
            changes: BTreeMap::new(),
            touched: BTreeSet::new(),
            started: false,
            replaying: false,
            cancelled: false,
            finished: false,
        };
        engine.set_out();
        Ok(engine)
    }

    /// Feeds journaled events, in their order, before the first [`Self::handle`] of a resumption. May be called in
    /// parts. Events that are not durable are harmless here.
    pub fn replay(&mut self, events: &[Event]) {
        self.replaying = true;
        for event in events {
            self.apply(at(event).unwrap_or(0), event);
        }
        self.replaying = false;
    }

    /// What to do about what has happened by `now`. Nothing is commanded before the first `Started`, nothing after
    /// `Finish`. A call with recorded intents alone answers with their calls only, never with something to commit.
    pub fn handle(&mut self, now: Millis, events: &[Event]) -> Vec<Command> {
        if self.finished {
            return Vec::new();
        }
        for event in events {
            self.apply(now, event);
        }
        if !self.started {
            return Vec::new();
        }
        let confirming = !events.is_empty() && events.iter().all(|event| matches!(event, Event::IntentRecorded { .. }));
        if confirming { self.confirm_turn(now) } else { self.turn(now) }
    }

    /// The desired state of a creation, references and secrets put in.
    ///
    /// # Errors
    /// When the step creates nothing, or a reference, a secret or a function's argument is not what it must be.
    pub fn payload(&self, step: &str, secrets: &BTreeMap<String, Value>) -> Result<Value, ResolveError> {
        let desired = self
            .by_name
            .get(step)
            .filter(|id| self.steps[**id].work == Work::Create)
            .and_then(|id| self.resource(*id).desired.as_ref())
            .ok_or_else(|| ResolveError::Function(format!("{step} has no payload")))?;
        self.resolve(desired, Secrets::Given(secrets))
    }

    /// Measured duration divided by estimate, for later runs; absent before three operations have ended.
    #[must_use]
    pub fn duration_scale(&self) -> Option<f64> {
        self.durations.scale()
    }

    /// Operations in flight: accepted and not ended, sent, or about to be sent.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    fn resource(&self, id: StepId) -> &PlannedResource {
        // INVARIANT: `Step::resource` is an index into the plan, set when the step was made.
        #[allow(clippy::indexing_slicing)]
        &self.plan.resources[self.steps[id].resource]
    }

    fn resolve(&self, expression: &Expr, secrets: Secrets<'_>) -> Result<Value, ResolveError> {
        expression.resolve(&Values { known: &|id, name| self.known(id, name), secrets })
    }

    fn simplify(&self, expression: &Expr) -> Expr {
        expression.simplify(&Values { known: &|id, name| self.known(id, name), secrets: Secrets::Symbolic })
    }

    /// A value that a resource of the plan offers.
    fn known(&self, logical_id: &str, name: &str) -> Option<Value> {
        let id = *self.by_logical_id.get(logical_id)?;
        let step = &self.steps[id];
        if let Some(value) = step.attributes.get(name) {
            return Some(value.clone());
        }
        let identifier = step.identifier.as_deref().filter(|_| name == "Ref" && step.phase.is_settled())?;
        self.attributes.reference(&self.resource(id).type_name, identifier, &Value::Object(serde_json::Map::new()))
    }
}

fn check(config: &EngineConfig) -> Result<u64, EngineError> {
    if config.max_concurrency == 0 {
        return Err(EngineError::Config("maxConcurrency must be at least 1"));
    }
    if ![config.rate, config.max_rate, config.burst].iter().all(|number| number.is_finite() && *number > 0.0) {
        return Err(EngineError::Config("rate, maxRate and burst must be positive"));
    }
    config.seed.parse().map_err(|_| EngineError::Config("seed must be a decimal number of 64 bits"))
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

fn graph(plan: &Plan, index: &BTreeMap<&str, usize>) -> Result<Graph, EngineError> {
    let mut graph = Graph::new(plan.resources.len());
    for (position, resource) in plan.resources.iter().enumerate() {
        for dependency in &resource.depends_on {
            let Some((at, other)) = index.get(dependency.as_str()).and_then(|at| Some((*at, plan.resources.get(*at)?)))
            else {
                return Err(EngineError::UnknownDependency {
                    logical_id: resource.logical_id.clone(),
                    dependency: dependency.clone(),
                });
            };
            // What is unchanged waits for nothing.
            if resource.action == Action::Noop {
                continue;
            }
            let removed = |action| matches!(action, Action::Delete | Action::Retain);
            if plan.mode == Mode::Deploy && removed(other.action) && !removed(resource.action) {
                return Err(EngineError::WaitsForDeletion {
                    logical_id: resource.logical_id.clone(),
                    dependency: dependency.clone(),
                });
            }
            graph.depend(position, at);
        }
    }
    Ok(graph)
}

fn work(resource: &PlannedResource) -> Result<Work, EngineError> {
    let incomplete = |missing| EngineError::Incomplete { logical_id: resource.logical_id.clone(), missing };
    let recorded = resource.recorded.as_ref().ok_or_else(|| incomplete("recorded"));
    match resource.action {
        Action::Create if resource.desired.is_none() => Err(incomplete("desired")),
        Action::Import if resource.desired.is_none() => Err(incomplete("desired")),
        Action::Create => Ok(Work::Create),
        Action::Delete => recorded.map(|_| Work::Delete),
        Action::Retain => Ok(Work::Retain),
        Action::Import => recorded.map(|_| Work::Import),
        Action::Noop => recorded.map(|recorded| {
            if resource.needs.iter().all(|name| recorded.attributes.contains_key(name)) {
                Work::Nothing
            } else {
                Work::Read
            }
        }),
        Action::Update | Action::Replace => {
            Err(EngineError::Unsupported { logical_id: resource.logical_id.clone(), action: resource.action })
        }
    }
}

/// When a journaled event happened.
fn at(event: &Event) -> Option<Millis> {
    match event {
        Event::IntentRecorded { at, .. }
        | Event::Accepted { at, .. }
        | Event::Progress { at, .. }
        | Event::Read { at, .. }
        | Event::Rejected { at, .. } => Some(*at),
        Event::Started {}
        | Event::Throttled { .. }
        | Event::Lost { .. }
        | Event::TimerFired {}
        | Event::CancelRequested {} => None,
    }
}
