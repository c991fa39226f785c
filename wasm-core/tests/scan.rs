//! The scan as its callers see it: every rule on its own examples, places, leniency, suppressions, fingerprints.

use std::collections::{BTreeMap, BTreeSet};

use assent_core::scan::{self, Category, Finding, RuleStatus, ScanAnswer, ScanCall};

fn call() -> ScanCall {
    ScanCall { file: "web.yaml".into(), parameters: BTreeMap::new(), context: None, baseline: BTreeSet::new() }
}

fn findings_of(text: &str, call: &ScanCall) -> Vec<Finding> {
    match scan::scan(text, call) {
        ScanAnswer::Scanned { findings, .. } => findings,
        ScanAnswer::NotTemplate { problems } => panic!("{problems:?} in {text}"),
    }
}

fn findings(text: &str) -> Vec<Finding> {
    findings_of(text, &call())
}

fn ids(text: &str) -> Vec<String> {
    findings(text).into_iter().map(|finding| finding.rule_id).collect()
}

fn status(text: &str, rule: &str) -> RuleStatus {
    let ScanAnswer::Scanned { rules, .. } = scan::scan(text, &call()) else { panic!("{text}") };
    rules.into_iter().find(|result| result.rule_id == rule).expect(rule).status
}

/// An example of a rule as a template.
fn whole(example: &str) -> String {
    if example.contains("Resources:") {
        return example.to_owned();
    }
    format!("Resources:\n  Example:\n    {}\n", example.replace('\n', "\n    "))
}

#[test]
fn every_rule_refuses_its_failing_example_and_accepts_its_passing_one() {
    for rule in scan::rules().rules.iter().filter(|rule| rule.category == Category::Policy) {
        let (fails, passes) = (whole(&rule.fails), whole(&rule.passes));
        assert!(ids(&fails).contains(&rule.id), "{} does not see\n{fails}\n{:?}", rule.id, findings(&fails));
        assert_eq!(status(&fails, &rule.id), RuleStatus::Fail, "{}", rule.id);
        assert!(!ids(&passes).contains(&rule.id), "{} refuses\n{passes}", rule.id);
        assert_eq!(status(&passes, &rule.id), RuleStatus::Pass, "{}\n{passes}", rule.id);
    }
}

#[test]
fn every_failing_example_has_a_place_in_the_text() {
    for rule in scan::rules().rules.iter().filter(|rule| rule.category == Category::Policy) {
        let text = whole(&rule.fails);
        for finding in findings(&text).into_iter().filter(|finding| finding.rule_id == rule.id) {
            assert!(finding.line >= 1 && finding.column >= 1, "{finding:?}");
            assert!(finding.end_line >= finding.line, "{finding:?}");
            assert!((finding.line as usize) <= text.lines().count(), "{finding:?}");
        }
    }
}

#[test]
fn rules_have_names_of_their_own() {
    let rules = scan::rules().rules;
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(names.len(), rules.len());
    assert!(rules.len() >= 12);
    assert!(
        names
            .iter()
            .all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'))
    );
}
