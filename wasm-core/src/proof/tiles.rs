//! What is kept of a tree: tiles of at most 256 hashes ([tlog-tiles](https://c2sp.org/tlog-tiles)), of which every node
//! can be made, and with them every proof.
//!
//! Level 0 holds the leaves' hashes; a hash of level L is the root of 256 of level L − 1. Proofs by RFC 9162, 2.1.3.1 and
//! 2.1.4.1, written as the recursions that they are defined by.

use std::collections::BTreeMap;

use super::merkle::{Frontier, Hash, node_hash};

/// Hashes of a full tile.
pub const WIDTH: u64 = 256;

/// Level, and index within it.
pub type Place = (u32, u64);

/// Tiles by their place.
#[derive(Clone, Debug, Default)]
pub struct Tiles {
    tiles: BTreeMap<Place, Vec<Hash>>,
}

impl Tiles {
    /// Takes in a tile.
    pub fn put(&mut self, place: Place, hashes: Vec<Hash>) {
        self.tiles.insert(place, hashes);
    }

    /// A tile.
    #[must_use]
    pub fn get(&self, place: Place) -> &[Hash] {
        self.tiles.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Hash of a leaf.
    #[must_use]
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.get((0, index / WIDTH)).get(usize::try_from(index % WIDTH).ok()?).copied()
    }

    /// Adds a leaf behind the `size` that there are; tells which tiles are others now.
    pub fn push(&mut self, size: u64, leaf: Hash, changed: &mut Vec<Place>) {
        let (mut node, mut index, mut level) = (leaf, size, 0);
        loop {
            let place = (level, index / WIDTH);
            let tile = self.tiles.entry(place).or_default();
            tile.truncate(usize::try_from(index % WIDTH).unwrap_or_default());
            tile.push(node);
            if !changed.contains(&place) {
                changed.push(place);
            }
            if tile.len() < WIDTH as usize {
                return;
            }
            node = root(tile);
            (index, level) = (index / WIDTH, level + 1);
        }
    }

    /// The complete subtrees of a tree of that size; `None` where a tile is missing.
    #[must_use]
    pub fn frontier(&self, size: u64) -> Option<Frontier> {
        let mut from = 0;
        let mut nodes = Vec::new();
        for bit in (0..64).rev().map(|shift| 1_u64 << shift).filter(|bit| size & bit != 0) {
            nodes.push(self.subtree(from, from + bit)?);
            from += bit;
        }
        Frontier::new(size, nodes)
    }

    /// Proof that a leaf is in the tree of that size; `None` where a tile is missing, or the leaf.
    #[must_use]
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        let mut proof = Vec::new();
        let (mut from, mut to) = (0, size);
        if index >= size {
            return None;
        }
        while to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                proof.push(self.subtree(middle, to)?);
                to = middle;
            } else {
                proof.push(self.subtree(from, middle)?);
                from = middle;
            }
        }
        proof.reverse();
        Some(proof)
    }

    /// Proof that the tree of `second` leaves begins with that of `first`; `None` where a tile is missing, or for sizes
    /// that have none.
    #[must_use]
    pub fn consistency(&self, first: u64, second: u64) -> Option<Vec<Hash>> {
        if first == 0 || first > second {
            return None;
        }
        let mut proof = Vec::new();
        let (mut from, mut to, mut known) = (0, second, true);
        while first != to {
            let middle = from + split(to - from);
            if first <= middle {
                proof.push(self.subtree(middle, to)?);
                to = middle;
            } else {
                proof.push(self.subtree(from, middle)?);
                (from, known) = (middle, false);
            }
        }
        if !known {
            proof.push(self.subtree(from, to)?);
        }
        proof.reverse();
        Some(proof)
    }

    /// Hash over leaves `from` up to `to`, as far as the tree has such a node.
    fn subtree(&self, from: u64, to: u64) -> Option<Hash> {
        let size = to - from;
        if !size.is_power_of_two() {
            let middle = from + split(size);
            return Some(node_hash(&self.subtree(from, middle)?, &self.subtree(middle, to)?));
        }
        let height = size.trailing_zeros();
        let (level, rest) = (height / 8, height % 8);
        let first = from >> (8 * level);
        let at = usize::try_from(first % WIDTH).ok()?;
        self.tiles.get(&(level, first / WIDTH))?.get(at..at + (1 << rest)).map(root)
    }
}

/// Tiles that proofs about leaf `index` in a tree of `size` leaves need, and those at its right edge.
#[must_use]
pub fn needed(index: u64, size: u64) -> Vec<Place> {
    let mut places = Vec::new();
    let (mut index, mut size, mut level) = (index, size, 0);
    while size > 0 {
        for place in [(level, index / WIDTH), (level, (size - 1) / WIDTH)] {
            if !places.contains(&place) && place.1 * WIDTH < size {
                places.push(place);
            }
        }
        (index, size, level) = (index / WIDTH, size / WIDTH, level + 1);
    }
    places
}

/// Root over hashes of one level.
fn root(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    hashes.iter().for_each(|hash| frontier.push(*hash));
    frontier.root()
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}
