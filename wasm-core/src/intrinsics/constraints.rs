//! What a parameter declaration demands of its value.
//!
//! For list types each item has to comply; for SSM parameter types the name does, as in CloudFormation.

use regex_lite::Regex;

use super::document::scalar;
use super::place::Place;
use crate::problem::{Problem, Span};
use crate::template::{Entry, Kind, Node};

/// The constraints of one parameter.
#[derive(Default)]
pub(super) struct Constraints<'t> {
    pub(super) allowed_values: Vec<String>,
    /// ConstraintDescription: the way out in the author's words.
    pub(super) description: Option<&'t str>,
    restricted: bool,
    pattern: Option<(&'t str, Option<Regex>)>,
    min_length: Option<f64>,
    max_length: Option<f64>,
    min_value: Option<f64>,
    max_value: Option<f64>,
}

/// Reads the constraints among a parameter's attributes.
pub(super) fn read<'t>(
    name: &str,
    attributes: &'t [Entry],
    at: &Place<'_>,
    problems: &mut Vec<Problem>,
) -> Constraints<'t> {
    let mut constraints = Constraints::default();
    for attribute in attributes {
        let key = attribute.key.as_str();
        let understood = match (key, &attribute.value.kind) {
            ("AllowedValues", Kind::List(values)) => {
                constraints.restricted = true;
                constraints.allowed_values = values.iter().filter_map(scalar).collect();
                constraints.allowed_values.len() == values.len()
            }
            ("AllowedPattern", Kind::String(pattern)) => {
                constraints.pattern = Some((pattern, Regex::new(&format!(r"\A(?:{pattern})\z")).ok()));
                true
            }
            ("ConstraintDescription", Kind::String(text)) => {
                constraints.description = Some(text);
                true
            }
            ("Description", Kind::String(text)) => text.len() <= 4000,
            ("MinLength", _) => limit(&attribute.value, &mut constraints.min_length),
            ("MaxLength", _) => limit(&attribute.value, &mut constraints.max_length),
            ("MinValue", _) => limit(&attribute.value, &mut constraints.min_value),
            ("MaxValue", _) => limit(&attribute.value, &mut constraints.max_value),
            ("AllowedValues" | "AllowedPattern" | "ConstraintDescription" | "Description", _) => false,
            _ => true,
        };
        if !understood {
            let what = match key {
                "AllowedValues" => "a list of strings or numbers",
                "Description" => "a string of at most 4,000 bytes",
                "AllowedPattern" | "ConstraintDescription" => "a string",
                _ => "a number",
            };
            let message = format!("`{key}` of parameter `{name}` is not {what}");
            problems.push(
                Problem::error("invalid_parameter_declaration", attribute.value.span, message)
                    .at(at.key(key).to_string()),
            );
        }
    }
    constraints
}

fn limit(node: &Node, place: &mut Option<f64>) -> bool {
    *place = scalar(node).and_then(|text| text.trim().parse().ok());
    place.is_some()
}

impl Constraints<'_> {
    /// Checks a value; the error ends a sentence that begins with whose value it is. `shown`: what may be quoted.
    pub(super) fn check(&self, value: &str, number: bool, shown: Option<&str>) -> Result<(), String> {
        let quoted = shown.map_or(String::new(), |text| format!("(`{text}`) "));
        if self.restricted && !self.allowed_values.iter().any(|allowed| same(allowed, value, number)) {
            let among = match shown {
                Some(_) => format!(": {}", self.allowed_values.join(", ")),
                None => String::new(),
            };
            return Err(format!("{quoted}is not one of the allowed values{among}"));
        }
        if let Some((pattern, Some(regex))) = &self.pattern
            && !regex.is_match(value)
        {
            return Err(format!("{quoted}does not match the pattern {pattern}"));
        }
        let length = u32::try_from(value.chars().count()).map_or(f64::INFINITY, f64::from);
        if let Some(limit) = self.min_length.filter(|limit| length < *limit) {
            return Err(format!("{quoted}is shorter than {limit} characters"));
        }
        if let Some(limit) = self.max_length.filter(|limit| length > *limit) {
            return Err(format!("{quoted}is longer than {limit} characters"));
        }
        let Some(number) = value.trim().parse::<f64>().ok().filter(|_| number) else { return Ok(()) };
        if let Some(limit) = self.min_value.filter(|limit| number < *limit) {
            return Err(format!("{quoted}is less than {limit}"));
        }
        if let Some(limit) = self.max_value.filter(|limit| number > *limit) {
            return Err(format!("{quoted}is more than {limit}"));
        }
        Ok(())
    }

    /// The warning about a pattern that cannot be checked here.
    pub(super) fn unchecked(&self, name: &str, span: Span) -> Option<Problem> {
        let (pattern, None) = self.pattern.as_ref()? else { return None };
        let message = format!("The AllowedPattern of parameter `{name}` is not checked: {pattern}");
        Some(
            Problem::warning("pattern_not_checked", span, message)
                .at(format!("Parameters/{name}/AllowedPattern"))
                .help("Patterns are checked in linear time, without look-around and back references"),
        )
    }
}

fn same(allowed: &str, value: &str, number: bool) -> bool {
    let as_number = |text: &str| text.trim().parse::<f64>().ok();
    allowed == value || (number && as_number(allowed).is_some() && as_number(allowed) == as_number(value))
}
