//! A cloud that does what Cloud Control does, badly: it throttles, loses answers, fails operations halfway, forgets for a
//! moment what it has just created, and checks that nobody starts anything too early or twice. One file, because it is one
//! state machine: what it breaks and what it checks concern the same tables.

use std::collections::{BTreeMap, BTreeSet};

use assent_core::engine::random::Random;
use assent_core::model::{CallKind, Event, ListedRequest, Millis, RequestStatus};
use serde_json::{Map, Value, json};

const HOUR: Millis = 3_600_000;
const TOKENS_LIVE: Millis = 36 * HOUR;
const REQUESTS_LIVE: Millis = 7 * 24 * HOUR;
/// What a resource without a read handler is called.
pub const BLIND: &str = "blind-";
const CODES: [&str; 15] = [
    "Throttling",
    "Throttling",
    "NetworkFailure",
    "ServiceInternalError",
    "ResourceConflict",
    "GeneralServiceException",
    "ServiceTimeout",
    "NotStabilized",
    "AccessDenied",
    "InvalidRequest",
    "NotUpdatable",
    "ServiceLimitExceeded",
    "InvalidCredentials",
    "HandlerInternalFailure",
    "SomethingNew",
];

/// How badly it behaves, each as a probability.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Of a call: throttled, lost before or after it took effect, or refused for now.
    pub call: f64,
    /// Of an operation: it fails.
    pub operation: f64,
}

#[derive(Clone, Debug)]
pub struct Live {
    pub logical_id: String,
    pub foreign: bool,
    pub properties: Map<String, Value>,
    visible_at: Millis,
}

#[derive(Clone, Debug)]
struct Request {
    kind: CallKind,
    logical_id: String,
    began: Millis,
    ends: Millis,
    status: RequestStatus,
    code: Option<&'static str>,
    identifier: Option<String>,
    early_identifier: bool,
    settled: bool,
    /// What the end does: the identifier that appears or disappears.
    effect: Option<String>,
    /// The properties that it leaves.
    properties: Map<String, Value>,
}

#[derive(Clone, Debug)]
pub struct Cloud {
    pub live: BTreeMap<String, Live>,
    pub calls: BTreeMap<&'static str, u32>,
    pub most_active: usize,
    requests: BTreeMap<String, Request>,
    tokens: BTreeMap<String, (String, String, Millis)>,
    /// Creations that have ended well, or may be taken for that, by logical id.
    pub created: BTreeSet<String>,
    /// Updates that are in force, however they ended, by logical id.
    pub updated: BTreeSet<String>,
    pub faults: Faults,
    /// Probability that a crash is noticed only after a day, a day and a half, three days or a week.
    pub jump: f64,
    /// Probability that an operation takes up to four hours.
    pub stuck: f64,
    pub random: Random,
    longest: Millis,
    serial: u64,
}

impl Cloud {
    pub fn new(seed: u64, faults: Faults, longest: Millis) -> Self {
        Self {
            live: BTreeMap::new(),
            calls: BTreeMap::new(),
            most_active: 0,
            requests: BTreeMap::new(),
            tokens: BTreeMap::new(),
            created: BTreeSet::new(),
            updated: BTreeSet::new(),
            faults,
            jump: 0.0,
            stuck: 0.0,
            random: Random::new(seed),
            longest,
            serial: 0,
        }
    }

    pub fn add(&mut self, identifier: &str, logical_id: &str, foreign: bool) {
        let live = Live { logical_id: logical_id.to_owned(), foreign, visible_at: 0, properties: Map::new() };
        self.live.insert(identifier.to_owned(), live);
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.random.unit() < probability
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.random.bits() % bound.max(1)
    }

    /// How long a crash goes unnoticed.
    pub fn outage(&mut self) -> Millis {
        let long = self.jump > 0.0 && self.chance(self.jump);
        let hours = if long { [25, 37, 72, 7 * 24 + 1][usize::try_from(self.below(4)).unwrap()] } else { 0 };
        hours * HOUR + self.below(20_000)
    }

    /// When an operation that begins now ends.
    fn end(&mut self, now: Millis) -> Millis {
        let longest = if self.stuck > 0.0 && self.chance(self.stuck) { 4 * HOUR } else { self.longest };
        now + self.below(longest)
    }

    /// Lets operations end whose time has come.
    pub fn advance(&mut self, now: Millis) {
        for request in self.requests.values_mut().filter(|request| !request.settled && request.ends <= now) {
            request.settled = true;
            if let Some(identifier) = &request.effect {
                match request.kind {
                    CallKind::Create => {
                        let visible_at = request.ends + if self.random.unit() < 0.2 { 5_000 } else { 0 };
                        let live = Live {
                            logical_id: request.logical_id.clone(),
                            foreign: false,
                            visible_at,
                            properties: request.properties.clone(),
                        };
                        assert!(self.live.insert(identifier.clone(), live).is_none(), "{identifier} was created twice");
                    }
                    CallKind::Update => {
                        if let Some(live) = self.live.get_mut(identifier) {
                            live.properties = request.properties.clone();
                        }
                    }
                    _ => {
                        self.live.remove(identifier);
                        if !self.live.values().any(|live| live.logical_id == request.logical_id) {
                            self.created.remove(&request.logical_id);
                        }
                    }
                }
            }
            if request.kind == CallKind::Update && request.effect.is_some() {
                self.updated.insert(request.logical_id.clone());
            }
            // What a failure has left under a chosen name may be taken over.
            let left = request.effect.is_some() && request.properties.contains_key("Name");
            if request.kind == CallKind::Create && (request.status == RequestStatus::Success || left) {
                self.created.insert(request.logical_id.clone());
            }
        }
    }

    fn active(&self) -> usize {
        self.requests.values().filter(|request| !request.settled).count()
    }

    /// The answer to a mutating call. `body`: desired state, or the identifier to delete.
    pub fn mutate(
        &mut self,
        now: Millis,
        kind: CallKind,
        step: &str,
        client_token: &str,
        body: &Value,
        started: &mut dyn FnMut(&Self),
    ) -> Vec<Event> {
        let name = match kind {
            CallKind::Create => "create",
            CallKind::Update => "update",
            _ => "delete",
        };
        *self.calls.entry(name).or_default() += 1;
        let step = step.to_owned();
        let fault = self.chance(self.faults.call).then(|| self.below(5));
        match fault {
            Some(0) => return vec![Event::Throttled { step, call: kind }],
            Some(1) => return vec![Event::Lost { step, call: kind, message: "reset".to_owned() }],
            Some(2) => {
                let error_code = "ConcurrentOperationException".to_owned();
                return vec![Event::Rejected { step, call: kind, error_code, message: "busy".to_owned(), at: now }];
            }
            _ => {}
        }
        let logical_id = step.split_once(':').unwrap().1.to_owned();
        let params = format!("{kind:?} {logical_id} {body}");
        let request_token = match self.tokens.get(client_token) {
            Some((earlier, request_token, at)) if now < at + TOKENS_LIVE => {
                assert_eq!(*earlier, params, "a client token was used for two things");
                request_token.clone()
            }
            _ => {
                started(self);
                self.serial += 1;
                let request_token = format!("request-{}", self.serial);
                let request = match kind {
                    CallKind::Create => self.creation(now, &logical_id, body),
                    CallKind::Update => self.update(now, &logical_id, body),
                    _ => self.deletion(now, &logical_id, body.as_str().unwrap()),
                };
                self.requests.insert(request_token.clone(), request);
                self.tokens.insert(client_token.to_owned(), (params, request_token.clone(), now));
                self.advance(now);
                self.most_active = self.most_active.max(self.active());
                request_token
            }
        };
        if fault.is_some() {
            return vec![Event::Lost { step, call: kind, message: "timeout".to_owned() }];
        }
        let request = self.requests[&request_token].clone();
        let early = request.early_identifier || request.settled;
        let accepted = Event::Accepted {
            step: step.clone(),
            request_token: request_token.clone(),
            identifier: request.identifier.clone().filter(|_| early),
            retry_after: self.retry_after(now),
            at: now,
        };
        if request.settled { vec![accepted, self.progress(now, &step, &request)] } else { vec![accepted] }
    }

    fn retry_after(&mut self, now: Millis) -> Option<Millis> {
        self.chance(0.8).then(|| now + 200 + self.below(3_000))
    }

    fn creation(&mut self, now: Millis, logical_id: &str, desired: &Value) -> Request {
        self.serial += 1;
        let name = desired.get("Name").and_then(Value::as_str);
        let blind = if desired.get("Blind").is_some() { BLIND } else { "" };
        let identifier = name.map_or_else(|| format!("{blind}{logical_id}-{}", self.serial), str::to_owned);
        let taken = self.live.contains_key(&identifier)
            || self.requests.values().any(|other| !other.settled && other.effect.as_ref() == Some(&identifier));
        let ends = if self.chance(0.1) { now } else { self.end(now) };
        let fails = self.chance(self.faults.operation);
        let early_identifier = name.is_some() || self.chance(0.5);
        let mut request = Request {
            kind: CallKind::Create,
            logical_id: logical_id.to_owned(),
            began: now,
            ends,
            status: RequestStatus::Success,
            code: None,
            identifier: Some(identifier.clone()),
            early_identifier,
            settled: false,
            effect: Some(identifier),
            properties: desired.as_object().cloned().unwrap_or_default(),
        };
        if fails {
            let code = CODES[usize::try_from(self.below(CODES.len() as u64)).unwrap()];
            request.status = RequestStatus::Failed;
            request.code = Some(code);
            // A handler that waits for stabilisation has created something; one that fails may have.
            let remnant = !taken && (code == "NotStabilized" || self.chance(0.4));
            let echoed = remnant || name.is_some() || self.chance(0.2);
            request.effect = request.effect.filter(|_| remnant);
            request.identifier = request.identifier.filter(|_| echoed);
            request.early_identifier &= echoed;
            if taken && code == "NotStabilized" {
                request.code = Some("AlreadyExists");
            }
        } else if taken {
            request.status = RequestStatus::Failed;
            request.code = Some("AlreadyExists");
            request.effect = None;
        }
        request
    }

    fn deletion(&mut self, now: Millis, logical_id: &str, identifier: &str) -> Request {
        assert!(!self.live.get(identifier).is_some_and(|live| live.foreign), "{identifier} belongs to somebody else");
        let present = self.live.contains_key(identifier);
        let mut request = Request {
            kind: CallKind::Delete,
            logical_id: logical_id.to_owned(),
            began: now,
            ends: self.end(now),
            status: RequestStatus::Success,
            code: None,
            identifier: Some(identifier.to_owned()),
            early_identifier: true,
            settled: false,
            effect: Some(identifier.to_owned()),
            properties: Map::new(),
        };
        if !present {
            request.status = RequestStatus::Failed;
            request.code = Some("NotFound");
        } else if self.chance(self.faults.operation) {
            request.status = RequestStatus::Failed;
            request.code = Some(CODES[usize::try_from(self.below(CODES.len() as u64)).unwrap()]);
            request.effect = request.effect.filter(|_| self.random.unit() < 0.3);
        }
        request
    }

    /// RFC 6902 over top-level properties; `body` is the identifier and the patch document.
    fn update(&mut self, now: Millis, logical_id: &str, body: &Value) -> Request {
        let identifier = body["identifier"].as_str().unwrap();
        let mut request = Request {
            kind: CallKind::Update,
            logical_id: logical_id.to_owned(),
            began: now,
            ends: self.end(now),
            status: RequestStatus::Success,
            code: None,
            identifier: Some(identifier.to_owned()),
            early_identifier: true,
            settled: false,
            effect: Some(identifier.to_owned()),
            properties: Map::new(),
        };
        let fails = self.chance(self.faults.operation);
        let code = CODES[usize::try_from(self.below(CODES.len() as u64)).unwrap()];
        let Some(live) = self.live.get(identifier) else {
            (request.status, request.code) = (RequestStatus::Failed, Some("NotFound"));
            return request;
        };
        request.properties = live.properties.clone();
        let document = body["patch"].as_array().unwrap();
        assert!(!document.is_empty(), "an empty patch");
        for operation in document {
            let key = operation["path"].as_str().unwrap().trim_start_matches('/').to_owned();
            let (value, present) = (operation.get("value"), request.properties.get(&key));
            let holds = match operation["op"].as_str().unwrap() {
                "test" => present == value,
                "add" => true,
                _ => present.is_some(),
            };
            if !holds {
                (request.status, request.code) = (RequestStatus::Failed, Some("InvalidRequest"));
                request.effect = None;
                return request;
            }
            match operation["op"].as_str().unwrap() {
                "add" | "replace" => drop(request.properties.insert(key, value.unwrap().clone())),
                "remove" => drop(request.properties.remove(&key)),
                _ => {}
            }
        }
        if fails {
            (request.status, request.code) = (RequestStatus::Failed, Some(code));
            request.effect = request.effect.filter(|_| code != "NotUpdatable" && self.random.unit() < 0.5);
        }
        request
    }

    fn progress(&mut self, now: Millis, step: &str, request: &Request) -> Event {
        let success = request.settled && request.status == RequestStatus::Success;
        let model = (success && request.kind == CallKind::Create && self.chance(0.5))
            .then(|| model(request.identifier.as_deref().unwrap(), &Map::new()));
        let known = request.settled || request.early_identifier;
        Event::Progress {
            step: step.to_owned(),
            status: if request.settled { request.status } else { RequestStatus::InProgress },
            identifier: request.identifier.clone().filter(|_| known),
            model,
            error_code: request.code.filter(|_| request.settled).map(str::to_owned),
            message: request.settled.then(|| "said the handler".to_owned()),
            retry_after: if request.settled { None } else { self.retry_after(now) },
            at: now,
        }
    }

    pub fn poll(&mut self, now: Millis, step: &str, request_token: &str) -> Event {
        *self.calls.entry("poll").or_default() += 1;
        if let Some(event) = self.trouble(now, step, CallKind::Poll) {
            return event;
        }
        let request = self.requests[request_token].clone();
        if now >= request.began + REQUESTS_LIVE {
            let error_code = "RequestTokenNotFoundException".to_owned();
            let step = step.to_owned();
            return Event::Rejected { step, call: CallKind::Poll, error_code, message: "unknown".to_owned(), at: now };
        }
        self.progress(now, step, &request)
    }

    /// What was begun stays half done: a created resource stands, an update is in force, a deletion has not happened.
    pub fn cancel(&mut self, now: Millis, step: &str, request_token: &str) -> Event {
        *self.calls.entry("cancel").or_default() += 1;
        if let Some(event) = self.trouble(now, step, CallKind::Cancel) {
            return event;
        }
        let goes_on = self.chance(0.2);
        let request = self.requests.get_mut(request_token).unwrap();
        if request.settled || goes_on {
            let (step, error_code) = (step.to_owned(), "ValidationException".to_owned());
            return Event::Rejected { step, call: CallKind::Cancel, error_code, message: "no".to_owned(), at: now };
        }
        (request.status, request.code, request.ends) = (RequestStatus::CancelComplete, None, now + 1_000);
        if request.kind == CallKind::Delete {
            request.effect = None;
        }
        let request = request.clone();
        self.progress(now, step, &request)
    }

    pub fn get(&mut self, now: Millis, step: &str, identifier: &str) -> Event {
        *self.calls.entry("get").or_default() += 1;
        if let Some(event) = self.trouble(now, step, CallKind::Get) {
            return event;
        }
        if identifier.starts_with(BLIND) {
            let (step, error_code) = (step.to_owned(), "UnsupportedActionException".to_owned());
            return Event::Rejected { step, call: CallKind::Get, error_code, message: "no read".to_owned(), at: now };
        }
        let visible = self.live.get(identifier).is_some_and(|live| live.visible_at <= now);
        let mut properties = visible.then(|| model(identifier, &self.live[identifier].properties));
        // What has no order comes in any. Drawn only where there is such a list: other tests see the cases that they saw.
        let listed = properties.as_ref().is_some_and(|it| it.get("Tags").is_some_and(Value::is_array));
        if listed
            && self.chance(0.5)
            && let Some(Value::Array(tags)) = properties.as_mut().and_then(|it| it.get_mut("Tags"))
        {
            tags.reverse();
        }
        Event::Read { step: step.to_owned(), properties, at: now }
    }

    /// One page of creations with a time in the range; some carry the time of their end.
    pub fn list_requests(
        &mut self,
        now: Millis,
        step: &str,
        since: Millis,
        until: Millis,
        page: Option<&str>,
    ) -> Event {
        *self.calls.entry("listRequests").or_default() += 1;
        if let Some(event) = self.trouble(now, step, CallKind::ListRequests) {
            return event;
        }
        let shown = |request: &Request| match request.settled && request.ends.is_multiple_of(2) {
            true => request.ends,
            false => request.began,
        };
        let all = self.requests.iter().filter(|(_, request)| {
            let kept = request.kind == CallKind::Create && now < request.began + REQUESTS_LIVE;
            kept && (since..=until).contains(&shown(request))
        });
        let (from, size) = (page.map_or(0, |page| page.parse().unwrap()), 3);
        let mut listed: Vec<ListedRequest> = all
            .skip(from)
            .take(size + 1)
            .map(|(token, request)| ListedRequest {
                request_token: token.clone(),
                status: if request.settled { request.status } else { RequestStatus::InProgress },
                identifier: request.identifier.clone().filter(|_| request.settled || request.early_identifier),
            })
            .collect();
        let next = (listed.len() > size).then(|| (from + size).to_string());
        listed.truncate(size);
        Event::RequestsListed { step: step.to_owned(), requests: listed, next, at: now }
    }

    /// One page of everything there is of the type.
    pub fn list_resources(&mut self, now: Millis, step: &str, type_name: &str, page: Option<&str>) -> Event {
        *self.calls.entry("listResources").or_default() += 1;
        if let Some(event) = self.trouble(now, step, CallKind::ListResources) {
            return event;
        }
        let size = 4;
        let blind = type_name.contains("Blind");
        let after = |identifier: &&String| {
            identifier.starts_with(BLIND) == blind && page.is_none_or(|page| identifier.as_str() > page)
        };
        let mut identifiers: Vec<String> = self.live.keys().filter(after).take(size + 1).cloned().collect();
        let more = identifiers.len() > size;
        identifiers.truncate(size);
        let next = identifiers.last().cloned().filter(|_| more);
        Event::ResourcesListed { step: step.to_owned(), identifiers, next, at: now }
    }

    fn trouble(&mut self, now: Millis, step: &str, call: CallKind) -> Option<Event> {
        if !self.chance(self.faults.call) {
            return None;
        }
        let step = step.to_owned();
        Some(match self.below(3) {
            0 => Event::Throttled { step, call },
            1 => Event::Lost { step, call, message: "reset".to_owned() },
            _ => {
                let error_code = "InternalFailureException".to_owned();
                Event::Rejected { step, call, error_code, message: "oops".to_owned(), at: now }
            }
        })
    }

    /// Identifiers of everything there is that is not somebody else's.
    pub fn ours(&self) -> BTreeMap<String, String> {
        self.live
            .iter()
            .filter(|(_, live)| !live.foreign)
            .map(|(identifier, live)| (identifier.clone(), live.logical_id.clone()))
            .collect()
    }
}

fn model(identifier: &str, properties: &Map<String, Value>) -> Value {
    let mut model = properties.clone();
    // As the driver does.
    model.remove("Password");
    model.insert("Arn".to_owned(), json!(format!("arn:{identifier}")));
    model.insert("Noise".to_owned(), json!("not needed by anyone"));
    Value::Object(model)
}
