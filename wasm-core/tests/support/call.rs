//! The planning call that tests change where it matters to them.
#![allow(missing_docs)]

use std::collections::BTreeMap;

use assent_core::call::PlanCall;
use assent_core::model::{Context, Mode};

pub fn call() -> PlanCall {
    PlanCall {
        incarnation: None,
        reconcile: None,
        allow_secret_identifiers: false,
        stack: "shop".into(),
        mode: Mode::Deploy,
        context: Context {
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            partition: "aws".into(),
            stack_id: String::new(),
        },
        parameters: Default::default(),
        recorded: None,
        live: BTreeMap::new(),
        foreign: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: BTreeMap::new(),
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    }
}
