//! What a plan shows of itself to those who answer for it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use assent_core::call::{Live, PlanCall, StackState};
use assent_core::model::{Plan, StackResource};
use assent_core::plan::planned::Planning;
use assent_core::session::Template;
use assent_core::shown::{PropertyChange, changes};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::call::call;
use support::stack::recorded;

fn plan(template: &Value, call: PlanCall) -> Plan {
    match Template::new(template.to_string()).plan(call) {
        Planning::Planned(planned) => planned.plan,
        other => panic!("{other:#?}"),
    }
}

fn over(resources: Vec<StackResource>) -> PlanCall {
    let state = StackState { stack: "shop".into(), context: call().context, resources, ..StackState::default() };
    PlanCall { recorded: Some(state), ..call() }
}

/// One resource: what was applied, what is wanted, what a read returned (`null`: nobody looked).
fn one(type_name: &str, applied: Value, desired: &Value, live: Value) -> Vec<PropertyChange> {
    let mut call = over(vec![recorded("R", type_name, applied)]);
    if !live.is_null() {
        call.live = BTreeMap::from([("R".to_owned(), Live::Present { properties: live })]);
    }
    let template = json!({ "Resources": { "R": { "Type": type_name, "Properties": desired } } });
    changes(&plan(&template, call)).resources.remove(0).changes
}

fn as_json(changes: &[PropertyChange]) -> Value {
    serde_json::to_value(changes).unwrap()
}

const QUEUE: &str = "AWS::SQS::Queue";
const TOPIC: &str = "AWS::SNS::Topic";

#[test]
fn each_changed_property_is_shown_as_it_was_and_as_it_will_be() {
    for (what, type_name, applied, desired, live, expected) in [
        (
            "changed",
            TOPIC,
            json!({"DisplayName": "old", "FifoTopic": false}),
            json!({"DisplayName": "new", "FifoTopic": false}),
            Value::Null,
            json!([{"path": "DisplayName", "before": "old", "after": "new"}]),
        ),
        (
            "added and gone",
            QUEUE,
            json!({"DelaySeconds": 5}),
            json!({"VisibilityTimeout": 60}),
            Value::Null,
            json!([
                {"path": "DelaySeconds", "before": 5, "after": null},
                {"path": "VisibilityTimeout", "before": null, "after": 60},
            ]),
        ),
        (
            "only the part of a policy that differs",
            "AWS::IAM::ManagedPolicy",
            json!({"PolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
            ]}}),
            json!({"PolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
            ]}}),
            Value::Null,
            json!([{"path": "PolicyDocument/Statement/0/Action", "before": "s3:GetObject", "after": "s3:*"}]),
        ),
        (
            "what somebody else made of it",
            TOPIC,
            json!({"DisplayName": "old"}),
            json!({"DisplayName": "new"}),
            json!({"TopicArn": "R-1", "DisplayName": "theirs"}),
            json!([{"path": "DisplayName", "before": "old", "after": "new", "live": "theirs"}]),
        ),
        (
            "what somebody else took away",
            TOPIC,
            json!({"DisplayName": "old"}),
            json!({"DisplayName": "new"}),
            json!({"TopicArn": "R-1"}),
            json!([{"path": "DisplayName", "before": "old", "after": "new", "live": null}]),
        ),
        (
            "what somebody else has done already",
            QUEUE,
            json!({"DelaySeconds": 1, "VisibilityTimeout": 1}),
            json!({"DelaySeconds": 2, "VisibilityTimeout": 2}),
            json!({"QueueUrl": "R-1", "DelaySeconds": 1, "VisibilityTimeout": 2}),
            json!([
                {"path": "DelaySeconds", "before": 1, "after": 2},
                {"path": "VisibilityTimeout", "before": 1, "after": 2, "live": 2},
            ]),
        ),
        (
            "integers that a double does not hold",
            "AWS::SSM::Parameter",
            json!({"Type": "String", "Value": "a"}),
            json!({"Type": "String", "Value": "9007199254740993"}),
            Value::Null,
            json!([{"path": "Value", "before": "a", "after": "9007199254740993"}]),
        ),
    ] {
        assert_eq!(as_json(&one(type_name, applied, &desired, live)), expected, "{what}");
    }
}

#[test]
fn what_somebody_else_made_of_a_list_in_no_order_is_shown() {
    let rule = |port: u16| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    for (what, type_name, path, applied, desired, live, expected) in [
        (
            "a rule that somebody added",
            "AWS::EC2::SecurityGroup",
            "SecurityGroupIngress",
            json!([rule(80)]),
            json!([rule(80), rule(443)]),
            json!([rule(80), rule(22)]),
            json!([rule(22), rule(80)]),
        ),
        (
            "a policy that somebody detached",
            "AWS::IAM::Role",
            "ManagedPolicyArns",
            json!(["arn:a", "arn:b"]),
            json!(["arn:a", "arn:b", "arn:c"]),
            json!(["arn:b"]),
            json!(["arn:b"]),
        ),
        (
            "a tag that somebody changed; AWS's own are nobody's",
            TOPIC,
            "Tags",
            json!([tag("team", "a")]),
            json!([tag("team", "b")]),
            json!([tag("aws:cloudformation:stack-name", "x"), tag("team", "theirs")]),
            json!([tag("team", "theirs")]),
        ),
        (
            "a list that the template gives up",
            "AWS::IAM::Role",
            "ManagedPolicyArns",
            json!(["arn:a"]),
            Value::Null,
            json!(["arn:z", "arn:a"]),
            json!(["arn:a", "arn:z"]),
        ),
        (
            "a list that the template never had",
            "AWS::IAM::Role",
            "ManagedPolicyArns",
            Value::Null,
            json!(["arn:a"]),
            json!(["arn:z"]),
            json!(["arn:z"]),
        ),
        (
            "only another order",
            "AWS::IAM::Role",
            "ManagedPolicyArns",
            json!(["arn:a", "arn:b"]),
            json!(["arn:c"]),
            json!(["arn:b", "arn:a"]),
            Value::Null,
        ),
        (
            "an empty list that the read injects",
            "AWS::IAM::Role",
            "ManagedPolicyArns",
            Value::Null,
            json!(["arn:a"]),
            json!([]),
            Value::Null,
        ),
    ] {
        // What is there besides, as it was deployed.
        let base = if type_name.ends_with("Role") { json!({"AssumeRolePolicyDocument": {}}) } else { json!({}) };
        let base = if type_name.contains("EC2") { json!({"GroupDescription": "d"}) } else { base };
        let with = |value: &Value| {
            let mut all = base.clone();
            if !value.is_null() {
                all[path] = value.clone();
            }
            all
        };
        let shown = one(type_name, with(&applied), &with(&desired), with(&live));
        let mut change = json!({"path": path, "before": applied, "after": desired});
        if !expected.is_null() {
            change["live"] = expected;
        }
        assert_eq!(as_json(&shown), json!([change]), "{what}");
    }
}

/// Whoever approves binds what is overwritten; in which order a read returned it binds nobody.
#[test]
fn what_is_overwritten_is_in_the_digest_whatever_its_order() {
    let digest = |live: Value| {
        let mut call = over(vec![recorded("R", TOPIC, json!({"Tags": [{"Key": "a", "Value": "1"}]}))]);
        call.live = BTreeMap::from([("R".to_owned(), Live::Present { properties: json!({"Tags": live}) })]);
        let desired = json!({"Tags": [{"Key": "a", "Value": "2"}]});
        plan(&json!({"Resources": {"R": {"Type": TOPIC, "Properties": desired}}}), call).digest
    };
    let (x, y) = (json!({"Key": "x", "Value": "1"}), json!({"Key": "y", "Value": "1"}));
    assert_eq!(digest(json!([x, y])), digest(json!([y, x])));
    assert_ne!(digest(json!([x, y])), digest(json!([x])));
}

#[test]
fn a_read_that_is_as_applied_is_no_drift() {
    let live = json!({"TopicArn": "R-1", "DisplayName": "old", "FifoTopic": false});
    let shown = one(TOPIC, json!({"DisplayName": "old"}), &json!({"DisplayName": "new"}), live);
    assert_eq!(as_json(&shown), json!([{"path": "DisplayName", "before": "old", "after": "new"}]));
}

#[test]
fn what_a_replacement_makes_others_do_is_named() {
    let template = json!({"Resources": {
        "Queue": {"Type": QUEUE, "Properties": {"QueueName": "new.fifo", "FifoQueue": true}},
        "User": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Queue"}}},
        "Other": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "b"}, "DependsOn": "Queue"},
    }});
    let call = over(vec![
        recorded("Queue", QUEUE, json!({"QueueName": "old"})),
        recorded("User", "AWS::SSM::Parameter", json!({"Type": "String", "Value": "Queue-1"})),
        recorded("Other", "AWS::SSM::Parameter", json!({"Type": "String", "Value": "a"})),
    ]);
    let shown = changes(&plan(&template, call)).resources;
    let of = |id: &str| serde_json::to_value(shown.iter().find(|one| one.logical_id == id).unwrap()).unwrap();
    assert_eq!(of("Queue")["causes"], json!([{"logicalId": "User", "action": "update"}]));
    assert_eq!(of("User")["changes"], json!([{"path": "Value", "before": "Queue-1", "after": {"Ref": "Queue"}}]));
    assert_eq!(of("Other")["causes"], json!([]));
}

#[test]
fn a_secret_is_named_and_never_shown() {
    let template = |value: Value| {
        json!({
            "Parameters": {"Pass": {"Type": "String", "NoEcho": true}},
            "Resources": {"R": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}},
        })
    };
    let given = |applied: Value, prints: [&str; 2]| {
        let mut call = over(vec![recorded("R", "AWS::SSM::Parameter", json!({"Type": "String", "Value": applied}))]);
        call.parameters = BTreeMap::from([("Pass".to_owned(), "c4nary-value".to_owned())]).into();
        let print = |print: &str| BTreeMap::from([("parameter:Pass".to_owned(), print.to_owned())]);
        call.fingerprints = print(prints[1]);
        call.recorded.as_mut().unwrap().fingerprints = print(prints[0]);
        call
    };
    let shown = |template: &Value, call: PlanCall| {
        let changes = as_json(&changes(&plan(template, call)).resources.remove(0).changes);
        assert!(!changes.to_string().contains("c4nary"), "{changes}");
        changes
    };
    let secret = json!({"$secret": "parameter:Pass"});
    let plain = template(json!({"Ref": "Pass"}));
    assert_eq!(
        shown(&plain, given(json!("before"), ["a", "a"])),
        json!([{"path": "Value", "before": "before", "after": "(secret parameter:Pass)", "secret": true}])
    );
    assert_eq!(
        shown(&plain, given(secret.clone(), ["a", "b"])),
        json!([{
            "path": "Value", "before": "(secret parameter:Pass)", "after": "(secret parameter:Pass)", "secret": true
        }]),
        "another value of the same secret"
    );
    assert_eq!(shown(&plain, given(secret, ["a", "a"])), json!([]), "the same value");
    let within = template(json!({"Fn::Sub": "postgres://me:${Pass}@host"}));
    let after = &shown(&within, given(json!("x"), ["a", "a"]))[0];
    assert_eq!(after["after"], json!({"Fn::Join": ["", ["postgres://me:", "(secret parameter:Pass)", "@host"]]}));
}

#[test]
fn what_looks_like_a_secret_is_not_shown_either() {
    let token = format!("{}{}", "sk_live_", "4eC39HqLyjWDarjtT1zdp7dcQ2");
    for (type_name, applied, desired) in [
        (
            "AWS::RDS::DBInstance",
            json!({"DBInstanceClass": "db.t3.micro", "MasterUserPassword": "c4nary-one"}),
            json!({"DBInstanceClass": "db.t3.micro", "MasterUserPassword": "c4nary-two"}),
        ),
        (
            "AWS::SSM::Parameter",
            json!({"Type": "String", "Value": "a"}),
            json!({"Type": "String", "Value": format!("curl -u {token}: https://api")}),
        ),
        (
            "AWS::Lambda::Function",
            json!({"Role": "arn", "Code": {"S3Bucket": "b", "S3Key": "k"},
                "Environment": {"Variables": {"DB_PASSWORD": "c4nary-one"}}}),
            json!({"Role": "arn", "Code": {"S3Bucket": "b", "S3Key": "k"},
                "Environment": {"Variables": {"DB_PASSWORD": "c4nary-two"}}}),
        ),
    ] {
        let shown = one(type_name, applied, &desired, Value::Null);
        let text = as_json(&shown).to_string();
        assert!(!text.contains("c4nary") && !text.contains(&token), "{text}");
        assert!(text.contains("(secret)") && shown.iter().any(|change| change.secret), "{text}");
    }
}

#[test]
fn what_is_created_is_shown_and_what_is_deleted_has_nothing_to_show() {
    let template = json!({"Resources": {"New": {"Type": TOPIC, "Properties": {"DisplayName": "hello"}}}});
    let call = over(vec![recorded("Old", TOPIC, json!({"DisplayName": "bye"}))]);
    let shown = changes(&plan(&template, call)).resources;
    assert_eq!(as_json(&shown[0].changes), json!([{"path": "DisplayName", "before": null, "after": "hello"}]));
    assert_eq!((shown[1].logical_id.as_str(), as_json(&shown[1].changes)), ("Old", json!([])));
}

prop_compose! {
    fn topic()(name in "[a-c]{0,2}", fifo in any::<bool>(), tags in proptest::collection::btree_map("[a-c]", "[a-c]", 0..3))
        -> Value {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        json!({"DisplayName": name, "FifoTopic": fifo, "Tags": tags})
    }
}

proptest! {
    /// Whatever is patched is shown, and whatever is shown is different.
    #[test]
    fn nothing_is_done_that_is_not_shown(applied in topic(), desired in topic()) {
        let mut call = over(vec![recorded("R", TOPIC, applied)]);
        call.live = BTreeMap::new();
        let template = json!({"Resources": {"R": {"Type": TOPIC, "Properties": desired}}});
        let plan = plan(&template, call);
        let shown = changes(&plan).resources.remove(0).changes;
        let tops: BTreeSet<&str> = shown.iter().filter_map(|change| change.path.split('/').next()).collect();
        for operation in &plan.resources[0].patch {
            prop_assert!(tops.contains(operation.path.split('/').nth(1).unwrap()), "{}", operation.path);
        }
        for change in &shown {
            prop_assert_ne!(&change.before, &change.after);
        }
        // A plan that was stored shows the same.
        let stored: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        prop_assert_eq!(&changes(&stored).resources[0].changes, &shown);
    }
}
