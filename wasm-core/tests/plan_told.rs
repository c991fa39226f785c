//! What a plan tells whoever asks for it: tags that cannot be, values that are kept.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/call.rs"]
mod call;

use std::collections::BTreeMap;

use assent_core::call::{PlanCall, StackState};
use assent_core::digest::sha256_hex;
use assent_core::model::Action;
use assent_core::plan::planned::{Planned, Planning};
use assent_core::plan::{digest_of, digested};
use assent_core::problem::Problem;
use assent_core::session::Template;
use call::call;
use serde_json::{Value, json};

fn planned(text: &str, call: PlanCall) -> Box<Planned> {
    match Template::new(text.to_owned()).plan(call) {
        Planning::Planned(planned) => planned,
        other => panic!("{other:#?}"),
    }
}

fn refused(text: &str, call: PlanCall) -> Vec<Problem> {
    match Template::new(text.to_owned()).plan(call) {
        Planning::Refused { problems } => problems,
        other => panic!("{other:#?}"),
    }
}

fn pairs(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn after(parameters: &[(&str, &str)], tags: &[(&str, &str)]) -> PlanCall {
    let parameters = pairs(parameters).into_iter().map(|(key, value)| (key, Some(value))).collect();
    let state = StackState {
        stack: "shop".into(),
        context: call().context,
        parameters,
        tags: pairs(tags),
        ..Default::default()
    };
    PlanCall { recorded: Some(state), ..call() }
}

const TOPIC: &str = "Resources:\n  T:\n    Type: AWS::SNS::Topic\n";

fn sent(planned: &Planned) -> String {
    let topic = planned.plan.resources.iter().find(|resource| resource.logical_id == "T").unwrap();
    assert_eq!(topic.action, Action::Create);
    serde_json::to_string(&topic.desired).unwrap()
}

#[test]
fn tags_are_remembered_until_an_empty_value_removes_them() {
    let kept = planned(TOPIC, after(&[], &[("team", "red"), ("cost", "1")]));
    assert_eq!(kept.tags, pairs(&[("team", "red"), ("cost", "1")]));
    assert!(sent(&kept).contains("red") && sent(&kept).contains("cost"));

    let mut changing = after(&[], &[("team", "red"), ("cost", "1")]);
    changing.tags = pairs(&[("team", ""), ("cost", "2"), ("new", "x"), ("never", "")]);
    let changed = planned(TOPIC, changing);
    assert_eq!(changed.tags, pairs(&[("cost", "2"), ("new", "x")]));
    assert!(!sent(&changed).contains("red") && !sent(&changed).contains("never"));

    let fresh = planned(TOPIC, PlanCall { tags: pairs(&[("a", ""), ("b", "1")]), ..call() });
    assert_eq!(fresh.tags, pairs(&[("b", "1")]));
}

#[test]
fn tags_that_no_service_takes_are_refused() {
    for key in ["aws:team", "AWS:x", "Aws:"] {
        let problems = refused(TOPIC, PlanCall { tags: pairs(&[(key, "v")]), ..call() });
        assert_eq!((problems.len(), problems[0].code.as_str()), (1, "reserved_tag"), "{problems:?}");
        assert!(problems[0].message.contains(key));
    }
    for (key, value) in [("k".repeat(129), "v".to_owned()), ("k".to_owned(), "v".repeat(257))] {
        let tags = BTreeMap::from([(key, value)]);
        assert_eq!(refused(TOPIC, PlanCall { tags, ..call() })[0].code, "invalid_tag");
    }
    let longest = BTreeMap::from([("k".repeat(128), "ü".repeat(256)), ("awsome".to_owned(), "v".to_owned())]);
    assert_eq!(planned(TOPIC, PlanCall { tags: longest.clone(), ..call() }).tags, longest);
}

#[test]
fn a_reserved_tag_in_the_template_is_refused_where_it_stands() {
    let list = format!(
        "{TOPIC}    Properties:\n      Tags:\n        - {{Key: a, Value: b}}\n        - {{Key: aws:x, Value: b}}\n"
    );
    let problems = refused(&list, call());
    assert_eq!((problems[0].code.as_str(), problems[0].line), ("reserved_tag", 7), "{problems:?}");
    assert_eq!(problems[0].path, "Resources/T/Properties/Tags/1/Key");
    let map = "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n      Value: x\n      Tags: {AWS:y: z}\n";
    assert_eq!(refused(map, call())[0].path, "Resources/P/Properties/Tags/AWS:y");
}

const VALUES: &str = "Parameters:\n  V: {Type: String, Default: two}\n  W: {Type: String, Default: same}\n  X: {Type: String}\n\
    Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: {DisplayName: !Sub '${V}${W}${X}'}\n";

#[test]
fn a_default_that_is_not_taken_is_told_once() {
    let told = planned(VALUES, after(&[("V", "one"), ("W", "same"), ("X", "x")], &[]));
    let [problem] = told.problems.as_slice() else { panic!("{:?}", told.problems) };
    assert_eq!((problem.code.as_str(), problem.line), ("default_not_taken", 2));
    assert!(problem.message.contains("V (\"one\", default \"two\")") && !problem.message.contains('W'));
    assert!(sent(&told).contains("onesamex"));

    let mut given = after(&[("V", "one"), ("W", "other"), ("X", "x")], &[]);
    given.parameters = pairs(&[("V", "one"), ("W", "same")]).into();
    assert_eq!(planned(VALUES, given).problems, []);
}

/// What tags a resource of this type is sent with, under one tag of the deployment.
fn tagged(type_name: &str, properties: &Value) -> Value {
    let mut template = json!({"Resources": {"T": {"Type": type_name, "Properties": properties}}});
    template["Parameters"] = json!({"Given": {"Type": "CommaDelimitedList", "Default": "a,b"}});
    let planned = planned(&template.to_string(), PlanCall { tags: pairs(&[("team", "red")]), ..call() });
    planned.plan.resources[0].desired.as_ref().unwrap().to_json()
}

#[test]
fn tags_have_the_shape_that_the_type_takes_and_what_the_template_says_stays() {
    let topic = "AWS::SNS::Topic";
    let own = json!({"Tags": [{"Key": "team", "Value": "blue"}]});
    assert_eq!(tagged(topic, &json!({})), json!({"Tags": [{"Key": "team", "Value": "red"}]}));
    assert_eq!(tagged(topic, &own), own);
    let group = json!({"MinSize": "1", "MaxSize": "1"});
    let scaling = tagged("AWS::AutoScaling::AutoScalingGroup", &group);
    assert_eq!(scaling["Tags"], json!([{"Key": "team", "PropagateAtLaunch": true, "Value": "red"}]));
    let parameter = |tags: Value| {
        let mut properties = json!({"Type": "String", "Value": "x"});
        if !tags.is_null() {
            properties["Tags"] = tags;
        }
        tagged("AWS::SSM::Parameter", &properties)["Tags"].clone()
    };
    assert_eq!(parameter(Value::Null), json!({"team": "red"}));
    assert_eq!(parameter(json!({"own": "1"})), json!({"own": "1", "team": "red"}));
    assert_eq!(parameter(json!({"team": "blue"})), json!({"team": "blue"}));
    // Of a shape that no table knows: nothing is guessed.
    let role = json!({"Command": {}, "Role": "r"});
    assert_eq!(tagged("AWS::Glue::Job", &role), role);
}

#[test]
fn tags_that_are_known_only_later_are_left_as_they_are() {
    let later = json!({"Fn::GetAtt": ["U", "TopicName"]});
    for (type_name, properties) in [
        ("AWS::SNS::Topic", json!({"Tags": {"Fn::Split": [",", later]}})),
        ("AWS::SSM::Parameter", json!({"Type": "String", "Value": "x", "Tags": later})),
    ] {
        let template = json!({"Resources": {
            "T": {"Type": type_name, "Properties": properties}, "U": {"Type": "AWS::SNS::Topic"},
        }});
        let planned = planned(&template.to_string(), PlanCall { tags: pairs(&[("team", "red")]), ..call() });
        let sent = planned.plan.resources.iter().find(|it| it.logical_id == "T").unwrap();
        let sent = sent.desired.as_ref().unwrap().to_json();
        assert!(sent["Tags"].to_string().contains("$att") && !sent.to_string().contains("red"), "{sent}");
    }
}

#[test]
fn a_long_default_that_is_not_taken_is_told_up_to_its_beginning() {
    let text = VALUES.replace("Default: two", &format!("Default: {}", "ü".repeat(60)));
    let told = planned(&text, after(&[("V", "one"), ("W", "same"), ("X", "x")], &[]));
    let expected = format!("V (\"one\", default \"{}…\")", "ü".repeat(40));
    assert!(told.problems[0].message.contains(&expected), "{}", told.problems[0].message);
}

#[test]
fn a_digest_is_of_the_text_that_anybody_can_make_of_the_plan() {
    let planned = planned(TOPIC, call());
    assert_eq!(sha256_hex(digested(&planned.plan).as_bytes()), planned.plan.digest);
    assert_eq!(digest_of(&planned.plan), planned.plan.digest);
}

#[test]
fn what_a_reference_holds_that_nothing_sends_is_neither_bound_nor_asked_for() {
    let text = format!(
        "{TOPIC}    Properties: {{DisplayName: '{{{{resolve:ssm-secure:name:1}}}}'}}\n  Gone:\n    Type: AWS::SNS::Topic\n"
    );
    let mut planned = planned(&text, call());
    let digest = planned.plan.digest.clone();
    // Its patch writes something else, so that it is not sent; the other reference is of nobody.
    let topic = planned.plan.resources.iter_mut().find(|it| it.logical_id == "T").unwrap();
    topic.action = Action::Update;
    let read = |id: &str| serde_json::from_value(json!({ "id": id })).unwrap();
    planned.bind(vec![read("ssm-secure:name:1"), read("ssm-secure:other:1")]);
    assert!(planned.plan.unread.is_empty() && planned.plan.fingerprints.is_empty());
    assert_eq!(planned.problems, []);
    let topic = planned.plan.resources.iter_mut().find(|it| it.logical_id == "T").unwrap();
    topic.action = Action::Noop;
    planned.bind(vec![read("ssm-secure:name:1")]);
    assert!(planned.plan.unread.is_empty(), "and what stays sends nothing");
    assert_ne!(planned.plan.digest, digest, "it is another plan");
}
