//! What the scan found, and what of it is new: what the last successful deployment had already is known, and weighs less.

use crate::consensus::Vote;
use crate::scan::FindingSeverity;

use super::{ConsultCall, approve, count, refuse};

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let findings = &call.brief.findings;
    let of = |severity: FindingSeverity| findings.iter().filter(move |finding| finding.severity == severity);
    let critical = of(FindingSeverity::Critical).count();
    let high = of(FindingSeverity::High).filter(|finding| !finding.known).count();
    let known = of(FindingSeverity::High).count() - high;
    let medium = of(FindingSeverity::Medium).count();
    let mut vote = if critical > 0 {
        refuse("policy", 0.97, format!("{critical} critical and {high} high findings"))
    } else if high > 3 {
        refuse("policy", 0.7, format!("{high} high findings"))
    } else if high > 0 {
        approve("policy", 0.6, count(high, "high finding"))
    } else if medium + known > 0 {
        approve("policy", 0.8, format!("no new finding above medium ({medium})"))
    } else {
        return approve("policy", 0.95, "no finding that matters".to_owned());
    };
    if known > 0 {
        vote.reasons.push(format!("{} known since the last deployment", count(known, "high finding")));
    }
    let worst = findings.iter().min_by_key(|finding| (finding.severity, finding.known));
    vote.reasons.extend(worst.map(|finding| {
        let where_ =
            if finding.resource.is_empty() { String::new() } else { format!("{}: ", call.named(&finding.resource)) };
        format!("{where_}{}: {}", finding.rule_id, finding.message)
    }));
    vote
}
