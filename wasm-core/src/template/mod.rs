//! JSON and YAML templates as one tree with a span on every node.
//!
//! Promises: a text becomes either a tree or a list of every problem found, each with line, column and a way out;
//! nothing else. No input panics, and time and memory are bounded by [`Limits`], alias expansion included. Short-form
//! tags arrive in long form, so `intrinsics` (the caller, together with `scan`) knows one spelling only.
//!
//! JSON is read by a reader of its own (`json`), YAML by `yaml` over the events of `saphyr-parser`. How plain YAML
//! scalars are typed is in `scalar`, which tags there are in `tags`. Anchors, aliases and merge keys are expanded here,
//! although CloudFormation itself documents the last two as unsupported.

mod json;
mod lines;
mod problems;
mod scalar;
mod tags;
mod tree;
mod yaml;

pub use tree::{Entry, Kind, Node};

use crate::problem::{Problem, Span};
use problems::Problems;

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 8259.
    Json,
    /// YAML 1.2 syntax, scalars typed by CloudFormation's habits.
    Yaml,
}

impl Format {
    /// What a text looks like: JSON when its first character that is not white space is `{`.
    #[must_use]
    pub fn detect(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') { Self::Json } else { Self::Yaml }
    }
}

/// How large a template may be; what exceeds a limit is refused before it costs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text; also the bytes of text that aliases may add.
    pub bytes: usize,
    /// Collections inside each other, counted in long form; values above 256 count as 256.
    pub depth: usize,
    /// Nodes, after aliases are expanded.
    pub nodes: usize,
    /// Entries of `Resources`.
    pub resources: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 20, depth: 64, nodes: 1_000_000, resources: 20_000 }
    }
}

/// Readers and `Drop` recurse once per level, so no caller may ask for more.
const DEEPEST: usize = 256;

/// Reads a template of either format.
///
/// A text that starts with `{` and is not JSON is read as YAML when it has what only YAML has: an unquoted key, a tag,
/// an anchor, an alias or a `#` comment. JSON with other mistakes in it is never taken for YAML.
///
/// # Errors
/// Every problem found, in the order of their places.
pub fn parse(text: &str, limits: &Limits) -> Result<Node, Vec<Problem>> {
    if Format::detect(text) == Format::Yaml {
        return parse_as(text, Format::Yaml, limits);
    }
    let body = check(text, limits)?;
    match json::read(body, &bounded(limits)) {
        Ok(node) => whole(node, limits),
        Err(failure) if failure.yaml_like => match yaml::read(body, &bounded(limits)) {
            Ok(node) => whole(node, limits),
            Err(problems) if failure.first_key_bare => Err(problems),
            Err(_) => Err(failure.problems),
        },
        Err(failure) => Err(failure.problems),
    }
}

/// Reads a template of a format that is known.
///
/// # Errors
/// Every problem found, in the order of their places.
pub fn parse_as(text: &str, format: Format, limits: &Limits) -> Result<Node, Vec<Problem>> {
    let body = check(text, limits)?;
    let node = match format {
        Format::Json => json::read(body, &bounded(limits)).map_err(|failure| failure.problems)?,
        Format::Yaml => yaml::read(body, &bounded(limits))?,
    };
    whole(node, limits)
}

/// Reads a template from the bytes of a file.
///
/// # Errors
/// Every problem found, in the order of their places; the first byte that is not UTF-8 ends the work.
pub fn parse_bytes(bytes: &[u8], limits: &Limits) -> Result<Node, Vec<Problem>> {
    small_enough(bytes.len(), limits)?;
    match core::str::from_utf8(bytes) {
        Ok(text) => parse(text, limits),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            Err(vec![not_utf8(bytes, core::str::from_utf8(valid).unwrap_or_default())])
        }
    }
}

/// The text without its byte order mark, when it is one that is worth reading.
fn check<'a>(text: &'a str, limits: &Limits) -> Result<&'a str, Vec<Problem>> {
    small_enough(text.len(), limits)?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(nul) = body.as_bytes().iter().position(|byte| *byte == 0) {
        let place = lines::end_of(body.get(..nul).unwrap_or_default());
        return Err(vec![
            Problem::error("invalid_encoding", place, "The file holds a NUL byte: it is binary, or text in UTF-16")
                .help("Give a JSON or YAML template saved as UTF-8"),
        ]);
    }
    if body.trim().is_empty() {
        return Err(vec![empty()]);
    }
    Ok(body)
}

fn small_enough(bytes: usize, limits: &Limits) -> Result<(), Vec<Problem>> {
    if bytes <= limits.bytes {
        return Ok(());
    }
    let message = format!("The template has {bytes} bytes; at most {} are read", limits.bytes);
    Err(vec![Problem::error("size_limit", Span::default(), message).help("Split the template into several stacks")])
}

fn not_utf8(bytes: &[u8], before: &str) -> Problem {
    let found = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "The file is text in UTF-16".to_owned(),
        [0x1f, 0x8b, ..] => "The file is compressed by gzip".to_owned(),
        [b'P', b'K', 3, 4, ..] => "The file is a zip archive".to_owned(),
        _ => {
            let byte = bytes.get(before.len()).copied().unwrap_or_default();
            format!("Byte {byte:#04x} at offset {} is not UTF-8", before.len())
        }
    };
    let binary = !found.starts_with("Byte");
    let text = if binary { "" } else { before.strip_prefix('\u{feff}').unwrap_or(before) };
    Problem::error("invalid_encoding", lines::end_of(text), found).help("Give a JSON or YAML template saved as UTF-8")
}

fn empty() -> Problem {
    Problem::error("empty_template", Span { line: 1, column: 1 }, "The template is empty")
        .help("A template needs at least a Resources section with one resource")
}

fn bounded(limits: &Limits) -> Limits {
    Limits { depth: limits.depth.min(DEEPEST), ..*limits }
}

/// What must hold of the tree as a whole.
fn whole(node: Node, limits: &Limits) -> Result<Node, Vec<Problem>> {
    let mut problems = Problems::default();
    match &node.kind {
        Kind::Map(_) => {
            if let Some(entry) = node.get_entry("Resources")
                && let Some(resources) = entry.value.as_map()
                && resources.len() > limits.resources
            {
                let message =
                    format!("The template has {} resources; at most {} are read", resources.len(), limits.resources);
                problems.add(|| {
                    Problem::error("resource_limit", entry.key_span, message)
                        .at("Resources")
                        .help("Split the template into several stacks")
                });
            }
        }
        Kind::Null => problems.add(empty),
        other => problems.add(|| {
            Problem::error("not_an_object", node.span, format!("The template is {}, not an object", other.name()))
                .help("Give a template whose top level is an object with a Resources section")
        }),
    }
    problems.none(node)
}
