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

const METHODS: [Method; 6] =
    [Method::Majority, Method::Weighted, Method::Bayesian, Method::LogPool, Method::Median, Method::DawidSkene];

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
fn who_approves_with_little_confidence_does_not_approve_where_nobody_has_named_the_other_option() {
    for method in METHODS.into_iter().filter(|method| *method != Method::Majority) {
        let mut panel = call(json!({"votes": [voted("a", "approve", 0.1)]}));
        panel.method = method;
        let answer = aggregate(&panel).unwrap();
        assert_eq!(answer.decision, Some(Decision::Refuse), "{method:?}");
        assert!((answer.posterior.values().sum::<f64>() - 1.0).abs() < 1e-12 && answer.posterior.len() == 2);
    }
}

#[test]
fn dawid_and_skene_on_one_question_rest_where_their_own_equation_holds() {
    let panel = json!({"options": APPROVE_OR_REFUSE, "method": "dawid-skene", "votes": [
        {"expert": "a", "option": "approve", "reliability": 0.8},
        {"expert": "b", "option": "approve", "reliability": 0.7,
            "confusion": {"approve": {"approve": 30, "refuse": 2}, "refuse": {"approve": 4, "refuse": 20}}},
        {"expert": "c", "option": "refuse", "reliability": 0.6}]});
    let one = answer(panel);
    assert_eq!((one.converged, one.outcome.as_str()), (Some(true), "approve"));
    assert!(one.rounds.unwrap() > 1);
    let (yes, no) = (one.posterior["approve"], one.posterior["refuse"]);
    // Ten answers a row of prior, what was seen, and this question so far as the row is true.
    let odds = ((8.0 + yes) / (10.0 + yes)) / ((2.0 + no) / (10.0 + no))
        * (((30.0 + 7.0 + yes) / (32.0 + 10.0 + yes)) / ((4.0 + 3.0 + no) / (24.0 + 10.0 + no)))
        * (((4.0 + yes) / (10.0 + yes)) / ((6.0 + no) / (10.0 + no)));
    assert!((yes / no - odds).abs() < 1e-6, "{} is not {odds}", yes / no);
}

#[test]
fn a_tie_of_many_stays_one_through_all_rounds() {
    let votes = |yes: usize, no: usize| -> Vec<Value> {
        (0..yes + no)
            .map(|at| voted(&format!("e{at:03}"), if at % 2 == 0 && at / 2 < yes { "x" } else { "y" }, 0.7))
            .collect()
    };
    for method in METHODS {
        let mut panel = call(json!({"votes": votes(40, 40)}));
        panel.method = method;
        assert_eq!(aggregate(&panel).unwrap().outcome, "tie", "{method:?}");
    }
}

#[test]
fn ten_thousand_experts_are_answered_by_every_method_and_a_flood_is_refused() {
    let votes = (0..10_000).map(|at| voted(&format!("e{at:05}"), if at % 5 < 2 { "refuse" } else { "approve" }, 0.7));
    let mut panel = call(json!({"votes": votes.collect::<Vec<_>>()}));
    for method in METHODS {
        panel.method = method;
        let answer = aggregate(&panel).unwrap();
        assert_eq!((answer.outcome.as_str(), answer.dissent.len()), ("approve", 4_000), "{method:?}");
        assert!((answer.per_expert.iter().map(|it| it.weight_used).sum::<f64>() - 1.0).abs() < 1e-9);
        // Two thousand more of them would have had to refuse, half of those for a tie.
        assert_eq!(answer.flip.len(), 1_000, "{method:?}");
    }
    let wide: Vec<String> = (0..100).map(|at| format!("o{at:02}")).collect();
    panel.votes = (0..40_001).map(|at| serde_json::from_value(voted(&at.to_string(), "o01", 0.5)).unwrap()).collect();
    panel.options = wide;
    assert_eq!(aggregate(&panel).unwrap_err(), ["40001 votes on 100 options are more than one question takes"]);
}

#[test]
fn one_that_outweighs_all_others_leaves_them_what_they_say() {
    for method in ["weighted", "log-pool", "median"] {
        let panel = json!({"options": ["x", "y"], "method": method, "votes": [
            {"expert": "a", "option": "x", "confidence": 0.99, "weight": 1e300},
            {"expert": "b", "option": "y", "confidence": 0.9, "weight": 1e-300}]});
        let one = answer(panel);
        let left = one.posterior["x"] - one.per_expert[0].contribution;
        assert!(left > 0.0 && left < 0.11, "{method}: {left}");
    }
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
    /// The one pass against the obvious: each expert left out of the call in turn.
    #[test]
    fn what_an_expert_contributes_is_what_its_absence_changes(
        raw in proptest::collection::vec((0_usize..3, 0.0_f64..=1.0, 0.01_f64..100.0, 0_usize..3), 1..9),
        method in 0_usize..5,
        lineages in 0_u32..3,
    ) {
        let names = ["x", "y", "z"];
        let votes: Vec<Value> = raw.iter().enumerate().map(|(at, (option, confidence, weight, lineage))| {
            let mut vote = voted(&format!("e{at}"), names[*option], *confidence);
            vote["weight"] = json!(weight);
            if *lineage > 0 {
                vote["lineage"] = json!(lineage.to_string());
            }
            vote
        }).collect();
        let roster: Vec<String> = (0..raw.len()).map(|at| format!("e{at}")).collect();
        let mut panel = call(json!({"options": names, "votes": votes, "roster": roster, "quorum": {"lineages": lineages}}));
        panel.method = METHODS[method];
        let all = aggregate(&panel).unwrap();
        for (at, one) in all.per_expert.iter().enumerate() {
            let mut others = panel.clone();
            others.votes.remove(at);
            let without = aggregate(&others).unwrap();
            let close = |p: f64, q: f64| (p - q).abs() < 1e-9;
            if let Some(p) = all.posterior.get(&all.outcome) {
                prop_assert!(close(one.contribution, p - without.posterior[&all.outcome]), "{one:?} {without:?}");
                // Within rounding of a tie the last digit decides.
                let mut ahead: Vec<f64> = without.posterior.values().copied().collect();
                ahead.sort_by(f64::total_cmp);
                if !(ahead[2] - ahead[1] > 1e-11 && ahead[2] - ahead[1] < 1e-7) {
                    prop_assert_eq!(one.pivotal, without.outcome != all.outcome);
                }
            } else {
                prop_assert_eq!(one.contribution, 0.0);
            }
        }
    }

    /// However few, silent or contradictory: approval needs a valid vote for it that is ahead.
    #[test]
    fn nothing_approves_by_accident(
        raw in proptest::collection::vec((0_usize..2, 0.0_f64..=1.0, 0_usize..5), 0..6),
        method in 0_usize..6,
        count in 0_u32..4,
    ) {
        let statuses = ["ok", "abstained", "timed_out", "invalid", "failed"];
        let votes: Vec<Value> = raw.iter().enumerate().map(|(at, (option, confidence, status))| {
            let (name, option, status) = (format!("e{at}"), APPROVE_OR_REFUSE[*option], statuses[*status]);
            json!({"expert": name, "option": option, "confidence": confidence, "status": status})
        }).collect();
        let mut panel = call(json!({"options": APPROVE_OR_REFUSE, "votes": votes, "quorum": {"count": count}}));
        panel.method = METHODS[method];
        let answer = aggregate(&panel).unwrap();
        let valid = raw.iter().filter(|(.., status)| *status == 0).count();
        if answer.decision == Some(Decision::Approve) {
            prop_assert!(valid > 0 && valid >= count as usize);
            prop_assert!(answer.posterior["approve"] > 0.5);
        }
        prop_assert_eq!(answer.outcome == "no_votes", valid == 0);
    }
}
