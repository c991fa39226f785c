//! YAML to the tree, from the events of `saphyr-parser`.
//!
//! Promises: keys are strings as written (`on:` stays `on`), scalars are typed by `scalar`, short forms become long
//! forms, aliases are copied only after what they add was counted, one document per text. A wrong tag, key or alias is
//! reported and reading goes on; a wrong syntax ends it, since the events end there.
//! Its only caller is the module itself.

mod build;
mod expand;
mod mend;
mod syntax;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use super::Limits;
use super::problems::{Problems, Stop};
use super::tree::Node;
use crate::problem::{Problem, Span};
use build::Builder;

/// Reads a text that is known to be neither too long nor blank.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Node, Vec<Problem>> {
    if let Some(problem) = syntax::held_back(text) {
        return Err(vec![problem]);
    }
    let first = read_once(text, limits);
    let Err((problems, Some(mut error))) = first else { return first.map_err(|(problems, _)| problems) };
    // What every other reader takes: read as if it were indented. When that does not help, it was something else.
    let mut mended = text.to_owned();
    for _ in 0..mend::tries(text) {
        let Some(next) = mend::mended(&mended, &error) else { break };
        mended = next;
        match read_once(&mended, limits) {
            Ok(node) => return Ok(node),
            Err((_, Some(next))) => error = next,
            // The text is well-formed: what is wrong with it is something else.
            Err((problems, None)) => return Err(problems),
        }
    }
    Err(problems)
}

/// The tree, or what is wrong with the text and where its syntax ends, if it does.
fn read_once(text: &str, limits: &Limits) -> Result<Node, (Vec<Problem>, Option<ScanError>)> {
    let mut problems = Problems::default();
    syntax::characters(text, &mut problems);
    let mut builder = Builder::new(text, limits, problems);
    let outcome = events(text, &mut builder);
    let Builder { root, mut problems, .. } = builder;
    match (outcome, root) {
        (Ok(()), Some(node)) => problems.none(node).map_err(|problems| (problems, None)),
        (Ok(()), None) => {
            problems.add(super::empty);
            Err((problems.list(), None))
        }
        (Err((Stop, error)), _) => Err((problems.list(), error)),
    }
}

fn events(text: &str, builder: &mut Builder<'_>) -> Result<(), (Stop, Option<ScanError>)> {
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, range) = match event {
            Ok(event) => event,
            Err(error) => {
                let problem = syntax::problem(&error, &builder.lines);
                let stop = builder.problems.stop(problem.at(builder.path()));
                return Err((stop, Some(error)));
            }
        };
        let span = place(range.start);
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    let message = "The text holds more than one YAML document";
                    let problem = Problem::error("multiple_documents", span, message)
                        .help("Keep one template per file; remove the `---` and what follows");
                    return Err((builder.problems.stop(problem), None));
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                let mut properties = Properties::new(span, anchor, tag.as_deref());
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) && properties.bare() {
                    properties.span = syntax::block_header(span, &value, &builder.lines);
                }
                builder.scalar(&value, style == ScalarStyle::Plain, properties).map_err(ended)?;
            }
            Event::SequenceStart(anchor, tag) => {
                builder.open(true, &Properties::new(span, anchor, tag.as_deref())).map_err(ended)?;
            }
            Event::MappingStart(anchor, tag) => {
                builder.open(false, &Properties::new(span, anchor, tag.as_deref())).map_err(ended)?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close().map_err(ended)?,
            Event::Alias(anchor) => builder.alias(anchor, span).map_err(ended)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    Ok(())
}

fn ended(stop: Stop) -> (Stop, Option<ScanError>) {
    (stop, None)
}

/// What stands before a node's content.
struct Properties<'a> {
    /// Where the node starts: its tag or anchor where it has one.
    span: Span,
    /// Id of its anchor; 0: none.
    anchor: usize,
    tag: Option<&'a Tag>,
}

impl<'a> Properties<'a> {
    fn new(span: Span, anchor: usize, tag: Option<&'a Tag>) -> Self {
        Self { span, anchor, tag }
    }

    /// Neither tag nor anchor: the node starts with its content.
    fn bare(&self) -> bool {
        self.anchor == 0 && self.tag.is_none()
    }
}

/// The parser counts lines from 1 and columns, in characters, from 0.
fn place(marker: Marker) -> Span {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Span { line: narrow(marker.line()), column: narrow(marker.col()).saturating_add(1) }
}
