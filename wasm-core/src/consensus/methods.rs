//! The aggregation rules. All work on probabilities per option. But for the median each is a sum over ballots of what a
//! ballot gives an option, so that all ballots, and all but one in turn, take one pass over them: ten thousand experts are
//! answered in time that grows with their number.
//!
//! A ballot spreads what it does not give its own option evenly over the others: `p_ik = c_i` for its option,
//! `(1 − c_i) / (K − 1)` else. Probabilities and reliabilities are kept inside `[FLOOR, 1 − FLOOR]` where logarithms
//! are taken: nobody is certain.

use super::dependence::Lineages;
use super::median::Medians;
use super::panel::ROWS;
use super::{Ballot, Method, tables};

const FLOOR: f64 = 0.01;
/// Exponent of the logarithmic pool: on 4,872 forecast questions extremising by 1.3 had a lower Brier score than 1
/// (.114 against .116).
pub const EXTREMISING: f64 = 1.3;

/// Largest change of a probability at which the fit of Dawid and Skene has converged, and the most rounds.
const TOLERANCE: f64 = 1e-9;
const MOST_ROUNDS: u32 = 300;

/// What was learned of the experts from the question itself.
#[derive(Clone, Debug)]
pub struct Fit {
    posterior: Vec<f64>,
    pub rounds: u32,
    pub converged: bool,
}

/// Ballots under a method.
pub struct Pool<'a> {
    method: Method,
    ballots: &'a [Ballot<'a>],
    prior: &'a [f64],
    correlation: f64,
    lineages: Lineages<'a>,
    fit: Option<Fit>,
}

impl<'a> Pool<'a> {
    /// `prior` has a probability per option. The last digits depend on the order of ballots.
    pub fn new(method: Method, ballots: &'a [Ballot<'a>], prior: &'a [f64], correlation: f64) -> Self {
        let lineages = Lineages::of(ballots.iter().map(|ballot| ballot.lineage));
        let mut pool = Self { method, ballots, prior, correlation, lineages, fit: None };
        if method == Method::DawidSkene && !ballots.is_empty() && prior.len() > 1 {
            pool.fit = Some(pool.fitted());
        }
        pool
    }

    /// How Dawid and Skene's fit went, where that is the method.
    pub fn fit(&self) -> Option<&Fit> {
        self.fit.as_ref()
    }

    /// Effective number of independent votes.
    pub fn effective(&self) -> f64 {
        self.lineages.effective(self.correlation)
    }

    /// Posterior per option; the prior where nobody voted.
    pub fn all(&self) -> Vec<f64> {
        if self.method == Method::Median && !self.ballots.is_empty() {
            return Medians::of(self.ballots, self.prior.len()).all();
        }
        let weight = self.ballots.iter().map(|ballot| ballot.weight).sum();
        self.posterior(&self.sums(), self.ballots.len(), weight, self.effective())
    }

    /// Gives the posterior without each ballot to `take`, the last ballot first.
    pub fn without_each(&self, mut take: impl FnMut(usize, &[f64])) {
        let options = self.prior.len();
        if self.method == Method::Median {
            let medians = Medians::of(self.ballots, options);
            for at in (0..self.ballots.len()).rev() {
                take(at, &if self.ballots.len() == 1 { self.prior.to_vec() } else { medians.without(at) });
            }
            return;
        }
        // What stands before a ballot, and a running sum of what stands behind it: nothing is taken away from a sum, so
        // a ballot that outweighs all others leaves no rounding error behind.
        let mut before = Vec::with_capacity(self.ballots.len() * options);
        let mut weights = Vec::with_capacity(self.ballots.len());
        let mut sums = vec![0.0; options];
        let mut weight = 0.0;
        for ballot in self.ballots {
            before.extend_from_slice(&sums);
            weights.push(weight);
            self.add(ballot, &mut sums);
            weight += ballot.weight;
        }
        let mut behind = vec![0.0; options];
        let mut weight = 0.0;
        let ballots = self.ballots.iter().enumerate().zip(before.chunks_exact(options.max(1)).zip(&weights));
        for ((at, ballot), (before, weight_before)) in ballots.rev() {
            let sums: Vec<f64> = before.iter().zip(&behind).map(|(before, behind)| before + behind).collect();
            let effective = self.lineages.effective_without(ballot.lineage, self.correlation);
            take(at, &self.posterior(&sums, self.ballots.len() - 1, weight_before + weight, effective));
            self.add(ballot, &mut behind);
            weight += ballot.weight;
        }
    }

    /// Expectation maximisation on this one question (Dawid & Skene 1979): what an expert says where an option is true is
    /// what it was seen to say, plus this question so far as that option seems true. Starts from the fractions of votes.
    fn fitted(&self) -> Fit {
        let posterior = normalised(counts(self.ballots, self.prior.len()));
        let mut fit = Fit { posterior, rounds: 0, converged: false };
        let effective = self.effective();
        while !fit.converged && fit.rounds < MOST_ROUNDS {
            let mut sums = vec![0.0; self.prior.len()];
            self.ballots.iter().for_each(|ballot| add_learned(ballot, &fit.posterior, &mut sums));
            let now = self.tempered(&sums, self.ballots.len(), effective);
            let moved = now.iter().zip(&fit.posterior).map(|(now, before)| (now - before).abs()).fold(0.0, f64::max);
            fit = Fit { posterior: now, rounds: fit.rounds + 1, converged: moved <= TOLERANCE };
        }
        fit
    }

    fn sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.prior.len()];
        self.ballots.iter().for_each(|ballot| self.add(ballot, &mut sums));
        sums
    }

    /// Adds what a ballot gives each option.
    fn add(&self, ballot: &Ballot<'_>, sums: &mut [f64]) {
        let options = sums.len();
        if let Some(fit) = &self.fit {
            add_learned(ballot, &fit.posterior, sums);
            return;
        }
        for (option, sum) in sums.iter_mut().enumerate() {
            *sum += match self.method {
                Method::Majority => f64::from(u8::from(ballot.option == option)),
                Method::Weighted | Method::Median => ballot.weight * share(ballot, option, options),
                Method::Bayesian | Method::DawidSkene => likelihood(ballot, option, options).ln(),
                Method::LogPool => ballot.weight * surely(ballot, option, options).ln(),
            };
        }
    }

    /// From what so many ballots of that weight give the options.
    fn posterior(&self, sums: &[f64], ballots: usize, weight: f64, effective: f64) -> Vec<f64> {
        if ballots == 0 || self.prior.len() < 2 {
            return self.prior.to_vec();
        }
        match self.method {
            // `p_k = Σ w_i p_ik / Σ w_i`.
            Method::Majority | Method::Weighted | Method::Median => normalised(sums.to_vec()),
            Method::Bayesian | Method::DawidSkene => self.tempered(sums, ballots, effective),
            // `p_k ∝ π_k^(1−a) Π p_ik^(a w_i / W)`.
            Method::LogPool => from_logs(
                self.prior
                    .iter()
                    .zip(sums)
                    .map(|(prior, sum)| (1.0 - EXTREMISING) * prior.ln() + EXTREMISING * sum / weight),
            ),
        }
    }

    /// `log p_k = log π_k + τ Σ log C_i[k, y_i]`, `τ = n_eff / n`; in the fit rounded to a grid, so that an exact tie stays
    /// one over all rounds.
    #[allow(clippy::cast_precision_loss)]
    fn tempered(&self, sums: &[f64], ballots: usize, effective: f64) -> Vec<f64> {
        let tempering = effective / ballots as f64;
        let logs = self.prior.iter().zip(sums).map(|(prior, sum)| prior.ln() + tempering * sum);
        if self.method != Method::DawidSkene {
            return from_logs(logs);
        }
        let mut logs: Vec<f64> = logs.collect();
        tables::from_logs(&mut logs);
        logs
    }
}

/// Adds the logarithms of `(seen + p) / (all seen + p)` per option, `p` its probability.
fn add_learned(ballot: &Ballot<'_>, posterior: &[f64], sums: &mut [f64]) {
    let options = sums.len();
    for (option, (sum, p)) in sums.iter_mut().zip(posterior).enumerate() {
        let (said, all) = match ballot.seen {
            Some(seen) => seen.get(option).copied().unwrap_or((0.0, 1.0)),
            None => (rows(options) * likelihood(ballot, option, options), rows(options)),
        };
        *sum += inside((said + p) / (all + p)).ln();
    }
}

/// Answers that the prior of one row is worth.
#[allow(clippy::cast_precision_loss)]
fn rows(options: usize) -> f64 {
    ROWS / options.max(1) as f64
}

/// The option with the highest posterior; `None` when another comes within `tie`.
pub fn winner(posterior: &[f64], tie: f64) -> Option<usize> {
    let (at, best) = posterior.iter().copied().enumerate().max_by(|left, right| left.1.total_cmp(&right.1))?;
    let close = posterior.iter().filter(|p| best - **p <= tie).count();
    (close == 1).then_some(at)
}

/// Weight of each ballot under a method.
pub fn weights(method: Method, ballots: &[Ballot<'_>]) -> Vec<f64> {
    ballots
        .iter()
        .map(|ballot| match method {
            Method::Majority => 1.0,
            Method::Weighted | Method::LogPool | Method::Median => ballot.weight,
            Method::Bayesian | Method::DawidSkene => {
                let r = inside(ballot.reliability);
                (r / (1.0 - r)).ln().abs()
            }
        })
        .collect()
}

/// Ballots per option.
pub fn counts(ballots: &[Ballot<'_>], options: usize) -> Vec<f64> {
    let mut counts = vec![0.0; options];
    for ballot in ballots {
        if let Some(count) = counts.get_mut(ballot.option) {
            *count += 1.0;
        }
    }
    counts
}

/// Scaled to sum 1; unchanged where the sum is 0.
pub fn normalised(mut values: Vec<f64>) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    if sum > 0.0 {
        values.iter_mut().for_each(|value| *value /= sum);
    }
    values
}

/// What a ballot gives an option.
pub fn share(ballot: &Ballot<'_>, option: usize, options: usize) -> f64 {
    match ballot.spread {
        Some(spread) => spread.get(option).copied().unwrap_or(0.0),
        None => probability(ballot.confidence, ballot.option == option, options),
    }
}

/// The same, kept away from certainty.
fn surely(ballot: &Ballot<'_>, option: usize, options: usize) -> f64 {
    match ballot.spread {
        Some(_) => inside(share(ballot, option, options)),
        None => probability(inside(ballot.confidence), ballot.option == option, options),
    }
}

/// How likely its vote is where `option` is true.
fn likelihood(ballot: &Ballot<'_>, option: usize, options: usize) -> f64 {
    match ballot.seen {
        Some(seen) => inside(seen.get(option).map_or(0.0, |(said, all)| said / all)),
        None => probability(inside(ballot.reliability), ballot.option == option, options),
    }
}

fn from_logs(logs: impl Iterator<Item = f64>) -> Vec<f64> {
    let logs: Vec<f64> = logs.collect();
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    normalised(logs.into_iter().map(|log| (log - top).exp()).collect())
}

#[allow(clippy::cast_precision_loss)]
fn probability(own: f64, chosen: bool, options: usize) -> f64 {
    if chosen { own } else { (1.0 - own) / (options.max(2) - 1) as f64 }
}

fn inside(probability: f64) -> f64 {
    probability.clamp(FLOOR, 1.0 - FLOOR)
}
