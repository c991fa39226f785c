//! The vectors of `tests/vectors/template`: one template per case, and either the JSON it becomes or every problem it
//! has, word for word. The same files are run through WebAssembly by the TypeScript side.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use std::fs;
use std::path::Path;

use assent_core::template::{Limits, Node, parse, parse_bytes};
use serde_json::{Value, json};

fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/template");
    let mut cases = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let list: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        cases.extend(list.into_iter().map(|case| (format!("{}: {}", path.display(), case["name"]), case)));
    }
    assert!(cases.len() >= 150, "only {} cases were found", cases.len());
    cases
}

fn limits(case: &Value) -> Limits {
    let limit = |name: &str, default: usize| {
        case["limits"].get(name).map_or(default, |value| usize::try_from(value.as_u64().unwrap()).unwrap())
    };
    let default = Limits::default();
    Limits {
        bytes: limit("bytes", default.bytes),
        depth: limit("depth", default.depth),
        nodes: limit("nodes", default.nodes),
        resources: limit("resources", default.resources),
    }
}

#[test]
fn every_vector_gives_what_it_expects() {
    for (name, case) in cases() {
        let found = match parse(case["text"].as_str().unwrap(), &limits(&case)) {
            Ok(node) => json!({ "json": node.to_json() }),
            Err(problems) => json!({ "problems": problems }),
        };
        let text = |value: &Value| serde_json::to_string(value).unwrap();
        assert_eq!(text(&found), text(&case["expect"]), "{name}");
    }
}

#[test]
fn every_problem_has_a_place_a_message_and_a_way_out() {
    for (name, case) in cases() {
        let Err(problems) = parse(case["text"].as_str().unwrap(), &limits(&case)) else { continue };
        assert!(!problems.is_empty(), "{name}");
        assert!(problems.is_sorted_by_key(|problem| (problem.line, problem.column)), "{name}");
        for problem in problems {
            assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{problem:?}");
            assert_eq!(problem.line > 0, problem.code != "size_limit", "{problem:?}");
        }
    }
}

/// `path line:column` of every key and value, in source order.
fn places(node: &Node, path: &str, into: &mut Vec<String>) {
    into.push(format!("{path} {}:{}", node.span.line, node.span.column));
    for (index, item) in node.as_list().unwrap_or_default().iter().enumerate() {
        places(item, &format!("{path}/{index}"), into);
    }
    for entry in node.as_map().unwrap_or_default() {
        into.push(format!("{path}/{}= {}:{}", entry.key, entry.key_span.line, entry.key_span.column));
        places(&entry.value, &format!("{path}/{}", entry.key), into);
    }
}

fn places_of(text: &str) -> String {
    let mut found = Vec::new();
    places(&parse(text, &Limits::default()).unwrap(), "", &mut found);
    found.join("\n").trim().to_owned()
}

#[test]
fn json_keys_and_values_carry_their_places() {
    let text = "{\n  \"é\": [1,\n    {\"b\": \"ü\", \"c\": null}]\r\n, \"d\": true}";
    let expected = "1:1\n/é= 2:3\n/é 2:8\n/é/0 2:9\n/é/1 3:5\n/é/1/b= 3:6\n/é/1/b 3:11\n/é/1/c= 3:16\n/é/1/c 3:21\n\
        /d= 4:3\n/d 4:8";
    assert_eq!(places_of(text), expected);
}

#[test]
fn yaml_keys_and_values_carry_their_places() {
    let text = "é: [1,\n  {b: 'ü', c: ~}]\nd:\n- x\n-   y: |\n      text\n    z: \"q\"\n";
    let expected = "1:1\n/é= 1:1\n/é 1:4\n/é/0 1:5\n/é/1 2:3\n/é/1/b= 2:4\n/é/1/b 2:7\n/é/1/c= 2:12\n/é/1/c 2:15\n\
        /d= 3:1\n/d 4:1\n/d/0 4:3\n/d/1 5:5\n/d/1/y= 5:5\n/d/1/y 5:8\n/d/1/z= 7:5\n/d/1/z 7:8";
    assert_eq!(places_of(text), expected);
}

#[test]
fn a_short_form_starts_at_its_tag_and_its_argument_where_it_is_written() {
    let text =
        "a: !Ref  ü\nb: !Join # why\n  - ''\n  - - !GetAtt A.B\nc: &x !Sub 'v'\nd: *x\ne: [!GetAZs, !If [f, 1]]\n"
            .replace("[f, 1]", "[f, 1, 2]");
    let expected = "1:1\n/a= 1:1\n/a 1:4\n/a/Ref= 1:4\n/a/Ref 1:10\n\
        /b= 2:1\n/b 2:4\n/b/Fn::Join= 2:4\n/b/Fn::Join 3:3\n/b/Fn::Join/0 3:5\n/b/Fn::Join/1 4:5\n\
        /b/Fn::Join/1/0 4:7\n/b/Fn::Join/1/0/Fn::GetAtt= 4:7\n/b/Fn::Join/1/0/Fn::GetAtt 4:15\n\
        /b/Fn::Join/1/0/Fn::GetAtt/0 4:15\n/b/Fn::Join/1/0/Fn::GetAtt/1 4:15\n\
        /c= 5:1\n/c 5:4\n/c/Fn::Sub= 5:4\n/c/Fn::Sub 5:12\n\
        /d= 6:1\n/d 6:4\n/d/Fn::Sub= 5:4\n/d/Fn::Sub 5:12\n\
        /e= 7:1\n/e 7:4\n/e/0 7:5\n/e/0/Fn::GetAZs= 7:5\n/e/0/Fn::GetAZs 7:5\n\
        /e/1 7:14\n/e/1/Fn::If= 7:14\n/e/1/Fn::If 7:18\n/e/1/Fn::If/0 7:19\n/e/1/Fn::If/1 7:22\n/e/1/Fn::If/2 7:25";
    assert_eq!(places_of(&text), expected);
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let cases: [(&[u8], &str, u32, u32); 5] = [
        (b"A: 1\nB: caf\xe9\n", "Byte 0xe9 at offset 11 is not UTF-8", 2, 7),
        (b"\xff\xfeA\0:\0", "The file is text in UTF-16", 1, 1),
        (b"\x1f\x8b\x08\0", "The file is compressed by gzip", 1, 1),
        (b"PK\x03\x04\xff", "The file is a zip archive", 1, 1),
        (b"{\"a\": \"\0\"}", "The file holds a NUL byte: it is binary, or text in UTF-16", 1, 8),
    ];
    for (bytes, message, line, column) in cases {
        let problems = parse_bytes(bytes, &Limits::default()).unwrap_err();
        let found: Vec<_> =
            problems.iter().map(|problem| (problem.message.as_str(), problem.line, problem.column)).collect();
        assert_eq!(found, [(message, line, column)]);
    }
}

#[test]
fn a_text_that_is_wrong_everywhere_gives_a_list_that_ends() {
    let text = format!("{{{}\"z\": 1}}", "\"a\": 01, ".repeat(5000));
    let problems = parse(&text, &Limits::default()).unwrap_err();
    assert_eq!(problems.len(), 101);
    let last = problems.last().unwrap();
    assert_eq!(last.code, "more_problems");
    assert_eq!(last.message, format!("{} more problems are not listed", 5000 + 4999 - 100));
}

#[test]
fn a_caller_cannot_ask_for_more_depth_than_the_stack_has() {
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    for text in [format!("{{\"a\":{}", "[".repeat(100_000)), "- ".repeat(100_000)] {
        let problems = parse(&text, &limits).unwrap_err();
        assert_eq!(problems[0].message, "Objects and lists are nested more than 256 deep");
    }
}

#[test]
fn what_the_yaml_parser_would_hold_back_in_memory_is_refused_beyond_4_mib() {
    let filler = format!("b: |\n{}", format!("  {}\n", "x".repeat(1000)).repeat(4300));
    for (start, line) in
        [("- [a]\n", 1), ("a: [b]\n", 0), ("a: !Ref b\n", 0), ("c:\n - !If [d]\n", 2), ("c:\n- !Ref d\n", 0)]
    {
        let outcome = parse(&format!("{start}{filler}"), &Limits::default());
        let refused = outcome.err().into_iter().flatten().find(|problem| problem.code == "size_limit");
        assert_eq!(refused.map_or(0, |problem| problem.line), line, "{start}");
    }
    assert!(parse(&format!("{{\"a\": \"{}\"}}", "x".repeat(5 << 20)), &Limits::default()).is_ok());
}

#[test]
fn hostile_texts_end_quickly() {
    let many = 1 << 18;
    let keys: String = (0..999).map(|number| format!("k{number}: 1, ")).collect();
    let texts = [
        "a: ".to_owned() + &"[".repeat(many),
        "[".repeat(many),
        "- ".repeat(many),
        "? ".repeat(many),
        " \n".repeat(many),
        "a: \"".to_owned() + &"\\n".repeat(many),
        "a: |\n".to_owned() + &" x\n".repeat(many) + "b",
        "&a ".repeat(many),
        "!a ".repeat(many),
        "a: {".to_owned() + &"b: 1, ".repeat(many),
        "{".to_owned() + &"\"a\":{".repeat(many),
        "a: &a [".to_owned() + &"*a, ".repeat(many) + "]",
        format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(many)),
        format!("a: &a {{{keys}}}\nb: {{<<: [{}]}}\n", "*a, ".repeat(9999)),
        "#".repeat(many),
        "a: # x\n".repeat(many),
        format!("{{{}", "/**/".repeat(many)),
        format!("{{{}", "/*ü*/".repeat(many)),
        "\u{feff}".repeat(many),
        (0..2000).map(|number| format!("k{number}: !Ref\n")).collect::<String>() + &"\n".repeat(many),
        "\u{1}".repeat(many),
        format!("a: [{}", "!Ref ü, ".repeat(many)),
        format!("a: [{}", "!Join [a, [b]], ".repeat(many)),
        format!("{}a: [{}", " ".repeat(many), "{b: []}, ".repeat(many)),
        format!("{{\"{}\": [{}", "k".repeat(many), "01, ".repeat(many)),
        format!("? {}\n: [{}", "k".repeat(many), "!Foo a, ".repeat(many)),
        format!("[{}", ": ".repeat(many)),
        format!("\"{}\": |\n  a\n", "|+|-".repeat(many)) + "b",
        "a: b\n".to_owned() + &"\tc: d\n".repeat(many),
    ];
    for text in &texts {
        let head: String = text.chars().take(40).collect();
        assert!(parse(text, &Limits::default()).is_err(), "{head}");
    }
    // Each takes milliseconds when built for release; with anything quadratic this test would not end.
}
