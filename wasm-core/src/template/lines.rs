//! Where lines start: turns places into text again, for messages and for spans that the YAML events do not carry.
//!
//! A line ends with LF, CR LF or a lone CR, as in YAML; U+2028 and the like end none.

use crate::problem::Span;

/// The lines of a text.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n')) {
                starts.push(index + 1);
            }
        }
        Self { text, starts }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// A line without its end; empty when there is none.
    pub(super) fn line(&self, number: u32) -> &'a str {
        let index = (number as usize).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }

    /// Everything from a place on.
    pub(super) fn from(&self, place: Span) -> &'a str {
        let start = self.starts.get((place.line as usize).saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        let skipped = (place.column as usize).saturating_sub(1);
        let mut chars = rest.chars();
        if skipped > 0 {
            chars.nth(skipped - 1);
        }
        chars.as_str()
    }
}

/// The place right after a text.
pub(super) fn end_of(text: &str) -> Span {
    after(Span { line: 1, column: 1 }, text)
}

/// The place right after a text that starts at a place.
pub(super) fn after(start: Span, text: &str) -> Span {
    let mut place = start;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\n' || (char == '\r' && chars.peek() != Some(&'\n')) {
            place.line = place.line.saturating_add(1);
            place.column = 1;
        } else {
            place.column = place.column.saturating_add(1);
        }
    }
    place
}
