//! Learned durations: they come near the truth from run to run, one bad run does not spoil them, and what is damaged is
//! not believed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use assent_core::durations::{Learned, Observed};
use assent_core::model::Operation;
use proptest::prelude::*;

const QUEUE: &str = "AWS::SQS::Queue";

fn create(ms: f64) -> Observed {
    Observed { type_name: QUEUE.to_owned(), operation: Operation::Create, ms }
}

fn expected(learned: &Learned, prior: f64) -> f64 {
    learned.estimate(QUEUE, Operation::Create, Some(prior)).unwrap()
}

/// What is kept between two runs is text.
fn after(runs: &[Vec<f64>]) -> Learned {
    let mut kept: Option<String> = None;
    for run in runs {
        let mut learned = Learned::read(kept.as_deref());
        learned.add(&run.iter().copied().map(create).collect::<Vec<_>>());
        kept = Some(learned.text());
    }
    Learned::read(kept.as_deref())
}

#[test]
fn nothing_learned_is_what_the_table_says_and_nothing_at_all_is_nothing() {
    let learned = Learned::default();
    assert_eq!(expected(&learned, 7_000.0), 7_000.0);
    assert_eq!(learned.estimate(QUEUE, Operation::Create, None), None);
    assert_eq!(learned.estimate(QUEUE, Operation::Create, Some(0.0)), None);
    // A type that the table does not know is learned all the same.
    let seen = after(&[vec![300.0]]);
    assert!((seen.estimate(QUEUE, Operation::Create, None).unwrap() - 300.0).abs() < 1e-6);
    assert_eq!(seen.estimate(QUEUE, Operation::Delete, None), None);
    assert_eq!(seen.estimate("AWS::SNS::Topic", Operation::Create, None), None);
}

#[test]
fn one_bad_run_moves_an_estimate_less_than_a_good_deal_and_a_change_for_good_is_learned() {
    let good = vec![vec![1_000.0; 5]; 10];
    let before = expected(&after(&good), 1_000.0);
    let bad = expected(&after(&[good.clone(), vec![vec![1e9]]].concat()), 1_000.0);
    assert!(bad <= before * 1.1, "{bad}");
    let many = expected(&after(&[good.clone(), vec![vec![1e9; 400]]].concat()), 1_000.0);
    assert!(many <= before * 2.0, "{many}");
    let changed = expected(&after(&[good, vec![vec![8_000.0; 5]; 20]].concat()), 1_000.0);
    assert!((7_000.0..=8_100.0).contains(&changed), "{changed}");
}

#[test]
fn a_run_counts_by_its_median() {
    let skewed = expected(&after(&[vec![100.0, 110.0, 120.0, 130.0, 60_000.0]]), 120.0);
    assert!((110.0..=130.0).contains(&skewed), "{skewed}");
    let even = after(&[vec![100.0, 400.0]]);
    assert!((even.estimate(QUEUE, Operation::Create, None).unwrap() - 200.0).abs() < 1e-6);
}

#[test]
fn an_end_that_was_only_seen_late_speaks_for_the_estimate_as_far_as_it_can() {
    let seen = |low, high, estimate| Observed::new(QUEUE, Operation::Create, low, high, estimate).ms;
    for (low, high, estimate, means) in [
        (9_000, 10_000, 100, 10_000.0),
        (10_000, 10_000, 100, 10_000.0),
        (0, 10_000, 4_000, 4_000.0),
        (0, 10_000, 60_000, 10_000.0),
        (3_000, 10_000, 1_000, 3_000.0),
        (0, 10_000, 0, 10_000.0),
        (0, 0, 0, 1.0),
        (5_000, 1_000, 0, 1_000.0),
    ] {
        assert!((seen(low, high, estimate) - means).abs() < 1e-9, "{low} {high} {estimate}");
    }
}

#[test]
fn damaged_texts_are_made_anew() {
    let sound = after(&[vec![1_000.0]]).text();
    for (from, to) in
        [("create", "vanish"), ("6.9", "1e999"), ("1.0", "-1.0"), ("1.0", "900"), ("6.9", "99"), ("{", "[")]
    {
        assert!(sound.contains(from), "{sound}");
        let mut learned = Learned::read(Some(&sound.replacen(from, to, 1)));
        assert_eq!(expected(&learned, 5_000.0), 5_000.0, "{from} for {to}");
        learned.add(&[create(5_000.0)]);
        assert!((expected(&learned, 5_000.0) - 5_000.0).abs() < 1.0);
    }
}

proptest! {
    #[test]
    fn whatever_the_table_says_estimates_come_within_a_tenth(
        truth in 5.0_f64..3e6,
        wrong in 0.02_f64..50.0,
        noise in prop::collection::vec(0.9_f64..1.1, 24),
    ) {
        let prior = truth * wrong;
        let runs: Vec<Vec<f64>> = noise.chunks(3).map(|chunk| chunk.iter().map(|factor| truth * factor).collect()).collect();
        let error = |runs: &[Vec<f64>]| (expected(&after(runs), prior) / truth).ln().abs();
        prop_assert!(error(&runs) <= 0.11, "{} for {truth}", expected(&after(&runs), prior));
        // Where the table was wrong by more than the noise, the first run is already a good deal better.
        if wrong.ln().abs() > 0.5 {
            prop_assert!(error(&runs[..1]) <= wrong.ln().abs() * 0.35, "{}", error(&runs[..1]));
        }
    }

    #[test]
    fn whatever_is_observed_estimates_stay_numbers(ms in prop::collection::vec(prop::num::f64::ANY, 0..30)) {
        let learned = after(&[ms]);
        let estimate = expected(&learned, 1_000.0);
        prop_assert!(estimate.is_finite() && estimate > 0.0, "{estimate}");
    }

    #[test]
    fn any_text_can_be_read(text in ".*") {
        prop_assert_eq!(expected(&Learned::read(Some(&text)), 1_000.0), 1_000.0);
    }
}
