//! `Fn::Sub`: a text with `${Name}`, `${Resource.Attribute}` and `${!Literal}`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>

use super::bounds::Growing;
use super::evaluate::{Evaluator, Stop};
use super::place::Place;
use crate::expr::Expr;
use crate::expr::functions;
use crate::problem::Span;
use crate::template::{Entry, Kind, Node};

/// A part of the text.
#[derive(Debug, PartialEq, Eq)]
enum Part<'s> {
    Text(&'s str),
    Variable(&'s str),
}

impl Evaluator<'_> {
    /// `Fn::Sub`.
    pub(super) fn sub(&mut self, argument: &Node, at: &Place<'_>) -> Result<Expr, Stop> {
        const TAKES: &str = "a string, or a string and an object of variables";
        let (text, variables): (&Node, &[Entry]) = match &argument.kind {
            Kind::String(_) => (argument, &[]),
            Kind::List(items) => match items.as_slice() {
                [text, Node { kind: Kind::Map(variables), .. }] => (text, variables),
                [text] => (text, &[]),
                _ => return self.arity("Fn::Sub", argument, at, TAKES),
            },
            _ => return self.arity("Fn::Sub", argument, at, TAKES),
        };
        let Kind::String(template) = &text.kind else { return self.arity("Fn::Sub", argument, at, TAKES) };

        let mut stopped = false;
        let mut values: Vec<(&str, Expr)> = Vec::with_capacity(variables.len());
        for variable in variables {
            match self.argument(&variable.value, &at.index(1).key(&variable.key)) {
                Ok(value) => values.push((&variable.key, value)),
                Err(Stop) => stopped = true,
            }
        }
        let mut parts = Vec::new();
        let mut growing = Growing::new();
        for part in split(template) {
            let value = match part {
                Part::Text(text) => Ok(Expr::Str(text.to_owned())),
                Part::Variable(name) => match values.iter().find(|(variable, _)| *variable == name) {
                    Some((_, value)) if growing.fits(value, 1) => Ok(value.clone()),
                    Some(_) => return self.too_large(text.span, at),
                    None if variables.iter().any(|variable| variable.key == name) => Err(Stop),
                    None => match self.variable(name, text.span, at) {
                        Ok(value) if !growing.fits(&value, 1) => return self.too_large(text.span, at),
                        value => value,
                    },
                },
            };
            match value {
                Ok(value) => parts.push(value),
                Err(Stop) => stopped = true,
            }
        }
        if stopped {
            return Err(Stop);
        }
        let text = functions::concat(parts).map_err(|_| "A variable of Fn::Sub is a list or an object".to_owned());
        self.computed(text, argument.span, at)
    }

    fn variable(&mut self, name: &str, span: Span, at: &Place<'_>) -> Result<Expr, Stop> {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
        if name.is_empty() || !name.bytes().all(named) {
            let problem = self
                .problem("invalid_argument", span, at, format!("`${{{name}}}` in Fn::Sub is not a name"))
                .help(format!(
                    "Letters, digits, `_`, `.` and `:` make a name; to keep the text as it is write `${{!{name}}}`."
                ));
            return self.refuse(problem);
        }
        if let Some((resource, attribute)) = name.split_once('.') {
            return self.attribute_of(resource, attribute, span, at);
        }
        match self.named_value(name, span, at)? {
            Some(value) => Ok(value),
            None => {
                let problem = self.problem("invalid_argument", span, at, "AWS::NoValue cannot stand in a text");
                self.refuse(problem)
            }
        }
    }
}

/// Cuts a text at its variables; `${` without an end is text.
fn split(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        match name.strip_prefix('!') {
            Some(literal) => parts.extend([Part::Text("${"), Part::Text(literal), Part::Text("}")]),
            // Blanks around a name mean nothing, as in CloudFormation.
            None => parts.push(Part::Variable(name.trim())),
        }
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{Part, split};

    #[test]
    fn a_text_without_variables_is_one_part() {
        assert_eq!(split("a $ {b} ${c"), [Part::Text("a $ {b} ${c")]);
        assert_eq!(split(""), []);
    }

    #[test]
    fn blanks_around_a_name_mean_nothing() {
        assert_eq!(split("${ A }${B }${\tC}"), ["A", "B", "C"].map(Part::Variable));
        assert_eq!(split("${! A }"), [Part::Text("${"), Part::Text(" A "), Part::Text("}")]);
    }

    #[test]
    fn an_exclamation_mark_keeps_the_text() {
        assert_eq!(split("${!A}${B}"), [Part::Text("${"), Part::Text("A"), Part::Text("}"), Part::Variable("B")]);
    }
}
