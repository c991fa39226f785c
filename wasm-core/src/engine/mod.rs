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
//! Of a resource that is replaced, both are in the stack's state until the old one is deleted.
//!
//! One file, one concern: `layout` (plan to steps and graph), `phase` (where a step stands, and every change of it), `standing` (what is recorded of a resource), `update`
//! (patches), `fresh` (a look before one), `apply` (events to facts), `outcome` (what the end of an operation means), `dispatch` (facts to commands),
//! `deadline` (operations that do not end), `refused` (calls that are refused for now), `modifies` (values that change later), `seek` (creations nobody remembers), `owned` (whose something is), `settle` (the graph), `suspend` (letting go), `queues` (what waits for what), `pace` (when what is short goes first), `rate`, `services`, `serial`, `poll`, `ready`, `errors`, `contact`, `values`, `report`.

mod apply;
mod contact;
mod deadline;
mod dispatch;
pub mod errors;
mod fresh;
mod layout;
mod modifies;
mod outcome;
mod owned;
mod pace;
mod phase;
pub mod poll;
mod queues;
pub mod random;
pub mod rate;
pub mod ready;
mod refused;
mod report;
mod seek;
mod serial;
mod services;
mod settle;
mod standing;
mod step;
mod suspend;
mod typed;
mod update;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::durations::Observed;
use crate::expr::{Expr, ResolveError};
use crate::graph::{Cycle, Graph};
use crate::model::{Command, EngineConfig, Event, Millis, Plan, PlannedResource, StackResource};
use crate::secret::SecretValues;

use contact::Contact;
use pace::Pace;
use poll::Durations;
use queues::Queues;
use random::Random;
use rate::Bucket;
use ready::Rank;
use serial::Serial;
use services::Services;
use standing::Standing;
use step::{Step, StepId, Steps, Work};
use values::{Secrets, Values, patch_as_taken, state_as_taken};

pub use values::{Attributes, Schemas, unresolved};

/// Why a plan cannot be executed. All are found before anything is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
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
        /// `desired`, `recorded` or `replacement`.
        missing: &'static str,
    },
    /// A value of the config makes no sense.
    Config(&'static str),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
    services: Services,
    serial: Serial,
    durations: Durations,
    /// By type index: type and word of the operation.
    types: Vec<(String, Work)>,
    observed: Vec<Observed>,
    random: Random,
    contact: Contact,
    in_flight: u32,
    pace: Pace,
    /// Steps of the plan that are not settled.
    open: usize,
    /// Of these, the ones that deletions of a deployment wait for; `None` once that is decided.
    before_cleanup: Option<usize>,
    /// Settled steps whose dependents have not been told yet.
    settled: Vec<StepId>,
    /// Recorded intents whose calls are paid for and to be made.
    confirmed: Vec<StepId>,
    standings: Vec<Standing>,
    /// By resource: the steps that delete what gives way to it.
    olds: Vec<Vec<StepId>>,
    changes: BTreeMap<usize, Change>,
    /// Request tokens of this run: what carries one of them is accounted for.
    request_tokens: BTreeSet<String>,
    touched: BTreeSet<StepId>,
    started: bool,
    replaying: bool,
    cancelled: bool,
    /// It is, and what is in flight is cancelled in the cloud.
    at_once: bool,
    /// No call is made from this time on, and nothing is started.
    suspended: Option<Millis>,
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
        let (places, graph) = layout::lay_out(&plan)?;
        let order = graph.order().map_err(|Cycle(nodes)| EngineError::Cycle(layout::names(&plan, &places, &nodes)))?;
        let weights: Vec<Millis> = places.iter().map(|place| place.estimate).collect();
        let remaining = graph.remaining(&order, &weights);
        let mut types = BTreeMap::new();
        let mut named = Vec::new();
        let mut steps = Steps::default();
        for (node, (place, path)) in places.into_iter().zip(&remaining).enumerate() {
            let Some(resource) = plan.resources.get(place.resource) else { continue };
            let old = place.old.and_then(|number| resource.old.get(number));
            let type_name = old.map_or(&resource.type_name, |old| &old.type_name);
            let next = types.len();
            // How long they take differs by type and operation.
            let type_index = *types.entry((type_name.clone(), place.work.word())).or_insert(next);
            if type_index == next {
                named.push((type_name.clone(), place.work));
            }
            let rank = Rank::new(config.policy, *path, graph.dependents(node).len(), node);
            let mut step = Step::new(place.work, &resource.logical_id, place.resource, type_index, rank);
            step.name = place.name;
            step.gated = place.gated;
            step.old = place.old;
            step.estimate = place.estimate;
            step.below = path.saturating_sub(place.estimate);
            step.waits_for = u32::try_from(graph.dependencies(node).len()).unwrap_or(u32::MAX);
            if let Some(old) = old {
                step.identifier = Some(old.physical_id.clone());
            } else if let Some(recorded) = resource.recorded.as_ref().filter(|_| place.work != Work::Create) {
                step.identifier = Some(recorded.physical_id.clone());
                step.attributes = recorded.attributes.clone();
            }
            steps.push(step);
        }
        let by_name = steps.ids().map(|id| (steps[id].name.clone(), id)).collect();
        let by_logical_id = (plan.resources.iter().enumerate())
            .filter_map(|(position, resource)| Some((resource.logical_id.clone(), steps.at(position)?)))
            .collect();
        let mut engine = Self {
            bucket: Bucket::new(config.rate, config.max_rate, config.burst),
            services: Services::default(),
            serial: Serial::default(),
            durations: Durations::new(types.len(), config.duration_scale),
            types: named,
            observed: Vec::new(),
            random: Random::new(seed),
            open: graph.len(),
            before_cleanup: Some(steps.ids().filter(|id| !steps[*id].gated).count()),
            olds: olds(&steps, plan.resources.len()),
            standings: plan.resources.iter().map(Standing::of).collect(),
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
            pace: Pace::default(),
            settled: Vec::new(),
            confirmed: Vec::new(),
            changes: BTreeMap::new(),
            request_tokens: BTreeSet::new(),
            touched: BTreeSet::new(),
            started: false,
            replaying: false,
            cancelled: false,
            at_once: false,
            suspended: None,
            finished: false,
        };
        for id in engine.steps.ids() {
            engine.pace.add(&engine.steps[id]);
        }
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

    /// The desired state of a creation or the patch document of an update, references and secrets put in.
    ///
    /// # Errors
    /// When the step is neither, or a reference, a secret or a function's argument is not what it must be.
    pub fn payload(&self, step: &str, secrets: &SecretValues) -> Result<Value, ResolveError> {
        let none = || ResolveError::Function(format!("{step} has no payload"));
        let id = *self.by_name.get(step).ok_or_else(none)?;
        let type_name = &self.resource(id).type_name;
        match self.steps[id].work {
            Work::Create => {
                let desired = self.resource(id).desired.as_ref().ok_or_else(none)?;
                let made = self.resolve(desired, Secrets::Given(secrets))?;
                let made = if secrets.is_empty() { made } else { typed::properties(type_name, made) };
                let made = self.marked(id, made);
                Ok(state_as_taken(self.type_of(id), made))
            }
            Work::Update => {
                let made = self.patch(id, Secrets::Given(secrets))?;
                let made = if secrets.is_empty() { made } else { typed::patch(type_name, made) };
                let made = self.marked(id, made);
                Ok(patch_as_taken(self.type_of(id), made))
            }
            _ => Err(none()),
        }
    }

    /// How long operations took that were watched from their acceptance on, for estimates of later runs.
    #[must_use]
    pub fn observed(&self) -> &[Observed] {
        &self.observed
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

fn olds(steps: &Steps, resources: usize) -> Vec<Vec<StepId>> {
    let mut olds = vec![Vec::new(); resources];
    for id in steps.ids().filter(|id| steps[*id].old.is_some()) {
        if let Some(of) = olds.get_mut(steps[id].resource) {
            of.push(id);
        }
    }
    olds
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

/// When a journaled event happened.
fn at(event: &Event) -> Option<Millis> {
    match event {
        Event::IntentRecorded { at, .. }
        | Event::Accepted { at, .. }
        | Event::Progress { at, .. }
        | Event::Read { at, .. }
        | Event::RequestsListed { at, .. }
        | Event::ResourcesListed { at, .. }
        | Event::Rejected { at, .. } => Some(*at),
        Event::Started {}
        | Event::Throttled { .. }
        | Event::Lost { .. }
        | Event::TimerFired {}
        | Event::RateShare { .. }
        | Event::CancelRequested { .. }
        | Event::SuspendRequested { .. } => None,
    }
}
