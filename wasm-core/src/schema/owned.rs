//! What the ownership tags meet that differs from the common case (`wasm-core/schema/owned.tsv`, made by
//! `scripts/schema_owned.py`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a type takes of tags that are put on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marking {
    /// Tags at most, those of the user included; 0: none with a colon in its key.
    pub most: usize,
    /// Characters of a value at most.
    pub longest: usize,
    /// Actions that tagging at creation needs and that the create handler does not name.
    pub permissions: Vec<&'static str>,
}

static OTHERS: LazyLock<BTreeMap<&'static str, Marking>> =
    LazyLock::new(|| include_str!("../../schema/owned.tsv").lines().filter_map(row).collect());

pub(super) fn marking(type_name: &str) -> Marking {
    OTHERS.get(type_name).cloned().unwrap_or(Marking { most: 50, longest: 255, permissions: Vec::new() })
}

fn row(line: &'static str) -> Option<(&'static str, Marking)> {
    let mut cells = line.split('\t');
    let (type_name, most, longest) = (cells.next()?, cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
    let permissions = cells.next().map(|actions| actions.split(',').collect()).unwrap_or_default();
    Some((type_name, Marking { most, longest, permissions }))
}

#[cfg(test)]
mod tests {
    use super::{OTHERS, marking};
    use crate::schema;

    #[test]
    fn what_differs_is_taggable_and_known() {
        assert!(OTHERS.len() > 20, "{}", OTHERS.len());
        for (type_name, own) in OTHERS.iter() {
            assert!(schema::lookup(type_name).unwrap().tagging().is_some(), "{type_name}");
            assert!(own.most <= 50 && own.longest <= 255, "{type_name}");
        }
        assert_eq!(marking("AWS::SSO::Application").most, 0);
        assert_eq!(marking("AWS::Kinesis::Stream").permissions, ["kinesis:TagResource"]);
        assert_eq!((marking("AWS::SQS::Queue").most, marking("AWS::SQS::Queue").longest), (50, 255));
    }
}
