//! The dependency graph of a template: nodes are indices, an edge says "comes first".
//!
//! Contract: edges point from a node to what it depends on; self-edges are cycles of length one; duplicates are harmless.

/// A directed graph over `0..len`.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    dependencies: Vec<Vec<usize>>,
    dependents: Vec<Vec<usize>>,
}

/// Nodes that depend on each other in a circle; the first is not repeated at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

impl Graph {
    /// A graph of `len` nodes without edges.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self { dependencies: vec![Vec::new(); len], dependents: vec![Vec::new(); len] }
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dependencies.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dependencies.is_empty()
    }

    /// Adds "`dependency` comes before `node`"; indices out of range are ignored.
    pub fn depend(&mut self, node: usize, dependency: usize) {
        if node >= self.len() || dependency >= self.len() {
            return;
        }
        if let Some(list) = self.dependencies.get_mut(node) {
            list.push(dependency);
        }
        if let Some(list) = self.dependents.get_mut(dependency) {
            list.push(node);
        }
    }

    /// What `node` depends on.
    #[must_use]
    pub fn dependencies(&self, node: usize) -> &[usize] {
        self.dependencies.get(node).map_or(&[], Vec::as_slice)
    }

    /// What depends on `node`.
    #[must_use]
    pub fn dependents(&self, node: usize) -> &[usize] {
        self.dependents.get(node).map_or(&[], Vec::as_slice)
    }

    /// Every node after everything it depends on; among equals the smaller index first (Kahn 1962 with a heap).
    ///
    /// # Errors
    /// One cycle, when there is any.
    pub fn order(&self) -> Result<Vec<usize>, Cycle> {
        let mut missing: Vec<usize> = self.dependencies.iter().map(Vec::len).collect();
        let mut ready: std::collections::BinaryHeap<std::cmp::Reverse<usize>> = missing
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0)
            .map(|(node, _)| std::cmp::Reverse(node))
            .collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(std::cmp::Reverse(node)) = ready.pop() {
            order.push(node);
            for &dependent in self.dependents(node) {
                if let Some(count) = missing.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(std::cmp::Reverse(dependent));
                    }
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.cycle(&missing)) }
    }

    /// Walks from a node that was never freed along dependencies that were never freed until a node comes twice.
    fn cycle(&self, missing: &[usize]) -> Cycle {
        let stuck = |node: usize| missing.get(node).is_some_and(|count| *count > 0);
        let mut path: Vec<usize> = Vec::new();
        let mut position = vec![usize::MAX; self.len()];
        let mut node = (0..self.len()).find(|node| stuck(*node));
        while let Some(current) = node {
            let Some(slot) = position.get_mut(current) else { break };
            if *slot != usize::MAX {
                return Cycle(path.split_off(*slot));
            }
            *slot = path.len();
            path.push(current);
            node = self.dependencies(current).iter().copied().find(|next| stuck(*next));
        }
        Cycle(path)
    }

    /// Length of the longest path from each node to an end, its own weight included; `order` must be this graph's.
    #[must_use]
    pub fn remaining(&self, order: &[usize], weights: &[u64]) -> Vec<u64> {
        let mut remaining = vec![0_u64; self.len()];
        for &node in order.iter().rev() {
            let after =
                self.dependents(node).iter().filter_map(|next| remaining.get(*next)).max().copied().unwrap_or(0);
            if let Some(slot) = remaining.get_mut(node) {
                *slot = weights.get(node).copied().unwrap_or(0).saturating_add(after);
            }
        }
        remaining
    }

    /// The nodes of one longest path, first to last; nodes of weight 0 are left out.
    #[must_use]
    pub fn critical_path(&self, order: &[usize], weights: &[u64]) -> Vec<usize> {
        let remaining = self.remaining(order, weights);
        let longest = |nodes: &mut dyn Iterator<Item = usize>| {
            nodes
                .max_by_key(|node| (remaining.get(*node).copied().unwrap_or(0), std::cmp::Reverse(*node)))
                .filter(|node| remaining.get(*node).is_some_and(|length| *length > 0))
        };
        let mut path = Vec::new();
        let mut next = longest(&mut order.iter().copied());
        while let Some(node) = next {
            if weights.get(node).is_some_and(|weight| *weight > 0) {
                path.push(node);
            }
            next = longest(&mut self.dependents(node).iter().copied());
        }
        path
    }

    /// Makespan of list scheduling on `slots` machines, longest remaining path first.
    #[must_use]
    pub fn makespan(&self, order: &[usize], weights: &[u64], slots: usize) -> u64 {
        use std::cmp::Reverse;
        use std::collections::BinaryHeap;
        let remaining = self.remaining(order, weights);
        let weight = |node: usize| weights.get(node).copied().unwrap_or(0);
        let mut missing: Vec<usize> = self.dependencies.iter().map(Vec::len).collect();
        let rank = |node: usize| (remaining.get(node).copied().unwrap_or(0), Reverse(node));
        let mut ready: BinaryHeap<_> =
            (0..self.len()).filter(|node| self.dependencies(*node).is_empty()).map(rank).collect();
        let mut running: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        let mut now = 0;
        loop {
            // Weightless nodes (unchanged resources) take no slot.
            while running.len() < slots.max(1) || ready.peek().is_some_and(|(_, Reverse(node))| weight(*node) == 0) {
                let Some((_, Reverse(node))) = ready.pop() else { break };
                running.push(Reverse((now + weight(node), node)));
            }
            let Some(Reverse((end, node))) = running.pop() else { return now };
            now = end;
            for &dependent in self.dependents(node) {
                if let Some(count) = missing.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(rank(dependent));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn graph(len: usize, edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::new(len);
        for (node, dependency) in edges {
            graph.depend(*node, *dependency);
        }
        graph
    }

    #[test]
    fn a_cycle_is_reported_without_its_tail() {
        let graph = graph(5, &[(0, 1), (1, 2), (2, 3), (3, 1), (4, 0)]);
        let Cycle(mut path) = graph.order().unwrap_err();
        path.sort_unstable();
        assert_eq!(path, [1, 2, 3]);
        assert_eq!(super::tests::graph(1, &[(0, 0)]).order(), Err(Cycle(vec![0])));
    }

    #[test]
    fn edges_out_of_range_are_ignored() {
        let mut graph = Graph::new(1);
        graph.depend(0, 7);
        graph.depend(7, 0);
        assert_eq!(graph.order(), Ok(vec![0]));
        assert!(graph.dependencies(9).is_empty() && graph.dependents(9).is_empty() && !graph.is_empty());
    }

    #[test]
    fn the_critical_path_leaves_out_what_takes_no_time() {
        let graph = graph(4, &[(1, 0), (2, 1), (3, 0)]);
        let order = graph.order().unwrap();
        assert_eq!(graph.critical_path(&order, &[5, 0, 7, 9]), [0, 3]);
        assert_eq!(graph.critical_path(&order, &[5, 0, 10, 9]), [0, 2]);
        assert_eq!(graph.critical_path(&order, &[0, 0, 0, 0]), [0_usize; 0]);
    }

    proptest! {
        #[test]
        fn order_puts_dependencies_first_and_makespan_respects_its_bounds(
            len in 1_usize..40,
            raw in proptest::collection::vec((0_usize..40, 0_usize..40), 0..120),
            weights in proptest::collection::vec(0_u64..1000, 40),
            slots in 1_usize..6,
        ) {
            let edges: Vec<_> = raw.into_iter().map(|(a, b)| (a % len, b % len)).filter(|(a, b)| a > b).collect();
            let graph = graph(len, &edges);
            let order = graph.order().unwrap();
            let place: Vec<_> = (0..len).map(|node| order.iter().position(|other| *other == node).unwrap()).collect();
            for (node, dependency) in &edges {
                prop_assert!(place[*node] > place[*dependency]);
            }
            let weights = &weights[..len];
            let makespan = graph.makespan(&order, weights, slots);
            let longest = graph.remaining(&order, weights).into_iter().max().unwrap_or(0);
            let work: u64 = weights.iter().sum();
            prop_assert!(makespan >= longest.max(work.div_ceil(slots as u64)));
            // Graham 1966: list scheduling stays below path + work / slots.
            prop_assert!(makespan <= longest + work / slots as u64);
            let path = graph.critical_path(&order, weights);
            prop_assert_eq!(path.iter().map(|node| weights[*node]).sum::<u64>(), longest);
        }
    }
}
