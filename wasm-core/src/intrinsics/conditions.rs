//! Conditions: the section `Conditions`, and what may stand in one.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html>
//!
//! Every condition is evaluated once, before resources. They compare texts: `Fn::Equals` of 1 and "1" is true.

use std::collections::HashMap;

use super::evaluate::{Evaluator, RealValues, Section, Stop};
use super::foreach::Member;
use super::nearest::did_you_mean;
use super::place::Place;
use crate::expr::Expr;
use crate::expr::functions;
use crate::problem::Span;
use crate::template::{Entry, Kind, Node};

/// The conditions of a template while they are evaluated.
pub(super) struct Definitions<'m> {
    nodes: HashMap<&'m str, &'m Node>,
    /// The chain that led to the one being evaluated.
    open: Vec<String>,
}

impl Definitions<'_> {
    /// None: rules cannot name conditions.
    pub(super) fn none() -> Self {
        Definitions { nodes: HashMap::new(), open: Vec::new() }
    }
}

/// CloudFormation documents letters and digits alone for conditions and takes these, too.
fn is_condition_name(name: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'&' | b'_' | b'-');
    (1..=255).contains(&name.len()) && name.bytes().all(taken)
}

impl Evaluator<'_> {
    /// Evaluates the section.
    pub(super) fn evaluate_conditions(&mut self, members: &[Member<'_>]) {
        let nodes = members.iter().map(|member| (&*member.key, &*member.value)).collect();
        let mut definitions = Definitions { nodes, open: Vec::new() };
        let section = Place::section("Conditions");
        self.within(Section::Conditions, |this| {
            for member in members {
                if !is_condition_name(&member.key) {
                    let problem = this
                        .problem(
                            "invalid_name",
                            member.key_span,
                            &section.key(&member.key),
                            format!("`{}` is not a condition's name", member.key),
                        )
                        .help("Use letters, digits, `&`, `_` and `-`, 255 at most");
                    this.note(problem);
                }
                // The outcome is kept by name; a stop has been reported.
                let _ = this.define(&member.key, &mut definitions);
            }
        });
    }

    fn define(&mut self, name: &str, definitions: &mut Definitions<'_>) -> Result<bool, Stop> {
        if let Some(value) = self.conditions.get(name) {
            return *value;
        }
        let Some(node) = definitions.nodes.get(name).copied() else { return Err(Stop) };
        definitions.open.push(name.to_owned());
        let section = Place::section("Conditions");
        let value = self.condition(node, &section.key(name), definitions);
        definitions.open.pop();
        self.conditions.insert(name.to_owned(), value);
        value
    }

    /// The value of an evaluated condition, by name.
    pub(super) fn condition_value(&mut self, name: &str, span: Span, at: &Place<'_>) -> Result<bool, Stop> {
        match self.conditions.get(name) {
            Some(value) => *value,
            None => self.unknown_condition(name, span, at),
        }
    }

    fn unknown_condition<T>(&mut self, name: &str, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        let near = did_you_mean(name, self.conditions.keys().map(String::as_str));
        let problem = self
            .problem("unknown_condition", span, at, format!("There is no condition `{name}`"))
            .help(near.unwrap_or_else(|| "Define it in the section `Conditions`".into()));
        self.refuse(problem)
    }

    /// What is true or false.
    pub(super) fn condition(
        &mut self,
        node: &Node,
        at: &Place<'_>,
        definitions: &mut Definitions<'_>,
    ) -> Result<bool, Stop> {
        let Kind::Map(entries) = &node.kind else { return self.no_condition(node, at) };
        let [Entry { key, key_span, value: argument }] = entries.as_slice() else { return self.no_condition(node, at) };
        let at = &at.key(key);
        match key.as_str() {
            "Fn::And" => self.each(key, argument, at, definitions).map(|values| values.into_iter().all(|value| value)),
            "Fn::Or" => self.each(key, argument, at, definitions).map(|values| values.into_iter().any(|value| value)),
            "Fn::Not" => {
                let [inner] = self.exactly(key, argument, at, "one condition")?;
                self.condition(inner, &at.index(0), definitions).map(|value| !value)
            }
            "Fn::Equals" => {
                let [left, right] = self.exactly(key, argument, at, "two values")?;
                let left = self.compared(left, &at.index(0));
                let right = self.compared(right, &at.index(1));
                Ok(left? == right?)
            }
            "Condition" if self.section == Section::Conditions => {
                let name = self.literal(argument, at, "The name of a condition")?;
                self.named_condition(&name, argument.span, at, definitions)
            }
            _ if self.section == Section::Rules && key.starts_with("Fn::") => {
                self.rule_function(key, argument, *key_span, at)
            }
            _ if key.starts_with("Fn::") => self.unknown_function(key, *key_span, at),
            _ => self.no_condition(node, at),
        }
    }

    fn no_condition<T>(&mut self, node: &Node, at: &Place<'_>) -> Result<T, Stop> {
        let problem = self
            .problem("not_a_condition", node.span, at, "This is not a condition")
            .help("A condition is `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`");
        self.refuse(problem)
    }

    /// The conditions of `Fn::And` and `Fn::Or`, 2 to 10 of them.
    fn each(
        &mut self,
        name: &str,
        argument: &Node,
        at: &Place<'_>,
        definitions: &mut Definitions<'_>,
    ) -> Result<Vec<bool>, Stop> {
        let Kind::List(items) = &argument.kind else { return self.arity(name, argument, at, "2 to 10 conditions") };
        if !(2..=10).contains(&items.len()) {
            return self.arity(name, argument, at, "2 to 10 conditions");
        }
        let values: Vec<_> =
            items.iter().enumerate().map(|(index, item)| self.condition(item, &at.index(index), definitions)).collect();
        values.into_iter().collect()
    }

    fn named_condition(
        &mut self,
        name: &str,
        span: Span,
        at: &Place<'_>,
        definitions: &mut Definitions<'_>,
    ) -> Result<bool, Stop> {
        if let Some(start) = definitions.open.iter().position(|open| open == name) {
            let chain = definitions.open.iter().skip(start).map(String::as_str).chain([name]).collect::<Vec<_>>();
            let problem = self
                .problem(
                    "condition_cycle",
                    span,
                    at,
                    format!("Conditions refer to each other in a circle: {}", chain.join(" -> ")),
                )
                .help("Break the circle");
            return self.refuse(problem);
        }
        if !definitions.nodes.contains_key(name) {
            let near = did_you_mean(name, definitions.nodes.keys().copied());
            let problem = self
                .problem("unknown_condition", span, at, format!("There is no condition `{name}`"))
                .help(near.unwrap_or_default());
            return self.refuse(problem);
        }
        self.define(name, definitions)
    }

    /// A value to compare, as text, NoEcho parameters by their real value. It is never shown.
    pub(super) fn compared(&mut self, node: &Node, at: &Place<'_>) -> Result<String, Stop> {
        let expr = self.argument(node, at)?;
        let value = expr.resolve(&RealValues(&self.given)).map(Expr::known);
        match value.as_ref().ok().and_then(functions::text) {
            Some(text) => Ok(text.into_owned()),
            None => {
                let problem = self
                    .problem("invalid_argument", node.span, at, "What is compared is not a string")
                    .help("Compare a list after `Fn::Join`, or one of its items by `Fn::Select`");
                self.refuse_value(problem)
            }
        }
    }
}
