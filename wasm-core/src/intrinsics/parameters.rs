//! Parameters: what a template declares, which value each has, and what `Ref` makes of it.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
//!
//! A value given now comes first, then the one of the last deployment (never for NoEcho), then the default.

use std::collections::HashMap;

use serde_json::Value;
use zeroize::Zeroize;

use super::constraints::{self, Constraints};
use super::document::{Document, is_logical_id, scalar};
use super::evaluate::{Evaluator, Section, Stop};
use super::nearest::did_you_mean;
use super::place::Place;
use super::world::World;
use crate::call::{DeclaredParameter, Lookup};
use crate::expr::Expr;
use crate::expr::functions;
use crate::problem::{Problem, Span};
use crate::secret::GivenParameters;
use crate::template::{Entry, Kind, Node};

const ATTRIBUTES: [&str; 11] = [
    "Type",
    "Default",
    "AllowedValues",
    "AllowedPattern",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
    "NoEcho",
    "Description",
    "ConstraintDescription",
];

/// Types whose value names something in the account.
const ACCOUNT_TYPES: [&str; 11] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
    "AWS::SSM::Parameter::Name",
];

/// The one of [`ACCOUNT_TYPES`] inside a type.
fn account_type(type_name: &str) -> Option<&'static str> {
    let inner =
        |text: &str, around: &str| -> Option<String> { Some(text.strip_prefix(around)?.strip_suffix('>')?.to_owned()) };
    let held = inner(type_name, "AWS::SSM::Parameter::Value<").unwrap_or_else(|| type_name.to_owned());
    let item = inner(&held, "List<").unwrap_or(held);
    ACCOUNT_TYPES.into_iter().find(|name| *name == item)
}

/// What a parameter's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    List,
    NumberList,
    /// The name of an SSM parameter, and whether that holds a list.
    Looked {
        list: bool,
    },
}

impl Shape {
    /// The shape of a parameter type.
    fn of(type_name: &str) -> Option<Self> {
        let inner = |prefix| type_name.strip_prefix(prefix).and_then(|rest: &str| rest.strip_suffix('>'));
        if let Some(held) = inner("AWS::SSM::Parameter::Value<") {
            return match Self::of(held)? {
                Self::Text => Some(Self::Looked { list: false }),
                Self::List => Some(Self::Looked { list: true }),
                _ => None,
            };
        }
        if let Some(item) = inner("List<") {
            return match item {
                "Number" => Some(Self::NumberList),
                "String" => Some(Self::List),
                _ if ACCOUNT_TYPES.contains(&item) => Some(Self::List),
                _ => None,
            };
        }
        match type_name {
            "String" => Some(Self::Text),
            "Number" => Some(Self::Number),
            "CommaDelimitedList" => Some(Self::List),
            _ if ACCOUNT_TYPES.contains(&type_name) => Some(Self::Text),
            _ => None,
        }
    }

    /// Whether `Ref` gives a list.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::List | Self::NumberList | Self::Looked { list: true })
    }
}

/// A parameter as declared.
pub(super) struct Declaration<'t> {
    pub(super) name: &'t str,
    span: Span,
    type_name: &'t str,
    shape: Shape,
    default: Option<String>,
    no_echo: bool,
    constraints: Constraints<'t>,
}

impl Declaration<'_> {
    /// For `inspect`.
    pub(super) fn declared(&self) -> DeclaredParameter {
        DeclaredParameter {
            name: self.name.to_owned(),
            type_name: self.type_name.to_owned(),
            default: self.default.clone(),
            no_echo: self.no_echo,
            allowed_values: self.constraints.allowed_values.clone(),
        }
    }

    fn problem(&self, code: &str, message: String) -> Problem {
        Problem::error(code, self.span, message).at(format!("Parameters/{}", self.name))
    }
}

/// A parameter's effective value.
#[derive(Clone)]
pub(super) struct Given {
    text: String,
    shape: Shape,
    no_echo: bool,
    /// What of the account it names.
    account: Option<&'static str>,
}

impl Drop for Given {
    fn drop(&mut self) {
        if self.no_echo {
            self.text.zeroize();
        }
    }
}

impl Given {
    /// The value as given; of an SSM parameter type the SSM parameter's name.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The type of what it names in the account, list or SSM parameter or not.
    pub(super) fn account_type(&self) -> Option<&'static str> {
        self.account
    }

    /// Whether `Ref` gives a list.
    pub(super) fn is_list(&self) -> bool {
        self.shape.is_list()
    }

    /// The value of a NoEcho parameter.
    pub(super) fn hidden(&self) -> Option<&str> {
        self.no_echo.then_some(self.text.as_str())
    }

    /// What is recorded of it.
    pub(super) fn recorded(mut self) -> Option<String> {
        (!self.no_echo).then(|| std::mem::take(&mut self.text))
    }
}

/// Reads the section `Parameters`; malformed declarations are reported and left out.
pub(super) fn declarations<'t>(document: &Document<'t>, problems: &mut Vec<Problem>) -> Vec<Declaration<'t>> {
    document.parameters.iter().filter_map(|entry| declaration(entry, problems)).collect()
}

fn declaration<'t>(entry: &'t Entry, problems: &mut Vec<Problem>) -> Option<Declaration<'t>> {
    let section = Place::section("Parameters");
    let at = section.key(&entry.key);
    let mut refuse = |code: &str, span: Span, at: &Place<'_>, message: String, help: String| {
        problems.push(Problem::error(code, span, message).at(at.to_string()).help(help));
    };
    if !is_logical_id(&entry.key) {
        let message = format!("`{}` is not a parameter name", entry.key);
        refuse("invalid_name", entry.key_span, &at, message, "Use letters and digits only".into());
    }
    let Kind::Map(attributes) = &entry.value.kind else {
        let message = format!("Parameter `{}` is not an object", entry.key);
        refuse("invalid_parameter_declaration", entry.value.span, &at, message, "It needs at least `Type`".into());
        return None;
    };
    for attribute in attributes.iter().filter(|attribute| !ATTRIBUTES.contains(&attribute.key.as_str())) {
        let message = format!("A parameter has no attribute `{}`", attribute.key);
        let help = did_you_mean(&attribute.key, ATTRIBUTES).unwrap_or_default();
        refuse("unknown_attribute", attribute.key_span, &at.key(&attribute.key), message, help);
    }
    let find = |name: &str| attributes.iter().find(|attribute| attribute.key == name).map(|found| &found.value);

    let Some(Node { kind: Kind::String(type_name), span }) = find("Type") else {
        let message = format!("Parameter `{}` has no `Type`", entry.key);
        refuse("invalid_parameter_declaration", entry.key_span, &at, message, "Most are `Type: String`".into());
        return None;
    };
    let Some(shape) = Shape::of(type_name) else {
        let message = format!("`{type_name}` is not a parameter type");
        let known = ["String", "Number", "CommaDelimitedList", "List<Number>", "AWS::SSM::Parameter::Value<String>"];
        let help = did_you_mean(type_name, known.into_iter().chain(ACCOUNT_TYPES)).unwrap_or_default();
        refuse("unknown_parameter_type", *span, &at.key("Type"), message, help);
        return None;
    };
    let default = find("Default").and_then(|node| {
        let text = scalar(node);
        if text.is_none() {
            let message = format!("The default of parameter `{}` is not a string or number", entry.key);
            let help = "A list is one string with commas: \"a,b\"".to_owned();
            refuse("invalid_parameter_declaration", node.span, &at.key("Default"), message, help);
        }
        text
    });
    let no_echo = match find("NoEcho") {
        None => false,
        Some(node) => match scalar(node).as_deref() {
            Some("true") => true,
            Some("false") => false,
            _ => {
                let message = format!("`NoEcho` of parameter `{}` is neither true nor false", entry.key);
                refuse("invalid_parameter_declaration", node.span, &at.key("NoEcho"), message, String::new());
                // The careful reading: whoever wrote it wanted something hidden.
                true
            }
        },
    };
    if no_echo && matches!(shape, Shape::Looked { .. }) {
        let message = format!("Parameter `{}` has NoEcho and the value of an SSM parameter", entry.key);
        let help = "Use a dynamic reference `{{resolve:ssm-secure:NAME}}` where the value is used".to_owned();
        refuse("invalid_parameter_declaration", entry.key_span, &at.key("NoEcho"), message, help);
    }
    let constraints = constraints::read(&entry.key, attributes, &at, problems);
    Some(Declaration { name: &entry.key, span: entry.key_span, type_name, shape, default, no_echo, constraints })
}

/// The effective value of every declared parameter, checked; `None` and a problem where there is none.
pub(super) fn given<'t>(
    declarations: &[Declaration<'t>],
    world: &World<'_>,
    problems: &mut Vec<Problem>,
) -> HashMap<&'t str, Option<Given>> {
    unknown(declarations, world.parameters, problems);
    let mut values = HashMap::with_capacity(declarations.len());
    let mut kept: Vec<(&Declaration<'_>, String)> = Vec::new();
    for declared in declarations {
        let value = effective(declared, world).and_then(|(text, origin)| {
            if matches!(origin, Origin::Before) && declared.default.as_ref().is_some_and(|default| *default != text) {
                kept.push((declared, text.clone()));
            }
            check(declared, &text, origin, problems)?;
            Ok(Given {
                text,
                shape: declared.shape,
                no_echo: declared.no_echo,
                account: account_type(declared.type_name),
            })
        });
        values.insert(declared.name, value.map_err(|problem| problems.push(*problem)).ok());
    }
    problems.extend(not_default(&kept));
    values
}

/// Values of the last deployment stay when none are given, as in CloudFormation, so that a `Default` that was changed
/// since is not taken. Said once for all of them.
fn not_default(kept: &[(&Declaration<'_>, String)]) -> Option<Problem> {
    let (first, _) = kept.first()?;
    let of = |(declared, text): &(&Declaration<'_>, String)| {
        let default = declared.default.as_deref().unwrap_or_default();
        format!("{} ({}, default {})", declared.name, short(text), short(default))
    };
    let named = kept.iter().map(of).collect::<Vec<_>>().join(", ");
    let message = format!("The value of the last deployment is kept where the template's default is another: {named}");
    let problem = Problem::warning("default_not_taken", first.span, message).at(format!("Parameters/{}", first.name));
    Some(problem.help("Give a parameter its value to change it"))
}

/// A value quoted, its beginning if it is long.
fn short(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("\"{}…\"", text.get(..end).unwrap_or_default()),
        None => format!("\"{text}\""),
    }
}

fn unknown(declarations: &[Declaration<'_>], values: &GivenParameters, problems: &mut Vec<Problem>) {
    for name in values.names() {
        if declarations.iter().any(|declared| declared.name == name) {
            continue;
        }
        let help = did_you_mean(name, declarations.iter().map(|declared| declared.name));
        problems.push(
            Problem::error("unknown_parameter", Span::default(), format!("The template has no parameter `{name}`"))
                .help(help.unwrap_or_else(|| "Leave it out, or declare it in `Parameters`".into())),
        );
    }
}

/// Where a value comes from, as problems call it.
#[derive(Clone, Copy)]
enum Origin {
    Now,
    Before,
    Default,
}

fn effective(declared: &Declaration<'_>, world: &World<'_>) -> Result<(String, Origin), Box<Problem>> {
    let name = declared.name;
    let before = world.previous.and_then(|previous| previous.get(name));
    if let Some(text) = world.parameters.get(name) {
        return Ok((text.to_owned(), Origin::Now));
    }
    if let (Some(Some(text)), false) = (before, declared.no_echo) {
        return Ok((text.clone(), Origin::Before));
    }
    if let Some(text) = &declared.default {
        return Ok((text.clone(), Origin::Default));
    }
    let problem = if before.is_some() {
        declared.problem(
            "parameter_required",
            format!("The value of NoEcho parameter `{name}` is not stored and has to be given again"),
        )
    } else {
        declared.problem("missing_parameter", format!("Parameter `{name}` has no value"))
    };
    Err(Box::new(problem.help("Give it a value")))
}

fn check(
    declared: &Declaration<'_>,
    text: &str,
    origin: Origin,
    problems: &mut Vec<Problem>,
) -> Result<(), Box<Problem>> {
    let (shape, name) = (declared.shape, declared.name);
    let invalid = |what: String| {
        let whose = match origin {
            Origin::Now => "The value",
            Origin::Before => "The value of the last deployment",
            Origin::Default => "The default",
        };
        let help = declared.constraints.description.map_or_else(String::new, str::to_owned);
        Box::new(declared.problem("invalid_parameter", format!("{whose} of parameter `{name}` {what}")).help(help))
    };
    let members: Vec<&str> = match shape {
        Shape::List | Shape::NumberList => text.split(',').map(str::trim).collect(),
        _ => vec![text],
    };
    let numbers = matches!(shape, Shape::Number | Shape::NumberList);
    if numbers && !members.iter().all(|member| member.trim().parse::<f64>().is_ok_and(f64::is_finite)) {
        return Err(invalid(
            if shape == Shape::Number { "is not a number" } else { "is not a list of numbers" }.into(),
        ));
    }
    if declared.no_echo && shape.is_list() && text.split(',').any(|member| member != member.trim()) {
        return Err(invalid("has blanks around its commas, which a NoEcho list cannot have".into()));
    }
    if matches!(shape, Shape::Looked { .. }) && text.is_empty() {
        return Err(invalid("is empty, where the name of an SSM parameter belongs".into()));
    }
    for member in members {
        let shown = (!declared.no_echo).then_some(member);
        declared.constraints.check(member, numbers, shown).map_err(&invalid)?;
    }
    if let Some(warning) = declared.constraints.unchecked(name, declared.span) {
        problems.push(warning);
    }
    Ok(())
}

/// A looked-up value as one text.
pub(super) fn joined(found: &Value) -> String {
    match found {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(joined).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

impl Evaluator<'_> {
    /// `Ref` of a declared parameter.
    pub(super) fn parameter(&mut self, name: &str, span: Span, at: &Place<'_>) -> Result<Expr, Stop> {
        let Some(Some(given)) = self.given.get(name) else { return Err(Stop) };
        if given.no_echo {
            let list = given.shape.is_list();
            if !self.dead && matches!(self.section, Section::Resources | Section::Outputs) {
                self.no_echo.insert(name.to_owned());
            }
            let secret = Expr::Secret(format!("parameter:{name}"));
            let value = if list { functions::split(",", secret) } else { Ok(secret) };
            return self.computed(value, span, at);
        }
        let list = |text: &str| Expr::List(text.split(',').map(|item| Expr::Str(item.trim().to_owned())).collect());
        match given.shape {
            Shape::Text | Shape::Number => Ok(Expr::Str(given.text.clone())),
            Shape::List | Shape::NumberList => Ok(list(&given.text)),
            Shape::Looked { list: wants_list } => {
                let lookup = Lookup::SsmParameter { name: given.text.clone() };
                let found = joined(self.find(lookup, span, at)?);
                Ok(if wants_list { list(&found) } else { Expr::Str(found) })
            }
        }
    }
}
