//! What is wrong in JSON yet clear in meaning: reported with a way out, and read on behind.

use super::super::problems::{Stop, short};
use super::super::tree::Kind;
use super::{Reader, joined};
use crate::problem::{Problem, Span};

const CODE: &str = "invalid_json";

impl Reader<'_> {
    pub(super) fn mistake(&mut self, message: &str, help: &str) {
        self.mistake_at(self.here(), message, help);
    }

    pub(super) fn mistake_at(&mut self, place: Span, message: &str, help: &str) {
        let path = &self.path;
        self.problems.add(|| Problem::error(CODE, place, message).at(joined(path)).help(help));
    }

    /// A mistake behind which nothing can be read with any sense.
    pub(super) fn fail(&mut self, message: &str, help: &str) -> Stop {
        self.fail_at(self.here(), message, help)
    }

    pub(super) fn fail_at(&mut self, place: Span, message: &str, help: &str) -> Stop {
        let path = joined(&self.path);
        self.problems.stop(Problem::error(CODE, place, message).at(path).help(help))
    }

    pub(super) fn ended(&mut self, open: Span, what: &str, close: char) -> Stop {
        let message =
            format!("The text ends inside the {what} that starts at line {}, column {}", open.line, open.column);
        self.fail(&message, &format!("Close it with {close}"))
    }

    pub(super) fn mismatch(&mut self, open: Span, what: &str, close: char) -> Stop {
        let found = self.peek().map(char::from).unwrap_or_default();
        let message =
            format!("`{found}` cannot close the {what} that starts at line {}, column {}", open.line, open.column);
        self.fail(&message, &format!("Close it with {close}"))
    }

    pub(super) fn no_colon(&mut self, open: Span) -> Stop {
        if self.peek().is_none() {
            return self.ended(open, "object", '}');
        }
        let key = self.last_key();
        self.fail(
            &format!("`:` is missing after the key `{key}`"),
            "Write \"key\": value; check that the key's closing quote is where it should be",
        )
    }

    fn last_key(&self) -> String {
        let path = joined(self.path.get(self.path.len().saturating_sub(1)..).unwrap_or_default());
        short(&path, 60)
    }

    pub(super) fn unexpected(&mut self, wanted: &str) -> Stop {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        let (message, help) = match found {
            None => ("The text ends too early".to_owned(), format!("Here should be {wanted}")),
            Some(quote @ ('\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}')) => {
                (format!("`{quote}` is a typographic quote"), "Use the plain double quote \"".to_owned())
            }
            Some(char) if char.is_control() => (
                format!("A control character (U+{:04X}) stands outside a string", u32::from(char)),
                "Remove it".to_owned(),
            ),
            Some(char) => (format!("`{char}` was not expected"), format!("Here should be {wanted}")),
        };
        self.fail(&message, &help)
    }

    /// A key that is not in double quotes.
    pub(super) fn bare_key(&mut self) -> Result<String, Stop> {
        if self.peek() == Some(b'\'') {
            self.mistake("The key is in single quotes", "JSON wants double quotes");
            return self.string();
        }
        let word = self.word();
        if word.is_empty() {
            self.yaml_like |= matches!(self.peek(), Some(b'!' | b'&' | b'*' | b'?' | b'<' | b'-'));
            return Err(self.unexpected("a key in double quotes"));
        }
        self.yaml_like = true;
        self.mistake(&format!("The key `{}` is not quoted", short(&word, 60)), "JSON wants double quotes");
        self.at += word.len();
        Ok(word)
    }

    /// A value that is neither of JSON's six kinds.
    pub(super) fn other_value(&mut self) -> Result<Kind, Stop> {
        if self.peek() == Some(b'\'') {
            self.mistake("The string is in single quotes", "JSON wants double quotes");
            return self.string().map(Kind::String);
        }
        if matches!(self.peek(), Some(b'+' | b'.')) {
            return Ok(self.bad_number(self.at));
        }
        let word = self.word();
        if word.is_empty() {
            self.yaml_like |= matches!(self.peek(), Some(b'!' | b'&' | b'*'));
            return Err(self.unexpected("a value: a string, a number, true, false, null, { or ["));
        }
        let (kind, meant) = match word.to_ascii_lowercase().as_str() {
            "true" => (Kind::Bool(true), "Write true in lower case"),
            "false" => (Kind::Bool(false), "Write false in lower case"),
            "null" | "none" | "nil" | "undefined" => (Kind::Null, "Write null, or remove the key"),
            "nan" | "infinity" | "inf" => (Kind::Null, "JSON has no such number: give a finite one or a string"),
            _ => (Kind::String(word.clone()), "A string wants double quotes"),
        };
        self.mistake(&format!("`{}` is no value of JSON", short(&word, 60)), meant);
        self.at += word.len();
        Ok(kind)
    }

    fn word(&self) -> String {
        let part =
            |char: &char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.' | ':' | '/' | '$' | '@');
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word: String = rest.chars().take_while(part).collect();
        // The colon of `key: value` is no part of the key, those of `AWS::Region` are.
        let next_is_space =
            rest.get(word.len()..).is_none_or(|after| !after.starts_with(|char: char| !char.is_whitespace()));
        match word.strip_suffix(':') {
            Some(key) if next_is_space => key.to_owned(),
            _ => word,
        }
    }

    pub(super) fn bad_number(&mut self, start: usize) -> Kind {
        let rest = self.text.get(start..).unwrap_or_default();
        let part = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '.' | '+' | '-' | '_' | ':');
        let text: String = rest.chars().take_while(part).collect();
        self.at = start;
        let digits = text.trim_start_matches(['-', '+']);
        let help = if digits.len() > 1 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            "Write it without leading zeros and plus, or in double quotes if every digit counts"
        } else if text.to_ascii_lowercase().ends_with("infinity") {
            "JSON has no such number: give a finite one or a string"
        } else {
            "Write it as 12, -3.5 or 1e6, or in double quotes if it is no number"
        };
        self.mistake(&format!("`{}` is no number of JSON", short(&text, 60)), help);
        self.at = start + text.len();
        Kind::String(text)
    }

    /// A comment or a white space JSON does not know: reported and skipped. `false` when it is neither.
    pub(super) fn odd_space(&mut self) -> Result<bool, Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = if rest.starts_with('#') || rest.starts_with("//") {
            self.yaml_like |= rest.starts_with('#');
            rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            match comment.find("*/") {
                Some(end) => end + 4,
                None => return Err(self.fail("The comment is never closed", "Remove it: JSON has no comments")),
            }
        } else {
            let Some(blank) = rest.chars().next().filter(|char| char.is_whitespace() || *char == '\u{feff}') else {
                return Ok(false);
            };
            let name = u32::from(blank);
            self.mistake(
                &format!("An invisible character (U+{name:04X}) stands between the values"),
                "Replace it by an ordinary space",
            );
            self.skip_to(self.at + blank.len_utf8());
            return Ok(true);
        };
        self.mistake("JSON has no comments", "Remove it, or put the text under a Metadata key");
        self.skip_to(self.at + length);
        Ok(true)
    }
}
