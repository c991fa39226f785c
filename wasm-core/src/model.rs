//! The nouns that plan, engine and store share: what is recorded of a stack, a plan, and the engine's events and
//! commands. Their JSON form is a contract with the TypeScript side and with stored journals: change it only by adding.
//! One file, because it is a table of shapes that decides nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use crate::expr::Expr;

/// Milliseconds since the Unix epoch.
#[tsify::declare]
pub type Millis = u64;

/// Where a stack lives; part of every plan's digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Context {
    /// Twelve digits.
    pub account: String,
    /// e.g. `eu-central-1`.
    pub region: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// `AWS::StackId`: derived from partition, account, region and stack name, so it is the same on every machine.
    pub stack_id: String,
}

/// What a plan does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It does not exist yet.
    Create,
    /// It exists and is patched in place.
    Update,
    /// It exists and a new one takes its place.
    Replace,
    /// It exists and is no longer wanted.
    Delete,
    /// It is no longer wanted, but its policy keeps it: no call, only forgotten.
    Retain,
    /// It exists elsewhere and is taken over: read, recorded, not changed.
    Import,
    /// It is as it should be.
    Noop,
}

/// A call that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// CreateResource.
    Create,
    /// UpdateResource.
    Update,
    /// DeleteResource.
    Delete,
}

/// What is known of one deployed resource: the store keeps it, a later plan starts from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackResource {
    /// Name in the template.
    pub logical_id: String,
    /// e.g. `AWS::SQS::Queue`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Cloud Control's primary identifier (compound parts joined with `|`).
    pub physical_id: String,
    /// `complete`, `createFailed` (it exists but its creation failed: to be deleted before a new try),
    /// `updateFailed`, `deleteFailed`.
    pub status: ResourceStatus,
    /// Attribute values others have used: attribute name (or `Ref`) to value.
    #[serde(default)]
    #[tsify(type = "Record<string, unknown>")]
    pub attributes: BTreeMap<String, Value>,
    /// The properties as last applied, every reference resolved, secrets as `{"$secret":id}` (form of [`Expr`]).
    #[tsify(type = "unknown")]
    pub applied: Expr,
    /// Logical ids this one was deployed after; its deletion comes before theirs.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// `Delete`, `Retain`, `RetainExceptOnCreate` or `Snapshot`.
    pub deletion_policy: String,
    /// `Delete`, `Retain` or `Snapshot`.
    pub update_replace_policy: String,
    /// Resources that this one has taken the place of and that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub replaced: Vec<OldResource>,
    /// The properties that a failed update was to bring about: what it has reached of them is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(type = "unknown", optional)]
    pub attempted: Option<Expr>,
    /// The name that it was given because the template gives none; it keeps it as long as it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub given_name: Option<String>,
}

/// A resource that another one has taken, or takes, the place of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OldResource {
    /// Cloud Control's primary identifier.
    pub physical_id: String,
    /// Its type, which need not be that of its successor.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// State of a recorded resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum ResourceStatus {
    /// As applied.
    Complete,
    /// Exists, its creation failed.
    CreateFailed,
    /// Exists, its last update failed.
    UpdateFailed,
    /// Exists, its deletion failed.
    DeleteFailed,
}

/// Direction of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Towards a template.
    Deploy,
    /// Towards nothing.
    Destroy,
}

/// What is to be done, in full: an approval names its digest, an engine executes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Always 1.
    pub version: u32,
    /// Stack name.
    pub stack: String,
    /// Where.
    pub context: Context,
    /// Direction.
    pub mode: Mode,
    /// Every resource of the template and of the recorded stack, sorted by logical id.
    pub resources: Vec<PlannedResource>,
    /// Outputs, sorted by name.
    pub outputs: Vec<PlannedOutput>,
    /// Keyed fingerprints of the secrets that it was made with, NoEcho parameters and dynamic references: secret id to
    /// hex. Another value is another plan.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[tsify(optional)]
    pub fingerprints: BTreeMap<String, String>,
    /// Dynamic references that could not be read when it was made: nobody has judged their values. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub unread: Vec<String>,
    /// SHA-256 (hex) over the canonical JSON of everything above but estimates.
    pub digest: String,
}

/// One resource of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedResource {
    /// Name in the template.
    pub logical_id: String,
    /// Resource type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What is done with it.
    pub action: Action,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// Logical ids that come first. For create, update, replace, noop: what it refers to. For delete: the recorded
    /// resources that refer to it (they are deleted first).
    pub depends_on: Vec<String>,
    /// What comes first where that is not what it refers to (rollback).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub after: Option<Vec<String>>,
    /// The wanted properties (create, update, replace, noop); absent for delete and retain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(type = "unknown", optional)]
    pub desired: Option<Expr>,
    /// What is recorded of it, if it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<StackResource>,
    /// Attribute names (`Ref` included) that other resources or outputs use; the engine must know them when it is done.
    pub needs: Vec<String>,
    /// References of this one alone (without explicit DependsOn), as recorded in [`StackResource::depends_on`] after
    /// success together with it: all logical ids it depends on.
    pub deletion_policy: String,
    /// What happens to the old one on replacement.
    pub update_replace_policy: String,
    /// What cannot be undone, one sentence each.
    pub irreversible: Vec<String>,
    /// What the stack has called it so far: it is renamed, not replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub moved_from: Option<String>,
    /// The name in the wanted properties that the template does not give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub given_name: Option<String>,
    /// What else is worth knowing before it is approved, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub notes: Vec<String>,
    /// How it is brought from what it is to what is wanted (update, import). Empty: no call, what is recorded changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub patch: Vec<PatchOperation>,
    /// In which order it is replaced (replace).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub replacement: Option<Replacement>,
    /// Resources to be deleted besides: the one it replaces, unless it is kept, and what earlier runs left. The recorded
    /// one is deleted first where the replacement says so or its creation had failed, all others when everything else
    /// has succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub old: Vec<OldResource>,
    /// Logical ids of what has a name or a place that this one takes: what is recorded of them is deleted first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub takes_from: Vec<String>,
    /// It does not wait until everything else has succeeded (delete): what it has is taken in the same plan, or it uses
    /// something of which that is so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[tsify(optional)]
    pub early: bool,
    /// Expected duration of the action; not part of the digest.
    pub estimate_ms: Millis,
}

impl PlannedResource {
    /// Logical ids that come first.
    #[must_use]
    pub fn comes_after(&self) -> &[String] {
        self.after.as_deref().unwrap_or(&self.depends_on)
    }
}

/// Order of a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Replacement {
    /// The new one is created; the old one is deleted when everything else has succeeded.
    CreateBeforeDelete,
    /// The old one must be gone before there can be a new one.
    DeleteBeforeCreate,
}

/// One operation of an update's patch document (RFC 6902).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchOperation {
    /// What is done.
    pub op: PatchKind,
    /// RFC 6901 pointer.
    pub path: String,
    /// Of `test`: the value that a read returned when the plan was made. Of `remove`: absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(type = "unknown", optional)]
    pub value: Option<Expr>,
    /// What a read returned there when the plan was made, where it is not what was applied and no `test` can say so: it
    /// comes in another order each time. Its lists are sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(type = "unknown", optional)]
    pub found: Option<Expr>,
}

/// The operations that patches of a plan use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum PatchKind {
    Test,
    Add,
    Replace,
    Remove,
}

/// One output of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedOutput {
    /// Output name.
    pub name: String,
    /// Its value.
    #[tsify(type = "unknown")]
    pub value: Expr,
    /// Template text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Export name, known at plan time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_name: Option<String>,
}

/// Order of the ready list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Longest remaining path of estimated durations first.
    #[default]
    CriticalPath,
    /// Template order.
    Fifo,
}

/// How an engine works; constant over a run and stored with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EngineConfig {
    /// Goes into every client token.
    pub run_id: String,
    /// Operations in flight at most (accepted and not yet terminal count).
    pub max_concurrency: u32,
    /// Calls per second to start with, all kinds counted; it adapts (AIMD) between 1 and `max_rate`.
    pub rate: f64,
    /// Upper end of the adaptive rate.
    pub max_rate: f64,
    /// Bucket size in calls.
    pub burst: f64,
    /// Order of the ready list.
    #[serde(default)]
    pub policy: Policy,
    /// For jitter; a decimal string, 64 bits.
    pub seed: String,
    /// Measured duration divided by estimate, learned by earlier runs; absent: nothing learned, polls follow RetryAfter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub duration_scale: Option<f64>,
    /// The plan was made from reads: what it updates without a test is read once more before. Absent in runs from before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[tsify(optional)]
    pub fresh_reads: bool,
    /// What is created is tagged with stack and logical id. Absent in runs from before: a call that is made again must be
    /// the same call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[tsify(optional)]
    pub ownership_tags: bool,
}

/// Status of a Cloud Control request.
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum RequestStatus {
    Pending,
    InProgress,
    Success,
    Failed,
    CancelInProgress,
    CancelComplete,
}

/// A call of a step; says which call an exception belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum CallKind {
    Create,
    Update,
    Delete,
    Get,
    Poll,
    Cancel,
    ListRequests,
    ListResources,
}

/// A request as a list of requests shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedRequest {
    /// Its handle.
    pub request_token: String,
    /// Where it stands.
    pub status: RequestStatus,
    /// Primary identifier, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub identifier: Option<String>,
}

/// What happened. A step is one operation of the run, named `<operation>:<logicalId>` (`create:Table`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Event {
    /// The driver is ready; the first event of a run and of every resumption (after the journal was replayed).
    Started {},
    /// Durable. The intent is in the journal: the call may be made.
    IntentRecorded {
        /// Step.
        step: String,
        /// From 1.
        attempt: u32,
        /// Client token of the call.
        client_token: String,
        /// When the intent was recorded.
        at: Millis,
    },
    /// Durable. The call was answered with a progress event that is not terminal, or with a terminal one (then a
    /// `Progress` follows).
    Accepted {
        /// Step.
        step: String,
        /// Handle for polling.
        request_token: String,
        /// Primary identifier if it was in the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        identifier: Option<String>,
        /// Not to be polled before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        retry_after: Option<Millis>,
        /// When the answer came.
        at: Millis,
    },
    /// A progress event. Durable when terminal, or when it is the first with an identifier.
    Progress {
        /// Step.
        step: String,
        /// Status.
        status: RequestStatus,
        /// Primary identifier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        identifier: Option<String>,
        /// Resource model, when the answer had one (only attributes are kept of it).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(type = "unknown", optional)]
        model: Option<Value>,
        /// HandlerErrorCode of a failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        error_code: Option<String>,
        /// Status message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        message: Option<String>,
        /// Not to be polled before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        retry_after: Option<Millis>,
        /// When it was received.
        at: Millis,
    },
    /// Durable. The answer to a Get; `properties` absent: the resource was not found.
    Read {
        /// Step.
        step: String,
        /// Live properties.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(type = "unknown", optional)]
        properties: Option<Value>,
        /// When it was received.
        at: Millis,
    },
    /// Durable. The answer to a `ListRequests`.
    RequestsListed {
        /// Step.
        step: String,
        /// Creations of the type that was asked for, begun or ended in the time that was asked for.
        requests: Vec<ListedRequest>,
        /// There are more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        next: Option<String>,
        /// When it was received.
        at: Millis,
    },
    /// Durable. The answer to a `ListResources`.
    ResourcesListed {
        /// Step.
        step: String,
        /// Primary identifiers.
        identifiers: Vec<String>,
        /// There are more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        next: Option<String>,
        /// When it was received.
        at: Millis,
    },
    /// Durable when terminal for the step. The call was answered with an exception that is not throttling, by its name
    /// (`AlreadyExistsException`, `ClientTokenConflictException`, `ValidationException`, …).
    Rejected {
        /// Step.
        step: String,
        /// Which call.
        call: CallKind,
        /// Exception name.
        error_code: String,
        /// Its message.
        message: String,
        /// When it was received.
        at: Millis,
    },
    /// The call was throttled (exception); nothing happened.
    Throttled {
        /// Step.
        step: String,
        /// Which call.
        call: CallKind,
    },
    /// No answer: connection error, timeout, 5xx. What happened is unknown.
    Lost {
        /// Step.
        step: String,
        /// Which call.
        call: CallKind,
        /// What the transport said.
        message: String,
    },
    /// From now on calls may be made at this rate and no faster: the engine's share of what the account and region
    /// accept. Before `Started`, too. One that is no number above 0 changes nothing.
    RateShare {
        /// Calls per second.
        rate: f64,
        /// Calls at once after a pause.
        burst: f64,
    },
    /// The time asked for by `Sleep` has come (or any other reason to look at the clock).
    TimerFired {},
    /// Start nothing new, let what is in flight end.
    CancelRequested {
        /// What is in flight is not waited for: it is cancelled in the cloud too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[tsify(optional)]
        now: bool,
    },
    /// Let go of the run as it stands: start nothing, look at what is in flight until this time, wait for calls on the
    /// wire, then finish as `suspended`. A time in the past: look at nothing any more.
    SuspendRequested {
        /// No call is made from then on.
        until: Millis,
    },
}

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Command {
    /// Put this intent into the journal, then answer `IntentRecorded`. All intents of one turn are one commit.
    RecordIntent {
        /// Step.
        step: String,
        /// From 1.
        attempt: u32,
        /// Deterministic: hash of run, step and attempt.
        client_token: String,
    },
    /// CreateResource; ask `Engine::payload(step, secrets)` for the desired state.
    Create {
        /// Step.
        step: String,
        /// TypeName.
        type_name: String,
        /// ClientToken.
        client_token: String,
        /// Secrets the payload needs.
        secrets: Vec<String>,
    },
    /// UpdateResource; ask `Engine::payload(step, secrets)` for the patch document.
    Update {
        /// Step.
        step: String,
        /// TypeName.
        type_name: String,
        /// Identifier.
        identifier: String,
        /// ClientToken.
        client_token: String,
        /// Secrets the payload needs.
        secrets: Vec<String>,
    },
    /// DeleteResource.
    Delete {
        /// Step.
        step: String,
        /// TypeName.
        type_name: String,
        /// Identifier.
        identifier: String,
        /// ClientToken.
        client_token: String,
    },
    /// GetResource.
    Get {
        /// Step.
        step: String,
        /// TypeName.
        type_name: String,
        /// Identifier.
        identifier: String,
    },
    /// GetResourceRequestStatus.
    Poll {
        /// Step.
        step: String,
        /// RequestToken.
        request_token: String,
    },
    /// ListResourceRequests: one page of creations.
    ListRequests {
        /// Step.
        step: String,
        /// Only of this type.
        type_name: String,
        /// Only with a time from here …
        since: Millis,
        /// … to here.
        until: Millis,
        /// Which page; absent: the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        next: Option<String>,
    },
    /// ListResources: one page.
    ListResources {
        /// Step.
        step: String,
        /// TypeName.
        type_name: String,
        /// ResourceModel: the parents of a child type, which its list handler asks for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(type = "Record<string, unknown>", optional)]
        resource_model: Option<Value>,
        /// Which page; absent: the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        next: Option<String>,
    },
    /// Nothing to do before this time unless something else happens.
    Sleep {
        /// When to send `TimerFired`.
        until: Millis,
    },
    /// CancelResourceRequest of an operation that does not end. Answered by `Progress`, or `Rejected` where it cannot be
    /// cancelled (any more).
    Cancel {
        /// Step.
        step: String,
        /// RequestToken.
        request_token: String,
    },
    /// Write this into the stack's state, in the same transaction as the events of this turn.
    RecordResource {
        /// The resource as it is now.
        resource: StackResource,
    },
    /// Remove this from the stack's state, in the same transaction as the events of this turn.
    ForgetResource {
        /// Which.
        logical_id: String,
    },
    /// For people: a step changed.
    Report {
        /// The resource as the run's document shows it.
        resource: ResourceReport,
    },
    /// The run is over; nothing follows.
    Finish {
        /// How.
        outcome: Outcome,
        /// Every resource of the plan.
        resources: Vec<ResourceReport>,
        /// Outputs (of a succeeded deployment), secrets masked.
        #[tsify(type = "Record<string, unknown>")]
        outputs: BTreeMap<String, Value>,
        /// Of a suspended run: nothing is to be done before so many milliseconds have passed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        resume_in_ms: Option<Millis>,
    },
}

/// How a run ended, as the engine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was done.
    Succeeded,
    /// There was nothing to do.
    NoChanges,
    /// A step failed for good; what exists is kept.
    Failed,
    /// Everything was undone after a failure.
    RolledBack,
    /// Stopped on request.
    Cancelled,
    /// The cloud stopped answering. The run is not over: operations may be in flight, the journal knows them, and a
    /// resumption goes on.
    Unreachable,
    /// Let go of on request. The run is not over: a resumption over the same journal goes on as if nothing had happened.
    Suspended,
}

/// State of a resource within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum StepStatus {
    Waiting,
    InProgress,
    Retrying,
    Succeeded,
    Failed,
    /// Not started, because something it depends on failed.
    Blocked,
    /// Not started, because the run was cancelled.
    Cancelled,
    /// Nothing was to be done.
    Unchanged,
    /// Kept by its policy.
    Retained,
}

/// A resource in a run's document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceReport {
    /// Name in the template.
    pub logical_id: String,
    /// Resource type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Identifier, once known.
    pub physical_id: Option<String>,
    /// What the plan wanted.
    pub action: Action,
    /// How far it is.
    pub status: StepStatus,
    /// First intent, if any; the driver turns it into ISO 8601.
    pub started_at: Option<Millis>,
    /// From first intent to end (or to now).
    pub elapsed_ms: Millis,
    /// Attempts made.
    pub attempts: u32,
    /// Error code of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Message of a failure or of the last progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What became of the resources that this one takes the place of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub replaced: Vec<ReplacedReport>,
}

/// A resource that gave way, in a run's document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplacedReport {
    /// Identifier.
    pub physical_id: String,
    /// Resource type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `succeeded`: deleted; `retained`: kept by its UpdateReplacePolicy and no longer managed.
    pub status: StepStatus,
}
