//! The parser's complaints in words that help, and what the parser lets pass.

use saphyr_parser::ScanError;

use super::super::lines::{Lines, end_of};
use super::super::problems::Problems;
use super::place;
use crate::problem::{Problem, Span};

/// Reports control characters, which YAML does not allow anywhere (YAML 1.2.2, 5.1).
pub(super) fn characters(text: &str, problems: &mut Problems) {
    // One pass over bytes first: almost no text has any.
    let control = |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f;
    for (index, byte) in text.bytes().enumerate().filter(|(_, byte)| control(*byte)).take(10) {
        let span = end_of(text.get(..index).unwrap_or_default());
        let message = format!("A control character (U+{byte:04X}) stands in the text");
        problems.add(
            Problem::error("invalid_character", span, message)
                .help("Remove it, or write it as an escape in double quotes, as in \"\\x1b\""),
        );
    }
}

/// The problem a syntax error is.
pub(super) fn problem(error: &ScanError, lines: &Lines<'_>) -> Problem {
    let span = place(*error.marker());
    if let Some(tab) = tab(span, error.info(), lines) {
        return Problem::error("tab_indentation", tab, "A tab is used for indentation").help("Indent with spaces");
    }
    if let Some(second) = second_tag(span, lines) {
        return Problem::error("nested_tags", span, format!("Two tags stand on one value, the second is `{second}`"))
            .help("Write the outer function in its long form, as in `Fn::Base64: !Sub ...`");
    }
    let info = error.info();
    let (code, message, help) = words(info);
    let message = match code {
        "undefined_alias" => format!("The alias `{}` has no anchor before it", word(lines.from(span))),
        _ if message.is_empty() => format!("The YAML is not well-formed: {info}"),
        _ => message.to_owned(),
    };
    Problem::error(code, span, message).help(help)
}

/// Code, message and help by what the parser says.
fn words(info: &str) -> (&'static str, &'static str, &'static str) {
    const CODE: &str = "invalid_yaml";
    match info {
        "while parsing node, found unknown anchor" => {
            ("undefined_alias", "", "Define it further up with &, or quote a value that starts with *")
        }
        "mapping values are not allowed in this context" => (
            CODE,
            "A `:` makes a key here, where none can be",
            "Quote a value that contains `: `; put keys of one object at one indentation",
        ),
        "simple key expect ':'" | "simple key expected" => (
            CODE,
            "A `:` is missing after the key before this place",
            "Write `key: value`, with a space after the colon",
        ),
        "while parsing a block mapping, did not find expected key" => {
            (CODE, "A key was expected here", "Check the indentation: keys of one object stand at one column")
        }
        "while parsing a block collection, did not find expected '-' indicator" => {
            (CODE, "A `- ` was expected here", "Check the indentation: items of one list stand at one column")
        }
        "block sequence entries are not allowed in this context" => {
            (CODE, "A list item (`- `) cannot stand here", "Put the list on a line of its own, below its key")
        }
        "invalid indentation" => {
            (CODE, "The indentation fits no line above", "Align it with the keys or items it belongs to")
        }
        "invalid indentation in quoted scalar" | "invalid indentation in flow construct" => {
            (CODE, "This is indented less than what it belongs to", "Indent it deeper than its key")
        }
        "while scanning a quoted scalar, found unexpected end of stream"
        | "while scanning a quoted scalar, found unexpected document indicator" => {
            (CODE, "The quoted string that starts here is never closed", "Close the quote")
        }
        "invalid trailing content after double-quoted scalar" => (
            CODE,
            "There is text after the closing quote",
            "Quote the whole value; a quote inside quotes is written \\\" (double) or '' (single)",
        ),
        "while parsing a quoted scalar, found unknown escape character" => (
            CODE,
            "The double-quoted string that starts here has an unknown escape",
            "Write \\\\ for a backslash, or use single quotes",
        ),
        "while parsing a flow mapping, did not find expected ',' or '}'" => {
            (CODE, "A `,` or `}` was expected here", "Close the braces, or quote the value")
        }
        "while parsing a flow sequence, expected ',' or ']'" => {
            (CODE, "A `,` or `]` was expected here", "Close the brackets, or quote the value")
        }
        "while parsing a node, did not find expected node content" => (
            CODE,
            "A value was expected here",
            "Close brackets and braces; quote a value that starts with a special character",
        ),
        "did not find expected <document start>" => (
            CODE,
            "There is text after the end of the template",
            "Check the indentation of this line and of those above",
        ),
        "the handle wasn't declared" => {
            ("unknown_tag", "The tag's prefix is declared nowhere", "Use CloudFormation's tags, as in !Sub")
        }
        info if info.starts_with("unexpected character") => {
            (CODE, "A value cannot start with this character", "Quote values that start with @, ` or %")
        }
        info if info.contains("block scalar") => (
            CODE,
            "The block of text is not well-formed",
            "Indent all of it deeper than its key, by spaces, behind `|` or `>`",
        ),
        _ => (CODE, "", "Check indentation and quotes around this place"),
    }
}

/// Where a tab indents the line of an error, or the one before it.
fn tab(span: Span, info: &str, lines: &Lines<'_>) -> Option<Span> {
    let candidates = if info.contains("tab") { 3 } else { 2 };
    (0..candidates).map(|back| span.line.saturating_sub(back)).filter(|line| *line > 0).find_map(|line| {
        let text = lines.line(line);
        let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
        let column = text.get(..blank)?.find('\t')?;
        (blank < text.len()).then(|| Span { line, column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1) })
    })
}

/// The second of two tags, when that is what stands at an error.
fn second_tag(span: Span, lines: &Lines<'_>) -> Option<String> {
    let here = lines.from(span);
    let line = lines.line(span.line);
    let before = line.get(..line.len().saturating_sub(here.split(['\r', '\n']).next()?.len()))?;
    let first = before.split_whitespace().last()?;
    (here.starts_with('!') && first.starts_with('!')).then(|| word(here))
}

/// Where the content of a node starts that has a tag or an anchor at `span`.
pub(super) fn content(span: Span, lines: &Lines<'_>) -> Span {
    let text = lines.from(span);
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.starts_with('!') || rest.starts_with('&') {
            // A tag may end at a flow indicator, as in `[!Ref]`.
            rest = rest
                .trim_start_matches(|char: char| !char.is_whitespace() && !matches!(char, ',' | ']' | '}' | '[' | '{'));
        } else if rest.starts_with('#') {
            rest = rest.trim_start_matches(|char| char != '\n' && char != '\r');
        } else {
            break;
        }
    }
    let skipped = text.get(..text.len() - rest.len()).unwrap_or_default();
    super::super::lines::after(span, skipped)
}

/// The first word of a text, for a message.
fn word(text: &str) -> String {
    let end = text.find(|char: char| char.is_whitespace() || matches!(char, ',' | ']' | '}' | '[' | '{'));
    short(text.get(..end.unwrap_or(text.len())).unwrap_or_default())
}

/// A text cut to what fits into a message.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    text.chars().take(57).chain("...".chars()).collect()
}
