//! Where in the template an evaluation stands: a path that costs nothing until a problem needs it written out.

use std::fmt;

/// A step of a path with the steps before it, all on the stack of the evaluation.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    /// A top-level section.
    pub(super) fn section(name: &'p str) -> Self {
        Self { parent: None, step: Step::Key(name) }
    }

    /// Below a key.
    pub(super) fn key<'q>(&'q self, key: &'q str) -> Place<'q> {
        Place { parent: Some(self), step: Step::Key(key) }
    }

    /// At a position of a list.
    pub(super) fn index(&self, index: usize) -> Place<'_> {
        Place { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(out, "{parent}/")?;
        }
        match self.step {
            Step::Key(key) => out.write_str(key),
            Step::Index(index) => write!(out, "{index}"),
        }
    }
}
