//! The parser's complaints in words that help, and what the parser lets pass.

use saphyr_parser::ScanError;

use super::super::lines::{Lines, end_of};
use super::super::problems::{Problems, short};
use super::place;
use crate::problem::{Problem, Span};

/// Refuses what the parser would hold back in memory, at 50 bytes and more for each byte of text, before its first
/// event: it reads a collection in brackets to its end where that may turn out to be a key, as at the start of a line.
/// Four times what CloudFormation itself accepts is read in any case.
pub(super) fn held_back(text: &str) -> Option<Problem> {
    const MOST: usize = 4 << 20;
    if text.len() <= MOST {
        return None;
    }
    let bracket = |line: &str| {
        let mut rest = line;
        loop {
            rest = rest.trim_start_matches([' ', '\t', '-', '?', ':']);
            if !rest.starts_with(['!', '&']) {
                return rest.starts_with(['[', '{']);
            }
            rest = rest.trim_start_matches(|char: char| !char.is_whitespace());
        }
    };
    let (index, _) = text.split(['\n', '\r']).enumerate().find(|(_, line)| bracket(line))?;
    let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let message =
        format!("YAML with brackets at the start of a line is read up to {MOST} bytes; this has {}", text.len());
    Some(Problem::error("size_limit", Span { line, column: 1 }, message).help("Give the template as JSON"))
}

/// Reports control characters, which YAML does not allow anywhere (YAML 1.2.2, 5.1).
pub(super) fn characters(text: &str, problems: &mut Problems) {
    // One pass over bytes first: almost no text has any.
    let control = |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f;
    for (index, byte) in text.bytes().enumerate().filter(|(_, byte)| control(*byte)).take(10) {
        let span = end_of(text.get(..index).unwrap_or_default());
        let message = format!("A control character (U+{byte:04X}) stands in the text");
        problems.add(|| {
            Problem::error("invalid_character", span, message)
                .help("Remove it, or write it as an escape in double quotes, as in \"\\x1b\"")
        });
    }
}

/// The problem a syntax error is.
pub(super) fn problem(error: &ScanError, lines: &Lines<'_>) -> Problem {
    let span = place(*error.marker());
    if let Some(place) = tab_near(span, error.info(), lines) {
        return tab_problem(place);
    }
    if let Some(second) = second_tag(span, lines) {
        return Problem::error("nested_tags", span, format!("Two tags stand on one value, the second is `{second}`"))
            .help("Write the outer function in its long form, as in `Fn::Base64: !Sub ...`");
    }
    let info = error.info();
    let (code, message, help) = words(info);
    let span = if info.starts_with("simple key expect") { line_before(span, lines) } else { span };
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
        "simple key expect ':'" | "simple key expected" => {
            (CODE, "This line is neither `key: value` nor a list item", "Put `: ` behind the key; the space is needed")
        }
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
        "invalid indentation in quoted scalar" => (
            CODE,
            "The quoted string that starts here goes on with too little indentation",
            "Close the quote, or indent the string's further lines deeper than its key",
        ),
        "invalid indentation in flow construct" => (
            CODE,
            "This is indented less than the brackets it stands in",
            "Close the brackets above, or indent deeper than their key",
        ),
        "illegal placement of ':' indicator" => {
            (CODE, "A `:` cannot stand here inside brackets", "Close the brackets above, or quote the value")
        }
        "':' must be followed by a valid YAML whitespace" | "'-' must be followed by a valid YAML whitespace" => {
            (CODE, "A tab stands between `:` or `-` and what follows", "Put a space there")
        }
        info if info.contains("anchor or alias") => {
            (CODE, "An anchor (&) or alias (*) needs a name", "Quote a value that starts with & or *")
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

/// A tab where only spaces may stand.
pub(super) fn tab_problem(place: Span) -> Problem {
    Problem::error("tab_indentation", place, "A tab is used for indentation").help("Indent with spaces")
}

/// The tab an error is about: it indents the error's own line or, when the parser speaks of one, a line further down
/// (it names the start of the value that the tab interrupts).
fn tab_near(span: Span, info: &str, lines: &Lines<'_>) -> Option<Span> {
    let last = if info.contains("tab") { lines.count() } else { span.line };
    (span.line..=last).find_map(|line| indenting_tab(line, lines))
}

/// The first tab in the indentation of a line that has text.
pub(super) fn indenting_tab(line: u32, lines: &Lines<'_>) -> Option<Span> {
    let text = lines.line(line);
    let spaces = text.len() - text.trim_start_matches(' ').len();
    let rest = text.get(spaces..)?;
    let found = rest.starts_with('\t') && !rest.trim().is_empty();
    found.then(|| Span { line, column: u32::try_from(spaces).unwrap_or(u32::MAX).saturating_add(1) })
}

/// Where the last line with text before a place starts: a key without a colon is noticed only behind it.
fn line_before(span: Span, lines: &Lines<'_>) -> Span {
    let before = (1..span.line).rev().take(1000).find_map(|line| {
        let text = lines.line(line);
        let spaces = text.len() - text.trim_start_matches(' ').len();
        let column = u32::try_from(spaces).unwrap_or(u32::MAX).saturating_add(1);
        let counts = !text.trim().is_empty() && !text.trim_start().starts_with('#');
        counts.then_some(Span { line, column })
    });
    before.unwrap_or(span)
}

/// The second of two tags, when that is what stands at an error.
fn second_tag(span: Span, lines: &Lines<'_>) -> Option<String> {
    let here = lines.from(span);
    let line = lines.line(span.line);
    let before = line.get(..line.len().saturating_sub(here.split(['\r', '\n']).next()?.len()))?;
    let before = if before.trim().is_empty() { lines.line(span.line.saturating_sub(1)) } else { before };
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

/// Where the `|` or `>` of a block scalar stands; the parser names the start of its first line of text instead.
pub(super) fn block_header(span: Span, text: &str, lines: &Lines<'_>) -> Span {
    if text.trim().is_empty() && lines.from(span).starts_with(['|', '>']) {
        return span;
    }
    let header = (1..span.line).rev().find(|line| !lines.line(*line).trim().is_empty());
    let found = header.and_then(|line| {
        let text = lines.line(line);
        let (index, _) = text.char_indices().find(|(index, char)| {
            let indicators = text.get(index + 1..).unwrap_or_default();
            let rest = indicators.trim_start_matches(|char: char| matches!(char, '+' | '-') || char.is_ascii_digit());
            matches!(char, '|' | '>')
                && (rest.trim().is_empty() || (rest.starts_with([' ', '\t']) && rest.trim().starts_with('#')))
        })?;
        let column = text.get(..index)?.chars().count() + 1;
        Some(Span { line, column: u32::try_from(column).unwrap_or(u32::MAX) })
    });
    found.unwrap_or(span)
}

/// Where the first `- ` of a list below `key` stands; for a list that is indented like its key, the parser names the
/// content of the first item instead.
pub(super) fn first_dash(key: Span, span: Span, lines: &Lines<'_>) -> Span {
    if key.line >= span.line {
        return span;
    }
    let line = lines.line(span.line);
    let text = line.trim_start_matches(' ');
    if text.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) {
        let column = u32::try_from(line.len() - text.len()).unwrap_or(u32::MAX).saturating_add(1);
        return Span { column, ..span };
    }
    span
}

/// Whether a collection at `span` is written in brackets or braces.
pub(super) fn flow(span: Span, lines: &Lines<'_>) -> bool {
    lines.from(content(span, lines)).starts_with(['[', '{'])
}

/// Whether nothing but white space stands before a place on its line.
pub(super) fn first_on_line(span: Span, lines: &Lines<'_>) -> bool {
    let before = (span.column as usize).saturating_sub(1);
    lines.line(span.line).chars().take(before).all(|char| char == ' ' || char == '\t')
}

/// The first word of a text, for a message.
fn word(text: &str) -> String {
    let end = text.find(|char: char| char.is_whitespace() || matches!(char, ',' | ']' | '}' | '[' | '{'));
    short(text.get(..end.unwrap_or(text.len())).unwrap_or_default(), 60)
}
