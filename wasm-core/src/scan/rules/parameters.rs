//! Parameters that hold secrets.

use super::{Check, Checker::Template, Rule};
use crate::scan::FindingSeverity::{Low, Medium};
use crate::scan::secrets;
use crate::template::{Kind, Node};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "parameter-secret-default",
        title: "Secret parameter has its value in the template",
        severity: Medium,
        types: &["Parameters"],
        help: "Leave Default out, or keep the value in Secrets Manager; change the secret",
        aliases: &[],
        bad: "Parameters:\n  AdminPassword: {Type: String, NoEcho: true, Default: correct horse}\nResources:\n  Topic: {Type: 'AWS::SNS::Topic'}",
        good: "Parameters:\n  AdminPassword: {Type: String, NoEcho: true}\nResources:\n  Topic: {Type: 'AWS::SNS::Topic'}",
        check: Template(|check, template| {
            parameters(check, template, |name, declared| {
                let default = declared.get("Default").and_then(Node::as_str).unwrap_or_default();
                let real = hidden(declared)
                    && !default.is_empty()
                    && !default.contains("{{resolve:")
                    && !secrets::is_placeholder(default);
                real.then(|| ("Default", format!("The default of NoEcho parameter {name} is readable in the template")))
            });
        }),
    },
    Rule {
        id: "parameter-not-hidden",
        title: "Parameter for a password is shown",
        severity: Low,
        types: &["Parameters"],
        help: "Set NoEcho: true",
        aliases: &[],
        bad: "Parameters:\n  AdminPassword: {Type: String}\nResources:\n  Topic: {Type: 'AWS::SNS::Topic'}",
        good: "Parameters:\n  AdminPassword: {Type: String, NoEcho: true}\nResources:\n  Topic: {Type: 'AWS::SNS::Topic'}",
        check: Template(|check, template| {
            parameters(check, template, |name, declared| {
                let text = declared.get("Type").and_then(Node::as_str) == Some("String");
                // A choice such as yes/no is no password.
                let shown = text && !hidden(declared) && declared.get("AllowedValues").is_none();
                let lower = name.to_ascii_lowercase();
                let named = ["password", "passphrase", "secretkey", "secretaccesskey", "apikey", "authtoken"]
                    .iter()
                    .any(|end| lower.ends_with(end));
                (shown && named)
                    .then(|| ("", format!("The value of {name} is shown wherever the stack is: it has no NoEcho")))
            });
        }),
    },
];

fn hidden(declared: &Node) -> bool {
    declared.get("NoEcho").is_some_and(|node| match &node.kind {
        Kind::Bool(flag) => *flag,
        Kind::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    })
}

fn parameters(check: &mut Check<'_>, template: &Node, wrong: impl Fn(&str, &Node) -> Option<(&'static str, String)>) {
    let declared = template.get("Parameters").and_then(Node::as_map).unwrap_or_default();
    for entry in declared {
        if let Some((attribute, message)) = wrong(&entry.key, &entry.value) {
            let path = format!("Parameters/{}/{attribute}", entry.key);
            check.fail(path.trim_end_matches('/'), message);
        }
    }
}
