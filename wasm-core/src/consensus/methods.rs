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
use super::work::Ballot;
use super::{Method, tables};

const FLOOR: f64 = 0.01;
/// Exponent of the logarithmic pool: on 4,872 forecast questions extremising by 1.3 had a lower Brier score than 1
/// (.114 against .116).
pub const EXTREMISING: f64 = 1.3;

/// Largest change of a probability at which the fit of Dawid and Skene has converged, and the most rounds.
const TOLERANCE: f64 = 1e-9;
const MOST_ROUNDS: u32 = 300;
/// A product of probabilities at least [`FLOOR`] that is above it stays a normal number with one more.
const SMALL: f64 = 1e-290;

/// What was learned of the experts from the question itself.
#[derive(Clone, Debug)]
pub struct Fit {
    posterior: Vec<f64>,
    pub rounds: u32,
    pub converged: bool,
}

/// What a ballot gives its own option and each other one, where it treats those alike.
type Pair = Option<(f64, f64)>;

/// Ballots under a method.
pub struct Pool<'a> {
    method: Method,
    ballots: &'a [Ballot<'a>],
    prior: &'a [f64],
    correlation: f64,
    lineages: Lineages<'a>,
    fit: Option<Fit>,
    pairs: Vec<Pair>,
}

impl<'a> Pool<'a> {
    /// `prior` has a probability per option. The last digits depend on the order of ballots.
    pub fn new(method: Method, ballots: &'a [Ballot<'a>], prior: &'a [f64], correlation: f64) -> Self {
        let lineages = Lineages::of(ballots.iter().map(|ballot| ballot.lineage));
        let pairs = ballots.iter().map(|ballot| pair(method, ballot, prior.len())).collect();
        let mut pool = Self { method, ballots, prior, correlation, lineages, fit: None, pairs };
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
        let mut sums = vec![0.0; self.prior.len()];
        self.ballots.iter().zip(&self.pairs).for_each(|(ballot, pair)| self.add(ballot, *pair, &mut sums));
        self.judge(&mut sums, self.ballots.len(), self.weight(), self.effective());
        sums
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
        for (ballot, pair) in self.ballots.iter().zip(&self.pairs) {
            before.extend_from_slice(&sums);
            weights.push(weight);
            self.add(ballot, *pair, &mut sums);
            weight += ballot.weight;
        }
        let mut behind = vec![0.0; options];
        let mut weight = 0.0;
        let ballots = self.ballots.iter().zip(&self.pairs).enumerate();
        for ((at, (ballot, pair)), (before, weight_before)) in
            ballots.zip(before.chunks_exact(options.max(1)).zip(&weights)).rev()
        {
            sums.iter_mut().zip(before.iter().zip(&behind)).for_each(|(sum, (before, behind))| *sum = before + behind);
            let effective = self.lineages.effective_without(ballot.lineage, self.correlation);
            self.judge(&mut sums, self.ballots.len() - 1, weight_before + weight, effective);
            take(at, &sums);
            self.add(ballot, *pair, &mut behind);
            weight += ballot.weight;
        }
    }

    /// These ballots made to be for that option, one after the other.
    pub fn turning(&self, ballots: &[usize], option: usize) -> Turning<'_, 'a> {
        let mut ranks = vec![usize::MAX; self.ballots.len()];
        for (rank, at) in ballots.iter().enumerate() {
            if let Some(slot) = ranks.get_mut(*at) {
                *slot = rank;
            }
        }
        Turning { pool: self, ranks, option }
    }

    fn weight(&self) -> f64 {
        self.ballots.iter().map(|ballot| ballot.weight).sum()
    }

    /// Expectation maximisation on this one question (Dawid & Skene 1979): what an expert says where an option is true is
    /// what it was seen to say, plus this question so far as that option seems true. Starts from the fractions of votes.
    fn fitted(&self) -> Fit {
        let posterior = normalised(counts(self.ballots, self.prior.len()));
        let mut fit = Fit { posterior, rounds: 0, converged: false };
        let effective = self.effective();
        while !fit.converged && fit.rounds < MOST_ROUNDS {
            let mut now = self.learned_sums(&fit.posterior);
            self.judge(&mut now, self.ballots.len(), 1.0, effective);
            let moved = now.iter().zip(&fit.posterior).map(|(now, before)| (now - before).abs()).fold(0.0, f64::max);
            fit = Fit { posterior: now, rounds: fit.rounds + 1, converged: moved <= TOLERANCE };
        }
        fit
    }

    /// What all ballots give each option in the fit: logarithms of products as long as they are numbers, for a product takes
    /// a tenth of the time.
    fn learned_sums(&self, posterior: &[f64]) -> Vec<f64> {
        let rows = rows(posterior.len());
        let mut sums = vec![0.0; posterior.len()];
        for (option, (sum, p)) in sums.iter_mut().zip(posterior).enumerate() {
            let mut product = 1.0;
            for (ballot, pair) in self.ballots.iter().zip(&self.pairs) {
                product *= learned(ballot, *pair, option, *p, rows);
                if product < SMALL {
                    *sum += f64::ln(product);
                    product = 1.0;
                }
            }
            *sum += f64::ln(product);
        }
        sums
    }

    /// Adds what a ballot gives each option.
    fn add(&self, ballot: &Ballot<'_>, pair: Pair, sums: &mut [f64]) {
        if let Some(fit) = &self.fit {
            add_learned(ballot, pair, &fit.posterior, sums);
            return;
        }
        let options = sums.len();
        for (option, sum) in sums.iter_mut().enumerate() {
            *sum += match pair {
                Some((own, _)) if ballot.option == option => own,
                Some((_, other)) => other,
                None => term(self.method, ballot, option, options),
            };
        }
    }

    /// Posterior in place of what so many ballots of that weight give the options; in Dawid and Skene's fit rounded to a
    /// grid, so that an exact tie stays one over all rounds.
    #[allow(clippy::cast_precision_loss)]
    fn judge(&self, sums: &mut [f64], ballots: usize, weight: f64, effective: f64) {
        if ballots == 0 || self.prior.len() < 2 {
            sums.copy_from_slice(self.prior);
            return;
        }
        // `p_k ∝ π_k^(1−a) Π p_ik^(a w_i / W)`; `log p_k = log π_k + τ Σ log C_i[k, y_i]`, `τ = n_eff / n`.
        let (prior, given) = match self.method {
            // `p_k = Σ w_i p_ik / Σ w_i`.
            Method::Majority | Method::Weighted | Method::Median => return normalise(sums),
            Method::Bayesian | Method::DawidSkene => (1.0, effective / ballots as f64),
            Method::LogPool => (1.0 - EXTREMISING, EXTREMISING / weight),
        };
        sums.iter_mut().zip(self.prior).for_each(|(sum, p)| *sum = prior * p.ln() + given * *sum);
        if self.method == Method::DawidSkene {
            tables::from_logs(sums);
            return;
        }
        let top = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        sums.iter_mut().for_each(|log| *log = (*log - top).exp());
        normalise(sums);
    }
}

/// Ballots of a pool that are made to be for one option, with the certainty that they have.
pub struct Turning<'p, 'a> {
    pool: &'p Pool<'a>,
    /// When each ballot is turned.
    ranks: Vec<usize>,
    option: usize,
}

impl Turning<'_, '_> {
    fn turned<'b>(&self, ballot: &Ballot<'b>) -> Ballot<'b> {
        Ballot { option: self.option, spread: None, seen: None, ..*ballot }
    }

    /// Posterior with the first so many of them turned.
    pub fn posterior(&self, many: usize) -> Vec<f64> {
        let pool = self.pool;
        let ballots = pool.ballots.iter().zip(&self.ranks);
        if pool.fit.is_some() || pool.method == Method::Median {
            let ballots: Vec<Ballot<'_>> =
                ballots.map(|(ballot, rank)| if *rank < many { self.turned(ballot) } else { *ballot }).collect();
            return Pool::new(pool.method, &ballots, pool.prior, pool.correlation).all();
        }
        let mut sums = vec![0.0; pool.prior.len()];
        for ((ballot, rank), given) in ballots.zip(&pool.pairs) {
            if *rank >= many {
                pool.add(ballot, *given, &mut sums);
                continue;
            }
            let ballot = self.turned(ballot);
            let given = given.or_else(|| pair(pool.method, &ballot, pool.prior.len()));
            pool.add(&ballot, given, &mut sums);
        }
        pool.judge(&mut sums, pool.ballots.len(), pool.weight(), pool.effective());
        sums
    }
}

/// What a ballot gives an option, to be summed.
fn term(method: Method, ballot: &Ballot<'_>, option: usize, options: usize) -> f64 {
    match method {
        Method::Majority => f64::from(u8::from(ballot.option == option)),
        Method::Weighted | Method::Median => ballot.weight * share(ballot, option, options),
        Method::Bayesian | Method::DawidSkene => likelihood(ballot, option, options).ln(),
        Method::LogPool => ballot.weight * surely(ballot, option, options).ln(),
    }
}

/// The same of its own option and of any other; in Dawid and Skene's fit the likelihoods themselves.
fn pair(method: Method, ballot: &Ballot<'_>, options: usize) -> Pair {
    let alike = match method {
        Method::Majority => true,
        Method::Weighted | Method::Median | Method::LogPool => ballot.spread.is_none(),
        Method::Bayesian | Method::DawidSkene => ballot.seen.is_none(),
    };
    let other = usize::from(ballot.option == 0);
    let of = |option: usize| match method {
        Method::DawidSkene => likelihood(ballot, option, options),
        _ => term(method, ballot, option, options),
    };
    alike.then(|| (of(ballot.option), of(other)))
}

/// Adds the logarithms of what a ballot gives each option in the fit.
fn add_learned(ballot: &Ballot<'_>, pair: Pair, posterior: &[f64], sums: &mut [f64]) {
    let rows = rows(sums.len());
    for (option, (sum, p)) in sums.iter_mut().zip(posterior).enumerate() {
        *sum += learned(ballot, pair, option, *p, rows).ln();
    }
}

/// `(seen + p) / (all seen + p)`, `p` the probability of the option.
fn learned(ballot: &Ballot<'_>, pair: Pair, option: usize, p: f64, rows: f64) -> f64 {
    let (said, all) = match (ballot.seen, pair) {
        (Some(seen), _) => seen.get(option).copied().unwrap_or((0.0, 1.0)),
        (None, Some((own, other))) => (rows * if ballot.option == option { own } else { other }, rows),
        (None, None) => (0.0, 1.0),
    };
    inside((said + p) / (all + p))
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
    normalise(&mut values);
    values
}

fn normalise(values: &mut [f64]) {
    let sum: f64 = values.iter().sum();
    if sum > 0.0 {
        values.iter_mut().for_each(|value| *value /= sum);
    }
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

#[allow(clippy::cast_precision_loss)]
fn probability(own: f64, chosen: bool, options: usize) -> f64 {
    if chosen { own } else { (1.0 - own) / (options.max(2) - 1) as f64 }
}

fn inside(probability: f64) -> f64 {
    probability.clamp(FLOOR, 1.0 - FLOOR)
}
