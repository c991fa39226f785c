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

/// Edit distance without regard to case (insert, delete, replace; a difference of case alone counts 0).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.to_lowercase().chars().enumerate() {
        let mut before = line;
        let mut left_of = line + 1;
        for (cell, other) in row.iter_mut().zip(std::iter::once(None).chain(right.iter().map(Some))) {
            let Some(other) = other else {
                *cell = line + 1;
                continue;
            };
            let replaced = before + usize::from(letter != *other);
            before = *cell;
            left_of = replaced.min(before + 1).min(left_of + 1);
            *cell = left_of;
        }
    }
    row.last().copied().unwrap_or(0)
}
