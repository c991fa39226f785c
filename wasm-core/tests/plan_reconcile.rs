//! The way back to what is recorded.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use assent_core::call::{Live, PlanCall, Reconcile, StackState};
use assent_core::expr::Expr;
use assent_core::model::{Action, Context, Mode, PatchKind, PlannedOutput, StackResource};
use assent_core::plan::planned::{Planned, Planning};
use assent_core::session::Template;
use serde_json::{Value, json};

fn recorded(id: &str, type_name: &str, applied: Value) -> StackResource {
    let attributes = BTreeMap::from([("Ref".to_owned(), json!(format!("{id}-1")))]);
    StackResource { attributes, ..support::stack::recorded(id, type_name, applied) }
}

/// The plan back; `live` and `baseline` by logical id (live null: it is gone).
fn back(resources: Vec<StackResource>, live: &Value, baseline: &Value) -> Planned {
    let context = Context {
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        partition: "aws".into(),
        stack_id: String::new(),
    };
    let of =
        |value: &Value| if value.is_null() { Live::Absent {} } else { Live::Present { properties: value.clone() } };
    let output = PlannedOutput {
        name: "Out".into(),
        value: Expr::known(json!("kept")),
        description: None,
        export_name: Some("e".into()),
    };
    let baseline = baseline.as_object().unwrap().clone().into_iter().collect();
    let state = StackState {
        stack: "shop".into(),
        context: context.clone(),
        parameters: BTreeMap::from([("P".to_owned(), Some("v".to_owned()))]),
        resources,
        ..StackState::default()
    };
    let call = PlanCall {
        stack: "shop".into(),
        mode: Mode::Deploy,
        context,
        parameters: Default::default(),
        recorded: Some(state),
        live: live.as_object().unwrap().iter().map(|(id, value)| (id.clone(), of(value))).collect(),
        foreign: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: BTreeMap::new(),
        incarnation: Some(3),
        reconcile: Some(Reconcile { baseline, outputs: vec![output] }),
        allow_secret_identifiers: false,
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    };
    match Template::new(String::new()).plan(call) {
        Planning::Planned(planned) => *planned,
        other => panic!("{other:#?}"),
    }
}

fn patch_of(planned: &Planned) -> Value {
    serde_json::to_value(&planned.plan.resources[0].patch).unwrap()
}

const QUEUE: &str = "AWS::SQS::Queue";

#[test]
fn what_is_as_deployed_is_left_out_and_what_is_recorded_besides_stays() {
    let planned =
        back(vec![recorded("A", QUEUE, json!({"DelaySeconds": 5}))], &json!({"A": {"DelaySeconds": 5}}), &json!({}));
    assert!(planned.plan.resources.is_empty() && planned.problems.is_empty());
    assert_eq!(planned.plan.outputs[0].export_name.as_deref(), Some("e"));
    assert_eq!(planned.parameters["P"].as_deref(), Some("v"));
}

#[test]
fn declared_properties_go_back_to_what_was_applied_under_tests_of_what_was_read() {
    let applied = json!({"DelaySeconds": 5, "VisibilityTimeout": 30, "Tags": [{"Key": "a", "Value": "1"}]});
    let live = json!({"DelaySeconds": 9, "VisibilityTimeout": 30, "Tags": [
        {"Key": "b", "Value": "2"}, {"Key": "aws:x", "Value": "y"}, {"Key": "a", "Value": "1"},
    ]});
    let planned = back(vec![recorded("A", QUEUE, applied.clone())], &json!({"A": live}), &json!({}));
    assert_eq!(
        patch_of(&planned),
        json!([
            {"op": "test", "path": "/DelaySeconds", "value": 9},
            {"op": "replace", "path": "/DelaySeconds", "value": 5},
            {"op": "replace", "path": "/Tags", "value": [{"Key": "a", "Value": "1"}],
             "found": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
        ])
    );
    let resource = &planned.plan.resources[0];
    assert_eq!((resource.action, resource.desired.as_ref().map(Expr::to_json)), (Action::Update, Some(applied)));
    assert_eq!(resource.reasons[0], "DelaySeconds was changed outside of Assent");
}

#[test]
fn others_go_back_to_the_baseline_and_are_not_declared_by_that() {
    let log = |more: Value| {
        let mut all = json!({"LogGroupName": "log"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    for (baseline, live, expected) in [
        (
            json!({}),
            json!({"RetentionInDays": 7}),
            json!([
                {"op": "test", "path": "/RetentionInDays", "value": 7},
                {"op": "remove", "path": "/RetentionInDays"},
            ]),
        ),
        (
            json!({"RetentionInDays": 3}),
            json!({"RetentionInDays": 7}),
            json!([
                {"op": "test", "path": "/RetentionInDays", "value": 7},
                {"op": "replace", "path": "/RetentionInDays", "value": 3},
            ]),
        ),
        (json!({"RetentionInDays": 3}), json!({}), json!([{"op": "add", "path": "/RetentionInDays", "value": 3}])),
    ] {
        let own = recorded("A", "AWS::Logs::LogGroup", json!({"LogGroupName": "log"}));
        let planned = back(vec![own], &json!({"A": log(live)}), &json!({"A": log(baseline)}));
        assert_eq!(patch_of(&planned), expected);
        assert_eq!(planned.plan.resources[0].desired.as_ref().unwrap().to_json(), json!({"LogGroupName": "log"}));
    }
}

#[test]
fn what_is_gone_is_created_anew_in_order_and_whoever_uses_it_is_named() {
    let mut user = recorded("User", "AWS::SSM::Parameter", json!({"Type": "String", "Value": "Queue-1"}));
    user.depends_on = vec!["Queue".to_owned(), "Other".to_owned()];
    let resources = vec![recorded("Queue", QUEUE, json!({})), user];
    let planned = back(resources, &json!({"Queue": null, "User": {"Type": "String", "Value": "mine"}}), &json!({}));
    let [queue, user] = planned.plan.resources.as_slice() else { panic!("{:#?}", planned.plan) };
    assert_eq!((queue.action, queue.recorded.is_none()), (Action::Create, true));
    assert!(queue.notes[0].contains("User will still name the old one"), "{:?}", queue.notes);
    assert_eq!((user.action, user.comes_after()), (Action::Update, ["Queue".to_owned()].as_slice()));
    assert_eq!(user.depends_on, ["Queue", "Other"]);
}

#[test]
fn what_cannot_be_brought_back_is_left_alone_and_named() {
    let secret = json!({"DisplayName": {"$secret": "parameter:Word"}, "SignatureVersion": "1"});
    for (what, resource, live, said) in [
        (
            "made from a NoEcho value",
            recorded("A", "AWS::SNS::Topic", secret.clone()),
            json!({"DisplayName": "x", "SignatureVersion": "2"}),
            "parameter:Word",
        ),
        ("gone, and made from one", recorded("A", "AWS::SNS::Topic", secret), Value::Null, "parameter:Word"),
        (
            "set at creation",
            recorded("A", QUEUE, json!({"QueueName": "q"})),
            json!({"QueueName": "other"}),
            "QueueName can only be set at creation",
        ),
        (
            "of a type that has no updates",
            recorded("A", "AWS::AppRunner::VpcConnector", json!({"Subnets": ["s-1"]})),
            json!({"Subnets": ["s-2"]}),
            "cannot be updated in place",
        ),
        (
            "of a type whose updates are all refused",
            recorded("A", "AWS::ACMPCA::CertificateAuthority", json!({"UsageMode": "GENERAL_PURPOSE"})),
            json!({"UsageMode": "SHORT_LIVED_CERTIFICATE"}),
            "is required and in no read, so AWS refuses every update",
        ),
    ] {
        let planned = back(vec![resource], &json!({ "A": live }), &json!({}));
        assert!(planned.plan.resources.is_empty(), "{what}: {:#?}", planned.plan.resources);
        let [problem] = planned.problems.as_slice() else { panic!("{what}: {:?}", planned.problems) };
        assert!(problem.code == "not_reconciled" && problem.message.contains(said), "{what}: {}", problem.message);
    }
}

#[test]
fn a_part_of_a_property_goes_back_and_the_rest_of_it_stays_undeclared() {
    let block = |one: bool, other: bool| json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": one, "IgnorePublicAcls": other}});
    let applied = json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}});
    let own = recorded("A", "AWS::S3::Bucket", applied.clone());
    let planned = back(vec![own], &json!({"A": block(false, false)}), &json!({"A": block(true, true)}));
    let written: Vec<(String, Value)> = planned.plan.resources[0]
        .patch
        .iter()
        .filter(|operation| operation.op != PatchKind::Test)
        .map(|operation| (operation.path.clone(), operation.value.as_ref().unwrap().to_json()))
        .collect();
    let path = |name: &str| format!("/PublicAccessBlockConfiguration/{name}");
    assert_eq!(written, [(path("BlockPublicAcls"), json!(true)), (path("IgnorePublicAcls"), json!(true))]);
    assert_eq!(planned.plan.resources[0].desired.as_ref().unwrap().to_json(), applied);
}

#[test]
fn the_other_form_of_a_declared_value_is_taken_out_of_what_an_update_holds() {
    let own = recorded("A", QUEUE, json!({"SearchString": "x", "DelaySeconds": 5}));
    let live = json!({"SearchString": "x", "SearchStringBase64": "eA==", "DelaySeconds": 9});
    let planned = back(vec![own], &json!({ "A": live }), &json!({}));
    let patch = patch_of(&planned);
    assert_eq!(patch.as_array().unwrap().last(), Some(&json!({"op": "remove", "path": "/SearchStringBase64"})));
}
