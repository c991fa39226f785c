//! When to look at an operation in flight: seldom, and soon after it has ended.
//!
//! The cloud tells nobody when it is done. `RetryAfter` is the earliest time to ask; asking then, over and over, costs
//! calls that the rate limit takes from the start of other work. So ratios of real to estimated duration are learned,
//! per type and over all, and the next poll goes where the expected delay plus the price of the calls is least.
//!
//! What a poll measures is an interval: last seen running, first seen done. The distribution over the upper ends of the
//! last intervals is the self-consistent one (Turnbull 1976): each interval gives its weight to the ends inside it, in
//! proportion to what they have. An operation that is always done at its first poll teaches nothing about how much
//! earlier it ends, so an end before which none was seen running is doubted: part of its weight lies earlier.

use crate::model::Millis;

/// Closest spacing of two polls of one operation.
const CLOSEST: Millis = 250;
/// Spacing grows with what is being waited for (5 %), up to this.
const WIDEST: Millis = 30_000;
/// Intervals remembered per type and over all.
const REMEMBERED: usize = 24;
/// So many make a distribution.
const ENOUGH: usize = 3;
/// A distribution of one type is preferred from so many on.
const ENOUGH_OF_TYPE: usize = 4;
/// Rounds of redistribution; the weights change little after that.
const ROUNDS: usize = 6;
/// A type nobody has seen end is looked at after so many times what `RetryAfter` asks for, then each time twice as late.
/// Cloud Control's `RetryAfter` is about a tenth of a duration where it is not a plain second.
const PATIENCE: Millis = 12;
/// Share of an end's weight that lies earlier as long as nothing was seen running in the last part before it.
const DOUBT: f64 = 0.3;
const EARLIER: [f64; 2] = [0.8, 0.9];
const BACKED: f64 = 0.85;

/// When operations ended, as parts of their estimates.
#[derive(Clone, Debug)]
struct Ratios {
    /// Seen running at, seen done at; a ring in order of arrival.
    ring: Vec<(f64, f64)>,
    next: usize,
    /// Ends with their weights, by end.
    ends: Vec<(f64, f64)>,
    /// The same with the doubt that is due.
    expected: Vec<(f64, f64)>,
}

impl Ratios {
    fn new(ends: Vec<(f64, f64)>) -> Self {
        let mut ratios = Self { ring: Vec::new(), next: 0, ends, expected: Vec::new() };
        ratios.doubt();
        ratios
    }

    fn push(&mut self, low: f64, high: f64) {
        if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = (low, high);
        } else {
            self.ring.push((low, high));
        }
        self.next = (self.next + 1) % REMEMBERED;
        if self.ring.len() >= ENOUGH {
            self.redistribute();
        }
    }

    fn redistribute(&mut self) {
        let mut ends: Vec<(f64, f64)> = self.ring.iter().map(|(_, high)| (*high, 1.0)).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.dedup_by(|a, b| a.0 == b.0);
        for _ in 0..ROUNDS {
            let mut shares = vec![0.0; ends.len()];
            for (low, high) in &self.ring {
                let inside = |end: f64| *low < end && end <= *high;
                let sum: f64 = ends.iter().filter(|(end, _)| inside(*end)).map(|(_, weight)| weight).sum();
                for (share, (end, weight)) in shares.iter_mut().zip(&ends) {
                    if inside(*end) {
                        *share += weight / sum;
                    }
                }
            }
            for (share, (_, weight)) in shares.into_iter().zip(&mut ends) {
                *weight = share;
            }
        }
        let least = self.ring.len() as f64 / 200.0;
        ends.retain(|(_, weight)| *weight >= least);
        self.ends = ends;
        self.doubt();
    }

    fn doubt(&mut self) {
        self.expected.clear();
        for (end, weight) in &self.ends {
            if self.ring.iter().any(|(low, _)| (end * BACKED..*end).contains(low)) {
                self.expected.push((*end, *weight));
            } else {
                self.expected.push((*end, weight * (1.0 - DOUBT)));
                let part = weight * DOUBT / EARLIER.len() as f64;
                self.expected.extend(EARLIER.map(|earlier| (end * earlier, part)));
            }
        }
    }
}

/// What is known of durations.
#[derive(Clone, Debug)]
pub struct Durations {
    of_type: Vec<Ratios>,
    all: Ratios,
}

/// An operation in flight; times in ms since it was accepted.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    /// Index of its resource type.
    pub type_index: usize,
    /// Estimated duration; 0: none.
    pub estimate: Millis,
    /// When it was last seen running (0: when it was accepted).
    pub seen: Millis,
    /// Not to be asked before (`RetryAfter`).
    pub earliest: Option<Millis>,
}

impl Durations {
    /// `prior`: ratio learned by earlier runs.
    #[must_use]
    pub fn new(types: usize, prior: Option<f64>) -> Self {
        let prior = prior.filter(|scale| scale.is_finite() && *scale > 0.0);
        let all = Ratios::new(prior.map_or_else(Vec::new, |scale| vec![(scale, 1.0)]));
        Self { of_type: vec![Ratios::new(Vec::new()); types], all }
    }

    fn ratios(&self, type_index: usize) -> &Ratios {
        match self.of_type.get(type_index) {
            Some(own) if own.ring.len() >= ENOUGH_OF_TYPE => own,
            _ => &self.all,
        }
    }

    /// An operation was seen done at `done`; `told`: the cloud said so by itself at that moment.
    pub fn learn(&mut self, flight: Flight, done: Millis, told: bool) {
        if flight.estimate == 0 {
            return;
        }
        let estimate = flight.estimate as f64;
        let high = done.max(1) as f64 / estimate;
        let low = if told { high * 0.999 } else { flight.seen as f64 / estimate };
        self.all.push(low, high);
        if let Some(own) = self.of_type.get_mut(flight.type_index) {
            own.push(low, high);
        }
    }

    /// When to look next. `price`: what a call costs others, in ms.
    #[must_use]
    pub fn place(&self, flight: Flight, price: Millis) -> Millis {
        let Flight { estimate, seen, .. } = flight;
        let wait = flight.earliest.map_or(0, |earliest| earliest.saturating_sub(seen));
        let gap = wait.max(CLOSEST).max((seen / 20).min(WIDEST));
        let ratios = self.ratios(flight.type_index);
        if ratios.ends.is_empty() || estimate == 0 {
            return seen + gap;
        }
        let gap = gap.max((estimate / 20).min(WIDEST));
        let from = seen + if seen == 0 { wait.max(1) } else { wait.max(CLOSEST) };
        let ends: Vec<(Millis, f64)> = ratios
            .expected
            .iter()
            .map(|(ratio, weight)| ((ratio * estimate as f64).ceil() as Millis, *weight))
            .filter(|(end, _)| *end > seen)
            .collect();
        if ends.is_empty() {
            // Past everything that is known.
            return seen + gap;
        }
        let cost = |time: Millis| -> f64 {
            ends.iter()
                .map(|(end, weight)| {
                    let over = end.saturating_sub(time);
                    let more = over.div_ceil(gap);
                    weight * ((time + more * gap).saturating_sub(*end) + more * price) as f64
                })
                .sum()
        };
        let choices = ends.iter().map(|(end, _)| *end).filter(|end| *end > from).chain([from]);
        let best = choices
            .map(|time| (cost(time), time))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map_or(from, |(_, time)| time);
        if self.knows(flight.type_index) || flight.earliest.is_none() {
            return best;
        }
        best.min(seen + seen.max(PATIENCE * wait).max(CLOSEST))
    }

    /// Whether operations of this type have been seen to end. Until then an estimate is hearsay: a cloud that says
    /// `RetryAfter` in 30 ms is not left alone for a minute.
    fn knows(&self, type_index: usize) -> bool {
        self.of_type.get(type_index).is_some_and(|own| own.ring.len() >= ENOUGH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::Random;

    fn flight(estimate: Millis, seen: Millis, earliest: Option<Millis>) -> Flight {
        Flight { type_index: 0, estimate, seen, earliest }
    }

    /// Polls of an operation of `real` ms under RetryAfter of `wait` ms, and how late its end was seen.
    fn watch(durations: &mut Durations, estimate: Millis, real: Millis, wait: Millis) -> (u32, Millis) {
        let (mut seen, mut polls) = (0, 0);
        loop {
            let at = flight(estimate, seen, Some(seen + wait));
            let time = durations.place(at, 20);
            assert!(time >= seen + wait, "polled at {time}, not before {}", seen + wait);
            polls += 1;
            if time >= real {
                durations.learn(at, time, false);
                return (polls, time - real);
            }
            seen = time;
        }
    }

    #[test]
    fn nothing_learned_follows_retry_after_and_slows_down() {
        let durations = Durations::new(1, None);
        assert_eq!(durations.place(flight(60_000, 0, Some(1_000)), 10), 1_000);
        assert_eq!(durations.place(flight(60_000, 0, None), 10), 250);
        assert_eq!(durations.place(flight(60_000, 1_000, Some(2_000)), 10), 2_000);
        assert_eq!(durations.place(flight(60_000, 100_000, Some(101_000)), 10), 105_000);
        assert_eq!(durations.place(flight(60_000, 3_600_000, None), 10), 3_630_000);
    }

    #[test]
    fn a_known_duration_takes_about_one_poll_and_almost_no_delay() {
        let mut durations = Durations::new(1, Some(1.0));
        let (mut polls, mut late) = (0, 0);
        for _ in 0..200 {
            let seen = watch(&mut durations, 20_000, 20_000, 2_000);
            polls += seen.0;
            late += seen.1;
        }
        assert!(polls <= 250, "{polls}");
        assert!(late as f64 <= 0.02 * 200.0 * 20_000.0, "{late}");
    }

    #[test]
    fn an_estimate_that_nobody_has_confirmed_is_not_waited_for_once_retry_after_has_passed() {
        let durations = Durations::new(1, Some(1.0));
        assert!(durations.place(flight(60_000, 150, Some(6)), 10) <= 600);
        // A cloud that says nothing leaves only the estimate.
        assert!(durations.place(flight(60_000, 0, None), 10) >= 40_000);
    }

    #[test]
    fn a_wrong_prior_is_unlearned() {
        for real in [4_000, 13_000, 50_000] {
            let mut durations = Durations::new(1, Some(1.0));
            for _ in 0..300 {
                watch(&mut durations, 20_000, real, 1_000);
            }
            let (polls, late) = watch(&mut durations, 20_000, real, 1_000);
            assert!(late <= real / 10 && polls <= 3, "{real}: {polls} polls, {late} late");
        }
    }

    #[test]
    fn noisy_durations_cost_less_delay_than_following_retry_after_with_fewer_polls() {
        let mut random = Random::new(1);
        let mut durations = Durations::new(1, Some(1.0));
        let (mut polls, mut late, mut total) = (0, 0, 0);
        for _ in 0..500 {
            let real = (20_000.0 * (0.8 + 0.4 * random.unit())) as Millis;
            let seen = watch(&mut durations, 20_000, real, 2_000);
            polls += seen.0;
            late += seen.1;
            total += real;
        }
        assert!(polls <= 3 * 500, "{polls}");
        assert!(late as f64 <= 0.08 * total as f64, "{late} of {total}");
    }

    #[test]
    fn types_are_learned_apart() {
        let mut durations = Durations::new(2, None);
        for _ in 0..10 {
            durations.learn(Flight { type_index: 0, estimate: 10_000, seen: 0, earliest: None }, 2_000, true);
            durations.learn(Flight { type_index: 1, estimate: 10_000, seen: 0, earliest: None }, 30_000, true);
        }
        let at = |type_index| durations.place(Flight { type_index, estimate: 10_000, seen: 0, earliest: None }, 10);
        assert_eq!((at(0), at(1)), (2_000, 30_000));
    }
}
