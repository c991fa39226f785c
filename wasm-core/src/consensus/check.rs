//! What a call must be. Everything that is wrong is told at once, and nothing is aggregated.

use std::collections::BTreeSet;

use super::{ConsensusCall, MOST_NUMBERS, MOST_OPTIONS, MOST_VOTES, RESERVED, Vote, VoteStatus, options, panel};

/// How far probabilities of one vote may be from summing to 1.
const SUM: f64 = 1e-6;

pub fn check(call: &ConsensusCall) -> Result<(), Vec<String>> {
    if call.votes.len() > MOST_VOTES {
        return Err(vec![format!("{} votes are more than the {MOST_VOTES} that one question takes", call.votes.len())]);
    }
    let mut problems = Vec::new();
    let named = options(call);
    if named.len() > MOST_OPTIONS {
        return Err(vec![format!("{} options are more than the {MOST_OPTIONS} that one question takes", named.len())]);
    }
    if call.votes.len() * named.len() > MOST_NUMBERS {
        let (votes, options) = (call.votes.len(), named.len());
        return Err(vec![format!("{votes} votes on {options} options are more than one question takes")]);
    }
    for option in named.iter().filter(|option| RESERVED.contains(&option.as_str())) {
        problems.push(format!("{option} cannot be an option: it is the name of an outcome"));
    }
    let mut seen = BTreeSet::new();
    let unit = |number: f64| (0.0..=1.0).contains(&number);
    for vote in &call.votes {
        let who = &vote.expert;
        if !seen.insert(who) {
            problems.push(format!("{who} votes twice"));
        }
        match &vote.option {
            None if vote.status == VoteStatus::Ok && vote.probabilities.is_empty() => {
                problems.push(format!("{who} has no option and did not abstain"));
            }
            Some(option) if !call.options.is_empty() && !call.options.contains(option) => {
                problems.push(format!("{who} votes for {option}, which is not among the options"));
            }
            _ => {}
        }
        spread(call, vote, &mut problems);
        for (name, number) in [("cost", vote.cost_usd), ("time", vote.elapsed_ms)] {
            if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
                problems.push(format!("{name} of {who} is negative or no number"));
            }
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
    let distinct: BTreeSet<&String> = call.options.iter().collect();
    if distinct.len() != call.options.len() {
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
        if !call.options.is_empty() && !call.options.contains(option) {
            problems.push(format!("prior names {option}, which is not among the options"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The probabilities and the counts of one vote.
fn spread(call: &ConsensusCall, vote: &Vote, problems: &mut Vec<String>) {
    let (who, given) = (&vote.expert, &vote.probabilities);
    let known = |option: &String| call.options.is_empty() || call.options.contains(option);
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
}
