//! What is recorded of a stack, as plans start from it.

use std::collections::BTreeMap;

use assent_core::expr::Expr;
use assent_core::model::{ResourceStatus, StackResource};
use serde_json::Value;

/// Complete, called `ID-1`, without attributes.
pub fn recorded(id: &str, type_name: &str, applied: Value) -> StackResource {
    StackResource {
        logical_id: id.to_owned(),
        type_name: type_name.to_owned(),
        physical_id: format!("{id}-1"),
        status: ResourceStatus::Complete,
        attributes: BTreeMap::new(),
        applied: Expr::from_json(applied).unwrap(),
        depends_on: Vec::new(),
        deletion_policy: "Delete".to_owned(),
        update_replace_policy: "Delete".to_owned(),
        replaced: Vec::new(),
        attempted: None,
        given_name: None,
    }
}
