//! JSON (RFC 8259) to the tree, by recursive descent over bytes.
//!
//! Promises: what `serde_json` reads is read the same, except that an integer beyond 64 bits or a number beyond a double
//! stays a string as written. Mistakes people make (comments, trailing and missing commas, single quotes, bare words,
//! `01`, `NaN`, bad escapes) are each reported and reading goes on behind them; whatever else is wrong ends it.
//! Its only caller is the module itself.

use serde_json::Number;

use super::Limits;
use super::problems::{Problems, Stop};
use super::tree::{Entry, Kind, Node};
use crate::problem::{Problem, Span};

mod mistakes;
mod text;

/// Why a text is not JSON, and whether YAML is worth a try.
pub(super) struct Failure {
    pub(super) problems: Vec<Problem>,
    /// Something was met that is wrong in JSON and right in YAML.
    pub(super) yaml_like: bool,
    /// The very first key has no quotes: nobody meant JSON.
    pub(super) first_key_bare: bool,
}

/// Reads a text that is known to be neither too long nor empty.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Node, Failure> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        line_start: 0,
        wide: 0,
        nodes: 0,
        limits,
        path: Vec::new(),
        problems: Problems::default(),
        yaml_like: false,
        first_key_bare: None,
    };
    let node = reader.document();
    let Reader { problems, yaml_like, first_key_bare, .. } = reader;
    let failed = |problems| Failure { problems, yaml_like, first_key_bare: first_key_bare == Some(true) };
    match node {
        Ok(node) => problems.none(node).map_err(failed),
        Err(Stop) => Err(failed(problems.list())),
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    /// Offset of the first byte of the line.
    line_start: usize,
    /// UTF-8 continuation bytes passed on this line: what columns must not count.
    wide: usize,
    nodes: usize,
    limits: &'a Limits,
    /// Keys (and indices) that lead to the value being read.
    path: Vec<Step>,
    problems: Problems,
    yaml_like: bool,
    first_key_bare: Option<bool>,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Stop> {
        self.space()?;
        let node = self.value(0)?;
        self.space()?;
        match self.peek() {
            None => Ok(node),
            Some(b'}' | b']') => Err(self.fail("One closing bracket too many", "Remove it, or open it further up")),
            Some(_) => {
                Err(self.fail("There is more text after the end of the template", "Remove what follows the last }"))
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Stop> {
        let span = self.here();
        self.count(span)?;
        let kind = match self.peek() {
            Some(b'{') => Kind::Map(self.object(span, depth)?),
            Some(b'[') => Kind::List(self.list(span, depth)?),
            Some(b'"') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') if self.take("true") => Kind::Bool(true),
            Some(b'f') if self.take("false") => Kind::Bool(false),
            Some(b'n') if self.take("null") => Kind::Null,
            _ => self.other_value()?,
        };
        Ok(Node { kind, span })
    }

    fn object(&mut self, open: Span, depth: usize) -> Result<Vec<Entry>, Stop> {
        self.deeper(open, depth)?;
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.space()?;
            match self.peek() {
                Some(b'}') => break,
                Some(b',') => {
                    self.mistake("A comma without an entry before it", "Remove the comma");
                    self.at += 1;
                    continue;
                }
                None => return Err(self.ended(open, "object", '}')),
                Some(b']') => return Err(self.mismatch(open, "object", '}')),
                Some(_) => {}
            }
            let key_span = self.here();
            let key = self.key()?;
            self.path.push(Step::Key(key));
            self.space()?;
            if self.peek() == Some(b':') {
                self.at += 1;
            } else {
                return Err(self.no_colon(open));
            }
            self.space()?;
            let value = if matches!(self.peek(), Some(b',' | b'}')) {
                self.mistake("The key has no value", "Give it one, or remove the key");
                Node { kind: Kind::Null, span: self.here() }
            } else {
                self.value(depth + 1)?
            };
            if let Some(Step::Key(key)) = self.path.pop() {
                entries.push(Entry { key, key_span, value });
            }
            self.separator(b'}')?;
        }
        self.at += 1;
        let path = &self.path;
        self.problems.repeated_keys(&entries, || joined(path));
        Ok(entries)
    }

    fn list(&mut self, open: Span, depth: usize) -> Result<Vec<Node>, Stop> {
        self.deeper(open, depth)?;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space()?;
            match self.peek() {
                Some(b']') => break,
                Some(b',') => {
                    self.mistake("A comma without an item before it", "Remove the comma");
                    self.at += 1;
                    continue;
                }
                None => return Err(self.ended(open, "list", ']')),
                Some(b'}') => return Err(self.mismatch(open, "list", ']')),
                Some(_) => {}
            }
            self.path.push(Step::Index(items.len()));
            let item = self.value(depth + 1)?;
            self.path.pop();
            items.push(item);
            self.separator(b']')?;
        }
        self.at += 1;
        Ok(items)
    }

    /// What stands between two entries; a missing comma and one before the closing bracket are mistakes.
    fn separator(&mut self, close: u8) -> Result<(), Stop> {
        let end = self.here();
        self.space()?;
        match self.peek() {
            Some(b',') => {
                let comma = self.here();
                self.at += 1;
                self.space()?;
                if self.peek() == Some(close) {
                    self.mistake_at(comma, "A comma after the last entry", "Remove the comma: JSON allows none there");
                }
            }
            Some(b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b'\'' | b'a'..=b'z' | b'A'..=b'Z') => {
                self.mistake_at(end, "A comma is missing here", "Put a comma between two entries");
            }
            Some(b']' | b'}') | None => {}
            Some(_) => return Err(self.unexpected("a comma or the closing bracket")),
        }
        Ok(())
    }

    fn key(&mut self) -> Result<String, Stop> {
        let quoted = self.peek() == Some(b'"');
        self.first_key_bare.get_or_insert(!quoted && self.peek() != Some(b'\''));
        if quoted { self.string() } else { self.bare_key() }
    }

    /// A number by RFC 8259 section 6, or what looks like one.
    fn number(&mut self) -> Kind {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let first = self.peek();
        let whole = self.digits();
        let mut good = whole == 1 || (whole > 1 && first != Some(b'0'));
        let mut integer = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            integer = false;
            good &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            integer = false;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            good &= self.digits() > 0;
        }
        if !good || self.in_word() {
            return self.bad_number(start);
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let number = if integer && text != "-0" {
            text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
        } else {
            text.parse::<f64>().ok().and_then(Number::from_f64)
        };
        number.map_or_else(|| Kind::String(text.to_owned()), Kind::Number)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    /// Whether the next byte would go on with a word or a number.
    fn in_word(&self) -> bool {
        matches!(self.peek(), Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' | b'+' | b'-' | 0x80..))
    }

    /// Takes a word if it stands here whole.
    fn take(&mut self, word: &str) -> bool {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return false;
        }
        self.at += word.len();
        let whole = !self.in_word();
        if !whole {
            self.at -= word.len();
        }
        whole
    }

    /// Skips white space, and comments as mistakes.
    fn space(&mut self) -> Result<(), Stop> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    self.at += rest.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(rest.len());
                }
                Some(b'\n') => self.newline(),
                Some(b'\r') => {
                    // CR LF counts once, at the LF.
                    if self.bytes.get(self.at + 1) == Some(&b'\n') {
                        self.at += 1;
                    }
                    self.newline();
                }
                Some(b'/' | b'#' | 0x80..) => {
                    if !self.odd_space()? {
                        return Ok(());
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
        self.line_start = self.at;
        self.wide = 0;
    }

    /// Skips to an offset, keeping count of lines and columns.
    fn skip_to(&mut self, end: usize) {
        while self.at < end {
            match self.peek() {
                Some(b'\n') => self.newline(),
                Some(b'\r') if self.bytes.get(self.at + 1) != Some(&b'\n') => self.newline(),
                byte => {
                    self.wide += usize::from(byte.is_some_and(|byte| byte & 0xc0 == 0x80));
                    self.at += 1;
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn here(&self) -> Span {
        let column = self.at - self.line_start - self.wide + 1;
        Span { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    fn count(&mut self, span: Span) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("The template has more than {} values", self.limits.nodes);
        Err(self
            .problems
            .stop(Problem::error("node_limit", span, message).help("Split the template into several stacks")))
    }

    fn deeper(&mut self, span: Span, depth: usize) -> Result<(), Stop> {
        if depth < self.limits.depth {
            return Ok(());
        }
        let message = format!("Objects and lists are nested more than {} deep", self.limits.depth);
        Err(self.problems.stop(Problem::error("depth_limit", span, message).help("Flatten this part of the template")))
    }
}

fn joined(path: &[Step]) -> String {
    let steps: Vec<String> = path
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        })
        .collect();
    steps.join("/")
}
