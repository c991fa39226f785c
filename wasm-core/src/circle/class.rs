//! What kind of change a plan is: experts are not equally good at all of them. Few classes, so that each is met often
//! enough to learn from; a plan belongs to the first that holds.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::digest::{canonical_of, sha256_hex};
use crate::model::{Action, Plan, PlannedResource};
use crate::schema;

/// The gravest thing that a plan does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum ChangeClass {
    /// Something that holds data is replaced or deleted, or a step cannot be undone.
    Data,
    /// Who may do or reach what is made, changed or taken away.
    Permissions,
    /// Something is replaced or deleted.
    Replacement,
    /// Something that exists is changed in place.
    Update,
    /// Everything is new.
    Creation,
}

/// Types that say who may do or reach what, besides those whose names end in `Policy`.
const GRANTING: [&str; 6] = [
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::Lambda::Permission",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::NetworkAcl",
    "AWS::Organizations::",
];

impl ChangeClass {
    /// Of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let any = |is: fn(&PlannedResource) -> bool| plan.resources.iter().any(is);
        match () {
            () if any(|it| gone(it) && holds_data(it) || !it.irreversible.is_empty()) => Self::Data,
            () if any(|it| changing(it) && grants(&it.type_name)) => Self::Permissions,
            () if any(gone) => Self::Replacement,
            () if any(|it| it.action == Action::Update) => Self::Update,
            () => Self::Creation,
        }
    }
}

/// SHA-256 of what a plan wants there to be in the end: equal where two deployments of a stack want the same. Secrets are
/// identifiers in it.
#[must_use]
pub fn desired_digest(plan: &Plan) -> String {
    let wanted: Vec<(&str, &str, _)> = plan
        .resources
        .iter()
        .filter_map(|it| Some((it.logical_id.as_str(), it.type_name.as_str(), it.desired.as_ref()?)))
        .collect();
    sha256_hex(canonical_of(&wanted, &[]).as_bytes())
}

fn gone(resource: &PlannedResource) -> bool {
    matches!(resource.action, Action::Replace | Action::Delete)
}

fn changing(resource: &PlannedResource) -> bool {
    gone(resource) || matches!(resource.action, Action::Create | Action::Update)
}

fn holds_data(resource: &PlannedResource) -> bool {
    schema::lookup(&resource.type_name).is_some_and(|kind| kind.stateful())
}

fn grants(kind: &str) -> bool {
    kind.ends_with("Policy") || GRANTING.iter().any(|prefix| kind.starts_with(prefix))
}
