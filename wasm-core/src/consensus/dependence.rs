//! How many independent votes a set of correlated ones is worth.

use std::collections::BTreeMap;

/// `n_eff = n / (1 + (n − 1) ρ̄)`, where `ρ̄` is the mean pairwise error correlation (Kish's design effect; for votes:
/// Ladha 1992): `correlation` between two experts of one lineage, 0 between others and where no lineage is named.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn effective_votes(lineages: &[Option<&str>], correlation: f64) -> f64 {
    let n = lineages.len() as f64;
    if lineages.len() < 2 {
        return n;
    }
    let mut sizes: BTreeMap<&str, f64> = BTreeMap::new();
    for lineage in lineages.iter().flatten() {
        *sizes.entry(lineage).or_default() += 1.0;
    }
    let related: f64 = sizes.values().map(|size| size * (size - 1.0)).sum();
    let mean = correlation * related / (n * (n - 1.0));
    n / (1.0 + (n - 1.0) * mean)
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
}
