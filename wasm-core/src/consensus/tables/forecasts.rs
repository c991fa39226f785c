//! Tables of forecasts: several probabilities of each question to one. No outcome is known, so all weigh the same.

use super::super::dependence::effective_votes;
use super::super::methods::EXTREMISING;
use super::{FLOOR, TableMethod};

/// Error correlation that forecasters of one question are taken to have: they read the same news.
const CORRELATION: f64 = 0.5;

/// Forecasts of one question to one probability; `None` without any, or where the method has no meaning.
///
/// - majority: the share of forecasters above a half; one who says a half counts half.
/// - weighted: the plain mean.
/// - log-pool: the mean of log-odds, extremised by 1.3.
/// - bayesian: as if as many as `n_eff` independent forecasters had the mean of log-odds.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn pool(method: TableMethod, forecasts: &[f64]) -> Option<f64> {
    if forecasts.is_empty() {
        return None;
    }
    let n = forecasts.len() as f64;
    let mean = |of: fn(f64) -> f64| forecasts.iter().map(|p| of(*p)).sum::<f64>() / n;
    match method {
        TableMethod::Majority => Some(mean(side)),
        TableMethod::Weighted => Some(mean(|p| p)),
        TableMethod::LogPool => Some(probability(EXTREMISING * mean(log_odds))),
        TableMethod::Bayesian => {
            let one = vec![Some("news"); forecasts.len()];
            Some(probability(effective_votes(&one, CORRELATION) * mean(log_odds)))
        }
        TableMethod::DawidSkene => None,
    }
}

fn side(p: f64) -> f64 {
    match p.partial_cmp(&0.5) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        _ => 0.0,
    }
}

fn log_odds(p: f64) -> f64 {
    let p = p.clamp(FLOOR, 1.0 - FLOOR);
    (p / (1.0 - p)).ln()
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Forecasts grouped by question, in an order that does not depend on that of the rows.
#[derive(Clone, Debug)]
pub struct Forecasts {
    starts: Vec<usize>,
    sorted: Vec<f64>,
}

impl Forecasts {
    /// From a column of questions, each below `questions`, and one of probabilities; `None` when they are not.
    #[must_use]
    pub fn new(of: &[u32], probabilities: &[f64], questions: u32) -> Option<Self> {
        let sound = of.len() == probabilities.len()
            && of.iter().all(|question| *question < questions)
            && probabilities.iter().all(|p| (0.0..=1.0).contains(p));
        if !sound {
            return None;
        }
        let mut rows: Vec<(u32, f64)> = of.iter().copied().zip(probabilities.iter().copied()).collect();
        rows.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut starts = vec![0; questions as usize + 1];
        for (question, _) in &rows {
            *starts.get_mut(*question as usize + 1)? += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Some(Self { starts, sorted: rows.into_iter().map(|(_, p)| p).collect() })
    }

    /// One probability per question; NaN where [`pool`] has none.
    #[must_use]
    pub fn pooled(&self, method: TableMethod) -> Vec<f64> {
        let spans = self.starts.iter().zip(self.starts.iter().skip(1));
        spans
            .map(|(start, end)| pool(method, self.sorted.get(*start..*end).unwrap_or_default()).unwrap_or(f64::NAN))
            .collect()
    }
}
