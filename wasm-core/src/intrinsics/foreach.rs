//! Loops: `Fn::ForEach`, expanded before anything else in its section is evaluated.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>
//!
//! Expansion is a rewriting of the tree, as CloudFormation does it: in copies of the fragment `${Identifier}` becomes
//! the value, `&{Identifier}` its letters and digits, `Ref: Identifier` the value as a string; in keys and in texts,
//! so that `DependsOn`, `Condition` and `Fn::GetAtt` follow. Spans stay those of the fragment. What has no loop is
//! borrowed from the template, not copied.

use std::borrow::Cow;
use std::collections::HashSet;

use super::document::{is_logical_id, macro_name, macro_problem};
use super::evaluate::{Evaluator, Section, Stop};
use super::place::Place;
use crate::expr::Expr;
use crate::expr::functions;
use crate::problem::Span;
use crate::template::{Entry, Kind, Node};

/// Nodes that the loops of a template may make altogether.
pub(super) const BUDGET: usize = 1_000_000;

const LOOP: &str = "Fn::ForEach";

/// An entry of a section after loops were expanded.
pub(super) struct Member<'t> {
    pub(super) key: Cow<'t, str>,
    pub(super) key_span: Span,
    pub(super) value: Cow<'t, Node>,
}

impl Evaluator<'_> {
    /// The entries of a section with loops expanded at any depth. `Err`: what follows would be noise.
    pub(super) fn members<'t>(&mut self, entries: &'t [Entry], section: &str) -> Result<Vec<Member<'t>>, Stop> {
        let at = Place::section(section);
        let mut members = Vec::with_capacity(entries.len());
        let mut stopped = false;
        for entry in entries {
            let at = at.key(&entry.key);
            if entry.key == "Fn::Transform" {
                let problem = macro_problem(&macro_name(&entry.value), entry.key_span).at(at.to_string());
                self.note(problem);
                stopped = true;
            } else if entry.key.starts_with(LOOP) {
                match self.expanded(entry, &at) {
                    Ok(made) => members.extend(made.into_iter().map(|made| Member {
                        key: Cow::Owned(made.key),
                        key_span: made.key_span,
                        value: Cow::Owned(made.value),
                    })),
                    Err(Stop) => stopped = true,
                }
            } else {
                match self.unrolled(&entry.value, &at) {
                    Ok(value) => {
                        members.push(Member { key: Cow::Borrowed(&entry.key), key_span: entry.key_span, value });
                    }
                    Err(Stop) => stopped = true,
                }
            }
        }
        let mut seen = HashSet::with_capacity(members.len());
        for member in &members {
            if !seen.insert(&*member.key) {
                let problem = self.twice(&member.key, member.key_span, &at);
                self.note(problem);
                stopped = true;
            }
        }
        if stopped { Err(Stop) } else { Ok(members) }
    }

    fn twice(&self, key: &str, span: Span, at: &Place<'_>) -> crate::problem::Problem {
        self.problem("duplicate_key", span, &at.key(key), format!("`{key}` is made twice by Fn::ForEach"))
            .help("The key has to contain the loop's identifier, and the collection each value once")
    }

    /// A value with its loops expanded; borrowed when it has none (or may have none: evaluation reports that).
    fn unrolled<'t>(&mut self, node: &'t Node, at: &Place<'_>) -> Result<Cow<'t, Node>, Stop> {
        if self.extensions && has_loop(node) {
            self.rewritten(node, at).map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(node))
        }
    }

    fn rewritten(&mut self, node: &Node, at: &Place<'_>) -> Result<Node, Stop> {
        let kind = match &node.kind {
            Kind::List(items) => Kind::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.rewritten(item, &at.index(index)))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Map(entries) => {
                let mut made: Vec<Entry> = Vec::with_capacity(entries.len());
                for entry in entries {
                    let at = at.key(&entry.key);
                    if entry.key.starts_with(LOOP) {
                        made.extend(self.expanded(entry, &at)?);
                    } else {
                        made.push(Entry { value: self.rewritten(&entry.value, &at)?, ..entry.clone() });
                    }
                }
                let mut seen = HashSet::with_capacity(made.len());
                if let Some(twice) = made.iter().find(|entry| !seen.insert(entry.key.as_str())) {
                    let problem = self.twice(&twice.key, twice.key_span, at);
                    return self.refuse(problem);
                }
                Kind::Map(made)
            }
            plain => plain.clone(),
        };
        Ok(Node { kind, span: node.span })
    }

    /// What one loop makes, loops inside it expanded too.
    fn expanded(&mut self, entry: &Entry, at: &Place<'_>) -> Result<Vec<Entry>, Stop> {
        self.extension(LOOP, entry.key_span, at)?;
        if !entry.key.strip_prefix("Fn::ForEach::").is_some_and(is_logical_id) {
            let problem = self
                .problem("invalid_loop", entry.key_span, at, format!("`{}` is not a loop's name", entry.key))
                .help("It is `Fn::ForEach::` and letters or digits");
            return self.refuse(problem);
        }
        const TAKES: &str = "an identifier, a collection and an object to repeat";
        let [identifier, collection, fragment] = self.exactly(LOOP, &entry.value, at, TAKES)?;
        let (Kind::String(identifier_name), Kind::Map(repeated)) = (&identifier.kind, &fragment.kind) else {
            return self.arity(LOOP, &entry.value, at, TAKES);
        };
        if !is_logical_id(identifier_name) || self.given.contains_key(identifier_name.as_str()) {
            let message = format!("`{identifier_name}` cannot be the identifier of a loop");
            let problem = self
                .problem("invalid_loop", identifier.span, &at.index(0), message)
                .help("Use letters and digits, and not the name of a parameter");
            return self.refuse(problem);
        }
        let values = self.collection(collection, &at.index(1))?;
        let size = size(fragment);
        let substitution = Substitution::of(identifier_name);
        let at = at.index(2);
        let mut made = Vec::with_capacity(values.len() * repeated.len());
        for value in values {
            self.budget = match self.budget.checked_sub(size) {
                Some(left) => left,
                None => {
                    let problem = self
                        .problem(
                            "expansion_limit",
                            entry.key_span,
                            &at,
                            format!("The loops of the template make more than {BUDGET} nodes"),
                        )
                        .help("Make the collections smaller, or split the template");
                    return self.refuse(problem);
                }
            };
            for repeated in repeated {
                let repeated = substitution.entry(repeated, &value);
                let at = at.key(&repeated.key);
                if repeated.key.starts_with(LOOP) {
                    made.extend(self.expanded(&repeated, &at)?);
                } else if has_loop(&repeated.value) {
                    made.push(Entry { value: self.rewritten(&repeated.value, &at)?, ..repeated });
                } else {
                    made.push(repeated);
                }
            }
        }
        Ok(made)
    }

    /// The values a loop goes over.
    fn collection(&mut self, node: &Node, at: &Place<'_>) -> Result<Vec<String>, Stop> {
        let collection = self.within(Section::Early, |this| this.argument(node, at))?;
        if !collection.secrets().is_empty() {
            let problem = self
                .problem("secret_not_allowed", node.span, at, "The collection of a loop comes from a NoEcho parameter")
                .help("Its items become part of names; use a parameter without NoEcho");
            return self.refuse(problem);
        }
        let values = match &collection {
            Expr::List(items) => items.iter().map(|item| functions::text(item).map(Cow::into_owned)).collect(),
            _ => None,
        };
        match values {
            Some(values) => Ok(values),
            None => {
                let problem = self
                    .problem("invalid_loop", node.span, at, "The collection of a loop is not a list of strings")
                    .help("Write the list out, or `Ref` a parameter of type CommaDelimitedList");
                self.refuse(problem)
            }
        }
    }
}

fn has_loop(node: &Node) -> bool {
    match &node.kind {
        Kind::List(items) => items.iter().any(has_loop),
        Kind::Map(entries) => entries.iter().any(|entry| entry.key.starts_with(LOOP) || has_loop(&entry.value)),
        _ => false,
    }
}

fn size(node: &Node) -> usize {
    match &node.kind {
        Kind::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Kind::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.value)).sum::<usize>(),
        _ => 1,
    }
}

/// Puts a value in the place of an identifier.
struct Substitution<'i> {
    identifier: &'i str,
    whole: String,
    alphanumeric: String,
}

impl<'i> Substitution<'i> {
    fn of(identifier: &'i str) -> Self {
        Self { identifier, whole: format!("${{{identifier}}}"), alphanumeric: format!("&{{{identifier}}}") }
    }

    fn entry(&self, entry: &Entry, value: &str) -> Entry {
        Entry { key: self.text(&entry.key, value), key_span: entry.key_span, value: self.node(&entry.value, value) }
    }

    fn node(&self, node: &Node, value: &str) -> Node {
        let kind = match &node.kind {
            Kind::String(text) => Kind::String(self.text(text, value)),
            Kind::List(items) => Kind::List(items.iter().map(|item| self.node(item, value)).collect()),
            Kind::Map(entries) => match entries.as_slice() {
                [Entry { key, value: Node { kind: Kind::String(name), .. }, .. }]
                    if key == "Ref" && name == self.identifier =>
                {
                    Kind::String(value.to_owned())
                }
                entries => Kind::Map(entries.iter().map(|entry| self.entry(entry, value)).collect()),
            },
            plain => plain.clone(),
        };
        Node { kind, span: node.span }
    }

    fn text(&self, text: &str, value: &str) -> String {
        let mut text = text.replace(&self.whole, value);
        if text.contains(&self.alphanumeric) {
            let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text = text.replace(&self.alphanumeric, &letters);
        }
        text
    }
}
