//! The only door from JavaScript: each export is a thin line over a pure function.
//!
//! Expected refusals are answer variants; a `JsError` is a malformed call and our own bug. The engine's hot path
//! takes and gives JSON text, everything else typed objects.

use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::call::{InspectAnswer, PlanAnswer, PlanCall, SimulateCall, Simulated};
use crate::engine::{Schemas, unresolved};
use crate::model::{Event, Millis};

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

/// Runs a plan (JSON) with the real engine on a virtual clock.
///
/// # Errors
/// When the plan or the call is malformed.
#[wasm_bindgen]
pub fn simulate(plan: &str, call: Ts<SimulateCall>) -> Result<Ts<Simulated>, JsError> {
    Ok(crate::simulate::simulate(&serde_json::from_str(plan)?, &call.to_rust()?)?.into_ts()?)
}

/// Schema of a resource type as JSON, `undefined` for a type the registry does not know.
#[wasm_bindgen(js_name = resourceSchema)]
#[must_use]
pub fn resource_schema(type_name: &str) -> Option<String> {
    crate::schema::resource_schema(type_name).map(|schema| schema.to_string())
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

    /// Measured duration divided by estimate, for `EngineConfig.durationScale` of later runs.
    #[wasm_bindgen(js_name = durationScale)]
    #[must_use]
    pub fn duration_scale(&self) -> Option<f64> {
        self.engine.duration_scale()
    }
}
