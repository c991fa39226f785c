//! Votes in columns are answered as the same votes one by one, by every method, also where they are refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;

use assent_core::consensus::columns::{Columns, Parts};
use assent_core::consensus::{
    Consensus, ConsensusCall, Method, PerExpert, Quorum, QuorumRule, Vote, VoteStatus, aggregate,
};
use proptest::prelude::*;

const METHODS: [Method; 6] =
    [Method::Majority, Method::Weighted, Method::Bayesian, Method::LogPool, Method::Median, Method::DawidSkene];
const STATUSES: [VoteStatus; 5] =
    [VoteStatus::Ok, VoteStatus::Abstained, VoteStatus::TimedOut, VoteStatus::Invalid, VoteStatus::Failed];

/// Columns of votes, and the call that goes with them.
struct Table {
    call: ConsensusCall,
    names: String,
    counts: [u32; 2],
    codes: Vec<u32>,
    numbers: Vec<f64>,
}

fn code(names: &mut Vec<String>, name: Option<&String>) -> u32 {
    let Some(name) = name else { return 0 };
    let at = names.iter().position(|other| other == name).unwrap_or_else(|| {
        names.push(name.clone());
        names.len() - 1
    });
    u32::try_from(at).unwrap() + 1
}

fn table(call: &ConsensusCall) -> Table {
    let (mut options, mut lineages, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let (mut codes, mut numbers, mut names) = (Vec::new(), Vec::new(), String::new());
    for vote in &call.votes {
        names += &format!("{}\0", vote.expert);
        if !vote.probabilities.is_empty() || !vote.confusion.is_empty() || vote.cost_usd.is_some() {
            whole.push(vote.clone());
            codes.extend([0, 0, 16]);
            numbers.extend([f64::NAN; 3]);
            continue;
        }
        let status = STATUSES.iter().position(|status| *status == vote.status).unwrap();
        codes.extend([code(&mut options, vote.option.as_ref()), code(&mut lineages, vote.lineage.as_ref())]);
        codes.push(u32::try_from(status).unwrap() + if vote.veto { 8 } else { 0 });
        numbers.extend([vote.confidence, vote.weight, vote.reliability].map(|number| number.unwrap_or(f64::NAN)));
    }
    let counts = [options.len(), lineages.len()].map(|count| u32::try_from(count).unwrap());
    options.iter().chain(&lineages).for_each(|name| names += &format!("{name}\0"));
    Table { call: ConsensusCall { votes: whole, ..call.clone() }, names, counts, codes, numbers }
}

fn by_columns(call: &ConsensusCall) -> Result<Consensus, Vec<String>> {
    let Table { call: rest, names, counts, codes, numbers } = table(call);
    let columns = Columns { names: &names, counts, codes: &codes, numbers: &numbers };
    let Parts { head, who, flags, numbers, flip } = columns.aggregate(&rest).unwrap()?;
    let name = |who: &u32| {
        let at = *who as usize;
        call.votes.get(at).map_or_else(|| call.roster[at - call.votes.len()].clone(), |vote| vote.expert.clone())
    };
    let members = || who.iter().zip(&flags).zip(numbers.chunks_exact(6));
    Ok(Consensus {
        per_expert: members()
            .map(|((who, flags), numbers)| PerExpert {
                expert: name(who),
                reliability: (flags & 1 != 0).then_some(numbers[0]),
                interval: (flags & 1 != 0).then_some((numbers[1], numbers[2])),
                weight_used: numbers[3],
                contribution: numbers[4],
                log_odds: numbers[5],
                pivotal: flags & 2 != 0,
            })
            .collect(),
        dissent: members().filter(|((_, flags), _)| **flags & 4 != 0).map(|((who, _), _)| name(who)).collect(),
        flip: flip.iter().map(name).collect(),
        ..head
    })
}

/// A vote of which anything may be wrong, seldom.
fn vote() -> impl Strategy<Value = Vote> {
    let odd =
        prop_oneof![30 => 0.0_f64..=1.0, 1 => Just(-0.5), 1 => Just(1.5), 1 => Just(f64::INFINITY), 1 => Just(0.0)];
    let spread = prop_oneof![
        8 => Just(Vec::new()),
        1 => Just(vec![("approve", 0.7), ("refuse", 0.3)]),
        1 => Just(vec![("approve", 0.5), ("refuse", 0.5)]),
    ];
    (
        (
            0_u32..40,
            prop::option::weighted(0.9, 0_usize..4),
            prop::option::of(odd.clone()),
            prop::option::of(odd.clone()),
        ),
        (prop::option::of(odd), prop::option::of(0_u32..3), prop_oneof![9 => Just(0_usize), 1 => 0_usize..5]),
        (prop::bool::weighted(0.05), spread, prop::bool::weighted(0.1)),
    )
        .prop_map(|((who, option, confidence, weight), (reliability, lineage, status), (veto, spread, seen))| {
            let spread: BTreeMap<String, f64> = spread.into_iter().map(|(option, p)| (option.to_owned(), p)).collect();
            let said = option.map(|at| ["approve", "refuse", "later", ""][at].to_owned());
            let row =
                |right: &str| (right.to_owned(), [("approve".to_owned(), 3.0), ("refuse".to_owned(), 2.0)].into());
            Vote {
                // Two names of which one begins with the other, and names longer than what is compared as a number.
                expert: format!("{}{who}", if who % 3 == 0 { "an expert with a very long name " } else { "e" }),
                option: said.filter(|_| spread.is_empty()),
                confidence: confidence.filter(|_| spread.is_empty()),
                weight,
                reliability,
                lineage: lineage.map(|lineage| if lineage == 2 { "e1".to_owned() } else { format!("m{lineage}") }),
                status: STATUSES[status],
                veto,
                confusion: if seen { [row("approve"), row("refuse")].into() } else { BTreeMap::new() },
                cost_usd: (who == 39).then_some(-1.0),
                probabilities: spread,
                ..Vote::default()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn columns_are_answered_as_the_votes_themselves(
        mut votes in prop::collection::vec(vote(), 0..14),
        sound in prop::bool::weighted(0.7),
        method in 0_usize..6,
        named in any::<bool>(),
        mut roster in prop::collection::vec((0_u32..40).prop_map(|who| format!("e{who}")), 0..5),
        (threshold, count) in (0.0_f64..0.8, 0_u32..4),
    ) {
        if sound {
            votes.sort_by(|left, right| left.expert.cmp(&right.expert));
            votes.dedup_by(|left, right| left.expert == right.expert);
            votes.retain(|vote| vote.option.is_some() || !vote.probabilities.is_empty());
            for vote in &mut votes {
                let fine = |number: Option<f64>| number.filter(|number| (0.0..=1.0).contains(number) && *number > 0.0);
                vote.confidence = fine(vote.confidence);
                vote.weight = fine(vote.weight);
                vote.reliability = fine(vote.reliability);
                vote.cost_usd = None;
            }
            if !roster.is_empty() {
                roster.extend(votes.iter().map(|vote| vote.expert.clone()));
            }
        }
        let call = ConsensusCall {
            options: if named { vec!["refuse".to_owned(), "approve".to_owned()] } else { Vec::new() },
            roster,
            quorum: QuorumRule::Rule(Quorum { count, ..Quorum::default() }),
            method: METHODS[method],
            threshold,
            votes,
            ..ConsensusCall::default()
        };
        prop_assert_eq!(by_columns(&call), aggregate(&call));
    }
}

#[test]
fn columns_that_do_not_fit_each_other_are_nothing() {
    let call = ConsensusCall::default();
    let sound = Columns { names: "a\0x\0", counts: [1, 0], codes: &[1, 0, 0], numbers: &[0.9, 1.0, 0.9] };
    assert_eq!(sound.aggregate(&call).unwrap().unwrap().head.outcome, "x");
    for broken in [
        Columns { names: "a\0", ..sound },
        Columns { names: "", ..sound },
        Columns { counts: [u32::MAX, 0], ..sound },
        Columns { counts: [1, 1], ..sound },
        Columns { codes: &[2, 0, 0], ..sound },
        Columns { codes: &[1, 1, 0], ..sound },
        Columns { codes: &[1, 0, 5], ..sound },
        Columns { codes: &[1, 0, 16], ..sound },
        Columns { codes: &[1, 0], ..sound },
        Columns { numbers: &[0.9], ..sound },
        Columns { numbers: &[], ..sound },
    ] {
        assert!(broken.aggregate(&call).is_none(), "{broken:?}");
    }
}
