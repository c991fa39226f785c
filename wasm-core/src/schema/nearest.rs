//! "Did you mean": the nearest of a few thousand names by edit distance.

/// The candidate nearest to `name`, ignoring case; the first of equals; `None` when more than a third of the letters
/// would have to change.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).take(LONGEST).collect();
    let mut bound = wanted.len() / 3 + 1;
    let mut best = None;
    for candidate in candidates {
        if candidate.len().abs_diff(wanted.len()) < bound {
            let distance = distance(&wanted, candidate);
            if distance < bound {
                (bound, best) = (distance, Some(candidate));
            }
        }
    }
    best
}

/// Names are at most about 80 characters; more of the user's text does not matter.
const LONGEST: usize = 128;

/// Levenshtein distance, one row at a time.
fn distance(wanted: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (line, letter) in candidate.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(wanted) {
            let changed = diagonal + usize::from(*other != letter);
            diagonal = *cell;
            left = changed.min(left + 1).min(*cell + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}
