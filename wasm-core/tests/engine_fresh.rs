//! The look before an update: lists without order are compared with what the plan found, for no `test` can.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::expr::Expr;
use assent_core::model::{
    Action, CallKind, Command, EngineConfig, Event, Outcome, PlannedResource, ResourceStatus, StackResource, StepStatus,
};
use serde_json::{Value, json};
use support::leash::{Leash, config, deploy, existing, recorded};

const STEP: &str = "update:A";

fn looking() -> EngineConfig {
    EngineConfig { fresh_reads: true, ..config() }
}

fn tags(keys: &[&str]) -> Value {
    json!(keys.iter().map(|key| json!({"Key": key, "Value": "1"})).collect::<Vec<_>>())
}

/// A queue whose tags were applied as `[a, b]`, under this patch.
fn queue(id: &str, patch: &Value) -> PlannedResource {
    let mut resource = existing(id, Action::Update, &[]);
    resource.type_name = "AWS::SQS::Queue".to_owned();
    resource.desired = Some(Expr::known(json!({"Tags": tags(&["c"])})));
    let applied = Expr::known(json!({"Tags": tags(&["a", "b"])}));
    resource.recorded = Some(StackResource { applied, type_name: resource.type_name.clone(), ..recorded(id) });
    resource.patch = serde_json::from_value(patch.clone()).unwrap();
    resource
}

fn replaced() -> Value {
    json!([{"op": "replace", "path": "/Tags", "value": tags(&["c"])}])
}

fn looked_at(patch: &Value, live: Option<Value>) -> Leash {
    let mut leash = Leash::with(deploy(vec![queue("A", patch)]), looking());
    assert_eq!(leash.calls(), ["get update:A"], "{patch}");
    assert!(!leash.commands.iter().any(|command| matches!(command, Command::RecordIntent { .. })));
    leash.read(STEP, live);
    leash
}

#[test]
fn what_somebody_changed_since_the_plan_is_not_overwritten() {
    let found = json!([{"op": "replace", "path": "/Tags", "value": tags(&["c"]), "found": tags(&["a", "theirs"])}]);
    let added = json!([{"op": "add", "path": "/Tags", "value": tags(&["c"])}]);
    let removed = json!([{"op": "remove", "path": "/Tags"}]);
    let aws = json!([{"Key": "b", "Value": "1"}, {"Key": "aws:x", "Value": "y"}, {"Key": "a", "Value": "1"}]);
    for (what, patch, live, goes_on) in [
        ("as applied", replaced(), json!({"Tags": tags(&["a", "b"])}), true),
        ("in another order, with tags of AWS's own", replaced(), json!({"Tags": aws}), true),
        ("as wanted already", replaced(), json!({"Tags": tags(&["c"])}), true),
        ("one more", replaced(), json!({"Tags": tags(&["a", "b", "theirs"])}), false),
        ("one less", replaced(), json!({"Tags": tags(&["a"])}), false),
        ("none", replaced(), json!({}), false),
        ("as found", found.clone(), json!({"Tags": tags(&["theirs", "a"])}), true),
        ("as applied, but that was not what the plan found", found.clone(), json!({"Tags": tags(&["a", "b"])}), false),
        ("neither", found, json!({"Tags": tags(&["b", "theirs"])}), false),
        ("still nothing", added.clone(), json!({}), true),
        ("empty", added.clone(), json!({"Tags": []}), true),
        ("something where there was nothing", added, json!({"Tags": tags(&["theirs"])}), false),
        ("to be removed", removed.clone(), json!({"Tags": tags(&["b", "a"])}), true),
        ("to be removed, and another", removed, json!({"Tags": tags(&["z"])}), false),
    ] {
        let leash = looked_at(&patch, Some(live));
        if goes_on {
            assert_eq!(leash.calls(), ["update update:A"], "{what}");
            continue;
        }
        let report = leash.report("A");
        assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some("drifted")), "{what}");
        assert!(report.message.unwrap().starts_with("It was changed since the plan was made"), "{what}");
        assert_eq!(leash.outcome(), Some(Outcome::Failed), "{what}");
        assert!(leash.recorded("A").is_none(), "{what}: nothing has changed");
    }
}

#[test]
fn members_that_no_read_shows_are_not_missed() {
    let rule = |port: u16, more: Value| {
        let mut rule = json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    let hidden = json!({"SourceSecurityGroupName": "g"});
    let path = "/SecurityGroupIngress";
    let patch = json!([{"op": "replace", "path": path, "value": [rule(443, json!({}))]}]);
    for (live, goes_on) in
        [(json!([rule(80, json!({}))]), true), (json!([rule(80, json!({})), rule(22, json!({}))]), false)]
    {
        let mut resource = queue("A", &patch);
        resource.type_name = "AWS::EC2::SecurityGroup".to_owned();
        resource.recorded.as_mut().unwrap().applied =
            Expr::known(json!({"SecurityGroupIngress": [rule(80, hidden.clone())]}));
        let mut leash = Leash::with(deploy(vec![resource]), looking());
        assert_eq!(leash.calls(), ["get update:A"]);
        leash.read(STEP, Some(json!({"SecurityGroupIngress": live})));
        assert_eq!(leash.calls().is_empty(), !goes_on, "{:?}", leash.report("A"));
    }
    // What is added again because nobody can read it is there.
    let again = json!([{"op": "add", "path": path, "value": [rule(443, hidden)]}]);
    let mut resource = queue("A", &again);
    resource.type_name = "AWS::EC2::SecurityGroup".to_owned();
    assert_eq!(Leash::with(deploy(vec![resource]), looking()).calls(), ["update update:A"]);
}

#[test]
fn only_what_nothing_tests_is_looked_at_and_only_where_the_plan_was_made_from_reads() {
    let tested = json!([{"op": "test", "path": "/DelaySeconds", "value": 1},
        {"op": "replace", "path": "/DelaySeconds", "value": 2}]);
    let calls = |patch: &Value, config: EngineConfig| Leash::with(deploy(vec![queue("A", patch)]), config).calls();
    assert_eq!(calls(&tested, looking()), ["update update:A"]);
    assert_eq!(calls(&json!([{"op": "add", "path": "/DelaySeconds", "value": 2}]), looking()), ["update update:A"]);
    assert_eq!(calls(&replaced(), config()), ["update update:A"]);
    assert_eq!(calls(&replaced(), looking()), ["get update:A"]);
}

#[test]
fn lists_that_are_made_from_secrets_are_left_to_whoever_may_see_them() {
    let secret = json!([{"Key": "a", "Value": {"$secret": "parameter:P"}}]);
    let patch = json!([{"op": "replace", "path": "/Tags", "value": secret}]);
    assert_eq!(Leash::with(deploy(vec![queue("A", &patch)]), looking()).calls(), ["update update:A"]);
    // A list that echoes one is kept from the engine: that it is missing says nothing.
    let mut resource = queue("A", &replaced());
    resource.desired =
        Some(Expr::from_json(json!({"Tags": tags(&["c"]), "QueueName": {"$secret": "parameter:P"}})).unwrap());
    let mut leash = Leash::with(deploy(vec![resource]), looking());
    leash.read(STEP, Some(json!({})));
    assert_eq!(leash.calls(), ["update update:A"]);
}

#[test]
fn absence_is_believed_only_when_it_lasts() {
    let mut leash = looked_at(&replaced(), None);
    assert_eq!(leash.until_call(), ["get update:A"]);
    assert!(leash.now - support::leash::NOW >= 10_000);
    leash.read(STEP, None);
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some("resource_not_found")));
    let mut leash = looked_at(&replaced(), None);
    leash.until_call();
    leash.read(STEP, Some(json!({"Tags": tags(&["a", "b"])})));
    assert_eq!(leash.calls(), ["update update:A"]);
}

#[test]
fn what_cannot_be_looked_at_is_not_updated_unless_the_plan_could_not_look_either() {
    let found = json!([{"op": "replace", "path": "/Tags", "value": tags(&["c"]), "found": tags(&["a"])}]);
    for (patch, goes_on) in [(found, false), (replaced(), true)] {
        let mut leash = Leash::with(deploy(vec![queue("A", &patch)]), looking());
        leash.reject(STEP, CallKind::Get, "AccessDeniedException");
        if goes_on {
            assert_eq!(leash.calls(), ["update update:A"]);
        } else {
            assert_eq!(leash.report("A").error_code.as_deref(), Some("AccessDeniedException"));
            assert!(leash.report("A").message.unwrap().contains("could not be read before its update"));
        }
    }
}

#[test]
fn throttled_and_lost_looks_are_made_again() {
    let mut leash = Leash::with(deploy(vec![queue("A", &replaced())]), looking());
    leash.tell(Event::Throttled { step: STEP.to_owned(), call: CallKind::Get });
    assert_eq!(leash.until_call(), ["get update:A"]);
    leash.lose(STEP, CallKind::Get);
    assert_eq!(leash.until_call(), ["get update:A"]);
    leash.read(STEP, Some(json!({"Tags": tags(&["a", "b"])})));
    assert_eq!(leash.calls(), ["update update:A"]);
}

#[test]
fn every_attempt_is_looked_at_and_what_one_has_reached_is_no_drift() {
    let mut leash = looked_at(&replaced(), Some(json!({"Tags": tags(&["a", "b"])})));
    leash.accept(STEP, None);
    leash.fail(STEP, "ServiceInternalError", None);
    leash.until_call();
    leash.read(STEP, Some(json!({"Tags": tags(&["a", "b"])})));
    assert_eq!(leash.until_call(), ["get update:A"], "{:?}", leash.report("A"));
    leash.read(STEP, Some(json!({"Tags": tags(&["c"])})));
    assert_eq!(leash.calls(), ["update update:A"]);
    leash.accept(STEP, None);
    leash.fail(STEP, "ServiceInternalError", None);
    leash.until_call();
    leash.read(STEP, Some(json!({"Tags": tags(&["theirs"])})));
    assert_eq!(leash.until_call(), ["get update:A"]);
    leash.read(STEP, Some(json!({"Tags": tags(&["theirs"])})));
    assert_eq!(leash.report("A").error_code.as_deref(), Some("drifted"));
    // What the attempts have done of it is not known.
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::UpdateFailed);
}

#[test]
fn a_look_takes_its_turn_and_lets_others_have_theirs() {
    let plan = deploy(vec![queue("A", &replaced()), queue("B", &replaced())]);
    let mut leash = Leash::with(plan, EngineConfig { max_concurrency: 1, ..looking() });
    let mut open = vec!["A", "B"];
    while let Some(id) = open.pop() {
        let calls = leash.until_call();
        let id = if calls == ["get update:A"] { "A" } else { id };
        assert_eq!(calls, [format!("get update:{id}")]);
        leash.read(&format!("update:{id}"), Some(json!({"Tags": tags(&["a", "b"])})));
        assert_eq!(leash.calls(), [format!("update update:{id}")], "nothing comes between");
        leash.accept(&format!("update:{id}"), None);
        leash.succeed(&format!("update:{id}"), "x");
        open = open
            .into_iter()
            .chain(["A", "B"])
            .filter(|other| {
                leash.report(other).status == StepStatus::Waiting
                    || leash.report(other).status == StepStatus::InProgress
            })
            .collect();
        open.sort_unstable();
        open.dedup();
    }
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_cancelled_run_ends_although_somebody_was_looking() {
    let mut leash = Leash::with(deploy(vec![queue("A", &replaced())]), looking());
    leash.tell(Event::CancelRequested { now: false });
    assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
    assert!(leash.recorded("A").is_none());
}

#[test]
fn a_new_process_goes_on_where_the_journal_ends() {
    let plan = deploy(vec![queue("A", &replaced())]);
    let looked = looked_at(&replaced(), Some(json!({"Tags": tags(&["a", "b"])})));
    assert_eq!(looked.calls(), ["update update:A"]);
    // The intent is there: its call is made again under the same token, whatever is read now.
    let mut resumed = looked.resumed_with(plan.clone(), looking(), 1_000);
    assert_eq!(resumed.until_call(), ["update update:A"]);
    // Killed before the intent: it is looked at anew.
    let mut killed = Leash::with(plan.clone(), looking());
    killed.journal.push(Event::Read { step: STEP.to_owned(), properties: Some(json!({})), at: killed.now });
    let mut resumed = killed.resumed_with(plan, looking(), 1_000);
    assert_eq!(resumed.until_call(), ["get update:A"]);
}

#[test]
fn a_list_that_was_neither_applied_nor_found_is_expected_to_be_empty() {
    for (live, goes_on) in [(json!({}), true), (json!({"Tags": []}), true), (json!({"Tags": tags(&["x"])}), false)] {
        let mut resource = queue("A", &replaced());
        resource.recorded.as_mut().unwrap().applied = Expr::known(json!({}));
        let mut leash = Leash::with(deploy(vec![resource]), looking());
        assert_eq!(leash.calls(), ["get update:A"]);
        leash.read(STEP, Some(live.clone()));
        assert_eq!(leash.calls().len(), usize::from(goes_on), "{live}");
    }
}

#[test]
fn a_list_that_is_to_be_removed_and_is_gone_is_as_wanted() {
    let leash = looked_at(&json!([{"op": "remove", "path": "/Tags"}]), Some(json!({})));
    assert_eq!(leash.report("A").error_code, None, "{:?}", leash.report("A"));
}
