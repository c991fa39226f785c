//! Coercion and checks of property bags: what is converted, what is left alone, what is a mistake and what is not.

use assent_core::expr::{Call, Expr};
use assent_core::schema::{ResourceType, check, coerce, lookup, type_names};
use proptest::prelude::*;
use serde_json::{Value, json};

#[allow(clippy::panic)]
fn known(type_name: &str) -> ResourceType {
    lookup(type_name).unwrap_or_else(|| panic!("{type_name} is not in the table"))
}

fn coerced(type_name: &str, properties: Value) -> Value {
    let mut bag = Expr::known(properties);
    coerce(known(type_name), &mut bag);
    bag.to_json()
}

/// `path code` of each complaint.
fn complaints(type_name: &str, properties: Expr) -> Vec<String> {
    let found = check(known(type_name), &properties);
    found.into_iter().map(|complaint| format!("{} {}", complaint.path, complaint.code)).collect()
}

const FUNCTION: &str = "AWS::Lambda::Function";
const QUEUE: &str = "AWS::SQS::Queue";
const GROUP: &str = "AWS::EC2::SecurityGroup";

#[test]
fn scalars_become_what_is_declared() {
    let cases = [
        (QUEUE, json!({"DelaySeconds": "30"}), json!({"DelaySeconds": 30})),
        (QUEUE, json!({"DelaySeconds": 30.0}), json!({"DelaySeconds": 30})),
        (QUEUE, json!({"FifoQueue": "true"}), json!({"FifoQueue": true})),
        (QUEUE, json!({"FifoQueue": "False"}), json!({"FifoQueue": false})),
        (QUEUE, json!({"QueueName": 12}), json!({"QueueName": "12"})),
        (QUEUE, json!({"QueueName": true}), json!({"QueueName": "true"})),
        (QUEUE, json!({"Tags": [{"Key": 1, "Value": 2.5}]}), json!({"Tags": [{"Key": "1", "Value": "2.5"}]})),
        (FUNCTION, json!({"Environment": {"Variables": {"A": 1}}}), json!({"Environment": {"Variables": {"A": "1"}}})),
        (
            "AWS::CloudWatch::Alarm",
            json!({"Threshold": "0.5", "EvaluationPeriods": "3"}),
            json!({"Threshold": 0.5, "EvaluationPeriods": 3}),
        ),
        ("AWS::CloudWatch::Alarm", json!({"Threshold": "1"}), json!({"Threshold": 1})),
        (
            GROUP,
            json!({"SecurityGroupIngress": [{"FromPort": "80"}]}),
            json!({"SecurityGroupIngress": [{"FromPort": 80}]}),
        ),
    ];
    for (name, before, after) in cases {
        assert_eq!(coerced(name, before.clone()), after, "{name} {before}");
    }
}

#[test]
fn what_does_not_read_as_declared_is_left_alone() {
    let cases = [
        (QUEUE, json!({"DelaySeconds": "soon"})),
        (QUEUE, json!({"DelaySeconds": "1e3"})),
        (QUEUE, json!({"DelaySeconds": " 5"})),
        (QUEUE, json!({"DelaySeconds": ""})),
        (QUEUE, json!({"DelaySeconds": 1.5})),
        (QUEUE, json!({"FifoQueue": "yes"})),
        (QUEUE, json!({"FifoQueue": 1})),
        (QUEUE, json!({"Colour": 1})),
        (QUEUE, json!({"Tags": {"Key": 1}})),
        ("AWS::CloudWatch::Alarm", json!({"Threshold": "inf"})),
        ("AWS::CloudWatch::Alarm", json!({"Threshold": "0x10"})),
        (
            "AWS::IAM::Role",
            json!({"AssumeRolePolicyDocument": {"Condition": {"Bool": {"aws:SecureTransport": true}, "N": 5}}}),
        ),
        ("AWS::StepFunctions::StateMachine", json!({"DefinitionSubstitutions": {"a": 1, "b": true, "c": "1"}})),
    ];
    for (name, bag) in cases {
        assert_eq!(coerced(name, bag.clone()), bag, "{name}");
    }
}

#[test]
fn symbolic_parts_are_left_alone() {
    let symbolic = [
        Expr::Ref("Other".into()),
        Expr::Att("Other".into(), "Arn".into()),
        Expr::Secret("parameter:Password".into()),
        Expr::Call(Box::new(Call::Split(",".into(), Expr::Ref("Other".into())))),
    ];
    for part in symbolic {
        let mut bag = Expr::Map(vec![("DelaySeconds".into(), part.clone()), ("Tags".into(), part.clone())]);
        let before = bag.clone();
        coerce(known(QUEUE), &mut bag);
        assert_eq!(bag, before);
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let rule = |ingress: Value| json!({"GroupDescription": "d", "SecurityGroupIngress": ingress});
    let code = |code: Value| json!({"Code": code, "Role": "r"});
    let cases: &[(&str, Value, &[&str])] = &[
        (QUEUE, json!({"DelaySecond": 1}), &["DelaySecond unknown_property"]),
        (QUEUE, json!({"DelaySeconds": "soon"}), &["DelaySeconds wrong_kind"]),
        (QUEUE, json!({"DelaySeconds": [1]}), &["DelaySeconds wrong_kind"]),
        (QUEUE, json!({"DelaySeconds": null}), &["DelaySeconds wrong_kind"]),
        (QUEUE, json!({"FifoQueue": 1}), &["FifoQueue wrong_kind"]),
        (QUEUE, json!({"QueueName": {"a": 1}}), &["QueueName wrong_kind"]),
        (QUEUE, json!({"Arn": "arn"}), &["Arn read_only_property"]),
        (QUEUE, json!({"Tags": "none"}), &["Tags wrong_kind"]),
        (QUEUE, json!({"Tags": ["none"]}), &["Tags/0 wrong_kind"]),
        (QUEUE, json!({"Tags": [{"Key": "k", "Value": "v"}, {"Key": "k"}]}), &["Tags/1/Value missing_property"]),
        (QUEUE, json!({"Tags": [{"Key": "k", "Value": "v", "Colour": 1}]}), &["Tags/0/Colour unknown_property"]),
        (QUEUE, json!([]), &[" wrong_kind"]),
        (
            GROUP,
            rule(json!([{"IpProtocol": "tcp", "FromPort": "http"}])),
            &["SecurityGroupIngress/0/FromPort wrong_kind"],
        ),
        (GROUP, rule(json!([{"FromPort": 1}])), &["SecurityGroupIngress/0/IpProtocol missing_property"]),
        (GROUP, json!({}), &["GroupDescription missing_property"]),
        (FUNCTION, json!({}), &["Code missing_property", "Role missing_property"]),
        (FUNCTION, code(json!({"Zipfile": ""})), &["Code/Zipfile unknown_property"]),
        (FUNCTION, code(json!("inline")), &["Code wrong_kind"]),
        (
            "AWS::DynamoDB::Table",
            json!({"KeySchema": [{"AttributeName": "id"}]}),
            &["KeySchema/0/KeyType missing_property"],
        ),
        ("AWS::RDS::DBInstance", json!({"Endpoint": {"Port": "1"}}), &["Endpoint read_only_property"]),
    ];
    for (name, bag, expected) in cases {
        assert_eq!(complaints(name, Expr::known(bag.clone())), *expected, "{name} {bag}");
    }
}

#[test]
fn what_the_schema_leaves_open_is_no_mistake() {
    let cases = [
        (QUEUE, json!({"DelaySeconds": "30", "FifoQueue": "true", "QueueName": 5})),
        (QUEUE, json!({"RedrivePolicy": {"deadLetterTargetArn": "a", "maxReceiveCount": 3}})),
        (QUEUE, json!({"RedrivePolicy": "{\"maxReceiveCount\": 3}"})),
        ("AWS::IAM::Role", json!({"AssumeRolePolicyDocument": {"Anything": [1, null, {"at": "all"}]}})),
        ("AWS::IAM::Role", json!({"AssumeRolePolicyDocument": "{}"})),
        ("AWS::S3::Bucket", json!({"LoggingConfiguration": {"TargetObjectKeyFormat": {"SimplePrefix": {}}}})),
        (
            "AWS::AutoScaling::AutoScalingGroup",
            json!({"MinSize": "1", "MaxSize": 3, "Tags": [{"Key": "a", "Value": "b", "PropagateAtLaunch": "true"}]}),
        ),
        ("AWS::DynamoDB::Table", json!({"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]})),
        (
            "AWS::StepFunctions::StateMachine",
            json!({"RoleArn": "r", "Definition": {"States": {}}, "DefinitionSubstitutions": {"a": 1}}),
        ),
        ("AWS::SSM::Document", json!({"Content": {"schemaVersion": "2.2"}})),
        ("AWS::CloudFormation::WaitConditionHandle", json!({})),
    ];
    for (name, bag) in cases {
        assert!(complaints(name, Expr::known(bag.clone())).is_empty(), "{name} {bag}");
    }
}

#[test]
fn values_not_known_yet_fit_where_their_kind_may() {
    let ask = |property: &str, value: Expr| complaints(QUEUE, Expr::Map(vec![(property.to_owned(), value)]));
    let call = |call: Call| Expr::Call(Box::new(call));
    let other = || Expr::Ref("Other".into());
    for property in ["DelaySeconds", "FifoQueue", "QueueName", "Tags", "RedrivePolicy"] {
        assert!(ask(property, other()).is_empty(), "{property}");
        assert!(ask(property, Expr::Att("Other".into(), "Arn".into())).is_empty(), "{property}");
        assert!(ask(property, Expr::Secret("parameter:P".into())).is_empty(), "{property}");
        assert!(ask(property, call(Call::Select(Expr::known(json!(0)), other()))).is_empty(), "{property}");
    }
    assert!(ask("Tags", call(Call::Split(",".into(), other()))).is_empty());
    assert!(ask("QueueName", call(Call::Concat(vec![other()]))).is_empty());
    assert_eq!(ask("Tags", call(Call::Concat(vec![other()]))), ["Tags wrong_kind"]);
    assert_eq!(ask("QueueName", call(Call::Split(",".into(), other()))), ["QueueName wrong_kind"]);
    assert!(complaints(QUEUE, Expr::known(json!({"Tags": []}))).is_empty());
}

#[test]
fn messages_name_the_type_the_place_and_the_way_out() {
    let found = check(known(QUEUE), &Expr::known(json!({"DelaySecond": 1, "Tags": [{"Key": "a", "Valu": "b"}]})));
    let said: Vec<(&str, &str)> =
        found.iter().map(|complaint| (complaint.message.as_str(), complaint.help.as_str())).collect();
    assert_eq!(
        said,
        [
            ("AWS::SQS::Queue has no property DelaySecond", "Did you mean DelaySeconds?"),
            ("Tags of AWS::SQS::Queue has no property Valu", "Did you mean Value?"),
            ("Tags of AWS::SQS::Queue needs Value", ""),
        ]
    );
    let found = check(known(QUEUE), &Expr::known(json!({"FifoQueue": "maybe", "Tags": [7]})));
    let said: Vec<&str> = found.iter().map(|complaint| complaint.message.as_str()).collect();
    assert_eq!(
        said,
        ["FifoQueue must be true or false, not a string", "an item of Tags must be an object, not a number"]
    );
}

/// Scalars that look like other scalars, and properties that some type has.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e6..1e6f64).prop_map(Value::from),
        "-?[0-9]{1,20}(\\.[0-9]{1,3})?".prop_map(Value::from),
        prop::sample::select(vec!["true", "false", "TRUE", "null", "", "1.0", "-0", "1e5", "NaN"])
            .prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
        Just(Value::Null),
    ]
}

/// A value of the shape that a kind wants, with scalars of any kind in it.
#[allow(clippy::indexing_slicing)]
fn shaped(found: ResourceType, scalars: &[Value]) -> Value {
    use assent_core::schema::Kind;
    fn of(kind: Kind, scalars: &[Value], depth: usize, at: &mut usize) -> Value {
        *at += 1;
        match kind {
            _ if depth > 4 => scalars[*at % scalars.len()].clone(),
            Kind::List(list) => {
                Value::Array(vec![of(list.item(), scalars, depth + 1, at), of(list.item(), scalars, depth + 1, at)])
            }
            Kind::Map(map) => json!({"any": of(map.value(), scalars, depth + 1, at)}),
            Kind::Object(object) => {
                let members = object.properties().take(12);
                Value::Object(members.map(|one| (one.name.to_owned(), of(one.kind, scalars, depth + 1, at))).collect())
            }
            Kind::Union(union) => {
                let kinds: Vec<Kind> = union.kinds().collect();
                of(kinds[*at % kinds.len()], scalars, depth + 1, at)
            }
            _ => scalars[*at % scalars.len()].clone(),
        }
    }
    of(Kind::Object(found.object()), scalars, 0, &mut 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn coercing_twice_is_coercing_once_and_changes_no_verdict(
        place in 0..1884usize,
        scalars in prop::collection::vec(scalar(), 1..9),
    ) {
        let name = type_names().nth(place).unwrap_or(QUEUE);
        let found = known(name);
        let before = Expr::known(shaped(found, &scalars));
        let mut once = before.clone();
        coerce(found, &mut once);
        let mut twice = once.clone();
        coerce(found, &mut twice);
        prop_assert_eq!(&once, &twice, "{}", name);
        prop_assert_eq!(check(found, &before), check(found, &once), "{}", name);
    }
}
