//! When to stop asking: where no answer that is left could change the decision (lossless), and, when configured, where
//! the evidence passes a bound (`Stop::Sprt`) or no answer is worth its price (`Stop::Evoi`).

use std::collections::{BTreeMap, BTreeSet};

use crate::consensus::{Decision, Vote, VoteStatus, effective_votes};

use super::record::Learned;
use super::{CirclePolicy, Clear, Stop, approves, experts, lineage_of, objects, p_of, valid};

/// Correlation of errors inside a lineage.
const CORRELATION: f64 = 0.5;
/// What an answer costs at least, so that free ones can be ordered; a millisecond of waiting, so that of equals the
/// faster is asked first.
const LEAST_USD: f64 = 1e-6;
const MS_USD: f64 = 1e-9;

/// Whether no answer of those left, whatever it is, can make the decision another one.
///
/// The posterior is `S / W`, monotone in each answer, so its extremes are where everybody left approves, or refuses, with
/// certainty; a quorum that is reached stays so.
pub(super) fn settled(policy: &CirclePolicy, clear: Clear, votes: &[Vote], left: &[(String, f64)]) -> bool {
    let counted: Vec<&Vote> = votes.iter().filter(|vote| valid(vote)).collect();
    if left.is_empty() || counted.iter().any(|vote| vote.veto) {
        return true;
    }
    let weight = |vote: &Vote| vote.weight.unwrap_or(1.0);
    let all: f64 = counted.iter().map(|vote| weight(vote)).sum();
    let approving: f64 = counted.iter().map(|vote| weight(vote) * p_of(vote, experts::APPROVE)).sum();
    let open: f64 = left.iter().map(|(_, weight)| weight).sum();
    let (low, high) = (approving / (all + open), (approving + open) / (all + open));
    let roster = policy.roster().len();
    let lineages = |names: &[(String, f64)]| {
        let voted = counted.iter().map(|vote| vote.lineage.clone().unwrap_or_else(|| vote.expert.clone()));
        voted.chain(names.iter().map(|(name, _)| lineage_of(policy, name))).collect::<BTreeSet<String>>().len()
    };
    let reached = policy.quorum().holds(counted.len(), lineages(&[]), roster);
    let reachable = policy.quorum().holds(counted.len() + left.len(), lineages(left), roster);
    let strong = policy.objection <= 1.0;
    let may_veto = strong && left.iter().any(|(name, _)| policy.of(name).veto);
    let stopped = votes.iter().any(|vote| objects(policy, vote)) || policy.always_ask || silent(policy, votes);
    // What each side needs, at its best and at its worst.
    let refusable = reachable && clear.refuse.is_some_and(|from| 1.0 - low >= from - EDGE);
    let approvable = reachable && !stopped && clear.approve.is_some_and(|from| high >= from - EDGE);
    let refused = reached && clear.refuse.is_some_and(|from| 1.0 - high >= from + EDGE);
    let untouchable = !strong && !left.iter().any(|(name, _)| policy.of(name).veto);
    let approved = reached && !stopped && untouchable && clear.approve.is_some_and(|from| low >= from + EDGE);
    approved || (refused && !may_veto) || (!refusable && !approvable && !may_veto)
}

/// On the edge of a threshold rounding decides: nothing is settled there.
const EDGE: f64 = 1e-9;

/// Whether somebody with a veto was asked and gave no answer.
pub(super) fn silent(policy: &CirclePolicy, votes: &[Vote]) -> bool {
    votes.iter().any(|vote| policy.of(&vote.expert).veto && vote.status != VoteStatus::Abstained && !valid(vote))
}

/// Log-odds that approving is right, from how often each expert was right, tempered by n_eff / n.
pub(super) fn evidence(votes: &[Vote], tallies: &BTreeMap<String, Learned>) -> f64 {
    let counted: Vec<&Vote> = votes.iter().filter(|vote| valid(vote)).collect();
    if counted.is_empty() {
        return 0.0;
    }
    let lineages: Vec<Option<&str>> = counted.iter().map(|vote| vote.lineage.as_deref()).collect();
    let sum: f64 = counted
        .iter()
        .map(|vote| {
            let r = reliability(tallies, &vote.expert);
            let odds = (r / (1.0 - r)).ln();
            if approves(vote) { odds } else { -odds }
        })
        .sum();
    #[allow(clippy::cast_precision_loss)]
    let tempering = effective_votes(&lineages, CORRELATION) / counted.len() as f64;
    tempering * sum
}

fn reliability(tallies: &BTreeMap<String, Learned>, expert: &str) -> f64 {
    tallies.get(expert).copied().unwrap_or_default().reliability.clamp(0.01, 0.99)
}

/// Whether the configured rule ends the asking, where the votes so far would decide `now`.
pub(super) fn enough(
    stop: Stop,
    policy: &CirclePolicy,
    now: Decision,
    votes: &[Vote],
    left: &[(String, f64)],
    tallies: &BTreeMap<String, Learned>,
) -> bool {
    // Who may veto is always asked.
    if left.iter().any(|(name, _)| policy.of(name).veto) {
        return false;
    }
    let evidence = evidence(votes, tallies);
    match stop {
        Stop::Lossless => false,
        Stop::Sprt { wrong_approvals: alpha, wrong_refusals: beta } => match now {
            Decision::Approve => evidence >= ((1.0 - beta) / alpha).ln(),
            Decision::Refuse => evidence <= (beta / (1.0 - alpha)).ln(),
            Decision::Ask => false,
        },
        Stop::Evoi { .. } => {
            left.iter().all(|(name, _)| value(stop, evidence, reliability(tallies, name)) <= policy.of(name).cost_usd)
        }
    }
}

/// Those left in the order in which they are asked: vetoes, then by what an answer is expected to be worth per cost.
pub(super) fn ordered(
    policy: &CirclePolicy,
    votes: &[Vote],
    left: &[(String, f64)],
    tallies: &BTreeMap<String, Learned>,
) -> Vec<String> {
    let evidence = evidence(votes, tallies);
    let mut ranked: Vec<(bool, f64, &str)> = left
        .iter()
        .map(|(name, _)| {
            let place = policy.of(name);
            let cost = place.cost_usd + MS_USD * place.latency_ms + LEAST_USD;
            (!place.veto, -value(policy.stop, evidence, reliability(tallies, name)) / cost, name.as_str())
        })
        .collect();
    ranked.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)).then(left.2.cmp(right.2)));
    ranked.into_iter().map(|(.., name)| name.to_owned()).collect()
}

/// What an answer of an expert that is right with probability `r` is expected to save: in US dollars where losses are
/// given, else in wrong decisions.
fn value(stop: Stop, evidence: f64, r: f64) -> f64 {
    let (wrong_approval, wrong_refusal, ask) = match stop {
        Stop::Evoi { wrong_approval_usd, wrong_refusal_usd, ask_usd } => {
            (wrong_approval_usd, wrong_refusal_usd, ask_usd)
        }
        // Free of thresholds: how far it is expected to move the odds.
        _ => return (2.0 * r - 1.0).abs(),
    };
    let p = 1.0 / (1.0 + (-evidence).exp());
    let risk = |p: f64| ((1.0 - p) * wrong_approval).min(p * wrong_refusal).min(ask);
    let says = p * r + (1.0 - p) * (1.0 - r);
    let after = says * risk(p * r / says) + (1.0 - says) * risk(p * (1.0 - r) / (1.0 - says));
    risk(p) - after
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities that votes of these experts, asked in this order and each right by itself so often, pass the upper
    /// bound, and the lower one, where approving is right (`good`) or refusing. Every sequence is walked: they are exact.
    fn passes(reliabilities: &[f64], rule: Stop, good: bool) -> (f64, f64) {
        let tallies: BTreeMap<String, Learned> =
            reliabilities.iter().enumerate().map(|(at, r)| (format!("e{at}"), Learned { reliability: *r })).collect();
        let policy = CirclePolicy::default();
        let (mut up, mut down) = (0.0, 0.0);
        let mut open: Vec<(Vec<Vote>, f64)> = vec![(Vec::new(), 1.0)];
        for (at, r) in reliabilities.iter().enumerate() {
            let before = std::mem::take(&mut open);
            for (votes, p) in before {
                for right in [true, false] {
                    let option = if right == good { experts::APPROVE } else { experts::REFUSE };
                    let vote = Vote { expert: format!("e{at}"), option: Some(option.into()), ..Vote::default() };
                    let votes = [votes.as_slice(), &[vote]].concat();
                    let p = p * if right { *r } else { 1.0 - r };
                    let ends = |now| enough(rule, &policy, now, &votes, &[], &tallies);
                    match (ends(Decision::Approve), ends(Decision::Refuse)) {
                        (true, _) => up += p,
                        (_, true) => down += p,
                        _ => open.push((votes, p)),
                    }
                }
            }
        }
        (up, down)
    }

    #[test]
    fn no_more_wrong_decisions_pass_walds_bounds_than_he_promises() {
        let circles: [&[f64]; 3] = [
            &[0.88, 0.84, 0.8, 0.78, 0.75, 0.72, 0.7, 0.66, 0.62],
            &[0.8; 9],
            &[0.99, 0.6, 0.3, 0.9, 0.55, 0.97, 0.5, 0.7],
        ];
        for (alpha, beta) in [(0.05, 0.05), (0.01, 0.2), (0.2, 0.01), (0.1, 0.3)] {
            let rule = Stop::Sprt { wrong_approvals: alpha, wrong_refusals: beta };
            for circle in circles {
                let (approved, refused) = passes(circle, rule, false);
                let (rightly, wrongly) = passes(circle, rule, true);
                // Of bad changes at most α/(1−β) are approved, of good ones β/(1−α) refused (Wald 1945, 3.2).
                assert!(approved <= alpha / (1.0 - beta), "{approved} of {circle:?} at {alpha} and {beta}");
                assert!(wrongly <= beta / (1.0 - alpha), "{wrongly} of {circle:?} at {alpha} and {beta}");
                // And it does end: the promise is not kept by never deciding.
                assert!(rightly > 0.5 && refused > 0.5, "{rightly} {refused} of {circle:?} at {alpha} and {beta}");
            }
        }
    }
}
