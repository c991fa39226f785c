//! Many questions at once: tables of labels and of forecasts.
//!
//! Contract: ties are a result; the order of rows decides nothing, not even a last digit. The columns come as indices
//! and are known to be sound; names, and what is wrong with a file, are the reader's.

mod coin;
mod forecasts;
mod labels;
pub mod skene;

use super::agreement::Units;
use serde::{Deserialize, Serialize};
use tsify::Tsify;

pub use forecasts::{Forecasts, ForecastsSummary, Pooled};
pub use labels::{Kind, Labels};

/// Nobody is certain: probabilities are kept away from 0 and 1 by this where logarithms are taken.
const FLOOR: f64 = 0.01;
/// Two labels whose probabilities differ by less are a tie.
const TIE: f64 = 1e-9;
/// Numbers that a fit may hold at once (each of workers' tables and of tasks): a quarter of a gigabyte.
const MOST_NUMBERS: usize = 1 << 25;

/// How a table becomes answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub enum TableMethod {
    /// The most votes. Of forecasts: the share above a half.
    Majority,
    /// Linear pool, labels weighed by how often a worker is with the majority. Of forecasts: the plain mean.
    Weighted,
    /// Bayes' rule over confusion matrices, each drawn to how often its worker is right, learned with the answers. Of
    /// forecasts: log-odds summed over the effective number of forecasters.
    Bayesian,
    /// Logarithmic pool, workers' confidence being how often they are with the majority. Of forecasts: extremised as far
    /// as they know things of their own.
    LogPool,
    /// A confusion matrix per worker, learned with the answers, near the published estimate. Of forecasts: the same of yes and no.
    DawidSkene,
}

/// How a table of labels was answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelsSummary {
    /// Rows in which a worker labels a task again; each counts.
    #[tsify(type = "number")]
    pub repeated: usize,
    /// Rounds of expectation maximisation; 0 for methods without.
    pub rounds: u32,
    /// Whether they came to rest.
    pub converged: bool,
    /// Krippendorff's alpha, nominal, of the labels as they were given; null where no disagreement is possible.
    pub alpha: Option<f64>,
    /// Tasks without a single best label.
    #[tsify(type = "number")]
    pub ties: usize,
    /// Tasks whose true label is known.
    #[tsify(type = "number")]
    pub judged: usize,
    /// Right ones among them; a tie of n labels with the true one among them is right by 1/n.
    pub right: f64,
}

/// Answers to a table of labels.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Per task the index of its label, −1: a tie.
    pub winners: Vec<i32>,
    /// Per task the probability of its label (of each of the best ones in a tie).
    pub probabilities: Vec<f64>,
    /// The rest.
    pub summary: LabelsSummary,
}

/// Answers every task. `truth`: per task the index of its true label, −1 unknown, below: known, but never given; may be
/// empty.
///
/// # Errors
/// A sentence where the table is too large for the method.
pub fn answer(labels: &Labels, method: TableMethod, truth: &[i32]) -> Result<Answered, String> {
    let options = labels.option_count();
    let mut answers = Answers::new(labels, truth);
    let from_weights = |answers: &mut Answers, weights: &[f64], log: bool| {
        let mut sums = Vec::new();
        for rows in labels.tasks() {
            let weight = |worker: u32| weights.get(worker as usize).copied().unwrap_or(0.0);
            coin::evidence(labels, rows, weight, &mut sums);
            let left = options - sums.len();
            let other = if log { some_from_logs(&mut sums, left) } else { normalise_some(&mut sums) };
            answers.take_some(&sums, left, other);
        }
    };
    match method {
        TableMethod::Majority => from_weights(&mut answers, &vec![1.0; labels.worker_count()], false),
        TableMethod::Weighted => {
            // What each ballot gives to all options alike changes shares only, and is left out.
            let weight = |c: &f64| (c - coin::others(*c, options)).max(FLOOR);
            let weights: Vec<f64> = coin::agreement(labels).iter().map(weight).collect();
            from_weights(&mut answers, &weights, false);
        }
        TableMethod::LogPool => {
            let weights: Vec<f64> = coin::agreement(labels).iter().map(|c| coin::log_odds(*c, options)).collect();
            from_weights(&mut answers, &weights, true);
        }
        TableMethod::Bayesian | TableMethod::DawidSkene => {
            let numbers = labels.kinds().len().max(labels.task_count()).max(options) * options;
            if numbers > MOST_NUMBERS {
                return Err(format!(
                    "{} tasks, {} workers and {options} labels are more than a confusion matrix per worker takes",
                    labels.task_count(),
                    labels.worker_count()
                ));
            }
            let prior = if method == TableMethod::Bayesian { skene::Prior::Own } else { skene::Prior::Everybody };
            let fit = skene::fit(labels, prior, skene::MOST_ROUNDS);
            (answers.summary.rounds, answers.summary.converged) = (fit.rounds, fit.converged);
            fit.posterior.chunks_exact(options).for_each(|chances| answers.take(chances));
        }
    }
    answers.summary.alpha = alpha(labels);
    Ok(answers.done())
}

/// Agreement of the labels, each task a unit.
fn alpha(labels: &Labels) -> Option<f64> {
    let mut units = Units::default();
    let mut votes = Vec::new();
    for rows in labels.tasks() {
        coin::evidence(labels, rows, |_| 1.0, &mut votes);
        units.add(&votes);
    }
    units.alpha()
}

/// Takes in probabilities task by task.
struct Answers<'a> {
    truth: &'a [i32],
    winners: Vec<i32>,
    probabilities: Vec<f64>,
    summary: LabelsSummary,
}

impl<'a> Answers<'a> {
    fn new(labels: &Labels, truth: &'a [i32]) -> Self {
        let summary = LabelsSummary { repeated: labels.repeated(), converged: true, ..LabelsSummary::default() };
        let tasks = labels.task_count();
        Self { truth, winners: Vec::with_capacity(tasks), probabilities: Vec::with_capacity(tasks), summary }
    }

    /// Takes in the probability of every label.
    fn take(&mut self, chances: &[f64]) {
        let best = chances.iter().copied().fold(0.0, f64::max);
        let ahead = |chance: f64| best - chance <= TIE;
        let count = chances.iter().filter(|chance| ahead(**chance)).count();
        let first = chances.iter().position(|chance| ahead(*chance));
        self.note(best, count, first, |truth| chances.get(truth).is_some_and(|chance| ahead(*chance)));
    }

    /// The same of some labels, rising, and of so many others that have one probability each.
    fn take_some(&mut self, chances: &[(u32, f64)], left: usize, other: f64) {
        let best = chances.iter().map(|(_, chance)| *chance).fold(if left > 0 { other } else { 0.0 }, f64::max);
        let ahead = |chance: f64| best - chance <= TIE;
        let others = if ahead(other) { left } else { 0 };
        let found = chances.iter().find(|(_, chance)| ahead(*chance)).map(|(label, _)| *label as usize);
        // Of the others, the first number that is missing.
        let missing = || chances.iter().zip(0..).position(|((label, _), at)| *label != at).unwrap_or(chances.len());
        let count = others + chances.iter().filter(|(_, chance)| ahead(*chance)).count();
        self.note(best, count, found.or_else(|| (others > 0).then(missing)), |truth| {
            u32::try_from(truth).is_ok_and(|truth| ahead(coin::given(chances, truth).unwrap_or(other)))
        });
    }

    /// The probability of the best label, how many have it, the first of these, and whether a label is one of them.
    #[allow(clippy::cast_precision_loss)]
    fn note(&mut self, best: f64, count: usize, first: Option<usize>, ahead: impl Fn(usize) -> bool) {
        let winner = first.filter(|_| count == 1).and_then(|at| i32::try_from(at).ok()).unwrap_or(-1);
        let truth = self.truth.get(self.winners.len()).copied().unwrap_or(-1);
        if truth != -1 {
            self.summary.judged += 1;
            let right = usize::try_from(truth).is_ok_and(ahead);
            self.summary.right += if right { 1.0 / count as f64 } else { 0.0 };
        }
        self.summary.ties += usize::from(winner < 0);
        self.winners.push(winner);
        self.probabilities.push(best);
    }

    fn done(self) -> Answered {
        Answered { winners: self.winners, probabilities: self.probabilities, summary: self.summary }
    }
}

fn normalise(values: &mut [f64]) {
    let sum: f64 = values.iter().sum();
    if sum > 0.0 {
        values.iter_mut().for_each(|value| *value /= sum);
    }
}

/// Grid of probabilities made from logarithms, 2⁻⁴⁰.
const GRID: f64 = 1_099_511_627_776.0;

/// Logarithms to probabilities that sum to 1, rounded to a grid: between options that are alike, sums taken in another
/// order differ in their last digits, and over many rounds that would grow until a name has broken a tie.
pub(super) fn from_logs(logs: &mut [f64]) {
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logs.iter_mut().for_each(|log| *log = (*log - top).exp());
    normalise(logs);
    logs.iter_mut().for_each(|chance| *chance = on_grid(*chance));
}

fn on_grid(chance: f64) -> f64 {
    (chance * GRID).round_ties_even() / GRID
}

/// [`normalise`] where all other labels have 0, which is the answer.
fn normalise_some(sums: &mut [(u32, f64)]) -> f64 {
    let sum: f64 = sums.iter().map(|(_, sum)| *sum).sum();
    if sum > 0.0 {
        sums.iter_mut().for_each(|(_, value)| *value /= sum);
    }
    0.0
}

/// [`from_logs`] where so many other labels have a logarithm of 0: the probability of each.
#[allow(clippy::cast_precision_loss)]
fn some_from_logs(logs: &mut [(u32, f64)], left: usize) -> f64 {
    let top = logs.iter().map(|(_, log)| *log).fold(if left > 0 { 0.0 } else { f64::NEG_INFINITY }, f64::max);
    logs.iter_mut().for_each(|(_, log)| *log = (*log - top).exp());
    let other = (-top).exp();
    let sum = logs.iter().map(|(_, chance)| *chance).sum::<f64>() + left as f64 * other;
    logs.iter_mut().for_each(|(_, chance)| *chance = on_grid(*chance / sum));
    on_grid(other / sum)
}
