//! Anchors, aliases and merge keys: copies of what was read, counted before they are made.
//!
//! A copy is kept per anchor and one is made per alias; both count against the limits, so nine lines of `&a [*b, *b]`
//! cost no more than any other template of the permitted size.

use std::collections::HashMap;

use super::super::problems::{Problems, Stop};
use super::super::tree::{Entry, Kind, Node, repeated};
use super::build::Builder;
use crate::problem::{Problem, Span};

/// What anchors stand for, by the parser's id; `None` while the anchored collection is still open.
#[derive(Default)]
pub(super) struct Anchors(HashMap<usize, Option<Node>>);

impl Anchors {
    /// The anchored collection begins.
    pub(super) fn begin(&mut self, anchor: usize) {
        self.0.insert(anchor, None);
    }
}

impl Builder<'_> {
    /// An anchored node is complete.
    pub(super) fn define(&mut self, anchor: usize, node: &Node) -> Result<(), Stop> {
        self.afford(node, node.span)?;
        self.anchors.0.insert(anchor, Some(node.clone()));
        Ok(())
    }

    /// A copy of what an anchor stands for; its root's place is that of the alias.
    pub(super) fn expand(&mut self, anchor: usize, span: Span) -> Result<Node, Stop> {
        match self.anchors.0.remove(&anchor) {
            Some(Some(node)) => {
                self.afford(&node, span)?;
                let copy = Node { kind: node.kind.clone(), span };
                self.anchors.0.insert(anchor, Some(node));
                Ok(copy)
            }
            _ => {
                self.anchors.begin(anchor);
                let message = "An alias stands inside what it is an alias of".to_owned();
                self.report(
                    "recursive_alias",
                    span,
                    message,
                    "Write the value out: it would contain itself without end",
                );
                Ok(Node { kind: Kind::Null, span })
            }
        }
    }

    /// Refuses a copy that would exceed a limit.
    fn afford(&mut self, node: &Node, span: Span) -> Result<(), Stop> {
        let (nodes, bytes) = size(node);
        self.count(nodes, span)?;
        self.copied = self.copied.saturating_add(bytes);
        if self.copied <= self.limits.bytes {
            return Ok(());
        }
        let message = format!("Aliases expand to more than {} bytes of text", self.limits.bytes);
        let help = "Use fewer aliases, or smaller ones";
        Err(self.problems.stop(Problem::error("expansion_limit", span, message).help(help)))
    }
}

/// Nodes of a tree, and bytes of its keys and strings.
fn size(node: &Node) -> (usize, usize) {
    let add = |(nodes, bytes): (usize, usize), (more, text): (usize, usize)| {
        (nodes.saturating_add(more), bytes.saturating_add(text))
    };
    match &node.kind {
        Kind::String(text) => (1, text.len()),
        Kind::List(items) => items.iter().map(size).fold((1, 0), add),
        Kind::Map(entries) => {
            entries.iter().map(|entry| add(size(&entry.value), (0, entry.key.len()))).fold((1, 0), add)
        }
        _ => (1, 0),
    }
}

/// Collections inside each other; 0 for a scalar.
pub(super) fn height(node: &Node) -> usize {
    match &node.kind {
        Kind::List(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Kind::Map(entries) => 1 + entries.iter().map(|entry| height(&entry.value)).max().unwrap_or(0),
        _ => 0,
    }
}

/// The entries with those of the merge key (`<<`, at `index`) put in; its own win, then those of the earlier object.
pub(super) fn merged(mut entries: Vec<Entry>, index: usize, problems: &mut Problems) -> Vec<Entry> {
    if index >= entries.len() {
        return entries;
    }
    let Entry { key_span, value, .. } = entries.remove(index);
    let own = entries.len();
    let sources = match value.kind {
        Kind::List(items) => items,
        _ => vec![value],
    };
    for source in sources {
        match source.kind {
            Kind::Map(more) if !is_function(&more) => entries.extend(more),
            kind => {
                let found = if matches!(kind, Kind::Map(_)) { "a function" } else { kind.name() };
                let message = format!("The merge key `<<` takes an object or a list of objects, not {found}");
                problems.add(|| {
                    Problem::error("invalid_merge", key_span, message)
                        .help("Write `<<: *anchor`, or quote the key if `<<` is its name")
                });
            }
        }
    }
    let mut kept = 0;
    let mut late = repeated(&entries).into_iter().map(|(_, later)| later).filter(|later| *later >= own).peekable();
    entries.retain(|_| {
        let dropped = late.next_if_eq(&kept).is_some();
        kept += 1;
        !dropped
    });
    entries
}

fn is_function(entries: &[Entry]) -> bool {
    matches!(entries, [entry] if entry.key == "Ref" || entry.key.starts_with("Fn::"))
}
