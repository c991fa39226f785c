//! What is wrong with an input, where, and the way out.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// A place in a source text; both numbers count from 1, columns in Unicode scalar values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// Whether a problem stops the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Nothing may be deployed.
    Error,
    /// Worth saying; the work goes on.
    Warning,
}

/// One problem of a template, a parameter or a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable snake_case code that scripts match on.
    pub code: String,
    /// Whether it stops the work.
    pub severity: Severity,
    /// One sentence: what is wrong, with the offending name in it.
    pub message: String,
    /// Line, from 1; 0 where the problem has no place in the text.
    pub line: u32,
    /// Column, from 1; 0 where the problem has no place in the text.
    pub column: u32,
    /// Slash-separated path in the template (`Resources/Table/Properties/KeySchema`); empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The way out, one sentence; empty where the message says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
}

impl Problem {
    /// An error at `span`.
    #[must_use]
    pub fn error(code: &str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity: Severity::Error,
            message: message.into(),
            line: span.line,
            column: span.column,
            path: String::new(),
            help: String::new(),
        }
    }

    /// A warning at `span`.
    #[must_use]
    pub fn warning(code: &str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// The same problem with a template path.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same problem with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}
