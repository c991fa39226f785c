//! Tables with many different labels: only what was given takes time, and the answer is the one of the whole sums.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

use assent_core::consensus::tables::{Labels, TableMethod, answer};
use proptest::prelude::*;

/// Majority, by counting every label of every task.
fn majority(rows: &[(u32, u32, u32)], tasks: u32, options: u32) -> Vec<(i32, f64)> {
    let of = |task: u32| {
        let count = |label: u32| rows.iter().filter(|row| row.0 == task && row.2 == label).count();
        let counts: Vec<usize> = (0..options).map(count).collect();
        let most = *counts.iter().max().unwrap();
        let first: Vec<usize> = (0..counts.len()).filter(|label| counts[*label] == most).collect();
        let winner = if first.len() == 1 { i32::try_from(first[0]).unwrap() } else { -1 };
        (winner, most as f64 / counts.iter().sum::<usize>() as f64)
    };
    (0..tasks).map(of).collect()
}

/// The logarithmic pool, every label's logarithm summed over all workers of the task.
fn pool(rows: &[(u32, u32, u32)], tasks: u32, workers: u32, options: u32) -> Vec<Vec<f64>> {
    let ahead = |task: u32, label: u32| {
        let count = |label: u32| rows.iter().filter(|row| row.0 == task && row.2 == label).count();
        let most = (0..options).map(count).max().unwrap();
        let first = (0..options).filter(|label| count(*label) == most).count();
        if count(label) == most { 1.0 / first as f64 } else { 0.0 }
    };
    let mean = rows.iter().map(|row| ahead(row.0, row.2)).sum::<f64>() / rows.len() as f64;
    let confidence = |worker: u32| {
        let own = || rows.iter().filter(|row| row.1 == worker);
        let right: f64 = own().map(|row| ahead(row.0, row.2)).sum();
        ((right + 2.0 * mean) / (own().count() as f64 + 2.0)).clamp(0.01, 0.99)
    };
    let confidences: Vec<f64> = (0..workers).map(confidence).collect();
    let of = |task: u32| {
        let log = |label: u32| -> f64 {
            let own = rows.iter().filter(|row| row.0 == task);
            own.map(|row| {
                let c = confidences[row.1 as usize];
                if row.2 == label { c.ln() } else { ((1.0 - c) / f64::from(options.max(2) - 1)).ln() }
            })
            .sum()
        };
        let logs: Vec<f64> = (0..options).map(log).collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - top).exp()).sum();
        logs.iter().map(|log| (log - top).exp() / sum).collect()
    };
    (0..tasks).map(of).collect()
}

/// Rows with a few tasks, workers and labels; every task has one.
fn table() -> impl Strategy<Value = (Vec<(u32, u32, u32)>, u32)> {
    (2_u32..7, prop::collection::vec((0_u32..5, 0_u32..4, any::<u32>()), 0..25)).prop_map(|(options, rows)| {
        let all = rows.into_iter().chain((0..5).map(|task| (task, task % 4, task * 7)));
        (all.map(|(task, worker, label)| (task, worker, label % options)).collect(), options)
    })
}

fn answered(rows: &[(u32, u32, u32)], options: u32, method: TableMethod, truth: &[i32]) -> (Vec<i32>, Vec<f64>, f64) {
    let column = |of: fn(&(u32, u32, u32)) -> u32| rows.iter().map(of).collect::<Vec<u32>>();
    let (tasks, workers, labels) = (column(|row| row.0), column(|row| row.1), column(|row| row.2));
    let labels = Labels::new([&tasks, &workers, &labels], [5, 4, options]).unwrap();
    let answered = answer(&labels, method, truth).unwrap();
    (answered.winners, answered.probabilities, answered.summary.right)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn some_sums_answer_as_all_of_them((rows, options) in table(), truth in prop::collection::vec(-2_i32..7, 5)) {
        let truth: Vec<i32> = truth.into_iter().map(|label| label.min(i32::try_from(options).unwrap() - 1)).collect();
        let (winners, probabilities, _) = answered(&rows, options, TableMethod::Majority, &truth);
        for (task, (winner, p)) in majority(&rows, 5, options).into_iter().enumerate() {
            prop_assert_eq!(winners[task], winner);
            prop_assert!((probabilities[task] - p).abs() < 1e-12);
        }
        let (winners, probabilities, right) = answered(&rows, options, TableMethod::LogPool, &truth);
        let mut expected = 0.0;
        for (task, chances) in pool(&rows, 5, 4, options).into_iter().enumerate() {
            let best = chances.iter().copied().fold(0.0, f64::max);
            let ahead: Vec<usize> = (0..chances.len()).filter(|label| best - chances[*label] <= 1e-9).collect();
            let winner = if ahead.len() == 1 { i32::try_from(ahead[0]).unwrap() } else { -1 };
            prop_assert_eq!(winners[task], winner, "{:?}", chances);
            prop_assert!((probabilities[task] - best).abs() < 1e-11);
            let known = usize::try_from(truth[task]).is_ok_and(|truth| ahead.contains(&truth));
            expected += if known { 1.0 / ahead.len() as f64 } else { 0.0 };
        }
        prop_assert!((right - expected).abs() < 1e-9);
    }
}

#[test]
fn a_label_of_its_own_for_each_of_300_000_tasks_takes_no_longer_than_its_rows() {
    let rows: Vec<u32> = (0..300_000).collect();
    let workers: Vec<u32> = rows.iter().map(|row| row % 7).collect();
    let labels = Labels::new([&rows, &workers, &rows], [300_000, 7, 300_000]).unwrap();
    for method in [TableMethod::Majority, TableMethod::Weighted, TableMethod::LogPool] {
        let answered = answer(&labels, method, &[]).unwrap();
        assert_eq!((answered.winners[299_999], answered.summary.ties), (299_999, 0), "{method:?}");
    }
    assert!(answer(&labels, TableMethod::Bayesian, &[]).is_err());
}
