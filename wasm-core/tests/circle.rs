//! What the built-in experts say of real plans: each objects where it should and stays calm where it should.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use assent_core::call::{PlanCall, StackState};
use assent_core::circle::{Brief, BuiltinVotes, ChangeClass, Consultation, DecideAnswer, DecideCall, Decision, decide};
use assent_core::consensus::{Vote, VoteStatus};
use assent_core::model::{Context, Mode, StackResource};
use assent_core::plan::planned::Planning;
use assent_core::session::{Planned, Template};
use serde_json::{Value, json};

fn context() -> Context {
    Context {
        account: "123456789012".into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
        stack_id: String::new(),
    }
}

fn recorded(id: &str, type_name: &str, applied: &Value) -> StackResource {
    let attributes = BTreeMap::from([("Arn".to_owned(), json!(format!("arn:aws:x:::{id}")))]);
    StackResource { attributes, ..support::stack::recorded(id, type_name, applied.clone()) }
}

/// The circle over a change of one resource; `before` null: it is new.
fn change(type_name: &str, before: &Value, after: &Value) -> Consultation {
    consult(&[("It", type_name, before.clone(), after.clone())])
}

fn consult(resources: &[(&str, &str, Value, Value)]) -> Consultation {
    match decide(&DecideCall { votes: judged(resources).votes, ..DecideCall::default() }) {
        DecideAnswer::Decided { consultation } => *consultation,
        other => panic!("{other:#?}"),
    }
}

fn judged(resources: &[(&str, &str, Value, Value)]) -> BuiltinVotes {
    let mut text = String::from("Resources:\n");
    let mut old = Vec::new();
    for (id, type_name, before, after) in resources {
        if !before.is_null() {
            old.push(recorded(id, type_name, before));
        }
        if !after.is_null() {
            text += &format!("  {id}:\n    Type: {type_name}\n    Properties: {after}\n");
        }
    }
    let call = PlanCall {
        incarnation: None,
        reconcile: None,
        allow_secret_identifiers: false,
        stack: "shop".into(),
        mode: Mode::Deploy,
        context: context(),
        parameters: Default::default(),
        recorded: (!old.is_empty()).then(|| StackState {
            stack: "shop".into(),
            context: context(),
            parameters: Default::default(),
            resources: old,
            ..serde_json::from_value(json!({"stack": "shop", "context": {"account": "1", "region": "r",
                "partition": "aws", "stackId": ""}, "parameters": {}, "resources": [], "fingerprints": {}}))
            .unwrap()
        }),
        live: BTreeMap::new(),
        foreign: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: Default::default(),
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    };
    let template = Template::new(text);
    match template.plan(call) {
        Planning::Planned(planned) => Planned::new(template, *planned).builtin_votes(&Brief::default()),
        other => panic!("{other:#?}"),
    }
}

#[test]
fn a_change_belongs_to_the_gravest_class_that_it_touches() {
    let (none, queue, table) = (Value::Null, "AWS::SQS::Queue", "AWS::DynamoDB::Table");
    let delay = |seconds: u32| json!({"DelaySeconds": seconds});
    let update = ("A", queue, delay(1), delay(2));
    let fresh = ("B", queue, none.clone(), delay(1));
    let gone = ("C", queue, delay(1), none.clone());
    let grant = (
        "D",
        "AWS::SQS::QueuePolicy",
        none.clone(),
        json!({"Queues": ["q"], "PolicyDocument":
        statement(&json!("sqs:SendMessage"), "*")}),
    );
    let data = ("E", table, json!({"TableName": "t"}), none.clone());
    let of = |resources: &[(&str, &str, Value, Value)]| judged(resources).class;
    assert_eq!(of(std::slice::from_ref(&fresh)), ChangeClass::Creation);
    assert_eq!(of(&[fresh.clone(), update.clone()]), ChangeClass::Update);
    assert_eq!(of(&[fresh.clone(), update.clone(), gone.clone()]), ChangeClass::Replacement);
    assert_eq!(of(&[fresh.clone(), update.clone(), gone.clone(), grant.clone()]), ChangeClass::Permissions);
    assert_eq!(of(&[fresh, update, gone, grant, data]), ChangeClass::Data);
}

#[test]
fn two_plans_that_want_the_same_have_the_same_desired_digest_wherever_they_start() {
    let (queue, delay) = ("AWS::SQS::Queue", |seconds: u32| json!({"DelaySeconds": seconds}));
    let of = |before: Value, after: Value| judged(&[("A", queue, before, after)]).desired;
    let wanted = of(Value::Null, delay(1));
    assert_eq!(wanted, of(delay(2), delay(1)));
    assert_ne!(wanted, of(delay(1), delay(2)));
    assert_eq!(wanted.len(), 64);
}

fn vote<'a>(answer: &'a Consultation, expert: &str) -> &'a Vote {
    answer.votes.iter().find(|vote| vote.expert == expert).unwrap()
}

fn said<'a>(answer: &'a Consultation, expert: &str) -> Option<&'a str> {
    vote(answer, expert).option.as_deref()
}

fn statement(action: &Value, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
}

#[test]
fn permissions_object_to_widening_and_not_to_narrowing() {
    let kind = "AWS::IAM::ManagedPolicy";
    let policy = |document: Value| json!({ "PolicyDocument": document });
    let (narrow, wide) = (statement(&json!("s3:GetObject"), "arn:aws:s3:::b/*"), statement(&json!("s3:*"), "*"));
    let widened = change(kind, &policy(narrow.clone()), &policy(wide.clone()));
    assert_eq!(said(&widened, "permissions"), Some("refuse"), "{:#?}", vote(&widened, "permissions"));
    assert_eq!(widened.decision, Decision::Ask);
    let why = &vote(&widened, "permissions").reasons;
    assert!(why.iter().any(|why| why.contains("It (line 2): PolicyDocument allows s3:* on *")), "{why:?}");
    let narrowed = change(kind, &policy(wide), &policy(narrow));
    assert_eq!(said(&narrowed, "permissions"), Some("approve"));
    assert_eq!(narrowed.decision, Decision::Approve);
}

#[test]
fn permissions_read_policies_written_as_text_and_see_a_new_party() {
    let kind = "AWS::SecretsManager::ResourcePolicy";
    let policy = |principal: &str| {
        let text = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal},
            "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]});
        json!({"SecretId": "s", "ResourcePolicy": text.to_string()})
    };
    let own = "arn:aws:iam::123456789012:root";
    assert_eq!(said(&change(kind, &policy(own), &policy("*")), "permissions"), Some("refuse"));
    assert_eq!(
        said(&change(kind, &policy(own), &policy("arn:aws:iam::999999999999:root")), "permissions"),
        Some("refuse")
    );
    assert_eq!(said(&change(kind, &policy("*"), &policy(own)), "permissions"), Some("approve"));
    // A key's own account is who it belongs to.
    let key = json!({"KeyPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": own}, "Action": "kms:*", "Resource": "*"}]}});
    assert_eq!(said(&change("AWS::KMS::Key", &Value::Null, &key), "permissions"), Some("approve"));
}

#[test]
fn permissions_see_the_world_come_in() {
    let rule = |cidr: &str| {
        json!({"GroupDescription": "g", "VpcId": "vpc-1",
            "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": cidr}]})
    };
    let opened = change("AWS::EC2::SecurityGroup", &rule("10.0.0.0/8"), &rule("0.0.0.0/0"));
    assert_eq!(said(&opened, "permissions"), Some("refuse"));
    assert!(vote(&opened, "permissions").reasons.iter().any(|why| why.contains("0.0.0.0/0 to port 22")));
    let block = |on: bool| json!({"PublicAccessBlockConfiguration": {"BlockPublicPolicy": on}});
    assert_eq!(said(&change("AWS::S3::Bucket", &block(true), &block(false)), "permissions"), Some("refuse"));
    assert_eq!(said(&change("AWS::S3::Bucket", &block(false), &block(true)), "permissions"), Some("approve"));
    let queue = change("AWS::SQS::Queue", &Value::Null, &json!({}));
    assert_eq!(vote(&queue, "permissions").status, VoteStatus::Abstained);
}

#[test]
fn availability_objects_to_lost_spares() {
    let kind = "AWS::RDS::DBInstance";
    let database = |spare: bool| {
        json!({"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": "20", "MultiAZ": spare,
            "MasterUsername": "u", "ManageMasterUserPassword": true})
    };
    let lost = change(kind, &database(true), &database(false));
    assert_eq!(said(&lost, "availability"), Some("refuse"), "{:#?}", vote(&lost, "availability"));
    assert_eq!(said(&change(kind, &database(false), &database(true)), "availability"), Some("approve"));
    let group = |least: &str| json!({"MinSize": least, "MaxSize": "4", "VPCZoneIdentifier": ["a", "b"]});
    let shrunk = change("AWS::AutoScaling::AutoScalingGroup", &group("2"), &group("1"));
    assert_eq!(said(&shrunk, "availability"), Some("refuse"));
    let queue = change("AWS::SQS::Queue", &Value::Null, &json!({}));
    assert_eq!(vote(&queue, "availability").status, VoteStatus::Abstained);
}

#[test]
fn cost_adds_up_what_is_known_and_names_what_is_not() {
    let gateway = ("Nat", "AWS::EC2::NatGateway", Value::Null, json!({"SubnetId": "s", "AllocationId": "a"}));
    let broker = ("Files", "AWS::EFS::FileSystem", Value::Null, json!({}));
    let answer = consult(&[gateway.clone(), broker]);
    let reasons = &vote(&answer, "cost").reasons;
    assert!(reasons[0].starts_with("+$32.85 a month"), "{reasons:?}");
    assert!(reasons.iter().any(|why| why == "price not known: AWS::EFS::FileSystem"), "{reasons:?}");
    let (id, kind, _, before) = gateway;
    let gone = consult(&[(id, kind, before, Value::Null), ("Q", "AWS::SQS::Queue", Value::Null, json!({}))]);
    assert!(vote(&gone, "cost").reasons[0].starts_with("-$32.85 a month"), "{:?}", vote(&gone, "cost"));
    let dear: Vec<_> = (0..12)
        .map(|at| {
            (
                ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"][at],
                "AWS::EC2::Instance",
                Value::Null,
                json!({"InstanceType": "m5.xlarge", "ImageId": "ami-1"}),
            )
        })
        .collect();
    assert_eq!(said(&consult(&dear), "cost"), Some("refuse"));
}

#[test]
fn blast_radius_names_what_builds_on_what_is_replaced() {
    let topic = |name: &str| json!({ "TopicName": name });
    let mut answer = consult(&[
        ("T", "AWS::SNS::Topic", topic("one"), topic("two")),
        ("Q", "AWS::SQS::Queue", json!({}), json!({})),
        ("R", "AWS::SQS::Queue", json!({}), json!({})),
        ("S", "AWS::SQS::Queue", json!({}), json!({})),
        (
            "P",
            "AWS::SNS::Subscription",
            json!({"TopicArn": "T-1", "Protocol": "sqs", "Endpoint": "e"}),
            json!({"TopicArn": {"Ref": "T"}, "Protocol": "sqs", "Endpoint": "e"}),
        ),
    ]);
    let vote = answer.votes.iter_mut().find(|vote| vote.expert == "blast-radius").unwrap();
    assert!(
        vote.reasons.iter().any(|why| why.starts_with("T (line 2) is replaced; what exists builds on it: P")),
        "{vote:#?}"
    );
}

#[test]
fn hygiene_tells_and_never_objects() {
    let answer = change("AWS::Logs::LogGroup", &Value::Null, &json!({}));
    let vote = vote(&answer, "hygiene");
    assert_eq!((vote.option.as_deref(), answer.decision), (Some("approve"), Decision::Approve));
    assert!(vote.reasons.iter().any(|why| why.contains("kept for ever: It")), "{vote:#?}");
}

/// What its policy keeps is not lost, but what takes its place begins empty.
#[test]
fn replacing_what_holds_data_is_a_matter_of_data_also_where_nothing_is_lost() {
    let class = |kind: &str| {
        let replaced = json!({"logicalId": "A", "type": kind, "action": "replace", "reasons": [], "dependsOn": [],
            "needs": [], "deletionPolicy": "Delete", "updateReplacePolicy": "Retain", "irreversible": [],
            "estimateMs": 1});
        let plan = json!({"version": 1, "stack": "s", "mode": "deploy", "resources": [replaced], "outputs": [],
            "context": {"account": "1", "region": "r", "partition": "aws", "stackId": ""}, "digest": ""});
        ChangeClass::of(&serde_json::from_value(plan).unwrap())
    };
    assert_eq!(class("AWS::DynamoDB::Table"), ChangeClass::Data);
    assert_eq!(class("AWS::Lambda::Function"), ChangeClass::Replacement);
}
