//! Names and places that change hands within one plan: what has them goes first, two that want them are refused.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use assent_core::call::{PlanCall, StackState};
use assent_core::model::{Action, Context, Mode, Plan, PlannedResource, Replacement, StackResource};
use assent_core::plan::planned::Planning;
use assent_core::plan::rollback::{RollbackCall, rollback};
use assent_core::plan::undo::{UndoAction, undo};
use assent_core::problem::Problem;
use assent_core::session::Template;
use serde_json::{Value, json};
use support::stack::recorded;

const QUEUE: &str = "AWS::SQS::Queue";
const LOGS: &str = "AWS::Logs::LogGroup";

fn context() -> Context {
    let stack_id = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/x".into();
    Context { account: "123456789012".into(), region: "eu-central-1".into(), partition: "aws".into(), stack_id }
}

fn state(resources: Vec<StackResource>) -> StackState {
    StackState { stack: "shop".into(), context: context(), resources, ..StackState::default() }
}

fn planning(template: &Value, stack: Vec<StackResource>) -> Planning {
    Template::new(template.to_string()).plan(PlanCall {
        stack: "shop".into(),
        mode: Mode::Deploy,
        context: context(),
        parameters: Default::default(),
        foreign: Default::default(),
        recorded: Some(state(stack)).filter(|state| !state.resources.is_empty()),
        live: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: Default::default(),
        incarnation: None,
        reconcile: None,
        allow_secret_identifiers: false,
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    })
}

fn plan(resources: Value, stack: Vec<StackResource>) -> (Plan, Vec<Problem>) {
    match planning(&json!({ "Resources": resources }), stack) {
        Planning::Planned(planned) => (planned.plan, planned.problems),
        other => panic!("{other:#?}"),
    }
}

fn refused(template: &Value) -> Vec<Problem> {
    match planning(template, Vec::new()) {
        Planning::Refused { problems } => problems,
        other => panic!("{other:#?}"),
    }
}

fn step<'a>(plan: &'a Plan, id: &str) -> &'a PlannedResource {
    plan.resources.iter().find(|resource| resource.logical_id == id).unwrap_or_else(|| panic!("no {id}: {plan:#?}"))
}

fn queue(name: &str) -> Value {
    json!({"Type": QUEUE, "Properties": {"QueueName": name}})
}

fn had(id: &str, name: &str) -> StackResource {
    recorded(id, QUEUE, json!({ "QueueName": name }))
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn who_gives_a_name_up_by_replacement_goes_before_who_takes_it() {
    let (plan, problems) = plan(json!({"A": queue("y"), "B": queue("x")}), vec![had("A", "x")]);
    assert_eq!(codes(&problems), [""; 0]);
    let (giver, taker) = (step(&plan, "A"), step(&plan, "B"));
    assert_eq!((giver.action, giver.replacement), (Action::Replace, Some(Replacement::DeleteBeforeCreate)));
    assert!(giver.notes[0].contains("because B takes its name (QueueName)"), "{:?}", giver.notes);
    assert_eq!(taker.takes_from, ["A"]);
    assert!(taker.notes[0].starts_with("it takes the name (QueueName) of A, which is deleted first"));
    // Each takes the other's.
    let both = json!({"A": queue("y"), "B": queue("x")});
    let (plan, _) = self::plan(both, vec![had("A", "x"), had("B", "y")]);
    assert_eq!(
        (&step(&plan, "A").takes_from[..], &step(&plan, "B").takes_from[..]),
        (&["B".into()][..], &["A".into()][..])
    );
}

#[test]
fn who_gives_a_name_up_by_deletion_goes_early_with_what_uses_it_and_comes_back_by_a_rollback() {
    let stack = vec![
        recorded("Old", LOGS, json!({"LogGroupName": "/app/x"})),
        StackResource { depends_on: vec!["Old".into()], ..had("Uses", "u") },
        StackResource { depends_on: vec!["Old".into()], ..had("Stays", "s") },
        had("Other", "o"),
    ];
    let wanted = json!({"New": {"Type": LOGS, "Properties": {"LogGroupName": "/app/x"}}, "Stays": queue("t")});
    let (plan, _) = plan(wanted, stack.clone());
    let early: Vec<_> = plan.resources.iter().filter(|it| it.early).map(|it| it.logical_id.as_str()).collect();
    assert_eq!(early, ["Old", "Uses"]);
    assert!(step(&plan, "New").notes[0].contains("say that Old has moved to New"));
    assert!(step(&plan, "Old").notes[0].contains("a rollback can only make it anew"), "{:?}", step(&plan, "Old").notes);
    assert!(step(&plan, "Old").irreversible.len() == 1);
    // It uses what goes first and has a name of its own.
    assert_eq!(step(&plan, "Stays").replacement, Some(Replacement::DeleteBeforeCreate));
    let back = undo(&plan).steps;
    let of = |id: &str| back.iter().find(|it| it.logical_id == id).map(|it| it.action);
    assert_eq!((of("Old"), of("New"), of("Other")), (Some(UndoAction::Recreate), Some(UndoAction::Delete), None));
    let made = recorded("New", LOGS, json!({"LogGroupName": "/app/x"}));
    let call = RollbackCall {
        forward: plan,
        recorded: state(vec![made, stack[3].clone()]),
        live: BTreeMap::new(),
        lost: BTreeSet::new(),
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    };
    let answer = rollback(&call);
    assert_eq!(step(&answer.plan, "Old").takes_from, ["New"]);
    assert!(step(&answer.plan, "New").early);
}

#[test]
fn who_is_kept_does_not_give_its_name_up() {
    let kept = StackResource { deletion_policy: "Retain".into(), ..had("Old", "x") };
    let (plan, problems) = plan(json!({"New": queue("x")}), vec![kept]);
    assert_eq!((codes(&problems), step(&plan, "New").takes_from.len()), (vec!["name_taken"], 0));
    assert!(problems[0].message.contains("New takes the name (QueueName) of Old, which is kept"));
    let mut left = json!({"A": queue("y"), "B": queue("x")});
    left["A"]["UpdateReplacePolicy"] = json!("Retain");
    let (_, problems) = self::plan(left, vec![had("A", "x")]);
    assert_eq!(codes(&problems), ["name_taken"]);
}

#[test]
fn two_of_one_name_are_refused_unless_only_one_of_them_can_be() {
    let two = |a: Value, b: Value| json!({ "Resources": { "A": a, "B": b } });
    let problems = refused(&two(queue("x"), queue("x")));
    assert_eq!(codes(&problems), ["same_name"]);
    assert_eq!(problems[0].path, "Resources/B/Properties/QueueName");
    assert!(problems[0].message.contains("A and B have the same name (QueueName)"), "{}", problems[0].message);
    assert!(problems[0].message.contains("A stands at 1:"), "{}", problems[0].message);
    let mut either = two(queue("x"), queue("x"));
    either["Conditions"] = json!({"Never": {"Fn::Equals": ["a", "b"]}});
    either["Resources"]["A"]["Condition"] = json!("Never");
    let group = |vpc: &str| json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupName": "g", "GroupDescription": "d", "VpcId": vpc}});
    let family = json!({"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "f"}});
    let topic = json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "x"}});
    for (what, template) in [
        ("only one of them is there", either),
        ("another type", two(queue("x"), topic)),
        ("another name", two(queue("x"), queue("y"))),
        ("another VPC", two(group("vpc-1"), group("vpc-2"))),
        ("revisions", two(family.clone(), family)),
        ("no names", two(json!({"Type": QUEUE}), json!({"Type": QUEUE}))),
    ] {
        assert!(matches!(planning(&template, Vec::new()), Planning::Planned(_)), "{what}");
    }
    assert_eq!(codes(&refused(&two(group("vpc-1"), group("vpc-1")))), ["same_name"]);
}

fn policy(type_name: &str, property: &str, of: Value) -> Value {
    json!({"Type": type_name, "Properties": {"PolicyDocument": {}, property: of}})
}

#[test]
fn a_place_is_the_same_however_it_is_spelled_and_whichever_type_writes_to_it() {
    let name = |property: &str, of: Value| json!({"PolicyName": "p", "PolicyDocument": {}, property: of});
    let topic = json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "jj"}});
    let bucket = json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "my-own-bkt-11"}});
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}});
    let (queues, inline) = ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy");
    let (topics, of_topic) = ("AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy");
    let it = || json!({"Ref": "It"});
    let whole = json!("arn:aws:sns:eu-central-1:123456789012:jj");
    for (what, holder, one, two) in [
        (
            "Ref and attribute",
            &topic,
            policy(topics, "Topics", json!([it()])),
            policy(topics, "Topics", json!([{"Fn::GetAtt": ["It", "TopicArn"]}])),
        ),
        ("Ref and ARN", &topic, policy(topics, "Topics", json!([it()])), policy(of_topic, "TopicArn", whole)),
        (
            "Ref and name",
            &bucket,
            policy("AWS::S3::BucketPolicy", "Bucket", it()),
            policy("AWS::S3::BucketPolicy", "Bucket", json!("my-own-bkt-11")),
        ),
        (
            "two types of a queue",
            &json!({"Type": QUEUE}),
            policy(queues, "Queues", json!([it()])),
            policy(inline, "Queue", it()),
        ),
        (
            "two types of a role",
            &role,
            json!({"Type": "AWS::IAM::Policy", "Properties": name("Roles", json!([it()]))}),
            json!({"Type": "AWS::IAM::RolePolicy", "Properties": name("RoleName", it())}),
        ),
    ] {
        let problems = refused(&json!({"Resources": {"It": holder, "P1": one, "P2": two}}));
        assert_eq!(codes(&problems), ["same_place"], "{what}");
    }
}

#[test]
fn a_policy_that_another_type_goes_on_with_is_deleted_first() {
    let url = "https://sqs.eu-central-1.amazonaws.com/123456789012/qq";
    let queue = StackResource { physical_id: url.to_owned(), ..had("Q", "qq") };
    let old = recorded("Old", "AWS::SQS::QueuePolicy", json!({"PolicyDocument": {}, "Queues": [url]}));
    let new = policy("AWS::SQS::QueueInlinePolicy", "Queue", json!({"Ref": "Q"}));
    let (plan, _) = plan(json!({"Q": self::queue("qq"), "New": new}), vec![queue.clone(), old.clone()]);
    assert_eq!((step(&plan, "New").takes_from.clone(), step(&plan, "Old").early), (vec!["Old".to_owned()], true));
    // The same type: the same policy, whether it was written by name or by URL.
    let same = policy("AWS::SQS::QueuePolicy", "Queues", json!([{"Ref": "Q"}]));
    let (plan, _) = self::plan(json!({"Q": self::queue("qq"), "New": same}), vec![queue, old]);
    assert_eq!(step(&plan, "New").moved_from.as_deref(), Some("Old"));
}

#[test]
fn a_move_that_is_malformed_is_refused_with_its_place() {
    for (moved, path, said) in [
        (json!(["New", "Z"]), "Metadata/assent/moved", "moved is not an object"),
        (json!({"Old": ["Z"]}), "Metadata/assent/moved/Old", "Old is moved to something that is not a logical id"),
    ] {
        let template = json!({"Metadata": {"assent": {"moved": moved}}, "Resources": {"Z": queue("z")}});
        let problems = refused(&template);
        assert_eq!(codes(&problems), ["invalid_move"]);
        assert!(
            problems[0].message.starts_with(said) && problems[0].path == path && problems[0].line == 1,
            "{problems:?}"
        );
    }
}
