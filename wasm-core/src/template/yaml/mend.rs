//! Two ways of writing that YAML forbids and every usual reader takes: a quoted string that goes on, and a collection in
//! brackets that goes on or closes, no deeper than its key. Both are read as if their further lines were indented, which
//! changes no value: line breaks inside them are folded with the blanks around. Positions on such a line are off by what
//! was added.

use saphyr_parser::ScanError;

/// How often a text is mended: as often as reads this many bytes, so that a hostile one costs half a second at most.
pub(super) fn tries(text: &str) -> usize {
    const BYTES: usize = 16 << 20;
    (BYTES / text.len().max(1)).min(1_000)
}

/// The text with the lines indented that the parser stumbles over; `None` where it stumbles over something else.
pub(super) fn mended(text: &str, error: &ScanError) -> Option<String> {
    let (line, column) = (error.marker().line().checked_sub(1)?, error.marker().col());
    // A lone carriage return is a line break to the parser, and not to what follows.
    if text.replace("\r\n", "").contains('\r') {
        return None;
    }
    match error.info() {
        "invalid indentation in quoted scalar" => {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let end = line_of_end(&lines, line, column)?;
            indented(&lines, line + 1, end)
        }
        // The second is said inside brackets only: elsewhere the parser closes what a line is not deep enough for.
        "invalid indentation in flow construct" | "invalid indentation" => {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            indented(&lines, line, line)
        }
        _ => None,
    }
}

/// The line on which the quoted string that starts here ends.
fn line_of_end(lines: &[&str], line: usize, column: usize) -> Option<usize> {
    let letters = lines.iter().enumerate().skip(line).flat_map(|(number, text)| {
        let before = if number == line { column } else { 0 };
        text.chars().skip(before).map(move |letter| (number, letter))
    });
    // The marker may stand on a tag before the quote.
    let mut letters = letters.skip_while(|(_, letter)| !matches!(letter, '"' | '\'')).peekable();
    let (_, quote) = letters.next()?;
    while let Some((number, letter)) = letters.next() {
        if letter == '\\' && quote == '"' {
            letters.next();
        } else if letter == quote {
            let twice = quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == quote);
            if !twice {
                return Some(number);
            }
            letters.next();
        }
    }
    None
}

/// These lines deeper than all before them; `None` where there are none.
fn indented(lines: &[&str], from: usize, to: usize) -> Option<String> {
    if from > to || to >= lines.len() {
        return None;
    }
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let deepest = lines.get(..from)?.iter().map(|line| blanks(line)).max().unwrap_or(0);
    let mut result =
        String::with_capacity(lines.iter().map(|line| line.len()).sum::<usize>() + (to - from + 1) * (deepest + 1));
    for (number, line) in lines.iter().enumerate() {
        if (from..=to).contains(&number) && !line.trim().is_empty() {
            // No deeper than needed, or the next one would have to be deeper still.
            result.extend(std::iter::repeat_n(' ', (deepest + 1).saturating_sub(blanks(line))));
        }
        result.push_str(line);
    }
    Some(result)
}
