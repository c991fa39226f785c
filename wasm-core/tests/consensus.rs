//! Aggregation against golden answers (computed with 50 decimal digits from the formulas) and against corrupted calls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use assent_core::consensus::aggregate;
use serde_json::Value;

#[test]
fn answers_follow_the_vectors() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../tests/vectors/consensus/answers.json")).unwrap();
    for vector in vectors {
        let answer = aggregate(&serde_json::from_value(vector["call"].clone()).unwrap()).unwrap();
        close(&serde_json::to_value(answer).unwrap(), &vector["answer"], vector["name"].as_str().unwrap());
    }
}

#[test]
fn corrupted_calls_are_refused_for_their_reason() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/vectors/consensus/refusals.json")).unwrap();
    for vector in vectors {
        let problems = aggregate(&serde_json::from_value(vector["call"].clone()).unwrap()).unwrap_err();
        assert_eq!(serde_json::to_value(problems).unwrap(), vector["problems"], "{}", vector["name"]);
    }
}

/// Equal but for the last digits of numbers.
fn close(one: &Value, other: &Value, at: &str) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            // What the vectors do not have, `consensus_panel` tests.
            right.iter().for_each(|(key, value)| close(&left[key], value, &format!("{at}: {key}")));
        }
        (Value::Array(left), Value::Array(right)) => {
            assert_eq!(left.len(), right.len(), "{at}");
            left.iter().zip(right).for_each(|(left, right)| close(left, right, at));
        }
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.as_f64().unwrap(), right.as_f64().unwrap());
            assert!((left - right).abs() < 1e-12, "{at}: {left} is not {right}");
        }
        _ => assert_eq!(one, other, "{at}"),
    }
}
