//! JSON and YAML templates as one tree with a span on every node.

use serde_json::Number;

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
