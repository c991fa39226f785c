//! tests/vectors/plan: templates, calls and the plans they give. The same cases run against the wasm
//! (tests/unit/core/stored.test.ts), which also changes every value of every plan.

#![allow(clippy::panic, clippy::unwrap_used)]

use assent_core::call::{PlanCall, Reference};
use assent_core::model::Plan;
use assent_core::plan::digest_of;
use assent_core::plan::planned::Planning;
use assent_core::session::{Planned, Template};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    name: String,
    template: String,
    call: PlanCall,
    #[serde(default)]
    references: Vec<Reference>,
    plan: Value,
}

#[test]
fn every_case_gives_its_plan_under_its_digest() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/vectors/plan/plans.json")).unwrap();
    assert!(!cases.is_empty());
    for Case { name, template, call, references, plan } in cases {
        let template = Template::new(template);
        let Planning::Planned(planned) = template.plan(call) else { panic!("{name}") };
        let mut planned = Planned::new(template, *planned);
        planned.bind(references);
        assert_eq!(serde_json::to_value(planned.plan()).unwrap(), plan, "{name}");
        let stored: Plan = serde_json::from_value(plan).unwrap();
        assert_eq!(digest_of(&stored), stored.digest, "{name}");
    }
}
