//! Tags of ownership in the engine: put on what is created, kept by what is updated, and asked when nobody remembers what a
//! creation has made.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::expr::Expr;
use assent_core::model::{
    Action, CallKind, Command, EngineConfig, Event, PlannedResource, ResourceStatus, StackResource, StepStatus,
};
use assent_core::secret::SecretValues;
use serde_json::{Value, json};
use support::leash::{HOUR, Leash, config, create, deploy, existing, recorded};

const STEP: &str = "create:A";

fn owning() -> EngineConfig {
    EngineConfig { ownership_tags: true, ..config() }
}

fn marks(stack: &str, logical_id: &str) -> Value {
    json!([{"Key": "assent:stack", "Value": stack}, {"Key": "assent:logical-id", "Value": logical_id}])
}

fn typed(type_name: &str, desired: Value) -> PlannedResource {
    let mut resource = create("A", &[]);
    resource.type_name = type_name.to_owned();
    resource.desired = Some(Expr::known(desired));
    resource
}

fn queue(desired: Value) -> PlannedResource {
    typed("AWS::SQS::Queue", desired)
}

fn payload(leash: &Leash, step: &str) -> Value {
    leash.engine.payload(step, &SecretValues::default()).unwrap()
}

/// A creation of which nobody knows how it ended: its answer was lost days ago.
fn lost(resource: PlannedResource, pause: u64, config: &EngineConfig) -> Leash {
    let plan = deploy(vec![resource]);
    let mut leash = Leash::with(plan.clone(), config.clone());
    leash.lose(STEP, CallKind::Create);
    let mut resumed = leash.resumed_with(plan, config.clone(), pause);
    resumed.until_call();
    resumed
}

#[test]
fn what_is_created_bears_its_owner_and_what_is_recorded_does_not() {
    let plan = deploy(vec![queue(json!({"DelaySeconds": 1}))]);
    assert_eq!(payload(&Leash::new(plan.clone()), STEP), json!({"DelaySeconds": 1}), "a run from before");
    let mut leash = Leash::with(plan, owning());
    assert_eq!(payload(&leash, STEP), json!({"DelaySeconds": 1, "Tags": marks("stack", "A")}));
    leash.accept(STEP, None);
    leash.succeed(STEP, "A-1");
    assert_eq!(leash.recorded("A").unwrap().applied, Expr::known(json!({"DelaySeconds": 1})));
}

#[test]
fn an_update_that_writes_the_tags_keeps_the_owners() {
    let mut resource = existing("A", Action::Update, &[]);
    resource.type_name = "AWS::SQS::Queue".to_owned();
    resource.recorded = Some(StackResource { type_name: resource.type_name.clone(), ..recorded("A") });
    resource.patch = serde_json::from_value(json!([
        {"op": "replace", "path": "/Tags", "value": [{"Key": "a", "Value": "1"}]},
        {"op": "add", "path": "/DelaySeconds", "value": 1},
    ]))
    .unwrap();
    let leash = Leash::with(deploy(vec![resource]), owning());
    let document = payload(&leash, "update:A");
    assert_eq!(document[0]["value"].as_array().unwrap().len(), 3);
    assert_eq!(document[1], json!({"op": "add", "path": "/DelaySeconds", "value": 1}));
}

#[test]
fn a_lost_creation_is_the_candidate_that_bears_its_tags_and_no_other() {
    let wanted = json!({"DelaySeconds": 1});
    let with = |tags: Value| json!({"DelaySeconds": 1, "Tags": tags});
    let theirs = with(marks("other", "A"));
    let beside = with(marks("stack", "B"));
    for pause in [30 * HOUR, 8 * 24 * HOUR] {
        let candidates = |reads: &[(&str, Value)]| {
            let mut leash = lost(queue(wanted.clone()), pause, &owning());
            let names: Vec<&str> = reads.iter().map(|(name, _)| *name).collect();
            if leash.calls() == ["list requests for create:A"] {
                leash.list_requests(STEP, &names);
            } else {
                assert_eq!(leash.calls(), ["list resources for create:A"]);
                let identifiers = names.iter().map(|name| (*name).to_owned()).collect();
                leash.tell(Event::ResourcesListed { step: STEP.to_owned(), identifiers, next: None, at: leash.now });
            }
            for (_, properties) in reads {
                assert_eq!(leash.until_call(), ["get create:A"]);
                leash.read(STEP, Some(properties.clone()));
            }
            leash
        };
        let own = with(marks("stack", "A"));
        let mut found = candidates(&[("q-1", theirs.clone()), ("q-2", own.clone()), ("q-3", wanted.clone())]);
        assert_eq!(found.until_call(), ["get create:A"]);
        found.read(STEP, Some(own.clone()));
        assert_eq!(found.report("A").status, StepStatus::Succeeded, "{:?}", found.report("A"));
        assert_eq!(found.recorded("A").unwrap().physical_id, "q-2");
        // All others belong to others: it was not created.
        let mut none = candidates(&[("q-1", theirs.clone()), ("q-2", beside.clone())]);
        assert_eq!(none.until_call(), ["create create:A"]);
        // What cannot be told is named.
        let different = json!({"DelaySeconds": 2, "Tags": marks("stack", "A")});
        for (what, reads) in [
            ("two", vec![("q-1", own.clone()), ("q-2", own.clone())]),
            ("another value", vec![("q-1", different)]),
            ("no tags", vec![("q-1", wanted.clone())]),
        ] {
            let leash = candidates(&reads);
            assert_eq!(leash.report("A").error_code.as_deref(), Some("intent_expired"), "{what}");
            assert!(leash.report("A").message.unwrap().contains("q-1"), "{what}");
        }
    }
}

#[test]
fn tags_say_nothing_in_a_run_that_puts_none() {
    let mut leash = lost(queue(json!({"DelaySeconds": 1})), 30 * HOUR, &config());
    leash.list_requests(STEP, &["q-1"]);
    leash.until_call();
    leash.read(STEP, Some(json!({"DelaySeconds": 1, "Tags": marks("other", "A")})));
    assert_eq!(leash.report("A").error_code.as_deref(), Some("intent_expired"));
}

#[test]
fn what_bears_the_tags_of_others_is_neither_deleted_nor_taken_over() {
    for (tags, ours) in [(marks("other", "A"), false), (marks("stack", "A"), true)] {
        let mut leash = Leash::with(deploy(vec![queue(json!({"DelaySeconds": 1}))]), owning());
        leash.accept(STEP, None);
        leash.fail(STEP, "GeneralServiceException", Some("q-1"));
        assert_eq!(leash.until_call(), ["get create:A"]);
        leash.read(STEP, Some(json!({"DelaySeconds": 2, "Tags": tags})));
        if ours {
            assert_eq!(leash.until_call(), ["delete delete:A"]);
        } else {
            let report = leash.report("A");
            assert_eq!(report.status, StepStatus::Failed);
            assert!(report.message.unwrap().contains("q-1 exists and is another stack's"), "said");
            assert!(leash.recorded("A").is_none_or(|own| own.status != ResourceStatus::CreateFailed));
        }
    }
}

#[test]
fn a_list_of_a_child_type_names_its_parents() {
    let model = |resource: PlannedResource| {
        let leash = lost(resource, 8 * 24 * HOUR, &config());
        leash.commands.iter().find_map(|command| match command {
            Command::ListResources { resource_model, .. } => Some(resource_model.clone()),
            _ => None,
        })
    };
    for (what, type_name, desired, expected) in [
        (
            "a parent",
            "AWS::EKS::Addon",
            json!({"ClusterName": "c", "AddonName": "a"}),
            Some(json!({"ClusterName": "c"})),
        ),
        ("none", "AWS::SQS::Queue", json!({}), None),
        (
            "the alternative that is known",
            "AWS::ElasticLoadBalancingV2::Listener",
            json!({"LoadBalancerArn": "arn:x", "Port": 80}),
            Some(json!({"LoadBalancerArn": "arn:x"})),
        ),
        ("not known", "AWS::EKS::Addon", json!({"AddonName": "a"}), None),
    ] {
        assert_eq!(model(typed(type_name, desired)), Some(expected), "{what}");
    }
    let mut secret = typed("AWS::EKS::Addon", json!({}));
    secret.desired = Some(Expr::from_json(json!({"ClusterName": {"$secret": "parameter:P"}})).unwrap());
    assert_eq!(model(secret), Some(None), "a secret is not sent");
}
