//! What a call must be. Everything that is wrong is told at once, and nothing is aggregated.

use std::collections::BTreeSet;

use super::given::Given;
use super::{ConsensusCall, MOST_NUMBERS, MOST_OPTIONS, MOST_VOTES, RESERVED, Vote, VoteStatus, panel};

/// How far probabilities of one vote may be from summing to 1.
const SUM: f64 = 1e-6;

/// Whether so many votes can be looked at.
pub fn size(votes: usize) -> Result<(), Vec<String>> {
    if votes <= MOST_VOTES {
        return Ok(());
    }
    Err(vec![format!("{votes} votes are more than the {MOST_VOTES} that one question takes")])
}

/// `again`: indices of the votes of experts that have voted already, rising.
pub fn check(call: &ConsensusCall, votes: &[Given<'_>], named: &[String], again: &[usize]) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    if named.len() > MOST_OPTIONS {
        return Err(vec![format!("{} options are more than the {MOST_OPTIONS} that one question takes", named.len())]);
    }
    if votes.len() * named.len() > MOST_NUMBERS {
        let (votes, options) = (votes.len(), named.len());
        return Err(vec![format!("{votes} votes on {options} options are more than one question takes")]);
    }
    for option in named.iter().filter(|option| RESERVED.contains(&option.as_str())) {
        problems.push(format!("{option} cannot be an option: it is the name of an outcome"));
    }
    let mut again = again.iter().peekable();
    let declared: BTreeSet<&str> = call.options.iter().map(String::as_str).collect();
    let known = |option: &str| declared.is_empty() || declared.contains(option);
    let roster: BTreeSet<&str> = call.roster.iter().map(String::as_str).collect();
    let unit = |number: f64| (0.0..=1.0).contains(&number);
    for (at, vote) in votes.iter().enumerate() {
        let who = vote.expert;
        if again.next_if(|twice| **twice == at).is_some() {
            problems.push(format!("{who} votes twice"));
        }
        if !roster.is_empty() && !roster.contains(who) {
            problems.push(format!("{who} votes and is not in the roster"));
        }
        match vote.option {
            None if vote.status == VoteStatus::Ok && vote.spread().is_none() => {
                problems.push(format!("{who} has no option and did not abstain"));
            }
            Some(option) if !known(option) => {
                problems.push(format!("{who} votes for {option}, which is not among the options"));
            }
            _ => {}
        }
        if let Some(whole) = vote.whole {
            more(whole, known, &mut problems);
        }
        for (name, number) in [("confidence", vote.confidence), ("reliability", vote.reliability)] {
            if number.is_some_and(|number| !unit(number)) {
                problems.push(format!("{name} of {who} is not between 0 and 1"));
            }
        }
        if vote.weight.is_some_and(|weight| !weight.is_finite() || weight <= 0.0) {
            problems.push(format!("weight of {who} is not a positive number"));
        }
    }
    if declared.len() != call.options.len() {
        problems.push("an option is named twice".to_owned());
    }
    if !unit(call.quorum.share()) {
        problems.push("quorum is not between 0 and 1".to_owned());
    }
    if !unit(call.threshold) {
        problems.push("threshold is not between 0 and 1".to_owned());
    }
    for (answer, row) in &call.loss {
        for (truth, loss) in row {
            if !loss.is_finite() || *loss < 0.0 {
                problems.push(format!("loss of {answer} where {truth} is true is negative or no number"));
            }
        }
        for option in
            row.keys().chain((answer != panel::ASK).then_some(answer)).filter(|option| !named.contains(option))
        {
            problems.push(format!("loss names {option}, which is not among the options"));
        }
    }
    if call.correlation.is_some_and(|number| !unit(number)) {
        problems.push("correlation is not between 0 and 1".to_owned());
    }
    for (option, probability) in &call.prior {
        if !probability.is_finite() || *probability <= 0.0 {
            problems.push(format!("prior of {option} is not a positive number"));
        }
        if !known(option) {
            problems.push(format!("prior names {option}, which is not among the options"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// What few votes say: probabilities, counts, cost and time.
fn more(vote: &Vote, known: impl Fn(&str) -> bool, problems: &mut Vec<String>) {
    let (who, given) = (&vote.expert, &vote.probabilities);
    if !given.is_empty() {
        if vote.option.is_some() || vote.confidence.is_some() {
            problems.push(format!("{who} has probabilities and also an option or a confidence"));
        }
        if given.values().any(|p| !(0.0..=1.0).contains(p)) {
            problems.push(format!("a probability of {who} is not between 0 and 1"));
        } else if (given.values().sum::<f64>() - 1.0).abs() > SUM {
            problems.push(format!("the probabilities of {who} do not sum to 1"));
        }
        for option in given.keys().filter(|option| !known(option)) {
            problems.push(format!("{who} votes for {option}, which is not among the options"));
        }
    }
    let counts = vote.confusion.values().flat_map(|row| row.values());
    if counts.into_iter().any(|count| !count.is_finite() || *count < 0.0) {
        problems.push(format!("a count of {who} is negative or no number"));
    }
    for (name, number) in [("cost", vote.cost_usd), ("time", vote.elapsed_ms)] {
        if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
            problems.push(format!("{name} of {who} is negative or no number"));
        }
    }
}
