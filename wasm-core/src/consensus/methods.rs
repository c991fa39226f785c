//! The aggregation rules. All work on probabilities per option and are symmetric in the order of ballots.
//!
//! A ballot spreads what it does not give its own option evenly over the others: `p_ik = c_i` for its option,
//! `(1 − c_i) / (K − 1)` else. Probabilities and reliabilities are kept inside `[FLOOR, 1 − FLOOR]` where logarithms
//! are taken: nobody is certain.

use super::dependence::effective_votes;
use super::{Ballot, Method};

const FLOOR: f64 = 0.01;
/// Exponent of the logarithmic pool: on 4,872 forecast questions extremising by 1.3 had a lower Brier score than 1
/// (.114 against .116).
pub const EXTREMISING: f64 = 1.3;

/// Posterior per option; the prior where nobody voted.
pub fn posterior(method: Method, ballots: &[Ballot<'_>], prior: &[f64], correlation: f64) -> Vec<f64> {
    if ballots.is_empty() || prior.len() < 2 {
        return prior.to_vec();
    }
    match method {
        Method::Majority => normalised(counts(ballots, prior.len())),
        Method::Weighted => weighted(ballots, prior.len()),
        Method::Bayesian => bayesian(ballots, prior, correlation),
        Method::LogPool => log_pool(ballots, prior),
        Method::Median => median(ballots, prior.len()),
    }
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
            Method::Bayesian => {
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

/// `p_k = Σ w_i p_ik / Σ w_i`.
fn weighted(ballots: &[Ballot<'_>], options: usize) -> Vec<f64> {
    let mut sums = vec![0.0; options];
    for ballot in ballots {
        for (option, sum) in sums.iter_mut().enumerate() {
            *sum += ballot.weight * share(ballot, option, options);
        }
    }
    normalised(sums)
}

/// `log p_k = log π_k + τ Σ log C_i[k, y_i]`, `τ = n_eff / n`.
fn bayesian(ballots: &[Ballot<'_>], prior: &[f64], correlation: f64) -> Vec<f64> {
    let lineages = super::lineages(ballots);
    #[allow(clippy::cast_precision_loss)]
    let tempering = effective_votes(&lineages, correlation) / ballots.len() as f64;
    from_logs(prior.iter().enumerate().map(|(option, prior_of_option)| {
        let evidence = ballots.iter().map(|ballot| likelihood(ballot, option, prior.len()).ln());
        prior_of_option.ln() + tempering * evidence.sum::<f64>()
    }))
}

/// `p_k ∝ π_k^(1−a) Π p_ik^(a w_i / W)`.
fn log_pool(ballots: &[Ballot<'_>], prior: &[f64]) -> Vec<f64> {
    let total: f64 = ballots.iter().map(|ballot| ballot.weight).sum();
    from_logs(prior.iter().enumerate().map(|(option, prior_of_option)| {
        let pooled = ballots.iter().map(|ballot| {
            let p = match ballot.spread {
                Some(_) => inside(share(ballot, option, prior.len())),
                None => probability(inside(ballot.confidence), ballot.option == option, prior.len()),
            };
            ballot.weight / total * p.ln()
        });
        (1.0 - EXTREMISING) * prior_of_option.ln() + EXTREMISING * pooled.sum::<f64>()
    }))
}

/// Weighted median per option, normalised. Between two values where the weight is halved exactly: their mean.
fn median(ballots: &[Ballot<'_>], options: usize) -> Vec<f64> {
    let total: f64 = ballots.iter().map(|ballot| ballot.weight).sum();
    let of = |option: usize| {
        let mut given: Vec<(f64, f64)> =
            ballots.iter().map(|ballot| (share(ballot, option, options), ballot.weight)).collect();
        given.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut below = 0.0;
        let mut lower = None;
        for (p, weight) in given {
            if let Some(lower) = lower {
                return f64::midpoint(lower, p);
            }
            below += weight;
            if below > total / 2.0 + 1e-12 * total {
                return p;
            }
            if below >= total / 2.0 - 1e-12 * total {
                lower = Some(p);
            }
        }
        lower.unwrap_or(0.0)
    };
    let medians: Vec<f64> = (0..options).map(of).collect();
    if medians.iter().sum::<f64>() > 0.0 { normalised(medians) } else { weighted(ballots, options) }
}

/// What a ballot gives an option.
fn share(ballot: &Ballot<'_>, option: usize, options: usize) -> f64 {
    match ballot.spread {
        Some(spread) => spread.get(option).copied().unwrap_or(0.0),
        None => probability(ballot.confidence, ballot.option == option, options),
    }
}

/// How likely its vote is where `option` is true.
fn likelihood(ballot: &Ballot<'_>, option: usize, options: usize) -> f64 {
    match ballot.likelihood {
        Some(likelihood) => inside(likelihood.get(option).copied().unwrap_or(0.0)),
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
