//! What a plain YAML scalar is, by the habits of CloudFormation's YAML 1.1 parser, minus what that parser loses.
//!
//! `yes`, `no`, `on` and `off` are booleans as `true` and `false` are, in the three usual cases. A numeral is a number
//! only if a number prints as exactly what was written: `007`, `1.10`, `1e3`, `0x1F`, `1_000`, `22:22`, `+1` and
//! integers beyond 64 bits stay strings, since an account id, a version or a time would otherwise be changed.
//! Dates (`2012-10-17`) stay strings for the same reason.

use serde_json::Number;

use super::tree::Kind;

/// The kind of an unquoted, untagged scalar.
pub(super) fn plain(text: &str) -> Kind {
    if null(text) {
        Kind::Null
    } else if let Some(flag) = boolean(text) {
        Kind::Bool(flag)
    } else if let Some(number) = number(text) {
        Kind::Number(number)
    } else {
        Kind::String(text.to_owned())
    }
}

/// Whether it is a way to write null.
pub(super) fn null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A boolean, if it is a way to write one.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// A number, if it is written canonically.
pub(super) fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    match digits.split_once('.') {
        None => {
            if !all_digits(digits) || (digits.starts_with('0') && text != "0") {
                return None;
            }
            text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
        }
        Some((whole, fraction)) => {
            if !all_digits(whole) || !all_digits(fraction) {
                return None;
            }
            let value = text.parse::<f64>().ok()?;
            let number = Number::from_f64(value)?;
            // Both spellings that later modules print: ECMAScript's (digests) and serde's (text of a number).
            let same = ryu_js::Buffer::new().format_finite(value) == text && number.to_string() == text;
            same.then_some(number)
        }
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
