//! Where lines start: turns places into text again, for messages and for spans that the YAML events do not carry.
//!
//! A line ends with LF, CR LF or a lone CR, as in YAML; U+2028 and the like end none.

use std::cell::Cell;

use crate::problem::Span;

/// The lines of a text.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// The place looked up last and its offset: a line may be the whole text, and counting its characters anew for
    /// every place on it would take time in the square of its length.
    last: Cell<(Span, usize)>,
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
        Self { text, starts, last: Cell::default() }
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

    /// Everything from a place on. Places asked for from left to right cost no more than the text is long.
    pub(super) fn from(&self, place: Span) -> &'a str {
        let (last, offset) = self.last.get();
        let (start, skipped) = if last.line == place.line && last.column <= place.column {
            (offset, place.column - last.column)
        } else {
            let line = self.starts.get((place.line as usize).saturating_sub(1));
            (line.copied().unwrap_or(self.text.len()), place.column.saturating_sub(1))
        };
        let mut chars = self.text.get(start..).unwrap_or_default().chars();
        if let Some(before) = skipped.checked_sub(1) {
            chars.nth(before as usize);
        }
        let rest = chars.as_str();
        self.last.set((place, self.text.len() - rest.len()));
        rest
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
