//! Dynamic references: `{{resolve:service:…}}` in the texts of properties and outputs.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
//!
//! `ssm` is looked up before the plan is made and computed with; `ssm-secure` and `secretsmanager` become an
//! [`Expr::Secret`]. They are found in what the functions came to, so that a reference may be pieced together by
//! `Fn::Sub` or `Fn::Join`. When a piece is known only at run time (the name of a secret of the same template) the
//! reference is a [`crate::expr::Call::Dynamic`]; for `ssm` that is refused, `Fn::GetAtt` of `Value` says the same.
//! Arguments of `Fn::Base64`, `Fn::Split` and `Fn::ToJsonString` are settled before the function is applied.
//! Conditions, rules and looked-up values are never searched: there the text stands for itself.

use super::evaluate::{Evaluator, Stop};
use super::place::Place;
use crate::call::Lookup;
use crate::expr::{Call, Expr, functions, references};
use crate::problem::Span;

const OPEN: &str = "{{resolve:";
const CLOSE: &str = "}}";

/// A part of a text that holds dynamic references.
enum Piece {
    Text(Expr),
    /// What stands between `{{resolve:` and `}}`.
    Reference(Vec<Expr>),
}

/// Whether a text has the beginning of a dynamic reference.
pub(super) fn occurs(text: &str) -> bool {
    text.contains(OPEN)
}

impl Evaluator<'_> {
    /// The expression with its dynamic references looked up or made secrets.
    pub(super) fn settle(&mut self, expr: Expr, span: Span, at: &Place<'_>) -> Result<Expr, Stop> {
        match expr {
            Expr::Str(text) if occurs(&text) => self.settle_parts(vec![Expr::Str(text)], span, at),
            Expr::List(items) => {
                items.into_iter().map(|item| self.settle(item, span, at)).collect::<Result<_, _>>().map(Expr::List)
            }
            Expr::Map(entries) => entries
                .into_iter()
                .map(|(key, item)| Ok((key, self.settle(item, span, at)?)))
                .collect::<Result<_, _>>()
                .map(Expr::Map),
            Expr::Call(call) => match *call {
                Call::Concat(parts)
                    if parts.iter().any(|part| matches!(part, Expr::Str(text) if text.contains(OPEN))) =>
                {
                    self.settle_parts(parts, span, at)
                }
                Call::Select(index, list) => {
                    let list = self.settle(list, span, at)?;
                    Ok(Expr::Call(Box::new(Call::Select(index, list))))
                }
                other => Ok(Expr::Call(Box::new(other))),
            },
            plain => Ok(plain),
        }
    }

    fn settle_parts(&mut self, parts: Vec<Expr>, span: Span, at: &Place<'_>) -> Result<Expr, Stop> {
        let pieces = self.named(cut(parts), span, at)?;
        let mut settled = Vec::with_capacity(pieces.len());
        for piece in pieces {
            settled.push(match piece {
                Piece::Text(text) => text,
                Piece::Reference(parts) => {
                    let text = functions::concat(parts);
                    let text = self.computed(text, span, at)?;
                    self.settle_reference(text, span, at)?
                }
            });
        }
        let whole = functions::concat(settled);
        self.computed(whole, span, at)
    }

    fn settle_reference(&mut self, text: Expr, span: Span, at: &Place<'_>) -> Result<Expr, Stop> {
        if !text.secrets().is_empty() {
            return self.named(
                Err("The name in a dynamic reference comes from a NoEcho parameter, and it would be stored".to_owned()),
                span,
                at,
            );
        }
        match text {
            Expr::Str(id) => match id.strip_prefix("ssm:") {
                Some(name) => {
                    self.named(references::parameter(name), span, at)?;
                    let found = self.find(Lookup::SsmParameter { name: name.to_owned() }, span, at)?;
                    Ok(Expr::Str(super::parameters::joined(found)))
                }
                None => {
                    let reference = functions::dynamic(Expr::Str(id));
                    self.named(reference, span, at)
                }
            },
            unknown => match service(&unknown) {
                Some("secretsmanager" | "ssm-secure") => {
                    let reference = functions::dynamic(unknown);
                    self.named(reference, span, at)
                }
                Some("ssm") => {
                    let problem = self
                        .problem(
                            "invalid_dynamic_reference",
                            span,
                            at,
                            "The name in this `ssm` reference is known only while the deployment runs",
                        )
                        .help("For a parameter of this template use Fn::GetAtt of its `Value` instead");
                    self.refuse(problem)
                }
                _ => self.named(Err("The service of a dynamic reference has to be written out".to_owned()), span, at),
            },
        }
    }

    /// Reports a sentence about a dynamic reference.
    fn named<T>(&mut self, outcome: Result<T, String>, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        outcome.or_else(|sentence| {
            let problem = self
                .problem("invalid_dynamic_reference", span, at, sentence)
                .help("The forms are {{resolve:ssm:NAME:VERSION}}, {{resolve:ssm-secure:NAME:VERSION}} and {{resolve:secretsmanager:ID:SecretString:KEY}}");
            self.refuse(problem)
        })
    }
}

/// The service a partly known reference begins with.
fn service(text: &Expr) -> Option<&str> {
    let Expr::Call(call) = text else { return None };
    let Call::Concat(parts) = &**call else { return None };
    let Some(Expr::Str(start)) = parts.first() else { return None };
    start.split_once(':').map(|(service, _)| service)
}

/// Cuts a text at the borders of its references.
fn cut(parts: Vec<Expr>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut inside: Option<Vec<Expr>> = None;
    for part in parts {
        let Expr::Str(text) = part else {
            match &mut inside {
                Some(reference) => reference.push(part),
                None => pieces.push(Piece::Text(part)),
            }
            continue;
        };
        let mut rest = text.as_str();
        loop {
            let border = if inside.is_some() { CLOSE } else { OPEN };
            let (before, after) = rest.split_once(border).map_or((rest, None), |(before, after)| (before, Some(after)));
            let piece = Expr::Str(before.to_owned());
            match (inside.take(), after) {
                (Some(mut reference), after) => {
                    reference.push(piece);
                    if after.is_some() {
                        pieces.push(Piece::Reference(reference));
                    } else {
                        inside = Some(reference);
                    }
                }
                (None, after) => {
                    pieces.push(Piece::Text(piece));
                    inside = after.map(|_| Vec::new());
                }
            }
            match after {
                Some(after) => rest = after,
                None => break,
            }
        }
    }
    if inside.is_some() { Err("A dynamic reference is not closed by `}}`".into()) } else { Ok(pieces) }
}
