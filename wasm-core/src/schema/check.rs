//! Mistakes in a resource's properties that its schema shows before any call is made.
//!
//! No false alarms: where the schema leaves room (alternatives, free-form JSON, values not known yet) nothing is said.
//! Values are judged as [`super::coerce`] would leave them, so it may run before or after.

use std::borrow::Cow;

use crate::expr::{Call, Expr};

use super::coerce::{native, scalar};
use super::kind::{Kind, Object, Property, Union};
use super::nearest::nearest;
use super::resource::ResourceType;

/// Code of a boolean where a word is wanted. A warning, because enumerations of the registry may lag behind.
pub const BOOLEAN_FOR_WORD: &str = "boolean_for_word";

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where, below `Properties`: `KeySchema/0/AttributeName`.
    pub path: String,
    /// `unknown_property`, `missing_property`, `wrong_kind` or `read_only_property`.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// The way out; empty where the message says it.
    pub help: String,
}

/// Mistakes in the properties of a resource, in template order.
#[must_use]
pub fn check(resource_type: ResourceType, properties: &Expr) -> Vec<Complaint> {
    let mut checker =
        Checker { resource_type, read_only: resource_type.read_only(), path: Vec::new(), found: Vec::new() };
    // A custom resource's provider defines its properties, not the registry.
    if resource_type.name() != "AWS::CloudFormation::CustomResource" {
        checker.object(resource_type.object(), properties);
    }
    checker.found
}

struct Checker<'e> {
    resource_type: ResourceType,
    read_only: Vec<&'static str>,
    path: Vec<Cow<'e, str>>,
    found: Vec<Complaint>,
}

impl<'e> Checker<'e> {
    fn complain(&mut self, code: &'static str, message: String, help: String) {
        self.found.push(Complaint { path: self.path.join("/"), code, message, help });
    }

    fn within(&mut self, segment: impl Into<Cow<'e, str>>, look: impl FnOnce(&mut Self)) {
        self.path.push(segment.into());
        look(self);
        self.path.pop();
    }

    /// Whether the current path is one that only the provider sets.
    fn is_read_only(&self) -> bool {
        let Some(last) = self.path.last() else { return false };
        // Most differ in the end, which is seen without taking them apart.
        let alike = self.read_only.iter().filter(|pattern| pattern.ends_with(&**last) || pattern.ends_with('*'));
        alike.into_iter().any(|pattern| {
            let segments = pattern.split('/');
            segments.clone().count() == self.path.len()
                && segments.zip(&self.path).all(|(wanted, given)| wanted == "*" || wanted == given)
        })
    }

    fn object(&mut self, object: Object, value: &'e Expr) {
        let Expr::Map(entries) = value else {
            self.shape("an object", value, Yields::Any);
            return;
        };
        let (declared, missing) = object.members(entries.iter().map(|(name, _)| name.as_str()));
        for ((name, entry), property) in entries.iter().zip(declared) {
            let declared = property.map(|property| property.kind);
            self.within(name, |checker| match declared.or_else(|| object.others()) {
                None => checker.unknown(object, name),
                Some(_) if checker.is_read_only() => checker.complain(
                    "read_only_property",
                    format!("{name} of {} is set by AWS and cannot be given", checker.resource_type.name()),
                    "Remove it; other resources get its value by Fn::GetAtt.".to_owned(),
                ),
                Some(kind) => {
                    checker.kind(kind, entry);
                    checker.boolean(property, name, entry);
                }
            });
        }
        for property in missing {
            self.within(property.name, |checker| {
                if !checker.is_read_only() {
                    let owner = checker.owner();
                    checker.complain("missing_property", format!("{owner} needs {}", property.name), String::new());
                }
            });
        }
    }

    /// A boolean where an enumeration is wanted: YAML reads `OFF` and `NO` so, and sends `false`.
    fn boolean(&mut self, property: Option<Property>, name: &str, value: &Expr) {
        let flag = match value {
            Expr::Bool(flag) => flag.to_string(),
            // As `coerce` leaves it.
            Expr::Str(text) if text == "true" || text == "false" => text.clone(),
            _ => return,
        };
        let Some(allowed) = property.filter(|it| matches!(it.kind, Kind::String)).map(Property::allowed) else {
            return;
        };
        if allowed.is_empty() || allowed.iter().any(|one| one.eq_ignore_ascii_case(&flag)) {
            return;
        }
        self.complain(
            BOOLEAN_FOR_WORD,
            format!("{name} is the boolean {flag} here, which is not among its values ({})", allowed.join(", ")),
            "YAML reads ON, OFF, YES and NO as booleans: put the word in quotes.".to_owned(),
        );
    }

    /// The object that the last segment of the path is a member of.
    fn owner(&self) -> String {
        let type_name = self.resource_type.name();
        match self.path.iter().rev().skip(1).find(|segment| !is_index(segment)) {
            None => type_name.to_owned(),
            Some(name) => format!("{name} of {type_name}"),
        }
    }

    fn unknown(&mut self, object: Object, name: &str) {
        let names = || object.properties().map(|property| property.name);
        let help = match nearest(name, names()) {
            Some(near) => format!("Did you mean {near}?"),
            None if names().count() <= MOST_NAMES => format!("It has {}.", names().collect::<Vec<_>>().join(", ")),
            None => String::new(),
        };
        let owner = self.owner();
        self.complain("unknown_property", format!("{owner} has no property {name}"), help);
    }

    fn kind(&mut self, kind: Kind, value: &'e Expr) {
        match kind {
            Kind::Json => {}
            Kind::String => self.scalar("a string", kind, value),
            Kind::Integer => self.scalar("an integer", kind, value),
            Kind::Number => self.scalar("a number", kind, value),
            Kind::Boolean => self.scalar("true or false", kind, value),
            Kind::List(list) => match value {
                Expr::List(items) => {
                    for (place, item) in items.iter().enumerate() {
                        self.within(place.to_string(), |checker| checker.kind(list.item(), item));
                    }
                }
                _ => self.shape("a list", value, Yields::List),
            },
            Kind::Map(map) => match value {
                Expr::Map(entries) => {
                    for (key, entry) in entries {
                        self.within(key, |checker| checker.kind(map.value(), entry));
                    }
                }
                _ => self.shape("an object", value, Yields::Any),
            },
            Kind::Object(object) => self.object(object, value),
            Kind::Union(union) => self.union(union, value),
        }
    }

    /// Fine when any alternative has nothing to say. Otherwise the complaints of the only alternative of the value's
    /// shape, or that no alternative has it; several of that shape: no telling which was meant.
    fn union(&mut self, union: Union, value: &'e Expr) {
        let mut same_shape = Vec::new();
        for kind in union.kinds() {
            let before = self.found.len();
            self.kind(kind, value);
            let complaints = self.found.split_off(before);
            if complaints.is_empty() {
                return;
            }
            let alike = matches!(
                (kind, value),
                (Kind::Object(_) | Kind::Map(_), Expr::Map(_)) | (Kind::List(_), Expr::List(_))
            );
            if alike {
                same_shape.push(complaints);
            }
        }
        match same_shape.pop() {
            None => self.wrong("a value of another kind", value),
            Some(mut only) if same_shape.is_empty() => self.found.append(&mut only),
            Some(_) => {}
        }
    }

    fn scalar(&mut self, wanted: &str, kind: Kind, value: &Expr) {
        let fits = match value {
            Expr::Str(_) | Expr::Number(_) | Expr::Bool(_) => native(kind, value) || scalar(kind, value).is_some(),
            Expr::List(_) | Expr::Map(_) | Expr::Null => false,
            symbolic => yields(symbolic) != Yields::List,
        };
        if !fits {
            self.wrong(wanted, value);
        }
    }

    /// For a value that is no literal list or object where one is wanted.
    fn shape(&mut self, wanted: &str, value: &Expr, accepted: Yields) {
        let fits = match value {
            Expr::Str(_) | Expr::Number(_) | Expr::Bool(_) | Expr::List(_) | Expr::Map(_) | Expr::Null => false,
            symbolic => matches!(yields(symbolic), Yields::Any) || yields(symbolic) == accepted,
        };
        if !fits {
            self.wrong(wanted, value);
        }
    }

    fn wrong(&mut self, wanted: &str, value: &Expr) {
        let given = match value {
            Expr::Null => "null",
            Expr::Bool(_) => "a boolean",
            Expr::Number(_) => "a number",
            Expr::Str(_) => "a string",
            Expr::List(_) => "a list",
            Expr::Map(_) => "an object",
            symbolic if yields(symbolic) == Yields::List => "a function that returns a list",
            _ => "a function that returns a string",
        };
        let place =
            self.path.iter().rev().find(|segment| !is_index(segment)).map_or("Properties", |segment| &**segment);
        let item = if self.path.last().is_some_and(|segment| is_index(segment)) { "an item of " } else { "" };
        let help = match value {
            Expr::Map(entries) if entries.iter().any(|(key, _)| key.starts_with("Rain::")) => {
                "run `rain pkg` first and give its output"
            }
            _ => "",
        };
        self.complain("wrong_kind", format!("{item}{place} must be {wanted}, not {given}"), help.to_owned());
    }
}

fn is_index(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// More names than this are no help in a sentence.
const MOST_NAMES: usize = 12;

/// What a symbolic expression will turn out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Yields {
    Any,
    Scalar,
    List,
}

fn yields(value: &Expr) -> Yields {
    match value {
        Expr::Call(call) => match call.as_ref() {
            Call::Join(..) | Call::Concat(_) | Call::Base64(_) | Call::ToJsonString(_) | Call::Length(_) => {
                Yields::Scalar
            }
            Call::Split(..) | Call::Cidr(..) => Yields::List,
            Call::Select(..) | Call::Dynamic(_) => Yields::Any,
        },
        _ => Yields::Any,
    }
}
