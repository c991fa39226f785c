//! Dawid & Skene (1979): who confuses what with what, learned from the labels alone by expectation maximisation.
//!
//! Starts from the fractions of votes, works in logarithms, and ends when no probability moves by more than
//! [`TOLERANCE`] (converged) or after [`MOST_ROUNDS`]. Each row of a worker's confusion matrix has a Dirichlet prior
//! ([`Prior`]), so that what a worker never did is not impossible, and who labelled little is taken for average.
//!
//! Tried in November 2026 on 24 simulated crowds (2 to 8 options, 3 to 10 labels a task) and on the entailment labels of
//! Snow et al. (2008): a prior of half a label has 88.1 % and 92.9 % right, of one label 88.5 % and 92.6 %; 0.01 on every
//! count instead 86.8 % and 92.8 %, crowd-kit 1.4.2 without a prior 87.2 % and 92.8 %. Priors of four labels and more
//! turned a crowd of many bad workers over.

use super::FLOOR;
use super::labels::Labels;

/// Largest change of a probability at which it has converged.
pub const TOLERANCE: f64 = 1e-6;
/// Rounds after which it ends in any case.
pub const MOST_ROUNDS: u32 = 300;
/// What a row of a worker's confusion matrix is drawn to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Nothing: the paper's own estimate.
    None,
    /// What all workers together do with that option, worth half a label: near the paper's estimate.
    Everybody,
    /// How often this worker is right whatever the option, itself drawn to all workers' mean, worth as many labels as
    /// there are options; what it gets wrong goes where all workers' mistakes go. Bayes' rule over confusion matrices where
    /// labels are few (docs/consensus.md, what was tried).
    Own,
}

impl Prior {
    /// Labels that it is worth.
    #[must_use]
    pub fn labels(self, options: usize) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Everybody => 0.5,
            Self::Own => count(options),
        }
    }
}

/// Labels of an average worker that a worker's share of right ones is mixed with.
const STRENGTH: f64 = 2.0;
/// Added to counts of all workers together, for the same reason.
const SMOOTHING: f64 = 0.01;
/// Keeps logarithms of what never happened finite.
const LEAST: f64 = 1e-300;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Probability of each option per task, tasks one after another.
    pub posterior: Vec<f64>,
    /// Rounds taken.
    pub rounds: u32,
    /// Whether it came to rest.
    pub converged: bool,
}

/// Fits the model; a task without labels has the shares of the options.
#[must_use]
pub fn fit(labels: &Labels, prior: Prior, most_rounds: u32) -> Fit {
    let options = labels.option_count();
    let mut model = Model::new(labels, prior);
    let mut posterior = vec![0.0; labels.task_count() * options];
    for (rows, chances) in labels.tasks().zip(posterior.chunks_exact_mut(options)) {
        for row in rows {
            if let Some(chance) = chances.get_mut(labels.kind(*row).label as usize) {
                *chance += 1.0;
            }
        }
        let sum: f64 = chances.iter().sum();
        chances.iter_mut().for_each(|chance| *chance = if sum > 0.0 { *chance / sum } else { 1.0 / count(options) });
        model.add(rows, chances);
    }
    for rounds in 1..=most_rounds {
        model.maximise();
        if model.round(labels, &mut posterior) <= TOLERANCE {
            return Fit { posterior, rounds, converged: true };
        }
    }
    Fit { posterior, rounds: most_rounds, converged: false }
}

/// Expected counts while tasks are walked over, logarithms of probabilities after `maximise`. Both lie option by option
/// within a kind (what a worker of each true option says with that label), so that a row reads one short run.
struct Model<'a> {
    labels: &'a Labels,
    prior: Prior,
    counts: Vec<f64>,
    shares: Vec<f64>,
    logs: Vec<f64>,
    log_shares: Vec<f64>,
    /// Of each label, what all workers together do, option by option.
    pooled: Vec<f64>,
    /// Of each option, how often all workers together say it where it is true.
    kept: Vec<f64>,
    scratch: Vec<f64>,
}

impl<'a> Model<'a> {
    fn new(labels: &'a Labels, prior: Prior) -> Self {
        let options = labels.option_count();
        let size = labels.kinds().len() * options;
        Self {
            labels,
            prior,
            counts: vec![0.0; size],
            shares: vec![0.0; options],
            logs: vec![0.0; size],
            log_shares: vec![0.0; options],
            pooled: vec![0.0; options * options],
            kept: vec![0.0; options],
            scratch: vec![0.0; options],
        }
    }

    fn add(&mut self, rows: &[u32], chances: &[f64]) {
        let options = self.shares.len();
        add(&mut self.shares, chances);
        for row in rows {
            let at = *row as usize * options;
            if let Some(counts) = self.counts.get_mut(at..at + options) {
                add(counts, chances);
            }
        }
    }

    /// Maximisation: probabilities from what was counted; counting begins anew.
    fn maximise(&mut self) {
        let options = self.shares.len();
        // The paper's own estimate is smoothed nowhere.
        let smoothing = if self.prior == Prior::None { 0.0 } else { SMOOTHING };
        let all: f64 = self.shares.iter().sum::<f64>() + smoothing * count(options);
        for (log, share) in self.log_shares.iter_mut().zip(&mut self.shares) {
            *log = ((*share + smoothing) / all).max(LEAST).ln();
            *share = 0.0;
        }
        let mean = self.pool(smoothing);
        let worth = self.prior.labels(options);
        let mut from = 0;
        for of_worker in self.labels.kinds().chunk_by(|one, other| one.worker == other.worker) {
            let span = from..from + of_worker.len() * options;
            from = span.end;
            let (Some(counts), Some(logs)) = (self.counts.get_mut(span.clone()), self.logs.get_mut(span)) else {
                continue;
            };
            self.scratch.fill(worth);
            let (mut right, mut all) = (STRENGTH * mean, STRENGTH);
            for (kind, of_kind) in of_worker.iter().zip(counts.chunks_exact(options)) {
                add(&mut self.scratch, of_kind);
                right += of_kind.get(kind.label as usize).copied().unwrap_or(0.0);
                all += of_kind.iter().sum::<f64>();
            }
            let own = (right / all).clamp(FLOOR, 1.0 - FLOOR);
            let tables = counts.chunks_exact_mut(options).zip(logs.chunks_exact_mut(options));
            for (kind, (of_kind, logs)) in of_worker.iter().zip(tables) {
                let at = kind.label as usize * options;
                let pooled = self.pooled.get(at..at + options).unwrap_or_default();
                let cells = of_kind.iter_mut().zip(logs).zip(self.scratch.iter().zip(pooled).zip(&self.kept));
                for (truth, ((count, log), ((total, mean), kept))) in cells.enumerate() {
                    let expected = match self.prior {
                        Prior::None | Prior::Everybody => *mean,
                        Prior::Own if truth == kind.label as usize => own,
                        Prior::Own => (1.0 - own) * mean / (1.0 - kept).max(LEAST),
                    };
                    *log = ((*count + worth * expected) / total.max(LEAST)).max(LEAST).ln();
                    *count = 0.0;
                }
            }
        }
    }

    /// The confusion matrix of all workers together; how often they are right.
    fn pool(&mut self, smoothing: f64) -> f64 {
        let options = self.shares.len();
        self.pooled.fill(smoothing);
        for (kind, counts) in self.labels.kinds().iter().zip(self.counts.chunks_exact(options)) {
            let at = kind.label as usize * options;
            add(self.pooled.get_mut(at..at + options).unwrap_or_default(), counts);
        }
        self.scratch.fill(0.0);
        for of_label in self.pooled.chunks_exact(options) {
            add(&mut self.scratch, of_label);
        }
        for of_label in self.pooled.chunks_exact_mut(options) {
            of_label.iter_mut().zip(&self.scratch).for_each(|(mean, total)| *mean /= total.max(LEAST));
        }
        let (mut right, mut all) = (0.0, 0.0);
        let rows = self.pooled.chunks_exact(options).zip(&self.scratch).zip(&mut self.kept).enumerate();
        for (option, ((of_label, total), kept)) in rows {
            *kept = of_label.get(option).copied().unwrap_or(0.0);
            right += *kept * total;
            all += total;
        }
        right / all.max(LEAST)
    }

    /// Expectation over all tasks, and counting for the next round; the largest change.
    fn round(&mut self, labels: &Labels, posterior: &mut [f64]) -> f64 {
        // The usual small numbers of options get loops of known length.
        match self.shares.len() {
            2 => self.pass::<2>(labels, posterior),
            3 => self.pass::<3>(labels, posterior),
            4 => self.pass::<4>(labels, posterior),
            5 => self.pass::<5>(labels, posterior),
            _ => self.pass_any(labels, posterior),
        }
    }

    fn pass<const K: usize>(&mut self, labels: &Labels, posterior: &mut [f64]) -> f64 {
        let (tables, _) = self.logs.as_chunks::<K>();
        let (counted, _) = self.counts.as_chunks_mut::<K>();
        let (all, _) = posterior.as_chunks_mut::<K>();
        let mut shares = [0.0; K];
        let mut prior = [0.0; K];
        prior.iter_mut().zip(&self.log_shares).for_each(|(own, share)| *own = *share);
        let mut most: f64 = 0.0;
        for (rows, chances) in labels.tasks().zip(all) {
            let mut now = prior;
            for row in rows {
                if let Some(table) = tables.get(*row as usize) {
                    add(&mut now, table);
                }
            }
            most = most.max(settle(&mut now, chances));
            for row in rows {
                if let Some(counts) = counted.get_mut(*row as usize) {
                    add(counts, &now);
                }
            }
            add(&mut shares, &now);
        }
        self.shares.iter_mut().zip(shares).for_each(|(share, sum)| *share += sum);
        most
    }

    fn pass_any(&mut self, labels: &Labels, posterior: &mut [f64]) -> f64 {
        let options = self.shares.len();
        let mut most: f64 = 0.0;
        let mut now = vec![0.0; options];
        for (rows, chances) in labels.tasks().zip(posterior.chunks_exact_mut(options)) {
            now.copy_from_slice(&self.log_shares);
            for row in rows {
                let at = *row as usize * options;
                if let Some(logs) = self.logs.get(at..at + options) {
                    add(&mut now, logs);
                }
            }
            most = most.max(settle(&mut now, chances));
            self.add(rows, &now);
        }
        most
    }
}

/// Logarithms to probabilities, which replace those of before; the largest change.
fn settle(logs: &mut [f64], before: &mut [f64]) -> f64 {
    super::from_logs(logs);
    let mut most: f64 = 0.0;
    for (chance, old) in logs.iter().zip(before) {
        most = most.max((chance - *old).abs());
        *old = *chance;
    }
    most
}

#[inline]
fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

#[allow(clippy::cast_precision_loss)]
fn count(number: usize) -> f64 {
    number as f64
}
