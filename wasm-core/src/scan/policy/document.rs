//! A document that is written as JSON text, by hand or put together by `Fn::Sub` and `Fn::Join`: services take it as
//! they take an object, so it is read as one.

use std::borrow::Cow;

use serde_json::Value;

use crate::problem::Span;
use crate::scan::value::{HOLE, V, Val};

/// The document; `None` for a text that cannot be read.
pub(super) fn read(value: &Val) -> Option<Cow<'_, Val>> {
    let V::Text(text) = &value.kind else { return Some(Cow::Borrowed(value)) };
    let json: Value = serde_json::from_str(text).or_else(|_| serde_json::from_str(&holes_quoted(text))).ok()?;
    Some(Cow::Owned(val(json, value.span)))
}

/// Unknown parts that stand for whole values, made texts: `{"Principal": <hole>}`.
fn holes_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    let (mut inside, mut escaped) = (false, false);
    for letter in text.chars() {
        match letter {
            HOLE if !inside => {
                quoted.extend(['"', HOLE, '"']);
                continue;
            }
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        quoted.push(letter);
    }
    quoted
}

fn val(json: Value, span: Span) -> Val {
    let kind = match json {
        Value::Null => V::Absent,
        Value::Bool(flag) => V::Bool(flag),
        Value::Number(number) => V::Number(number.to_string()),
        // A text that is one unknown part may be anything.
        Value::String(text) if text.chars().eq([HOLE]) => V::Unknown,
        Value::String(text) => V::Text(text),
        Value::Array(items) => V::List(items.into_iter().map(|item| val(item, span)).collect()),
        Value::Object(entries) => V::Map(entries.into_iter().map(|(key, item)| (key, val(item, span))).collect()),
    };
    Val { kind, span }
}
