//! Property values as far as a template alone decides them, each with its place.
//!
//! Not `intrinsics`, which refuses a template at its first mistake and needs every parameter: a scan has to say
//! something about templates that cannot be deployed yet (SAM, macros, parameters without value). Rules:
//! - a parameter is its given value, else its default, else unknown; a NoEcho parameter is always unknown;
//! - `Fn::If` is decided where its condition is, else the whole value is unknown;
//! - what only the cloud knows (`Ref` and `Fn::GetAtt` of resources, account, region) is [`V::Link`] or a hole in a text;
//! - anything else that is not understood is unknown. No rule makes a finding of an unknown value.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::problem::Span;
use crate::secret::GivenParameters;
use crate::template::{Entry, Kind, Node};

/// Bytes of text that functions may make in all, and of one value: as planning has it.
const TOTAL: usize = 16 * 1024 * 1024;
const VALUE: usize = 1024 * 1024;

/// Stands in a text for a part that is not known.
pub const HOLE: char = '\u{fffc}';

/// A value with its place: of its key in an object, of itself in a list.
#[derive(Clone, Debug)]
pub struct Val {
    /// What it is.
    pub kind: V,
    /// Where it stands.
    pub span: Span,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum V {
    /// The key is not there.
    Absent,
    /// It depends on what is not known.
    Unknown,
    /// A boolean.
    Bool(bool),
    /// A number, as text.
    Number(String),
    /// A text; parts that are not known are [`HOLE`].
    Text(String),
    /// Something a resource of this template gives: its logical id.
    Link(String),
    /// A list.
    List(Vec<Val>),
    /// An object in template order.
    Map(Vec<(String, Val)>),
}

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// On.
    True,
    /// Off.
    False,
    /// Not set: the service's default holds.
    Absent,
    /// Depends on what is not known.
    Unknown,
}

static ABSENT: Val = Val { kind: V::Absent, span: Span { line: 0, column: 0 } };
static UNKNOWN: Val = Val { kind: V::Unknown, span: Span { line: 0, column: 0 } };

impl Val {
    /// The value of a key or index; absent where there is none, unknown where this is not known itself.
    #[must_use]
    pub fn get(&self, key: &str) -> &Val {
        match &self.kind {
            V::Map(entries) => match entries.iter().find(|(name, _)| name == key) {
                Some((_, value)) => value,
                None if entries.iter().any(|(name, _)| name.starts_with("Fn::")) => &UNKNOWN,
                None => &ABSENT,
            },
            V::List(items) => key.parse::<usize>().ok().and_then(|at| items.get(at)).unwrap_or(&ABSENT),
            V::Unknown | V::Link(_) => &UNKNOWN,
            _ => &ABSENT,
        }
    }

    /// The value at a path with slashes.
    #[must_use]
    pub fn at(&self, path: &str) -> &Val {
        path.split('/').filter(|step| !step.is_empty()).fold(self, |value, step| value.get(step))
    }

    /// The place of the deepest part of a path that is there.
    #[must_use]
    pub fn span_of(&self, path: &str) -> Span {
        let mut value = self;
        let mut span = self.span;
        for step in path.split('/').filter(|step| !step.is_empty()) {
            value = value.get(step);
            if value.span.line == 0 {
                break;
            }
            span = value.span;
        }
        span
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self.kind, V::Absent)
    }

    /// Whether nothing can be said.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, V::Unknown)
    }

    /// A text without holes, a number or a boolean, as text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            V::Text(text) if !text.contains(HOLE) => Some(text),
            V::Number(text) => Some(text),
            V::Bool(flag) => Some(if *flag { "true" } else { "false" }),
            _ => None,
        }
    }

    /// A text, holes and all.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        match &self.kind {
            V::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        self.text()?.trim().parse().ok()
    }

    /// A switch.
    #[must_use]
    pub fn flag(&self) -> Flag {
        match &self.kind {
            V::Absent => Flag::Absent,
            V::Bool(true) => Flag::True,
            V::Bool(false) => Flag::False,
            V::Text(text) if text.eq_ignore_ascii_case("true") => Flag::True,
            V::Text(text) if text.eq_ignore_ascii_case("false") => Flag::False,
            _ => Flag::Unknown,
        }
    }

    /// The items of a list; a single value is a list of one, as in policies. Absent: none.
    #[must_use]
    pub fn each(&self) -> &[Val] {
        match &self.kind {
            V::List(items) => items,
            V::Absent => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The entries of an object.
    #[must_use]
    pub fn entries(&self) -> &[(String, Val)] {
        match &self.kind {
            V::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether it is an object or list with nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.kind {
            V::Map(entries) => entries.is_empty(),
            V::List(items) => items.is_empty(),
            V::Absent => true,
            _ => false,
        }
    }
}

/// A template with what its parameters are taken to be.
pub struct View<'t> {
    parameters: HashMap<&'t str, Option<V>>,
    mappings: &'t [Entry],
    conditions: HashMap<&'t str, &'t Node>,
    resources: HashMap<&'t str, &'t Node>,
    /// Outcome (if decided) and whether a default took part in it.
    decided: RefCell<HashMap<String, Option<Truth>>>,
    /// Whether what is being evaluated used a default.
    defaults: RefCell<bool>,
    /// Bytes of text that functions may still make; a value that does not fit is unknown.
    room: Cell<usize>,
    given: &'t GivenParameters,
}

#[derive(Clone, Copy)]
struct Truth {
    holds: bool,
    by_default: bool,
}

impl<'t> View<'t> {
    /// Reads the sections; malformed parts count as not there.
    #[must_use]
    pub fn new(template: &'t Node, given: &'t GivenParameters) -> Self {
        let section = |name: &str| template.get(name).and_then(Node::as_map).unwrap_or_default();
        let pairs = |name: &str| section(name).iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
        let parameters = section("Parameters").iter().map(|entry| {
            let value = parameter(&entry.value, given.get(&entry.key));
            (entry.key.as_str(), value)
        });
        Self {
            parameters: parameters.collect(),
            mappings: section("Mappings"),
            conditions: pairs("Conditions"),
            resources: pairs("Resources"),
            decided: RefCell::default(),
            defaults: RefCell::new(false),
            room: Cell::new(TOTAL),
            given,
        }
    }

    /// Whether a resource's condition is false by values that were given. One that is false by a default may still
    /// be deployed by somebody, so its resource is looked at.
    #[must_use]
    pub fn left_out(&self, resource: &'t Node) -> bool {
        let condition = resource.get("Condition").and_then(Node::as_str);
        let truth = condition.and_then(|name| self.named(name, 0));
        truth.is_some_and(|truth| !truth.holds && !truth.by_default)
    }

    /// The value of a node; `None` is `AWS::NoValue`.
    #[must_use]
    pub fn value(&self, node: &'t Node, span: Span) -> Option<Val> {
        let kind = match &node.kind {
            Kind::Null => V::Absent,
            Kind::Bool(flag) => V::Bool(*flag),
            Kind::Number(number) => V::Number(number.to_string()),
            Kind::String(text) => V::Text(text.clone()),
            Kind::List(items) => V::List(items.iter().filter_map(|item| self.value(item, item.span)).collect()),
            Kind::Map(entries) => match entries.as_slice() {
                [entry] if entry.key == "Ref" || entry.key.starts_with("Fn::") => {
                    // The place of a computed value is where it is used, and the chosen branch's where it is an If.
                    return self.call(&entry.key, &entry.value, span);
                }
                entries => V::Map(
                    entries
                        .iter()
                        .filter_map(|entry| Some((entry.key.clone(), self.value(&entry.value, entry.key_span)?)))
                        .collect(),
                ),
            },
        };
        Some(Val { kind, span })
    }

    fn call(&self, name: &str, argument: &'t Node, span: Span) -> Option<Val> {
        let kind = match name {
            "Ref" => match argument.as_str() {
                Some("AWS::NoValue") => return None,
                Some(name) => self.reference(name),
                None => V::Unknown,
            },
            "Fn::GetAtt" => {
                let id = match &argument.kind {
                    Kind::String(text) => text.split('.').next(),
                    Kind::List(items) => items.first().and_then(Node::as_str),
                    _ => None,
                };
                id.map_or(V::Unknown, |id| V::Link(id.to_owned()))
            }
            "Fn::If" => return self.branch(argument, span),
            "Fn::Sub" => self.substituted(argument),
            "Fn::Join" => self.joined(argument).unwrap_or(V::Unknown),
            "Fn::Select" => self.selected(argument).unwrap_or(V::Unknown),
            "Fn::Split" => self.split(argument).unwrap_or(V::Unknown),
            "Fn::FindInMap" => self.mapped(argument).unwrap_or(V::Unknown),
            // What is written as text is looked at as what it says.
            "Fn::Base64" | "Fn::ToJsonString" => return self.value(argument, span),
            _ => V::Unknown,
        };
        Some(Val { kind, span })
    }

    fn reference(&self, name: &str) -> V {
        match name {
            "AWS::URLSuffix" => V::Text("amazonaws.com".into()),
            _ if name.starts_with("AWS::") => V::Text(HOLE.into()),
            _ => match self.parameters.get(name) {
                Some(Some(value)) => {
                    if self.given.get(name).is_none() {
                        *self.defaults.borrow_mut() = true;
                    }
                    value.clone()
                }
                Some(None) => V::Unknown,
                None if self.resources.contains_key(name) => V::Link(name.to_owned()),
                None => V::Unknown,
            },
        }
    }

    fn branch(&self, argument: &'t Node, span: Span) -> Option<Val> {
        let unknown = Some(Val { kind: V::Unknown, span });
        let Some([condition, yes, no]) = argument.as_list() else { return unknown };
        match condition.as_str().and_then(|name| self.named(name, 0)) {
            Some(truth) => {
                let node = if truth.holds { yes } else { no };
                self.value(node, node.span)
            }
            None => unknown,
        }
    }

    fn named(&self, name: &str, depth: u8) -> Option<Truth> {
        let node = self.conditions.get(name)?;
        if let Some(truth) = self.decided.borrow().get(name) {
            return *truth;
        }
        // Deeper than anybody writes.
        if depth > 32 {
            return None;
        }
        // Conditions that go round in a circle come back to this.
        self.decided.borrow_mut().insert(name.to_owned(), None);
        let before = self.defaults.replace(false);
        let holds = self.condition(node, depth);
        let by_default = self.defaults.replace(before);
        let truth = holds.map(|holds| Truth { holds, by_default });
        self.decided.borrow_mut().insert(name.to_owned(), truth);
        if by_default {
            *self.defaults.borrow_mut() = true;
        }
        truth
    }

    fn condition(&self, node: &'t Node, depth: u8) -> Option<bool> {
        let entry = node.only_entry()?;
        let each = || entry.value.as_list().unwrap_or_default().iter().map(|item| self.condition(item, depth + 1));
        match entry.key.as_str() {
            _ if depth > 32 => None,
            "Condition" => {
                let truth = self.named(entry.value.as_str()?, depth + 1)?;
                if truth.by_default {
                    *self.defaults.borrow_mut() = true;
                }
                Some(truth.holds)
            }
            "Fn::Not" => each().next()?.map(|holds| !holds),
            "Fn::And" => {
                let all: Vec<_> = each().collect();
                if all.contains(&Some(false)) { Some(false) } else { (!all.contains(&None)).then_some(true) }
            }
            "Fn::Or" => {
                let all: Vec<_> = each().collect();
                if all.contains(&Some(true)) { Some(true) } else { (!all.contains(&None)).then_some(false) }
            }
            "Fn::Equals" => {
                let [left, right] = entry.value.as_list()? else { return None };
                let (left, right) = (self.value(left, left.span)?, self.value(right, right.span)?);
                Some(left.text()? == right.text()?)
            }
            _ => None,
        }
    }

    fn substituted(&self, argument: &'t Node) -> V {
        let (text, variables) = match &argument.kind {
            Kind::String(text) => (text.as_str(), None),
            Kind::List(items) => match items.as_slice() {
                [Node { kind: Kind::String(text), .. }, variables] => (text.as_str(), Some(variables)),
                _ => return V::Unknown,
            },
            _ => return V::Unknown,
        };
        let mut known: HashMap<&str, V> = HashMap::new();
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                result.push_str("${");
                rest = after;
                continue;
            };
            rest = tail;
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
                continue;
            }
            let variable = variables.and_then(|variables| variables.get(name));
            let value = match variable {
                // Once each: one that stands ten times, in ten levels, would be evaluated ten billion times.
                Some(node) => known
                    .entry(name)
                    .or_insert_with(|| self.value(node, node.span).map_or(V::Unknown, |value| value.kind))
                    .clone(),
                None if name.contains('.') => V::Link(name.split('.').next().unwrap_or_default().to_owned()),
                None => self.reference(name),
            };
            if result.is_empty() && rest.is_empty() && before.is_empty() {
                return value;
            }
            push(&mut result, &value);
            if result.len() > VALUE {
                return V::Unknown;
            }
        }
        result.push_str(rest);
        self.kept(result)
    }

    fn joined(&self, argument: &'t Node) -> Option<V> {
        let [delimiter, items] = argument.as_list()? else { return None };
        let delimiter = delimiter.as_str()?;
        let value = self.value(items, items.span)?;
        let V::List(items) = value.kind else { return None };
        let mut text = String::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push_str(delimiter);
            }
            push(&mut text, &item.kind);
            if text.len() > VALUE {
                return None;
            }
        }
        Some(self.kept(text))
    }

    /// A text that was made, if there is room for it.
    fn kept(&self, text: String) -> V {
        match self.room.get().checked_sub(text.len()) {
            Some(left) if text.len() <= VALUE => {
                self.room.set(left);
                V::Text(text)
            }
            _ => V::Unknown,
        }
    }

    fn selected(&self, argument: &'t Node) -> Option<V> {
        let [index, list] = argument.as_list()? else { return None };
        let index = self.value(index, index.span)?.integer()?;
        let V::List(items) = self.value(list, list.span)?.kind else { return None };
        usize::try_from(index).ok().and_then(|index| items.into_iter().nth(index)).map(|item| item.kind)
    }

    fn split(&self, argument: &'t Node) -> Option<V> {
        let [delimiter, source] = argument.as_list()? else { return None };
        let value = self.value(source, source.span)?;
        let (text, span) = (value.text()?, source.span);
        let items = text.split(delimiter.as_str().filter(|delimiter| !delimiter.is_empty())?);
        Some(V::List(items.map(|item| Val { kind: V::Text(item.to_owned()), span }).collect()))
    }

    fn mapped(&self, argument: &'t Node) -> Option<V> {
        let [map, first, second, ..] = argument.as_list()? else { return None };
        let key = |node: &'t Node| Some(self.value(node, node.span)?.text()?.to_owned());
        let (map, first, second) = (key(map)?, key(first)?, key(second)?);
        let node = &self.mappings.iter().find(|entry| entry.key == map)?.value;
        let node = node.get(&first)?.get(&second)?;
        // A mapping holds literals. A function in one would be a way to go round in circles.
        let literal = |node: &Node| match &node.kind {
            Kind::String(text) => Some(V::Text(text.clone())),
            Kind::Number(number) => Some(V::Number(number.to_string())),
            Kind::Bool(flag) => Some(V::Bool(*flag)),
            _ => None,
        };
        match &node.kind {
            Kind::List(items) => {
                let items = items.iter().map(|item| Some(Val { kind: literal(item)?, span: item.span }));
                items.collect::<Option<_>>().map(V::List)
            }
            _ => literal(node),
        }
    }
}

fn push(text: &mut String, value: &V) {
    match value {
        V::Text(part) | V::Number(part) => text.push_str(part),
        V::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        _ => text.push(HOLE),
    }
}

fn parameter(declared: &Node, given: Option<&str>) -> Option<V> {
    let kind = declared.get("Type").and_then(Node::as_str).unwrap_or("String");
    let hidden = declared.get("NoEcho").is_some_and(|node| match &node.kind {
        Kind::Bool(flag) => *flag,
        Kind::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    });
    if hidden || kind.starts_with("AWS::SSM::Parameter::Value") {
        return None;
    }
    let node = declared.get("Default");
    let text = match (given, node.map(|node| &node.kind)) {
        (Some(text), _) => text.to_owned(),
        (None, Some(Kind::String(text))) => text.clone(),
        (None, Some(Kind::Number(number))) => number.to_string(),
        (None, Some(Kind::Bool(flag))) => flag.to_string(),
        _ => return None,
    };
    let span = node.map_or(declared.span, |node| node.span);
    if kind.starts_with("List<") || kind == "CommaDelimitedList" {
        let items = text.split(',').map(|item| Val { kind: V::Text(item.trim().to_owned()), span });
        return Some(V::List(items.collect()));
    }
    Some(V::Text(text))
}
