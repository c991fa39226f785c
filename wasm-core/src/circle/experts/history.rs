//! Whether this stack's deployments tend to end well.

use crate::consensus::Vote;

use super::{ConsultCall, abstained, approve, count, refuse};

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let past = &call.brief.history;
    if past.runs == 0 {
        return abstained("history", "this stack has no past runs");
    }
    let back = match past.rolled_back {
        0 => String::new(),
        number => format!(", {number} of them rolled back"),
    };
    let why = format!("{} of {} failed{back}", past.failures, count(past.runs as usize, "past run"));
    // Laplace's rule of succession over the past runs.
    let success = (f64::from(past.runs - past.failures.min(past.runs)) + 1.0) / (f64::from(past.runs) + 2.0);
    let confidence = if past.last_failed { success.min(0.55) } else { success };
    let mut vote =
        if confidence >= 0.5 { approve("history", confidence, why) } else { refuse("history", 1.0 - confidence, why) };
    if past.last_failed {
        vote.reasons.push("the last run failed".to_owned());
    }
    vote
}
