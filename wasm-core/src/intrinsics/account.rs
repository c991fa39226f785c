//! Rule functions that ask about what the account has: `Fn::RefAll`, `Fn::ValueOf`, `Fn::ValueOfAll`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html>
//!
//! `RefAll` lists the account and region, the other two read what parameters name.

use serde_json::Value;

use super::evaluate::{Evaluator, Section, Stop};
use super::nearest::did_you_mean;
use super::place::Place;
use crate::call::Lookup;
use crate::expr::Expr;
use crate::template::Node;

/// Parameter types whose members can be listed, with the resource type whose identifiers they are.
const LISTED: [(&str, &str); 8] = [
    ("AWS::EC2::Instance::Id", "AWS::EC2::Instance"),
    ("AWS::EC2::KeyPair::KeyName", "AWS::EC2::KeyPair"),
    ("AWS::EC2::SecurityGroup::Id", "AWS::EC2::SecurityGroup"),
    ("AWS::EC2::Subnet::Id", "AWS::EC2::Subnet"),
    ("AWS::EC2::VPC::Id", "AWS::EC2::VPC"),
    ("AWS::EC2::Volume::Id", "AWS::EC2::Volume"),
    ("AWS::Route53::HostedZone::Id", "AWS::Route53::HostedZone"),
    ("AWS::SSM::Parameter::Name", "AWS::SSM::Parameter"),
];

const ZONE: &str = "AWS::EC2::AvailabilityZone::Name";

/// Parameter types that have attributes, and which besides `Tags.KEY`.
const ATTRIBUTES: [(&str, &[&str]); 3] = [
    ("AWS::EC2::SecurityGroup::Id", &[]),
    ("AWS::EC2::Subnet::Id", &["AvailabilityZone", "VpcId"]),
    ("AWS::EC2::VPC::Id", &["DefaultNetworkAcl", "DefaultSecurityGroup"]),
];

/// What is asked of the resources that parameters name.
struct Question<'n> {
    /// Their type.
    resource: &'static str,
    attribute: &'n str,
}

impl Evaluator<'_> {
    /// The value of one of the three; `at` includes the function's key.
    pub(super) fn account_function(&mut self, name: &str, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        match name {
            "Fn::RefAll" => self.ref_all(argument, at),
            "Fn::ValueOf" => {
                let [parameter, attribute] = self.exactly(name, argument, at, "a parameter's name and an attribute")?;
                let named = self.literal(parameter, &at.index(0), "The parameter of Fn::ValueOf");
                let asked = self.literal(attribute, &at.index(1), "The attribute of Fn::ValueOf");
                let (named, asked) = (named?, asked?);
                let Some(given) = self.given.get(named.as_str()) else {
                    let near = did_you_mean(&named, self.given.keys().copied());
                    let problem = self
                        .problem("unknown_parameter", parameter.span, at, format!("There is no parameter `{named}`"))
                        .help(near.unwrap_or_else(|| "Declare it in `Parameters`".into()));
                    return self.refuse(problem);
                };
                // Its own problem has been reported.
                let Some(given) = given else { return Err(Stop) };
                let (kind, list) = (given.account_type(), given.is_list());
                let question = self.question(kind.unwrap_or_default(), &asked, (parameter, attribute), at)?;
                let mut values = self.ask(&question, &named, parameter, at)?;
                if list {
                    return Ok(Expr::List(values.into_iter().flatten().map(Expr::Str).collect()));
                }
                // A tag that is not there compares as nothing.
                Ok(Expr::Str(values.pop().flatten().unwrap_or_default()))
            }
            _ => {
                let [kind, attribute] = self.exactly(name, argument, at, "a parameter type and an attribute")?;
                let named = self.literal(kind, &at.index(0), "The parameter type of Fn::ValueOfAll");
                let asked = self.literal(attribute, &at.index(1), "The attribute of Fn::ValueOfAll");
                let (named, asked) = (named?, asked?);
                let question = self.question(&named, &asked, (kind, attribute), at)?;
                let mut of: Vec<String> = (self.given.iter())
                    .filter(|(_, given)| {
                        given.as_ref().and_then(super::parameters::Given::account_type) == Some(&named)
                    })
                    .map(|(name, _)| (*name).to_owned())
                    .collect();
                of.sort_unstable();
                let values: Vec<_> = of.iter().map(|name| self.ask(&question, name, kind, at)).collect();
                let values = values.into_iter().collect::<Result<Vec<_>, Stop>>()?;
                Ok(Expr::List(values.into_iter().flatten().flatten().map(Expr::Str).collect()))
            }
        }
    }

    fn ref_all(&mut self, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        let kind = self.literal(argument, at, "The parameter type of Fn::RefAll")?;
        let lookup = if kind == ZONE {
            Lookup::AvailabilityZones { region: self.world.context.region.clone() }
        } else if let Some((_, resource)) = LISTED.iter().find(|(name, _)| *name == kind) {
            Lookup::Resources { type_name: (*resource).to_owned() }
        } else {
            let known = LISTED.iter().map(|(name, _)| *name).chain([ZONE]);
            let help = did_you_mean(&kind, known.clone())
                .unwrap_or_else(|| format!("Those that can be listed are {}", known.collect::<Vec<_>>().join(", ")));
            let problem = self
                .problem("unknown_parameter_type", argument.span, at, format!("Fn::RefAll cannot list `{kind}`"))
                .help(help);
            return self.refuse(problem);
        };
        Ok(Expr::known(self.find(lookup, argument.span, at)?.clone()))
    }

    /// Checks that the type has the attribute.
    fn question<'n>(
        &mut self,
        kind: &str,
        attribute: &'n str,
        (kind_node, attribute_node): (&Node, &Node),
        at: &Place<'_>,
    ) -> Result<Question<'n>, Stop> {
        let known = ATTRIBUTES.iter().find(|(name, _)| *name == kind);
        let resource = LISTED.iter().find(|(name, _)| *name == kind);
        let (Some((_, attributes)), Some((_, resource))) = (known, resource) else {
            let names: Vec<&str> = ATTRIBUTES.iter().map(|(name, _)| *name).collect();
            let what = if kind.is_empty() { "This parameter's type".to_owned() } else { format!("`{kind}`") };
            let problem = self
                .problem("unknown_parameter_type", kind_node.span, &at.index(0), format!("{what} has no attributes"))
                .help(format!("Types that have are {} and lists of them", names.join(", ")));
            return self.refuse(problem);
        };
        let is_tag = attribute.strip_prefix("Tags.").is_some_and(|key| !key.is_empty());
        if !is_tag && !attributes.contains(&attribute) {
            let known: Vec<&str> = attributes.iter().copied().chain(["Tags.KEY"]).collect();
            let problem = self
                .problem(
                    "unknown_attribute",
                    attribute_node.span,
                    &at.index(1),
                    format!("{kind} has no attribute `{attribute}`"),
                )
                .help(format!("It has {}", known.join(", ")));
            return self.refuse(problem);
        }
        Ok(Question { resource, attribute })
    }

    /// The attribute of every resource that a parameter names; `None` for one that has no such tag.
    fn ask(
        &mut self,
        question: &Question<'_>,
        parameter: &str,
        node: &Node,
        at: &Place<'_>,
    ) -> Result<Vec<Option<String>>, Stop> {
        let named = self.within(Section::Rules, |this| this.parameter(parameter, node.span, at))?;
        let identifiers: Vec<String> = match named {
            Expr::Str(identifier) => vec![identifier],
            Expr::List(items) => items
                .into_iter()
                .filter_map(|item| if let Expr::Str(text) = item { Some(text) } else { None })
                .collect(),
            _ => {
                let message = format!("Parameter `{parameter}` has NoEcho, so what it names is not looked up");
                let problem = self
                    .problem("secret_not_allowed", node.span, at, message)
                    .help("It would be shown to the account; use a parameter without NoEcho");
                return self.refuse(problem);
            }
        };
        let answers: Vec<_> = identifiers
            .into_iter()
            .map(|identifier| {
                let lookup = Lookup::Resource { type_name: question.resource.to_owned(), identifier };
                self.find(lookup, node.span, at).map(|model| attribute(model, question.attribute))
            })
            .collect();
        answers.into_iter().collect()
    }
}

fn attribute(model: &Value, name: &str) -> Option<String> {
    let Some(key) = name.strip_prefix("Tags.") else {
        return model.get(name)?.as_str().map(str::to_owned);
    };
    let tags = model.get("Tags")?.as_array()?;
    let tag = tags.iter().find(|tag| tag.get("Key").and_then(Value::as_str) == Some(key))?;
    tag.get("Value")?.as_str().map(str::to_owned)
}
