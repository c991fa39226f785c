//! "Did you mean": the known name nearest to one that is not known.

/// The candidate nearest to `name`, as a sentence to end a help text with; `None` when none is near.
#[must_use]
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    let limit = name.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty())
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| format!("Did you mean `{candidate}`?"))
}

/// Edit distance without regard to case: insert, delete, replace, or swap two neighbours.
fn distance(left: &str, right: &str) -> usize {
    let letters = |text: &str| -> Vec<char> { text.to_lowercase().chars().collect() };
    let (left, right) = (letters(left), letters(right));
    let cell = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.iter().enumerate() {
        let mut row = Vec::with_capacity(right.len() + 1);
        row.push(line + 1);
        for (column, other) in right.iter().enumerate() {
            let replaced = cell(&last, column) + usize::from(letter != other);
            let mut best = replaced.min(cell(&last, column + 1) + 1).min(cell(&row, column) + 1);
            let swapped =
                line > 0 && column > 0 && left.get(line - 1) == Some(other) && right.get(column - 1) == Some(letter);
            if swapped {
                best = best.min(cell(&before_last, column - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    cell(&last, right.len())
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn distances_are_counted_in_edits() {
        for (left, right, edits) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("Env", "evn", 1), ("kitten", "sitting", 3), ("ca", "abc", 3)]
        {
            assert_eq!(distance(left, right), edits, "{left} {right}");
            assert_eq!(distance(right, left), edits, "{right} {left}");
        }
    }

    #[test]
    fn a_far_name_is_not_offered() {
        assert_eq!(did_you_mean("Queue", ["Topic", "Bucket"]), None);
        assert_eq!(did_you_mean("Qeue", ["Topic", "Queue"]).as_deref(), Some("Did you mean `Queue`?"));
    }
}
