//! How long operations take in one account and region, learned by its runs over what the schema table says.
//!
//! Per type and operation a running mean of logarithms: durations are skewed, and an estimate that is twice too long is
//! as wrong as one that is half too short. A run counts by its median, however many operations it had, and as no more
//! than a few of them; from the third observation on one run moves an estimate no further than by a factor of four. So
//! one bad day does not spoil it. What is shipped counts as half an observation and fades as others come.
//!
//! Times are those of the clock of whoever measured. The text that is kept is this module's own; a damaged one is made
//! anew. Estimates order, place polls and forecast; they decide nothing and are in no digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::model::{Millis, Operation};

/// What one run may count for.
const OF_ONE_RUN: usize = 8;
/// Older observations fade: the mean is over about so many.
const REMEMBERED: f64 = 24.0;
/// From so many observations on outliers are bounded.
const ENOUGH: f64 = 3.0;
/// Factor by which one run may move an estimate then.
const BOUND: f64 = 4.0;
/// Observations that the shipped duration counts for at first.
const PRIOR: f64 = 0.5;
/// Below this an end that was seen late says little about when it was: see [`Observed::new`].
const LATE: f64 = 0.6;

/// How long one operation took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observed {
    /// Resource type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Which operation.
    pub operation: Operation,
    /// From its acceptance to its end.
    pub ms: f64,
}

impl Observed {
    /// Of an operation that was last seen running at `low` and first seen done at `high`, in ms since it was accepted.
    /// Where it was not looked at in the last part before, all that is known is that it ended in between: then it speaks
    /// for the estimate, if that lies there, else for the end that is nearer to it. `estimate` 0: there was none.
    #[must_use]
    pub fn new(type_name: &str, operation: Operation, low: Millis, high: Millis, estimate: Millis) -> Self {
        let high = high.max(1) as f64;
        let low = (low as f64).clamp(1.0, high);
        let ms = match estimate as f64 {
            _ if low >= high * LATE => high,
            0.0 => high,
            estimate => estimate.clamp(low, high),
        };
        Self { type_name: type_name.to_owned(), operation, ms }
    }
}

/// Mean of the logarithms of durations in ms, and how many it is over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mean {
    ln: f64,
    count: f64,
}

/// What is known of one account and region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned(BTreeMap<String, BTreeMap<Operation, Mean>>);

impl Learned {
    /// What is kept; nothing where that is damaged.
    #[must_use]
    pub fn read(kept: Option<&str>) -> Self {
        let mut learned: Self = kept.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for means in learned.0.values_mut() {
            // Between a microsecond and thirty years.
            means.retain(|_, mean| (-7.0..28.0).contains(&mean.ln) && (0.0..=REMEMBERED).contains(&mean.count));
        }
        learned
    }

    /// Expected duration in ms; `prior`: what the schema table says, absent where it says nothing.
    #[must_use]
    pub fn estimate(&self, type_name: &str, operation: Operation, prior: Option<f64>) -> Option<f64> {
        let mean = self.0.get(type_name).and_then(|means| means.get(&operation)).filter(|mean| mean.count > 0.0);
        let prior = prior.filter(|prior| *prior > 0.0);
        match (mean, prior) {
            (None, prior) => prior,
            (Some(mean), None) => Some(mean.ln.exp()),
            (Some(mean), Some(prior)) => {
                let weight = PRIOR / (1.0 + mean.count);
                Some(((mean.ln * mean.count + prior.ln() * weight) / (mean.count + weight)).exp())
            }
        }
    }

    /// Adds what one run saw.
    pub fn add(&mut self, observed: &[Observed]) {
        let mut runs: BTreeMap<(&str, Operation), Vec<f64>> = BTreeMap::new();
        for Observed { type_name, operation, ms } in observed.iter().filter(|one| one.ms.is_finite()) {
            runs.entry((type_name, *operation)).or_default().push(ms.max(1.0).ln());
        }
        for ((type_name, operation), mut logs) in runs {
            let Some(median) = median(&mut logs) else { continue };
            let count = logs.len().min(OF_ONE_RUN) as f64;
            let means = self.0.entry(type_name.to_owned()).or_default();
            let mean = means.entry(operation).or_insert(Mean { ln: median, count: 0.0 });
            let bound = if mean.count < ENOUGH { f64::INFINITY } else { BOUND.ln() };
            let before = mean.count.min(REMEMBERED - count);
            mean.ln += (median - mean.ln).clamp(-bound, bound) * count / (before + count);
            mean.count = before + count;
        }
    }

    /// What is to be kept.
    #[must_use]
    pub fn text(&self) -> String {
        // INVARIANT: strings and finite numbers only, which JSON can hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.get((values.len().max(1) - 1) / 2)?, values.get(values.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}
