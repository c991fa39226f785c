//! Tables of forecasts: several probabilities of each question to one. No outcome is known, so all weigh the same, but to
//! Dawid and Skene, who learn whom to believe from how the forecasts go together.
//!
//! How far the mean of log-odds is to be extremised depends on how much of what forecasters know is their own. Where they
//! are calibrated, log-odds have the mean ±m and the variance 2m around it (Satopää et al. 2014), so their mean square is
//! m² + 2m; the share of 2m that is not seen between forecasters of one question is what their errors have in common,
//! ρ = 1 − within / 2m. That is worth n / (1 + (n − 1) ρ) forecasters, and never less than one.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::super::methods::EXTREMISING;
use super::{FLOOR, TableMethod, skene};

/// Error correlation that forecasters of one question are taken to have at least: they read the same news.
const CORRELATION: f64 = 0.5;
/// Answers that the prior of a forecaster's record is worth.
const PRIOR: f64 = 10.0;
/// Standard deviation of the factor that outcomes correct extremising by, before any is known: about twenty outcomes
/// weigh as much.
const SPREAD: f64 = 0.25;
/// Steps in which a fit comes to rest.
const STEPS: u32 = 50;

/// Forecasts grouped by question, in an order that does not depend on that of the rows.
#[derive(Clone, Debug)]
pub struct Forecasts {
    starts: Vec<usize>,
    rows: Vec<Row>,
    forecasters: usize,
    shared: f64,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    forecaster: u32,
    p: f64,
}

/// One probability per question.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// NaN for a question without forecasts.
    pub p: Vec<f64>,
    /// How they were made.
    pub summary: ForecastsSummary,
}

/// How a table of forecasts was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForecastsSummary {
    /// Factor by which known outcomes corrected the extremising; 1 without any, and for methods without.
    pub fitted: f64,
    /// Share of errors that forecasters seem to have in common, in [0, 1].
    pub shared: f64,
    /// Rounds of expectation maximisation; 0 for methods without.
    pub rounds: u32,
    /// Whether they came to rest.
    pub converged: bool,
}

impl Forecasts {
    /// From columns of questions, of forecasters (each below its count) and of probabilities; `None` when they are not.
    #[must_use]
    pub fn new(columns: [&[u32]; 2], probabilities: &[f64], counts: [u32; 2]) -> Option<Self> {
        let [questions, forecasters] = columns;
        let inside = |column: &[u32], count: u32| {
            column.len() == probabilities.len() && column.iter().all(|index| *index < count)
        };
        let sound = columns.iter().zip(counts).all(|(column, count)| inside(column, count))
            && probabilities.iter().all(|p| (0.0..=1.0).contains(p));
        if !sound {
            return None;
        }
        let given = forecasters.iter().zip(probabilities).map(|(forecaster, p)| Row { forecaster: *forecaster, p: *p });
        let mut rows: Vec<(u32, Row)> = questions.iter().copied().zip(given).collect();
        rows.sort_unstable_by(|one, other| {
            let by_name = one.0.cmp(&other.0).then(one.1.forecaster.cmp(&other.1.forecaster));
            by_name.then(one.1.p.total_cmp(&other.1.p))
        });
        let mut starts = vec![0; counts[0] as usize + 1];
        for (question, _) in &rows {
            *starts.get_mut(*question as usize + 1)? += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        let mut grouped = Self { starts, rows, forecasters: counts[1] as usize, shared: 1.0 };
        grouped.shared = grouped.shared();
        Some(grouped)
    }

    /// - majority: the share of forecasters above a half; one who says a half counts half.
    /// - weighted: the plain mean.
    /// - log-pool: the mean of log-odds, extremised as far as forecasters know things of their own, by 1.3 at most; where
    ///   outcomes are given, times a factor that is fitted to them.
    /// - bayesian: as if as many as `n_eff` independent forecasters had the mean of log-odds.
    /// - dawid-skene: which side of a half each is on is a label; what was learned is tempered by `n_eff / n`.
    ///
    /// `outcomes`: per question what came of it, from 0 to 1, NaN where that is not known; may be empty. Only `log-pool`
    /// looks at it.
    #[must_use]
    pub fn pooled(&self, method: TableMethod, outcomes: &[f64]) -> Pooled {
        let mut summary = ForecastsSummary { fitted: 1.0, shared: self.shared, rounds: 0, converged: true };
        if method == TableMethod::DawidSkene {
            return self.learned(summary);
        }
        if method == TableMethod::LogPool {
            summary.fitted = fitted(self.questions().map(|rows| self.extremised(rows)).zip(outcomes.iter().copied()));
        }
        let p = self
            .questions()
            .map(|rows| match method {
                _ if rows.is_empty() => f64::NAN,
                TableMethod::Majority => mean(rows, side),
                TableMethod::Weighted => mean(rows, |p| p),
                TableMethod::LogPool => probability(summary.fitted * self.extremised(rows)),
                TableMethod::Bayesian | TableMethod::DawidSkene => {
                    probability(effective(rows, self.shared.max(CORRELATION)) * mean(rows, log_odds))
                }
            })
            .collect();
        Pooled { p, summary }
    }

    fn questions(&self) -> impl Iterator<Item = &[Row]> {
        let spans = self.starts.iter().zip(self.starts.iter().skip(1));
        spans.map(|(start, end)| self.rows.get(*start..*end).unwrap_or_default())
    }

    fn extremised(&self, rows: &[Row]) -> f64 {
        effective(rows, self.shared).min(EXTREMISING) * mean(rows, log_odds)
    }

    /// Share of the errors that is everybody's; 1 where nobody can tell, so that nothing is extremised.
    #[allow(clippy::cast_precision_loss)]
    fn shared(&self) -> f64 {
        let (mut within, mut free) = (0.0, 0.0);
        for rows in self.questions() {
            let own = mean(rows, log_odds);
            within += rows.iter().map(|row| (log_odds(row.p) - own).powi(2)).sum::<f64>();
            free += rows.len().saturating_sub(1) as f64;
        }
        let square = mean(&self.rows, |p| log_odds(p).powi(2));
        let variance = 2.0 * ((1.0 + square).sqrt() - 1.0);
        if free > 0.0 && variance > 0.0 { (1.0 - within / free / variance).clamp(0.0, 1.0) } else { 1.0 }
    }

    /// Expectation maximisation over which side of a half each forecaster is on where the answer is yes, and where it is
    /// no; what was learned speaks at the end as loudly as so many independent ones would.
    fn learned(&self, mut summary: ForecastsSummary) -> Pooled {
        let mut p: Vec<f64> = self.questions().map(|rows| mean(rows, side)).collect();
        let mut pooled = Vec::new();
        summary.converged = false;
        while !summary.converged && summary.rounds < skene::MOST_ROUNDS {
            let (prior, odds) = self.counted(&p);
            let evidence = |rows: &[Row]| -> f64 {
                let of = |row: &Row| {
                    let [yes, no] = odds.get(row.forecaster as usize).copied().unwrap_or_default();
                    side(row.p) * yes + (1.0 - side(row.p)) * no
                };
                if rows.is_empty() { f64::NAN } else { rows.iter().map(of).sum() }
            };
            let now: Vec<f64> = self.questions().map(|rows| probability(prior + evidence(rows))).collect();
            let moved = now.iter().zip(&p).map(|(now, before)| (now - before).abs()).fold(0.0, f64::max);
            summary.rounds += 1;
            summary.converged = moved <= skene::TOLERANCE;
            let correlation = self.shared.max(CORRELATION);
            let tempered = |rows| prior + effective(rows, correlation) / count(rows) * evidence(rows);
            pooled = self.questions().map(|rows| probability(tempered(rows))).collect();
            p = now;
        }
        Pooled { p: pooled, summary }
    }

    /// Log-odds of a yes, and per forecaster of its yes and its no, where the answers are these.
    fn counted(&self, p: &[f64]) -> (f64, Vec<[f64; 2]>) {
        // Per forecaster and answer: how often it was on the side of yes, and on any.
        let mut said = vec![[[0.0; 2]; 2]; self.forecasters];
        let mut all = [[PRIOR * 0.8, PRIOR], [PRIOR * 0.2, PRIOR]];
        let mut yes = [1.0, 2.0];
        for (rows, p) in self.questions().zip(p).filter(|(rows, _)| !rows.is_empty()) {
            yes = [yes[0] + p, yes[1] + 1.0];
            for row in rows {
                let Some(own) = said.get_mut(row.forecaster as usize) else { continue };
                for (sums, share) in [own, &mut all].into_iter().flat_map(|sums| sums.iter_mut().zip([*p, 1.0 - p])) {
                    *sums = [sums[0] + share * side(row.p), sums[1] + share];
                }
            }
        }
        (log_odds(yes[0] / yes[1]), said.iter().map(|own| weights(own, &all)).collect())
    }
}

/// Log-odds that a whole yes, and a whole no, of a forecaster speaks for yes.
fn weights(own: &[[f64; 2]; 2], all: &[[f64; 2]; 2]) -> [f64; 2] {
    let share = |at: usize| {
        let (Some([yes, seen]), Some([every, out_of])) = (own.get(at), all.get(at)) else { return 0.5 };
        ((yes + PRIOR * every / out_of) / (seen + PRIOR)).clamp(FLOOR, 1.0 - FLOOR)
    };
    let (true_yes, false_yes) = (share(0), share(1));
    [(true_yes / false_yes).ln(), ((1.0 - true_yes) / (1.0 - false_yes)).ln()]
}

/// The factor `c` under which log-odds `c·x` were most likely to have these outcomes, drawn to 1 by a normal prior.
/// Newton's steps on a function that is convex; a factor below 0 would turn forecasts over.
fn fitted(questions: impl Iterator<Item = (f64, f64)>) -> f64 {
    let known: Vec<(f64, f64)> = questions.filter(|(x, outcome)| x.is_finite() && !outcome.is_nan()).collect();
    let mut factor = 1.0;
    for _ in 0..STEPS {
        let (mut slope, mut bend) = ((factor - 1.0) / SPREAD.powi(2), 1.0 / SPREAD.powi(2));
        for (x, outcome) in &known {
            let p = probability(factor * x);
            slope += x * (p - outcome);
            bend += x * x * p * (1.0 - p);
        }
        // Never more than one at a time: far out the function is nearly straight.
        factor = (factor - (slope / bend).clamp(-1.0, 1.0)).max(0.0);
    }
    factor
}

#[allow(clippy::cast_precision_loss)]
fn count(rows: &[Row]) -> f64 {
    rows.len().max(1) as f64
}

/// NaN of nothing.
fn mean(rows: &[Row], of: impl Fn(f64) -> f64) -> f64 {
    if rows.is_empty() { f64::NAN } else { rows.iter().map(|row| of(row.p)).sum::<f64>() / count(rows) }
}

/// Independent forecasters that these are worth.
fn effective(rows: &[Row], correlation: f64) -> f64 {
    count(rows) / (1.0 + (count(rows) - 1.0) * correlation)
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
