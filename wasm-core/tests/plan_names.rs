//! Names of what the template does not name: made once, kept as long as it lives.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use assent_core::call::{Live, PlanCall, StackState};
use assent_core::expr::Expr;
use assent_core::model::{Action, Context, Mode, Plan, PlannedResource, Replacement, ResourceStatus, StackResource};
use assent_core::plan::planned::Planning;
use assent_core::session::Template;
use serde_json::{Value, json};

fn call(stack: &str, incarnation: Option<u64>, resources: Vec<StackResource>) -> PlanCall {
    let context = Context {
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        partition: "aws".into(),
        stack_id: format!("arn:aws:cloudformation:eu-central-1:123456789012:stack/{stack}/x"),
    };
    let state = StackState { stack: stack.into(), context: context.clone(), resources, ..StackState::default() };
    PlanCall {
        stack: stack.into(),
        mode: Mode::Deploy,
        context,
        parameters: Default::default(),
        recorded: Some(state).filter(|state| !state.resources.is_empty()),
        live: BTreeMap::new(),
        foreign: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: Default::default(),
        incarnation,
        reconcile: None,
        allow_secret_identifiers: false,
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    }
}

fn plan(resource: &Value, call: PlanCall) -> Plan {
    match Template::new(json!({ "Resources": { "Table": resource } }).to_string()).plan(call) {
        Planning::Planned(planned) => planned.plan,
        other => panic!("{other:#?}"),
    }
}

fn one(resource: &Value, call: PlanCall) -> PlannedResource {
    plan(resource, call).resources.remove(0)
}

const KEYS: &str = r#"[{"AttributeName": "id", "KeyType": "HASH"}]"#;

fn table(more: &Value) -> Value {
    let mut properties = json!({
        "KeySchema": serde_json::from_str::<Value>(KEYS).unwrap(),
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    for (key, value) in more.as_object().unwrap() {
        properties[key] = value.clone();
    }
    json!({"Type": "AWS::DynamoDB::Table", "Properties": properties})
}

/// As the engine records what a plan has come to.
fn recorded(planned: &PlannedResource) -> StackResource {
    StackResource {
        logical_id: planned.logical_id.clone(),
        type_name: planned.type_name.clone(),
        physical_id: name(planned).unwrap_or_else(|| "unknown".to_owned()),
        status: ResourceStatus::Complete,
        attributes: BTreeMap::new(),
        applied: planned.desired.clone().unwrap(),
        depends_on: Vec::new(),
        deletion_policy: "Delete".to_owned(),
        update_replace_policy: "Delete".to_owned(),
        replaced: Vec::new(),
        attempted: None,
        given_name: planned.given_name.clone(),
    }
}

fn name(planned: &PlannedResource) -> Option<String> {
    planned.desired.as_ref().unwrap().to_json().get("TableName").and_then(Value::as_str).map(str::to_owned)
}

#[test]
fn what_the_template_does_not_name_gets_a_name_of_stack_logical_id_and_suffix() {
    let made = one(&table(&json!({})), call("shop", Some(0), Vec::new()));
    let given = name(&made).unwrap();
    let suffix = given.strip_prefix("shop-Table-").unwrap();
    assert!(
        suffix.len() == 12 && suffix.chars().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit()),
        "{given}"
    );
    assert_eq!(made.given_name, Some(given.clone()));

    let again = |stack: &str, incarnation| name(&one(&table(&json!({})), call(stack, incarnation, Vec::new())));
    assert_eq!(again("shop", Some(0)), Some(given.clone()), "the same on every machine");
    assert_ne!(again("shop", Some(1)), Some(given.clone()), "another once a run has begun");
    assert_ne!(again("other", Some(0)), Some(given));
    assert_eq!(again("shop", None), None, "nobody asked for names");
}

#[test]
fn only_where_the_template_is_silent() {
    let chosen = one(&table(&json!({"TableName": "mine"})), call("shop", Some(0), Vec::new()));
    assert_eq!((name(&chosen), chosen.given_name), (Some("mine".to_owned()), None));
    for type_name in ["AWS::KMS::Alias", "AWS::EC2::VPC", "AWS::EC2::InternetGateway", "AWS::EC2::EIP"] {
        let made = one(&json!({ "Type": type_name, "Properties": some(type_name) }), call("shop", Some(0), Vec::new()));
        assert_eq!((made.desired.unwrap().to_json(), made.given_name), (some(type_name), None), "{type_name}");
    }
    let bucket = one(&json!({"Type": "AWS::S3::Bucket"}), call("Shop", Some(0), Vec::new()));
    let given = bucket.given_name.unwrap();
    assert!(given.starts_with("shop-table-") && given == given.to_lowercase(), "{given}");
}

fn some(type_name: &str) -> Value {
    match type_name {
        "AWS::KMS::Alias" => json!({"AliasName": "alias/a", "TargetKeyId": "k"}),
        "AWS::EC2::VPC" => json!({"CidrBlock": "10.0.0.0/16"}),
        _ => json!({}),
    }
}

/// Types that are identified by an ARN, a URL or a number, with what their names must be.
#[test]
fn what_a_service_identifies_is_named_as_its_type_takes_it() {
    let long = "a-long-stack-name-".repeat(5);
    for (type_name, properties, property, stack, expected) in [
        ("AWS::SNS::Topic", json!({}), "TopicName", "shop", "shop-Table-*"),
        ("AWS::SNS::Topic", json!({"FifoTopic": true}), "TopicName", "shop", "shop-Table-*.fifo"),
        ("AWS::SQS::Queue", json!({"FifoQueue": false}), "QueueName", "shop", "shop-Table-*"),
        ("AWS::SQS::Queue", json!({"FifoQueue": "true"}), "QueueName", "shop", "shop-Table-*.fifo"),
        ("AWS::SQS::Queue", json!({"FifoQueue": true}), "QueueName", &long, "a-long-stack-name-*-Table-*.fifo"),
        ("AWS::EC2::SecurityGroup", json!({"GroupDescription": "d"}), "GroupName", "sg", "sgTable-*"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", json!({}), "Name", "internal", "internalTable-*"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", json!({}), "Name", "internal-site", "internalsite-Table-*"),
        ("AWS::ElasticLoadBalancingV2::TargetGroup", json!({}), "Name", &long, "a-long-stack-Table-*"),
        ("AWS::VpcLattice::ServiceNetwork", json!({}), "Name", "Shop", "shop-table-*"),
        ("AWS::ApiGateway::Model", json!({"RestApiId": "r"}), "Name", "my-shop", "myshopTable*"),
        ("AWS::ECS::TaskDefinition", json!({}), "Family", "shop", "shop-Table-*"),
        ("AWS::SecretsManager::Secret", json!({}), "Name", "shop", "shop-Table-*"),
        (
            "AWS::WAFv2::IPSet",
            json!({"Addresses": [], "IPAddressVersion": "IPV4", "Scope": "REGIONAL"}),
            "Name",
            "shop",
            "shop-Table-*",
        ),
    ] {
        let resource = json!({"Type": type_name, "Properties": properties});
        let made = one(&resource, call(stack, Some(0), Vec::new()));
        let given = made.given_name.clone().unwrap();
        assert_eq!(made.desired.unwrap().to_json()[property], json!(given), "{type_name}");
        let naming = assent_core::schema::lookup(type_name).unwrap().naming().unwrap();
        assert!(given.len() <= naming.longest, "{type_name}: {given}");
        let parts: Vec<&str> = expected.split('*').collect();
        let (first, last) = (parts[0], parts[parts.len() - 1]);
        assert!(given.starts_with(first) && given.ends_with(last), "{type_name} {properties}: {given}");
        assert!(parts.iter().all(|part| given.contains(part)), "{type_name} {properties}: {given}");
    }
}

#[test]
fn where_it_is_not_known_yet_whether_a_name_needs_an_ending_the_service_makes_it() {
    let template = json!({"Resources": {
        "Other": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "other"}},
        "Table": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": {"Fn::GetAtt": ["Other", "TopicArn"]}}},
    }});
    let Planning::Planned(planned) = Template::new(template.to_string()).plan(call("shop", Some(0), Vec::new())) else {
        panic!("it can be planned")
    };
    let queue = planned.plan.resources.iter().find(|resource| resource.logical_id == "Table").unwrap();
    assert_eq!((queue.given_name.as_ref(), queue.desired.as_ref().unwrap().to_json().get("QueueName")), (None, None));
}

/// A stack of the version before such types were named: nothing is renamed, and what is planned is what was planned.
#[test]
fn what_was_made_without_a_name_stays_without_until_it_is_replaced() {
    let topic = |more: Value| json!({"Type": "AWS::SNS::Topic", "Properties": more});
    let before = one(&topic(json!({})), call("shop", None, Vec::new()));
    let own = StackResource { physical_id: "arn:aws:sns:eu-central-1:1:Topic-9".into(), ..recorded(&before) };
    let live = json!({"TopicName": "Topic-9", "TopicArn": "arn:aws:sns:eu-central-1:1:Topic-9"});
    for live in [None, Some(live)] {
        let with = |incarnation| {
            let mut call = call("shop", incarnation, vec![own.clone()]);
            call.live = live.iter().map(|it| ("Table".to_owned(), Live::Present { properties: it.clone() })).collect();
            call
        };
        let again = plan(&topic(json!({})), with(Some(7)));
        assert_eq!(again.digest, plan(&topic(json!({})), with(None)).digest, "not a byte of it is another");
        assert_eq!(again.resources[0].action, Action::Noop);
        let changed = plan(&topic(json!({"DisplayName": "x"})), with(Some(7)));
        assert_eq!(changed.digest, plan(&topic(json!({"DisplayName": "x"})), with(None)).digest);
        assert_eq!((changed.resources[0].action, changed.resources[0].given_name.clone()), (Action::Update, None));
    }
    // Only then it gets one.
    let replaced = one(&topic(json!({"FifoTopic": true})), call("shop", Some(7), vec![own]));
    assert_eq!((replaced.action, replaced.replacement), (Action::Replace, Some(Replacement::CreateBeforeDelete)));
    assert!(replaced.given_name.unwrap().ends_with(".fifo"));
}

/// CloudFormation refuses to replace what has a name; with a name of its incarnation both can exist at once.
#[test]
fn what_a_service_identifies_is_replaced_beside_the_old_one_under_another_name() {
    let service = |more: Value| {
        let mut properties = json!({"Cluster": "c", "TaskDefinition": "t"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Type": "AWS::ECS::Service", "Properties": properties})
    };
    let first = one(&service(json!({})), call("shop", Some(0), Vec::new()));
    let replaced =
        one(&service(json!({"SchedulingStrategy": "DAEMON"})), call("shop", Some(1), vec![recorded(&first)]));
    assert_eq!((replaced.action, replaced.replacement), (Action::Replace, Some(Replacement::CreateBeforeDelete)));
    assert!(replaced.given_name.is_some() && replaced.given_name != first.given_name);
    assert!(replaced.reasons.iter().all(|reason| !reason.contains("ServiceName")), "{:?}", replaced.reasons);
    // The user's own name is the user's to change: the old one goes first, as before.
    let chosen = |more: Value| {
        let mut resource = service(more);
        resource["Properties"]["ServiceName"] = json!("mine");
        resource
    };
    let own = recorded(&one(&chosen(json!({})), call("shop", Some(0), Vec::new())));
    let replaced = one(&chosen(json!({"SchedulingStrategy": "DAEMON"})), call("shop", Some(1), vec![own]));
    assert_eq!((replaced.replacement, replaced.given_name), (Some(Replacement::DeleteBeforeCreate), None));
}

#[test]
fn a_name_is_part_of_what_is_approved() {
    let digest = |incarnation| plan(&table(&json!({})), call("shop", incarnation, Vec::new())).digest;
    assert_eq!(digest(Some(3)), digest(Some(3)));
    assert_ne!(digest(Some(3)), digest(Some(4)));
}

#[test]
fn what_exists_keeps_its_name_whatever_runs_have_begun_since() {
    let first = one(&table(&json!({})), call("shop", Some(0), Vec::new()));
    let own = recorded(&first);
    let again = one(&table(&json!({})), call("shop", Some(7), vec![own.clone()]));
    assert_eq!(
        (again.action, again.given_name.clone(), name(&again)),
        (Action::Noop, first.given_name.clone(), name(&first))
    );

    let changed = one(&table(&json!({"BillingMode": "PROVISIONED"})), call("shop", Some(7), vec![own.clone()]));
    assert_eq!((changed.action, name(&changed)), (Action::Update, name(&first)));
    assert!(changed.patch.iter().all(|operation| !operation.path.contains("TableName")));

    // What a version before names were given has made has none.
    let unnamed = StackResource {
        given_name: None,
        applied: one(&table(&json!({})), call("shop", None, Vec::new())).desired.unwrap(),
        ..own.clone()
    };
    let live = json!({"TableName": "Table-0123456789AB", "BillingMode": "PAY_PER_REQUEST"});
    let mut read = call("shop", Some(7), vec![unnamed]);
    read.live = BTreeMap::from([("Table".to_owned(), Live::Present { properties: live })]);
    let old = one(&table(&json!({})), read);
    assert_eq!((old.action, old.given_name, name_of(old.desired)), (Action::Noop, None, None));

    // The template names what it did not name before: that is another name.
    let named = one(&table(&json!({"TableName": "mine"})), call("shop", Some(7), vec![own]));
    assert_eq!((named.action, named.given_name), (Action::Replace, None));
}

fn name_of(desired: Option<Expr>) -> Option<Value> {
    desired.unwrap().to_json().get("TableName").cloned()
}

#[test]
fn what_takes_its_place_has_another_name() {
    let role = |more: Value| {
        let mut properties = json!({"AssumeRolePolicyDocument": {}});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Type": "AWS::IAM::Role", "Properties": properties})
    };
    let first = one(&role(json!({})), call("shop", Some(0), Vec::new()));
    let own = recorded(&first);
    let replaced = one(&role(json!({"Path": "/other/"})), call("shop", Some(1), vec![own.clone()]));
    assert_eq!((replaced.action, replaced.replacement), (Action::Replace, Some(Replacement::CreateBeforeDelete)));
    assert!(replaced.given_name.is_some() && replaced.given_name != first.given_name);
    assert!(replaced.reasons.iter().all(|reason| !reason.contains("RoleName")), "{:?}", replaced.reasons);

    let mut gone = call("shop", Some(2), vec![own]);
    gone.live = BTreeMap::from([("Table".to_owned(), Live::Absent {})]);
    let anew = one(&role(json!({})), gone);
    assert!(anew.action == Action::Create && anew.given_name.is_some() && anew.given_name != first.given_name);

    // A name that the template gives up.
    let chosen = recorded(&one(&role(json!({"RoleName": "mine"})), call("shop", None, Vec::new())));
    let free = one(&role(json!({})), call("shop", Some(3), vec![chosen]));
    assert!(free.action == Action::Replace && free.given_name.is_some(), "{free:#?}");
}
