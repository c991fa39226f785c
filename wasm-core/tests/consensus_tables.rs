//! Tables of labels and forecasts: the published example, a slow oracle, and laws that hold for any table.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, clippy::cast_precision_loss)]
#![allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "a test that cannot go on should fail")]

use assent_core::consensus::tables::{Answered, Forecasts, Labels, TableMethod, answer, pool, skene};
use proptest::prelude::*;
use serde_json::Value;

const METHODS: [TableMethod; 5] = [
    TableMethod::Majority,
    TableMethod::Weighted,
    TableMethod::Bayesian,
    TableMethod::LogPool,
    TableMethod::DawidSkene,
];

/// A row: task, worker, label.
type Row = [u32; 3];

fn table(rows: &[Row], counts: [u32; 3]) -> Labels {
    let column = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<u32>>();
    Labels::new([&column(0), &column(1), &column(2)], counts).unwrap()
}

fn answered(rows: &[Row], counts: [u32; 3], method: TableMethod) -> Answered {
    answer(&table(rows, counts), method, &[]).unwrap()
}

fn anaesthetists() -> (Vec<Row>, Value) {
    let vector: Value = serde_json::from_str(include_str!("../../tests/vectors/consensus/anaesthetists.json")).unwrap();
    let mut rows = Vec::new();
    for (patient, readings) in vector["readings"].as_array().unwrap().iter().enumerate() {
        for (observer, classes) in readings.as_str().unwrap().split(' ').enumerate() {
            rows.extend(classes.bytes().map(|class| [patient as u32, observer as u32, u32::from(class - b'1')]));
        }
    }
    (rows, vector)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn the_anaesthetists_of_dawid_and_skene_have_the_papers_posteriors() {
    let (rows, vector) = anaesthetists();
    assert_eq!(rows.len(), 315);
    let labels = table(&rows, [45, 5, 4]);
    assert_eq!(labels.repeated(), 90);
    let golden: Vec<Vec<f64>> = vector["posterior"].as_array().unwrap().iter().map(numbers).collect();
    let exact = skene::fit(&labels, 0.0, skene::MOST_ROUNDS);
    assert!(exact.converged);
    let average = skene::fit(&labels, skene::PRIOR, skene::MOST_ROUNDS);
    for (patient, golden) in golden.iter().enumerate() {
        for (class, p) in golden.iter().enumerate() {
            let ours = exact.posterior[patient * 4 + class];
            assert!((ours - p).abs() < 1e-5, "patient {}, class {}: {ours} is not {p}", patient + 1, class + 1);
            let ours = average.posterior[patient * 4 + class];
            assert!((ours - p).abs() < 0.03, "with the prior, patient {}: {ours} is not {p}", patient + 1);
        }
    }
    // The shares of the four classes as published: .40, .42, .11, .07.
    for (class, published) in [0.40, 0.42, 0.11, 0.07].into_iter().enumerate() {
        let share = exact.posterior.iter().skip(class).step_by(4).sum::<f64>() / 45.0;
        assert!((share - published).abs() < 0.005, "{share} is not {published}");
        assert!((share - numbers(&vector["shares"])[class]).abs() < 1e-5);
    }
    let best = |p: &Vec<f64>| p.iter().position(|one| *one > 0.5).unwrap() as i32;
    let winners = answered(&rows, [45, 5, 4], TableMethod::DawidSkene).winners;
    assert_eq!(winners, golden.iter().map(best).collect::<Vec<i32>>());
}

/// The same model, written down as it stands: dense tables, products, no logarithms.
fn plain_skene(rows: &[Row], [tasks, options]: [usize; 2], rounds: u32) -> Vec<Vec<f64>> {
    let mut posterior = vec![vec![0.0; options]; tasks];
    for (task, chances) in posterior.iter_mut().enumerate() {
        let own: Vec<&Row> = rows.iter().filter(|row| row[0] as usize == task).collect();
        for (option, chance) in chances.iter_mut().enumerate() {
            let given = own.iter().filter(|row| row[2] as usize == option).count() as f64;
            *chance = if own.is_empty() { 1.0 / options as f64 } else { given / own.len() as f64 };
        }
    }
    let least = 0.01;
    for _ in 0..rounds {
        let share =
            |k: usize| (posterior.iter().map(|p| p[k]).sum::<f64>() + least) / (tasks as f64 + least * options as f64);
        let said = |worker: Option<usize>, k: usize, label: Option<usize>| -> f64 {
            let of = |row: &&Row| worker.is_none_or(|one| row[1] as usize == one);
            let with = |row: &&Row| label.is_none_or(|one| row[2] as usize == one);
            rows.iter().filter(of).filter(with).map(|row| posterior[row[0] as usize][k]).sum()
        };
        let all = |k: usize, label: usize| {
            (said(None, k, Some(label)) + least) / (said(None, k, None) + least * options as f64)
        };
        let confusion = |worker: usize, k: usize, label: usize| {
            (said(Some(worker), k, Some(label)) + skene::PRIOR * all(k, label))
                / (said(Some(worker), k, None) + skene::PRIOR)
        };
        let next = (0..tasks).map(|task| {
            let joint = (0..options).map(|k| {
                let own = rows.iter().filter(|row| row[0] as usize == task);
                share(k) * own.map(|row| confusion(row[1] as usize, k, row[2] as usize)).product::<f64>()
            });
            let joint: Vec<f64> = joint.collect();
            let sum: f64 = joint.iter().sum();
            joint.into_iter().map(|p| p / sum).collect()
        });
        posterior = next.collect();
    }
    posterior
}

fn rows(options: u32) -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec((0_u32..8, 0_u32..5, 0..options).prop_map(|(t, w, l)| [t, w, l]), 1..60)
}

proptest! {
    #[test]
    fn each_round_is_that_of_the_model_written_down(
        (options, rows) in (1_u32..8).prop_flat_map(|options| (Just(options), rows(options))),
        rounds in 1_u32..6,
    ) {
        let fit = skene::fit(&table(&rows, [8, 5, options]), skene::PRIOR, rounds);
        let plain = plain_skene(&rows, [8, options as usize], fit.rounds);
        for (ours, plain) in fit.posterior.iter().zip(plain.iter().flatten()) {
            prop_assert!((ours - plain).abs() < 1e-9, "{ours} is not {plain}");
        }
    }

    #[test]
    fn the_order_of_rows_decides_nothing_not_even_the_last_digit(
        (rows, turned) in rows(3).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        method in 0_usize..5,
    ) {
        let (one, other) = (answered(&rows, [8, 5, 3], METHODS[method]), answered(&turned, [8, 5, 3], METHODS[method]));
        prop_assert_eq!(one.winners, other.winners);
        prop_assert_eq!(one.probabilities, other.probabilities);
        prop_assert_eq!(one.summary, other.summary);
    }

    #[test]
    fn a_majority_has_more_votes_than_any_other_label_or_is_a_tie(rows in rows(4)) {
        let answered = answered(&rows, [8, 5, 4], TableMethod::Majority);
        for (task, winner) in answered.winners.iter().enumerate() {
            let votes = |label: u32| rows.iter().filter(|row| row[0] as usize == task && row[2] == label).count();
            let most = (0..4).map(votes).max().unwrap();
            let ahead: Vec<u32> = (0..4).filter(|label| votes(*label) == most).collect();
            prop_assert_eq!(*winner, if ahead.len() == 1 { ahead[0] as i32 } else { -1 });
        }
    }

    // Where tables are alike in two labels, noise in last digits must not grow over the rounds until one is preferred.
    #[test]
    fn whatever_labels_are_called_the_answers_are_the_same(rows in rows(3), method in 0_usize..5) {
        let renamed: Vec<Row> = rows.iter().map(|[task, worker, label]| [*task, *worker, (label + 1) % 3]).collect();
        let (one, other) = (answered(&rows, [8, 5, 3], METHODS[method]), answered(&renamed, [8, 5, 3], METHODS[method]));
        for (p, q) in one.probabilities.iter().zip(&other.probabilities) {
            prop_assert!((p - q).abs() < 1e-6);
        }
    }

    #[test]
    fn pooled_forecasts_lie_where_they_should(
        forecasts in proptest::collection::vec(prop_oneof![Just(0.0), Just(1.0), 0.0_f64..=1.0], 1..20),
    ) {
        let (low, high) = forecasts.iter().fold((1.0_f64, 0.0_f64), |(low, high), p| (low.min(*p), high.max(*p)));
        let mean = pool(TableMethod::Weighted, &forecasts).unwrap();
        prop_assert!((low - 1e-12..=high + 1e-12).contains(&mean));
        for method in [TableMethod::LogPool, TableMethod::Bayesian] {
            let p = pool(method, &forecasts).unwrap();
            prop_assert!(p > 0.0 && p < 1.0, "nobody is certain: {p}");
            let flipped: Vec<f64> = forecasts.iter().map(|p| 1.0 - p).collect();
            prop_assert!((pool(method, &flipped).unwrap() + p - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn ties_are_nobodys_and_right_by_their_share() {
    let rows = [[0, 0, 0], [0, 1, 1], [1, 0, 2], [1, 1, 2], [2, 0, 0], [2, 1, 1], [2, 2, 2]];
    let labels = table(&rows, [4, 3, 3]);
    let majority = answer(&labels, TableMethod::Majority, &[1, 2, 0, -1]).unwrap();
    assert_eq!(majority.winners, [-1, 2, -1, -1]);
    assert_eq!((majority.summary.ties, majority.summary.judged), (3, 3));
    assert!((majority.summary.right - (0.5 + 1.0 + 1.0 / 3.0)).abs() < 1e-12);
    let never_given = answer(&labels, TableMethod::Majority, &[-2, 2, -1, -1]).unwrap();
    assert_eq!((never_given.summary.judged, never_given.summary.right), (2, 1.0));
    // Two who always disagree: no method may prefer one of them.
    let split: Vec<Row> = (0..10).flat_map(|task| [[task, 0, 0], [task, 1, 1]]).collect();
    for method in METHODS {
        assert_eq!(answered(&split, [10, 2, 2], method).winners, [-1; 10], "{method:?}");
    }
}

/// Four who are right on 19 of 20 tasks at their own places, against five who say the same wrong thing half the time.
#[test]
fn who_is_reliable_counts_more() {
    let mut rows = Vec::new();
    for task in 0..200_u32 {
        let truth = task % 2;
        rows.extend((0..4).map(|worker| [task, worker, if task % 20 == worker { 1 - truth } else { truth }]));
        // The others answer by a pattern that has nothing to do with the task.
        rows.extend((4..9).map(|worker| [task, worker, (task / (worker - 2) + task.pow(2) / 3) % 2]));
    }
    let truth: Vec<i32> = (0..200).map(|task| task % 2).collect();
    let labels = table(&rows, [200, 9, 2]);
    let right = |method| answer(&labels, method, &truth).unwrap().summary.right;
    let majority = right(TableMethod::Majority);
    assert!(majority < 190.0, "{majority}");
    for method in [TableMethod::Weighted, TableMethod::LogPool] {
        assert!(right(method) >= majority, "{method:?}: {}", right(method));
    }
    for method in [TableMethod::Bayesian, TableMethod::DawidSkene] {
        assert!(right(method) >= 198.0, "{method:?}: {}", right(method));
    }
}

/// Somebody who always says the opposite tells as much as somebody who is always right.
#[test]
fn a_confusion_matrix_understands_the_contrary() {
    let mut rows = Vec::new();
    for task in 0..120_u32 {
        let truth = task % 2;
        rows.extend((0..3).map(|worker| [task, worker, if (task / 2) % 10 == worker { 1 - truth } else { truth }]));
        rows.extend((3..5).map(|worker| [task, worker, 1 - truth]));
    }
    let truth: Vec<i32> = (0..120).map(|task| task % 2).collect();
    let labels = table(&rows, [120, 5, 2]);
    let right = |method| answer(&labels, method, &truth).unwrap().summary.right;
    assert!((right(TableMethod::DawidSkene) - 120.0).abs() < 1e-12, "{}", right(TableMethod::DawidSkene));
    assert!(right(TableMethod::Majority) < 100.0);
}

#[test]
fn unsound_columns_are_refused() {
    assert!(Labels::new([&[0], &[0], &[0]], [1, 1, 1]).is_some());
    for columns in [[&[1][..], &[0], &[0]], [&[0], &[1], &[0]], [&[0], &[0], &[1]], [&[0], &[0], &[]]] {
        assert!(Labels::new(columns, [1, 1, 1]).is_none(), "{columns:?}");
    }
    assert!(Forecasts::new(&[0], &[0.5], 1).is_some());
    for (of, p) in [(&[1][..], &[0.5][..]), (&[0], &[f64::NAN]), (&[0], &[1.1]), (&[0], &[-0.1]), (&[0, 0], &[0.5])] {
        assert!(Forecasts::new(of, p, 1).is_none(), "{of:?} {p:?}");
    }
}

#[test]
fn a_table_that_would_not_fit_is_refused_by_the_method_that_holds_it_all() {
    let rows: Vec<Row> = (0..6_000).map(|n| [n, 0, n]).collect();
    let labels = table(&rows, [6_000, 1, 6_000]);
    assert!(answer(&labels, TableMethod::DawidSkene, &[]).unwrap_err().contains("6000 labels"));
    assert_eq!(answer(&labels, TableMethod::Majority, &[]).unwrap().winners[5_999], 5_999);
}

#[test]
fn forecasts_are_pooled_by_the_formulas() {
    let forecasts = [0.6, 0.9, 0.5];
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let mean = (logit(0.6) + logit(0.9)) / 3.0;
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    for (method, expected) in [
        (TableMethod::Majority, 2.5 / 3.0),
        (TableMethod::Weighted, 2.0 / 3.0),
        (TableMethod::LogPool, sigmoid(1.3 * mean)),
        (TableMethod::Bayesian, sigmoid(1.5 * mean)),
    ] {
        assert!((pool(method, &forecasts).unwrap() - expected).abs() < 1e-12, "{method:?}");
        let columns = Forecasts::new(&[2, 0, 2, 2], &[0.9, 0.25, 0.5, 0.6], 3).unwrap().pooled(method);
        assert!((columns[2] - expected).abs() < 1e-12 && columns[1].is_nan(), "{columns:?}");
    }
    assert_eq!(pool(TableMethod::DawidSkene, &forecasts), None);
    assert_eq!(pool(TableMethod::Weighted, &[]), None);
}
