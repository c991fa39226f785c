//! What waits for a slot, for a token of the rate limit, or for its time.
//!
//! A step changes its mind often and heaps cannot be searched: entries carry the stamp their step had, and an entry
//! whose stamp is no longer the step's is void. So every operation costs O(log n).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::{Millis, Policy};

use super::ready::Rank;
use super::step::{StepId, Steps};

/// Rank of a call that needs no new slot: the longest way it may open, then the one that has waited longest.
type CallRank = (Millis, Reverse<Millis>, Reverse<StepId>);

/// Rank of a start among the short: the shortest, of these the one with the longest way.
type ShortRank = (Reverse<Millis>, Rank);

/// The queues of an engine.
#[derive(Clone, Debug, Default)]
pub(super) struct Queues {
    /// New attempts: they need a slot, a token and a durable intent.
    ready: BinaryHeap<(Rank, StepId, u32)>,
    /// The same, the shortest first; not those whose duration nobody knows.
    short: BinaryHeap<(ShortRank, StepId, u32)>,
    /// Calls sent again, polls and reads: they need a token.
    calls: BinaryHeap<(CallRank, StepId, u32)>,
    timers: BinaryHeap<Reverse<(Millis, StepId, u32)>>,
}

/// What may go next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Start(StepId),
    Call(StepId),
}

fn stamp(steps: &mut Steps, id: StepId) -> u32 {
    let step = &mut steps[id];
    step.stamp = step.stamp.wrapping_add(1);
    step.stamp
}

impl Queues {
    pub(super) fn start(&mut self, steps: &mut Steps, id: StepId) {
        let stamp = stamp(steps, id);
        let step = &steps[id];
        self.ready.push((step.rank, id, stamp));
        if step.estimate > 0 {
            self.short.push(((Reverse(step.estimate), step.rank), id, stamp));
        }
    }

    pub(super) fn call(&mut self, steps: &mut Steps, id: StepId, weight: Millis, now: Millis) {
        let stamp = stamp(steps, id);
        self.calls.push(((weight, Reverse(now), Reverse(id)), id, stamp));
    }

    pub(super) fn wait(&mut self, steps: &mut Steps, id: StepId, until: Millis) {
        let stamp = stamp(steps, id);
        self.timers.push(Reverse((until, id, stamp)));
    }

    /// Voids every entry of the step.
    pub(super) fn leave(steps: &mut Steps, id: StepId) {
        stamp(steps, id);
    }

    /// A step whose time has come.
    pub(super) fn due(&mut self, steps: &Steps, now: Millis) -> Option<StepId> {
        while let Some(Reverse((until, id, stamp))) = self.timers.peek().copied() {
            let valid = steps[id].stamp == stamp;
            if valid && until > now {
                return None;
            }
            self.timers.pop();
            if valid {
                return Some(id);
            }
        }
        None
    }

    /// When the next time comes.
    pub(super) fn next_due(&mut self, steps: &Steps) -> Option<Millis> {
        while let Some(Reverse((until, id, stamp))) = self.timers.peek().copied() {
            if steps[id].stamp == stamp {
                return Some(until);
            }
            self.timers.pop();
        }
        None
    }

    /// The heaviest of what waits; starts only where there is a slot. At equal weight a start comes first, and under
    /// [`Policy::Fifo`] always: it begins work, while a poll may find nothing new.
    pub(super) fn next(&mut self, steps: &Steps, slot: bool, policy: Policy) -> Option<Next> {
        let start = if slot { peek(&mut self.ready, steps) } else { None };
        let call = peek(&mut self.calls, steps);
        match (start, call) {
            (Some((rank, id)), Some(((weight, ..), other))) => {
                let start_first = policy == Policy::Fifo || rank.weight() >= weight;
                Some(if start_first { Next::Start(id) } else { Next::Call(other) })
            }
            (Some((_, id)), None) => Some(Next::Start(id)),
            (None, Some((_, id))) => Some(Next::Call(id)),
            (None, None) => None,
        }
    }

    /// The shortest start that is ready, and the longest way of all that are; `None` where other calls wait for tokens.
    pub(super) fn shortest(&mut self, steps: &Steps) -> Option<(StepId, Millis)> {
        if peek(&mut self.calls, steps).is_some() {
            return None;
        }
        let (rank, _) = peek(&mut self.ready, steps)?;
        peek(&mut self.short, steps).map(|(_, id)| (id, rank.weight()))
    }
}

/// The first entry that is not void.
fn peek<K: Ord + Copy>(queue: &mut BinaryHeap<(K, StepId, u32)>, steps: &Steps) -> Option<(K, StepId)> {
    while let Some((key, id, stamp)) = queue.peek().copied() {
        if steps[id].stamp == stamp {
            return Some((key, id));
        }
        queue.pop();
    }
    None
}
