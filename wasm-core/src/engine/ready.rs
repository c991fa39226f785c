//! Which step comes first: the one with the longest way to the end.
//!
//! The weight of a step is its own estimate plus the heaviest chain of steps that wait for it; starting by weight is
//! list scheduling by critical path. Ties: more dependents, then plan order. First in, first out is plan order alone.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::{Millis, Policy};

/// The plan's graph by index; edges go from a step to those that wait for it.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// For each step, those that wait for it.
    pub dependents: Vec<Vec<u32>>,
    /// For each step, how many it waits for.
    pub waits_for: Vec<u32>,
}

impl Graph {
    /// From lists of dependencies. `None` where one names itself twice is fine: edges are counted once each.
    #[must_use]
    pub fn new(dependencies: &[Vec<u32>]) -> Self {
        let mut dependents = vec![Vec::new(); dependencies.len()];
        for (index, list) in (0u32..).zip(dependencies) {
            for dependency in list {
                if let Some(waiting) = usize::try_from(*dependency).ok().and_then(|at| dependents.get_mut(at)) {
                    waiting.push(index);
                }
            }
        }
        let waits_for = dependencies.iter().map(|list| u32::try_from(list.len()).unwrap_or(u32::MAX)).collect();
        Self { dependents, waits_for }
    }

    /// Steps in an order in which every one follows its dependencies; steps on or behind a cycle are missing.
    #[must_use]
    pub fn order(&self) -> Vec<u32> {
        let mut waits_for = self.waits_for.clone();
        let mut order: Vec<u32> = (0u32..).zip(&waits_for).filter(|(_, count)| **count == 0).map(|(i, _)| i).collect();
        let mut done = 0;
        while let Some(index) = order.get(done).copied() {
            done += 1;
            for dependent in self.dependents_of(index) {
                if let Some(count) = usize::try_from(*dependent).ok().and_then(|at| waits_for.get_mut(at)) {
                    *count -= 1;
                    if *count == 0 {
                        order.push(*dependent);
                    }
                }
            }
        }
        order
    }

    /// Those that wait for a step.
    #[must_use]
    pub fn dependents_of(&self, index: u32) -> &[u32] {
        usize::try_from(index).ok().and_then(|at| self.dependents.get(at)).map_or(&[], Vec::as_slice)
    }

    /// For each step, the heaviest chain below it, its own weight not counted.
    #[must_use]
    pub fn below(&self, weights: &[Millis]) -> Vec<Millis> {
        let mut below = vec![0; weights.len()];
        let at = |list: &[Millis], index: u32| usize::try_from(index).ok().and_then(|at| list.get(at)).copied();
        for index in self.order().into_iter().rev() {
            let heaviest = self
                .dependents_of(index)
                .iter()
                .map(|next| at(&below, *next).unwrap_or(0) + at(weights, *next).unwrap_or(0))
                .max();
            if let Some(slot) = usize::try_from(index).ok().and_then(|at| below.get_mut(at)) {
                *slot = heaviest.unwrap_or(0);
            }
        }
        below
    }
}

/// Rank of a step that could start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    weight: Millis,
    dependents: u32,
    order: Reverse<u32>,
}

impl Rank {
    /// By policy; `order` is the plan's.
    #[must_use]
    pub fn new(policy: Policy, weight: Millis, dependents: u32, order: u32) -> Self {
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

/// A queue that may hold entries which are no longer true: each carries the stamp its step had.
pub type Queue<K> = BinaryHeap<(K, u32, u32)>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_longest_way_to_the_end() {
        // 0 → 1 → 3, 0 → 2 → 3, 4 alone.
        let graph = Graph::new(&[vec![], vec![0], vec![0], vec![1, 2], vec![]]);
        assert_eq!(graph.below(&[1, 10, 5, 2, 7]), [12, 2, 2, 0, 0]);
        assert_eq!(graph.order(), [0, 4, 1, 2, 3]);
    }

    #[test]
    fn what_lies_on_or_behind_a_cycle_has_no_place_in_the_order() {
        let graph = Graph::new(&[vec![2], vec![0], vec![1], vec![2], vec![]]);
        assert_eq!(graph.order(), [4]);
    }

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
