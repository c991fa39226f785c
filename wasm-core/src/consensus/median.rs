//! The weighted median per option, of all ballots and of all but one. Between two values where the weight is halved
//! exactly: their mean.

use super::methods::{normalised, share};
use super::work::Ballot;

/// What is a half is so up to rounding.
const EDGE: f64 = 1e-12;

/// Ballots sorted by what they give, option by option.
pub struct Medians<'a> {
    ballots: &'a [Ballot<'a>],
    options: usize,
    sorted: Vec<Sorted>,
}

/// What one option is given.
struct Sorted {
    /// Probability, rising.
    given: Vec<f64>,
    /// Weight up to and with each.
    below: Vec<f64>,
    /// Place of each ballot.
    places: Vec<usize>,
}

impl<'a> Medians<'a> {
    /// Sorts.
    pub fn of(ballots: &'a [Ballot<'a>], options: usize) -> Self {
        let sorted = (0..options).map(|option| Sorted::of(ballots, option, options)).collect();
        Self { ballots, options, sorted }
    }

    /// Of all ballots, at least one; normalised.
    pub fn all(&self) -> Vec<f64> {
        self.normalised(self.sorted.iter().map(|sorted| sorted.median(None)).collect(), None)
    }

    /// Of all but one, which is not the only one.
    pub fn without(&self, at: usize) -> Vec<f64> {
        let total: f64 = self.sorted.first().and_then(|sorted| sorted.below.last()).copied().unwrap_or(0.0);
        let weight = self.ballots.get(at).map_or(0.0, |ballot| ballot.weight);
        if weight > total / 2.0 {
            // Taking so much away from a sum would leave its rounding error: there is one such ballot at most.
            let mut others = self.ballots.to_vec();
            others.remove(at);
            return Medians::of(&others, self.options).all();
        }
        let medians = self.sorted.iter().map(|sorted| sorted.median(Some((at, weight)))).collect();
        self.normalised(medians, Some(at))
    }

    /// Where every median is 0: the average.
    fn normalised(&self, medians: Vec<f64>, left_out: Option<usize>) -> Vec<f64> {
        if medians.iter().sum::<f64>() > 0.0 {
            return normalised(medians);
        }
        let counted = self.ballots.iter().enumerate().filter(|(at, _)| Some(*at) != left_out);
        let mut sums = vec![0.0; self.options];
        for (_, ballot) in counted {
            for (option, sum) in sums.iter_mut().enumerate() {
                *sum += ballot.weight * share(ballot, option, self.options);
            }
        }
        normalised(sums)
    }
}

impl Sorted {
    fn of(ballots: &[Ballot<'_>], option: usize, options: usize) -> Self {
        let mut order: Vec<(f64, usize)> =
            ballots.iter().enumerate().map(|(at, ballot)| (share(ballot, option, options), at)).collect();
        order.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        let mut places = vec![0; ballots.len()];
        let mut sum = 0.0;
        let mut below = Vec::with_capacity(ballots.len());
        for (place, (_, at)) in order.iter().enumerate() {
            if let Some(slot) = places.get_mut(*at) {
                *slot = place;
            }
            sum += ballots.get(*at).map_or(0.0, |ballot| ballot.weight);
            below.push(sum);
        }
        Self { given: order.into_iter().map(|(p, _)| p).collect(), below, places }
    }

    /// Without a ballot of that weight, where one is to be left out.
    fn median(&self, left_out: Option<(usize, f64)>) -> f64 {
        let gone = left_out.and_then(|(at, weight)| Some((*self.places.get(at)?, weight)));
        let up_to = |place: usize| {
            let sum = self.below.get(place).copied().unwrap_or(0.0);
            gone.map_or(sum, |(from, weight)| if place >= from { sum - weight } else { sum })
        };
        let total = up_to(self.below.len().saturating_sub(1));
        // First place whose weight up to it reaches that much; the one left out reaches no more than the one before it.
        let reaching = |least: f64| {
            let (mut from, mut to) = (0, self.below.len());
            while from < to {
                let middle = usize::midpoint(from, to);
                if up_to(middle) < least { from = middle + 1 } else { to = middle }
            }
            if gone.is_some_and(|(place, _)| place == from) { from + 1 } else { from }
        };
        let value = |place: usize| self.given.get(place).copied();
        let lower = value(reaching(total / 2.0 - EDGE * total));
        let upper = value(reaching(total / 2.0 + EDGE * total));
        match (lower, upper) {
            (Some(lower), Some(upper)) => f64::midpoint(lower, upper),
            (one, other) => one.or(other).unwrap_or(0.0),
        }
    }
}
