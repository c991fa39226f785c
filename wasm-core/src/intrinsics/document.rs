//! The sections of a template: which there may be, and whether each has the shape the others rely on.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>

use super::nearest::did_you_mean;
use crate::problem::{Problem, Span};
use crate::template::{Entry, Kind, Node};

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Resources",
    "Outputs",
];

/// The transform that is built in.
pub(super) const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// The sections of a template that evaluation works on.
#[derive(Default)]
pub(super) struct Document<'t> {
    /// Whether `Transform` names `AWS::LanguageExtensions`.
    pub(super) extensions: bool,
    pub(super) parameters: &'t [Entry],
    pub(super) rules: &'t [Entry],
    pub(super) mappings: &'t [Entry],
    pub(super) conditions: &'t [Entry],
    pub(super) resources: &'t [Entry],
    pub(super) outputs: &'t [Entry],
}

impl<'t> Document<'t> {
    /// Reads the sections. `None` when what follows would be noise: the root is no object, or a macro would rewrite
    /// the template first.
    pub(super) fn read(template: &'t Node, problems: &mut Vec<Problem>) -> Option<Self> {
        let Kind::Map(entries) = &template.kind else {
            problems.push(
                Problem::error("invalid_template", template.span, "The template is not an object")
                    .help("A template has at least the section `Resources`"),
            );
            return None;
        };
        let mut document = Self::default();
        let transform = entries.iter().find(|entry| entry.key == "Transform");
        if !transform.is_none_or(|entry| document.transform(entry, problems)) {
            return None;
        }
        for entry in entries {
            document.section(entry, problems);
        }
        if !entries.iter().any(|entry| entry.key == "Resources") {
            problems.push(Problem::error("no_resources", template.span, "The template has no section `Resources`"));
        }
        Some(document)
    }

    fn section(&mut self, entry: &'t Entry, problems: &mut Vec<Problem>) {
        match entry.key.as_str() {
            "Transform" | "Metadata" => {}
            "AWSTemplateFormatVersion" => {
                if entry.value.kind != Kind::String("2010-09-09".into()) {
                    problems.push(
                        Problem::error(
                            "invalid_section",
                            entry.value.span,
                            "AWSTemplateFormatVersion is not \"2010-09-09\"",
                        )
                        .at("AWSTemplateFormatVersion")
                        .help("It is the only version there is; the section may be left out"),
                    );
                }
            }
            "Description" => {
                if !matches!(&entry.value.kind, Kind::String(text) if text.len() <= 1024) {
                    problems.push(
                        Problem::error(
                            "invalid_section",
                            entry.value.span,
                            "Description is not a string of at most 1,024 bytes",
                        )
                        .at("Description"),
                    );
                }
            }
            "Parameters" => self.parameters = members(entry, problems),
            "Rules" => self.rules = members(entry, problems),
            "Mappings" => self.mappings = members(entry, problems),
            "Conditions" => self.conditions = members(entry, problems),
            "Outputs" => self.outputs = members(entry, problems),
            "Resources" => {
                self.resources = members(entry, problems);
                if matches!(&entry.value.kind, Kind::Map(resources) if resources.is_empty()) {
                    problems.push(
                        Problem::error("no_resources", entry.value.span, "The section `Resources` is empty")
                            .at("Resources"),
                    );
                }
            }
            "Hooks" => problems.push(
                Problem::error("unsupported_section", entry.key_span, "The section `Hooks` is not supported")
                    .at("Hooks")
                    .help("Blue/green hooks run inside CloudFormation; remove the section"),
            ),
            "Globals" => problems.push(
                Problem::error("unknown_section", entry.key_span, "The section `Globals` belongs to the SAM transform")
                    .at("Globals")
                    .help(PROCESSED),
            ),
            "Fn::Transform" => {
                problems.push(macro_problem(&macro_name(&entry.value), entry.key_span).at("Fn::Transform"));
            }
            unknown => problems.push(
                Problem::error("unknown_section", entry.key_span, format!("`{unknown}` is no section of a template"))
                    .at(unknown)
                    .help(
                        did_you_mean(unknown, SECTIONS).unwrap_or_else(|| format!("There are {}", SECTIONS.join(", "))),
                    ),
            ),
        }
    }

    /// Reads `Transform`; false when it names something that cannot be run here.
    fn transform(&mut self, entry: &'t Entry, problems: &mut Vec<Problem>) -> bool {
        let nodes = match &entry.value.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&entry.value),
        };
        let before = problems.len();
        for node in nodes {
            match &node.kind {
                Kind::String(name) if name == EXTENSIONS => self.extensions = true,
                _ => problems.push(macro_problem(&macro_name(node), node.span).at("Transform")),
            }
        }
        problems.len() == before
    }
}

fn members<'t>(entry: &'t Entry, problems: &mut Vec<Problem>) -> &'t [Entry] {
    if let Kind::Map(members) = &entry.value.kind {
        return members;
    }
    problems.push(
        Problem::error("invalid_section", entry.value.span, format!("The section `{}` is not an object", entry.key))
            .at(&*entry.key),
    );
    &[]
}

const PROCESSED: &str = "Plan the processed template: create a change set of it in CloudFormation (for SAM after `sam build` and `sam package`) and save what `aws cloudformation get-template --template-stage Processed --change-set-name ...` prints";

/// The name in a `Transform` item or the argument of `Fn::Transform`; empty when it is malformed.
pub(super) fn macro_name(node: &Node) -> String {
    match &node.kind {
        Kind::String(name) => name.clone(),
        Kind::List(items) => items.first().map(macro_name).unwrap_or_default(),
        Kind::Map(entries) => {
            entries.iter().find(|entry| entry.key == "Name").map(|entry| macro_name(&entry.value)).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// The refusal of a macro.
pub(super) fn macro_problem(name: &str, span: Span) -> Problem {
    let (message, help) = match name {
        "" => ("A transform has no name".to_owned(), "It is a string, or an object with `Name`".to_owned()),
        EXTENSIONS => (
            format!("`{EXTENSIONS}` is used as a function"),
            format!("Name it once, at the top of the template: `Transform: {EXTENSIONS}`"),
        ),
        "AWS::Include" => (
            "`AWS::Include` takes a part of the template from S3, which is not supported".into(),
            "Put the snippet's content into the template, or run `aws cloudformation package` and plan the processed template."
                .into(),
        ),
        _ if name.starts_with("AWS::Serverless") => {
            (format!("The SAM transform `{name}` is not supported"), PROCESSED.to_owned())
        }
        _ if name.starts_with("AWS::") => {
            let near = did_you_mean(name, [EXTENSIONS]);
            (format!("The transform `{name}` is not supported"), near.unwrap_or_else(|| PROCESSED.to_owned()))
        }
        _ => (
            format!("The macro `{name}` runs inside CloudFormation and is not supported"),
            PROCESSED.to_owned(),
        ),
    };
    Problem::error("unsupported_transform", span, message).help(help)
}

/// Whether a name is a logical id: 1 to 255 letters and digits of ASCII.
pub(super) fn is_logical_id(name: &str) -> bool {
    (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A scalar as text, as CloudFormation reads it.
pub(super) fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
