//! Which property names a resource that need not be named (`wasm-core/schema/names.tsv`, made by `scripts/schema_names.py`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a name of a type may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The property, which is the whole primary identifier.
    pub property: &'static str,
    /// Characters at most.
    pub longest: usize,
    /// What may stand between its parts; empty: nothing but letters and digits.
    pub separator: &'static str,
    /// No capitals.
    pub small: bool,
}

static NAMES: LazyLock<BTreeMap<&'static str, Naming>> =
    LazyLock::new(|| include_str!("../../schema/names.tsv").lines().filter_map(row).collect());

pub(super) fn naming(type_name: &str) -> Option<Naming> {
    NAMES.get(type_name).copied()
}

fn row(line: &'static str) -> Option<(&'static str, Naming)> {
    let mut cells = line.split('\t');
    let (type_name, property, longest, style) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let naming =
        Naming { property, longest: longest.parse().ok()?, separator: style.get(1..)?, small: style.starts_with('a') };
    Some((type_name, naming))
}

#[cfg(test)]
mod tests {
    use super::NAMES;
    use crate::schema;

    #[test]
    fn what_is_named_is_identified_by_it_and_need_not_be() {
        assert!(NAMES.len() > 100, "{}", NAMES.len());
        for (type_name, naming) in NAMES.iter() {
            let kind = schema::lookup(type_name).unwrap();
            assert_eq!(kind.primary_identifier(), [naming.property], "{type_name}");
            assert!(kind.create_only().contains(&naming.property), "{type_name}");
            assert!(!kind.read_only().contains(&naming.property), "{type_name}");
            assert!(!kind.required().contains(&naming.property), "{type_name}");
            assert!((28..=255).contains(&naming.longest), "{type_name}");
        }
    }
}
