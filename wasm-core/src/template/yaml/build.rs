//! The stack of collections that are open, and what becomes of a node when it is complete.

use super::super::lines::Lines;
use super::super::problems::{Problems, Stop, short};
use super::super::tags::{self, Form};
use super::super::tree::{Entry, Kind, Node};
use super::super::{Limits, scalar};
use super::expand::{self, Anchors};
use super::{Properties, syntax};
use crate::problem::{Problem, Span};

pub(super) struct Builder<'a> {
    pub(super) root: Option<Node>,
    pub(super) problems: Problems,
    pub(super) lines: Lines<'a>,
    pub(super) limits: &'a Limits,
    /// Nodes so far, copies included.
    pub(super) nodes: usize,
    /// Bytes of text copied for anchors and aliases so far.
    pub(super) copied: usize,
    pub(super) anchors: Anchors,
    /// Some line starts with a tab: places must be looked at.
    tabs: bool,
    open: Vec<Frame>,
}

/// A collection whose end has not come yet.
struct Frame {
    span: Span,
    /// Where the content starts, when a function's tag stands before it.
    content_span: Span,
    anchor: usize,
    meaning: Meaning,
    /// Collections around and including this one, in long form.
    depth: usize,
    /// In brackets or braces, where indentation means nothing.
    flow: bool,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value has not come yet.
        key: Option<(String, Span)>,
        /// Index of the entry of a merge key.
        merge: Option<usize>,
    },
}

/// What a tag makes of a node.
#[derive(Clone, Copy)]
enum Meaning {
    /// What it looks like.
    Plain,
    /// A string as written.
    Text,
    /// A scalar of one of YAML's own types.
    Typed(&'static str),
    /// A function in short form.
    Function(&'static Form),
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, limits: &'a Limits, problems: Problems) -> Self {
        let (lines, anchors) = (Lines::of(text), Anchors::default());
        let tabs = text.contains('\t') && (1..=lines.count()).any(|line| syntax::indenting_tab(line, &lines).is_some());
        Self { root: None, problems, lines, limits, nodes: 0, copied: 0, anchors, tabs, open: Vec::new() }
    }

    pub(super) fn scalar(&mut self, text: &str, plain: bool, properties: Properties<'_>) -> Result<(), Stop> {
        let Properties { span, anchor, .. } = properties;
        self.tab(span);
        if self.wants_key() {
            return self.scalar_key(text, plain, &properties);
        }
        self.count(1, span)?;
        let meaning = self.meaning(&properties, None);
        let node = match meaning {
            Meaning::Plain if plain => Node { kind: scalar::plain(text), span },
            Meaning::Plain | Meaning::Text => Node { kind: Kind::String(text.to_owned()), span },
            Meaning::Typed(tag) => Node { kind: self.typed(tag, text, span), span },
            Meaning::Function(form) => {
                self.count(1, span)?;
                let content = if plain && text.is_empty() { span } else { syntax::content(span, &self.lines) };
                self.call(form, Node { kind: Kind::String(text.to_owned()), span: content }, span)
            }
        };
        let depth = self.open.last().map_or(0, |frame| frame.depth) + expand::height(&node);
        self.shallow(depth, span)?;
        self.complete(node, anchor)
    }

    /// A list or a map begins.
    pub(super) fn open(&mut self, list: bool, properties: &Properties<'_>) -> Result<(), Stop> {
        self.count(1, properties.span)?;
        let mut span = properties.span;
        if list
            && properties.bare()
            && let Some(Frame { content: Content::Map { key: Some((_, key)), .. }, .. }) = self.open.last()
        {
            span = syntax::first_dash(*key, span, &self.lines);
        }
        let meaning = self.meaning(properties, Some(if list { "seq" } else { "map" }));
        let (around, in_flow) = self.open.last().map_or((0, false), |frame| (frame.depth, frame.flow));
        let flow = in_flow || (self.tabs && syntax::flow(properties.span, &self.lines));
        let function = matches!(meaning, Meaning::Function(_));
        let depth = around + 1 + usize::from(function);
        self.shallow(depth, properties.span)?;
        if properties.anchor > 0 {
            self.anchors.begin(properties.anchor);
        }
        let content =
            if list { Content::List(Vec::new()) } else { Content::Map { entries: Vec::new(), key: None, merge: None } };
        // Asked now, not at the end: places are looked up from left to right.
        let content_span = if function { syntax::content(span, &self.lines) } else { span };
        self.open.push(Frame { span, content_span, anchor: properties.anchor, meaning, depth, flow, content });
        Ok(())
    }

    /// The innermost open collection ends.
    pub(super) fn close(&mut self) -> Result<(), Stop> {
        let Some(Frame { span, content_span, anchor, meaning, content, .. }) = self.open.pop() else { return Ok(()) };
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, merge, .. } => {
                let open = &self.open;
                self.problems.repeated_keys(&entries, || path(open));
                match merge {
                    Some(index) => Kind::Map(expand::merged(entries, index, &mut self.problems)),
                    None => Kind::Map(entries),
                }
            }
        };
        let node = match meaning {
            Meaning::Function(form) => {
                self.count(1, span)?;
                self.call(form, Node { kind, span: content_span }, span)
            }
            _ => Node { kind, span },
        };
        self.complete(node, anchor)
    }

    /// An alias stands for a node.
    pub(super) fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let node = self.expand(anchor, span)?;
        let depth = self.open.last().map_or(0, |frame| frame.depth) + expand::height(&node);
        self.shallow(depth, span)?;
        self.attach(node);
        Ok(())
    }

    /// Slash-separated path to where the next node goes.
    pub(super) fn path(&self) -> String {
        path(&self.open)
    }

    pub(super) fn report(&mut self, code: &str, span: Span, message: String, help: &str) {
        let open = &self.open;
        self.problems.add(|| Problem::error(code, span, message).at(path(open)).help(help));
    }

    /// Refuses more nodes than the limit, before they are made.
    pub(super) fn count(&mut self, nodes: usize, span: Span) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("The template has more than {} values", self.limits.nodes);
        let help = "Split the template into several stacks; every alias counts with all it stands for";
        Err(self.problems.stop(Problem::error("node_limit", span, message).help(help)))
    }

    fn shallow(&mut self, depth: usize, span: Span) -> Result<(), Stop> {
        if depth <= self.limits.depth {
            return Ok(());
        }
        let message = format!("Objects and lists are nested more than {} deep", self.limits.depth);
        Err(self.problems.stop(Problem::error("depth_limit", span, message).help("Flatten this part of the template")))
    }

    /// Reports a tab that indents the line on which a key or value starts.
    fn tab(&mut self, span: Span) {
        if !self.tabs || self.open.last().is_some_and(|frame| frame.flow) {
            return;
        }
        if let Some(place) = syntax::indenting_tab(span.line, &self.lines)
            && syntax::first_on_line(span, &self.lines)
        {
            let open = &self.open;
            self.problems.add(|| syntax::tab_problem(place).at(path(open)));
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn scalar_key(&mut self, text: &str, plain: bool, properties: &Properties<'_>) -> Result<(), Stop> {
        let Properties { span, anchor, tag } = *properties;
        if plain && text.is_empty() {
            self.report(
                "invalid_key",
                span,
                "A key is missing before `:`".to_owned(),
                "Write a key, or quote the value that starts with `:`",
            );
        } else if let Some(tag) = tag
            && !matches!(self.meaning(properties, None), Meaning::Text | Meaning::Typed(_))
        {
            let message = format!("The tag `{}` stands on the key `{}`", written(tag), short(text, 60));
            self.report("invalid_key", span, message, "Put a tag on the value, behind the colon");
        }
        if anchor > 0 {
            self.define(anchor, &Node { kind: Kind::String(text.to_owned()), span })?;
        }
        let name = if plain && text.is_empty() { stand_in(span) } else { text.to_owned() };
        self.key(name, span, plain && text == "<<" && tag.is_none());
        Ok(())
    }

    fn key(&mut self, name: String, span: Span, merges: bool) {
        if let Some(Frame { content: Content::Map { entries, key, merge }, .. }) = self.open.last_mut() {
            if merges {
                merge.get_or_insert(entries.len());
            }
            *key = Some((name, span));
        }
    }

    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        if anchor > 0 {
            self.define(anchor, &node)?;
        }
        self.attach(node);
        Ok(())
    }

    /// Puts a node where it belongs: into the innermost open collection, as an item, a value or a key.
    fn attach(&mut self, node: Node) {
        if self.wants_key() {
            let name = if let Kind::String(text) = &node.kind {
                text.clone()
            } else {
                let message = format!("A key is {}", node.kind.name());
                self.report(
                    "invalid_key",
                    node.span,
                    message,
                    "Keys are strings; check the indentation and the braces",
                );
                stand_in(node.span)
            };
            self.key(name, node.span, false);
            return;
        }
        match self.open.last_mut().map(|frame| &mut frame.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key, .. }) => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
        }
    }

    /// The long form of a function; `value` was written under the tag at `span`.
    fn call(&mut self, form: &'static Form, mut value: Node, span: Span) -> Node {
        if let Some(message) = form.refuses(&value.kind).or_else(|| empty(form, &value.kind)) {
            self.report("invalid_function", span, message, &format!("Write {}", form.usage));
        }
        if form.tag == "GetAtt"
            && let Kind::String(text) = &value.kind
        {
            match text.split_once('.') {
                Some((id, attribute)) if !id.is_empty() && !attribute.is_empty() => {
                    let part = |text: &str| Node { kind: Kind::String(text.to_owned()), span: value.span };
                    value.kind = Kind::List(vec![part(id), part(attribute)]);
                    self.nodes += 2;
                }
                _ => {
                    let message = format!("`!GetAtt {}` names no attribute", short(text, 60));
                    self.report("invalid_function", span, message, &format!("Write {}", form.usage));
                }
            }
        }
        let key = form.key.to_owned();
        Node { kind: Kind::Map(vec![Entry { key, key_span: span, value }]), span }
    }

    /// What a tag means; an unknown one is reported. `collection` is `seq` or `map`; `None` for a scalar.
    fn meaning(&mut self, properties: &Properties<'_>, collection: Option<&str>) -> Meaning {
        let Some(tag) = properties.tag else { return Meaning::Plain };
        let full = format!("{}{}", tag.handle, tag.suffix);
        if full == "!" {
            return if collection.is_some() { Meaning::Plain } else { Meaning::Text };
        }
        if let Some(own) = full.strip_prefix("tag:yaml.org,2002:") {
            return match (own, collection) {
                ("str", None) => Meaning::Text,
                ("int", None) => Meaning::Typed("int"),
                ("float", None) => Meaning::Typed("float"),
                ("bool", None) => Meaning::Typed("bool"),
                ("null", None) => Meaning::Typed("null"),
                (own, Some(collection)) if own == collection => Meaning::Plain,
                ("str" | "int" | "float" | "bool" | "null" | "seq" | "map", _) => {
                    let message = format!("The tag `!!{own}` stands on {}", collection.map_or("a scalar", name));
                    self.report("invalid_tag", properties.span, message, "Remove the tag");
                    Meaning::Plain
                }
                _ => {
                    let message = format!("The tag `!!{own}` is not supported by CloudFormation");
                    let help = "Only !!str, !!int, !!float, !!bool, !!null, !!seq and !!map are; give a plain value";
                    self.report("unknown_tag", properties.span, message, help);
                    Meaning::Text
                }
            };
        }
        if let Some(form) = full.strip_prefix('!').and_then(tags::find) {
            return Meaning::Function(form);
        }
        let message = format!("The tag `{}` is not known", written(tag));
        self.report("unknown_tag", properties.span, message, &tags::instead(full.trim_start_matches('!')));
        Meaning::Text
    }

    /// A scalar under `!!int`, `!!float`, `!!bool` or `!!null`.
    fn typed(&mut self, tag: &'static str, text: &str, span: Span) -> Kind {
        let kind = match tag {
            "bool" => scalar::boolean(text).map(Kind::Bool),
            "null" => scalar::null(text).then_some(Kind::Null),
            "int" => scalar::number(text).filter(|number| !number.is_f64()).map(Kind::Number),
            _ => scalar::number(text).map(Kind::Number),
        };
        kind.unwrap_or_else(|| {
            let message = format!("`!!{tag}` stands on `{}`, which is none", short(text, 60));
            self.report("invalid_tag", span, message, "Remove the tag, or write the value in its usual form");
            Kind::Null
        })
    }
}

fn path(open: &[Frame]) -> String {
    let mut path = String::new();
    for frame in open {
        let step = match &frame.content {
            Content::List(items) => items.len().to_string(),
            Content::Map { key: Some((key, _)), .. } => key.clone(),
            Content::Map { key: None, .. } => continue,
        };
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&step);
    }
    path
}

/// A name for a key that has none, unlike all others.
fn stand_in(span: Span) -> String {
    format!("?{}:{}", span.line, span.column)
}

/// A reference to nothing.
fn empty(form: &Form, value: &Kind) -> Option<String> {
    let named = matches!(form.tag, "Ref" | "Condition" | "ImportValue" | "RefAll");
    matches!(value, Kind::String(text) if named && text.is_empty()).then(|| format!("`!{}` names nothing", form.tag))
}

fn name(collection: &str) -> &'static str {
    if collection == "seq" { "a list" } else { "an object" }
}

/// A tag as it stands in the text.
fn written(tag: &saphyr_parser::Tag) -> String {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("tag:yaml.org,2002:", suffix) => format!("!!{suffix}"),
        ("", "!") => "!".to_owned(),
        ("", verbatim) => format!("!<{verbatim}>"),
        (handle, suffix) => format!("{handle}{suffix}"),
    }
}
