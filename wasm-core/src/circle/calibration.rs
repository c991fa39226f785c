//! Acting with a guarantee: a threshold on the posterior, calibrated on past outcomes by split conformal prediction
//! (Papadopoulos et al. 2002; Angelopoulos & Bates 2021, section 1).
//!
//! Weights are learned on the older half of the outcomes; on the newer half each has the score `1 − p(what was right)`.
//! With `q` the ⌈(n+1)(1−ε)⌉-th smallest of these n scores, the options with `1 − p ≤ q` hold the right one with a
//! probability of at least 1 − ε, as long as the next question is like the past ones (exchangeable). The circle acts only
//! where that is one option. Where n < ⌈1/ε⌉ − 1 there is no such score, so no guarantee, and a person is asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::record::{Answered, Learned, learned};
use super::{ChangeClass, CirclePolicy, experts, pooled};

/// What past outcomes allow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Calibration {
    /// Share of decisions that may be wrong.
    pub error_rate: f64,
    /// Outcomes that it was calibrated on.
    pub cases: u32,
    /// Outcomes that are needed at least.
    pub needed: u32,
    /// Posterior from which the circle acts; absent: no guarantee can be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub threshold: Option<f64>,
}

/// The threshold, and what was learned of a class from the half that it does not rest on. Outcomes: newest first.
pub(super) fn calibrate(
    outcomes: &[Answered],
    policy: &CirclePolicy,
    class: Option<ChangeClass>,
    error_rate: f64,
) -> (Calibration, BTreeMap<String, Learned>) {
    let (newer, older) = outcomes.split_at(outcomes.len().div_ceil(2));
    let mut by_class: BTreeMap<Option<ChangeClass>, BTreeMap<String, Learned>> = BTreeMap::new();
    let mut scores: Vec<f64> = newer
        .iter()
        .filter_map(|outcome| {
            let weights = by_class.entry(outcome.class).or_insert_with(|| learned(older, outcome.class));
            let posterior = pooled(None, &outcome.votes, policy, weights).ok()?.0.posterior;
            let right = if outcome.good { experts::APPROVE } else { experts::REFUSE };
            Some(1.0 - posterior.get(right)?)
        })
        .collect();
    scores.sort_by(f64::total_cmp);
    let at = rank(scores.len(), error_rate);
    let threshold = at.and_then(|at| scores.get(at)).map(|score| acting(*score));
    let needed = whole((1.0 / error_rate).ceil() - 1.0).max(1);
    let cases = u32::try_from(scores.len()).unwrap_or(u32::MAX);
    (Calibration { error_rate, cases, needed, threshold }, learned(older, class))
}

/// Index of the score that bounds; `None` where there are too few.
#[allow(clippy::cast_precision_loss)]
fn rank(cases: usize, error_rate: f64) -> Option<usize> {
    // Not 0.1 + 0.2: products that should be whole numbers are.
    let nth = ((cases as f64 + 1.0) * (1.0 - error_rate) - 1e-9).ceil().max(1.0);
    let nth = whole(nth) as usize;
    (nth <= cases).then_some(nth - 1)
}

/// The posterior from which exactly one of two options has `1 − p ≤ q`.
fn acting(q: f64) -> f64 {
    // Both would from 1 − q up to q: strictly above.
    if q < 0.5 { 1.0 - q } else { (q + 1e-9).min(1.0) }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_is_the_papers_and_too_few_have_none() {
        assert_eq!(rank(19, 0.05), Some(18));
        assert_eq!(rank(18, 0.05), None);
        assert_eq!(rank(99, 0.1), Some(89));
        assert_eq!(rank(0, 0.5), None);
    }

    #[test]
    fn one_option_is_left_only_above_the_threshold() {
        assert!((acting(0.2) - 0.8).abs() < 1e-12);
        assert!(acting(0.7) > 0.7);
        assert!((acting(1.0) - 1.0).abs() < 1e-12);
    }
}
