//! Resources: their attributes besides `Properties`, and which of them there will be.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>

use std::borrow::Cow;

use serde_json::Value;

use super::document::is_logical_id;
use super::evaluate::{Evaluator, Presence, Section, Stop};
use super::foreach::Member;
use super::nearest::did_you_mean;
use super::place::Place;
use super::world::EvaluatedResource;
use crate::expr::Expr;
use crate::template::{Entry, Kind, Node};

/// `Version` is one of custom resources only; those are refused by their type.
const ATTRIBUTES: [&str; 10] = [
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
    "Version",
];

const DELETION: [&str; 4] = ["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"];
const REPLACEMENT: [&str; 3] = ["Delete", "Retain", "Snapshot"];

impl Evaluator<'_> {
    /// Notes which resources there will be, for references to them. Conditions are evaluated.
    pub(super) fn index(&mut self, members: &[Member<'_>]) {
        for member in members {
            let text = |name: &str| match attribute(&member.value, name) {
                Some(Entry { value: Node { kind: Kind::String(text), .. }, .. }) => Some(text),
                _ => None,
            };
            let presence = match text("Condition") {
                _ if text("Type").is_some_and(|name| name == "AWS::CDK::Metadata") => Presence::Dropped,
                Some(name) if matches!(self.conditions.get(name), Some(Ok(false))) => Presence::Off(name.clone()),
                _ => Presence::Present,
            };
            self.presence.insert(member.key.clone().into_owned(), presence);
        }
    }

    /// Evaluates the resources that there will be and checks the others.
    pub(super) fn resources<'t>(&mut self, members: Vec<Member<'t>>) -> Vec<EvaluatedResource<'t>> {
        let section = Place::section("Resources");
        let mut resources = Vec::with_capacity(members.len());
        self.within(Section::Resources, |this| {
            for member in members {
                let at = section.key(&member.key);
                let off = match this.presence.get(&*member.key) {
                    Some(Presence::Dropped) => continue,
                    Some(Presence::Off(_)) => true,
                    _ => false,
                };
                let resource = this.with_dead(off, |this| this.one(&member, &at));
                if let (Ok(resource), false) = (resource, off) {
                    resources.push(EvaluatedResource { source: member.value, ..resource });
                }
            }
        });
        resources
    }

    fn one<'t>(&mut self, member: &Member<'t>, at: &Place<'_>) -> Result<EvaluatedResource<'t>, Stop> {
        if !is_logical_id(&member.key) {
            let message = format!("`{}` is not a logical id", member.key);
            let problem = self
                .problem("invalid_name", member.key_span, at, message)
                .help("Use letters and digits only, 255 at most");
            self.note(problem);
        }
        let Kind::Map(attributes) = &member.value.kind else {
            let message = format!("Resource `{}` is not an object", member.key);
            let problem =
                self.problem("invalid_resource", member.value.span, at, message).help("It needs at least `Type`");
            return self.refuse(problem);
        };
        for attribute in attributes.iter().filter(|attribute| !ATTRIBUTES.contains(&attribute.key.as_str())) {
            let at = at.key(&attribute.key);
            let problem = if attribute.key.starts_with("Fn::") {
                self.misplaced(attribute, &at)
            } else {
                self.problem(
                    "unknown_attribute",
                    attribute.key_span,
                    &at,
                    format!("A resource has no attribute `{}`", attribute.key),
                )
                .help(
                    did_you_mean(&attribute.key, ATTRIBUTES)
                        .unwrap_or_else(|| "Properties of the type belong under `Properties`".into()),
                )
            };
            self.note(problem);
        }
        let find = |name: &str| attributes.iter().find(|attribute| attribute.key == name).map(|found| &found.value);

        let type_name = match find("Type") {
            Some(Node { kind: Kind::String(name), .. }) if !name.is_empty() => Ok(name.clone()),
            _ => {
                let message = format!("Resource `{}` has no `Type`", member.key);
                let problem = self
                    .problem("invalid_resource", member.key_span, at, message)
                    .help("A type is a string such as `AWS::SQS::Queue`");
                self.refuse(problem)
            }
        };
        let condition = match find("Condition") {
            Some(node) => self.condition_attribute(node, &at.key("Condition")),
            None => Ok(()),
        };
        let properties = match find("Properties") {
            Some(node) => self.properties(node, &at.key("Properties")),
            None => Ok(Expr::Map(Vec::new())),
        };
        let references = std::mem::take(&mut self.references).into_iter().collect();
        let mut depends_on = match find("DependsOn") {
            Some(node) => self.depends_on(&member.key, node, &at.key("DependsOn")),
            None => Ok(Vec::new()),
        };
        if let (Ok(names), Some(node)) = (&mut depends_on, find("Metadata")) {
            for (name, _) in self.mentioned(node, &at.key("Metadata")) {
                if name != *member.key && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let deletion = find("DeletionPolicy").map(|node| self.policy(node, &at.key("DeletionPolicy"), &DELETION));
        let replacement =
            find("UpdateReplacePolicy").map(|node| self.policy(node, &at.key("UpdateReplacePolicy"), &REPLACEMENT));
        for name in ["CreationPolicy", "UpdatePolicy", "Metadata"] {
            if let Some(node) = find(name).filter(|node| !matches!(node.kind, Kind::Map(_))) {
                let problem =
                    self.problem("invalid_resource", node.span, &at.key(name), format!("`{name}` is not an object"));
                self.note(problem);
            }
        }
        condition?;
        let (type_name, properties) = (type_name?, properties?);
        let deletion_policy = match deletion {
            Some(policy) => policy?,
            None => default_deletion_policy(&type_name, &properties).to_owned(),
        };
        Ok(EvaluatedResource {
            logical_id: member.key.clone().into_owned(),
            span: member.key_span,
            properties,
            references,
            depends_on: depends_on?,
            deletion_policy,
            update_replace_policy: replacement.unwrap_or_else(|| Ok("Delete".to_owned()))?,
            has_creation_policy: find("CreationPolicy").is_some(),
            has_update_policy: find("UpdatePolicy").is_some(),
            metadata_json: find("Metadata").map(json),
            source: Cow::Owned(Node { kind: Kind::Null, span: member.key_span }),
            type_name,
        })
    }

    /// The attribute `Condition` of a resource or output: the name of one that there is.
    pub(super) fn condition_attribute(&mut self, node: &Node, at: &Place<'_>) -> Result<(), Stop> {
        let Kind::String(name) = &node.kind else {
            let problem = self.problem("invalid_argument", node.span, at, "`Condition` takes the name of a condition");
            return self.refuse(problem);
        };
        self.condition_value(name, node.span, at).map(|_| ())
    }

    /// `Properties` are an object or what computes one: CloudFormation takes an `Fn::If` there, and `AWS::NoValue` in it.
    fn properties(&mut self, node: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        let properties = match &node.kind {
            Kind::Map(_) => self.value(node, at)?.unwrap_or_else(|| Expr::Map(Vec::new())),
            _ => Expr::Null,
        };
        if matches!(properties, Expr::Map(_)) {
            return Ok(properties);
        }
        let problem = self
            .problem("invalid_resource", node.span, at, "`Properties` is not an object")
            .help("Write the properties out; leave the key out when there are none");
        self.refuse(problem)
    }

    fn depends_on(&mut self, own: &str, node: &Node, at: &Place<'_>) -> Result<Vec<String>, Stop> {
        let nodes = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut names: Vec<String> = Vec::with_capacity(nodes.len());
        let mut stopped = false;
        for (index, node) in nodes.iter().enumerate() {
            let Kind::String(name) = &node.kind else {
                let problem = self
                    .problem("invalid_argument", node.span, at, "`DependsOn` takes names of resources")
                    .help("A string or a list of strings; no function can compute them");
                self.note(problem);
                stopped = true;
                continue;
            };
            match self.presence.get(name) {
                Some(_) if name == own => {
                    let problem =
                        self.problem("depends_on_itself", node.span, at, format!("`{own}` depends on itself"));
                    self.note(problem);
                    stopped = true;
                }
                Some(Presence::Present) if !names.contains(name) => names.push(name.clone()),
                Some(_) => {}
                None => {
                    let near = did_you_mean(name, self.presence.keys().map(String::as_str));
                    let problem = self
                        .problem(
                            "unknown_reference",
                            node.span,
                            &at.index(index),
                            format!("There is no resource `{name}` to depend on"),
                        )
                        .help(near.unwrap_or_default());
                    self.note(problem);
                    stopped = true;
                }
            }
        }
        if stopped { Err(Stop) } else { Ok(names) }
    }

    /// DeletionPolicy or UpdateReplacePolicy; computed only under `AWS::LanguageExtensions`.
    fn policy(&mut self, node: &Node, at: &Place<'_>, known: &[&str]) -> Result<String, Stop> {
        let policy = match &node.kind {
            Kind::String(policy) => policy.clone(),
            Kind::Map(_) => {
                self.extension("A function in a deletion policy", node.span, at)?;
                self.public_text(node, at, "The policy")?
            }
            _ => String::new(),
        };
        if known.contains(&policy.as_str()) {
            return Ok(policy);
        }
        let problem = self.problem("invalid_policy", node.span, at, format!("`{policy}` is not a policy here")).help(
            did_you_mean(&policy, known.iter().copied()).unwrap_or_else(|| format!("There are {}", known.join(", "))),
        );
        self.refuse(problem)
    }
}

/// What CloudFormation does where the template is silent: databases are kept in a snapshot.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
fn default_deletion_policy(type_name: &str, properties: &Expr) -> &'static str {
    let in_cluster = || match properties {
        Expr::Map(entries) => entries.iter().any(|(key, _)| key == "DBClusterIdentifier"),
        _ => false,
    };
    match type_name {
        "AWS::RDS::DBCluster" => "Snapshot",
        "AWS::RDS::DBInstance" if !in_cluster() => "Snapshot",
        _ => "Delete",
    }
}

fn attribute<'n>(resource: &'n Node, name: &str) -> Option<&'n Entry> {
    match &resource.kind {
        Kind::Map(attributes) => attributes.iter().find(|attribute| attribute.key == name),
        _ => None,
    }
}

/// A node as plain JSON.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(flag) => Value::Bool(*flag),
        Kind::Number(number) => Value::Number(number.clone()),
        Kind::String(text) => Value::String(text.clone()),
        Kind::List(items) => Value::Array(items.iter().map(json).collect()),
        Kind::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect())
        }
    }
}
