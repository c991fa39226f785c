//! What a panel may ask for, and the stated behaviour of every malformed or empty one: none approves by accident.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use assent_core::consensus::{Consensus, ConsensusCall, Decision, Method, Why, aggregate};
use proptest::prelude::*;
use serde_json::{Value, json};

fn call(value: Value) -> ConsensusCall {
    serde_json::from_value(value).unwrap()
}

fn answer(value: Value) -> Consensus {
    aggregate(&call(value)).unwrap()
}

fn problems(value: Value) -> Vec<String> {
    aggregate(&call(value)).unwrap_err()
}

fn voted(expert: &str, option: &str, confidence: f64) -> Value {
    json!({"expert": expert, "option": option, "confidence": confidence})
}

const APPROVE_OR_REFUSE: [&str; 2] = ["approve", "refuse"];

#[test]
fn every_outcome_says_what_it_rests_on_and_only_a_clear_one_approves() {
    let base = |votes: Value| json!({"options": APPROVE_OR_REFUSE, "votes": votes});
    let clear = answer(base(json!([voted("a", "approve", 0.9)])));
    assert_eq!((clear.why, clear.decision), (Why::Clear, Some(Decision::Approve)));
    let split = answer(base(json!([voted("a", "approve", 0.8), voted("b", "refuse", 0.8)])));
    assert_eq!((split.outcome.as_str(), split.why, split.decision), ("tie", Why::Tie, Some(Decision::Ask)));
    for status in ["abstained", "timed_out", "invalid", "failed"] {
        let none = answer(base(json!([{"expert": "a", "option": "approve", "status": status}])));
        assert_eq!((none.outcome.as_str(), none.decision), ("no_votes", Some(Decision::Ask)), "{status}");
    }
    let mut unsure = base(json!([voted("a", "approve", 0.7)]));
    unsure["threshold"] = json!(0.75);
    let unsure = answer(unsure);
    assert_eq!(
        (unsure.outcome.as_str(), unsure.why, unsure.decision),
        ("uncertain", Why::Uncertain, Some(Decision::Ask))
    );
    let mut vetoed = base(json!([voted("a", "approve", 0.99), voted("b", "refuse", 0.6)]));
    vetoed["votes"][1]["veto"] = json!(true);
    let vetoed = answer(vetoed);
    assert_eq!((vetoed.why, vetoed.decision), (Why::Vetoed, Some(Decision::Refuse)));
    assert!(vetoed.per_expert[1].pivotal && !vetoed.per_expert[0].pivotal);
    // A question of another kind has no decision.
    assert_eq!(answer(json!({"votes": [voted("a", "x", 0.9)]})).decision, None);
}

#[test]
fn a_quorum_counts_votes_shares_and_lineages() {
    let mut panel = json!({"options": APPROVE_OR_REFUSE, "roster": ["a", "b", "c", "d"], "votes": [
        voted("a", "approve", 0.9), voted("b", "approve", 0.9)]});
    panel["votes"][0]["lineage"] = json!("m");
    panel["votes"][1]["lineage"] = json!("m");
    let mut with = |quorum: Value| {
        panel["quorum"] = quorum;
        answer(panel.clone()).outcome
    };
    assert_eq!(with(json!({"count": 2, "fraction": 0.5, "lineages": 1})), "approve");
    assert_eq!(with(json!({"count": 3})), "no_quorum");
    assert_eq!(with(json!({"fraction": 0.6})), "no_quorum");
    assert_eq!(with(json!({"lineages": 2})), "no_quorum");
    assert_eq!(with(json!(0.5)), "approve");
}

#[test]
fn losses_move_the_outcome_and_asking_may_be_cheapest() {
    let mut panel = json!({"options": APPROVE_OR_REFUSE, "votes": [voted("a", "approve", 0.8)]});
    panel["loss"] = json!({"approve": {"refuse": 10}, "refuse": {"approve": 1}});
    assert_eq!(answer(panel.clone()).outcome, "refuse");
    // A tie of losses: 0.2 × 4 = 0.8 × 1.
    panel["loss"]["approve"]["refuse"] = json!(4);
    assert_eq!(answer(panel.clone()).outcome, "tie");
    panel["loss"] = json!({"approve": {"refuse": 10}, "ask": {"approve": 0.1, "refuse": 0.1}});
    assert_eq!(answer(panel).why, Why::Uncertain);
}

#[test]
fn probabilities_are_a_vote_and_no_most_probable_option_is_an_abstention() {
    let panel = |p: Value| json!({"options": ["x", "y", "z"], "votes": [{"expert": "a", "probabilities": p}]});
    let spread = answer(panel(json!({"x": 0.5, "y": 0.4, "z": 0.1})));
    assert!((spread.posterior["y"] - 0.4).abs() < 1e-12 && spread.outcome == "x");
    assert_eq!(answer(panel(json!({"x": 0.5, "y": 0.5}))).outcome, "no_votes");
    assert_eq!(problems(panel(json!({"x": 0.5, "y": 0.4}))), ["the probabilities of a do not sum to 1"]);
    assert_eq!(problems(panel(json!({"x": 1.5, "y": -0.5}))), ["a probability of a is not between 0 and 1"]);
    assert_eq!(problems(panel(json!({"q": 1.0}))), ["a votes for q, which is not among the options"]);
    let mut both = panel(json!({"x": 1.0}));
    both["votes"][0]["option"] = json!("x");
    assert_eq!(problems(both), ["a has probabilities and also an option or a confidence"]);
}

#[test]
fn numbers_that_are_none_are_refused_each_by_name() {
    let mut panel = call(json!({"options": APPROVE_OR_REFUSE, "votes": [voted("a", "approve", 0.9)],
        "loss": {"approve": {"refuse": -1}, "later": {"approve": 1}}}));
    panel.votes[0].confidence = Some(f64::NAN);
    panel.votes[0].weight = Some(f64::INFINITY);
    panel.votes[0].cost_usd = Some(-1.0);
    panel.votes[0].elapsed_ms = Some(f64::NAN);
    panel.votes[0].confusion = [("approve".to_owned(), [("approve".to_owned(), f64::NAN)].into())].into();
    panel.threshold = f64::NAN;
    assert_eq!(aggregate(&panel).unwrap_err().len(), 8);
}

#[test]
fn a_learned_confusion_matrix_is_believed_as_far_as_it_was_seen() {
    let seen = |n: f64| {
        json!({"options": APPROVE_OR_REFUSE, "method": "bayesian", "votes": [{"expert": "a", "option": "approve",
            "reliability": 0.8, "confusion": {"approve": {"approve": n}, "refuse": {"approve": n}}}]})
    };
    // It says approve whatever is true: the more of that was seen, the less its approval says.
    let of = |n: f64| answer(seen(n)).posterior["approve"];
    assert!((of(0.0) - 0.8).abs() < 1e-9 && of(10.0) < 0.75 && of(1000.0) < 0.51, "{} {}", of(10.0), of(1000.0));
    let interval = |n: f64| answer(seen(n)).per_expert[0].interval.unwrap();
    let width = |(low, high): (f64, f64)| high - low;
    assert!(width(interval(1000.0)) < width(interval(0.0)) / 3.0);
}

#[test]
fn one_wild_expert_cannot_carry_the_median_away() {
    let panel = |method: &str, wild: f64| {
        json!({"options": APPROVE_OR_REFUSE, "method": method, "votes": [voted("a", "approve", 0.6),
            voted("b", "approve", 0.7), voted("c", "approve", 0.65), voted("wild", "refuse", wild)]})
    };
    let p = |method: &str, wild: f64| answer(panel(method, wild)).posterior["approve"];
    assert!((p("median", 0.7) - p("median", 1.0)).abs() < 1e-12);
    assert!(p("median", 1.0) > 0.59 && p("log-pool", 1.0) < 0.45, "{} {}", p("median", 1.0), p("log-pool", 1.0));
}

#[test]
fn who_would_have_had_to_vote_otherwise_is_named_and_is_enough() {
    let panel =
        json!({"votes": [voted("a", "x", 0.9), voted("b", "x", 0.8), voted("c", "x", 0.6), voted("d", "y", 0.7)]});
    let one = answer(panel.clone());
    assert_eq!((one.outcome.as_str(), one.flip.as_slice()), ("x", ["a".to_owned()].as_slice()));
    assert!(one.per_expert.iter().all(|it| !it.pivotal || it.expert == "a"));
    assert!(one.per_expert[0].log_odds > 0.0 && one.per_expert[3].log_odds < 0.0);
    let mut turned = panel;
    turned["votes"][0]["option"] = json!("y");
    assert_ne!(answer(turned).outcome, "x");
}

proptest! {
    /// However few, silent or contradictory: approval needs a valid vote for it that is ahead.
    #[test]
    fn nothing_approves_by_accident(
        raw in proptest::collection::vec((0_usize..2, 0.0_f64..=1.0, 0_usize..5), 0..6),
        method in 0_usize..5,
        count in 0_u32..4,
    ) {
        let methods = [Method::Majority, Method::Weighted, Method::Bayesian, Method::LogPool, Method::Median];
        let statuses = ["ok", "abstained", "timed_out", "invalid", "failed"];
        let votes: Vec<Value> = raw.iter().enumerate().map(|(at, (option, confidence, status))| {
            let (name, option, status) = (format!("e{at}"), APPROVE_OR_REFUSE[*option], statuses[*status]);
            json!({"expert": name, "option": option, "confidence": confidence, "status": status})
        }).collect();
        let mut panel = call(json!({"options": APPROVE_OR_REFUSE, "votes": votes, "quorum": {"count": count}}));
        panel.method = methods[method];
        let answer = aggregate(&panel).unwrap();
        let valid = raw.iter().filter(|(.., status)| *status == 0).count();
        if answer.decision == Some(Decision::Approve) {
            prop_assert!(valid > 0 && valid >= count as usize);
            prop_assert!(answer.posterior["approve"] > 0.5);
        }
        prop_assert_eq!(answer.outcome == "no_votes", valid == 0);
    }
}
