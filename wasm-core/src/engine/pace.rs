//! When something short goes before the longest way: where slots are what is scarce now and calls will be what is scarce
//! later.
//!
//! By the longest way alone, long operations take all slots while the rate lies idle, and what is short comes at the end, all
//! at once, when two calls for each are what takes the time. So as long as fewer operations end each second than have to,
//! evenly, until the end, a slot goes to the shortest that is ready, if whatever has the longest way can wait for so long.
//!
//! Only what waits is put in another order by this; nothing waits for a slot that is free.

use crate::model::{Millis, Policy};

use super::Engine;
use super::phase::Phase;
use super::step::{Step, StepId};

/// Calls of an operation: the one that begins it, and polls.
const CALLS: f64 = 2.4;
/// Where what is left takes less than this part of the rate, calls are not what it waits for.
const SCARCE: f64 = 0.4;
/// The longest way may take this part of the time that is left, the short one before it included: ways take longer than
/// expected, and the longest of many the more so.
const CERTAIN: f64 = 0.8;
/// Short is what holds a slot for less than this part of what the operations that are left do on average.
const SHORT: f64 = 0.5;

/// What is to be done and under way, kept up as steps go from phase to phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// Operations to come, and their estimates together.
    ahead: (u64, u128),
    /// Operations under way, and the times at which they are expected to end added up.
    running: (u64, u128),
    /// How many of them end in a second (in 1/1,000,000), if each were replaced by its like.
    ending: u64,
}

/// What a step counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    Ahead,
    Running,
    Not,
}

fn counts(step: &Step) -> Counts {
    match step.phase {
        // How long it takes is not known, or it is nothing that takes a slot.
        _ if step.estimate == 0 => Counts::Not,
        Phase::Running => Counts::Running,
        Phase::Reading(_) | Phase::Seeking => Counts::Not,
        phase if phase.is_settled() => Counts::Not,
        _ => Counts::Ahead,
    }
}

fn ending(step: &Step) -> u64 {
    1_000_000_000 / step.estimate.max(1)
}

fn end(step: &Step) -> u128 {
    u128::from(step.since) + u128::from(step.estimate)
}

impl Pace {
    /// The step is as it is now.
    pub(super) fn add(&mut self, step: &Step) {
        match counts(step) {
            Counts::Ahead => self.ahead = (self.ahead.0 + 1, self.ahead.1 + u128::from(step.estimate)),
            Counts::Running => {
                self.running = (self.running.0 + 1, self.running.1 + end(step));
                self.ending += ending(step);
            }
            Counts::Not => {}
        }
    }

    /// The step is about to change.
    pub(super) fn remove(&mut self, step: &Step) {
        match counts(step) {
            Counts::Ahead => self.ahead = (self.ahead.0 - 1, self.ahead.1 - u128::from(step.estimate)),
            Counts::Running => {
                self.running = (self.running.0 - 1, self.running.1 - end(step));
                self.ending -= ending(step);
            }
            Counts::Not => {}
        }
    }

    /// Slot time that is left, in ms.
    fn work(&self, now: Millis) -> f64 {
        let elapsed = u128::from(self.running.0) * u128::from(now);
        (self.ahead.1 + self.running.1.saturating_sub(elapsed)) as f64
    }

    /// Whether one that takes `estimate` ms goes before the longest way that is ready, of `longest` ms.
    fn falls_behind(&self, now: Millis, rate: f64, slots: u32, longest: Millis, estimate: Millis) -> bool {
        let slots = f64::from(slots);
        let left = (self.ahead.0 + self.running.0) as f64;
        let calls = (CALLS * self.ahead.0 as f64 + (CALLS - 1.0) * self.running.0 as f64) / rate * 1_000.0;
        let rest = (longest as f64).max(self.work(now) / slots).max(calls).max(1.0);
        let short = (estimate as f64) <= SHORT * rest * slots / left;
        let even = left / rest * 1_000.0;
        let waits = longest as f64 + estimate as f64;
        calls >= SCARCE * rest && short && (self.ending as f64) < even * 1e6 && waits <= CERTAIN * rest
    }
}

impl Engine {
    /// What goes instead of the heaviest start.
    pub(super) fn short_one_first(&mut self, now: Millis) -> Option<StepId> {
        let slots = self.config.max_concurrency;
        // Where slots are free, everything that is ready goes as fast as calls allow, in the order that is best for them.
        let few = u64::from(self.in_flight + 1) * 10 >= u64::from(slots) * 9;
        if self.config.policy == Policy::Fifo || !few {
            return None;
        }
        let (id, longest) = self.queues.shortest(&self.steps)?;
        let estimate = self.steps[id].estimate;
        self.pace.falls_behind(now, self.bucket.rate(), slots, longest, estimate).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ready::Rank;
    use super::super::step::Work;
    use super::*;

    fn step(phase: Phase, estimate: Millis) -> Step {
        let mut step = Step::new(Work::Create, "A", 0, 0, Rank::new(Policy::CriticalPath, 0, 0, 0));
        (step.phase, step.estimate, step.since) = (phase, estimate, 1_000);
        step
    }

    /// Of `short` operations of 2 s and `long` ones of 60 s to come; four of these run on four slots.
    fn pace(short: usize, long: usize) -> Pace {
        let mut pace = Pace::default();
        (0..short).for_each(|_| pace.add(&step(Phase::Ready, 2_000)));
        (0..long).for_each(|_| pace.add(&step(Phase::Waiting, 60_000)));
        (0..4).for_each(|_| pace.add(&step(Phase::Running, 60_000)));
        pace
    }

    #[test]
    fn the_short_go_first_where_calls_will_be_scarce_and_the_longest_way_has_time() {
        // 204 operations, 490 calls, 400 s of work for each slot.
        let pace = pace(200, 20);
        assert!(pace.falls_behind(1_000, 1.0, 4, 60_000, 2_000));
        // Calls enough.
        assert!(!pace.falls_behind(1_000, 10.0, 4, 60_000, 2_000));
        // It cannot wait.
        assert!(!pace.falls_behind(1_000, 1.0, 4, 450_000, 2_000));
        // As long as the others.
        assert!(!pace.falls_behind(1_000, 1.0, 4, 60_000, 60_000));
    }

    #[test]
    fn as_many_go_first_as_spread_them_evenly() {
        let mut pace = pace(200, 20);
        let mut begun = 0;
        while pace.falls_behind(1_000, 1.0, 4, 60_000, 2_000) {
            pace.remove(&step(Phase::Ready, 2_000));
            pace.add(&step(Phase::Running, 2_000));
            begun += 1;
        }
        // Half an operation has to end each second.
        assert_eq!(begun, 1);
    }

    #[test]
    fn what_is_over_counts_no_more() {
        let mut pace = pace(1, 0);
        pace.remove(&step(Phase::Ready, 2_000));
        for phase in [Phase::Succeeded, Phase::Blocked, Phase::Seeking] {
            pace.add(&step(phase, 2_000));
        }
        pace.add(&step(Phase::Ready, 0));
        assert_eq!((pace.ahead, pace.running.0), ((0, 0), 4));
        assert!((pace.work(1_000) - 240_000.0).abs() < 1e-9);
        assert!((pace.work(500_000)).abs() < 1e-9);
    }
}
