//! Paths of properties against paths of a schema (`A/*/B`).

/// Whether a path touches a schema path: one contains the other.
#[must_use]
pub fn touches(path: &str, schema_path: &str) -> bool {
    path.split('/').zip(schema_path.split('/')).all(|(left, right)| left == right || right == "*")
}

/// Whether a path is one of these or below one.
#[must_use]
pub fn is_within(paths: &[&str], path: &str) -> bool {
    paths.iter().any(|other| path.split('/').count() >= other.split('/').count() && touches(path, other))
}

#[cfg(test)]
mod tests {
    use super::touches;

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
