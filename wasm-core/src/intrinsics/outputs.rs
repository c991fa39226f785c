//! Outputs.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>

use std::collections::HashMap;

use super::document::is_logical_id;
use super::evaluate::{Evaluator, Section, Stop};
use super::foreach::Member;
use super::nearest::did_you_mean;
use super::place::Place;
use super::world::EvaluatedOutput;
use crate::expr::Expr;
use crate::expr::functions;
use crate::template::{Kind, Node};

const ATTRIBUTES: [&str; 4] = ["Value", "Description", "Export", "Condition"];

impl Evaluator<'_> {
    /// Evaluates the outputs that there will be and checks the others.
    pub(super) fn outputs(&mut self, members: &[Member<'_>]) -> Vec<EvaluatedOutput> {
        let section = Place::section("Outputs");
        let mut outputs: Vec<EvaluatedOutput> = Vec::with_capacity(members.len());
        let mut exports: HashMap<String, String> = HashMap::new();
        self.within(Section::Outputs, |this| {
            for member in members {
                let at = section.key(&member.key);
                let Ok(Some(output)) = this.output(member, &at) else { continue };
                if let Some(name) = &output.export_name
                    && let Some(other) = exports.insert(name.clone(), output.name.clone())
                {
                    let message = format!("Outputs `{other}` and `{}` export the same name `{name}`", output.name);
                    let problem = this.problem("duplicate_export", member.key_span, &at.key("Export"), message);
                    this.note(problem);
                }
                outputs.push(output);
            }
        });
        outputs
    }

    fn output(&mut self, member: &Member<'_>, at: &Place<'_>) -> Result<Option<EvaluatedOutput>, Stop> {
        if !is_logical_id(&member.key) {
            let message = format!("`{}` is not an output's name", member.key);
            let problem =
                self.problem("invalid_name", member.key_span, at, message).help("Use letters and digits only");
            self.note(problem);
        }
        let Kind::Map(attributes) = &member.value.kind else {
            let message = format!("Output `{}` is not an object", member.key);
            let problem = self.problem("invalid_output", member.value.span, at, message).help("It needs `Value`");
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
                    format!("An output has no attribute `{}`", attribute.key),
                )
                .help(
                    did_you_mean(&attribute.key, ATTRIBUTES)
                        .unwrap_or_else(|| format!("There are {}", ATTRIBUTES.join(", "))),
                )
            };
            self.note(problem);
        }
        let find = |name: &str| attributes.iter().find(|attribute| attribute.key == name).map(|found| &found.value);
        let wanted = match find("Condition") {
            Some(node) => match self.condition_attribute(node, &at.key("Condition")) {
                Ok(()) => {
                    !matches!(&node.kind, Kind::String(name) if matches!(self.conditions.get(name), Some(Ok(false))))
                }
                Err(Stop) => false,
            },
            None => true,
        };
        let Some(value) = find("Value") else {
            let message = format!("Output `{}` has no `Value`", member.key);
            let problem = self.problem("invalid_output", member.key_span, at, message);
            return self.refuse(problem);
        };
        let description = match find("Description") {
            None => None,
            Some(Node { kind: Kind::String(text), .. }) => Some(text.clone()),
            Some(node) => {
                let problem = self
                    .problem(
                        "invalid_output",
                        node.span,
                        &at.key("Description"),
                        "The description of an output is not a string",
                    )
                    .help("No function can compute it");
                return self.refuse(problem);
            }
        };
        self.with_dead(!wanted, |this| {
            let value = this.output_value(value, &at.key("Value"));
            let references = std::mem::take(&mut this.references).into_iter().collect();
            let export = find("Export").map(|node| this.export(node, &at.key("Export"))).transpose();
            let (value, export_name) = (value?, export?);
            let name = member.key.clone().into_owned();
            let output = EvaluatedOutput { name, value, references, description, export_name, span: member.key_span };
            Ok(wanted.then_some(output))
        })
    }

    fn output_value(&mut self, node: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        let value = self.settled_argument(node, at)?;
        if value.is_symbolic() {
            return Ok(value);
        }
        match functions::text(&value) {
            Some(text) => Ok(Expr::Str(text.into_owned())),
            None => {
                let problem = self
                    .problem("invalid_output", node.span, at, "The value of an output is not a string")
                    .help("Put a list together by `Fn::Join`");
                self.refuse_value(problem)
            }
        }
    }

    fn export(&mut self, node: &Node, at: &Place<'_>) -> Result<String, Stop> {
        let Kind::Map(attributes) = &node.kind else { return self.invalid_export(node, at) };
        let [name] = attributes.as_slice() else { return self.invalid_export(node, at) };
        if name.key != "Name" {
            return self.invalid_export(node, at);
        }
        self.public_text(&name.value, &at.key("Name"), "The name of an export")
    }

    fn invalid_export(&mut self, node: &Node, at: &Place<'_>) -> Result<String, Stop> {
        let problem = self.problem("invalid_output", node.span, at, "`Export` is an object with `Name`");
        self.refuse(problem)
    }
}
