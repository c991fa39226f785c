//! The vectors of `tests/vectors/intrinsics`: one file per subject, one case per line.
//!
//! A case has a `template` (YAML text or an object) or a `value`, which becomes property `V` of resource `R` in the
//! template of [`around`]. It expects what `expect` names: `value`, `properties`, `outputs`, `resources`, `dependsOn`,
//! `policies`, `parameters`, `noEcho`, `warnings`; or `needs`; or `refused`, the complete list of problems, of each the
//! fields given (`message` and `help`: a part of the text, in any case).
//! Over every case two laws are checked: a text with `canary` in it, as NoEcho values have, never comes out; and what is
//! computed early equals what is resolved late.

#![allow(clippy::unwrap_used, clippy::panic, clippy::unreachable, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use assent_core::call::{Found, Lookup};
use assent_core::expr::{Expr, Scope};
use assent_core::intrinsics::{Evaluated, Evaluation, World, evaluate};
use assent_core::model::Context;
use assent_core::problem::Problem;
use assent_core::secret::GivenParameters;
use assent_core::template::{Limits, Node, parse};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    template: Option<Value>,
    value: Option<Value>,
    /// Without `Transform: AWS::LanguageExtensions`.
    #[serde(default)]
    plain: bool,
    #[serde(default)]
    partition: Option<String>,
    #[serde(default)]
    parameters: GivenParameters,
    previous: Option<BTreeMap<String, Option<String>>>,
    #[serde(default)]
    found: Vec<Found>,
    /// Logical id, then attribute.
    #[serde(default)]
    known: BTreeMap<String, BTreeMap<String, Value>>,
    expect: Expected,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    value: Option<Value>,
    /// `value` is left out by AWS::NoValue.
    #[serde(default)]
    removed: bool,
    /// What every reference and secret resolved comes to.
    resolved: Option<Value>,
    properties: Option<Value>,
    outputs: Option<Value>,
    exports: Option<Value>,
    resources: Option<Vec<String>>,
    references: Option<Value>,
    depends_on: Option<Value>,
    policies: Option<Value>,
    parameters: Option<Value>,
    no_echo: Option<Vec<String>>,
    warnings: Option<Vec<Value>>,
    needs: Option<Vec<Lookup>>,
    optional: Option<Vec<Lookup>>,
    refused: Option<Vec<Value>>,
}

/// The template of a case that has only a `value`.
fn around(value: &Value, plain: bool) -> Value {
    let mut template = json!({
        "Parameters": {
            "Env": {"Type": "String", "Default": "dev"},
            "Names": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
            "Password": {"Type": "String", "NoEcho": true, "Default": "canary"},
            "Words": {"Type": "CommaDelimitedList", "NoEcho": true, "Default": "canary,second"},
            "Image": {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": "/image"},
            "Subnets": {"Type": "AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>", "Default": "/subnets"}
        },
        "Mappings": {
            "Sizes": {"dev": {"Type": "small", "Zones": ["x", "y"], "Count": 1}, "prod": {"Type": "large", "Flag": true}},
            "Secrets": {"canary": {"Value": "found"}}
        },
        "Conditions": {
            "Yes": {"Fn::Equals": [{"Ref": "Env"}, "dev"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]}
        },
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Gone": {"Type": "AWS::SQS::Queue", "Condition": "No"},
            "R": {"Type": "AWS::Test::Resource", "Properties": {"V": value}}
        }
    });
    if !plain {
        template["Transform"] = json!("AWS::LanguageExtensions");
    }
    template
}

fn context(partition: Option<&str>) -> Context {
    Context {
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        partition: partition.unwrap_or("aws").into(),
        stack_id: "arn:aws:cloudformation:eu-central-1:123456789012:stack/app/0".into(),
    }
}

fn tree(case: &Case) -> Node {
    let text = match (&case.template, &case.value) {
        (Some(Value::String(text)), None) => text.clone(),
        (Some(template), None) => template.to_string(),
        (None, Some(value)) => around(value, case.plain).to_string(),
        _ => panic!("{}: a case has a template or a value", case.name),
    };
    parse(&text, &Limits::default()).unwrap_or_else(|problems| panic!("{}: {problems:?}", case.name))
}

fn run<'t>(case: &Case, node: &'t Node, known: &BTreeMap<String, BTreeMap<String, Value>>) -> Evaluation<'t> {
    let context = context(case.partition.as_deref());
    let lookup = |id: &str, attribute: &str| known.get(id)?.get(attribute).cloned();
    let world = World {
        context: &context,
        stack: "app",
        parameters: &case.parameters,
        previous: case.previous.as_ref(),
        found: &case.found,
        known: &lookup,
    };
    evaluate(node, &world)
}

/// Values for every reference and secret.
struct Late<'k>(&'k BTreeMap<String, BTreeMap<String, Value>>);

impl Scope for Late<'_> {
    fn reference(&self, id: &str) -> Option<Value> {
        self.attribute(id, "Ref")
    }
    fn attribute(&self, id: &str, attribute: &str) -> Option<Value> {
        let known = self.0.get(id).and_then(|known| known.get(attribute)).cloned();
        Some(known.unwrap_or_else(|| json!(format!("<{id}.{attribute}>"))))
    }
    fn secret(&self, id: &str) -> Option<Value> {
        Some(json!(format!("<{id}>")))
    }
}

fn shown(evaluated: &Evaluated<'_>) -> String {
    let mut text = format!("{:?}{:?}{:?}", evaluated.parameters, evaluated.no_echo, evaluated.problems);
    for resource in &evaluated.resources {
        text += &format!("{} {}\n", resource.logical_id, resource.properties.to_json());
    }
    for output in &evaluated.outputs {
        text += &format!("{} {} {:?}\n", output.name, output.value.to_json(), output.export_name);
    }
    text
}

fn matches(expected: &Value, problem: &Problem) -> bool {
    let actual = serde_json::to_value(problem).unwrap();
    expected.as_object().unwrap().iter().all(|(field, wanted)| match field.as_str() {
        "message" | "help" => {
            let text = actual[field].as_str().unwrap_or("").to_lowercase();
            text.contains(&wanted.as_str().unwrap().to_lowercase())
        }
        _ => actual[field] == *wanted,
    })
}

fn check_problems(case: &Case, expected: &[Value], problems: &[Problem]) {
    let fits =
        expected.len() == problems.len() && expected.iter().zip(problems).all(|(wanted, got)| matches(wanted, got));
    assert!(
        fits,
        "{}: wanted {:#}\ngot {}",
        case.name,
        json!(expected),
        serde_json::to_string_pretty(problems).unwrap()
    );
}

fn by_name<'e>(entries: impl Iterator<Item = (&'e String, Value)>) -> Value {
    Value::Object(entries.map(|(name, value)| (name.clone(), value)).collect())
}

fn check(case: &Case) {
    let node = tree(case);
    let expected = &case.expect;
    match run(case, &node, &case.known) {
        Evaluation::Refused { problems, .. } => {
            assert!(!format!("{problems:?}").contains("canary"), "{}: {problems:?}", case.name);
            let Some(wanted) = &expected.refused else { panic!("{}: refused {problems:#?}", case.name) };
            check_problems(case, wanted, &problems);
        }
        Evaluation::Needs { lookups, optional } => {
            assert!(!format!("{lookups:?}{optional:?}").contains("canary"), "{}: {lookups:?}", case.name);
            assert!(expected.needs.is_some() || expected.optional.is_some(), "{}: needs {lookups:?}", case.name);
            assert_eq!(lookups, expected.needs.clone().unwrap_or_default(), "{}", case.name);
            assert_eq!(optional, expected.optional.clone().unwrap_or_default(), "{}", case.name);
        }
        Evaluation::Done(evaluated) => {
            assert!(!shown(&evaluated).contains("canary"), "{}: {}", case.name, shown(&evaluated));
            assert!(
                expected.refused.is_none() && expected.needs.is_none() && expected.optional.is_none(),
                "{}: {}",
                case.name,
                shown(&evaluated)
            );
            check_done(case, &evaluated);
            check_law(case, &node, &evaluated);
        }
    }
}

fn check_done(case: &Case, evaluated: &Evaluated<'_>) {
    let expected = &case.expect;
    let property = || {
        let resource = evaluated.resources.iter().find(|resource| resource.logical_id == "R").unwrap();
        let Expr::Map(entries) = &resource.properties else { panic!("{}: properties are no object", case.name) };
        entries.iter().find(|(key, _)| key == "V").map(|(_, value)| value.clone())
    };
    if case.value.is_some() {
        assert_eq!(property().map(|value| value.to_json()), expected.value, "{}", case.name);
        assert_eq!(expected.removed, expected.value.is_none(), "{}: value or removed", case.name);
    }
    if let Some(resolved) = &expected.resolved {
        assert_eq!(property().unwrap().resolve(&Late(&case.known)).as_ref(), Ok(resolved), "{}", case.name);
    }
    let mut asserted = case.value.is_some();
    let mut compare = |wanted: &Option<Value>, got: Value| {
        if let Some(wanted) = wanted {
            assert_eq!(*wanted, got, "{}", case.name);
            asserted = true;
        }
    };
    let resources = || evaluated.resources.iter();
    compare(&expected.properties, by_name(resources().map(|it| (&it.logical_id, it.properties.to_json()))));
    compare(&expected.references, by_name(resources().map(|it| (&it.logical_id, json!(it.references)))));
    compare(&expected.depends_on, by_name(resources().map(|it| (&it.logical_id, json!(it.depends_on)))));
    compare(
        &expected.policies,
        by_name(resources().map(|it| (&it.logical_id, json!([it.deletion_policy, it.update_replace_policy])))),
    );
    compare(
        &expected.resources.as_ref().map(|names| json!(names)),
        json!(resources().map(|it| &it.logical_id).collect::<Vec<_>>()),
    );
    compare(&expected.outputs, by_name(evaluated.outputs.iter().map(|it| (&it.name, it.value.to_json()))));
    compare(&expected.exports, by_name(evaluated.outputs.iter().map(|it| (&it.name, json!(it.export_name)))));
    compare(&expected.parameters, json!(evaluated.parameters));
    compare(&expected.no_echo.as_ref().map(|names| json!(names)), json!(evaluated.no_echo));
    check_problems(case, expected.warnings.as_deref().unwrap_or_default(), &evaluated.problems);
    assert!(asserted || expected.warnings.is_some(), "{}: nothing is expected", case.name);
}

/// What is computed early equals what is resolved late, and a half-known expression comes to the same.
fn check_law(case: &Case, node: &Node, early: &Evaluated<'_>) {
    let Evaluation::Done(late) = run(case, node, &BTreeMap::new()) else {
        panic!("{}: it can be evaluated only when more is known", case.name)
    };
    let scope = Late(&case.known);
    for (early, late) in early.resources.iter().zip(&late.resources) {
        assert_eq!(early.references, late.references, "{}", case.name);
        let resolved = early.properties.resolve(&scope);
        assert_eq!(resolved, late.properties.resolve(&scope), "{}", case.name);
        assert_eq!(resolved, late.properties.simplify(&scope).resolve(&scope), "{}", case.name);
        let stored = Expr::from_json(late.properties.to_json()).unwrap();
        assert_eq!(resolved, stored.resolve(&scope), "{}", case.name);
        assert_eq!(late.properties.is_known(), late.properties.clone().into_value().is_ok(), "{}", case.name);
        let used = late.properties.references();
        assert!(used.iter().all(|reference| late.references.contains(reference)), "{}", case.name);
    }
}

#[test]
fn every_vector_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/intrinsics");
    let mut cases = 0;
    let mut failed = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let table: Vec<Case> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for case in &table {
            cases += 1;
            // Each failure has printed itself; the others still run.
            failed.extend(catch_unwind(AssertUnwindSafe(|| check(case))).is_err().then_some(&case.name).cloned());
        }
    }
    assert!(failed.is_empty(), "{} vectors failed: {failed:#?}", failed.len());
    assert!(cases > 200, "only {cases} vectors were found");
}
