//! Values from outside of the expression: mappings, exports of other stacks, availability zones.

use std::collections::HashMap;

use super::document::{Document, macro_name, macro_problem, scalar};
use super::evaluate::{Evaluated, Evaluator, Section, Stop, function};
use super::nearest::did_you_mean;
use super::place::Place;
use crate::call::Lookup;
use crate::expr::Expr;
use crate::problem::{Problem, Span};
use crate::template::{Entry, Kind, Node};

/// What `Fn::GetStackOutput` takes.
const OUTPUT_PARTS: [&str; 4] = ["StackName", "OutputName", "Region", "RoleArn"];

/// The mappings by name; malformed ones are reported and left out.
pub(super) fn mappings<'t>(document: &Document<'t>, problems: &mut Vec<Problem>) -> HashMap<&'t str, &'t [Entry]> {
    let section = Place::section("Mappings");
    let mut mappings = HashMap::with_capacity(document.mappings.len());
    for mapping in document.mappings {
        let at = section.key(&mapping.key);
        if mapping.key == "Fn::Transform" {
            problems.push(macro_problem(&macro_name(&mapping.value), mapping.key_span).at(at.to_string()));
            continue;
        }
        let Kind::Map(tops) = &mapping.value.kind else {
            problems.push(invalid(mapping.value.span, &at, "A mapping is an object of objects"));
            continue;
        };
        for top in tops {
            let at = at.key(&top.key);
            if top.key == "Fn::Transform" {
                problems.push(macro_problem(&macro_name(&top.value), top.key_span).at(at.to_string()));
            } else if let Kind::Map(seconds) = &top.value.kind {
                for second in seconds {
                    if !is_mapped(&second.value) {
                        let at = at.key(&second.key);
                        problems.push(invalid(
                            second.value.span,
                            &at,
                            "A mapping holds strings and lists of strings, no functions",
                        ));
                    }
                }
            } else {
                problems.push(invalid(top.value.span, &at, "A mapping is an object of objects"));
            }
        }
        mappings.insert(mapping.key.as_str(), tops.as_slice());
    }
    mappings
}

fn invalid(span: Span, at: &Place<'_>, message: &str) -> Problem {
    Problem::error("invalid_mapping", span, message).at(at.to_string())
}

fn is_mapped(node: &Node) -> bool {
    match &node.kind {
        Kind::List(items) => items.iter().all(|item| scalar(item).is_some()),
        _ => scalar(node).is_some(),
    }
}

impl Evaluator<'_> {
    /// `Fn::FindInMap`.
    pub(super) fn find_in_map(&mut self, argument: &Node, at: &Place<'_>) -> Evaluated {
        const TAKES: &str = "A mapping's name, a top-level key and a second-level key";
        let Kind::List(items) = &argument.kind else { return self.arity("Fn::FindInMap", argument, at, TAKES) };
        let (keys, fallback) = match items.as_slice() {
            [name, top, second] => ([name, top, second], None),
            [name, top, second, Node { kind: Kind::Map(options), .. }] => match options.as_slice() {
                [fallback] if fallback.key == "DefaultValue" => ([name, top, second], Some(fallback)),
                _ => return self.arity("Fn::FindInMap", argument, at, "three keys and `DefaultValue`"),
            },
            _ => return self.arity("Fn::FindInMap", argument, at, TAKES),
        };
        let mut texts = keys.into_iter().enumerate().map(|(index, node)| {
            let at = at.index(index);
            self.plain_key(node, &at)?;
            self.known_text(node, &at, "A key of Fn::FindInMap")
        });
        let (name, top, second) = (texts.next(), texts.next(), texts.next());
        drop(texts);
        let (Some(name), Some(top), Some(second)) = (name, top, second) else { return Err(Stop) };
        let keys = name.and_then(|name| Ok((name, top?, second?)));
        let found = keys.map(|(name, top, second)| self.mapped(&name, &top, &second));
        let default = fallback.map(|fallback| {
            let at = at.index(3);
            // `AWS::NoValue` removes the property, as it does anywhere else.
            self.with_dead(!matches!(found, Ok(Err(_))), |this| this.raw(&fallback.value, &at.key("DefaultValue")))
        });
        match (found?, default) {
            (Ok(found), _) => Ok(Some(found)),
            (Err(_), Some(default)) => default,
            (Err((sentence, help)), None) => {
                let problem = self.problem("unknown_mapping_key", argument.span, at, sentence).help(help);
                self.refuse_value(problem)
            }
        }
    }

    /// Without `AWS::LanguageExtensions` a key is a text, `Ref` or `Fn::FindInMap`.
    fn plain_key(&mut self, node: &Node, at: &Place<'_>) -> Result<(), Stop> {
        match &node.kind {
            Kind::Map(entries) if !self.extensions => match function(entries) {
                Some(entry) if entry.key != "Ref" && entry.key != "Fn::FindInMap" => {
                    let what = format!("{} in Fn::FindInMap", entry.key);
                    self.extension(&what, entry.key_span, at)
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// What a mapping holds; else a sentence and a help text. A secret key (inner `Err`) is not shown.
    fn mapped(
        &self,
        name: &Result<String, String>,
        top: &Result<String, String>,
        second: &Result<String, String>,
    ) -> Result<Expr, (String, String)> {
        fn text(key: &Result<String, String>) -> &str {
            match key {
                Ok(text) | Err(text) => text,
            }
        }
        let secret = name.is_err() || top.is_err() || second.is_err();
        let missing = |kind: &str, key: &str, known: Vec<&str>| {
            if secret {
                return (
                    format!("The mapping has no such {kind} (its keys come from a NoEcho parameter)"),
                    String::new(),
                );
            }
            let help = did_you_mean(key, known.iter().copied()).unwrap_or_else(|| listed(known));
            (format!("There is no {kind} `{key}`"), help)
        };
        let keys = |entries: &'_ [Entry]| entries.iter().map(|entry| entry.key.clone()).collect::<Vec<_>>();
        let Some(tops) = self.mappings.get(text(name)) else {
            return Err(missing("mapping", text(name), self.mappings.keys().copied().collect()));
        };
        let Some(top_entry) = tops.iter().find(|entry| entry.key == text(top)) else {
            let keys = keys(tops);
            return Err(missing(
                &format!("key in mapping `{}`", shown(name)),
                text(top),
                keys.iter().map(String::as_str).collect(),
            ));
        };
        let seconds: &[Entry] = if let Kind::Map(seconds) = &top_entry.value.kind { seconds } else { &[] };
        match seconds.iter().find(|entry| entry.key == text(second)) {
            Some(entry) => Ok(match &entry.value.kind {
                Kind::List(items) => Expr::List(items.iter().filter_map(plain).collect()),
                _ => plain(&entry.value).unwrap_or(Expr::Null),
            }),
            None => {
                let keys = keys(seconds);
                let kind = format!("key in mapping `{}` under `{}`", shown(name), shown(top));
                Err(missing(&kind, text(second), keys.iter().map(String::as_str).collect()))
            }
        }
    }

    /// `Fn::ImportValue`.
    pub(super) fn import_value(&mut self, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        self.outside("Fn::ImportValue", argument, at)?;
        let name = self.public_text(argument, at, "The name that Fn::ImportValue takes")?;
        match self.find(Lookup::Import { name: name.clone() }, argument.span, at)? {
            serde_json::Value::Bool(true) if self.early() => {
                let message = format!("Export `{name}` is needed before anything is deployed, and is still to be made");
                let problem = self
                    .problem("not_known_yet", argument.span, at, message)
                    .help("Deploy the stack that exports it first");
                self.refuse(problem)
            }
            serde_json::Value::Bool(true) => Ok(Expr::Import(name)),
            value => Ok(Expr::known(value.clone())),
        }
    }

    /// `Fn::GetStackOutput`: a weak reference, whose value is that of the moment in which the plan is made.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html>
    pub(super) fn stack_output(&mut self, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        const NAME: &str = "Fn::GetStackOutput";
        self.outside(NAME, argument, at)?;
        let entries: &[Entry] = if let Kind::Map(entries) = &argument.kind { entries } else { &[] };
        let part = |name: &str| entries.iter().find(|entry| entry.key == name);
        let strange = entries.iter().find(|entry| !OUTPUT_PARTS.contains(&entry.key.as_str()));
        let (stack, output) = match (part("StackName"), part("OutputName"), strange) {
            (Some(stack), Some(output), None) => (stack, output),
            (.., strange) => {
                let span = strange.map_or(argument.span, |entry| entry.key_span);
                let message =
                    format!("{NAME} takes an object of StackName and OutputName, and perhaps Region and RoleArn");
                let problem = self.problem("invalid_argument", span, at, message);
                return self.refuse(problem);
            }
        };
        let stack = self.public_text(&stack.value, &at.key(&stack.key), "The StackName of Fn::GetStackOutput");
        let output = self.public_text(&output.value, &at.key(&output.key), "The OutputName of Fn::GetStackOutput");
        let mut optional = |name: &str, what: &str| match part(name) {
            Some(entry) => self.optional_text(&entry.value, &at.key(name), what),
            None => Ok(None),
        };
        let region = optional("Region", "The Region of Fn::GetStackOutput");
        let role = optional("RoleArn", "The RoleArn of Fn::GetStackOutput");
        let (stack, output, region) = (stack?, output?, region?);
        let region = region.unwrap_or_else(|| self.world.context.region.clone());
        if let Some(role) = role? {
            let message = format!("Output `{output}` of stack `{stack}` would have to be read as {role}");
            let problem = self
                .problem("output_of_another_account", argument.span, at, message)
                .help("Only stacks of the same account are read: leave RoleArn out, or pass the value as a parameter");
            return self.refuse(problem);
        }
        if stack == self.world.stack && region == self.world.context.region {
            let problem = self
                .problem("own_output", argument.span, at, format!("{stack} is this stack itself"))
                .help("Write what the output's Value says: a Ref or Fn::GetAtt");
            return self.refuse(problem);
        }
        let value = self.find(Lookup::Output { stack, output, region }, argument.span, at)?;
        Ok(Expr::known(value.clone()))
    }

    /// `Fn::GetAZs`.
    pub(super) fn availability_zones(&mut self, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        self.outside("Fn::GetAZs", argument, at)?;
        if argument.kind == Kind::Null {
            let problem = self
                .problem("null_value", argument.span, at, "Null is not a region")
                .help("Write \"\" for the region of the stack");
            return self.refuse(problem);
        }
        let region = match self.public_text(argument, at, "The region that Fn::GetAZs takes")? {
            none if none.is_empty() => self.world.context.region.clone(),
            region => region,
        };
        let zones = self.find(Lookup::AvailabilityZones { region }, argument.span, at)?;
        Ok(Expr::known(zones.clone()))
    }

    /// Refuses a function that looks outside of the template where parameters are compared.
    fn outside(&mut self, name: &str, argument: &Node, at: &Place<'_>) -> Result<(), Stop> {
        if !matches!(self.section, Section::Conditions | Section::Rules) {
            return Ok(());
        }
        let problem = self
            .problem("misplaced_function", argument.span, at, format!("`{name}` cannot stand in a condition or rule"))
            .help("Only parameters, pseudo parameters and mappings are known there");
        self.refuse(problem)
    }
}

fn shown(key: &Result<String, String>) -> &str {
    key.as_deref().unwrap_or("***")
}

fn listed(mut known: Vec<&str>) -> String {
    known.sort_unstable();
    match known.as_slice() {
        [] => "It has none".into(),
        few if few.len() <= 8 => format!("There are {}", few.join(", ")),
        _ => String::new(),
    }
}

fn plain(node: &Node) -> Option<Expr> {
    match &node.kind {
        Kind::String(text) => Some(Expr::Str(text.clone())),
        Kind::Number(number) => Some(Expr::Number(number.clone())),
        Kind::Bool(flag) => Some(Expr::Bool(*flag)),
        _ => None,
    }
}
