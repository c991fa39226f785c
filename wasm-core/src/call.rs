//! What comes in through the door and what goes out: one call, one tagged answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use crate::model::{Context, Millis, Mode, PlannedOutput, Policy, StackResource};
use crate::problem::Problem;
use crate::secret::GivenParameters;

/// What is recorded of a stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackState {
    /// Stack name.
    pub stack: String,
    /// Where it lives.
    pub context: Context,
    /// Effective parameter values of the last deployment; a NoEcho parameter is there with `null`.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Resources, sorted by logical id.
    pub resources: Vec<StackResource>,
    /// Keyed fingerprints of the secrets used last: secret id to hex.
    #[serde(default)]
    pub fingerprints: BTreeMap<String, String>,
    /// Tags of the last deployment for every taggable resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[tsify(optional)]
    pub tags: BTreeMap<String, String>,
}

/// A fact that a plan needs from outside the template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Lookup {
    /// Value of an SSM parameter (String or StringList); name may end in `:<version>`.
    SsmParameter {
        /// Name.
        name: String,
    },
    /// Names of the availability zones of a region.
    AvailabilityZones {
        /// Region.
        region: String,
    },
    /// An export of another stack in the same account and region.
    Import {
        /// Export name.
        name: String,
    },
    /// An output of another stack in the same account, as of its last deployment that succeeded.
    Output {
        /// Stack name.
        stack: String,
        /// Output name.
        output: String,
        /// Region of the stack.
        region: String,
    },
    /// The properties of a resource that is to be imported, or that a rule asks about, as a read returns them.
    Resource {
        /// Type.
        type_name: String,
        /// Primary identifier.
        identifier: String,
    },
    /// The primary identifiers of all resources of a type in the account and region.
    Resources {
        /// Type.
        type_name: String,
    },
}

/// A lookup with its answer; `null`: it does not exist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Found {
    /// What was asked.
    pub lookup: Lookup,
    /// A string, a list of strings, an object (of a resource), or null. `true` of an export: another stack will have made it
    /// before this plan is carried out, and its value is not known yet.
    #[tsify(type = "unknown")]
    pub value: Value,
}

/// What a read of a recorded resource returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Live {
    /// It exists with these properties.
    Present {
        /// Resource model.
        #[tsify(type = "unknown")]
        properties: Value,
    },
    /// The cloud says it is not there.
    Absent {},
    /// Its type has no read handler, or the read was refused.
    Unreadable {},
}

/// Everything a plan depends on besides the template text.
#[derive(Clone, Debug, PartialEq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanCall {
    /// Stack name.
    pub stack: String,
    /// Direction; `destroy` takes no template.
    pub mode: Mode,
    /// Where.
    pub context: Context,
    /// Values given now; a NoEcho value is checked and forgotten.
    #[serde(default)]
    #[tsify(type = "Record<string, string>")]
    pub parameters: GivenParameters,
    /// What is recorded, if the stack exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub recorded: Option<StackState>,
    /// Live resources by logical id; empty without refresh.
    #[serde(default)]
    pub live: BTreeMap<String, Live>,
    /// Recorded resources that another stack has made anew, as their tags say: logical id to the name of that stack.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[tsify(optional)]
    pub foreign: BTreeMap<String, String>,
    /// Facts found so far.
    #[serde(default)]
    pub found: Vec<Found>,
    /// Keyed fingerprints of the secrets given now: secret id to hex.
    #[serde(default)]
    pub fingerprints: BTreeMap<String, String>,
    /// Tags for every taggable resource, in addition to those of the last deployment; an empty value removes one.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Resources that exist already and are to be taken over: logical id to primary identifier.
    #[serde(default)]
    pub imports: BTreeMap<String, String>,
    /// Resources that the template calls by another name: old logical id to new one.
    #[serde(default)]
    #[tsify(optional)]
    pub moved: BTreeMap<String, String>,
    /// How many runs have begun on the stack, those before it was destroyed too; names of what is created are made from it.
    /// Absent: none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub incarnation: Option<u64>,
    /// The way back to what is recorded, instead of the way to a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub reconcile: Option<Reconcile>,
    /// Names and identifiers may be made from secrets.
    #[serde(default)]
    #[tsify(optional)]
    pub allow_secret_identifiers: bool,
    /// For the forecast.
    pub max_concurrency: u32,
    /// How many times longer everything takes than the schema table says: below 1 in a sandbox that is faster than AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub duration_scale: Option<f64>,
    /// What earlier runs have learned of the account and region. For estimates and the forecast alone.
    #[serde(default)]
    #[tsify(optional)]
    pub learned: KeptNotes,
}

/// What else the way back to what is recorded needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reconcile {
    /// See `DriftCall`.
    #[tsify(type = "Record<string, unknown>")]
    pub baseline: BTreeMap<String, Value>,
    /// As recorded; they stay.
    pub outputs: Vec<PlannedOutput>,
}

/// Notes of the account and region, as the core wrote them; whatever is absent or damaged is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeptNotes {
    /// Of `learnDurations`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub durations: Option<String>,
    /// Of `claimRate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub rate: Option<String>,
}

/// The answer to [`PlanCall`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum PlanAnswer {
    /// A plan.
    Planned {
        /// What is worth knowing of it first.
        planned: PlanSummary,
    },
    /// Call again with these found.
    Needs {
        /// What to look up.
        lookups: Vec<Lookup>,
        /// What to look up if it can be had; null otherwise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[tsify(optional)]
        optional: Vec<Lookup>,
    },
    /// Nothing can be planned.
    Refused {
        /// Every problem, errors first.
        problems: Vec<Problem>,
    },
}

/// A plan without what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanSummary {
    /// Of the plan.
    pub digest: String,
    /// Warnings.
    pub problems: Vec<Problem>,
    /// How long it will take.
    pub forecast: Forecast,
    /// Effective parameter values to record; NoEcho ones `null`.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Tags for every taggable resource, to record.
    pub tags: BTreeMap<String, String>,
    /// NoEcho parameters whose values the deployment needs.
    pub no_echo: Vec<String>,
    /// Dynamic references whose values it uses, sorted: to be read and bound before the digest is shown to anybody.
    pub references: Vec<String>,
}

/// What came of reading a dynamic reference. The value goes into the core and never out of it.
#[derive(Clone, PartialEq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reference {
    /// As in the plan.
    pub id: String,
    /// Absent: it cannot be read now.
    #[serde(default)]
    #[tsify(optional)]
    pub read: Option<ReadSecret>,
}

/// A secret's value.
#[derive(Clone, PartialEq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadSecret {
    /// What is looked at.
    #[tsify(type = "unknown")]
    pub value: Value,
    /// What the digest binds.
    pub fingerprint: String,
}

/// How long a plan will take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Forecast {
    /// Expected makespan under the given concurrency.
    pub makespan_ms: Millis,
    /// Logical ids on the longest path, first to last.
    pub critical_path: Vec<String>,
}

/// What a template declares, before any value is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declared {
    /// Parameters in template order.
    pub parameters: Vec<DeclaredParameter>,
}

/// A parameter as declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeclaredParameter {
    /// Name.
    pub name: String,
    /// Type as written.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Default as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub default: Option<String>,
    /// Never to be shown or stored.
    pub no_echo: bool,
    /// Permitted values.
    pub allowed_values: Vec<String>,
}

/// The answer to `inspect(text)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum InspectAnswer {
    /// The text is a template.
    Inspected {
        /// What it declares.
        declared: Declared,
    },
    /// It is not.
    Refused {
        /// Why.
        problems: Vec<Problem>,
    },
}

/// A run on the virtual clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulateCall {
    /// Operations in flight at most.
    pub max_concurrency: u32,
    /// Calls per second that the simulated cloud accepts; absent: no limit, and completion is known at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub rate: Option<f64>,
    /// Order of the ready list.
    #[serde(default)]
    pub policy: Policy,
    /// Decimal, 64 bits: varies durations around their estimates by `noise`.
    pub seed: String,
    /// Relative spread of true durations around estimates; 0: exact.
    #[serde(default)]
    pub noise: f64,
}

/// What a simulated run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Simulated {
    /// Resources in the graph.
    pub resources: u32,
    /// Virtual duration.
    pub makespan_ms: Millis,
    /// max(critical path, work / concurrency), with a rate also (2n - burst) / rate.
    pub lower_bound_ms: Millis,
    /// makespan / lower bound.
    pub ratio: f64,
    /// Operations in flight at most.
    pub max_in_flight: u32,
    /// Events handled.
    pub events: u32,
}
