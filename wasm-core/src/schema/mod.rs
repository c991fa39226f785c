//! What the CloudFormation registry knows of every resource type: identifiers, which properties can change, what `Ref`
//! and `Fn::GetAtt` return, handlers with IAM actions, property trees, prior durations.
//!
//! The table (`wasm-core/schema/table.bin`, made by `scripts/generate-schema.py`, described in `docs/schema.md`) is part
//! of the binary and read in place: nothing happens on load, a look-up is a binary search. Callers: `intrinsics` (what
//! a reference yields), `plan` ([`coerce`], [`check`], replacement), `engine` (attributes, durations), the sandbox
//! ([`resource_schema`]).

mod check;
mod coerce;
mod json;
mod kind;
mod lists;
mod names;
mod nearest;
mod owned;
mod paths;
mod resource;
mod table;
mod value;

pub use check::{BOOLEAN_FOR_WORD, Complaint, check};
pub use coerce::{coerce, coerce_kind};
pub use json::resource_schema;
pub use kind::{Kind, List, Map, Object, Property, Union};
pub use names::{Ending, Naming};
pub use owned::Marking;
pub use paths::{is_within, touches};
pub use resource::{Handler, Reference, ResourceType, TagShape, Tagging};

use table::{Section, Table};

/// Where the table comes from and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The day it was generated.
    pub generated: &'static str,
    /// The day AWS's schemas were collected.
    pub collected: &'static str,
    /// Version of the `cfn-lint` wheel.
    pub cfn_lint: &'static str,
    /// Version of `@aws-cdk/aws-service-spec`.
    pub service_spec: &'static str,
    /// Resource types.
    pub types: usize,
    /// Of these with create and delete handlers.
    pub provisionable: usize,
    /// Of these without any handler.
    pub without_handlers: usize,
    /// With handlers, but none to read.
    pub without_read: usize,
    /// With handlers, but none to update.
    pub without_update: usize,
    /// Whose loss is a loss of data.
    pub stateful: usize,
}

/// The registry that a table describes; the functions of this module ask the bundled one.
#[derive(Clone, Copy)]
pub struct Registry(&'static Table);

impl Registry {
    /// The bundled table.
    #[must_use]
    pub fn bundled() -> Self {
        Self(table::bundled())
    }

    /// Any bytes as a table. What is damaged gives wrong or empty answers, never a panic; kept for as long as the
    /// process lives.
    #[must_use]
    pub fn from_bytes(bytes: &'static [u8]) -> Self {
        Self(Box::leak(Box::new(Table::new(bytes))))
    }

    fn len(self) -> usize {
        self.0.entries(Section::Index, Section::Records)
    }

    /// All types, by name.
    pub fn types(self) -> impl Iterator<Item = ResourceType> {
        (0..self.len()).filter_map(move |place| ResourceType::at(self.0, place))
    }

    /// The type of this name.
    #[must_use]
    pub fn lookup(self, type_name: &str) -> Option<ResourceType> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let found = ResourceType::at(self.0, middle)?;
            match found.name().cmp(type_name) {
                std::cmp::Ordering::Equal => return Some(found),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Where the table comes from and what it holds.
    #[must_use]
    pub fn meta(self) -> Meta {
        let mut cursor = self.0.cursor(Section::Meta, 0);
        Meta {
            generated: cursor.framed(),
            collected: cursor.framed(),
            cfn_lint: cursor.framed(),
            service_spec: cursor.framed(),
            types: cursor.number(),
            provisionable: cursor.number(),
            without_handlers: cursor.number(),
            without_read: cursor.number(),
            without_update: cursor.number(),
            stateful: cursor.number(),
        }
    }
}

/// The resource type of this name (exact spelling).
#[must_use]
pub fn lookup(type_name: &str) -> Option<ResourceType> {
    Registry::bundled().lookup(type_name)
}

/// Names of all types, sorted.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    Registry::bundled().types().map(|found| found.name())
}

/// The type whose name is nearest, for "did you mean"; `None` when nothing is near.
#[must_use]
pub fn suggest(type_name: &str) -> Option<&'static str> {
    nearest::nearest(type_name, type_names())
}

/// Where the bundled table comes from and what it holds.
#[must_use]
pub fn meta() -> Meta {
    Registry::bundled().meta()
}
