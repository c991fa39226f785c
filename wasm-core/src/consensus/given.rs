//! A vote as it is read: borrowed from a call or from columns, because there may be a hundred thousand of them.

use super::{Vote, VoteStatus};

/// What there is of a [`Vote`].
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub expert: &'a str,
    pub option: Option<&'a str>,
    pub lineage: Option<&'a str>,
    pub confidence: Option<f64>,
    pub weight: Option<f64>,
    pub reliability: Option<f64>,
    pub status: VoteStatus,
    pub veto: bool,
    /// The whole vote, where it may say more: probabilities, counts, cost, time.
    pub whole: Option<&'a Vote>,
}

impl<'a> From<&'a Vote> for Given<'a> {
    fn from(vote: &'a Vote) -> Self {
        Self {
            expert: &vote.expert,
            option: vote.option.as_deref(),
            lineage: vote.lineage.as_deref(),
            confidence: vote.confidence,
            weight: vote.weight,
            reliability: vote.reliability,
            status: vote.status,
            veto: vote.veto,
            whole: Some(vote),
        }
    }
}

impl<'a> Given<'a> {
    /// The vote whose probabilities are given in place of an option.
    pub fn spread(&self) -> Option<&'a Vote> {
        self.whole.filter(|vote| !vote.probabilities.is_empty())
    }

    /// The vote of an expert that was seen to answer before.
    pub fn seen(&self) -> Option<&'a Vote> {
        self.whole.filter(|vote| !vote.confusion.is_empty())
    }
}

/// Indices of the votes by their experts' names, and of those votes whose expert has an earlier one.
pub fn by_name(votes: &[Given<'_>]) -> (Vec<usize>, Vec<usize>) {
    // Most names differ in their first bytes, and two numbers are compared faster than two texts.
    let mut named: Vec<(u128, &str, usize)> =
        votes.iter().enumerate().map(|(at, vote)| (beginning(vote.expert), vote.expert, at)).collect();
    named.sort_unstable_by(|left, right| {
        left.0.cmp(&right.0).then_with(|| left.1.cmp(right.1)).then_with(|| left.2.cmp(&right.2))
    });
    let twice = |pair: &[(u128, &str, usize)]| match pair {
        [one, other] if one.0 == other.0 && one.1 == other.1 => Some(other.2),
        _ => None,
    };
    let mut again: Vec<usize> = named.windows(2).filter_map(twice).collect();
    again.sort_unstable();
    (named.into_iter().map(|(_, _, at)| at).collect(), again)
}

/// The first sixteen bytes, so that a smaller number is an earlier name.
fn beginning(name: &str) -> u128 {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(name.bytes()).for_each(|(slot, byte)| *slot = byte);
    u128::from_be_bytes(bytes)
}
