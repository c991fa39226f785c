//! The only door from JavaScript: each export is a thin line over a pure function.
//!
//! Expected refusals are answer variants; a `JsError` is a malformed call and our own bug. The engine's hot path
//! takes and gives JSON text, everything else typed objects.

use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::call::{InspectAnswer, PlanAnswer, PlanCall, SimulateCall, Simulated};
use crate::circle::{ConsultCall, Consultation};
use crate::consensus::{ConsensusAnswer, ConsensusCall, aggregate};
use crate::durations::{Learned, Observed};
use crate::engine::{Schemas, unresolved};
use crate::model::{Event, Millis};
use crate::permissions::PermissionsAnswer;
use crate::plan::drift::{DriftCall, Drifted};
use crate::plan::rollback::{RollbackAnswer, RollbackCall};
use crate::scan::{RulesAnswer, ScanAnswer, ScanCall};
use crate::share::{Claim, Share};
use crate::sketch::{Sketch, SketchAnswer};

/// What a template declares.
///
/// # Errors
/// Never on account of the text: that is an answer.
#[wasm_bindgen]
pub fn inspect(text: &str) -> Result<Ts<InspectAnswer>, JsError> {
    Ok(crate::plan::inspect(text).into_ts()?)
}

/// Plans a template (`mode: deploy`) or a stack's end (`mode: destroy`, empty text).
///
/// # Errors
/// When the call itself is malformed.
#[wasm_bindgen]
pub fn plan(text: &str, call: Ts<PlanCall>) -> Result<Ts<PlanAnswer>, JsError> {
    Ok(crate::plan::plan(text, call.to_rust()?).into_ts()?)
}

/// What is there against what was deployed.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen]
pub fn drift(call: Ts<DriftCall>) -> Result<Ts<Drifted>, JsError> {
    Ok(crate::plan::drift::drift(&call.to_rust()?).into_ts()?)
}

/// The way back from a deployment that failed.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen]
pub fn rollback(call: Ts<RollbackCall>) -> Result<Ts<RollbackAnswer>, JsError> {
    Ok(crate::plan::rollback::rollback(&call.to_rust()?).into_ts()?)
}

/// Runs a plan (JSON) with the real engine on a virtual clock.
///
/// # Errors
/// When the plan or the call is malformed.
#[wasm_bindgen]
pub fn simulate(plan: &str, call: Ts<SimulateCall>) -> Result<Ts<Simulated>, JsError> {
    Ok(crate::simulate::simulate(&serde_json::from_str(plan)?, &call.to_rust()?)?.into_ts()?)
}

/// The circle's verdict over a plan, its findings and the stack's history.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen]
pub fn consult(call: Ts<ConsultCall>) -> Result<Ts<Consultation>, JsError> {
    Ok(crate::circle::consult(&call.to_rust()?).map_err(|error| JsError::new(&error))?.into_ts()?)
}

/// Scans a text: policy, secrets, the template itself.
///
/// # Errors
/// When the call itself is malformed.
#[wasm_bindgen]
pub fn scan(text: &str, call: Ts<ScanCall>) -> Result<Ts<ScanAnswer>, JsError> {
    Ok(crate::scan::scan(text, &call.to_rust()?).into_ts()?)
}

/// The built-in rules, explained.
///
/// # Errors
/// Never.
#[wasm_bindgen]
pub fn rules() -> Result<Ts<RulesAnswer>, JsError> {
    Ok(crate::scan::rules().into_ts()?)
}

/// Schema of a resource type as JSON, `undefined` for a type the registry does not know.
#[wasm_bindgen(js_name = resourceSchema)]
#[must_use]
pub fn resource_schema(type_name: &str) -> Option<String> {
    crate::schema::resource_schema(type_name).map(|schema| schema.to_string())
}

/// What whoever deploys a template must be allowed to do.
///
/// # Errors
/// Never on account of the text: that is an answer.
#[wasm_bindgen]
pub fn permissions(text: &str) -> Result<Ts<PermissionsAnswer>, JsError> {
    Ok(crate::permissions::permissions(text).into_ts()?)
}

/// Aggregates votes on one question.
///
/// # Errors
/// When the call itself is malformed.
#[wasm_bindgen]
pub fn consensus(call: Ts<ConsensusCall>) -> Result<Ts<ConsensusAnswer>, JsError> {
    Ok(match aggregate(&call.to_rust()?) {
        Ok(consensus) => ConsensusAnswer::Aggregated { consensus },
        Err(problems) => ConsensusAnswer::Refused { problems },
    }
    .into_ts()?)
}

/// Encodes what a recorder counted: bucket indices (`sketch`'s, as the high word of a value shifted by 14) with their
/// counts, the number of zeros, and sum, smallest and largest value.
#[wasm_bindgen(js_name = sketchFromCounts)]
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn sketch_from_counts(indices: &[u32], counts: &[f64], zero: f64, sum: f64, min: f64, max: f64) -> Vec<u8> {
    let counts: Vec<(u32, u64)> = indices.iter().copied().zip(counts.iter().map(|count| *count as u64)).collect();
    Sketch::encode_counts(&counts, zero as u64, [sum, min, max])
}

/// Both sketches in one; `undefined` where either is not a sketch of this version.
#[wasm_bindgen(js_name = sketchMerge)]
#[must_use]
pub fn sketch_merge(one: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let mut merged = Sketch::decode(one).ok()?;
    merged.merge(&Sketch::decode(other).ok()?);
    Some(merged.encode())
}

/// Count, sum, extremes and quantiles of an encoded sketch.
///
/// # Errors
/// Never on account of the bytes: that is an answer.
#[wasm_bindgen(js_name = sketchSummary)]
pub fn sketch_summary(bytes: &[u8], quantiles: &[f64]) -> Result<Ts<SketchAnswer>, JsError> {
    Ok(crate::sketch::summarize(bytes, quantiles).into_ts()?)
}

/// Puts a claim to a share of the account's and region's rate to what is kept of it.
///
/// # Errors
/// When the claim is malformed. Never on account of what is kept.
#[wasm_bindgen(js_name = claimRate)]
#[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
pub fn claim_rate(kept: Option<String>, claim: Ts<Claim>) -> Result<Ts<Share>, JsError> {
    Ok(crate::share::claim(kept.as_deref(), &claim.to_rust()?).into_ts()?)
}

/// What is kept of durations, with what a run observed (JSON list) added; the answer takes its place.
///
/// # Errors
/// When the list is malformed. Never on account of what is kept.
#[wasm_bindgen(js_name = learnDurations)]
#[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
pub fn learn_durations(kept: Option<String>, observed: &str) -> Result<String, JsError> {
    let mut learned = Learned::read(kept.as_deref());
    learned.add(&serde_json::from_str::<Vec<Observed>>(observed)?);
    Ok(learned.text())
}

/// The deployment engine: events in, commands out.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    engine: crate::engine::Engine,
}

#[wasm_bindgen]
impl Engine {
    /// From a plan and an `EngineConfig`, both JSON text.
    ///
    /// # Errors
    /// When either is malformed, or the plan wants what the engine does not do.
    #[wasm_bindgen(constructor)]
    pub fn new(plan: &str, config: &str) -> Result<Engine, JsError> {
        let (plan, config) = (serde_json::from_str(plan)?, serde_json::from_str(config)?);
        Ok(Self { engine: crate::engine::Engine::new(plan, config, Box::new(Schemas))? })
    }

    /// Feeds journaled events (JSON list) without producing commands; before the first `handle` of a resumption.
    ///
    /// # Errors
    /// When they are malformed.
    pub fn replay(&mut self, events: &str) -> Result<(), JsError> {
        self.engine.replay(&serde_json::from_str::<Vec<Event>>(events)?);
        Ok(())
    }

    /// Events (JSON list) that came by `now` (ms); returns commands (JSON list).
    ///
    /// # Errors
    /// When they are malformed.
    pub fn handle(&mut self, now: f64, events: &str) -> Result<String, JsError> {
        let events: Vec<Event> = serde_json::from_str(events)?;
        // Negative and absurd times saturate.
        Ok(serde_json::to_string(&self.engine.handle(now as Millis, &events))?)
    }

    /// The desired state (create) or patch document (update) of a step, JSON text; `secrets`: JSON object id to value.
    ///
    /// # Errors
    /// When a reference or secret is unknown.
    pub fn payload(&self, step: &str, secrets: &str) -> Result<String, JsError> {
        let payload = self.engine.payload(step, &serde_json::from_str(secrets)?);
        Ok(payload.map_err(|error| JsError::new(&unresolved(&error)))?.to_string())
    }

    /// How long operations took (JSON list of `Observed`), for `learnDurations`.
    ///
    /// # Errors
    /// Never.
    pub fn observed(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(self.engine.observed())?)
    }
}
