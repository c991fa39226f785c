//! Laws of the functions: against slow obvious oracles, inverses, and "known early equals resolved late".

#![allow(clippy::unwrap_used, clippy::panic, clippy::unreachable, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use assent_core::expr::functions::{base64, cidr, join, split, to_json_string};
use assent_core::expr::{Expr, ResolveError, Scope};
use assent_core::intrinsics::{Evaluation, World, evaluate};
use assent_core::model::Context;
use assent_core::problem::{Severity, Span};
use assent_core::template::{Entry, Kind, Node};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A tree without places.
fn node(value: &Value) -> Node {
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(flag) => Kind::Bool(*flag),
        Value::Number(number) => Kind::Number(number.clone()),
        Value::String(text) => Kind::String(text.clone()),
        Value::Array(items) => Kind::List(items.iter().map(node).collect()),
        Value::Object(entries) => Kind::Map(
            entries
                .iter()
                .map(|(key, value)| Entry { key: key.clone(), key_span: Span::default(), value: node(value) })
                .collect(),
        ),
    };
    Node { kind, span: Span::default() }
}

/// Which of the attributes of resource `Q` are known.
struct Cloud<'s>(&'s dyn Fn(&str) -> bool);

fn attribute(name: &str) -> Option<Value> {
    Some(match name {
        "Ref" => json!("q-1"),
        "Arn" => json!("arn:x:y"),
        "Number" => json!(2),
        "List" => json!(["one", 2, true]),
        "Block" => json!("10.0.0.0/16"),
        "Nulls" => json!([null, "x"]),
        "Object" => json!({"b": [1], "a": "x"}),
        _ => return None,
    })
}

impl Scope for Cloud<'_> {
    fn reference(&self, id: &str) -> Option<Value> {
        self.attribute(id, "Ref")
    }
    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        if id == "Q" && (self.0)(name) { attribute(name) } else { None }
    }
    fn secret(&self, id: &str) -> Option<Value> {
        Some(json!(if id == "parameter:Secret" { "canary,b" } else { "secret" }))
    }
}

enum Answer {
    Value(Expr),
    Refused,
}

/// The value as the only property of a resource.
fn evaluated(value: &Value, known: &dyn Fn(&str) -> bool) -> Answer {
    let template = node(&json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {
            "Plain": {"Type": "String", "Default": "p,q"},
            "List": {"Type": "CommaDelimitedList", "Default": "a,b"},
            "Secret": {"Type": "String", "NoEcho": true}
        },
        "Mappings": {"M": {"p,q": {"k": ["m", 1]}}},
        "Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Equals": ["a", {"Ref": "Secret"}]}},
        "Resources": {"Q": {"Type": "T"}, "R": {"Type": "T", "Properties": {"V": value}}}
    }));
    let context = Context { region: "eu-central-1".into(), ..Context::default() };
    let given = BTreeMap::from([("Secret".to_owned(), "canary,b".to_owned())]).into();
    let cloud = Cloud(known);
    let world = World {
        context: &context,
        stack: "app",
        parameters: &given,
        previous: None,
        found: &[],
        known: &|id, name| cloud.attribute(id, name),
    };
    match evaluate(&template, &world) {
        Evaluation::Done(done) => {
            let resource = done.resources.iter().find(|resource| resource.logical_id == "R").unwrap();
            assert!(!format!("{:?}", resource.properties).contains("canary"));
            Answer::Value(resource.properties.clone())
        }
        Evaluation::Needs { lookups, .. } => panic!("nothing here needs {lookups:?}"),
        Evaluation::Refused { problems, .. } => {
            assert!(problems.iter().any(|problem| problem.severity == Severity::Error));
            assert!(!format!("{problems:?}").contains("canary"), "{problems:?}");
            Answer::Refused
        }
    }
}

/// Values of every kind, well formed more often than not.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!("text")),
        Just(json!("a,b,c")),
        Just(json!("{{resolve:secretsmanager:s}}")),
        (0..4_u32).prop_map(|number| json!(number)),
        Just(json!(true)),
        Just(json!({"Ref": "Plain"})),
        Just(json!({"Ref": "List"})),
        Just(json!({"Ref": "Secret"})),
        Just(json!({"Ref": "Q"})),
        Just(json!({"Ref": "AWS::NoValue"})),
        Just(json!({"Ref": "AWS::Region"})),
        Just(json!({"Fn::FindInMap": ["M", {"Ref": "Plain"}, "k"]})),
        Just(json!({"Fn::Sub": "${Q.Arn}-${Plain}-${Secret}"})),
        Just(json!({"Fn::Sub": "{{resolve:secretsmanager:${Q}}}"})),
        prop_oneof![Just("Arn"), Just("Number"), Just("List"), Just("Block"), Just("Nulls"), Just("Object")]
            .prop_map(|name| json!({"Fn::GetAtt": ["Q", name]})),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"x": a, "y": b})),
            (prop_oneof![Just(""), Just(","), Just("-")], inner.clone())
                .prop_map(|(delimiter, list)| json!({"Fn::Join": [delimiter, list]})),
            vec(inner.clone(), 0..4).prop_map(|items| json!({"Fn::Join": ["-", items]})),
            (inner.clone(), inner.clone()).prop_map(|(index, list)| json!({"Fn::Select": [index, list]})),
            (0..3_u32, inner.clone()).prop_map(|(index, list)| json!({"Fn::Select": [index, list]})),
            (prop_oneof![Just(","), Just("-"), Just("t")], inner.clone())
                .prop_map(|(delimiter, source)| json!({"Fn::Split": [delimiter, source]})),
            inner.clone().prop_map(|source| json!({"Fn::Base64": source})),
            inner.clone().prop_map(|source| json!({"Fn::ToJsonString": {"k": source}})),
            inner.clone().prop_map(|list| json!({"Fn::Length": list})),
            (inner.clone(), 1..4_u32, inner.clone())
                .prop_map(|(block, count, bits)| json!({"Fn::Cidr": [block, count, bits]})),
            (inner.clone(), 1..4_u32).prop_map(|(block, count)| json!({"Fn::Cidr": [block, count]})),
            inner.clone().prop_map(|value| json!({"Fn::Sub": ["<${V}>", {"V": value}]})),
            (prop_oneof![Just("Yes"), Just("No")], inner.clone(), inner)
                .prop_map(|(condition, a, b)| json!({"Fn::If": [condition, a, b]})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_known_early_equals_what_is_resolved_late(value in values(), some in vec(any::<bool>(), 7)) {
        let known_names: Vec<&str> = ["Ref", "Arn", "Number", "List", "Block", "Nulls", "Object"]
            .into_iter().zip(some).filter(|(_, known)| *known).map(|(name, _)| name).collect();
        let half = |name: &str| known_names.contains(&name);
        let (all, none) = (|_: &str| true, |_: &str| false);
        let scope = Cloud(&all);

        let outcome = |answer| match answer { Answer::Value(expr) => expr.resolve(&scope).ok(), Answer::Refused => None };
        let early = outcome(evaluated(&value, &all));
        let late = evaluated(&value, &none);
        // Refused late is refused early: nothing that a deployment would find out can mend it.
        // Known early is more: an argument may prove wrong that Length or Select would never have looked at.
        let text = value.to_string();
        if early.is_none() && (text.contains("Fn::Length") || text.contains("Fn::Select")) {
            return Ok(());
        }
        if let Answer::Value(expr) = &late {
            prop_assert_eq!(&expr.simplify(&Cloud(&half)).resolve(&scope).ok(), &early);
            prop_assert_eq!(&expr.simplify(&scope).resolve(&scope).ok(), &early);
            prop_assert_eq!(expr.clone().into_simpler(&scope), expr.simplify(&scope));
            prop_assert_eq!(expr.clone().into_simpler(&Cloud(&half)), expr.simplify(&Cloud(&half)));
            prop_assert_eq!(&Expr::from_json(expr.to_json()).unwrap().resolve(&scope).ok(), &early);
            prop_assert_eq!(expr.simplify(&Cloud(&none)).to_json(), expr.to_json());
            if expr.simplify(&scope).resolve(&scope).is_ok() {
                prop_assert!(expr.simplify(&scope).references().is_empty());
            }
        }
        prop_assert_eq!(outcome(late), early.clone());
        prop_assert_eq!(outcome(evaluated(&value, &half)), early);
    }

    #[test]
    fn no_tree_makes_evaluation_panic_or_show_a_secret(value in any_tree()) {
        // The helper asserts that the canary is nowhere.
        let answer = evaluated(&value, &|_| false);
        if let Answer::Value(expr) = answer {
            prop_assert!(matches!(expr, Expr::Map(_)));
        }
    }

    #[test]
    fn a_json_string_is_what_an_obvious_writer_writes(value in json_values()) {
        let text = to_json_string(Expr::known(json!([value.clone()]))).unwrap();
        prop_assert_eq!(&text, &Expr::Str(written(&json!([value.clone()]))));
        let Expr::Str(text) = text else { unreachable!() };
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!([value]));
    }

    #[test]
    fn split_undoes_join(items in vec("[^,]{0,6}", 1..6)) {
        let list = Expr::List(items.into_iter().map(Expr::Str).collect());
        prop_assert_eq!(split(",", join(",", list.clone()).unwrap()).unwrap(), list);
    }

    #[test]
    fn join_undoes_split(text in ".{0,20}", delimiter in "[a-c,]{1,2}") {
        prop_assert_eq!(join(&delimiter, split(&delimiter, Expr::Str(text.clone())).unwrap()).unwrap(), Expr::Str(text));
    }

    #[test]
    fn base64_is_what_a_string_of_bits_gives(text in ".{0,12}") {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
        while !bits.len().is_multiple_of(6) { bits.push('0'); }
        let mut encoded: String = (0..bits.len() / 6)
            .map(|at| char::from(ALPHABET[usize::from_str_radix(&bits[at * 6..at * 6 + 6], 2).unwrap()]))
            .collect();
        while !encoded.len().is_multiple_of(4) { encoded.push('='); }
        prop_assert_eq!(base64(Expr::Str(text)).unwrap(), Expr::Str(encoded));
    }

    #[test]
    fn subnets_are_what_counting_in_bits_gives(address in any::<[u8; 16]>(), v6: bool, prefix in 0..=128_usize, bits in 1..=128_usize, count in 1..=256_usize) {
        let width = if v6 { 128 } else { 32 };
        let (prefix, bits) = (prefix.min(width), bits.min(width));
        let block = format!("{}/{prefix}", shown(&address[..width / 8]));
        let got = cidr(Expr::Str(block), Expr::known(json!(count)), Expr::known(json!(bits)));

        // The oracle writes the network's bits as text and counts the subnet number up in it.
        let network: String = address[..width / 8].iter().map(|byte| format!("{byte:08b}")).collect::<String>()[..prefix].into();
        let Some(number_bits) = (width - prefix).checked_sub(bits) else {
            prop_assert!(got.is_err());
            return Ok(());
        };
        if number_bits < 64 && count as u64 > 1 << number_bits {
            prop_assert!(got.is_err());
            return Ok(());
        }
        let expected = (0..count).map(|index| {
            let number = if number_bits == 0 { String::new() } else { format!("{index:0number_bits$b}") };
            let all = format!("{network}{number}{}", "0".repeat(bits));
            let bytes: Vec<u8> = (0..width / 8).map(|at| u8::from_str_radix(&all[at * 8..at * 8 + 8], 2).unwrap()).collect();
            Expr::Str(format!("{}/{}", shown(&bytes), width - bits))
        });
        prop_assert_eq!(got, Ok(Expr::List(expected.collect())));
    }
}

fn shown(bytes: &[u8]) -> String {
    match <[u8; 4]>::try_from(bytes) {
        Ok(bytes) => std::net::Ipv4Addr::from(bytes).to_string(),
        Err(_) => std::net::Ipv6Addr::from(<[u8; 16]>::try_from(bytes).unwrap()).to_string(),
    }
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        "\\PC{0,8}".prop_map(Value::String),
        "[\\x00-\\x20\"\\\\\u{7f}-\u{9f}]{0,4}".prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map("[a-z\"é]{0,3}", inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let escaped: String = text
                .chars()
                .map(|letter| match letter {
                    '"' => "\\\"".into(),
                    '\\' => "\\\\".into(),
                    '\n' => "\\n".into(),
                    '\r' => "\\r".into(),
                    '\t' => "\\t".into(),
                    '\u{8}' => "\\b".into(),
                    '\u{c}' => "\\f".into(),
                    control if u32::from(control) < 0x20 => format!("\\u{:04x}", u32::from(control)),
                    other => other.to_string(),
                })
                .collect();
            format!("\"{escaped}\"")
        }
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(",")),
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", written(&json!(key)), written(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// Trees out of the language's words in any order.
fn any_tree() -> impl Strategy<Value = Value> {
    let words = prop_oneof![
        Just("Q"),
        Just("Q.Arn"),
        Just("Secret"),
        Just("${Secret}"),
        Just("${Q.Arn}"),
        Just("{{resolve:"),
        Just("}}"),
        Just("{{resolve:ssm-secure:${Secret}}}"),
        Just("AWS::NoValue"),
        Just("Yes"),
        Just("M"),
        Just("k"),
        Just(""),
    ];
    let keys = prop_oneof![
        Just("Ref"),
        Just("Fn::GetAtt"),
        Just("Fn::Sub"),
        Just("Fn::Join"),
        Just("Fn::Split"),
        Just("Fn::Select"),
        Just("Fn::If"),
        Just("Fn::FindInMap"),
        Just("Fn::Cidr"),
        Just("Fn::Base64"),
        Just("Fn::ToJsonString"),
        Just("Fn::Length"),
        Just("Fn::ForEach::L"),
        Just("Fn::Transform"),
        Just("Fn::Equals"),
        Just("Fn::Foo"),
        Just("DefaultValue"),
        Just("Name"),
        Just("x"),
        Just("Fn::ForEach"),
    ];
    let leaf = prop_oneof![
        words.prop_map(|word| json!(word)),
        Just(Value::Null),
        Just(json!(0)),
        Just(json!({"Ref": "Secret"})),
        Just(json!({"Ref": "Q"})),
    ];
    leaf.prop_recursive(5, 60, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            (keys.clone(), inner.clone()).prop_map(|(key, value)| json!({key: value})),
            (keys.clone(), vec(inner.clone(), 2..4)).prop_map(|(key, items)| json!({key: items})),
            (keys.clone(), inner.clone(), keys.clone(), inner).prop_map(|(a, x, b, y)| json!({a: x, b: y})),
        ]
    })
}

#[test]
fn what_is_missing_late_is_named() {
    struct Nothing;
    impl Scope for Nothing {
        fn reference(&self, _: &str) -> Option<Value> {
            None
        }
        fn attribute(&self, _: &str, _: &str) -> Option<Value> {
            None
        }
        fn secret(&self, _: &str) -> Option<Value> {
            None
        }
    }
    let unknown = |attribute: &str| ResolveError::Unknown { logical_id: "Q".into(), attribute: attribute.into() };
    let read = |stored: Value| Expr::from_json(stored).unwrap();
    for (stored, error) in [
        (json!({"a": [{"$ref": "Q"}]}), unknown("Ref")),
        (json!({"$att": ["Q", "Arn"]}), unknown("Arn")),
        (json!({"$secret": "parameter:P"}), ResolveError::Secret("parameter:P".into())),
        (json!({"$fn": ["dynamic", "secretsmanager:s"]}), ResolveError::Secret("secretsmanager:s".into())),
        (
            json!({"$fn": ["select", 2, ["a"]]}),
            ResolveError::Function("Fn::Select: index 2 is outside of the list, which has 1 items".into()),
        ),
        (json!({"$fn": ["dynamic", ["a"]]}), ResolveError::Function("A dynamic reference is a text".into())),
    ] {
        assert_eq!(read(stored.clone()).resolve(&Nothing), Err(error), "{stored}");
    }
    // A function that fails stays, so that resolving says why.
    let failing = read(json!({"$fn": ["select", 2, ["a"]]}));
    assert_eq!(failing.simplify(&Nothing), failing);
}

#[test]
fn a_secret_named_late_is_listed_once_its_name_is_known() {
    let expr = Expr::from_json(json!({
        "a": {"$fn": ["dynamic", {"$fn": ["concat", ["secretsmanager:", {"$ref": "Q"}]]}]},
        "b": {"$secret": "parameter:P"}
    }))
    .unwrap();
    assert_eq!(expr.references(), [("Q".to_owned(), "Ref".to_owned())]);
    assert_eq!(expr.secrets(), ["parameter:P"]);
    let all = |_: &str| true;
    let simpler = expr.simplify(&Cloud(&all));
    assert_eq!(simpler.secrets(), ["parameter:P", "secretsmanager:q-1"]);
    assert_eq!(simpler.references(), []);
    assert!(!simpler.is_known());
}

#[test]
fn a_malformed_stored_expression_is_refused() {
    for (stored, error) in [
        (json!({"$att": ["Q"]}), "$att takes a logical id and an attribute"),
        (json!({"$att": ["Q", 1]}), "$att takes a logical id and an attribute"),
        (json!({"$ref": 7}), "malformed $ref in a stored expression"),
        (json!({"$map": []}), "malformed $map in a stored expression"),
        (json!({"$fn": []}), "$fn without a name"),
        (json!({"$fn": ["join", 7, []]}), "join takes a delimiter"),
        (json!({"$fn": ["concat", "a"]}), "concat takes a list"),
        (json!({"a": [{"$fn": ["upper", "a"]}]}), "unknown function upper in a stored expression"),
    ] {
        assert_eq!(Expr::from_json(stored.clone()), Err(error.to_owned()), "{stored}");
        assert!(serde_json::from_value::<Expr>(stored).unwrap_err().to_string().contains(error));
    }
}

#[test]
fn a_stored_expression_reads_back_the_same() {
    for stored in [
        json!({"$map": {"$ref": "Q", "x": {"$map": {"$map": {}}}}}),
        json!({"$ref": "Q", "y": 1}),
        json!({"$fn": ["cidr", {"$att": ["Q", "Block"]}, 2, null]}),
        json!({"$fn": ["join", ",", {"$fn": ["split", "|", {"$ref": "Q"}]}]}),
        json!({"$fn": ["length", {"$fn": ["dynamic", {"$ref": "Q"}]}]}),
    ] {
        let expr: Expr = serde_json::from_value(stored).unwrap();
        let written = serde_json::to_string(&expr).unwrap();
        assert_eq!(serde_json::from_str::<Expr>(&written).unwrap(), expr, "{written}");
    }
}
