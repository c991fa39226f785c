//! tests/vectors/scan: what is found where, and above all what is not. The same cases run against the wasm.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;

use assent_core::scan::{ScanAnswer, ScanCall};
use assent_core::session::Template;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    template: String,
    expect: Vec<String>,
}

fn scanned(text: &str, call: &ScanCall) -> ScanAnswer {
    Template::new(text.to_owned()).scan(call)
}

#[test]
fn every_case_gives_what_it_expects() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/vectors/scan/precision.json")).unwrap();
    for Case { name, template, expect } in cases {
        let call = ScanCall {
            file: "t".into(),
            parameters: Default::default(),
            context: None,
            baseline: BTreeSet::new(),
            no_suppressions: false,
        };
        let ScanAnswer::Scanned { findings, .. } = scanned(&template, &call) else { panic!("{name}") };
        let found: Vec<String> =
            findings.iter().map(|one| format!("{}@{}:{}", one.rule_id, one.line, one.column)).collect();
        assert_eq!(found, expect, "{name}\n{template}");
    }
}
