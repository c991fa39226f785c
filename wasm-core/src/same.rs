//! When two values of a property mean the same.
//!
//! Order of keys and spelling of numbers never matter; the schema says where the order of a list does not, where JSON may
//! come as text, and where AWS returns a number as a string. Policy documents are compared by what they allow.

pub mod owned;
mod policy;

use serde_json::Value;

use crate::digest;
use crate::expr::Expr;
use crate::schema::{Kind, is_within};

/// Whether both are the same value of this kind.
#[must_use]
pub fn same(kind: Option<Kind>, left: &Expr, right: &Expr) -> bool {
    Eyes { loose: false }.see(kind, left, right)
}

/// Whether `live` is what `wanted` leads to: like [`same`], but members of objects that nobody declared (defaults) and
/// tags of AWS's own and those of ownership do not matter.
#[must_use]
pub fn agrees(kind: Option<Kind>, wanted: &Expr, live: &Expr) -> bool {
    Eyes { loose: true }.see(kind, wanted, live)
}

/// Kind of what is at a slash-separated path within a value of this kind.
#[must_use]
pub fn at(kind: Option<Kind>, path: &str) -> Option<Kind> {
    path.split('/').filter(|part| !part.is_empty()).fold(kind, |kind, part| match kind {
        Some(Kind::List(_)) => item(kind),
        // As in a JSON pointer (RFC 6901).
        _ => member(kind, &part.replace("~1", "/").replace("~0", "~")),
    })
}

/// Kind of a member.
#[must_use]
pub fn member(kind: Option<Kind>, name: &str) -> Option<Kind> {
    match kind? {
        Kind::Object(object) => object.property(name).map(|property| property.kind).or_else(|| object.others()),
        Kind::Map(map) => Some(map.value()),
        Kind::Json => Some(Kind::Json),
        _ => None,
    }
}

/// Kind of an item.
#[must_use]
pub fn item(kind: Option<Kind>) -> Option<Kind> {
    match kind? {
        Kind::List(list) => Some(list.item()),
        Kind::Json => Some(Kind::Json),
        _ => None,
    }
}

/// Whether a read returns a value of this kind always in the same order.
#[must_use]
pub fn is_orderly(kind: Option<Kind>) -> bool {
    fn orderly(kind: Kind, depth: u8) -> bool {
        // Definitions may contain themselves; what is deeper than this is rare enough to be trusted.
        if depth == 0 {
            return true;
        }
        match kind {
            Kind::List(list) => list.ordered && orderly(list.item(), depth - 1),
            Kind::Map(map) => orderly(map.value(), depth - 1),
            Kind::Object(object) => object.properties().all(|property| orderly(property.kind, depth - 1)),
            Kind::Union(union) => union.kinds().all(|kind| orderly(kind, depth - 1)),
            Kind::String | Kind::Integer | Kind::Number | Kind::Boolean | Kind::Json => true,
        }
    }
    kind.is_none_or(|kind| orderly(kind, 4))
}

/// The value with its lists without a meaningful order in one that follows from what is in them, and without tags of
/// AWS's own: of two reads of the same resource the same.
#[must_use]
pub fn sorted(kind: Option<Kind>, value: &Expr) -> Expr {
    match value {
        Expr::Map(entries) => {
            let own = entries.iter().filter(|(key, _)| !(matches!(kind, Some(Kind::Map(_))) && is_system_key(key)));
            Expr::Map(own.map(|(key, value)| (key.clone(), sorted(member(kind, key), value))).collect())
        }
        Expr::List(items) => {
            let own = items.iter().filter(|item| !is_system_tag(item));
            let mut items: Vec<Expr> = own.map(|value| sorted(item(kind), value)).collect();
            if matches!(kind, Some(Kind::List(list)) if !list.ordered) {
                items.sort_by_cached_key(|item| digest::canonical(&item.to_json()));
            }
            Expr::List(items)
        }
        other => other.clone(),
    }
}

/// Whether both are the same to the letter, whatever the order of keys. No schema is asked, so it is cheap; most resources
/// that did not change are.
#[must_use]
pub fn identical(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::Map(left), Expr::Map(right)) => {
            left.len() == right.len()
                && left.iter().enumerate().all(|(at, (key, value))| {
                    // Nearly always in the same order.
                    let beside = right.get(at).filter(|(other, _)| other == key).map(|(_, value)| value);
                    beside.or_else(|| find(right, key)).is_some_and(|other| identical(value, other))
                })
        }
        (Expr::List(left), Expr::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| identical(left, right))
        }
        _ => left == right,
    }
}

#[derive(Clone, Copy)]
struct Eyes {
    loose: bool,
}

impl Eyes {
    fn see(self, kind: Option<Kind>, left: &Expr, right: &Expr) -> bool {
        if identical(left, right) {
            return true;
        }
        if let Some(Kind::Union(union)) = kind {
            // JSON as text or as itself is such a choice too.
            let textual = union.kinds().any(|kind| matches!(kind, Kind::String));
            return union.kinds().any(|kind| self.see(Some(kind), left, right))
                || (textual && self.see(Some(Kind::Json), left, right));
        }
        match (left, right) {
            (Expr::Map(left), Expr::Map(right)) => {
                self.members(kind, left, right) || (matches!(kind, Some(Kind::Json)) && policy::same(left, right))
            }
            (Expr::List(left), Expr::List(right)) => self.items(kind, left, right),
            _ if matches!(kind, Some(Kind::Json)) => match (parsed(left), parsed(right)) {
                (None, None) => equal(left, right),
                (one, other) => self.see(kind, one.as_ref().unwrap_or(left), other.as_ref().unwrap_or(right)),
            },
            _ => equal(left, right) || alike(left, right),
        }
    }

    fn members(self, kind: Option<Kind>, left: &[(String, Expr)], right: &[(String, Expr)]) -> bool {
        let extra_allowed = self.loose && matches!(kind, Some(Kind::Object(_)));
        let is_map = self.loose && matches!(kind, Some(Kind::Map(_)));
        let extra = |(key, _): &&(String, Expr)| is_map && is_system_key(key) && find(left, key).is_none();
        (extra_allowed || left.len() + right.iter().filter(extra).count() == right.len())
            && left
                .iter()
                .all(|(key, value)| find(right, key).is_some_and(|other| self.see(member(kind, key), value, other)))
    }

    fn items(self, kind: Option<Kind>, left: &[Expr], right: &[Expr]) -> bool {
        let declared = |item: &Expr| left.iter().any(|left| key_of(left).is_some() && key_of(left) == key_of(item));
        let extra = |item: &&Expr| self.loose && is_system_tag(item) && !declared(item);
        let own: Vec<&Expr> = right.iter().filter(|item| !extra(item)).collect();
        let kind_of_item = item(kind);
        if left.len() != own.len() {
            return false;
        }
        if left.iter().zip(&own).all(|(left, right)| self.see(kind_of_item, left, right)) {
            return true;
        }
        if !matches!(kind, Some(Kind::List(list)) if !list.ordered) {
            return false;
        }
        let mut rest = own;
        left.iter().all(|left| {
            let place = rest.iter().position(|right| self.see(kind_of_item, left, right));
            place.map(|place| rest.swap_remove(place)).is_some()
        })
    }
}

/// The value that a text holds, if it is JSON with something in it.
fn parsed(expr: &Expr) -> Option<Expr> {
    let Expr::Str(text) = expr else { return None };
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() || value.is_array()).then(|| Expr::known(value))
}

fn equal(left: &Expr, right: &Expr) -> bool {
    if let (Expr::Str(left), Expr::Str(right)) = (left, right) {
        return left == right;
    }
    digest::canonical(&left.to_json()) == digest::canonical(&right.to_json())
}

/// A scalar as text and as itself.
fn alike(left: &Expr, right: &Expr) -> bool {
    let text = |expr: &Expr| match expr {
        Expr::Str(text) => Some(text.clone()),
        Expr::Number(number) => Some(number.to_string()),
        Expr::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    text(left).is_some_and(|left| text(right).is_some_and(|right| left == right))
}

/// A tag that AWS or this engine has put there.
fn is_system_tag(item: &Expr) -> bool {
    key_of(item).is_some_and(is_system_key)
}

/// Whether a tag of this key was put there by AWS or by this engine.
#[must_use]
pub fn is_system_key(key: &str) -> bool {
    key.starts_with("aws:") || owned::is_mark(key)
}

fn key_of(item: &Expr) -> Option<&str> {
    let Expr::Map(entries) = item else { return None };
    if let Some(Expr::Str(key)) = find(entries, "Key") { Some(key) } else { None }
}

/// The member of this name.
#[must_use]
pub fn find<'a>(entries: &'a [(String, Expr)], key: &str) -> Option<&'a Expr> {
    entries.iter().find(|(other, _)| other == key).map(|(_, value)| value)
}

/// The value at a JSON pointer (RFC 6901), below objects only.
#[must_use]
pub fn value_at<'a>(expr: &'a Expr, pointer: &str) -> Option<&'a Expr> {
    pointer.split('/').skip(1).try_fold(expr, |expr, part| match expr {
        Expr::Map(entries) => find(entries, &part.replace("~1", "/").replace("~0", "~")),
        _ => None,
    })
}

/// Whether there is nothing in it.
#[must_use]
pub fn is_empty(expr: &Expr) -> bool {
    matches!(expr, Expr::Null)
        || matches!(expr, Expr::List(items) if items.is_empty())
        || matches!(expr, Expr::Map(entries) if entries.is_empty())
}

/// A value that stands at a slash-separated path, without its members at these schema paths.
#[must_use]
pub fn without(value: &Expr, path: &str, fixed: &[&str]) -> Expr {
    match value {
        Expr::Map(entries) => {
            let kept = entries.iter().filter_map(|(key, member)| {
                let path = format!("{path}/{key}");
                (!is_within(fixed, &path)).then(|| (key.clone(), without(member, &path, fixed)))
            });
            Expr::Map(kept.collect())
        }
        Expr::List(items) => {
            let path = format!("{path}/*");
            Expr::List(items.iter().map(|item| without(item, &path, fixed)).collect())
        }
        other => other.clone(),
    }
}
