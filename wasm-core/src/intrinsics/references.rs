//! `Ref` and `Fn::GetAtt`: parameters, pseudo parameters, resources.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>

use serde_json::Value;

use super::dynamic;
use super::evaluate::{Evaluated, Evaluator, Presence, Section, Stop};
use super::nearest::did_you_mean;
use super::place::Place;
use crate::expr::Expr;
use crate::problem::Span;
use crate::template::{Kind, Node};

/// Names of the pseudo parameters.
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

impl Evaluator<'_> {
    /// `Ref`.
    pub(super) fn reference(&mut self, argument: &Node, at: &Place<'_>) -> Evaluated {
        let name = match &argument.kind {
            Kind::String(name) => name.clone(),
            Kind::Map(_) if self.extensions => self.public_text(argument, at, "The name that Ref takes")?,
            Kind::Map(_) => {
                let problem = self.needs_extensions("A function in Ref", argument.span, at);
                return self.refuse(problem);
            }
            _ => {
                let problem = self.problem(
                    "invalid_argument",
                    argument.span,
                    at,
                    "Ref takes the name of a parameter or resource",
                );
                return self.refuse(problem);
            }
        };
        self.named_value(&name, argument.span, at)
    }

    /// The value of a parameter, pseudo parameter or resource, as `Ref` and `${Name}` give it.
    pub(super) fn named_value(&mut self, name: &str, span: Span, at: &Place<'_>) -> Evaluated {
        if name.starts_with("AWS::") {
            return self.pseudo(name, span, at);
        }
        if self.given.contains_key(name) {
            return self.parameter(name, span, at).map(Some);
        }
        self.resource(name, "Ref", span, at).map(Some)
    }

    fn pseudo(&mut self, name: &str, span: Span, at: &Place<'_>) -> Evaluated {
        let context = self.world.context;
        let text = match name {
            "AWS::AccountId" => &context.account,
            "AWS::Partition" => &context.partition,
            "AWS::Region" => &context.region,
            "AWS::StackId" => &context.stack_id,
            "AWS::StackName" => self.world.stack,
            "AWS::URLSuffix" => match context.partition.as_str() {
                "aws-cn" => "amazonaws.com.cn",
                _ => "amazonaws.com",
            },
            "AWS::NotificationARNs" => return Ok(Some(Expr::List(Vec::new()))),
            "AWS::NoValue" => return Ok(None),
            _ => {
                let problem = self
                    .problem("unknown_reference", span, at, format!("There is no pseudo parameter `{name}`"))
                    .help(did_you_mean(name, PSEUDO).unwrap_or_else(|| format!("There are {}", PSEUDO.join(", "))));
                return self.refuse(problem);
            }
        };
        Ok(Some(Expr::Str(text.to_owned())))
    }

    /// An attribute of a resource, or `Ref`.
    fn resource(&mut self, name: &str, attribute: &str, span: Span, at: &Place<'_>) -> Result<Expr, Stop> {
        if self.early() {
            return self.too_early(name, span, at);
        }
        match self.presence.get(name) {
            None => self.unknown_name(name, attribute, span, at),
            Some(Presence::Present) => Ok(self.resource_value(name, attribute)),
            Some(Presence::Off(condition)) => {
                let problem = self
                    .problem(
                        "unresolved_reference",
                        span,
                        at,
                        format!("`{name}` does not exist, because its condition `{condition}` is false"),
                    )
                    .help(format!("Choose by `Fn::If` with `{condition}`, or give this the same condition"));
                self.refuse_value(problem)
            }
            Some(Presence::Dropped) => {
                let problem = self.problem(
                    "unresolved_reference",
                    span,
                    at,
                    format!("`{name}` is AWS::CDK::Metadata, which is not deployed"),
                );
                self.refuse_value(problem)
            }
        }
    }

    fn resource_value(&mut self, name: &str, attribute: &str) -> Expr {
        if !self.dead {
            self.references.insert((name.to_owned(), attribute.to_owned()));
        }
        match (self.world.known)(name, attribute) {
            Some(value) if !looks_dynamic(&value) => Expr::known(value),
            _ if attribute == "Ref" => Expr::Ref(name.to_owned()),
            _ => Expr::Att(name.to_owned(), attribute.to_owned()),
        }
    }

    fn too_early<T>(&mut self, name: &str, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        let place = match self.section {
            Section::Conditions => "a condition",
            Section::Rules => "a rule",
            _ => "a value that is needed before anything is deployed",
        };
        let problem =
            self.problem("not_known_yet", span, at, format!("`{name}` is used in {place} and is no parameter"));
        let near = did_you_mean(name, self.given.keys().copied());
        let problem = problem
            .help(near.unwrap_or_else(|| "Only parameters, pseudo parameters and mappings are known there".into()));
        self.refuse(problem)
    }

    fn unknown_name<T>(&mut self, name: &str, attribute: &str, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        let resources = self.presence.keys().map(String::as_str);
        let (message, near) = if attribute != "Ref" {
            (format!("There is no resource `{name}`"), did_you_mean(name, resources))
        } else {
            let parameters = self.given.keys().copied();
            (format!("There is no parameter or resource `{name}`"), did_you_mean(name, resources.chain(parameters)))
        };
        let problem = self.problem("unknown_reference", span, at, message).help(near.unwrap_or_default());
        self.refuse(problem)
    }

    /// `Fn::GetAtt`.
    pub(super) fn attribute(&mut self, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        match &argument.kind {
            Kind::String(text) => match text.split_once('.') {
                Some((name, attribute)) if !name.is_empty() && !attribute.is_empty() => {
                    self.attribute_of(name, attribute, argument.span, at)
                }
                _ => self.arity("Fn::GetAtt", argument, at, "a resource's name and an attribute's"),
            },
            _ => {
                let [name, attribute] =
                    self.exactly("Fn::GetAtt", argument, at, "a resource's name and an attribute's")?;
                let named = match &name.kind {
                    Kind::String(name) => Ok(name.clone()),
                    Kind::Map(_) if self.extensions => {
                        self.public_text(name, &at.index(0), "The resource of Fn::GetAtt")
                    }
                    _ => self.literal(name, &at.index(0), "The resource of Fn::GetAtt"),
                };
                let attribute = self.public_text(attribute, &at.index(1), "The attribute of Fn::GetAtt");
                self.attribute_of(&named?, &attribute?, name.span, at)
            }
        }
    }

    /// The attribute of a resource, as `Fn::GetAtt` and `${Name.Attribute}` give it.
    pub(super) fn attribute_of(
        &mut self,
        name: &str,
        attribute: &str,
        span: Span,
        at: &Place<'_>,
    ) -> Result<Expr, Stop> {
        if self.given.contains_key(name) {
            let problem = self
                .problem("unknown_reference", span, at, format!("`{name}` is a parameter and has no attributes"))
                .help(format!("Use `Ref: {name}`"));
            return self.refuse(problem);
        }
        self.resource(name, attribute, span, at)
    }
}

/// Whether a value holds what would be taken for a dynamic reference.
fn looks_dynamic(value: &Value) -> bool {
    match value {
        Value::String(text) => dynamic::occurs(text),
        Value::Array(items) => items.iter().any(looks_dynamic),
        Value::Object(entries) => entries.values().any(looks_dynamic),
        _ => false,
    }
}
