//! Tags given for a whole deployment, put on every resource that can carry them.

use std::collections::BTreeMap;

use crate::expr::Expr;
use crate::intrinsics::EvaluatedResource;
use crate::problem::{Problem, Span};
use crate::schema::{ResourceType, TagShape};

/// AWS keeps keys that begin so for itself, in any case.
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
const RESERVED: &str = "aws:";
/// Characters of a key and of a value, from the same page.
const LONGEST: (usize, usize) = (128, 256);

/// Tags that are remembered with those that are given now; an empty value removes one.
#[must_use]
pub fn merged(mut recorded: BTreeMap<String, String>, given: BTreeMap<String, String>) -> BTreeMap<String, String> {
    recorded.extend(given);
    recorded.retain(|_, value| !value.is_empty());
    recorded
}

/// Refuses tags for the whole deployment that no service takes.
pub fn check(tags: &BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    for (key, value) in tags {
        if is_reserved(key) {
            problems.push(reserved_key(key, Span::default(), "the deployment's tags"));
        } else if key.is_empty() || key.chars().count() > LONGEST.0 || value.chars().count() > LONGEST.1 {
            let message = format!(
                "A tag's key has 1 to {} characters and its value at most {}: `{}` does not",
                LONGEST.0,
                LONGEST.1,
                key.chars().take(40).collect::<String>()
            );
            problems.push(Problem::error("invalid_tag", Span::default(), message).help("Make it shorter"));
        }
    }
}

fn is_reserved(key: &str) -> bool {
    key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
}

fn reserved_key(key: &str, span: Span, place: &str) -> Problem {
    let message = format!("The tag key `{key}` in {place} begins with `{RESERVED}`, which AWS keeps for itself");
    Problem::error("reserved_tag", span, message).help("Give the tag another key")
}

/// Refuses tags of a resource whose keys AWS keeps for itself.
pub fn guard(resource: &EvaluatedResource<'_>, kind: ResourceType, problems: &mut Vec<Problem>) {
    let Some(tagging) = kind.tagging() else { return };
    let Expr::Map(entries) = &resource.properties else { return };
    let Some((_, value)) = entries.iter().find(|(key, _)| key == tagging.property) else { return };
    let mut refuse = |key: &str, path: String| {
        if is_reserved(key) {
            let (id, tags) = (&resource.logical_id, tagging.property);
            let problem = reserved_key(key, resource.span_of(&path), &format!("{tags} of {id}"));
            problems.push(problem.at(format!("Resources/{id}/Properties/{path}")));
        }
    };
    match value {
        Expr::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let key =
                    field(item, "Key").map(|key| ("Key", key)).or(field(item, "TagKey").map(|key| ("TagKey", key)));
                if let Some((name, Expr::Str(key))) = key {
                    refuse(key, format!("{}/{index}/{name}", tagging.property));
                }
            }
        }
        Expr::Map(map) => map.iter().for_each(|(key, _)| refuse(key, format!("{}/{key}", tagging.property))),
        _ => {}
    }
}

/// Adds `tags` where the type takes tags on creation; a tag that the template sets itself stays as it is.
pub fn apply(kind: ResourceType, properties: &mut Expr, tags: &BTreeMap<String, String>) {
    let Some(tagging) = kind.tagging().filter(|tagging| tagging.on_create && !tags.is_empty()) else { return };
    let Expr::Map(entries) = properties else { return };
    let present = entries.iter_mut().find(|(key, _)| key == tagging.property).map(|(_, value)| value);
    let value = match tagging.shape {
        TagShape::KeyValueList | TagShape::AutoScaling => {
            let Some(mut items) = list(present.as_deref()) else { return };
            for (key, value) in tags {
                if !items.iter().any(|item| field(item, "Key").is_some_and(|own| *own == Expr::Str(key.clone()))) {
                    let mut entry = vec![text("Key", key), text("Value", value)];
                    if tagging.shape == TagShape::AutoScaling {
                        entry.push(("PropagateAtLaunch".to_owned(), Expr::Bool(true)));
                    }
                    items.push(Expr::Map(entry));
                }
            }
            Expr::List(items)
        }
        TagShape::Map => {
            let mut map = match present.as_deref() {
                None => Vec::new(),
                Some(Expr::Map(map)) => map.clone(),
                Some(_) => return,
            };
            for (key, value) in tags {
                if !map.iter().any(|(own, _)| own == key) {
                    map.push(text(key, value));
                }
            }
            Expr::Map(map)
        }
        TagShape::Other => return,
    };
    match present {
        Some(slot) => *slot = value,
        None => entries.push((tagging.property.to_owned(), value)),
    }
}

fn list(present: Option<&Expr>) -> Option<Vec<Expr>> {
    match present {
        None => Some(Vec::new()),
        Some(Expr::List(items)) => Some(items.clone()),
        Some(_) => None,
    }
}

fn field<'a>(item: &'a Expr, name: &str) -> Option<&'a Expr> {
    let Expr::Map(entries) = item else { return None };
    entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn text(key: &str, value: &str) -> (String, Expr) {
    (key.to_owned(), Expr::Str(value.to_owned()))
}
