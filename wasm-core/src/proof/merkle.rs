//! The Merkle tree of RFC 9162, section 2.1, over SHA-256.

use sha2::{Digest, Sha256};

use super::Refusal;

/// A SHA-256.
pub type Hash = [u8; 32];

/// Hash of a leaf (2.1.1): its data is prefixed by 0, so that no leaf is a node.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(data).finalize().into()
}

/// Hash of a node (2.1.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Root of the tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The complete subtrees that a tree of some size consists of, largest first: all that a root or an append needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// Of a tree of `size` leaves; `None` where the number of subtrees is another.
    #[must_use]
    pub fn new(size: u64, nodes: Vec<Hash>) -> Option<Self> {
        (nodes.len() == size.count_ones() as usize).then_some(Self { size, nodes })
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The subtrees.
    #[must_use]
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// Root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else { return empty_root() };
        nodes.fold(*last, |root, left| node_hash(left, &root))
    }
}

/// Checks that a leaf is in a tree (2.1.3.2).
///
/// # Errors
/// `not_in_log`, with what is wrong.
pub fn verify_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> Result<(), Refusal> {
    let refuse = |why: String| Refusal::new("not_in_log", why);
    if index >= size {
        return Err(refuse(format!("Leaf {index} is not in a tree of {size}.")));
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(refuse(format!("The proof of leaf {index} is too long: {} hashes.", proof.len())));
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(refuse(format!("The proof of leaf {index} is too short: {} hashes.", proof.len())));
    }
    if hash != *root {
        return Err(refuse(format!("The proof of leaf {index} leads to another root.")));
    }
    Ok(())
}

/// Checks that a tree of `second` leaves begins with one of `first` (2.1.4.2). A tree without leaves has no root that
/// would be worth comparing: `first` is at least 1.
///
/// # Errors
/// `forked`, with what is wrong.
pub fn verify_consistency(
    (first, first_root): (u64, &Hash),
    (second, second_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), Refusal> {
    let refuse = |why: String| Refusal::new("forked", why);
    if first == 0 || first > second {
        return Err(refuse(format!("A tree of {second} leaves cannot be shown to continue one of {first}.")));
    }
    if first == second {
        if !proof.is_empty() {
            return Err(refuse("Trees of one size need no proof, but there is one.".into()));
        }
        if first_root != second_root {
            return Err(refuse(format!("Two trees of {first} leaves have different roots.")));
        }
        return Ok(());
    }
    let short = || refuse(format!("The proof from {first} to {second} leaves is too short: {} hashes.", proof.len()));
    // A power of two is a node of the larger tree itself.
    let mut hashes = proof.iter();
    let seed = if first.is_power_of_two() { first_root } else { hashes.next().ok_or_else(short)? };
    let (mut node, mut last) = (first - 1, second - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut old, mut new) = (*seed, *seed);
    for sibling in hashes {
        if last == 0 {
            return Err(refuse(format!("The proof from {first} to {second} leaves is too long.")));
        }
        if node & 1 == 1 || node == last {
            (old, new) = (node_hash(sibling, &old), node_hash(sibling, &new));
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new = node_hash(&new, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(short());
    }
    if old != *first_root || new != *second_root {
        return Err(refuse(format!("The tree of {second} leaves does not continue the one of {first}.")));
    }
    Ok(())
}
