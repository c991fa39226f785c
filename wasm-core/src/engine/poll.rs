//! When to look at an operation in flight: seldom, and soon after it has ended.
//!
//! The cloud tells nobody when it is done. `RetryAfter` is the earliest time to ask; asking then, over and over, costs
//! calls that the rate limit takes from the start of other work. So ratios of real to estimated duration are learned,
//! per type and over all, and the next poll goes where the expected delay plus the price of the calls is least. What is
//! measured is an interval (last seen running, first seen done), hence the guesses inside [`Durations::learn`].

use crate::model::Millis;

/// Closest spacing of two polls of one operation.
const CLOSEST: Millis = 250;
/// Spacing grows with what is being waited for (5 %), up to this.
const WIDEST: Millis = 30_000;
/// Ratios remembered per type and over all.
const REMEMBERED: usize = 24;
/// So many make a distribution.
const ENOUGH: usize = 3;
/// A distribution of one type is preferred from so many on.
const ENOUGH_OF_TYPE: usize = 4;

/// The last ratios, in order of arrival (a ring).
#[derive(Clone, Debug, Default)]
struct Ratios {
    ring: Vec<f64>,
    next: usize,
}

impl Ratios {
    fn push(&mut self, ratio: f64) {
        if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = ratio;
        } else {
            self.ring.push(ratio);
        }
        self.next = (self.next + 1) % REMEMBERED;
    }
}

/// What is known of durations.
#[derive(Clone, Debug)]
pub struct Durations {
    of_type: Vec<Ratios>,
    all: Ratios,
    prior: Vec<f64>,
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
        let prior = prior.map_or_else(Vec::new, |scale| vec![scale * 0.99, scale, scale * 1.01]);
        Self { of_type: vec![Ratios::default(); types], all: Ratios::default(), prior }
    }

    fn ratios(&self, type_index: usize) -> &[f64] {
        match self.of_type.get(type_index) {
            Some(own) if own.ring.len() >= ENOUGH_OF_TYPE => &own.ring,
            _ if self.all.ring.len() >= ENOUGH => &self.all.ring,
            _ => &self.prior,
        }
    }

    /// An operation was seen done at `done`; `told`: the cloud said so by itself at that moment.
    pub fn learn(&mut self, flight: Flight, done: Millis, told: bool) {
        if flight.estimate == 0 {
            return;
        }
        let estimate = flight.estimate as f64;
        let (low, high) = (flight.seen as f64 / estimate, done.max(1) as f64 / estimate);
        let ratio = if told { high } else { self.guess(flight.type_index, low, high) };
        self.all.push(ratio);
        if let Some(own) = self.of_type.get_mut(flight.type_index) {
            own.push(ratio);
        }
    }

    /// Where in the interval the end was: at the median of what is known to lie in it, a little lower so that earlier
    /// polls are tried now and then; with nothing known, near the poll if it was the first, else in the middle.
    fn guess(&self, type_index: usize, low: f64, high: f64) -> f64 {
        let mut inside: Vec<f64> =
            self.ratios(type_index).iter().copied().filter(|ratio| (low..=high).contains(ratio)).collect();
        inside.sort_by(f64::total_cmp);
        match inside.get(inside.len() / 2) {
            Some(median) => f64::max(median * 0.998, low),
            None if low == 0.0 => high * 0.97,
            None => f64::midpoint(low, high),
        }
    }

    /// When to look next. `price`: what a call costs others, in ms.
    #[must_use]
    pub fn place(&self, flight: Flight, price: Millis) -> Millis {
        let first = flight.seen == 0;
        let patience = (flight.estimate.max(flight.seen) / 20).min(WIDEST);
        let wait = flight.earliest.map_or(0, |earliest| earliest.saturating_sub(flight.seen));
        let ratios = self.ratios(flight.type_index);
        if ratios.is_empty() || flight.estimate == 0 {
            return flight.seen + wait.max(CLOSEST).max((flight.seen / 20).min(WIDEST));
        }
        let gap = wait.max(CLOSEST).max(patience);
        let ends: Vec<Millis> = ratios
            .iter()
            .map(|ratio| (ratio * flight.estimate as f64).ceil() as Millis)
            .filter(|end| *end > flight.seen)
            .collect();
        // Past everything that is known: keep asking, spaced.
        let from = flight.seen + if first { wait.max(1) } else { wait.max(CLOSEST) };
        let choices = ends.iter().copied().filter(|end| *end > from).chain([from]);
        let cost = |time: Millis| -> Millis {
            ends.iter()
                .map(|end| match end.checked_sub(time) {
                    None | Some(0) => time - end,
                    Some(over) => {
                        let more = over.div_ceil(gap);
                        more * gap - over + more * price
                    }
                })
                .sum()
        };
        if ends.is_empty() {
            return flight.seen + gap;
        }
        choices.min_by_key(|time| (cost(*time), *time)).unwrap_or(from)
    }

    /// Median ratio of this run, for runs to come; absent before there are three.
    #[must_use]
    pub fn scale(&self) -> Option<f64> {
        let mut ratios = self.all.ring.clone();
        ratios.sort_by(f64::total_cmp);
        if ratios.len() < ENOUGH { None } else { ratios.get(ratios.len() / 2).copied() }
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
