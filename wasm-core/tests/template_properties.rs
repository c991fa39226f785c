//! What must hold of every template: JSON read as what it says with places that point at it, JSON and YAML alike, and
//! an answer (never a panic, never a hang) for any bytes at all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use std::fs;
use std::path::Path;

use assent_core::problem::Span;
use assent_core::template::{Format, Kind, Limits, Node, parse, parse_as, parse_bytes};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Strings with what parsers stumble over.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z:]{0,12}",
        "[ -~]{0,20}",
        any::<String>(),
        prop::sample::select(vec![
            "yes", "null", "~", "007", "1.10", "- a", "? b", "# c", "a: b", "!Ref x", "&a", "*a", "|", ">", "%", "@",
            "`", "<<", "=", "---", "...", "\t", "\n", " ", "", "\u{feff}", "\u{85}", "\u{2028}", "𝄞", "\\", "\"", "'",
        ])
        .prop_map(String::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has finite numbers only", |number| {
            serde_json::Number::from_f64(number).map(Value::Number)
        }),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..16)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(text(), value(), 0..20)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()))
}

fn gap(gaps: &mut dyn Iterator<Item = u8>, out: &mut String) {
    let blanks = ["", " ", "\n", "\r\n", "\t", "  \n ", "", "\r"];
    out.push_str(blanks[usize::from(gaps.next().unwrap_or(0) % 8)]);
}

/// Writes JSON with the white space `gaps` asks for, the way a person or a formatter might.
fn written(value: &Value, gaps: &mut dyn Iterator<Item = u8>, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                gap(gaps, out);
                written(item, gaps, out);
                out.push_str(if index % 2 == 0 { "" } else { " " });
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                gap(gaps, out);
                out.push_str(&Value::from(key.as_str()).to_string());
                gap(gaps, out);
                out.push(':');
                gap(gaps, out);
                written(item, gaps, out);
                out.push_str(if index % 2 == 0 { "" } else { "\n" });
            }
            out.push('}');
        }
        leaf => out.push_str(&leaf.to_string()),
    }
}

/// What the text holds at a place, by the slowest and plainest means.
fn at(text: &str, place: Span) -> &str {
    let (mut line, mut column, mut after_cr) = (1, 1, false);
    for (index, char) in text.char_indices() {
        if char == '\n' && after_cr {
            after_cr = false;
            continue;
        }
        if (line, column) == (place.line, place.column) {
            return &text[index..];
        }
        after_cr = char == '\r';
        if char == '\n' || char == '\r' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    ""
}

/// Every node and key stands where its place says.
fn places_hold(node: &Node, text: &str) {
    let here = at(text, node.span);
    match &node.kind {
        Kind::Map(entries) => {
            assert!(here.starts_with('{'), "{:?}", node.span);
            for entry in entries {
                let key = Value::from(entry.key.as_str()).to_string();
                assert!(at(text, entry.key_span).starts_with(&key), "{key} at {:?}", entry.key_span);
                places_hold(&entry.value, text);
            }
        }
        Kind::List(items) => {
            assert!(here.starts_with('['), "{:?}", node.span);
            items.iter().for_each(|item| places_hold(item, text));
        }
        _ => assert!(here.starts_with(&node.to_json().to_string()), "{:?} at {:?}", node.kind, node.span),
    }
}

/// Without what the two formats see differently on purpose: numerals that are not canonical.
fn no_odd_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::from(number.to_string()),
        Value::Array(items) => items.into_iter().map(no_odd_numbers).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, item)| (key, no_odd_numbers(item))).collect(),
        other => other,
    }
}

/// Characters YAML does not allow even inside quotes.
fn yaml_can_hold(value: &Value) -> bool {
    let good = |text: &str| text.chars().all(|char| char != '\u{feff}' && char != '\u{7f}');
    match value {
        Value::String(text) => good(text),
        Value::Array(items) => items.iter().all(yaml_can_hold),
        Value::Object(entries) => entries.iter().all(|(key, item)| good(key) && yaml_can_hold(item)),
        _ => true,
    }
}

/// A valid template of either format to start mutations from.
const SEEDS: [&str; 3] = [
    "AWSTemplateFormatVersion: 2010-09-09\nParameters:\n  É: {Type: String, Default: yes}\nResources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: &p\n      Tags:\n      - Key: !Sub '${AWS::StackName}-x'\n        Value: |-\n          a\n           b\n      - !If [C, {Key: a, Value: >\n          q\n          }, !Ref AWS::NoValue]\n  B:\n    Type: AWS::SNS::Topic\n    Properties:\n      <<: *p\n      Name: !Join ['-', [a, !GetAtt A.Arn, \"\\u00e9\\n\"]] # why\n",
    "{\"AWSTemplateFormatVersion\": \"2010-09-09\",\r\n \"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\", \"é\": [1, -2.5e3, true, null, \"\\ud834\\udd1e\\\\\"]},\n\t\"B\": {}}}",
    "{A: [b, 'c', \"d\", !Ref e, &f g, *f], ? h : i, \"j\":k, l: !!str 1, <<: {m: n}}",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        prop::sample::select(vec![
            "\n",
            "\t",
            "  ",
            ": ",
            "- ",
            "? ",
            "{",
            "}",
            "[",
            "]",
            ",",
            "\"",
            "'",
            "\\",
            "!",
            "&a ",
            "*a",
            "|\n",
            ">",
            "#",
            "%",
            "---\n",
            "...\n",
            "<<: ",
            "!!",
            "!<",
            "\r",
            "\u{feff}",
            "é",
            "\u{2028}",
            "\0",
            "!Ref ",
            "!GetAtt ",
            "\\u",
            "/*",
            "//",
            "*p",
            "&p ",
            "%TAG ! x\n",
            "%YAML 1.2\n",
            "|9\n",
            ">-1\n",
            "!<tag:yaml.org,2002:str> ",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    let edit = (any::<prop::sample::Index>(), 0..12_usize, prop::collection::vec(piece, 0..3));
    (0..SEEDS.len(), prop::collection::vec(edit, 1..8)).prop_map(|(seed, edits)| {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (place, removed, pieces) in edits {
            let start = place.index(bytes.len() + 1);
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, pieces.concat());
        }
        bytes
    })
}

/// An answer of either kind is well formed.
fn answers(bytes: &[u8]) {
    match parse_bytes(bytes, &Limits::default()) {
        Ok(node) => assert!(matches!(node.kind, Kind::Map(_))),
        Err(problems) => {
            assert!(!problems.is_empty());
            let lines = u32::try_from(bytes.len()).unwrap() + 2;
            for problem in problems {
                assert!(problem.line <= lines && !problem.message.is_empty(), "{problem:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn json_is_read_as_what_it_says_with_places_that_point_at_it(
        value in object(),
        gaps in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut text = String::new();
        written(&value, &mut gaps.iter().copied().cycle(), &mut text);
        let node = parse(&text, &Limits::default()).unwrap();
        prop_assert_eq!(node.to_json(), value);
        places_hold(&node, &text);
    }

    #[test]
    fn json_read_as_yaml_is_the_same_tree(value in object().prop_map(no_odd_numbers)) {
        prop_assume!(yaml_can_hold(&value));
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let json = parse_as(&text, Format::Json, &Limits::default()).unwrap();
            let yaml = parse_as(&text, Format::Yaml, &Limits::default()).unwrap();
            prop_assert_eq!(json, yaml);
        }
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        answers(&bytes);
    }

    #[test]
    fn any_text_gets_an_answer(text in "(\\PC|[\n\t\r \"'{}\\[\\]:,&*!|>%@?#-]){0,120}") {
        answers(text.as_bytes());
    }

    #[test]
    fn mutated_templates_get_an_answer(bytes in mutated()) {
        answers(&bytes);
    }

    #[test]
    fn a_json_text_cut_anywhere_is_refused(value in object(), cut in any::<prop::sample::Index>()) {
        let text = value.to_string();
        let cut = cut.index(text.len());
        let bytes = &text.as_bytes()[..cut];
        prop_assert!(parse_bytes(bytes, &Limits::default()).is_err());
    }
}

/// 256 unless `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256)
}

/// AWS's own sample templates, where they are at hand: all are read but those that need `rain pkg` first, and pairs of
/// JSON and YAML that AWS keeps equal are equal here.
#[test]
fn sample_templates_are_read_and_their_pairs_are_equal() {
    let around = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let Some(files) = around
        .map(|folder| folder.join("shared/corpus/aws-sample-templates"))
        .find_map(|folder| fs::read_dir(folder).ok())
    else {
        eprintln!("skipped: the corpus of sample templates is not at hand");
        return;
    };
    let mut trees = std::collections::BTreeMap::new();
    for file in files {
        let path = file.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_owned();
        if !matches!(extension.as_str(), "json" | "yaml" | "yml") {
            continue;
        }
        match parse_bytes(&fs::read(&path).unwrap(), &Limits::default()) {
            Ok(node) => drop(trees.insert((path.with_extension(""), extension == "json"), node.to_json())),
            Err(problems) => {
                assert!(problems.iter().all(|problem| problem.message.contains("`!Rain::")), "{path:?} {problems:?}");
            }
        }
    }
    assert!(trees.len() >= 270);
    let equal = trees.iter().filter(|((name, json), tree)| *json && trees.get(&(name.clone(), false)) == Some(tree));
    assert!(equal.count() >= 90);
}
