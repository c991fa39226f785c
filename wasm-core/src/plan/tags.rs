//! Tags given for a whole deployment, put on every resource that can carry them.

use std::collections::BTreeMap;

use crate::expr::Expr;
use crate::schema::{ResourceType, TagShape};

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
