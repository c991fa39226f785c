//! An engine on a leash, and the small plans that are tried on it: events in by hand, commands kept.

#![allow(clippy::expect_used)]

use std::collections::BTreeMap;

use assent_core::engine::Engine;
use assent_core::model::{
    Action, CallKind, Command, EngineConfig, Event, ListedRequest, Millis, Mode, Outcome, Plan, PlannedResource,
    Policy, RequestStatus, ResourceReport, StackResource,
};
use serde_json::{Value, json};

use super::driver::{Plain, is_durable};
use super::graphs::{creation, plan};
use super::stack;

pub const NOW: Millis = 1_700_000_000_000;
pub const HOUR: Millis = 3_600_000;

pub fn config() -> EngineConfig {
    EngineConfig {
        run_id: "run".to_owned(),
        max_concurrency: 10,
        rate: 100.0,
        max_rate: 100.0,
        burst: 100.0,
        policy: Policy::CriticalPath,
        seed: "1".to_owned(),
        duration_scale: None,
        fresh_reads: false,
        ownership_tags: false,
    }
}

pub fn create(id: &str, depends_on: &[&str]) -> PlannedResource {
    let depends_on = depends_on.iter().map(|id| (*id).to_owned()).collect();
    creation(id.to_owned(), "Test::A::B", 10_000, depends_on)
}

pub fn recorded(id: &str) -> StackResource {
    StackResource { physical_id: format!("{id}-old"), ..stack::recorded(id, "Test::A::B", json!({})) }
}

pub fn existing(id: &str, action: Action, depends_on: &[&str]) -> PlannedResource {
    let mut resource = create(id, depends_on);
    resource.action = action;
    resource.recorded = Some(recorded(id));
    if matches!(action, Action::Delete | Action::Retain) {
        resource.desired = None;
    }
    resource
}

pub fn deploy(resources: Vec<PlannedResource>) -> Plan {
    plan(Mode::Deploy, resources)
}

/// An engine on a leash: events in by hand, commands kept.
pub struct Leash {
    pub engine: Engine,
    pub now: Millis,
    pub journal: Vec<Event>,
    pub commands: Vec<Command>,
}

impl Leash {
    pub fn new(plan: Plan) -> Self {
        Self::with(plan, config())
    }

    pub fn with(plan: Plan, config: EngineConfig) -> Self {
        let engine = Engine::new(plan, config, Box::new(Plain)).unwrap();
        let mut leash = Self { engine, now: NOW, journal: Vec::new(), commands: Vec::new() };
        leash.tell(Event::Started {});
        leash
    }

    /// A new process over the same journal, `pause` later.
    pub fn resumed(&self, plan: Plan, pause: Millis) -> Self {
        self.resumed_with(plan, config(), pause)
    }

    pub fn resumed_with(&self, plan: Plan, config: EngineConfig, pause: Millis) -> Self {
        let mut engine = Engine::new(plan, config, Box::new(Plain)).unwrap();
        engine.replay(&self.journal);
        let mut leash = Self { engine, now: self.now + pause, journal: self.journal.clone(), commands: Vec::new() };
        leash.tell(Event::Started {});
        leash
    }

    /// One turn; intents are recorded at once.
    pub fn tell(&mut self, event: Event) {
        if is_durable(&event) {
            self.journal.push(event.clone());
        }
        self.commands = self.engine.handle(self.now, &[event]);
        let intents: Vec<Event> = self
            .commands
            .iter()
            .filter_map(|command| match command {
                Command::RecordIntent { step, attempt, client_token } => Some(Event::IntentRecorded {
                    step: step.clone(),
                    attempt: *attempt,
                    client_token: client_token.clone(),
                    at: self.now,
                }),
                _ => None,
            })
            .collect();
        if !intents.is_empty() {
            self.journal.extend(intents.clone());
            let more = self.engine.handle(self.now, &intents);
            self.commands.extend(more);
        }
    }

    /// Time passes.
    pub fn wait(&mut self, time: Millis) {
        self.now += time;
        self.tell(Event::TimerFired {});
    }

    pub fn accept(&mut self, step: &str, identifier: Option<&str>) {
        self.tell(Event::Accepted {
            step: step.to_owned(),
            request_token: format!("request of {step}"),
            identifier: identifier.map(str::to_owned),
            retry_after: None,
            at: self.now,
        });
    }

    pub fn succeed(&mut self, step: &str, identifier: &str) {
        self.tell(self.progress(step, RequestStatus::Success, Some(identifier), None));
    }

    pub fn fail(&mut self, step: &str, code: &str, identifier: Option<&str>) {
        self.tell(self.progress(step, RequestStatus::Failed, identifier, Some(code)));
    }

    pub fn progress(&self, step: &str, status: RequestStatus, identifier: Option<&str>, code: Option<&str>) -> Event {
        Event::Progress {
            step: step.to_owned(),
            status,
            identifier: identifier.map(str::to_owned),
            model: None,
            error_code: code.map(str::to_owned),
            message: code.map(|code| format!("because of {code}")),
            retry_after: None,
            at: self.now,
        }
    }

    pub fn read(&mut self, step: &str, properties: Option<Value>) {
        self.tell(Event::Read { step: step.to_owned(), properties, at: self.now });
    }

    /// Requests that have succeeded, by what they made.
    pub fn list_requests(&mut self, step: &str, identifiers: &[&str]) {
        let requests = identifiers.iter().map(|identifier| ListedRequest {
            request_token: format!("request of {identifier}"),
            status: RequestStatus::Success,
            identifier: Some((*identifier).to_owned()),
        });
        let requests = requests.collect();
        self.tell(Event::RequestsListed { step: step.to_owned(), requests, next: None, at: self.now });
    }

    pub fn lose(&mut self, step: &str, call: CallKind) {
        self.tell(Event::Lost { step: step.to_owned(), call, message: "connection reset".to_owned() });
    }

    pub fn reject(&mut self, step: &str, call: CallKind, code: &str) {
        self.tell(Event::Rejected {
            step: step.to_owned(),
            call,
            error_code: code.to_owned(),
            message: "no".to_owned(),
            at: self.now,
        });
    }

    /// The calls of the last turn: `create create:A`, `get create:A`, …
    pub fn calls(&self) -> Vec<String> {
        self.commands
            .iter()
            .filter_map(|command| match command {
                Command::Create { step, .. } => Some(format!("create {step}")),
                Command::Update { step, .. } => Some(format!("update {step}")),
                Command::Delete { step, .. } => Some(format!("delete {step}")),
                Command::Get { step, .. } => Some(format!("get {step}")),
                Command::Poll { step, .. } => Some(format!("poll {step}")),
                Command::Cancel { step, .. } => Some(format!("cancel {step}")),
                Command::ListRequests { step, .. } => Some(format!("list requests for {step}")),
                Command::ListResources { step, .. } => Some(format!("list resources for {step}")),
                _ => None,
            })
            .collect()
    }

    pub fn token(&self) -> String {
        self.commands
            .iter()
            .find_map(|command| match command {
                Command::Create { client_token, .. } | Command::Delete { client_token, .. } => {
                    Some(client_token.clone())
                }
                _ => None,
            })
            .expect("a mutating call")
    }

    pub fn recorded(&self, id: &str) -> Option<&StackResource> {
        self.commands.iter().find_map(|command| match command {
            Command::RecordResource { resource } if resource.logical_id == id => Some(resource),
            _ => None,
        })
    }

    pub fn forgotten(&self, id: &str) -> bool {
        self.commands
            .iter()
            .any(|command| matches!(command, Command::ForgetResource { logical_id } if logical_id == id))
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.commands.iter().find_map(|command| match command {
            Command::Finish { outcome, .. } => Some(*outcome),
            _ => None,
        })
    }

    pub fn outputs(&self) -> BTreeMap<String, Value> {
        self.commands
            .iter()
            .find_map(|command| match command {
                Command::Finish { outputs, .. } => Some(outputs.clone()),
                _ => None,
            })
            .expect("the end")
    }

    pub fn report(&self, id: &str) -> ResourceReport {
        self.engine.report(self.now).into_iter().find(|report| report.logical_id == id).unwrap()
    }

    /// Waits until a call is commanded, or the end.
    pub fn until_call(&mut self) -> Vec<String> {
        for _ in 0..1_000 {
            if !self.calls().is_empty() || self.outcome().is_some() {
                return self.calls();
            }
            self.wait(500);
        }
        panic!("no call within 500 s");
    }
}
