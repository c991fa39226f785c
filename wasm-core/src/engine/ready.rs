//! Which step comes first: the one with the longest way to the end.
//!
//! The weight of a step is its own estimate plus the heaviest chain of steps that wait for it; starting by weight is
//! list scheduling by critical path. Ties: more dependents, then plan order. First in, first out is plan order alone.

use std::cmp::Reverse;

use crate::model::{Millis, Policy};

/// Rank of a step that could start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    weight: Millis,
    dependents: usize,
    order: Reverse<usize>,
}

impl Rank {
    /// By policy; `order` is the plan's.
    #[must_use]
    pub fn new(policy: Policy, weight: Millis, dependents: usize, order: usize) -> Self {
        match policy {
            Policy::CriticalPath => Self { weight, dependents, order: Reverse(order) },
            Policy::Fifo => Self { weight: Millis::MAX, dependents: 0, order: Reverse(order) },
        }
    }

    /// What the rank is made of first: the remaining way in ms.
    #[must_use]
    pub fn weight(&self) -> Millis {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_way_then_more_dependents_then_plan_order_wins() {
        let rank = |weight, dependents, order| Rank::new(Policy::CriticalPath, weight, dependents, order);
        assert!(rank(5, 0, 9) > rank(4, 7, 0));
        assert!(rank(5, 2, 9) > rank(5, 1, 0));
        assert!(rank(5, 1, 1) > rank(5, 1, 2));
        let fifo = |weight, order| Rank::new(Policy::Fifo, weight, 0, order);
        assert!(fifo(1, 0) > fifo(100, 1));
    }
}
