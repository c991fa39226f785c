//! What whoever deploys a template must be allowed to do in the account: the IAM actions that the handlers of its types
//! need, and what the template reads besides (parameters, secrets, availability zones).
//!
//! Read from the text alone: a resource whose condition may be false is counted, so that what is granted serves every value of
//! the parameters. Names are narrowed only where they stand in the text; `*` otherwise.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::plan::deployable;
use crate::problem::{Problem, Severity};
use crate::schema::{self, Handler};
use crate::template::{self, Kind, Limits, Node};

/// What a resource type needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TypePermissions {
    /// The type.
    pub type_name: String,
    /// Actions to create it, sorted; so the others.
    pub create: Vec<String>,
    /// Actions to read it.
    pub read: Vec<String>,
    /// Actions to update it.
    pub update: Vec<String>,
    /// Actions to delete it.
    pub delete: Vec<String>,
    /// Actions to list the type.
    pub list: Vec<String>,
}

/// What a template's deployment needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Needed {
    /// Its resource types, by name.
    pub types: Vec<TypePermissions>,
    /// SSM parameters it reads, by name; `*` in a name stands for anything.
    pub parameters: Vec<String>,
    /// Of these, whether some are read decrypted.
    pub decrypts: bool,
    /// Secrets of Secrets Manager it reads, by name or ARN; `*` in it stands for anything.
    pub secrets: Vec<String>,
    /// Whether it asks for availability zones.
    pub zones: bool,
    /// Warnings: what cannot be deployed and a condition may leave out.
    pub problems: Vec<Problem>,
}

/// The answer to `permissions(text)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum PermissionsAnswer {
    /// What it needs.
    Needed {
        /// All of it.
        needed: Needed,
    },
    /// The text is no template, or has types that cannot be deployed.
    Refused {
        /// Why.
        problems: Vec<Problem>,
    },
}

/// What the deployment of a template needs.
#[must_use]
pub fn permissions(text: &str) -> PermissionsAnswer {
    let template = match template::parse(text, &Limits::default()) {
        Ok(template) => template,
        Err(problems) => return PermissionsAnswer::Refused { problems },
    };
    let mut search = Search::default();
    if let Some(resources) = template.get("Resources") {
        search.resources(resources);
    }
    if let Some(rules) = template.get("Rules") {
        search.rules(rules, &template);
    }
    if let Some(parameters) = template.get("Parameters").and_then(Node::as_map) {
        for parameter in parameters {
            search.parameter(&parameter.value);
        }
    }
    search.texts(&template);
    search.answer()
}

/// What was found so far.
#[derive(Default)]
struct Search {
    types: BTreeSet<String>,
    /// Types that only rules ask about.
    asked: BTreeSet<String>,
    parameters: BTreeSet<String>,
    decrypts: bool,
    secrets: BTreeSet<String>,
    zones: bool,
    problems: Vec<Problem>,
}

impl Search {
    fn resources(&mut self, resources: &Node) {
        for entry in resources.as_map().unwrap_or_default() {
            if entry.key.starts_with("Fn::ForEach::") {
                // [variable, values, {name: resource}]; loops may stand in loops.
                if let Some(body) = entry.value.as_list().and_then(<[Node]>::last) {
                    self.resources(body);
                }
            } else {
                self.resource(&entry.key, &entry.value);
            }
        }
    }

    /// What cannot be deployed is refused, unless a condition may leave it out.
    fn resource(&mut self, logical_id: &str, resource: &Node) {
        let Some(named) = resource.get("Type") else { return };
        let Some(name) = named.as_str().filter(|name| *name != "AWS::CDK::Metadata") else { return };
        match deployable(logical_id, name, named.span) {
            Ok(_) => {
                self.types.insert(name.to_owned());
            }
            Err(problem) if resource.get("Condition").is_some() => {
                self.problems.push(Problem { severity: Severity::Warning, ..problem });
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    /// `Fn::RefAll`, `Fn::ValueOf`, `Fn::ValueOfAll` look at resources of the account.
    fn rules(&mut self, node: &Node, template: &Node) {
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.rules(item, template)),
            Kind::Map(entries) => {
                for entry in entries {
                    let first = entry.value.as_list().and_then(<[Node]>::first).unwrap_or(&entry.value).as_str();
                    let parameter_type = match entry.key.as_str() {
                        "Fn::RefAll" | "Fn::ValueOfAll" => first,
                        "Fn::ValueOf" => {
                            first.and_then(|name| template.get("Parameters")?.get(name)?.get("Type")?.as_str())
                        }
                        _ => None,
                    };
                    if let Some(asked) = parameter_type {
                        self.asked_about(asked);
                    }
                    self.rules(&entry.value, template);
                }
            }
            _ => {}
        }
    }

    fn asked_about(&mut self, parameter_type: &str) {
        let member = parameter_type.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
        let member = member.unwrap_or(parameter_type);
        if member.starts_with("AWS::EC2::AvailabilityZone::") {
            self.zones = true;
        } else if let Some((type_name, _)) = member.rsplit_once("::") {
            self.asked.insert(type_name.to_owned());
        }
    }

    fn parameter(&mut self, declared: &Node) {
        let Some(kind) = declared.get("Type").and_then(Node::as_str) else { return };
        if kind.starts_with("AWS::SSM::Parameter::Value<") {
            let name = declared.get("Default").and_then(Node::as_str).unwrap_or("*");
            self.parameters.insert(name.to_owned());
        }
    }

    /// Functions and dynamic references, wherever they stand.
    fn texts(&mut self, node: &Node) {
        match &node.kind {
            Kind::String(text) => self.references(text),
            Kind::List(items) => items.iter().for_each(|item| self.texts(item)),
            Kind::Map(entries) => {
                for entry in entries {
                    self.zones |= entry.key == "Fn::GetAZs";
                    self.texts(&entry.value);
                }
            }
            _ => {}
        }
    }

    fn references(&mut self, text: &str) {
        for piece in text.split("{{resolve:").skip(1) {
            // Pieced together by Fn::Join: what is not in this text may be anything.
            let (id, whole) = piece.split_once("}}").map_or((piece, false), |(id, _)| (id, true));
            let (service, name) = id.split_once(':').unwrap_or((id, ""));
            match service {
                "ssm" | "ssm-secure" => {
                    let end = if name.starts_with("arn:") { None } else { name.find(':') };
                    self.decrypts |= service == "ssm-secure";
                    self.parameters.insert(narrowed(name, end, whole));
                }
                "secretsmanager" => {
                    // An ARN has six colons of its own.
                    let colons = if name.starts_with("arn:") { 6 } else { 0 };
                    let end = name.match_indices(':').nth(colons).map(|(at, _)| at);
                    self.secrets.insert(narrowed(name, end, whole));
                }
                _ => {}
            }
        }
    }

    fn answer(self) -> PermissionsAnswer {
        let Self { types, asked, parameters, decrypts, secrets, zones, mut problems } = self;
        problems.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return PermissionsAnswer::Refused { problems };
        }
        let made = types.iter().filter_map(|name| needs(name, true));
        let only_asked = asked.difference(&types).filter_map(|name| needs(name, false));
        let mut all: Vec<_> = made.chain(only_asked).collect();
        all.sort_by(|one, other| one.type_name.cmp(&other.type_name));
        PermissionsAnswer::Needed {
            needed: Needed {
                types: all,
                parameters: widest(parameters),
                decrypts,
                secrets: widest(secrets),
                zones,
                problems,
            },
        }
    }
}

/// A name as far as it is known: up to `end` when the reference is whole, else with `*` for the rest; so from the first
/// placeholder of `Fn::Sub` on.
fn narrowed(name: &str, end: Option<usize>, whole: bool) -> String {
    let named = end.and_then(|end| name.get(..end)).unwrap_or(name);
    match named.split_once("${") {
        Some((known, _)) => format!("{known}*"),
        None if whole || end.is_some() => named.to_owned(),
        None => format!("{named}*"),
    }
}

/// Without those that another one covers.
fn widest(names: BTreeSet<String>) -> Vec<String> {
    let open: Vec<String> = names.iter().filter_map(|name| name.strip_suffix('*').map(str::to_owned)).collect();
    let covered =
        |name: &String| open.iter().any(|known| name.starts_with(known.as_str()) && *name != format!("{known}*"));
    names.iter().filter(|name| !covered(name)).cloned().collect()
}

fn needs(type_name: &str, made: bool) -> Option<TypePermissions> {
    let known = schema::lookup(type_name)?;
    // What a run creates is tagged.
    let tagged = known.tagging().is_some_and(|tagging| tagging.on_create);
    let tagging = if tagged { known.marking().permissions } else { Vec::new() };
    let of = |handler, wanted: bool| {
        let more = tagging.iter().filter(|_| handler == Handler::Create).map(|action| (*action).to_owned());
        if wanted { actions(known.permissions(handler).into_iter().chain(more).collect()) } else { Vec::new() }
    };
    Some(TypePermissions {
        type_name: type_name.to_owned(),
        create: of(Handler::Create, made),
        read: of(Handler::Read, true),
        update: of(Handler::Update, made),
        delete: of(Handler::Delete, made),
        list: of(Handler::List, true),
    })
}

/// As IAM writes them. The registry has some 90 that are spelt `Batch:TagResource`, and one or two that are none at all
/// (`s3:REST.PUT.OBJECT`, November 2026).
fn actions(registered: Vec<String>) -> Vec<String> {
    let written = registered.iter().filter_map(|action| {
        let (service, operation) = action.split_once(':')?;
        let named = !operation.is_empty() && operation.chars().all(|c| c.is_ascii_alphanumeric() || c == '*');
        (named && !service.is_empty()).then(|| format!("{}:{operation}", service.to_ascii_lowercase()))
    });
    written.collect::<BTreeSet<_>>().into_iter().collect()
}
