//! Which properties differ between what was applied and what is wanted.

use crate::expr::Expr;
use crate::schema::Kind;

use crate::same::{find, is_orderly, item, member, same};

/// A part that differs.
pub struct Difference<'a> {
    /// Slash-separated.
    pub path: String,
    /// `None`: it is new.
    pub before: Option<&'a Expr>,
    /// `None`: it goes.
    pub after: Option<&'a Expr>,
    /// What the schema says of it.
    pub kind: Option<Kind>,
}

/// Paths of [`differences`].
#[must_use]
pub fn changed(kind: Option<Kind>, before: &Expr, after: &Expr) -> Vec<String> {
    differences(kind, before, after).into_iter().map(|difference| difference.path).collect()
}

/// The smallest parts that differ, in the order of `before`, additions last. `kind` says what does not count as a
/// difference; without it only equal values are equal.
#[must_use]
pub fn differences<'a>(kind: Option<Kind>, before: &'a Expr, after: &'a Expr) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    walk(kind, before, after, &mut String::new(), &mut found);
    found
}

fn walk<'a>(kind: Option<Kind>, before: &'a Expr, after: &'a Expr, path: &mut String, found: &mut Vec<Difference<'a>>) {
    if same(kind, before, after) {
        return;
    }
    match (before, after) {
        (Expr::Map(old), Expr::Map(new)) => {
            for (key, value) in old {
                let kind = member(kind, key);
                within(path, key, |path| match find(new, key) {
                    Some(other) => walk(kind, value, other, path, found),
                    None => {
                        found.push(Difference { path: path.clone(), before: Some(value), after: None, kind });
                    }
                });
            }
            for (key, value) in new.iter().filter(|(key, _)| find(old, key).is_none()) {
                let kind = member(kind, key);
                within(path, key, |path| {
                    found.push(Difference { path: path.clone(), before: None, after: Some(value), kind });
                });
            }
        }
        (Expr::List(old), Expr::List(new)) if old.len() == new.len() && is_orderly(kind) => {
            for (index, (value, other)) in old.iter().zip(new).enumerate() {
                within(path, &index.to_string(), |path| walk(item(kind), value, other, path, found));
            }
        }
        _ => found.push(Difference { path: path.clone(), before: Some(before), after: Some(after), kind }),
    }
}

/// Whether what is at a schema path (`A/*/B`) differs, wherever it occurs.
#[must_use]
pub fn differs_at(schema_path: &str, before: &Expr, after: &Expr) -> bool {
    let gather = |expr| {
        let mut found = Vec::new();
        collect(expr, &mut schema_path.split('/'), &mut found);
        found
    };
    let (mut old, mut new) = (gather(before), gather(after));
    old.sort();
    new.sort();
    old != new
}

fn collect<'a>(expr: &Expr, path: &mut (impl Iterator<Item = &'a str> + Clone), found: &mut Vec<String>) {
    let Some(part) = path.next() else {
        found.push(crate::digest::canonical(&expr.to_json()));
        return;
    };
    match (expr, part) {
        (Expr::List(items), "*") => items.iter().for_each(|item| collect(item, &mut path.clone(), found)),
        (Expr::Map(entries), "*") => entries.iter().for_each(|(_, item)| collect(item, &mut path.clone(), found)),
        (Expr::Map(entries), name) => {
            if let Some(value) = find(entries, name) {
                collect(value, path, found);
            }
        }
        _ => {}
    }
}

fn within(path: &mut String, key: &str, work: impl FnOnce(&mut String)) {
    let length = path.len();
    if length > 0 {
        path.push('/');
    }
    path.push_str(key);
    work(path);
    path.truncate(length);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: serde_json::Value, after: serde_json::Value) -> Vec<String> {
        changed(None, &Expr::from_json(before).unwrap(), &Expr::from_json(after).unwrap())
    }

    #[test]
    fn only_the_smallest_differing_parts_are_named() {
        let before = json!({"A": 1, "B": {"C": [1, 2], "D": "x"}, "E": true});
        assert_eq!(paths(before.clone(), before.clone()), [""; 0]);
        let after = json!({"A": 1.0, "B": {"C": [1, 3], "D": "x"}, "F": null});
        assert_eq!(paths(before, after), ["B/C/1", "E", "F"]);
        assert_eq!(paths(json!({"A": [1]}), json!({"A": [1, 2]})), ["A"]);
        assert_eq!(paths(json!({"A": "1"}), json!({"A": 1})), [""; 0], "one is the other as text");
        assert_eq!(paths(json!({"A": {"$secret": "parameter:P"}}), json!({"A": {"$secret": "parameter:P"}})), [""; 0]);
        assert_eq!(paths(json!({"A": {"$ref": "X"}}), json!({"A": "x-1"})), ["A"]);
    }
}
