//! Which properties a list of a child type is asked with (`wasm-core/schema/lists.tsv`, made by `scripts/schema_lists.py`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

static LISTS: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| include_str!("../../schema/lists.tsv").lines().filter_map(|line| line.split_once('\t')).collect());

/// The alternatives; none: nothing is needed.
pub(super) fn asked_with(type_name: &str) -> Vec<Vec<&'static str>> {
    let choices = LISTS.get(type_name).into_iter().flat_map(|choices| choices.split('|'));
    choices.map(|names| names.split(',').collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::{LISTS, asked_with};
    use crate::schema;

    #[test]
    fn lists_are_asked_with_properties_of_their_types() {
        assert!(LISTS.len() > 300, "{}", LISTS.len());
        for type_name in LISTS.keys().filter(|name| name.starts_with("AWS::")) {
            let kind = schema::lookup(type_name).unwrap();
            for name in asked_with(type_name).concat() {
                let listing = ["ListenerArns", "RuleArns", "HostedZoneName"].contains(&name);
                assert!(listing || kind.property(&[name]).is_some(), "{type_name} {name}");
            }
        }
        assert_eq!(asked_with("AWS::EKS::Addon"), [["ClusterName"]]);
        assert_eq!(asked_with("AWS::SQS::Queue"), Vec::<Vec<&str>>::new());
    }
}
