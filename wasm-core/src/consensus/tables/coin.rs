//! Rules in which a worker is a single number: how far its label counts more than the labels it did not give.

use super::labels::Labels;
use super::skene::{MOST_ROUNDS, TOLERANCE};
use super::{FLOOR, from_logs};

/// Labels of an average worker that a worker's own are mixed with: who labelled little is taken for average.
const STRENGTH: f64 = 2.0;

/// How often workers give the label that most give, ties shared fairly; per worker, smoothed toward all workers' mean.
#[must_use]
pub fn agreement(labels: &Labels) -> Vec<f64> {
    let mut tally = Tally::new(labels);
    let mut votes = vec![0.0; labels.option_count()];
    for rows in labels.tasks() {
        votes.fill(0.0);
        for row in rows {
            add(&mut votes, labels.kind(*row).label, 1.0);
        }
        let most = votes.iter().copied().fold(0.0, f64::max);
        let first = votes.iter().filter(|count| **count >= most).count();
        #[allow(clippy::cast_precision_loss)]
        let credit = 1.0 / first as f64;
        for row in rows {
            let kind = labels.kind(*row);
            let ahead = votes.get(kind.label as usize).is_some_and(|count| *count >= most);
            tally.note(kind.worker, if ahead { credit } else { 0.0 });
        }
    }
    tally.reliabilities()
}

/// Reliabilities by expectation maximisation over workers who err alike on every option (one coin each), which started
/// from their agreement; with the rounds taken and whether it came to rest.
#[must_use]
pub fn one_coin(labels: &Labels) -> Coins {
    let options = labels.option_count();
    let mut coins = Coins { reliability: agreement(labels), shares: vec![0.0; options], rounds: 0, converged: false };
    let mut chances = vec![0.0; options];
    while !coins.converged && coins.rounds < MOST_ROUNDS {
        let weights = coins.weights(options);
        let mut tally = Tally::new(labels);
        let mut shares = vec![STRENGTH; options];
        for rows in labels.tasks() {
            chances.copy_from_slice(&coins.shares);
            evidence(labels, rows, &weights, &mut chances);
            from_logs(&mut chances);
            for row in rows {
                let kind = labels.kind(*row);
                tally.note(kind.worker, chances.get(kind.label as usize).copied().unwrap_or(0.0));
            }
            shares.iter_mut().zip(&chances).for_each(|(share, chance)| *share += chance);
        }
        let all: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share = (*share / all).ln());
        let reliability = tally.reliabilities();
        let moved = reliability.iter().zip(&coins.reliability).map(|(now, before)| (now - before).abs());
        coins.converged = moved.fold(0.0, f64::max) <= TOLERANCE;
        coins.rounds += 1;
        coins.reliability = reliability;
        coins.shares = shares;
    }
    coins
}

/// Workers as coins.
#[derive(Clone, Debug)]
pub struct Coins {
    /// Share of right labels per worker.
    pub reliability: Vec<f64>,
    /// Logarithm of each option's share, but for a constant.
    pub shares: Vec<f64>,
    /// Rounds taken.
    pub rounds: u32,
    /// Whether they came to rest.
    pub converged: bool,
}

impl Coins {
    /// Log-odds of a worker's label against any other.
    #[must_use]
    pub fn weights(&self, options: usize) -> Vec<f64> {
        self.reliability.iter().map(|reliability| log_odds(*reliability, options)).collect()
    }
}

/// `ln c / ((1 − c) / (K − 1))`.
#[must_use]
pub fn log_odds(reliability: f64, options: usize) -> f64 {
    let reliability = reliability.clamp(FLOOR, 1.0 - FLOOR);
    (reliability / others(reliability, options)).ln()
}

/// What a worker leaves for each label that it did not give.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn others(reliability: f64, options: usize) -> f64 {
    (1.0 - reliability) / (options.max(2) - 1) as f64
}

/// Adds each row's weight to its label.
pub fn evidence(labels: &Labels, rows: &[u32], weights: &[f64], sums: &mut [f64]) {
    for row in rows {
        let kind = labels.kind(*row);
        add(sums, kind.label, weights.get(kind.worker as usize).copied().unwrap_or(0.0));
    }
}

fn add(sums: &mut [f64], label: u32, weight: f64) {
    if let Some(sum) = sums.get_mut(label as usize) {
        *sum += weight;
    }
}

/// Right labels among all, per worker.
struct Tally {
    right: Vec<f64>,
    all: Vec<f64>,
}

impl Tally {
    fn new(labels: &Labels) -> Self {
        Self { right: vec![0.0; labels.worker_count()], all: vec![0.0; labels.worker_count()] }
    }

    fn note(&mut self, worker: u32, right: f64) {
        add(&mut self.right, worker, right);
        add(&mut self.all, worker, 1.0);
    }

    fn reliabilities(&self) -> Vec<f64> {
        let (right, all): (f64, f64) = (self.right.iter().sum(), self.all.iter().sum());
        let mean = if all > 0.0 { right / all } else { 0.5 };
        let own = self.right.iter().zip(&self.all);
        own.map(|(right, all)| (right + STRENGTH * mean) / (all + STRENGTH)).collect()
    }
}
