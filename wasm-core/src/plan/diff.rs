//! Which properties differ between what was applied and what is wanted.

use crate::expr::Expr;

/// Slash-separated paths of the smallest parts that differ, in the order of `before`, additions last.
#[must_use]
pub fn changed(before: &Expr, after: &Expr) -> Vec<String> {
    let mut paths = Vec::new();
    walk(before, after, &mut String::new(), &mut paths);
    paths
}

fn walk(before: &Expr, after: &Expr, path: &mut String, paths: &mut Vec<String>) {
    match (before, after) {
        (Expr::Map(old), Expr::Map(new)) => {
            let find = |entries: &[(String, Expr)], key: &str| entries.iter().position(|(other, _)| other == key);
            for (key, value) in old {
                match find(new, key).and_then(|index| new.get(index)) {
                    Some((_, other)) => within(path, key, |path| walk(value, other, path, paths)),
                    None => within(path, key, |path| paths.push(path.clone())),
                }
            }
            for (key, _) in new.iter().filter(|(key, _)| find(old, key).is_none()) {
                within(path, key, |path| paths.push(path.clone()));
            }
        }
        (Expr::List(old), Expr::List(new)) if old.len() == new.len() => {
            for (index, (value, other)) in old.iter().zip(new).enumerate() {
                within(path, &index.to_string(), |path| walk(value, other, path, paths));
            }
        }
        _ if same(before, after) => {}
        _ => paths.push(path.clone()),
    }
}

/// Equal as values: order of keys and the spelling of numbers do not matter.
fn same(before: &Expr, after: &Expr) -> bool {
    before == after || crate::digest::canonical(&before.to_json()) == crate::digest::canonical(&after.to_json())
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

/// Whether a changed path touches a schema path (`A/*/B`): one contains the other.
#[must_use]
pub fn touches(changed: &str, schema_path: &str) -> bool {
    changed.split('/').zip(schema_path.split('/')).all(|(left, right)| left == right || right == "*")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: serde_json::Value, after: serde_json::Value) -> Vec<String> {
        changed(&Expr::from_json(before).unwrap(), &Expr::from_json(after).unwrap())
    }

    #[test]
    fn only_the_smallest_differing_parts_are_named() {
        let before = json!({"A": 1, "B": {"C": [1, 2], "D": "x"}, "E": true});
        assert_eq!(paths(before.clone(), before.clone()), [""; 0]);
        let after = json!({"A": 1.0, "B": {"C": [1, 3], "D": "x"}, "F": null});
        assert_eq!(paths(before, after), ["B/C/1", "E", "F"]);
        assert_eq!(paths(json!({"A": [1]}), json!({"A": [1, 2]})), ["A"]);
        assert_eq!(paths(json!({"A": "1"}), json!({"A": 1})), ["A"]);
        assert_eq!(paths(json!({"A": {"$secret": "parameter:P"}}), json!({"A": {"$secret": "parameter:P"}})), [""; 0]);
        assert_eq!(paths(json!({"A": {"$ref": "X"}}), json!({"A": "x-1"})), ["A"]);
    }

    #[test]
    fn a_path_touches_a_schema_path_when_one_contains_the_other() {
        for (changed, schema, expected) in [
            ("A", "A", true),
            ("A/B", "A", true),
            ("A", "A/B", true),
            ("A/0/B", "A/*/B", true),
            ("A/0/C", "A/*/B", false),
            ("AB", "A", false),
        ] {
            assert_eq!(touches(changed, schema), expected, "{changed} {schema}");
        }
    }
}
