//! The built-in rules: one table per group of services.
//!
//! A rule looks at one resource with its values as far as they are known. It reports what is certainly wrong and
//! notes what it could not tell; what AWS does by default today counts as set.

mod compute;
mod data;
mod edge;
mod iam;
mod messaging;
mod network;
mod operations;
mod parameters;
mod storage;

use super::FindingSeverity;
use super::policy::{self, Statement};
use super::value::{Flag, Val, View};
use crate::template::Node;

/// A rule. `bad` and `good` are resource bodies (or whole templates) that it refuses and accepts; a test holds it to
/// them.
pub struct Rule {
    /// Stable name.
    pub id: &'static str,
    /// What it is about, one line.
    pub title: &'static str,
    /// How much it matters.
    pub severity: FindingSeverity,
    /// Resource types it looks at.
    pub types: &'static [&'static str],
    /// The way out.
    pub help: &'static str,
    /// What other tools call it: Guard registry, cfn_nag, checkov.
    pub aliases: &'static [&'static str],
    /// Fails.
    pub bad: &'static str,
    /// Passes.
    pub good: &'static str,
    /// The check.
    pub check: Checker,
}

/// What a rule runs on.
pub enum Checker {
    /// Each resource of its types.
    Resource(fn(&mut Check<'_>)),
    /// The template as a whole.
    Template(fn(&mut Check<'_>, &Node)),
}

/// A resource as rules see it.
pub struct Resource<'t> {
    /// Name in the template.
    pub logical_id: &'t str,
    /// Type.
    pub type_name: &'t str,
    /// Properties; an empty object where there are none.
    pub properties: Val,
    /// As written.
    pub node: &'t Node,
}

/// A rule at work on a resource.
pub struct Check<'a> {
    /// The resource; a rule over the whole template has an empty one.
    pub resource: &'a Resource<'a>,
    /// All resources of the template.
    pub all: &'a [Resource<'a>],
    /// The template's values.
    pub view: &'a View<'a>,
    /// Path (below the properties, for a template rule the whole) and message of each failure.
    pub failures: Vec<(String, String)>,
    /// Whether something that decides is not known.
    pub unknown: bool,
}

impl<'a> Check<'a> {
    fn at(&self, path: &str) -> &'a Val {
        self.resource.properties.at(path)
    }

    fn fail(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.failures.push((path.into(), message.into()));
    }

    fn unsure(&mut self) {
        self.unknown = true;
    }

    /// Fails unless the switch is on; `default` is what holds where it is not set.
    fn must_be_on(&mut self, path: &str, default: bool, message: &str) {
        match self.at(path).flag() {
            Flag::True => {}
            Flag::Absent if default => {}
            Flag::Unknown => self.unsure(),
            Flag::False | Flag::Absent => self.fail(path, message),
        }
    }

    /// Fails if the switch is on; `default` is what holds where it is not set.
    fn must_be_off(&mut self, path: &str, default: bool, message: &str) {
        match self.at(path).flag() {
            Flag::False => {}
            Flag::Absent if !default => {}
            Flag::Unknown => self.unsure(),
            Flag::True | Flag::Absent => self.fail(path, message),
        }
    }

    fn must_be_set(&mut self, path: &str, message: &str) {
        let value = self.at(path);
        if value.is_unknown() {
            self.unsure();
        } else if value.is_empty() || value.text() == Some("") {
            self.fail(path, message);
        }
    }

    /// Fails for each statement of a document that `test` is true of.
    fn statements(&mut self, path: &str, message: &str, test: impl Fn(&Statement<'_>) -> bool) {
        if !policy::is_readable(self.at(path)) {
            self.unsure();
        }
        for statement in policy::statements(&self.resource.properties, path) {
            if test(&statement) {
                self.fail(statement.path, message);
            } else if statement.is_unknown() {
                self.unsure();
            }
        }
    }

    /// Fails for each statement that lets everybody in without a condition that narrows who.
    fn nobody_unnamed(&mut self, path: &str, message: &str) {
        self.statements(path, message, |statement| {
            statement.allows() && statement.for_everybody() && !statement.is_narrowed()
        });
    }
}

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        storage::RULES,
        network::RULES,
        iam::RULES,
        data::RULES,
        compute::RULES,
        messaging::RULES,
        edge::RULES,
        operations::RULES,
        parameters::RULES,
    ]
    .into_iter()
    .flatten()
}
