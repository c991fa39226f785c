//! Whom the circle asks next, and when it has heard enough.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on should fail")]

use assent_core::circle::{Consultation, DecideAnswer, DecideCall, Decision, Stopped, decide};
use proptest::prelude::*;
use serde_json::{Value, json};

const BUILT_IN: [&str; 8] =
    ["availability", "blast-radius", "cost", "data-safety", "history", "hygiene", "permissions", "policy"];

/// A circle without the built-in experts, of these.
fn policy(experts: &[&str], more: Value) -> Value {
    let mut policy = json!({"experts": {}});
    for name in BUILT_IN {
        policy["experts"][name] = json!({"enabled": false});
    }
    for name in experts {
        policy["experts"][*name] = json!({});
    }
    for (key, value) in more.as_object().unwrap() {
        policy[key] = value.clone();
    }
    policy
}

fn says(expert: &str, option: &str, confidence: f64) -> Value {
    json!({"expert": expert, "option": option, "confidence": confidence})
}

fn call(policy: &Value, votes: &[Value]) -> DecideCall {
    serde_json::from_value(json!({"policy": policy, "votes": votes})).unwrap()
}

fn decided(call: &DecideCall) -> Consultation {
    match decide(call) {
        DecideAnswer::Decided { consultation } => *consultation,
        other => panic!("{other:?}"),
    }
}

fn asks(call: &DecideCall) -> Vec<String> {
    match decide(call) {
        DecideAnswer::Ask { next } => next,
        other => panic!("{other:?}"),
    }
}

/// Votes of a past in which every expert but `b` was right nine times of ten and `b` half of the time; newest first.
fn past(experts: &[&str], n: usize) -> Value {
    let outcome = |at: usize| {
        let good = !at.is_multiple_of(3);
        let votes = experts.iter().enumerate().map(|(who, expert)| {
            let right = if *expert == "b" { at.is_multiple_of(2) } else { !(at + who).is_multiple_of(10) };
            says(expert, if right == good { "approve" } else { "refuse" }, 0.9)
        });
        json!({"good": good, "votes": votes.collect::<Vec<_>>()})
    };
    (0..n).map(outcome).collect()
}

#[test]
fn experts_weigh_as_they_did_on_changes_of_the_same_class() {
    let three = ["a", "b", "c"];
    let equal = policy(&three, json!({"objection": 2.0}));
    // `a` was right about updates and wrong about data, the others the other way round.
    let past: Vec<Value> = (0..200)
        .map(|at| {
            let data = at % 2 == 0;
            let of = |right: bool| if right == (at % 4 < 2) { "approve" } else { "refuse" };
            json!({"good": at % 4 < 2, "class": if data { "data" } else { "update" }, "votes": [
                says("a", of(!data), 0.9), says("b", of(data), 0.9), says("c", of(data), 0.9)]})
        })
        .collect();
    let votes = [says("a", "approve", 0.9), says("b", "refuse", 0.9), says("c", "refuse", 0.9)];
    let mut call = call(&equal, &votes);
    call.outcomes = serde_json::from_value(json!(past)).unwrap();
    let mut on = |class: Value| {
        call.class = serde_json::from_value(class).unwrap();
        decided(&call)
    };
    assert_eq!(on(json!("update")).decision, Decision::Approve);
    assert_eq!(on(json!("data")).decision, Decision::Refuse);
    assert!(on(json!("update")).reliability["a"] > 0.9 && on(json!("data")).reliability["a"] < 0.2);
    // Over all classes everybody was right half of the time: nobody is believed more than another.
    let overall = on(Value::Null);
    assert!((overall.reliability["a"] - overall.reliability["b"]).abs() < 1e-12);
}

#[test]
fn asking_ends_as_soon_as_nothing_can_change_the_decision() {
    let five = ["a", "b", "c", "d", "e"];
    let all = |option: &str| ["a", "b", "c", "d"].map(|name| says(name, option, 1.0));
    let lossless = policy(&five, json!({}));
    assert_eq!(asks(&call(&lossless, &all("refuse")[..2])).len(), 3);
    let end = decided(&call(&lossless, &all("refuse")));
    assert_eq!((end.decision, end.stopped), (Decision::Refuse, Stopped::Settled));
    assert_eq!(end.unasked, ["e"]);
    // Approval waits for whoever might object strongly, unless no objection is strong.
    assert_eq!(asks(&call(&lossless, &all("approve"))), ["e"]);
    let calm = policy(&five, json!({"objection": 2.0}));
    assert_eq!(decided(&call(&calm, &all("approve"))).stopped, Stopped::Settled);
    // A quorum that cannot be reached any more.
    let silent = ["a", "b", "c"].map(|name| json!({"expert": name, "status": "timed_out"}));
    let end = decided(&call(&lossless, &silent));
    assert_eq!((end.decision, end.stopped), (Decision::Ask, Stopped::Settled));
}

#[test]
fn a_veto_refuses_alone_and_its_silence_is_no_approval() {
    let mut circle = policy(&["a", "b", "c"], json!({}));
    circle["experts"]["v"] = json!({"veto": true});
    let mut votes = vec![says("v", "refuse", 0.8)];
    let end = decided(&call(&circle, &votes));
    assert_eq!((end.decision, end.stopped), (Decision::Refuse, Stopped::Settled));
    votes = ["a", "b", "c"].map(|name| says(name, "approve", 0.9)).to_vec();
    assert_eq!(asks(&call(&circle, &votes)), ["v"]);
    let ended = |votes: &[Value]| {
        let mut call = call(&circle, votes);
        call.last = true;
        decided(&call)
    };
    assert_eq!((ended(&votes).decision, ended(&votes).stopped), (Decision::Ask, Stopped::Deadline));
    votes.push(json!({"expert": "v", "status": "invalid"}));
    assert_eq!(ended(&votes).decision, Decision::Ask);
    votes.pop();
    votes.push(json!({"expert": "v", "status": "abstained"}));
    assert_eq!(ended(&votes).decision, Decision::Approve);
    // An expert does not give itself a veto, nor a weight.
    let mut loud =
        vec![says("a", "refuse", 0.9), says("b", "approve", 0.9), says("c", "approve", 0.9), says("v", "approve", 0.9)];
    loud[0]["veto"] = json!(true);
    loud[0]["weight"] = json!(1000);
    assert_eq!(decided(&call(&circle, &loud)).decision, Decision::Ask);
}

#[test]
fn the_next_ones_are_those_worth_most_for_what_they_cost() {
    let mut circle = policy(&["a", "b", "c"], json!({}));
    circle["experts"]["c"] = json!({"costUsd": 0.5});
    circle["experts"]["d"] = json!({"costUsd": 0.5, "veto": true});
    let mut call = call(&circle, &[]);
    call.outcomes = serde_json::from_value(past(&["a", "b", "c", "d"], 60)).unwrap();
    // The veto first, then who is right more often, then who costs something.
    assert_eq!(asks(&call), ["d", "a", "b", "c"]);
    call.wave = Some(2);
    assert_eq!(asks(&call), ["d", "a"]);
    call.wave = None;
    call.budget_usd = Some(0.6);
    assert_eq!(asks(&call), ["d", "a", "b"]);
    call.budget_usd = Some(0.1);
    assert_eq!(asks(&call), ["a", "b"]);
    call.votes = serde_json::from_value(json!(["a", "b"].map(|name| says(name, "approve", 0.9)))).unwrap();
    let end = decided(&call);
    assert_eq!((end.decision, end.stopped), (Decision::Ask, Stopped::Budget));
}

#[test]
fn configured_rules_end_earlier_and_leave_the_decision_to_the_votes() {
    let many = ["a", "c", "d", "e", "f", "g"];
    let votes: Vec<Value> = ["a", "c", "d"].iter().map(|name| says(name, "approve", 0.9)).collect();
    let with = |stop: Value| {
        let mut call = call(&policy(&many, json!({"stop": stop})), &votes);
        call.outcomes = serde_json::from_value(past(&many, 200)).unwrap();
        decide(&call)
    };
    let stopped = |answer: DecideAnswer| match answer {
        DecideAnswer::Decided { consultation } => Some((consultation.decision, consultation.stopped)),
        _ => None,
    };
    assert_eq!(stopped(with(json!({"rule": "lossless"}))), None);
    let sprt = |alpha: f64| with(json!({"rule": "sprt", "wrongApprovals": alpha, "wrongRefusals": 0.05}));
    assert_eq!(stopped(sprt(0.05)), Some((Decision::Approve, Stopped::Rule)));
    assert_eq!(stopped(sprt(1e-9)), None);
    let evoi = |wrong: f64| {
        let mut circle = policy(
            &many,
            json!({"stop": {"rule": "evoi", "wrongApprovalUsd": wrong, "wrongRefusalUsd": 1, "askUsd": 1}}),
        );
        for name in many {
            circle["experts"][name] = json!({"costUsd": 0.02});
        }
        let mut call = call(&circle, &votes);
        call.outcomes = serde_json::from_value(past(&many, 200)).unwrap();
        stopped(decide(&call))
    };
    assert_eq!(evoi(1.0), Some((Decision::Approve, Stopped::Rule)));
    assert_eq!(evoi(1_000.0), None);
}

#[test]
fn an_error_rate_is_kept_by_past_outcomes_and_without_enough_a_person_is_asked() {
    let three = ["a", "c", "d"];
    let votes = three.map(|name| says(name, "approve", 0.9));
    let with = |n: usize, rate: f64| {
        let mut call = call(&policy(&three, json!({"errorRate": rate})), &votes);
        call.outcomes = serde_json::from_value(past(&three, n)).unwrap();
        decided(&call)
    };
    let thin = with(20, 0.05);
    assert_eq!((thin.decision, thin.calibration.unwrap().threshold), (Decision::Ask, None));
    assert!(thin.reasons.iter().any(|why| why.contains("10 of the 19 past outcomes")), "{:?}", thin.reasons);
    let enough = with(200, 0.05);
    assert_eq!((enough.decision, enough.calibration.unwrap().cases), (Decision::Approve, 100));
    assert!(enough.calibration.unwrap().threshold.unwrap() > 0.6);
    // Who has left the circle has no say in it: scores are those of whoever decides now.
    let mut left = call(&policy(&three, json!({"errorRate": 0.05})), &votes);
    left.outcomes = serde_json::from_value(past(&["a", "c", "d", "b"], 200)).unwrap();
    assert_eq!(decided(&left).calibration, enough.calibration);
}

#[test]
fn a_policy_that_makes_no_sense_is_refused_and_decides_nothing() {
    let refused = |more: Value| match decide(&call(&policy(&["a"], more), &[says("a", "approve", 1.0)])) {
        DecideAnswer::Refused { problems } => problems,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(json!({"approve": 0.5})), ["approve is not above 0.5 and at most 1"]);
    assert_eq!(refused(json!({"errorRate": 0.0})), ["errorRate is not between 0 and 1"]);
    assert_eq!(refused(json!({"quorum": {"fraction": 2}})), ["quorum.fraction is not between 0 and 1"]);
    assert_eq!(refused(json!({"stop": {"rule": "sprt", "wrongApprovals": 0.9, "wrongRefusals": 0.9}})).len(), 1);
    assert_eq!(refused(json!({"experts": {"a": {"weight": 0.0}}})).len(), 1);
    let twice = decide(&call(&policy(&["a"], json!({})), &[says("a", "approve", 1.0), says("a", "refuse", 1.0)]));
    assert_eq!(twice, DecideAnswer::Refused { problems: vec!["a votes twice".into()] });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Experts answer when they answer: the whole answer is the same, reasons and whom to ask included.
    #[test]
    fn the_order_of_votes_decides_nothing(
        (order, answers) in proptest::collection::vec((0_usize..2, 0_u32..=20, 0.1_f64..3.0), 2..8)
            .prop_flat_map(|answers| (Just((0..answers.len()).collect::<Vec<_>>()).prop_shuffle(), Just(answers))),
        rule in 0_usize..3,
        left in 0_usize..3,
    ) {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        let stop = [
            json!({"rule": "lossless"}),
            json!({"rule": "sprt", "wrongApprovals": 0.1, "wrongRefusals": 0.1}),
            json!({"rule": "evoi", "wrongApprovalUsd": 9, "wrongRefusalUsd": 3, "askUsd": 1}),
        ][rule].clone();
        let mut circle = policy(&names[..answers.len() + left], json!({"stop": stop}));
        let votes: Vec<Value> = answers.iter().zip(names).map(|((option, percent, weight), name)| {
            circle["experts"][name] = json!({"weight": weight, "costUsd": 0.1});
            let mut vote = says(name, if *option == 0 { "approve" } else { "refuse" }, f64::from(*percent) / 20.0);
            vote["reasons"] = json!([format!("{name} says so")]);
            vote
        }).collect();
        let asked = |votes: &[Value]| {
            let mut call = call(&circle, votes);
            call.outcomes = serde_json::from_value(past(&names, 30)).unwrap();
            decide(&call)
        };
        let shuffled: Vec<Value> = order.into_iter().map(|at| votes[at].clone()).collect();
        prop_assert_eq!(asked(&shuffled), asked(&votes));
    }

    /// Whoever is asked in whatever order, and whatever they answer: to stop early never changes the decision.
    #[test]
    fn stopping_early_loses_nothing(
        answers in proptest::collection::vec((0_usize..2, 0_u32..=20, 0_usize..6, 0.1_f64..3.0, 0_usize..12), 1..8),
        objection in 0_usize..3,
        count in 0_u32..4,
        lineages in 0_u32..3,
        approve in 0_usize..3,
    ) {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let (objection, approve) = ([0.75, 0.9, 2.0][objection], [0.55, 0.6, 0.8][approve]);
        let mut circle = policy(&names[..answers.len()], json!({"objection": objection, "approve": approve,
            "quorum": {"count": count, "lineages": lineages}}));
        let votes: Vec<Value> = answers.iter().enumerate().map(|(at, (option, percent, status, weight, kind))| {
            let name = names[at];
            let lineage = (!kind.is_multiple_of(2)).then_some("m");
            circle["experts"][name] = json!({"weight": weight, "veto": *kind == 0, "lineage": lineage});
            match status {
                0 => json!({"expert": name, "status": "abstained"}),
                1 => json!({"expert": name, "status": "timed_out"}),
                _ => says(name, if *option == 0 { "approve" } else { "refuse" }, f64::from(*percent) / 20.0),
            }
        }).collect();
        let end = decided(&call(&circle, &votes));
        for asked in 0..votes.len() {
            if let DecideAnswer::Decided { consultation } = decide(&call(&circle, &votes[..asked])) {
                prop_assert_eq!(consultation.stopped, Stopped::Settled);
                prop_assert_eq!(consultation.decision, end.decision, "after {} of {}", asked, votes.len());
            }
        }
    }
}
