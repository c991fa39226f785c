//! Rules in which a worker is a single number: how far its label counts more than the labels it did not give.

use super::FLOOR;
use super::labels::Labels;

/// Labels of an average worker that a worker's own are mixed with: who labelled little is taken for average.
const STRENGTH: f64 = 2.0;

/// How often workers give the label that most give, ties shared fairly; per worker, smoothed toward all workers' mean.
#[must_use]
pub fn agreement(labels: &Labels) -> Vec<f64> {
    let mut tally = Tally::new(labels);
    let mut votes = Vec::new();
    for rows in labels.tasks() {
        evidence(labels, rows, |_| 1.0, &mut votes);
        let most = votes.iter().map(|(_, count)| *count).fold(0.0, f64::max);
        let first = votes.iter().filter(|(_, count)| *count >= most).count();
        #[allow(clippy::cast_precision_loss)]
        let credit = 1.0 / first as f64;
        for row in rows {
            let kind = labels.kind(*row);
            let ahead = given(&votes, kind.label).is_some_and(|count| count >= most);
            tally.note(kind.worker, if ahead { credit } else { 0.0 });
        }
    }
    tally.reliabilities()
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

/// The labels of a task, rising, each with the weights of its workers summed: what nobody gave takes no time.
pub fn evidence(labels: &Labels, rows: &[u32], weight: impl Fn(u32) -> f64, sums: &mut Vec<(u32, f64)>) {
    sums.clear();
    sums.extend(rows.iter().map(|row| labels.kind(*row)).map(|kind| (kind.label, weight(kind.worker))));
    // Rows of one label stay in their order, so that their sum is the same to the last digit.
    sums.sort_by_key(|(label, _)| *label);
    sums.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        earlier.1 += if same { later.1 } else { 0.0 };
        same
    });
}

/// What a label was given.
pub fn given(sums: &[(u32, f64)], label: u32) -> Option<f64> {
    let at = sums.binary_search_by_key(&label, |(label, _)| *label).ok()?;
    sums.get(at).map(|(_, sum)| *sum)
}

/// Adds to one of the sums.
fn add(sums: &mut [f64], worker: u32, weight: f64) {
    if let Some(sum) = sums.get_mut(worker as usize) {
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
