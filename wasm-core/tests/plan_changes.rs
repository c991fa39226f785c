//! What a plan does with a resource that exists, case by case. One file, because it is a list of cases over one set-up.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use assent_core::call::{Found, Live, Lookup, PlanCall, StackState};
use assent_core::expr::Expr;
use assent_core::model::{
    Action, Mode, OldResource, PatchKind, Plan, PlannedResource, Replacement, ResourceStatus, StackResource,
};
use assent_core::plan::planned::Planning;
use assent_core::problem::Problem;
use assent_core::session::Template;
use serde_json::{Value, json};
use support::call::call;
use support::stack::recorded;

fn planning(text: &str, call: PlanCall) -> Planning {
    Template::new(text.to_owned()).plan(call)
}

fn state(resources: Vec<StackResource>) -> Option<StackState> {
    Some(StackState { stack: "shop".into(), context: call().context, resources, ..StackState::default() })
}

fn planned(template: &Value, call: PlanCall) -> (Plan, Vec<Problem>) {
    match planning(&template.to_string(), call) {
        Planning::Planned(planned) => (planned.plan, planned.problems),
        other => panic!("{other:#?}"),
    }
}

fn refused(template: &Value, call: PlanCall) -> Vec<String> {
    match planning(&template.to_string(), call) {
        Planning::Refused { problems } => problems.into_iter().map(|problem| problem.code).collect(),
        other => panic!("{other:#?}"),
    }
}

fn template(type_name: &str, properties: &Value) -> Value {
    json!({ "Resources": { "R": { "Type": type_name, "Properties": properties } } })
}

/// One resource: what was applied, what is wanted, what a read returned (`null`: nobody looked).
fn one(type_name: &str, applied: Value, desired: &Value, live: Value) -> (PlannedResource, Vec<Problem>) {
    let live = match live {
        Value::Null => BTreeMap::new(),
        properties => BTreeMap::from([("R".to_owned(), Live::Present { properties })]),
    };
    let call = PlanCall { recorded: state(vec![recorded("R", type_name, applied)]), live, ..call() };
    let (mut plan, problems) = planned(&template(type_name, desired), call);
    (plan.resources.remove(0), problems)
}

fn patch(resource: &PlannedResource) -> Value {
    serde_json::to_value(&resource.patch).unwrap()
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

const QUEUE: &str = "AWS::SQS::Queue";

#[test]
fn a_patch_touches_what_the_template_changed_and_tests_what_was_read() {
    let test = |path: &str, value: Value| json!({"op": "test", "path": path, "value": value});
    for (what, applied, desired, live, expected) in [
        (
            "changed",
            json!({"DelaySeconds": 1}),
            json!({"DelaySeconds": 2}),
            json!({"DelaySeconds": 1, "VisibilityTimeout": 30}),
            json!([test("/DelaySeconds", json!(1)), {"op": "replace", "path": "/DelaySeconds", "value": 2}]),
        ),
        (
            "changed, and by somebody else too",
            json!({"DelaySeconds": 1}),
            json!({"DelaySeconds": 2}),
            json!({"DelaySeconds": 9}),
            json!([test("/DelaySeconds", json!(9)), {"op": "replace", "path": "/DelaySeconds", "value": 2}]),
        ),
        (
            "nobody looked",
            json!({"DelaySeconds": 1}),
            json!({"DelaySeconds": 2}),
            Value::Null,
            json!([{"op": "replace", "path": "/DelaySeconds", "value": 2}]),
        ),
        (
            "new",
            json!({}),
            json!({"DelaySeconds": 2}),
            json!({"VisibilityTimeout": 30}),
            json!([{"op": "add", "path": "/DelaySeconds", "value": 2}]),
        ),
        (
            "gone",
            json!({"DelaySeconds": 1}),
            json!({}),
            json!({"DelaySeconds": 1}),
            json!([test("/DelaySeconds", json!(1)), {"op": "remove", "path": "/DelaySeconds"}]),
        ),
        (
            "a list without order has no test",
            json!({"Tags": [{"Key": "a", "Value": "1"}]}),
            json!({"Tags": [{"Key": "a", "Value": "2"}]}),
            json!({"Tags": [{"Key": "a", "Value": "1"}]}),
            json!([{"op": "replace", "path": "/Tags", "value": [{"Key": "a", "Value": "2"}]}]),
        ),
    ] {
        let (resource, problems) = one(QUEUE, applied, &desired, live);
        assert_eq!(resource.action, Action::Update, "{what}");
        assert_eq!(patch(&resource), expected, "{what}");
        assert_eq!(problems, [], "{what}");
    }
}

#[test]
fn what_means_the_same_or_is_already_there_is_no_change() {
    let policy = json!({"maxReceiveCount": 5, "deadLetterTargetArn": "arn:aws:sqs:eu-central-1:1:d"});
    for (what, type_name, applied, desired, live) in [
        ("already so", QUEUE, json!({"DelaySeconds": 1}), json!({"DelaySeconds": 2}), json!({"DelaySeconds": 2})),
        ("already gone", QUEUE, json!({"DelaySeconds": 1}), json!({}), json!({})),
        (
            "JSON as text",
            QUEUE,
            json!({"RedrivePolicy": policy}),
            json!({"RedrivePolicy": policy.to_string()}),
            json!({"RedrivePolicy": policy}),
        ),
        (
            "order that means nothing",
            QUEUE,
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            json!({"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}),
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
        ),
    ] {
        let (resource, problems) = one(type_name, applied, &desired, live);
        assert_eq!((resource.action, patch(&resource)), (Action::Noop, json!([])), "{what}");
        assert_eq!(problems, [], "{what}");
    }
}

#[test]
fn drift_elsewhere_is_left_alone_and_named() {
    let applied = json!({"DelaySeconds": 1, "VisibilityTimeout": 30});
    let desired = json!({"DelaySeconds": 2, "VisibilityTimeout": 30});
    let (resource, problems) = one(QUEUE, applied, &desired, json!({"DelaySeconds": 1, "VisibilityTimeout": 45}));
    assert_eq!(resource.patch.len(), 2);
    assert_eq!(codes(&problems), ["drifted"]);
    assert_eq!(problems[0].message, "R was changed outside of Assent: VisibilityTimeout was 30 and is 45");
    assert_eq!(problems[0].path, "Resources/R/Properties/VisibilityTimeout");
}

#[test]
fn empty_lists_that_a_read_shows_and_nobody_declared_leave_with_the_next_patch() {
    let applied = json!({"VersioningConfiguration": {"Status": "Enabled"}});
    let live = json!({"VersioningConfiguration": {"Status": "Enabled"}, "Tags": [], "Arn": "arn:aws:s3:::b",
        "NotificationConfiguration": {"QueueConfigurations": []}});
    let desired = json!({"VersioningConfiguration": {"Status": "Suspended"}});
    let (resource, _) = one("AWS::S3::Bucket", applied.clone(), &desired, live.clone());
    let paths: Vec<String> =
        resource.patch.iter().map(|operation| format!("{:?} {}", operation.op, operation.path)).collect();
    assert_eq!(
        paths,
        [
            "Test /VersioningConfiguration/Status",
            "Replace /VersioningConfiguration/Status",
            "Remove /NotificationConfiguration/QueueConfigurations",
            "Remove /Tags",
        ]
    );
    let (resource, _) = one("AWS::S3::Bucket", applied.clone(), &applied, live);
    assert_eq!(resource.action, Action::Noop, "they are no reason for an update");
}

#[test]
fn what_can_only_be_set_at_creation_is_left_out_of_what_is_added_again() {
    let pipe = |description: &str| {
        json!({"Name": "kin", "Description": description, "RoleArn": "arn:aws:iam::123456789012:role/pipe",
            "Source": "arn:aws:kinesis:us-east-1:123456789012:stream/s", "Target": "arn:aws:sqs:us-east-1:123456789012:dst",
            "SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "LATEST", "BatchSize": 10}}})
    };
    let mut live = pipe("first");
    live.as_object_mut().unwrap().remove("SourceParameters");
    let (resource, _) = one("AWS::Pipes::Pipe", pipe("first"), &pipe("second"), live);
    let added = resource.patch.iter().find(|operation| operation.path == "/SourceParameters").unwrap();
    let expected = json!({"KinesisStreamParameters": {"BatchSize": 10}});
    assert_eq!(added.value.clone().unwrap().to_json(), expected);
}

#[test]
fn write_only_properties_are_added_again_with_every_patch_and_secrets_are_not_shown() {
    let function = |memory: u32, code: Value| json!({"MemorySize": memory, "Role": "r", "Code": code});
    let live = json!({"MemorySize": 128, "Role": "r"});
    let code = json!({"S3Bucket": "b", "S3Key": "k"});
    let kind = "AWS::Lambda::Function";
    let (resource, _) = one(kind, function(128, code.clone()), &function(256, code.clone()), live.clone());
    assert_eq!(
        patch(&resource),
        json!([
            {"op": "test", "path": "/MemorySize", "value": 128},
            {"op": "replace", "path": "/MemorySize", "value": 256},
            {"op": "add", "path": "/Code", "value": code},
        ])
    );
    let changed = json!({"S3Bucket": "b", "S3Key": "k2"});
    let (resource, problems) = one(kind, function(128, code.clone()), &function(128, changed.clone()), live.clone());
    assert_eq!(patch(&resource), json!([{"op": "add", "path": "/Code", "value": changed}]));
    assert_eq!(problems, []);
    let (resource, _) = one(kind, function(128, code.clone()), &function(128, code), live);
    assert_eq!(resource.action, Action::Noop);
}

#[test]
fn a_changed_secret_is_written_although_its_name_stays() {
    let template = json!({
        "Parameters": { "Pw": { "Type": "String", "NoEcho": true } },
        "Resources": { "R": { "Type": "AWS::SSM::Parameter", "Properties": { "Type": "String", "Value": { "Ref": "Pw" } } } },
    });
    let applied = json!({"Type": "String", "Value": {"$secret": "parameter:Pw"}});
    let mut before = state(vec![recorded("R", "AWS::SSM::Parameter", applied)]).unwrap();
    before.fingerprints = BTreeMap::from([("parameter:Pw".to_owned(), "old".to_owned())]);
    let live = Live::Present { properties: json!({"Type": "String", "Value": "in the clear"}) };
    let with = |print: &str| PlanCall {
        recorded: Some(before.clone()),
        parameters: BTreeMap::from([("Pw".to_owned(), "x".to_owned())]).into(),
        fingerprints: BTreeMap::from([("parameter:Pw".to_owned(), print.to_owned())]),
        live: BTreeMap::from([("R".to_owned(), live.clone())]),
        ..call()
    };
    assert_eq!(planned(&template, with("old")).0.resources[0].action, Action::Noop);
    let (plan, problems) = planned(&template, with("new"));
    assert_eq!(
        patch(&plan.resources[0]),
        json!([{"op": "replace", "path": "/Value", "value": {"$secret": "parameter:Pw"}}])
    );
    assert!(!format!("{plan:?}{problems:?}").contains("in the clear"));
}

#[test]
fn what_a_failed_update_attempted_is_put_right_again() {
    let mut failed = recorded("R", QUEUE, json!({"DelaySeconds": 1}));
    failed.status = ResourceStatus::UpdateFailed;
    failed.attempted = Some(Expr::from_json(json!({"DelaySeconds": 2, "VisibilityTimeout": 60})).unwrap());
    let live = Live::Present { properties: json!({"DelaySeconds": 2, "VisibilityTimeout": 60}) };
    let live = BTreeMap::from([("R".to_owned(), live)]);
    let back = template(QUEUE, &json!({"DelaySeconds": 1}));
    let (plan, _) = planned(&back, PlanCall { recorded: state(vec![failed]), live, ..call() });
    let paths: Vec<&str> = plan.resources[0].patch.iter().map(|operation| operation.path.as_str()).collect();
    assert_eq!(paths, ["/DelaySeconds", "/DelaySeconds", "/VisibilityTimeout", "/VisibilityTimeout"]);
}

#[test]
fn the_order_of_a_replacement_follows_from_type_name_and_key() {
    use Replacement::{CreateBeforeDelete, DeleteBeforeCreate};
    let role = |path: &str, name: Option<&str>| {
        let mut role = json!({"Path": path, "AssumeRolePolicyDocument": {}});
        if let Some(name) = name {
            role["RoleName"] = json!(name);
        }
        role
    };
    let policy = |name: &str, role: &str, text: &str| json!({"PolicyName": name, "Roles": [role], "PolicyDocument": {"Statement": text}});
    let queues = |names: &[&str], text: &str| json!({"Queues": names, "PolicyDocument": {"Statement": text}});
    for (what, kind, before, after, expected) in [
        ("no name", "AWS::IAM::Role", role("/a/", None), role("/b/", None), CreateBeforeDelete),
        ("the same name", "AWS::IAM::Role", role("/a/", Some("r")), role("/b/", Some("r")), DeleteBeforeCreate),
        ("another name", "AWS::IAM::Role", role("/a/", Some("r")), role("/b/", Some("s")), CreateBeforeDelete),
        ("same key", "AWS::IAM::Policy", policy("p", "r", "1"), policy("p", "r", "2"), DeleteBeforeCreate),
        ("key of another name", "AWS::IAM::Policy", policy("p", "r", "1"), policy("q", "r", "1"), CreateBeforeDelete),
        ("key on another role", "AWS::IAM::Policy", policy("p", "r", "1"), policy("p", "s", "1"), CreateBeforeDelete),
        (
            "one in common",
            "AWS::SQS::QueuePolicy",
            queues(&["a", "b"], "1"),
            queues(&["b", "c"], "1"),
            DeleteBeforeCreate,
        ),
        ("none in common", "AWS::SQS::QueuePolicy", queues(&["a"], "1"), queues(&["c"], "1"), CreateBeforeDelete),
    ] {
        let (resource, _) = one(kind, before, &after, Value::Null);
        assert_eq!((resource.action, resource.replacement), (Action::Replace, Some(expected)), "{what}");
        let old = OldResource { physical_id: "R-1".to_owned(), type_name: kind.to_owned() };
        assert_eq!(resource.old, [old], "{what}");
        assert_eq!(resource.notes.len(), usize::from(expected == DeleteBeforeCreate), "{what}");
    }
}

#[test]
fn a_kept_old_one_is_not_deleted_and_must_not_have_the_name_of_the_new_one() {
    let with = |name: &str, fifo: bool| {
        let mut template = template(QUEUE, &json!({"QueueName": name, "FifoQueue": fifo}));
        template["Resources"]["R"]["UpdateReplacePolicy"] = json!("Retain");
        template
    };
    let before = state(vec![recorded("R", QUEUE, json!({"QueueName": "a.fifo", "FifoQueue": true}))]);
    let call = PlanCall { recorded: before, ..call() };
    let (plan, _) = planned(&with("b.fifo", true), call.clone());
    assert_eq!(plan.resources[0].old, []);
    assert!(plan.resources[0].notes[0].contains("kept by its UpdateReplacePolicy"));
    assert_eq!(refused(&with("a.fifo", false), call), ["replacement_name_taken"]);
}

#[test]
fn what_an_earlier_run_left_is_deleted_by_the_next_whatever_it_does() {
    let mut left = recorded("R", QUEUE, json!({}));
    left.replaced = vec![OldResource { physical_id: "R-0".to_owned(), type_name: QUEUE.to_owned() }];
    let recorded = state(vec![left.clone()]);
    for (template, mode, action) in [
        (template(QUEUE, &json!({})), Mode::Deploy, Action::Update),
        (json!({"Resources": {"Other": {"Type": QUEUE}}}), Mode::Deploy, Action::Delete),
        (Value::Null, Mode::Destroy, Action::Delete),
    ] {
        let (plan, _) = planned(&template, PlanCall { recorded: recorded.clone(), mode, ..call() });
        let resource = plan.resources.iter().find(|resource| resource.logical_id == "R").unwrap();
        assert_eq!((resource.action, &resource.old, resource.patch.len()), (action, &left.replaced, 0));
    }
}

#[test]
fn dependents_of_a_replaced_resource_change_and_those_of_an_updated_one_do_not() {
    let template = |name: &str, delay: u32| {
        json!({"Resources": {
            "Q": {"Type": QUEUE, "Properties": {"QueueName": name, "DelaySeconds": delay}},
            "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["Q", "Arn"]}}},
        }})
    };
    let mut queue = recorded("Q", QUEUE, json!({"QueueName": "a", "DelaySeconds": 1}));
    queue.attributes = BTreeMap::from([("Arn".to_owned(), json!("arn:a"))]);
    let parameter = recorded("P", "AWS::SSM::Parameter", json!({"Type": "String", "Value": "arn:a"}));
    let call = PlanCall { recorded: state(vec![parameter, queue]), ..call() };
    let actions = |plan: &Plan| plan.resources.iter().map(|resource| resource.action).collect::<Vec<_>>();
    assert_eq!(actions(&planned(&template("a", 2), call.clone()).0), [Action::Noop, Action::Update]);
    assert_eq!(actions(&planned(&template("b", 1), call).0), [Action::Update, Action::Replace]);
}

#[test]
fn an_import_is_read_first_and_taken_over_with_its_difference() {
    let template = template(QUEUE, &json!({"QueueName": "mine", "DelaySeconds": 2}));
    let imports = BTreeMap::from([("R".to_owned(), "url".to_owned())]);
    let lookup = Lookup::Resource { type_name: QUEUE.to_owned(), identifier: "url".to_owned() };
    let asking = PlanCall { imports, ..call() };
    match planning(&template.to_string(), asking.clone()) {
        Planning::Needs { lookups, .. } => assert_eq!(lookups, std::slice::from_ref(&lookup)),
        other => panic!("{other:#?}"),
    }
    let found = |value: Value| PlanCall { found: vec![Found { lookup: lookup.clone(), value }], ..asking.clone() };
    let (plan, _) = planned(&template, found(json!({"QueueName": "mine", "DelaySeconds": 1, "VisibilityTimeout": 9})));
    assert_eq!(plan.resources[0].action, Action::Import);
    assert_eq!(plan.resources[0].patch.len(), 2);
    let (plan, _) = planned(&template, found(json!({"QueueName": "mine", "DelaySeconds": 2})));
    assert_eq!((plan.resources[0].action, plan.resources[0].patch.len()), (Action::Import, 0));
    assert_eq!(refused(&template, found(json!({"QueueName": "other"}))), ["import_differs"]);
    assert_eq!(refused(&template, found(Value::Null)), ["import_not_found"]);
    let known = state(vec![recorded("R", QUEUE, json!({}))]);
    assert_eq!(refused(&template, PlanCall { recorded: known, ..asking }), ["import_exists"]);
}

#[test]
fn what_no_update_is_valid_for_is_replaced_and_named_as_that() {
    let profile = |more: &str| {
        json!({"DomainIdentifier": "dzd-1", "EnvironmentBlueprintIdentifier": "b", "ProjectIdentifier": "p",
            "AwsAccountId": "1", "AwsAccountRegion": "eu", "Name": "n", "Description": more})
    };
    let kind = "AWS::DataZone::EnvironmentProfile";
    let live = json!({"DomainId": "dzd-1", "Id": "1", "Name": "n", "Description": "a", "AwsAccountId": "1", "AwsAccountRegion": "eu"});
    let (same, _) = one(kind, profile("a"), &profile("a"), live.clone());
    assert_eq!(same.action, Action::Noop);
    let (changed, _) = one(kind, profile("a"), &profile("b"), live);
    assert_eq!(changed.action, Action::Replace, "{changed:?}");
    assert!(changed.patch.is_empty());
    assert!(changed.reasons.last().unwrap().contains("DomainIdentifier is required, can only be set at creation"));
}

fn databases(applied: &Value, name: &str) -> (Value, PlanCall) {
    let wanted = template("AWS::RDS::DBInstance", &json!({"DBInstanceIdentifier": name, "DBInstanceClass": "c"}));
    let mut before = recorded("R", "AWS::RDS::DBInstance", applied.clone());
    before.deletion_policy = "Snapshot".to_owned();
    (wanted, PlanCall { recorded: state(vec![before]), ..call() })
}

#[test]
fn a_snapshot_that_nobody_takes_on_a_replacement_is_warned_of_and_the_old_one_is_kept() {
    let (mut wanted, call) = databases(&json!({"DBInstanceIdentifier": "a", "DBInstanceClass": "c"}), "b");
    wanted["Resources"]["R"]["UpdateReplacePolicy"] = json!("Snapshot");
    let (plan, problems) = planned(&wanted, call);
    let replaced = &plan.resources[0];
    assert_eq!((replaced.action, replaced.replacement), (Action::Replace, Some(Replacement::CreateBeforeDelete)));
    assert!(replaced.old.is_empty() && replaced.irreversible.is_empty());
    let problem = problems.iter().find(|problem| problem.code == "snapshot_not_supported").unwrap();
    assert_eq!(problem.path, "Resources/R/UpdateReplacePolicy");
    assert!(problem.message.starts_with("R is kept when it is replaced"), "{}", problem.message);
}

#[test]
fn what_becomes_another_type_is_replaced_and_both_can_be_there() {
    let before = recorded("R", "AWS::SNS::Topic", json!({"TopicName": "same"}));
    let call = PlanCall { recorded: state(vec![before]), ..call() };
    let (plan, _) = planned(&template(QUEUE, &json!({"QueueName": "same"})), call);
    let replaced = &plan.resources[0];
    assert_eq!((replaced.action, replaced.replacement), (Action::Replace, Some(Replacement::CreateBeforeDelete)));
    assert_eq!(replaced.reasons, ["its type was AWS::SNS::Topic"]);
    assert_eq!(replaced.old, [OldResource { physical_id: "R-1".into(), type_name: "AWS::SNS::Topic".into() }]);
}

#[test]
fn what_uses_something_that_is_deleted_first_is_deleted_first_itself() {
    let resources = |fifo: bool| {
        json!({ "Resources": {
            "A": {"Type": QUEUE, "Properties": {"QueueName": "a.fifo", "FifoQueue": fifo}},
            "B": {"Type": QUEUE, "DependsOn": "A", "Properties": {"FifoQueue": fifo}},
        }})
    };
    let mut user = recorded("B", QUEUE, json!({"FifoQueue": true}));
    user.depends_on = vec!["A".to_owned()];
    let stack = state(vec![recorded("A", QUEUE, json!({"QueueName": "a.fifo", "FifoQueue": true})), user]);
    let (plan, _) = planned(&resources(false), PlanCall { recorded: stack, ..call() });
    let by = |id: &str| plan.resources.iter().find(|it| it.logical_id == id).unwrap();
    assert!(by("A").notes[0].contains("it keeps its name (QueueName)"), "{:?}", by("A").notes);
    assert_eq!(by("B").replacement, Some(Replacement::DeleteBeforeCreate));
    assert!(by("B").notes[0].contains("so is A, which it uses"), "{:?}", by("B").notes);
}

#[test]
fn a_key_that_is_not_known_yet_may_be_the_same_and_one_of_something_fresh_is_not() {
    let policy = |queues: &Value, sid: &str| json!({"Queues": queues, "PolicyDocument": {"Statement": [{"Sid": sid}]}});
    // As it may stand in a state: not a list at all.
    let (resource, _) = one(
        "AWS::SQS::QueuePolicy",
        json!({"Queues": "a", "PolicyDocument": {"Statement": [{"Sid": "1"}]}}),
        &policy(&json!(["a"]), "2"),
        Value::Null,
    );
    assert_eq!((resource.action, resource.replacement), (Action::Replace, Some(Replacement::DeleteBeforeCreate)));
    let mut wanted = template("AWS::SQS::QueuePolicy", &policy(&json!([{"Ref": "Q"}]), "2"));
    wanted["Resources"]["Q"] = json!({"Type": QUEUE, "Properties": {"FifoQueue": true}});
    let policies = recorded("R", "AWS::SQS::QueuePolicy", policy(&json!(["a"]), "1"));
    let replaced = recorded("Q", QUEUE, json!({"FifoQueue": false}));
    for (before, expected) in [
        (vec![policies.clone()], Replacement::DeleteBeforeCreate),
        (vec![policies, replaced], Replacement::CreateBeforeDelete),
    ] {
        let (plan, _) = planned(&wanted, PlanCall { recorded: state(before), ..call() });
        let policy = plan.resources.iter().find(|it| it.logical_id == "R").unwrap();
        assert_eq!((policy.action, policy.replacement), (Action::Replace, Some(expected)));
    }
}

#[test]
fn values_of_what_stays_are_taken_from_its_read_but_not_those_that_its_update_changes() {
    let wanted = json!({ "Resources": {
        "A": {"Type": QUEUE, "Properties": {"QueueName": "a", "DelaySeconds": 2}},
        "B": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["A", "Arn"]}}},
        "C": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "A"}}},
        "D": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["A", "QueueName"]}}},
    }});
    let stack = |delay: u32| state(vec![recorded("A", QUEUE, json!({"QueueName": "a", "DelaySeconds": delay}))]);
    let properties = json!({"QueueName": "a", "DelaySeconds": 2, "Arn": "arn:a", "QueueUrl": "A-1"});
    let live = BTreeMap::from([("A".to_owned(), Live::Present { properties })]);
    let (plan, _) = planned(&wanted, PlanCall { recorded: stack(2), live, ..call() });
    let value = |id: &str| {
        let resource = plan.resources.iter().find(|it| it.logical_id == id).unwrap();
        resource.desired.as_ref().unwrap().to_json()["Value"].clone()
    };
    assert_eq!((value("B"), value("C"), value("D")), (json!("arn:a"), json!("A-1"), json!("a")));
    // A version is another one after an update.
    let launch = |kind: &str| {
        json!({ "Resources": {
            "L": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"InstanceType": kind}}},
            "P": {"Type": "AWS::SSM::Parameter", "Properties": {
                "Type": "String", "Value": {"Fn::GetAtt": ["L", "LatestVersionNumber"]},
            }},
        }})
    };
    let mut before =
        recorded("L", "AWS::EC2::LaunchTemplate", json!({"LaunchTemplateData": {"InstanceType": "t3.nano"}}));
    before.attributes = BTreeMap::from([("LatestVersionNumber".to_owned(), json!("1"))]);
    for (kind, expected) in [("t3.nano", json!("1")), ("t3.large", json!({"$att": ["L", "LatestVersionNumber"]}))] {
        let call = PlanCall { recorded: state(vec![before.clone()]), ..call() };
        let (plan, _) = planned(&launch(kind), call);
        let parameter = plan.resources.iter().find(|it| it.logical_id == "P").unwrap();
        assert_eq!(parameter.desired.as_ref().unwrap().to_json()["Value"], expected, "{kind}");
    }
}

#[test]
fn a_long_value_that_somebody_else_has_written_is_told_up_to_its_beginning() {
    let name = "ü".repeat(300);
    let topic = json!({"TopicName": "t", "DisplayName": "d"});
    let live = json!({"TopicName": "t", "DisplayName": name});
    let (_, problems) = one("AWS::SNS::Topic", topic.clone(), &topic, live);
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!(problem.code, "drifted");
    assert!(problem.message.ends_with(&format!("is \"{}…", "ü".repeat(199))), "{}", problem.message);
}

#[test]
fn what_is_taken_over_has_what_no_read_shows_as_given() {
    let mut wanted = template(
        "AWS::RDS::DBInstance",
        &json!({"DBInstanceIdentifier": "a", "DBInstanceClass": "c", "MasterUserPassword": {"Ref": "P"}, "Engine": {"Ref": "P"}}),
    );
    wanted["Parameters"] = json!({"P": {"Type": "String", "NoEcho": true}});
    let mut call = call();
    call.parameters = BTreeMap::from([("P".to_owned(), "secret".to_owned())]).into();
    call.imports = BTreeMap::from([("R".to_owned(), "a".to_owned())]);
    let lookup = Lookup::Resource { type_name: "AWS::RDS::DBInstance".into(), identifier: "a".into() };
    let value = json!({"DBInstanceIdentifier": "a", "DBInstanceClass": "c", "Engine": "mysql"});
    call.found = vec![Found { lookup, value }];
    let (plan, _) = planned(&wanted, call);
    let adopted = plan.resources[0].recorded.as_ref().unwrap().applied.to_json();
    assert_eq!(plan.resources[0].action, Action::Import);
    assert_eq!(adopted["MasterUserPassword"], json!({"$secret": "parameter:P"}));
    assert_eq!(adopted["Engine"], json!({"$secret": "parameter:P"}), "and a secret is never compared");
}

fn ledger(rate: f64) -> String {
    json!({"rate": rate, "burst": 20.0, "ceiling": null, "cutAt": 0, "at": 0, "members": {}}).to_string()
}

#[test]
fn a_forecast_is_never_shorter_than_its_calls_take_at_the_rate_that_was_learned() {
    let queues = |count: usize, fifo: bool| {
        let queue = |at: usize| (format!("Q{at:03}"), json!({"Type": QUEUE, "Properties": {"FifoQueue": fifo}}));
        json!({ "Resources": (0..count).map(queue).collect::<serde_json::Map<_, _>>() })
    };
    let makespan = |template: &Value, stack: Option<StackState>, rate: Option<f64>| {
        let mut call = PlanCall { recorded: stack, max_concurrency: 1_000, ..call() };
        call.learned.rate = rate.map(ledger);
        match planning(&template.to_string(), call) {
            Planning::Planned(planned) => planned.forecast.makespan_ms,
            other => panic!("{other:#?}"),
        }
    };
    let alone = makespan(&queues(300, true), None, None);
    // Two calls each, of which twenty go at once.
    assert_eq!(makespan(&queues(300, true), None, Some(1.0)), 580_000);
    assert!(alone < 580_000);
    assert_eq!(makespan(&queues(300, true), None, Some(1_000.0)), alone, "calls are not what takes time");
    // What is replaced is created and deleted; what stays needs none.
    let before = |count: usize| {
        state((0..count).map(|at| recorded(&format!("Q{at:03}"), QUEUE, json!({"FifoQueue": false}))).collect())
    };
    assert_eq!(makespan(&queues(300, true), before(300), Some(1.0)), 1_180_000);
    assert_eq!(makespan(&queues(300, false), before(300), Some(1.0)), 0);
}

#[test]
fn what_holds_a_fixed_part_is_replaced_only_where_that_part_differs() {
    let settings = |settings: Value| {
        let mut properties = json!({"EndpointType": "source", "EngineName": "mongodb"});
        if !settings.is_null() {
            properties["MongoDbSettings"] = settings;
        }
        properties
    };
    for (before, after, expected) in [
        (json!({"AuthType": "password", "Port": 1}), Value::Null, Action::Replace),
        (json!({"Port": 1}), Value::Null, Action::Update),
        (Value::Null, json!({"AuthType": "password"}), Action::Replace),
        (Value::Null, json!({"Port": 1}), Action::Update),
        (json!({"AuthType": "password", "Port": 1}), json!({"AuthType": "password", "Port": 2}), Action::Update),
        // As no template can say it, but a state may hold it.
        (json!("odd"), json!({"Port": 1}), Action::Update),
    ] {
        let (resource, _) = one("AWS::DMS::Endpoint", settings(before.clone()), &settings(after.clone()), Value::Null);
        assert_eq!(resource.action, expected, "{before} to {after}: {:?}", resource.reasons);
    }
}

#[test]
fn a_type_that_is_replaced_that_way_goes_first_and_says_so() {
    let connection = |bandwidth: &str| json!({"Bandwidth": bandwidth, "ConnectionName": "c", "Location": "l"});
    let (resource, _) = one("AWS::DirectConnect::Connection", connection("1Gbps"), &connection("10Gbps"), Value::Null);
    assert_eq!((resource.action, resource.replacement), (Action::Replace, Some(Replacement::DeleteBeforeCreate)));
    assert!(resource.notes[0].contains("its type is replaced that way"), "{:?}", resource.notes);
}

#[test]
fn a_name_within_a_value_of_another_shape_is_not_the_same_name() {
    let (resource, _) = one(
        "AWS::SageMaker::Device",
        json!({"DeviceFleetName": "f", "Device": "odd"}),
        &json!({"DeviceFleetName": "f", "Device": {"DeviceName": "d"}}),
        Value::Null,
    );
    assert_eq!((resource.action, resource.replacement), (Action::Replace, Some(Replacement::CreateBeforeDelete)));
}

#[test]
fn members_that_no_read_shows_are_not_taken_for_changed() {
    let broker = json!({
        "BrokerName": "b", "DeploymentMode": "SINGLE_INSTANCE", "EngineType": "ACTIVEMQ", "HostInstanceType": "mq.t3",
        "PubliclyAccessible": false, "Users": [],
        "LdapServerMetadata": {
            "Hosts": ["h"], "RoleBase": "r", "RoleSearchMatching": "m", "UserBase": "u", "UserSearchMatching": "s",
            "ServiceAccountUsername": "n", "ServiceAccountPassword": "p",
        },
    });
    let mut live = broker.clone();
    live["LdapServerMetadata"].as_object_mut().unwrap().remove("ServiceAccountPassword");
    let (resource, problems) = one("AWS::AmazonMQ::Broker", broker.clone(), &broker, live.clone());
    assert_eq!((resource.action, codes(&problems)), (Action::Noop, vec![]), "{problems:?}");
    live["LdapServerMetadata"]["RoleBase"] = json!("theirs");
    let (_, problems) = one("AWS::AmazonMQ::Broker", broker.clone(), &broker, live);
    assert_eq!(problems[0].path, "Resources/R/Properties/LdapServerMetadata/RoleBase");
}

#[test]
fn a_list_is_replaced_only_where_the_fixed_part_of_an_item_differs() {
    let item = |kind: &str, more: &str| json!({"Type": kind, "Parameters": {"More": more}});
    let same = json!([item("x", "1"), item("y", "1")]);
    for (before, after, expected) in [
        (same.clone(), json!([item("x", "2"), item("y", "1")]), Action::Update),
        (same.clone(), json!([item("z", "1"), item("y", "1")]), Action::Replace),
        (same.clone(), json!([item("x", "1")]), Action::Replace),
        // No template can say these, but a state may hold them.
        (json!({"a": item("x", "1"), "b": item("y", "1")}), same.clone(), Action::Update),
        (json!("odd"), same, Action::Replace),
    ] {
        let of = |definitions: &Value| json!({"ConfigurationDefinitions": definitions});
        let (resource, _) = one("AWS::SSMQuickSetup::ConfigurationManager", of(&before), &of(&after), Value::Null);
        assert_eq!(resource.action, expected, "{before} to {after}: {:?}", resource.reasons);
    }
}

#[test]
fn what_another_stack_has_made_anew_is_neither_changed_nor_deleted() {
    let both = || state(vec![recorded("R", QUEUE, json!({})), recorded("Other", QUEUE, json!({}))]);
    let foreign = |id: &str| BTreeMap::from([(id.to_owned(), "theirs".to_owned())]);
    let wanted = template(QUEUE, &json!({"DelaySeconds": 1}));
    // The template has it still: refused, where it stands.
    let call = PlanCall { recorded: both(), foreign: foreign("R"), ..call() };
    let Planning::Refused { problems } = planning(&wanted.to_string(), call.clone()) else { panic!() };
    assert_eq!((codes(&problems), problems[0].path.as_str()), (vec!["made_anew"], "Resources/R"));
    let said = "R (R-1) is no longer this stack's: its tags say that stack theirs has made it anew";
    assert_eq!(problems[0].message, said);
    // It has not: forgotten, and not deleted.
    let (plan, _) = planned(&wanted, PlanCall { foreign: foreign("Other"), ..call.clone() });
    let other = plan.resources.iter().find(|it| it.logical_id == "Other").unwrap();
    assert_eq!(other.action, Action::Retain);
    let said = "its tags say that stack theirs has made it anew, so it is forgotten here";
    assert!(other.reasons.iter().any(|reason| reason == said), "{:?}", other.reasons);
    let (plan, _) = planned(&Value::Null, PlanCall { mode: Mode::Destroy, ..call });
    let actions: Vec<_> = plan.resources.iter().map(|it| (it.logical_id.as_str(), it.action)).collect();
    assert_eq!(actions, [("Other", Action::Delete), ("R", Action::Retain)]);
}

#[test]
fn a_list_whose_items_show_what_no_update_may_hold_is_sent_as_declared() {
    let rule = |more: &Value| {
        let mut matching = json!({
            "SearchString": "bot", "PositionalConstraint": "CONTAINS", "FieldToMatch": {"Method": {}},
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        });
        matching.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({
            "Name": "r", "Priority": 0, "Action": {"Block": {}}, "Statement": {"ByteMatchStatement": matching},
            "VisibilityConfig": {"CloudWatchMetricsEnabled": false, "MetricName": "m", "SampledRequestsEnabled": false},
        })
    };
    let group = |description: &str, rules: Value| {
        json!({
            "DefaultAction": {"Allow": {}}, "Scope": "REGIONAL", "Description": description, "Rules": rules,
            "VisibilityConfig": {"CloudWatchMetricsEnabled": false, "MetricName": "m", "SampledRequestsEnabled": false},
        })
    };
    let declared = json!([rule(&json!({}))]);
    for (more, sent) in [
        (json!({}), false),
        (json!({"SearchStringBase64": "Ym90"}), true),
        (json!({"Empty": []}), true),
        (json!({"SearchString": "theirs", "SearchStringBase64": "dGhlaXJz"}), false),
    ] {
        let live = group("one", json!([rule(&more)]));
        let before = group("one", declared.clone());
        let (resource, _) = one("AWS::WAFv2::WebACL", before, &group("two", declared.clone()), live);
        let rules: Vec<_> = resource.patch.iter().filter(|operation| operation.path == "/Rules").collect();
        let written = rules.iter().find(|operation| operation.op == PatchKind::Replace);
        assert_eq!(written.is_some(), sent, "{more}: {:?}", resource.patch);
        if let Some(written) = written {
            assert_eq!(written.value.as_ref().unwrap().to_json(), declared, "{more}");
        }
    }
}
