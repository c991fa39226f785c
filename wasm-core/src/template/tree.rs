//! The tree both formats become, and the few questions everyone asks of it.

use serde_json::{Map, Number, Value};

use crate::problem::Span;

/// A node of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it starts.
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// null, or nothing after a YAML key.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number in canonical spelling; `1.10`, `007` and the like stay strings, so that nothing is lost.
    Number(Number),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// An object, in source order, keys unique. Short-form tags are already long form: `!Ref X` is `{"Ref": "X"}`.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key starts.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value under a key; `None` when there is no such key or this is not an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.get_entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key; `None` when there is no such key or this is not an object.
    #[must_use]
    pub fn get_entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.iter().find(|entry| entry.key == key)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Kind::String(text) = &self.kind { Some(text) } else { None }
    }

    /// The entries of an object.
    #[must_use]
    pub fn as_map(&self) -> Option<&[Entry]> {
        if let Kind::Map(entries) = &self.kind { Some(entries) } else { None }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    /// The value of a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Kind::Bool(flag) = self.kind { Some(flag) } else { None }
    }

    /// The value of a number.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        if let Kind::Number(number) = &self.kind { Some(number) } else { None }
    }

    /// The only entry of an object that has exactly one: the form of every intrinsic function.
    #[must_use]
    pub fn only_entry(&self) -> Option<&Entry> {
        if let Some([entry]) = self.as_map() { Some(entry) } else { None }
    }

    /// The same tree without spans.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::String(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }
}

impl Kind {
    /// Its name with an article, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

/// Keys that occur more than once, as (index of the first, index of a later one), by the later one's index.
pub(super) fn repeated(entries: &[Entry]) -> Vec<(usize, usize)> {
    let key = |index: &usize| entries.get(*index).map_or("", |entry| entry.key.as_str());
    let mut pairs = Vec::new();
    // Most objects have a handful of keys: comparing each with those before it needs no allocation.
    if entries.len() <= 12 {
        for (index, entry) in entries.iter().enumerate() {
            if let Some(first) = entries.iter().take(index).position(|earlier| earlier.key == entry.key) {
                pairs.push((first, index));
            }
        }
        return pairs;
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|left, right| key(left).cmp(key(right)));
    let mut first = None;
    for index in order {
        match first {
            Some(earlier) if key(&earlier) == key(&index) => pairs.push((earlier, index)),
            _ => first = Some(index),
        }
    }
    pairs.sort_by_key(|(_, later)| *later);
    pairs
}
