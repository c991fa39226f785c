//! How much experts agree.

/// Krippendorff's alpha (2004, nominal) of a single question from its votes per option. With one unit the observed
/// and the expected pairs are the same pairs, so alpha is 0 as soon as anyone disagrees, and `None` where no
/// disagreement could have been observed (fewer than two votes, or all for one option: `De` is 0).
#[must_use]
pub fn alpha_nominal(counts: &[f64]) -> Option<f64> {
    let n: f64 = counts.iter().sum();
    let agreeing: f64 = counts.iter().map(|count| count * count).sum();
    if n < 2.0 || agreeing >= n * n { None } else { Some(0.0) }
}

/// Shannon entropy in bits.
#[must_use]
pub fn entropy_bits(posterior: &[f64]) -> f64 {
    let bits: f64 = posterior.iter().filter(|p| **p > 0.0).map(|p| -p * p.log2()).sum();
    bits.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_not_defined_without_a_possible_disagreement() {
        assert_eq!(alpha_nominal(&[]), None);
        assert_eq!(alpha_nominal(&[1.0, 0.0]), None);
        assert_eq!(alpha_nominal(&[3.0, 0.0]), None);
        assert_eq!(alpha_nominal(&[3.0, 1.0]), Some(0.0));
    }

    #[test]
    fn entropy_is_a_bit_for_a_fair_coin() {
        assert!((entropy_bits(&[0.5, 0.5]) - 1.0).abs() < 1e-12);
        assert!(entropy_bits(&[1.0, 0.0]).abs() < 1e-12);
    }
}
