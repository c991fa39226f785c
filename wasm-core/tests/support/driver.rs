//! The driver's protocol in small, with crashes: commits what must survive, tells recorded intents, performs calls.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use assent_core::engine::{Attributes, Engine};
use assent_core::model::{
    Action, CallKind, Command, EngineConfig, Event, Millis, Outcome, Plan, PlannedResource, Replacement, RequestStatus,
    ResourceReport, StackResource,
};
use serde_json::{Value, json};

use super::cloud::Cloud;

/// `Ref` is the identifier, `Arn` comes from the model.
pub struct Plain;

impl Attributes for Plain {
    fn reference(&self, _: &str, identifier: &str, _: &Value) -> Option<Value> {
        Some(json!(identifier))
    }

    fn attribute(&self, _: &str, attribute: &str, _: &str, properties: &Value) -> Option<Value> {
        properties.get(attribute).cloned()
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    pub resources: Vec<ResourceReport>,
    pub outputs: BTreeMap<String, Value>,
    pub resume_in_ms: Option<Millis>,
}

pub struct World {
    pub plan: Plan,
    pub config: EngineConfig,
    pub cloud: Cloud,
    pub journal: Vec<Event>,
    pub state: BTreeMap<String, StackResource>,
    pub now: Millis,
    /// Probability of a crash at each point where one may happen.
    pub crash: f64,
    /// Turn in which the user cancels.
    pub cancel_at: Option<u32>,
    /// Probability of being let go of in a turn.
    pub suspend: f64,
    pub suspensions: u32,
    pub crashes: u32,
    pub turns: u32,
}

struct Crash;

impl World {
    /// Turns, crashes and resumptions until the run is over.
    pub fn run(&mut self) -> Ended {
        loop {
            let mut engine = Engine::new(self.plan.clone(), self.config.clone(), Box::new(Plain)).unwrap();
            engine.replay(&self.journal);
            match self.drive(&mut engine) {
                // Six losses in a row do happen to a single operation: the run is then resumed.
                Ok(ended) if ended.outcome == Outcome::Suspended => {
                    self.suspensions += 1;
                    self.now += ended.resume_in_ms.unwrap();
                    self.cloud.advance(self.now);
                }
                Ok(ended) if ended.outcome != Outcome::Unreachable => return ended,
                Ok(_) => {}
                Err(Crash) => {
                    self.crashes += 1;
                    self.now += self.cloud.outage();
                    self.cloud.advance(self.now);
                }
            }
        }
    }

    fn crash_here(&mut self) -> Result<(), Crash> {
        if self.crashes < 40 && self.cloud.random.unit() < self.crash { Err(Crash) } else { Ok(()) }
    }

    fn drive(&mut self, engine: &mut Engine) -> Result<Ended, Crash> {
        // Answers on their way and timers, by time; both die with the process.
        let mut agenda: BinaryHeap<Reverse<(Millis, u64)>> = BinaryHeap::new();
        let mut arriving: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
        let mut serial = 0;
        let mut inbox = vec![Event::Started {}];
        let mut letting_go = None;
        loop {
            self.turns += 1;
            assert!(self.turns < 200_000, "the run does not end: {:?}", engine.report(self.now));
            if self.cancel_at == Some(self.turns) {
                inbox.push(Event::CancelRequested { now: false });
            }
            let lets_go = self.suspend > 0.0 && letting_go.is_none() && self.suspensions < 100;
            if lets_go && self.cloud.chance(self.suspend) {
                let until = self.now + self.cloud.below(4) * 3_000;
                // The past is as good as now.
                inbox.push(Event::SuspendRequested { until: if until == self.now { 0 } else { until } });
                letting_go = Some(until);
            }
            let commands = engine.handle(self.now, &inbox);
            self.crash_here()?;
            let (mut calls, mut intents, mut finish) = (Vec::new(), Vec::new(), None);
            let mut record = Vec::new();
            for command in commands {
                match command {
                    Command::RecordIntent { step, attempt, client_token } => {
                        intents.push(Event::IntentRecorded { step, attempt, client_token, at: self.now });
                    }
                    Command::RecordResource { .. } | Command::ForgetResource { .. } => record.push(command),
                    Command::Sleep { until } => agenda.push(Reverse((until.max(self.now), 0))),
                    Command::Finish { outcome, resources, outputs, resume_in_ms } => {
                        assert_eq!(resume_in_ms.is_some(), outcome == Outcome::Suspended);
                        finish = Some(Ended { outcome, resources, outputs, resume_in_ms });
                    }
                    Command::Report { .. } => {}
                    call => calls.push(call),
                }
            }
            if let Some(until) = letting_go {
                assert!(intents.is_empty(), "{intents:?} after the run was let go of");
                stays_quiet(&calls, until, self.now);
            }
            self.commit(&inbox, &intents, record);
            inbox.clear();
            if let Some(ended) = finish {
                return Ok(ended);
            }
            self.crash_here()?;
            if !intents.is_empty() {
                self.now += self.cloud.below(30);
                for command in engine.handle(self.now, &intents) {
                    match command {
                        Command::Sleep { until } => agenda.push(Reverse((until.max(self.now), 0))),
                        Command::Create { .. } | Command::Update { .. } | Command::Delete { .. } => calls.push(command),
                        other => panic!("recorded intents were answered with {other:?}"),
                    }
                }
            }
            for call in calls {
                self.crash_here()?;
                let events = self.perform(engine, call);
                serial += 1;
                agenda.push(Reverse((self.now + 1 + self.cloud.below(150), serial)));
                arriving.insert(serial, events);
            }
            let Some(Reverse((time, _))) = agenda.peek().copied() else {
                panic!("the engine waits for nothing: {:?}", engine.report(self.now));
            };
            self.now = self.now.max(time);
            self.cloud.advance(self.now);
            while let Some(Reverse((time, what))) = agenda.peek().copied() {
                if time > self.now {
                    break;
                }
                agenda.pop();
                inbox.extend(arriving.remove(&what).unwrap_or_else(|| vec![Event::TimerFired {}]));
            }
        }
    }

    fn commit(&mut self, events: &[Event], intents: &[Event], record: Vec<Command>) {
        let durable = events.iter().chain(intents).filter(|event| is_durable(event)).cloned();
        self.journal.extend(durable);
        for command in record {
            match command {
                Command::RecordResource { resource } => {
                    self.state.insert(resource.logical_id.clone(), resource);
                }
                Command::ForgetResource { logical_id } => {
                    self.state.remove(&logical_id);
                }
                _ => {}
            }
        }
    }

    fn perform(&mut self, engine: &Engine, call: Command) -> Vec<Event> {
        self.cloud.advance(self.now);
        match call {
            Command::Create { step, client_token, secrets, .. } => {
                let values = secrets.into_iter().map(|id| (id.clone(), json!(format!("value of {id}")))).collect();
                let body = engine.payload(&step, &values).unwrap();
                let plan = &self.plan;
                let mut check = |cloud: &Cloud| creation_may_start(plan, cloud, &step, &body);
                self.cloud.mutate(self.now, CallKind::Create, &step, &client_token, &body, &mut check)
            }
            Command::Update { step, identifier, client_token, secrets, .. } => {
                let values = secrets.into_iter().map(|id| (id.clone(), json!(format!("value of {id}")))).collect();
                let patch = engine.payload(&step, &values).unwrap();
                let plan = &self.plan;
                let mut check = |cloud: &Cloud| update_may_start(plan, cloud, &step, &patch);
                let body = json!({ "identifier": identifier, "patch": patch });
                self.cloud.mutate(self.now, CallKind::Update, &step, &client_token, &body, &mut check)
            }
            Command::Delete { step, identifier, client_token, .. } => {
                let plan = &self.plan;
                let mut check = |cloud: &Cloud| deletion_may_start(plan, cloud, &step);
                self.cloud.mutate(self.now, CallKind::Delete, &step, &client_token, &json!(identifier), &mut check)
            }
            Command::ListRequests { step, since, until, next, .. } => {
                vec![self.cloud.list_requests(self.now, &step, since, until, next.as_deref())]
            }
            Command::ListResources { step, type_name, next, .. } => {
                vec![self.cloud.list_resources(self.now, &step, &type_name, next.as_deref())]
            }
            Command::Get { step, identifier, .. } => vec![self.cloud.get(self.now, &step, &identifier)],
            Command::Poll { step, request_token } => vec![self.cloud.poll(self.now, &step, &request_token)],
            Command::Cancel { step, request_token } => vec![self.cloud.cancel(self.now, &step, &request_token)],
            other => panic!("{other:?} is not a call"),
        }
    }
}

/// A run that is being let go of only looks, and that not for ever.
fn stays_quiet(calls: &[Command], until: Millis, now: Millis) {
    let looks = |call: &Command| {
        matches!(
            call,
            Command::Poll { .. }
                | Command::Cancel { .. }
                | Command::Get { .. }
                | Command::ListRequests { .. }
                | Command::ListResources { .. }
        )
    };
    assert!(calls.iter().all(looks), "{calls:?} after the run was let go of");
    assert!(calls.is_empty() || now < until, "{calls:?} at {now}, after {until}");
}

fn creation_may_start(plan: &Plan, cloud: &Cloud, step: &str, body: &Value) {
    let id = step.strip_prefix("create:").unwrap();
    let resource = planned(plan, id);
    for dependency in &resource.depends_on {
        // What a rollback makes anew was resolved long ago.
        let Some(put_in) = body[dependency.as_str()].as_str() else {
            assert!(resource.after.is_some(), "{id} lacks {dependency}");
            continue;
        };
        assert_ready(plan, cloud, id, dependency, put_in);
    }
}

fn update_may_start(plan: &Plan, cloud: &Cloud, step: &str, patch: &Value) {
    let id = step.strip_prefix("update:").unwrap();
    for dependency in &planned(plan, id).depends_on {
        let path = format!("/{dependency}");
        let write = patch
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["path"] == path && entry["op"] != "test" && entry["op"] != "remove");
        // What an earlier attempt has brought about is left out.
        if let Some(value) = write.map(|entry| entry["value"].as_str().unwrap()) {
            assert_ready(plan, cloud, id, dependency, value);
        }
    }
}

/// What it refers to is there, in the form that is to stay; what was put in is what is there.
fn assert_ready(plan: &Plan, cloud: &Cloud, id: &str, dependency: &str, put_in: &str) {
    let other = planned(plan, dependency);
    let done = if other.action == Action::Update { &cloud.updated } else { &cloud.created };
    assert!(done.contains(dependency), "{id} was started before {dependency} had succeeded");
    let identifier = put_in.strip_prefix("arn:").unwrap_or(put_in);
    assert_eq!(cloud.live[identifier].logical_id, *dependency, "{id} refers to something else");
    let old = other.replacement == Some(Replacement::CreateBeforeDelete)
        && other.recorded.as_ref().is_some_and(|recorded| recorded.physical_id == identifier);
    assert!(!old, "{id} refers to the {dependency} that is replaced");
}

fn planned<'a>(plan: &'a Plan, id: &str) -> &'a PlannedResource {
    plan.resources.iter().find(|resource| resource.logical_id == id).unwrap()
}

fn deletion_may_start(plan: &Plan, cloud: &Cloud, step: &str) {
    let (word, id) = step.split_once(':').unwrap();
    let resource = planned(plan, id);
    let is_old = word.starts_with("delete-old");
    if resource.action != Action::Delete && !is_old {
        return; // the remnant of a creation
    }
    let first = is_old && resource.replacement == Some(Replacement::DeleteBeforeCreate) && word == "delete-old";
    if !is_old {
        for first in &resource.depends_on {
            let still = cloud.live.values().any(|live| !live.foreign && live.logical_id == *first);
            let kept = plan.resources.iter().any(|other| other.logical_id == *first && other.action == Action::Retain);
            assert!(!still || kept, "{id} is deleted before {first}");
        }
    }
    for other in plan.resources.iter().filter(|other| other.logical_id != id) {
        // What referred to it goes before it, if it goes at all at this stage.
        let used = other.recorded.as_ref().is_some_and(|recorded| recorded.depends_on.iter().any(|used| used == id));
        for old in other.old.iter().filter(|_| used) {
            let own = other.recorded.as_ref().is_some_and(|recorded| recorded.physical_id == old.physical_id);
            let goes_first = own && other.replacement == Some(Replacement::DeleteBeforeCreate);
            if goes_first != first {
                continue;
            }
            assert!(!cloud.live.contains_key(&old.physical_id), "{id} is deleted before {}", old.physical_id);
        }
    }
    if first {
        return;
    }
    for other in &plan.resources {
        let name = &other.logical_id;
        match other.action {
            Action::Create | Action::Replace => {
                assert!(cloud.created.contains(name), "{id} is deleted before {name} is there");
            }
            Action::Update if !other.patch.is_empty() => {
                assert!(cloud.updated.contains(name), "{id} is deleted before {name} is updated");
            }
            _ => {}
        }
    }
}

/// As `model.rs` says with each event.
pub fn is_durable(event: &Event) -> bool {
    match event {
        Event::IntentRecorded { .. }
        | Event::Accepted { .. }
        | Event::Read { .. }
        | Event::RequestsListed { .. }
        | Event::ResourcesListed { .. }
        | Event::Rejected { .. } => true,
        Event::Progress { status, identifier, .. } => {
            let terminal =
                matches!(status, RequestStatus::Success | RequestStatus::Failed | RequestStatus::CancelComplete);
            terminal || identifier.is_some()
        }
        _ => false,
    }
}
