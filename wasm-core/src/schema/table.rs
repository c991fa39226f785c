//! Reads the table that `scripts/generate-schema.py` writes. This comment is the format's specification.
//!
//! Nothing is decoded ahead of need and nothing is trusted: a damaged table gives wrong or empty answers, never a
//! panic or an endless loop (every count is bounded by the bytes that are left, every read outside gives zero).
//!
//! ```text
//! file        = "ARST" version:u32 start:u32 × 6 (meta, index, records, places, shapes, pool), the six sections; u32 LE
//! meta        = generated collected cfnLint serviceSpec: framed; types provisionable handlerless noRead noUpdate stateful
//! index       = u32 × types, offset into records, in the order of type names
//! record      = name:framed definition flags seconds × 3 minutes × 3 reference tagging?
//!               identifier createOnly conditionalCreateOnly readOnly writeOnly attributes: strings
//!               n (additional identifier: strings) × n  n (path text) × n
//!               n (handlers:mask service:string operations:strings) × n
//! flags       = bits: create read update delete list, stateful, delete-then-create, taggable, tag on create,
//!               tags updatable, system tags
//! seconds     = prior duration + 1, 0 unknown (create update delete);  minutes: handler's timeout, 0 none (same order)
//! reference   = 0 identifier | 1 part:n of it | 2 property:string | 3 event rule (bus|rule, rule alone on the default bus)
//! tagging     = property:string shape:n (0 other, 1 Key/Value list, 2 map, 3 Key/Value/PropagateAtLaunch list)
//! places      = u32 × definitions, offset into shapes
//! definition  = open:n (kind of other members)? n (name:string kind) × n
//! kind        = byte: 0 json 1 string 2 integer 3 number 4 boolean, 5 strings (enumeration), 8..11 kind (list; +1
//!               unordered, +2 unique), 12 kind (map), 13 n (object: definition, zigzag, relative to the one it stands
//!               in), 14 n kind × n (one of); top bit: the member is required
//! n           = LEB128;  framed = n bytes;  strings = n string × n
//! string      = n: even, pool offset × 2 (a framed string there); odd, length × 2 + 1 and the bytes
//! ```

use std::sync::LazyLock;

const MAGIC: &[u8] = b"ARST";
const VERSION: u32 = 1;
/// The longest real list has some 200 entries; the bound keeps a damaged table from costing time.
const LONGEST_LIST: usize = 2048;

/// A table in memory.
pub(super) struct Table {
    bytes: &'static [u8],
    starts: [usize; 6],
}

#[derive(Clone, Copy)]
pub(super) enum Section {
    Meta,
    Index,
    Records,
    Places,
    Shapes,
    Pool,
}

static BUNDLED: LazyLock<Table> = LazyLock::new(|| Table::new(include_bytes!("../../schema/table.bin")));

/// The table this core was built with.
pub(super) fn bundled() -> &'static Table {
    &BUNDLED
}

impl Table {
    /// Any bytes; what is no table of this version is an empty one.
    pub(super) fn new(bytes: &'static [u8]) -> Self {
        let word = |place: usize| -> Option<u32> {
            let four = bytes.get(place * 4..place * 4 + 4)?;
            Some(u32::from_le_bytes(four.try_into().ok()?))
        };
        let mut starts = [0; 6];
        let sound = bytes.starts_with(MAGIC) && word(1) == Some(VERSION);
        for (place, start) in starts.iter_mut().enumerate() {
            *start = if sound { word(place + 2).map_or(0, |start| start as usize) } else { 0 };
        }
        Self { bytes: if sound { bytes } else { &[] }, starts }
    }

    fn start(&self, section: Section) -> usize {
        self.starts.get(section as usize).copied().unwrap_or(0)
    }

    /// A cursor `offset` bytes into a section.
    pub(super) fn cursor(&'static self, section: Section, offset: usize) -> Cursor {
        Cursor { table: self, at: self.start(section).saturating_add(offset) }
    }

    /// Number of entries in a section of offsets, which ends where `next` begins.
    pub(super) fn entries(&self, section: Section, next: Section) -> usize {
        self.start(next).min(self.bytes.len()).saturating_sub(self.start(section)) / 4
    }

    /// The offset at `place` in a section of offsets.
    pub(super) fn offset(&self, section: Section, place: usize) -> Option<usize> {
        let at = self.start(section).checked_add(place.checked_mul(4)?)?;
        let four = self.bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?) as usize)
    }
}

/// A place in a table.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    pub(super) table: &'static Table,
    at: usize,
}

impl Cursor {
    /// One byte, 0 past the end.
    pub(super) fn byte(&mut self) -> u8 {
        let byte = self.table.bytes.get(self.at).copied().unwrap_or(0);
        self.at = self.at.saturating_add(1);
        byte
    }

    /// A LEB128 number that fits 32 bits; bits beyond are dropped.
    pub(super) fn number(&mut self) -> usize {
        let mut value: u32 = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte();
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value as usize
    }

    /// A count of things that take at least a byte each.
    pub(super) fn count(&mut self) -> usize {
        let count = self.number();
        count.min(self.table.bytes.len().saturating_sub(self.at)).min(LONGEST_LIST)
    }

    fn text(&mut self, length: usize) -> &'static str {
        self.take(length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    /// A string with its length before it.
    pub(super) fn framed(&mut self) -> &'static str {
        let length = self.number();
        self.text(length)
    }

    /// A string, here or in the pool.
    pub(super) fn string(&mut self) -> &'static str {
        let place = self.number();
        if place & 1 == 1 { self.text(place >> 1) } else { self.table.cursor(Section::Pool, place >> 1).framed() }
    }

    /// The bytes of a string: to be compared, for which it is not looked whether they are text.
    pub(super) fn string_bytes(&mut self) -> &'static [u8] {
        let place = self.number();
        if place & 1 == 1 {
            return self.take(place >> 1).unwrap_or_default();
        }
        let mut pooled = self.table.cursor(Section::Pool, place >> 1);
        let length = pooled.number();
        pooled.take(length).unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> Option<&'static [u8]> {
        let end = self.at.saturating_add(length);
        let bytes = self.table.bytes.get(self.at..end);
        self.at = end;
        bytes
    }

    pub(super) fn skip_string(&mut self) {
        let place = self.number();
        if place & 1 == 1 {
            self.at = self.at.saturating_add(place >> 1);
        }
    }

    /// A counted list of strings.
    pub(super) fn strings(&mut self) -> Vec<&'static str> {
        let count = self.count();
        (0..count).map(|_| self.string()).collect()
    }

    pub(super) fn skip_strings(&mut self) {
        for _ in 0..self.count() {
            self.skip_string();
        }
    }

    /// Steps over a kind without recursion, so that no damage can exhaust the stack.
    pub(super) fn skip_kind(&mut self) {
        let mut left: usize = 1;
        while left > 0 && self.at < self.table.bytes.len() {
            left -= 1;
            match self.byte() & 0x7f {
                5 => self.skip_strings(),
                8..=12 => left += 1,
                13 => {
                    self.number();
                }
                14 => left = left.saturating_add(self.count()),
                _ => {}
            }
        }
    }
}
