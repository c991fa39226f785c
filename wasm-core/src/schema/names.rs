//! Which property names a resource that need not be named (`wasm-core/schema/names.tsv`, made by `scripts/schema_names.py`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a name of a type may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The property: the whole primary identifier, or (an ARN or a number is the identifier) one beside it.
    pub property: &'static str,
    /// Characters at most.
    pub longest: usize,
    /// What may stand between its parts; empty: nothing but letters and digits.
    pub separator: &'static str,
    /// No capitals.
    pub small: bool,
    /// What it ends in where a property is true.
    pub ending: Option<Ending>,
    /// What it may not begin with; empty: nothing.
    pub never_first: &'static str,
}

/// An ending that a name has to have (`.fifo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The property (true or false) that asks for it.
    pub when: &'static str,
    /// The ending.
    pub text: &'static str,
}

static NAMES: LazyLock<BTreeMap<&'static str, Naming>> =
    LazyLock::new(|| include_str!("../../schema/names.tsv").lines().filter_map(row).collect());

pub(super) fn naming(type_name: &str) -> Option<Naming> {
    NAMES.get(type_name).copied()
}

fn row(line: &'static str) -> Option<(&'static str, Naming)> {
    let mut cells = line.split('\t');
    let (type_name, property, longest, style) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let special = cells.next().unwrap_or_default();
    let ending = special.split_once('=').map(|(when, text)| Ending { when, text });
    let naming = Naming {
        property,
        longest: longest.parse().ok()?,
        separator: style.get(1..)?,
        small: style.starts_with('a'),
        ending,
        never_first: special.strip_prefix('!').unwrap_or_default(),
    };
    Some((type_name, naming))
}

#[cfg(test)]
mod tests {
    use super::NAMES;
    use crate::schema::{self, Handler, Kind};

    #[test]
    fn what_is_named_need_not_be_is_named_at_creation_and_shows_its_name() {
        let (identified, beside): (Vec<_>, Vec<_>) = NAMES.iter().partition(|(type_name, naming)| {
            schema::lookup(type_name).unwrap().primary_identifier() == [naming.property]
        });
        assert!(identified.len() > 100 && beside.len() >= 30, "{} {}", identified.len(), beside.len());
        for (type_name, naming) in NAMES.iter() {
            let kind = schema::lookup(type_name).unwrap();
            assert!(kind.create_only().contains(&naming.property), "{type_name}");
            assert!(kind.property(&[naming.property]).is_some(), "{type_name}");
            assert!(!kind.read_only().contains(&naming.property), "{type_name}");
            assert!(!kind.required().contains(&naming.property), "{type_name}");
            assert!((28..=255).contains(&naming.longest), "{type_name}");
            let is_flag = |when| matches!(kind.property(&[when]).unwrap().kind, Kind::Boolean);
            assert!(naming.ending.is_none_or(|ending| is_flag(ending.when)), "{type_name}");
        }
        for (type_name, naming) in beside {
            let kind = schema::lookup(type_name).unwrap();
            assert!(kind.has(Handler::Read) && kind.has(Handler::List), "{type_name}");
            assert!(!kind.write_only().contains(&naming.property), "{type_name}");
        }
    }
}
