//! Many votes on one question without an object per vote: names in one text, the rest in columns of numbers, and the answer
//! the same way. It is [`super::aggregate`] of the same votes, also in what is refused.

use super::given::Given;
use super::work::{Worked, worked};
use super::{Consensus, ConsensusCall, Vote, VoteStatus};

/// Between two names, and in none of them.
const END: char = '\0';
/// What each vote has in `codes`: option, lineage, flags.
const CODES: usize = 3;
/// What each vote has in `numbers`: confidence, weight, reliability.
const NUMBERS: usize = 3;
/// What each member has in [`Parts::numbers`].
const PART_NUMBERS: usize = 6;
/// Bits of a vote's flags.
const STATUS: u32 = 0b0111;
const VETO: u32 = 0b1000;
const WHOLE: u32 = 0b1_0000;
/// Bits of a member's flags.
const VOTED: u8 = 0b001;
const PIVOTAL: u8 = 0b010;
const DISSENTS: u8 = 0b100;
/// By their code.
const STATUSES: [VoteStatus; 5] =
    [VoteStatus::Ok, VoteStatus::Abstained, VoteStatus::TimedOut, VoteStatus::Invalid, VoteStatus::Failed];

/// Votes in columns.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// Experts of the votes, then options, then lineages, each followed by a zero character.
    pub names: &'a str,
    /// How many options, and how many lineages.
    pub counts: [u32; 2],
    /// Vote by vote: 1 + index of its option, 0: none; the same of its lineage; flags: the status (0 to 4), 8: a veto, 16:
    /// the vote is the next one in the call's `votes`.
    pub codes: &'a [u32],
    /// Vote by vote: confidence, weight, reliability; NaN: not given.
    pub numbers: &'a [f64],
}

/// An answer in columns.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Without `perExpert`, `dissent` and `flip`.
    pub head: Consensus,
    /// Everybody of the roster by name: the index of a vote, or behind all votes that of a name in the call's roster.
    pub who: Vec<u32>,
    /// Of each: 1: it voted, 2: it is pivotal, 4: it dissents.
    pub flags: Vec<u8>,
    /// Of each: reliability, its interval (2), weight used, contribution, log-odds.
    pub numbers: Vec<f64>,
    /// See [`Consensus::flip`], as in `who`.
    pub flip: Vec<u32>,
}

impl Columns<'_> {
    /// Aggregates; `call` has everything but these votes. `None` where the columns do not fit each other.
    ///
    /// # Errors
    /// Every problem of the call, one sentence each.
    #[must_use]
    pub fn aggregate(&self, call: &ConsensusCall) -> Option<Result<Parts, Vec<String>>> {
        let votes = self.votes(&call.votes)?;
        Some(worked(call, &votes).map(Parts::from))
    }

    fn votes<'b>(&'b self, whole: &'b [Vote]) -> Option<Vec<Given<'b>>> {
        let count = self.codes.len() / CODES;
        if self.codes.len() != count * CODES || self.numbers.len() != count * NUMBERS {
            return None;
        }
        let [options, lineages] = self.counts.map(|count| count as usize);
        let mut names = self.names.split_terminator(END);
        let experts: Vec<&str> = names.by_ref().take(count).collect();
        let options: Vec<&str> = (0..options).map_while(|_| names.next()).collect();
        let lineages: Vec<&str> = (0..lineages).map_while(|_| names.next()).collect();
        if [experts.len(), options.len(), lineages.len()] != [count, self.counts[0] as usize, self.counts[1] as usize] {
            return None;
        }
        let mut whole = whole.iter();
        let given = |number: f64| (!number.is_nan()).then_some(number);
        let rows = self.codes.chunks_exact(CODES).zip(self.numbers.chunks_exact(NUMBERS));
        rows.zip(experts)
            .map(|row| {
                let ((&[option, lineage, flags], &[confidence, weight, reliability]), expert) = row else {
                    return None;
                };
                if flags & WHOLE != 0 {
                    return whole.next().map(Given::from);
                }
                Some(Given {
                    expert,
                    option: named(&options, option)?,
                    lineage: named(&lineages, lineage)?,
                    confidence: given(confidence),
                    weight: given(weight),
                    reliability: given(reliability),
                    status: STATUSES.get((flags & STATUS) as usize).copied()?,
                    veto: flags & VETO != 0,
                    whole: None,
                })
            })
            .collect()
    }
}

/// The name of a code; `None` for a code of nothing.
#[allow(clippy::option_option, reason = "no name is a sound answer")]
fn named<'a>(names: &[&'a str], code: u32) -> Option<Option<&'a str>> {
    match code.checked_sub(1) {
        None => Some(None),
        Some(at) => names.get(at as usize).map(|name| Some(*name)),
    }
}

impl From<Worked> for Parts {
    fn from(Worked { head, parts, flip }: Worked) -> Self {
        let index = |who: usize| u32::try_from(who).unwrap_or(u32::MAX);
        let mut numbers = Vec::with_capacity(parts.len() * PART_NUMBERS);
        for part in &parts {
            let (low, high) = part.interval;
            numbers.extend([part.reliability, low, high, part.weight_used, part.contribution, part.log_odds]);
        }
        let flag = |holds: bool, bit: u8| if holds { bit } else { 0 };
        let flags = parts
            .iter()
            .map(|part| flag(part.voted, VOTED) | flag(part.pivotal, PIVOTAL) | flag(part.dissents, DISSENTS));
        Self {
            head,
            who: parts.iter().map(|part| index(part.who)).collect(),
            flags: flags.collect(),
            numbers,
            flip: flip.into_iter().map(index).collect(),
        }
    }
}
