//! tests/vectors/engine: what an engine answers, turn by turn; client tokens word for word, because they stand in journals
//! and in Cloud Control's memory. The same cases run against the wasm (tests/unit/core/engine-vectors.test.ts).

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use assent_core::engine::{Engine, Schemas};
use assent_core::model::{EngineConfig, Event, Millis, Plan};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    name: String,
    /// Name of a case in tests/vectors/plan.
    plan: String,
    config: EngineConfig,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    now: Millis,
    events: Vec<Event>,
    commands: Value,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    plan: Plan,
}

#[test]
fn every_case_is_answered_with_its_commands() {
    let plans: Vec<Named> = serde_json::from_str(include_str!("../../tests/vectors/plan/plans.json")).unwrap();
    let plans: HashMap<String, Plan> = plans.into_iter().map(|Named { name, plan }| (name, plan)).collect();
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/vectors/engine/turns.json")).unwrap();
    assert!(!cases.is_empty());
    for Case { name, plan, config, turns } in cases {
        let mut engine = Engine::new(plans.get(&plan).unwrap().clone(), config, Box::new(Schemas)).unwrap();
        for Turn { now, events, commands } in turns {
            let answer = engine.handle(now, &events);
            assert_eq!(serde_json::to_value(answer).unwrap(), commands, "{name} at {now}");
        }
    }
}
