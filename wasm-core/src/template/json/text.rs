//! Strings: RFC 8259 section 7, with every bad escape reported and none of them the end.

use super::super::problems::Stop;
use super::Reader;

impl Reader<'_> {
    /// The string whose opening quote (double, or single by mistake) is the next byte.
    pub(super) fn string(&mut self) -> Result<String, Stop> {
        let open = self.here();
        let quote = self.peek().unwrap_or(b'"');
        self.at += 1;
        let mut owned = String::new();
        let mut start = self.at;
        loop {
            self.at += self.plain(quote);
            match self.peek() {
                Some(byte) if byte == quote => {
                    let tail = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    if owned.is_empty() {
                        return Ok(tail.to_owned());
                    }
                    owned.push_str(tail);
                    return Ok(owned);
                }
                Some(b'\\') => {
                    owned.push_str(self.text.get(start..self.at).unwrap_or_default());
                    self.escape(&mut owned);
                    start = self.at;
                }
                None | Some(b'\n' | b'\r') => {
                    return Err(self.fail_at(
                        open,
                        "The string is not closed on its line",
                        "Close it with a double quote; write a line break inside a string as \\n",
                    ));
                }
                Some(0x00..0x20) => {
                    self.control();
                    self.at += 1;
                }
                Some(byte) => {
                    self.wide += usize::from(byte & 0xc0 == 0x80);
                    self.at += 1;
                }
            }
        }
    }

    /// How many bytes from here on are ASCII that stands for itself: nearly all bytes of nearly all templates.
    fn plain(&self, quote: u8) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let special = |byte: &u8| *byte == quote || *byte == b'\\' || !(0x20..0x80).contains(byte);
        rest.iter().position(special).unwrap_or(rest.len())
    }

    fn control(&mut self) {
        let byte = self.peek().unwrap_or_default();
        let written = if byte == b'\t' { "\\t".to_owned() } else { format!("\\u{byte:04x}") };
        self.mistake(
            &format!("A control character (U+{byte:04X}) stands in a string"),
            &format!("Write it as {written}, or remove it"),
        );
    }

    /// Decodes the escape at the backslash; one that means nothing is reported and kept as written.
    fn escape(&mut self, into: &mut String) {
        let plain = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(into),
            None => {
                self.at += 1;
                return;
            }
            Some(_) => {
                let next = self.text.get(self.at + 1..).and_then(|rest| rest.chars().next());
                let next = next.filter(|char| !char.is_control()).map(String::from).unwrap_or_default();
                self.mistake(
                    &format!("`\\{next}` is no escape of JSON"),
                    &format!("Write \\\\{next} if the backslash is meant"),
                );
                // The backslash alone: what follows may be the end of the line or of the string.
                into.push('\\');
                self.at += 1;
                if next == "'" {
                    into.push('\'');
                    self.at += 1;
                }
                return;
            }
        };
        into.push(plain);
        self.at += 2;
    }

    /// `\uXXXX`, or two of them that form a surrogate pair.
    fn code_point(&mut self, into: &mut String) {
        let Some(first) = self.hex(self.at + 2) else {
            self.mistake("`\\u` is not followed by four hexadecimal digits", "Write \\u and four of 0-9 and a-f");
            into.push('\u{fffd}');
            self.at += 2;
            return;
        };
        if let Some(char) = char::from_u32(first) {
            into.push(char);
            self.at += 6;
            return;
        }
        let low = (first < 0xdc00 && self.bytes.get(self.at + 6..self.at + 8) == Some(b"\\u"))
            .then(|| self.hex(self.at + 8))
            .flatten()
            .filter(|low| (0xdc00..0xe000).contains(low));
        let pair = low.and_then(|low| char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00)));
        if let Some(char) = pair {
            into.push(char);
            self.at += 12;
            return;
        }
        self.mistake(
            &format!("`\\u{first:04x}` is half of a surrogate pair"),
            "Write both halves, the first of d800 to dbff and the second of dc00 to dfff, or the character itself",
        );
        into.push('\u{fffd}');
        self.at += 6;
    }

    fn hex(&self, at: usize) -> Option<u32> {
        self.bytes.get(at..at + 4)?.iter().try_fold(0, |value, byte| Some(value * 16 + char::from(*byte).to_digit(16)?))
    }
}
