//! How many independent votes a set of correlated ones is worth.

use std::collections::BTreeMap;

/// Votes by lineage; those without one are related to nobody.
#[derive(Clone, Debug, Default)]
pub struct Lineages<'a> {
    votes: f64,
    sizes: BTreeMap<&'a str, f64>,
    /// Ordered pairs of one lineage.
    related: f64,
}

impl<'a> Lineages<'a> {
    /// Of these votes.
    pub fn of(lineages: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut counted = Self::default();
        for lineage in lineages {
            counted.votes += 1.0;
            if let Some(lineage) = lineage {
                *counted.sizes.entry(lineage).or_default() += 1.0;
            }
        }
        counted.related = counted.sizes.values().map(|size| size * (size - 1.0)).sum();
        counted
    }

    /// `n_eff = n / (1 + (n − 1) ρ̄)`, where `ρ̄` is the mean pairwise error correlation (Kish's design effect; for votes:
    /// Ladha 1992): `correlation` between two of one lineage, 0 between others.
    pub fn effective(&self, correlation: f64) -> f64 {
        effective(self.votes, self.related, correlation)
    }

    /// The same without one vote of that lineage.
    pub fn effective_without(&self, lineage: Option<&str>, correlation: f64) -> f64 {
        let size = lineage.and_then(|lineage| self.sizes.get(lineage)).copied().unwrap_or(1.0);
        effective(self.votes - 1.0, self.related - 2.0 * (size - 1.0), correlation)
    }
}

fn effective(n: f64, related: f64, correlation: f64) -> f64 {
    if n < 2.0 {
        return n;
    }
    let mean = correlation * related / (n * (n - 1.0));
    n / (1.0 + (n - 1.0) * mean)
}

/// [`Lineages::effective`] of these votes.
#[must_use]
pub fn effective_votes(lineages: &[Option<&str>], correlation: f64) -> f64 {
    Lineages::of(lineages.iter().copied()).effective(correlation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_of_one_lineage_count_as_fewer() {
        assert!((effective_votes(&[], 0.5)).abs() < 1e-12);
        assert!((effective_votes(&[Some("a")], 0.5) - 1.0).abs() < 1e-12);
        assert!((effective_votes(&[Some("a"), Some("b"), None, None], 0.5) - 4.0).abs() < 1e-12);
        assert!((effective_votes(&[Some("a"); 9], 0.5) - 1.8).abs() < 1e-12);
        assert!((effective_votes(&[Some("a"); 9], 1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_one_is_as_if_it_had_never_voted() {
        let all = [Some("a"), None, Some("b"), Some("a"), Some("a")];
        for at in 0..all.len() {
            let mut others = all.to_vec();
            let gone = others.remove(at);
            let left = Lineages::of(all).effective_without(gone, 0.5);
            assert!((left - effective_votes(&others, 0.5)).abs() < 1e-12);
        }
    }
}
