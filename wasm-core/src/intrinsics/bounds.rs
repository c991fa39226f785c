//! How much text functions may make, so that a page of nested `Fn::Sub` does not become gigabytes.
//!
//! Checked while a text grows, before it is there. What stands written in the template is bounded by its size and not
//! counted; what a function gives is, at every level, so that memory and time are bounded too.

use super::evaluate::{Evaluated, Evaluator, Stop};
use super::place::Place;
use crate::expr::Expr;
use crate::problem::Span;

/// Bytes of one value that functions make. No service takes more; Cloud Control takes 256 KiB for a whole resource.
const VALUE: usize = 1024 * 1024;

/// Bytes of all of them.
pub(super) const TOTAL: usize = 16 * 1024 * 1024;

/// What a part costs besides its text.
const PART: usize = 16;

/// A value that is being made.
pub(super) struct Growing(usize);

impl Growing {
    pub(super) fn new() -> Self {
        Self(0)
    }

    /// Whether another part, so many times, still fits.
    pub(super) fn fits(&mut self, part: &Expr, times: usize) -> bool {
        self.0 = self.0.saturating_add(size(part, VALUE).saturating_mul(times));
        self.0 <= VALUE
    }
}

impl Evaluator<'_> {
    /// The value of a function, if it is not too large and all together are not.
    pub(super) fn bounded(&mut self, value: Evaluated, span: Span, at: &Place<'_>) -> Evaluated {
        let Some(expr) = value? else { return Ok(None) };
        let bytes = size(&expr, VALUE);
        if bytes > VALUE {
            return self.too_large(span, at);
        }
        match self.room.checked_sub(bytes) {
            Some(left) => {
                self.room = left;
                Ok(Some(expr))
            }
            // Said once: everything after it would be too much as well.
            None if self.room == 0 => Err(Stop),
            None => {
                self.room = 0;
                let message = format!("The functions of the template make more than {} MB", TOTAL / 1024 / 1024);
                let problem = self.problem("expansion_limit", span, at, message);
                self.refuse(problem.help("Say it in fewer or smaller values"))
            }
        }
    }

    /// The refusal of a value that would be too large.
    pub(super) fn too_large<T>(&mut self, span: Span, at: &Place<'_>) -> Result<T, Stop> {
        let problem = self.problem("expansion_limit", span, at, "The value of this function is larger than 1 MB");
        self.refuse(problem.help("Say it in fewer or smaller parts; no service takes a value of this size"))
    }
}

/// Bytes of a value; counting ends soon after `most`.
fn size(expr: &Expr, most: usize) -> usize {
    let mut bytes = 0_usize;
    let mut left = vec![expr];
    while let Some(part) = left.pop() {
        bytes = bytes.saturating_add(PART);
        match part {
            Expr::Str(text) | Expr::Ref(text) | Expr::Secret(text) | Expr::Import(text) => {
                bytes = bytes.saturating_add(text.len())
            }
            Expr::Att(id, attribute) => bytes = bytes.saturating_add(id.len() + attribute.len()),
            Expr::List(items) => left.extend(items),
            Expr::Map(entries) => {
                for (key, item) in entries {
                    bytes = bytes.saturating_add(key.len());
                    left.push(item);
                }
            }
            Expr::Call(call) => left.extend(call.parts()),
            Expr::Null | Expr::Bool(_) | Expr::Number(_) => {}
        }
        if bytes > most {
            break;
        }
    }
    bytes
}
