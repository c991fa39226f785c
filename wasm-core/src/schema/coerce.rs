//! Scalars as the registry wants them. CloudFormation templates say `"80"` where an integer is meant and `1` where a
//! string is; Cloud Control takes neither.

use serde_json::{Number, Value};

use crate::expr::Expr;

use super::kind::{Kind, Object, Union};
use super::resource::ResourceType;

/// Converts known scalars to the declared kind: text that reads as an integer, number or boolean, and integers, numbers
/// and booleans where text is declared. Leaves alone what is symbolic, free-form JSON, unknown properties, text that
/// does not read as what is declared, and unions that the value already fits. Doing it twice changes nothing more.
pub fn coerce(resource_type: ResourceType, properties: &mut Expr) {
    coerce_object(resource_type.object(), properties);
}

fn coerce_object(object: Object, value: &mut Expr) {
    let Expr::Map(entries) = value else { return };
    let (declared, _) = object.members(entries.iter().map(|(name, _)| name.as_str()));
    for ((_, entry), property) in entries.iter_mut().zip(declared) {
        if let Some(kind) = property.map(|property| property.kind).or_else(|| object.others()) {
            coerce_kind(kind, entry);
        }
    }
}

/// [`coerce`] for the value of one property.
pub fn coerce_kind(kind: Kind, value: &mut Expr) {
    match kind {
        Kind::String | Kind::Integer | Kind::Number | Kind::Boolean => {
            if let Some(converted) = scalar(kind, value) {
                *value = converted;
            }
        }
        Kind::List(list) => {
            if let Expr::List(items) = value {
                items.iter_mut().for_each(|item| coerce_kind(list.item(), item));
            }
        }
        Kind::Map(map) => {
            if let Expr::Map(entries) = value {
                entries.iter_mut().for_each(|(_, entry)| coerce_kind(map.value(), entry));
            }
        }
        Kind::Object(object) => coerce_object(object, value),
        Kind::Union(union) => {
            if let Some(kind) = only_fit(union, value) {
                coerce_kind(kind, value);
            }
        }
        Kind::Json => {}
    }
}

/// The alternative that a value must be meant for: its own shape when exactly one has it; for a scalar of no declared
/// kind, the only one it can be converted to.
fn only_fit(union: Union, value: &Expr) -> Option<Kind> {
    let only = |fits: &dyn Fn(Kind) -> bool| {
        let mut fitting = union.kinds().filter(|kind| fits(*kind));
        fitting.next().filter(|_| fitting.next().is_none())
    };
    match value {
        Expr::Bool(_) | Expr::Number(_) | Expr::Str(_) => {
            let at_home = union.kinds().any(|kind| native(kind, value));
            if at_home { None } else { only(&|kind| scalar(kind, value).is_some()) }
        }
        Expr::List(_) => only(&|kind| matches!(kind, Kind::List(_))),
        Expr::Map(_) => only(&|kind| matches!(kind, Kind::Map(_) | Kind::Object(_))),
        _ => None,
    }
}

/// Whether a scalar is of a kind as it stands.
pub(super) fn native(kind: Kind, value: &Expr) -> bool {
    match (kind, value) {
        (Kind::String, Expr::Str(_)) | (Kind::Boolean, Expr::Bool(_)) | (Kind::Number, Expr::Number(_)) => true,
        (Kind::Integer, Expr::Number(number)) => !number.is_f64(),
        _ => false,
    }
}

/// A scalar of another kind converted to this one, when it reads as such.
pub(super) fn scalar(kind: Kind, value: &Expr) -> Option<Expr> {
    match (kind, value) {
        (Kind::String, Expr::Number(number)) => Some(Expr::Str(number.to_string())),
        (Kind::String, Expr::Bool(flag)) => Some(Expr::Str(flag.to_string())),
        (Kind::Boolean, Expr::Str(text)) if text.eq_ignore_ascii_case("true") => Some(Expr::Bool(true)),
        (Kind::Boolean, Expr::Str(text)) if text.eq_ignore_ascii_case("false") => Some(Expr::Bool(false)),
        (Kind::Integer, Expr::Str(text)) => integer(text).map(Expr::Number),
        (Kind::Integer, Expr::Number(number)) if number.is_f64() => {
            let text = number.to_string();
            integer(text.strip_suffix(".0")?).map(Expr::Number)
        }
        (Kind::Number, Expr::Str(text)) => integer(text).or_else(|| decimal(text)).map(Expr::Number),
        _ => None,
    }
}

fn integer(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

/// A JSON number: `inf`, `0x1` and `.5e` are text.
fn decimal(text: &str) -> Option<Number> {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}
