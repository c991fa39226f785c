//! Names for content: canonical JSON (RFC 8785), SHA-256, and what is derived from it.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Canonical JSON by RFC 8785 (JCS): no white space, keys sorted by their UTF-16 code units, numbers as ECMAScript
/// prints them. Numbers beyond 2^53 lose precision, as the RFC says.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            let mut buffer = ryu_js::Buffer::new();
            text.push_str(buffer.format(number.as_f64().unwrap_or(0.0)));
        }
        Value::String(string) => quote(string, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(entries) => {
            let mut sorted: Vec<(&String, &Value)> = entries.iter().collect();
            sorted.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            text.push('{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                quote(key, text);
                text.push(':');
                write(item, text);
            }
            text.push('}');
        }
    }
}

/// JSON string with only the escapes that RFC 8785, 3.2.2.2 asks for.
fn quote(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{9}' => text.push_str("\\t"),
            '\u{a}' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\u{d}' => text.push_str("\\r"),
            control if control < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

/// SHA-256 as 64 lower-case hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Client token of an attempt: the same for the same run, step and attempt, so a call whose answer was lost can be
/// made again. Cloud Control takes up to 128 characters of `[-A-Za-z0-9+/=]`.
#[must_use]
pub fn client_token(run: &str, step: &str, attempt: u32) -> String {
    sha256_hex(format!("{run}\n{step}\n{attempt}").as_bytes())
}

/// A UUID (version 8, RFC 9562) that names its input.
#[must_use]
pub fn name_uuid(input: &str) -> String {
    let hex = sha256_hex(input.as_bytes());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let variant = match part(15, 16) {
        "0" | "4" | "8" | "c" => '8',
        "1" | "5" | "9" | "d" => '9',
        "2" | "6" | "a" | "e" => 'a',
        _ => 'b',
    };
    format!("{}-{}-8{}-{variant}{}-{}", part(0, 8), part(8, 12), part(12, 15), part(16, 19), part(19, 31))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_sample_of_rfc_8785_comes_out_as_printed_there() {
        let value: Value = serde_json::from_str(
            r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
        )
        .unwrap();
        let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(canonical(&value), expected);
    }

    #[test]
    fn keys_are_sorted_by_utf_16_code_units() {
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
        assert_eq!(canonical(&value), expected);
    }

    #[test]
    fn hashes_tokens_and_uuids_have_their_forms() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(client_token("r", "create:A", 1), client_token("r", "create:A", 2));
        for n in 0..64 {
            let uuid = name_uuid(&n.to_string());
            let parts: Vec<&str> = uuid.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
            assert!(parts[2].starts_with('8') && "89ab".contains(&parts[3][..1]), "{uuid}");
        }
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_as_the_same_value(text in ".*", number in -1_000_000_000_i64..1_000_000_000, flag: bool) {
            let value = json!({ text.clone(): [number, flag, null], "a": { "text": text } });
            prop_assert_eq!(serde_json::from_str::<Value>(&canonical(&value)).unwrap(), value);
        }
    }
}
