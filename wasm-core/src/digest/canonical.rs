//! Canonical JSON by RFC 8785 (JCS).
//!
//! One step beyond the RFC, which knows doubles only: an integer that a double cannot hold keeps all its digits, so
//! that two different integers never share a digest.

use serde_json::{Number, Value};

/// The canonical text of a value.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, into: &mut String) {
    match value {
        Value::Null => into.push_str("null"),
        Value::Bool(true) => into.push_str("true"),
        Value::Bool(false) => into.push_str("false"),
        Value::Number(number) => write_number(number, into),
        Value::String(text) => write_string(text, into),
        Value::Array(items) => {
            into.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    into.push(',');
                }
                write(item, into);
            }
            into.push(']');
        }
        Value::Object(object) => {
            let mut entries: Vec<(&String, &Value)> = object.iter().collect();
            // 3.2.3: by UTF-16 code units, which is not the order of bytes once a character needs two of them.
            if entries.iter().any(|(key, _)| !key.is_ascii()) {
                entries.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            } else if !entries.is_sorted_by_key(|(key, _)| *key) {
                entries.sort_by_key(|(key, _)| *key);
            }
            into.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    into.push(',');
                }
                write_string(key, into);
                into.push(':');
                write(item, into);
            }
            into.push('}');
        }
    }
}

/// 3.2.2.3: as ECMAScript's `Number::toString`.
fn write_number(number: &Number, into: &mut String) {
    match number.as_f64() {
        Some(double) if number.is_f64() => write_double(double, into),
        _ => into.push_str(&number.to_string()),
    }
}

/// A finite double.
pub(super) fn write_double(double: f64, into: &mut String) {
    into.push_str(ryu_js::Buffer::new().format_finite(double));
}

/// 3.2.2.2: only what must be escaped is; the runs between are copied whole.
pub(super) fn write_string(text: &str, into: &mut String) {
    into.push('"');
    let mut rest = text;
    // What must be escaped is a byte of its own in UTF-8.
    while let Some(at) = escaped(rest.as_bytes()) {
        let (plain, from) = rest.split_at(at);
        into.push_str(plain);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => into.push_str("\\\""),
            Some('\\') => into.push_str("\\\\"),
            Some('\u{8}') => into.push_str("\\b"),
            Some('\t') => into.push_str("\\t"),
            Some('\n') => into.push_str("\\n"),
            Some('\u{c}') => into.push_str("\\f"),
            Some('\r') => into.push_str("\\r"),
            other => into.push_str(&format!("\\u{:04x}", other.map_or(0, u32::from))),
        }
        rest = chars.as_str();
    }
    into.push_str(rest);
    into.push('"');
}

/// Where the first byte is that must be escaped. Eight are looked at together: there is hardly ever one.
fn escaped(text: &[u8]) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    // The high bit of each byte that is less than `bound`, at most 0x80; wrong only above one for which it is right.
    let below = |word: u64, bound: u64| word.wrapping_sub(bound * EACH) & !word & HIGH;
    let equal = |word: u64, byte: u8| below(word ^ (u64::from(byte) * EACH), 1);
    let clean = |word: u64| below(word, 0x20) | equal(word, b'"') | equal(word, b'\\') == 0;
    let (words, _) = text.as_chunks::<8>();
    let plain = 8 * words.iter().take_while(|word| clean(u64::from_le_bytes(**word))).count();
    let rest = text.get(plain..)?.iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\')?;
    Some(plain + rest)
}
