//! How much experts agree.

/// Krippendorff's alpha (2004, nominal) over units: questions with their votes per option. A unit with a single vote says
/// nothing of agreement and is left out, as he does with missing data.
#[derive(Clone, Debug, Default)]
pub struct Units {
    /// Votes of units with two or more, per option.
    totals: Vec<f64>,
    /// Observed disagreement: ordered pairs of different votes inside units, over m − 1 each.
    observed: f64,
}

impl Units {
    /// Takes in one unit: options with their votes, each option once.
    pub fn add(&mut self, counts: &[(u32, f64)]) {
        let given = || counts.iter().map(|(_, count)| *count);
        let votes: f64 = given().sum();
        if votes < 2.0 {
            return;
        }
        for (option, count) in counts {
            let option = *option as usize;
            self.totals.resize(self.totals.len().max(option + 1), 0.0);
            if let Some(total) = self.totals.get_mut(option) {
                *total += count;
            }
        }
        self.observed += apart(given) / (votes - 1.0);
    }

    /// `1 − (n − 1) Σ_u o_u / (n² − Σ n_c²)`; `None` where no disagreement could have been observed: fewer than two votes in
    /// any unit, or all of them for one option.
    #[must_use]
    pub fn alpha(&self) -> Option<f64> {
        let votes: f64 = self.totals.iter().sum();
        let expected = apart(|| self.totals.iter().copied());
        (expected > 0.0).then(|| 1.0 - (votes - 1.0) * self.observed / expected)
    }
}

/// Ordered pairs of votes for different options.
fn apart<T: Iterator<Item = f64>>(counts: impl Fn() -> T) -> f64 {
    let votes: f64 = counts().sum();
    counts().map(|count| count * (votes - count)).sum()
}

/// The same of a single question. Observed and expected pairs are the same pairs, so it is 0 as soon as anyone disagrees.
#[must_use]
pub fn alpha_nominal(counts: &[f64]) -> Option<f64> {
    let mut units = Units::default();
    units.add(&(0..).zip(counts.iter().copied()).collect::<Vec<(u32, f64)>>());
    units.alpha()
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
