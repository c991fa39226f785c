//! The one pass that makes an answer of votes. Experts stay numbers until the end: whoever took the votes as columns takes
//! the answer as columns too.

use std::collections::{BTreeMap, BTreeSet};

use super::agreement::{alpha_nominal, entropy_bits};
use super::given::{Given, by_name};
use super::methods::{self, Pool};
use super::panel::{self, Read};
use super::{
    Agreement, Consensus, ConsensusCall, DEFAULT_CORRELATION, LIGHTEST, METHOD_VERSION, PerExpert, Why, check,
};

/// A valid vote, options as indices.
#[derive(Clone, Copy, Debug)]
pub struct Ballot<'a> {
    pub expert: &'a str,
    pub option: usize,
    pub confidence: f64,
    pub weight: f64,
    pub reliability: f64,
    pub lineage: Option<&'a str>,
    /// Probability per option, where the expert gave it.
    pub spread: Option<&'a [f64]>,
    /// Per true option how often it was seen to say what it says, and anything, where it was seen to answer.
    pub seen: Option<&'a [(f64, f64)]>,
}

/// An answer whose experts are numbers: the index of a vote, or behind all votes that of a name in the roster.
pub struct Worked {
    /// Without `per_expert`, `dissent` and `flip`.
    pub head: Consensus,
    /// Everybody of the roster, by name.
    pub parts: Vec<Part>,
    /// See [`Consensus::flip`].
    pub flip: Vec<usize>,
}

/// See [`PerExpert`]; `voted` where its numbers mean something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    pub who: usize,
    pub voted: bool,
    pub dissents: bool,
    pub pivotal: bool,
    pub reliability: f64,
    pub interval: (f64, f64),
    pub weight_used: f64,
    pub contribution: f64,
    pub log_odds: f64,
}

/// Aggregates.
///
/// # Errors
/// Every problem of the call, one sentence each.
pub fn worked(call: &ConsensusCall, votes: &[Given<'_>]) -> Result<Worked, Vec<String>> {
    check::size(votes.len())?;
    let options = options(call, votes);
    // Sums are taken in one order, so that votes in another have the same answer to the last digit.
    let (order, again) = by_name(votes);
    check::check(call, votes, &options, &again)?;
    let prior = prior(call, &options);
    let read: Vec<Read<'_>> =
        order.iter().filter_map(|at| votes.get(*at).and_then(|vote| panel::read(*at, *vote, &options))).collect();
    let mut ballots: Vec<Ballot<'_>> = read.iter().map(Read::ballot).collect();
    // Only the ratio of weights matters: scaled, their sum stays finite, and above 0 without the heaviest.
    let heaviest = ballots.iter().map(|ballot| ballot.weight).fold(0.0, f64::max);
    ballots.iter_mut().for_each(|ballot| ballot.weight = (ballot.weight / heaviest).max(LIGHTEST));
    let members = members(call, votes, &order);
    let families = Families::of(&ballots);
    let loss = panel::losses(call, &options);
    // Without regard to vetoes, of so many votes and families: an index, or why there is none.
    let decide = |votes: usize, families: usize, posterior: &[f64]| {
        if votes == 0 {
            return Err(Why::NoVotes);
        }
        if !call.quorum.holds(votes, families, members.len()) {
            return Err(Why::NoQuorum);
        }
        panel::ahead(posterior, &loss, call.threshold)
    };
    let pool = Pool::new(call.method, &ballots, &prior, call.correlation.unwrap_or(DEFAULT_CORRELATION));
    let posterior = pool.all();
    // By name, so that the first is the one that is told.
    let vetoes: Vec<&Read<'_>> = read.iter().filter(|read| read.vote.veto).collect();
    // Vetoes against each other decide nothing, and no order of names decides between them.
    let split = vetoes.iter().any(|vote| vetoes.first().is_some_and(|first| first.option != vote.option));
    let veto = vetoes.first().filter(|_| !split);
    let (decided, why) = match (veto, decide(ballots.len(), families.count, &posterior)) {
        // Nobody's word alone takes the place of a quorum that must approve.
        (Some(veto), Err(Why::NoQuorum)) if panel::approves(&options, veto.option) => (None, Why::NoQuorum),
        (Some(veto), _) => (Some(veto.option), Why::Vetoed),
        _ if split => (None, Why::Tie),
        (None, Ok(at)) => (Some(at), Why::Clear),
        (None, Err(why)) => (None, why),
    };
    let outcome = match decided {
        Some(at) => options.get(at).cloned().unwrap_or_default(),
        None => panel::name(why).to_owned(),
    };
    let weights = methods::weights(call.method, &ballots);
    let total: f64 = weights.iter().sum();
    let of = |posterior: &[f64]| decided.and_then(|at| posterior.get(at).copied()).unwrap_or(0.0);
    let with = of(&posterior);
    let odds_with = panel::log_odds(with);
    let mut voted = vec![Part::default(); ballots.len()];
    pool.without_each(|at, without| {
        let (Some(ballot), Some(read), Some(part)) = (ballots.get(at), read.get(at), voted.get_mut(at)) else { return };
        let left = of(without);
        let others = families.count - usize::from(families.size(ballot) == 1);
        let other = decide(ballots.len() - 1, others, without).ok() != decided;
        // Names are unique: one veto beside another is never the only one.
        let only = why != Why::Vetoed || (read.vote.veto && vetoes.len() == 1);
        *part = Part {
            who: read.at,
            voted: true,
            dissents: decided.is_some_and(|decided| decided != ballot.option),
            pivotal: !split && only && other,
            reliability: ballot.reliability,
            interval: read.interval(),
            weight_used: weights.get(at).filter(|_| total > 0.0).map_or(0.0, |weight| weight / total),
            contribution: with - left,
            log_odds: decided.map_or(0.0, |_| odds_with - panel::log_odds(left)),
        };
    });
    let flip = match (decided, why) {
        (Some(at), Why::Clear) => {
            let still = |posterior: &[f64]| decide(ballots.len(), families.count, posterior) == Ok(at);
            let carried: Vec<f64> = voted.iter().map(|part| part.log_odds).collect();
            let turned = panel::flip(&pool, &ballots, &carried, &posterior, at, still);
            turned.into_iter().filter_map(|at| voted.get(at)).map(|part| part.who).collect()
        }
        _ => Vec::new(),
    };
    let counts = methods::counts(&ballots, options.len());
    let head = Consensus {
        agreement: Agreement { alpha: alpha_nominal(&counts), entropy_bits: entropy_bits(&posterior) },
        decision: panel::decision(&options, &outcome),
        n_eff: pool.effective(),
        rounds: pool.fit().map(|fit| fit.rounds),
        converged: pool.fit().map(|fit| fit.converged),
        veto: veto.filter(|_| why == Why::Vetoed).map(|read| read.vote.expert.to_owned()),
        posterior: options.into_iter().zip(posterior).collect(),
        dissent: Vec::new(),
        flip: Vec::new(),
        per_expert: Vec::new(),
        method: call.method,
        method_version: METHOD_VERSION,
        outcome,
        why,
    };
    Ok(Worked { head, parts: parts(&members, voted), flip })
}

impl Worked {
    /// With the experts' names in it.
    pub fn named(self, call: &ConsensusCall, votes: &[Given<'_>]) -> Consensus {
        let name = |who: usize| match votes.get(who) {
            Some(vote) => vote.expert.to_owned(),
            None => call.roster.get(who - votes.len()).cloned().unwrap_or_default(),
        };
        let Self { head, parts, flip } = self;
        Consensus {
            dissent: parts.iter().filter(|part| part.dissents).map(|part| name(part.who)).collect(),
            flip: flip.into_iter().map(name).collect(),
            per_expert: parts
                .iter()
                .map(|part| PerExpert {
                    expert: name(part.who),
                    reliability: part.voted.then_some(part.reliability),
                    interval: part.voted.then_some(part.interval),
                    weight_used: part.weight_used,
                    contribution: part.contribution,
                    log_odds: part.log_odds,
                    pivotal: part.pivotal,
                })
                .collect(),
            ..head
        }
    }
}

/// Everybody of the roster in the order of their names: indices of votes, and behind all votes of names in the roster.
fn members(call: &ConsensusCall, votes: &[Given<'_>], order: &[usize]) -> Vec<usize> {
    if call.roster.is_empty() {
        return order.to_vec();
    }
    let asked = call.roster.iter().enumerate().map(|(at, name)| (name.as_str(), votes.len() + at));
    let mut all: Vec<(&str, usize)> =
        votes.iter().enumerate().map(|(at, vote)| (vote.expert, at)).chain(asked).collect();
    all.sort_unstable();
    all.dedup_by(|later, earlier| later.0 == earlier.0);
    all.into_iter().map(|(_, who)| who).collect()
}

/// One part a member; those that did not vote have no numbers. Both are in the order of names.
fn parts(members: &[usize], voted: Vec<Part>) -> Vec<Part> {
    let mut voted = voted.into_iter().peekable();
    let part = |who: &usize| match voted.next_if(|part| part.who == *who) {
        Some(part) => part,
        None => Part { who: *who, ..Part::default() },
    };
    members.iter().map(part).collect()
}

/// Ballots whose votes a quorum of lineages counts once: those of one lineage, and of nobody's an expert's own.
struct Families<'a> {
    lineages: BTreeMap<&'a str, usize>,
    count: usize,
}

impl<'a> Families<'a> {
    fn of(ballots: &[Ballot<'a>]) -> Self {
        let mut lineages: BTreeMap<&str, usize> = BTreeMap::new();
        for lineage in ballots.iter().filter_map(|ballot| ballot.lineage) {
            *lineages.entry(lineage).or_default() += 1;
        }
        let mut count = lineages.len();
        for ballot in ballots.iter().filter(|ballot| ballot.lineage.is_none()) {
            match lineages.get_mut(ballot.expert) {
                Some(size) => *size += 1,
                None => count += 1,
            }
        }
        Self { lineages, count }
    }

    /// Ballots in the family of this one.
    fn size(&self, ballot: &Ballot<'_>) -> usize {
        self.lineages.get(ballot.lineage.unwrap_or(ballot.expert)).copied().unwrap_or(1)
    }
}

/// Sorted, so that nothing depends on the order of the input.
fn options(call: &ConsensusCall, votes: &[Given<'_>]) -> Vec<String> {
    let mut all: BTreeSet<&str> = BTreeSet::new();
    let given = call.options.iter().chain(call.prior.keys()).map(String::as_str);
    let voted = votes.iter().flat_map(|vote| {
        let spread = vote.spread().into_iter().flat_map(|vote| vote.probabilities.keys());
        vote.option.into_iter().chain(spread.map(String::as_str))
    });
    all.extend(given.chain(voted));
    // Who approves with a probability of 0.1 says 0.9 of refusing, also where nobody has named that.
    let both = !all.is_empty() && all.iter().all(|option| panel::YES_OR_NO.contains(option));
    let named = if both { panel::YES_OR_NO.into() } else { all };
    named.into_iter().map(str::to_owned).collect()
}

/// Given priors, the others as likely as the average of the given; normalised.
#[allow(clippy::cast_precision_loss)]
fn prior(call: &ConsensusCall, options: &[String]) -> Vec<f64> {
    let largest = call.prior.values().copied().fold(0.0, f64::max);
    // Scaled, so that no sum overflows; above 0, so that its logarithm is a number.
    let given = |value: &f64| (value / largest).max(f64::MIN_POSITIVE);
    let mean = match call.prior.len() {
        0 => 1.0,
        n => call.prior.values().map(given).sum::<f64>() / n as f64,
    };
    let raw = options.iter().map(|option| call.prior.get(option).map_or(mean, given)).collect();
    methods::normalised(raw).into_iter().map(|p| p.max(f64::MIN_POSITIVE)).collect()
}
