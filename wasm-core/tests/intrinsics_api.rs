//! What callers lean on besides the values: declarations, places of properties, templates of the root shape.

#![allow(clippy::unwrap_used, clippy::panic, clippy::unreachable, clippy::indexing_slicing)]

use assent_core::call::DeclaredParameter;
use assent_core::intrinsics::{Evaluated, Evaluation, World, declared, did_you_mean, evaluate};
use assent_core::model::Context;
use assent_core::problem::Span;
use assent_core::secret::GivenParameters;
use assent_core::template::{Kind, Limits, Node, parse};

fn tree(text: &str) -> Node {
    parse(text, &Limits::default()).unwrap()
}

fn evaluated(node: &Node) -> Evaluation<'_> {
    let (context, parameters) = (Context::default(), GivenParameters::default());
    let world = World {
        context: &context,
        stack: "app",
        parameters: &parameters,
        previous: None,
        found: &[],
        known: &|_, _| None,
    };
    evaluate(node, &world)
}

fn done(node: &Node) -> Evaluated<'_> {
    match evaluated(node) {
        Evaluation::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

#[test]
fn declarations_are_listed_in_template_order_without_values() {
    let node = tree(
        "Parameters:\n  Zone: {Type: String, AllowedValues: [a, 1]}\n  Key: {Type: Number, Default: 7, NoEcho: true}\n",
    );
    let parameter = |name: &str, type_name: &str, default: Option<&str>, no_echo, allowed: &[&str]| DeclaredParameter {
        name: name.into(),
        type_name: type_name.into(),
        default: default.map(str::to_owned),
        no_echo,
        allowed_values: allowed.iter().map(|value| (*value).to_owned()).collect(),
    };
    // Resources are missing: that is one of the problems `declared` reports.
    assert_eq!(declared(&node).unwrap_err()[0].code, "no_resources");
    let node = tree(
        "Parameters:\n  Zone: {Type: String, AllowedValues: [a, 1]}\n  Key: {Type: Number, Default: 7, NoEcho: true}\nResources:\n  R: {Type: A, Properties: {V: !Ref Nowhere}}\n",
    );
    assert_eq!(
        declared(&node).unwrap().parameters,
        [parameter("Zone", "String", None, false, &["a", "1"]), parameter("Key", "Number", Some("7"), true, &[])]
    );
}

#[test]
fn a_wrong_declaration_is_refused_with_its_place() {
    let node = tree("Parameters:\n  Zone:\n    Type: Strin\nResources:\n  R: {Type: A}\n");
    let problems = declared(&node).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].code.as_str(), problems[0].line, problems[0].column), ("unknown_parameter_type", 3, 11));
}

#[test]
fn a_root_that_is_no_object_is_refused() {
    let node = Node { kind: Kind::List(Vec::new()), span: Span { line: 1, column: 1 } };
    assert_eq!(declared(&node).unwrap_err()[0].code, "invalid_template");
    assert!(matches!(evaluated(&node), Evaluation::Refused { problems, .. } if problems[0].code == "invalid_template"));
}

#[test]
fn the_place_of_a_property_is_its_key_or_the_nearest_above() {
    let node = tree(
        "Conditions:\n  C: !Equals [a, a]\nResources:\n  R:\n    Type: A\n    Properties:\n      Keys:\n        - Name: x\n          Sub: !If [C, {Deep: 1}, {}]\n  S:\n    Type: A\n",
    );
    let done = done(&node);
    let [r, s] = done.resources.as_slice() else { panic!() };
    for (path, line, column) in [
        ("", 6, 5),
        ("Keys", 7, 7),
        ("Keys/0", 8, 11),
        ("Keys/0/Name", 8, 11),
        ("Keys/0/Name/More", 8, 11),
        ("Keys/0/Sub/Deep", 9, 11),
        ("Keys/7/Name", 7, 7),
        ("Keys/x", 7, 7),
        ("Nothing", 6, 5),
    ] {
        assert_eq!(r.span_of(path), Span { line, column }, "{path}");
    }
    assert_eq!(s.span_of("Keys"), s.span);
    assert_eq!(s.span, Span { line: 10, column: 3 });
}

#[test]
fn the_place_of_a_property_in_a_loop_is_that_of_the_fragment() {
    let node = tree(
        "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::L:\n    - X\n    - [A, B]\n    - R${X}:\n        Type: A\n        Metadata: {m: [1, true, null, x]}\n        CreationPolicy: {}\n        Properties:\n          Name: !Ref X\n",
    );
    let done = done(&node);
    assert_eq!(done.resources.len(), 2);
    for resource in &done.resources {
        assert_eq!(resource.span_of("Name"), Span { line: 11, column: 11 });
        assert_eq!(resource.metadata_json, Some(serde_json::json!({"m": [1, true, null, "x"]})));
        assert!(resource.has_creation_policy && !resource.has_update_policy);
    }
}

#[test]
fn near_names_are_offered_whatever_their_case() {
    assert_eq!(did_you_mean("queue", ["Queue"]).as_deref(), Some("Did you mean `Queue`?"));
    assert_eq!(did_you_mean("Queue", []), None);
}

#[test]
fn one_value_of_more_than_a_megabyte_is_refused_where_it_is_made() {
    let text = |length: usize| {
        let long = "x".repeat(length);
        format!(
            "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {{Fn::Base64: {long}}}\n"
        )
    };
    done(&tree(&text(700_000)));
    let node = tree(&text(800_000));
    let Evaluation::Refused { problems, .. } = evaluated(&node) else { panic!() };
    assert_eq!((problems.len(), problems[0].code.as_str()), (1, "expansion_limit"), "{problems:?}");
    assert!(problems[0].message.contains("larger than 1 MB"));
}
