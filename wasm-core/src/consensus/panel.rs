//! What a panel is asked for: who must have voted, what mistakes cost, and what would have made the outcome another.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::given::Given;
use super::methods::{Pool, winner};
use super::work::Ballot;
use super::{ConsensusCall, DEFAULT_CONFIDENCE, Decision, TIE, VoteStatus, Why};

/// Options of a question whether to deploy.
pub const YES_OR_NO: [&str; 2] = ["approve", "refuse"];
/// The row of losses that says what asking costs.
pub const ASK: &str = "ask";
/// Answers that the prior of a confusion matrix is worth, over all its rows.
pub const ROWS: f64 = 20.0;
/// Log-odds are kept within this.
const CERTAIN: f64 = 20.0;

/// Who must have voted; each that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quorum {
    /// Valid votes.
    #[serde(default)]
    pub count: u32,
    /// Share of the roster, in [0, 1].
    #[serde(default)]
    pub fraction: f64,
    /// Different lineages among the valid votes; an expert without one is its own.
    #[serde(default)]
    pub lineages: u32,
}

/// A share of the roster, or all that a quorum can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(untagged)]
pub enum QuorumRule {
    /// Share of the roster that must have voted, in [0, 1].
    Share(f64),
    /// Count, share, lineages.
    Rule(Quorum),
}

impl Default for QuorumRule {
    fn default() -> Self {
        Self::Share(0.0)
    }
}

impl QuorumRule {
    /// The share of the roster.
    pub(super) fn share(&self) -> f64 {
        match self {
            Self::Share(share) => *share,
            Self::Rule(quorum) => quorum.fraction,
        }
    }

    /// Whether so many valid votes of so many lineages are enough.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn holds(&self, votes: usize, lineages: usize, roster: usize) -> bool {
        let share = votes as f64 >= self.share() * roster as f64;
        match self {
            Self::Share(_) => share,
            Self::Rule(quorum) => share && votes >= quorum.count as usize && lineages >= quorum.lineages as usize,
        }
    }
}

/// A valid vote with what is derived from it.
pub struct Read<'a> {
    /// Its index among the votes.
    pub at: usize,
    pub vote: Given<'a>,
    pub option: usize,
    confidence: f64,
    spread: Vec<f64>,
    /// Per true option: how often it was seen to say this, and anything, with the prior.
    seen: Vec<(f64, f64)>,
    /// Answers it was seen to give that were right, and all of them.
    right: (f64, f64),
}

/// A vote that counts; `None` for one that does not.
pub fn read<'a>(at: usize, vote: Given<'a>, options: &[String]) -> Option<Read<'a>> {
    if vote.status != VoteStatus::Ok {
        return None;
    }
    let spread: Vec<f64> = match vote.spread() {
        None => Vec::new(),
        Some(vote) => options.iter().map(|option| vote.probabilities.get(option).copied().unwrap_or(0.0)).collect(),
    };
    let option = match vote.option {
        Some(option) => options.iter().position(|other| other == option)?,
        None => winner(&spread, TIE)?,
    };
    let confidence = spread.get(option).copied().or(vote.confidence).unwrap_or(DEFAULT_CONFIDENCE);
    let Some(counts) = vote.seen().map(|vote| &vote.confusion) else {
        return Some(Read { at, vote, option, confidence, spread, seen: Vec::new(), right: (0.0, 0.0) });
    };
    let count = |truth: &str, said: &str| counts.get(truth).and_then(|row| row.get(said)).copied().unwrap_or(0.0);
    let right = options.iter().map(|truth| count(truth, truth)).sum();
    let all = counts.values().flat_map(|row| row.values()).sum();
    let said = options.get(option)?;
    let own = vote.reliability.unwrap_or(confidence);
    // `count[truth][said] + a·p` of `Σ count[truth] + a`, `a` the prior's share of a row, `p` from the reliability.
    let (others, weight) = others_and_weight(options.len());
    let seen = options.iter().map(|truth| {
        let p = if truth == said { own } else { (1.0 - own) / others };
        let row: f64 = counts.get(truth).map_or(0.0, |row| row.values().sum());
        (count(truth, said) + weight * p, row + weight)
    });
    Some(Read { at, vote, option, confidence, spread, seen: seen.collect(), right: (right, all) })
}

/// Other options than one, at least one, and answers that the prior of a row is worth.
#[allow(clippy::cast_precision_loss)]
fn others_and_weight(options: usize) -> (f64, f64) {
    ((options.max(2) - 1) as f64, ROWS / options as f64)
}

impl Read<'_> {
    /// As the methods take it.
    pub fn ballot(&self) -> Ballot<'_> {
        Ballot {
            expert: self.vote.expert,
            option: self.option,
            confidence: self.confidence,
            weight: self.vote.weight.unwrap_or(1.0),
            reliability: self.reliability(),
            lineage: self.vote.lineage,
            spread: (!self.spread.is_empty()).then_some(&self.spread),
            seen: (!self.seen.is_empty()).then_some(&self.seen),
        }
    }

    fn reliability(&self) -> f64 {
        let own = self.vote.reliability.unwrap_or(self.confidence);
        if self.seen.is_empty() { own } else { (self.right.0 + ROWS * own) / (self.right.1 + ROWS) }
    }

    /// About 95 % (normal approximation of the Beta posterior, kept inside 0 and 1).
    pub fn interval(&self) -> (f64, f64) {
        let p = self.reliability();
        let half = 1.96 * (p * (1.0 - p) / (self.right.1 + ROWS + 1.0)).sqrt();
        ((p - half).max(0.0), (p + half).min(1.0))
    }
}

/// Losses as the rule takes them: per option and true option, and of asking; `None` where nobody gave any.
pub struct Losses {
    rows: Option<Vec<Vec<f64>>>,
    ask: Option<Vec<f64>>,
}

/// The given ones, with 0 and 1 for the others.
pub fn losses(call: &ConsensusCall, options: &[String]) -> Losses {
    let at = |answer: &str, truth: &String| {
        let given = call.loss.get(answer).and_then(|row| row.get(truth)).copied();
        given.unwrap_or(if answer == truth { 0.0 } else { 1.0 })
    };
    let row = |answer: &str| -> Vec<f64> { options.iter().map(|truth| at(answer, truth)).collect() };
    Losses {
        rows: (!call.loss.is_empty()).then(|| options.iter().map(|answer| row(answer)).collect()),
        ask: call.loss.contains_key(ASK).then(|| row(ASK)),
    }
}

/// The option that is ahead.
pub fn ahead(posterior: &[f64], Losses { rows, ask }: &Losses, threshold: f64) -> Result<usize, Why> {
    let expected = |row: &Vec<f64>| -> f64 { row.iter().zip(posterior).map(|(loss, p)| loss * p).sum() };
    let at = match rows {
        None => winner(posterior, TIE).ok_or(Why::Tie)?,
        Some(rows) => {
            let gains: Vec<f64> = rows.iter().map(|row| -expected(row)).collect();
            let best = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if ask.as_ref().is_some_and(|row| -expected(row) > best) {
                return Err(Why::Uncertain);
            }
            // What is a tie grows with the losses.
            winner(&gains, TIE * best.abs().max(1.0)).ok_or(Why::Tie)?
        }
    };
    if posterior.get(at).copied().unwrap_or(0.0) < threshold { Err(Why::Uncertain) } else { Ok(at) }
}

/// The outcome that stands for it.
pub fn name(why: Why) -> &'static str {
    match why {
        Why::Tie => "tie",
        Why::NoQuorum => "no_quorum",
        Why::NoVotes => "no_votes",
        Why::Uncertain => "uncertain",
        // These have an option.
        Why::Clear | Why::Vetoed => "",
    }
}

/// Whether this option of a question is to approve.
pub fn approves(options: &[String], at: usize) -> bool {
    options.get(at).is_some_and(|option| option == YES_OR_NO[0])
}

/// What is to be done, where the question is whether to approve.
pub fn decision(options: &[String], outcome: &str) -> Option<Decision> {
    let all = options.iter().all(|option| YES_OR_NO.contains(&option.as_str()));
    (all && !options.is_empty()).then_some(match outcome {
        "approve" => Decision::Approve,
        "refuse" => Decision::Refuse,
        _ => Decision::Ask,
    })
}

/// `ln(p / (1 − p))` within ±20.
pub fn log_odds(p: f64) -> f64 {
    (p / (1.0 - p)).ln().clamp(-CERTAIN, CERTAIN)
}

/// Ballots that would have had to be for the second option: those that carried the outcome most first, as few as are
/// enough. `carried`: in log-odds, per ballot.
pub fn flip(
    pool: &Pool<'_>,
    ballots: &[Ballot<'_>],
    carried: &[f64],
    posterior: &[f64],
    at: usize,
    still: impl Fn(&[f64]) -> bool,
) -> Vec<usize> {
    let others = posterior.iter().enumerate().filter(|(option, _)| *option != at);
    let Some((second, _)) = others.max_by(|left, right| left.1.total_cmp(right.1)) else { return Vec::new() };
    let mut carrying: Vec<(f64, usize)> = ballots
        .iter()
        .zip(carried)
        .enumerate()
        .filter(|(_, (ballot, _))| ballot.option == at)
        .map(|(at, (_, odds))| (*odds, at))
        .collect();
    // Ballots are in the order of names.
    carrying.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let carrying: Vec<usize> = carrying.into_iter().map(|(_, at)| at).collect();
    let turning = pool.turning(&carrying, second);
    if still(&turning.posterior(carrying.len())) {
        return Vec::new();
    }
    // Each one more speaks against the outcome, so the least number is found by halving.
    let (mut few, mut enough) = (0, carrying.len());
    while few + 1 < enough {
        let middle = usize::midpoint(few, enough);
        if still(&turning.posterior(middle)) { few = middle } else { enough = middle }
    }
    carrying.into_iter().take(enough).collect()
}
