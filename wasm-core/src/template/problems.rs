//! The problems of one text: collected, put in order, and no more of them than anyone reads.

use super::tree::{Entry, repeated};
use crate::problem::{Problem, Span};

/// A text that is wrong everywhere would otherwise give a list far larger than itself.
const MOST: usize = 100;

/// Keys of hostile texts are as long as the text.
const LONGEST_PATH: usize = 1000;

/// What was found so far.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    dropped: usize,
}

/// Reading cannot go on; the reason is among the problems.
pub(super) struct Stop;

impl Problems {
    /// Notes one and lets the reader go on. It is made only if it will be listed: its words and path may be long.
    pub(super) fn add(&mut self, problem: impl FnOnce() -> Problem) {
        if self.found.len() < MOST {
            let mut problem = problem();
            problem.path = short(&problem.path, LONGEST_PATH);
            self.found.push(problem);
        } else {
            self.dropped += 1;
        }
    }

    /// Notes one that ends the reading, even when the list is full.
    pub(super) fn stop(&mut self, mut problem: Problem) -> Stop {
        problem.path = short(&problem.path, LONGEST_PATH);
        self.found.push(problem);
        Stop
    }

    /// Notes every key that is given twice; `path` leads to the object.
    pub(super) fn repeated_keys(&mut self, entries: &[Entry], path: impl Fn() -> String) {
        for (first, again) in repeated(entries) {
            if let (Some(first), Some(again)) = (entries.get(first), entries.get(again)) {
                self.add(|| {
                    let Span { line, column } = first.key_span;
                    let key = short(&again.key, 60);
                    let message =
                        format!("`{key}` is given twice in one object, first at line {line}, column {column}");
                    let mut at = path();
                    if !at.is_empty() {
                        at.push('/');
                    }
                    at.push_str(&again.key);
                    Problem::error("duplicate_key", again.key_span, message)
                        .at(at)
                        .help("Keep one of them: the other would be lost silently")
                });
            }
        }
    }

    /// The value if nothing was found.
    pub(super) fn none<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.found.is_empty() { Ok(value) } else { Err(self.list()) }
    }

    /// All of them, in the order of their places.
    pub(super) fn list(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        if self.dropped > 0 {
            let message = format!("{} more problems are not listed", self.dropped);
            self.found.push(Problem::error("more_problems", Span::default(), message));
        }
        self.found
    }
}

/// A text cut to so many characters.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.len() <= most || text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(3)).chain("...".chars()).collect()
}
