//! Tables of labels and forecasts: the published example, a slow oracle, and laws that hold for any table.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, clippy::cast_precision_loss)]
#![allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "a test that cannot go on should fail")]

use assent_core::consensus::tables::skene::Prior;
use assent_core::consensus::tables::{Answered, Forecasts, Labels, Pooled, TableMethod, answer, skene};
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

/// One question, everybody once.
fn pool(method: TableMethod, forecasts: &[f64]) -> f64 {
    let [questions, forecasters] = [vec![0; forecasts.len()], (0..forecasts.len() as u32).collect::<Vec<u32>>()];
    let counts = [1, forecasts.len() as u32];
    Forecasts::new([&questions, &forecasters], forecasts, counts).unwrap().pooled(method, &[]).p[0]
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
    let exact = skene::fit(&labels, Prior::None, skene::MOST_ROUNDS);
    assert!(exact.converged);
    let average = skene::fit(&labels, Prior::Everybody, skene::MOST_ROUNDS);
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

/// Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), sections A, B and C: observers by units, a dot where
/// somebody has not looked. <https://repository.upenn.edu/asc_papers/43>
#[test]
fn krippendorffs_own_examples_have_his_alphas() {
    for (observers, published) in [
        (&["0100000010", "1110010000"][..], 0.095),
        (&["aabbdcccedda", "babbbccceddd"][..], 0.692),
        (&["123321412...", "1233224125.3", ".3332342251.", "12332441251."][..], 0.743),
    ] {
        let mut rows = Vec::new();
        for (observer, readings) in observers.iter().enumerate() {
            for (unit, value) in readings.bytes().enumerate().filter(|(_, value)| *value != b'.') {
                rows.push([unit as u32, observer as u32, u32::from(value)]);
            }
        }
        let alpha = answered(&rows, [12, 4, 128], TableMethod::Majority).summary.alpha.unwrap();
        assert!((alpha - published).abs() < 0.0005, "{alpha} is not {published}");
    }
}

#[test]
fn agreement_by_chance_is_none_and_without_a_second_opinion_not_defined() {
    let alpha = |rows: &[Row]| answered(rows, [8, 5, 3], TableMethod::Majority).summary.alpha;
    assert_eq!(alpha(&[[0, 0, 0], [1, 1, 1], [2, 0, 2]]), None);
    assert_eq!(alpha(&[[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), None);
    assert_eq!(alpha(&[[0, 0, 0], [0, 1, 0], [1, 0, 1], [1, 1, 1], [2, 3, 2]]), Some(1.0));
    assert!(alpha(&[[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]).unwrap() < 0.0);
}

/// The same model, written down as it stands: dense tables, products, no logarithms.
fn plain_skene(rows: &[Row], [tasks, options]: [usize; 2], prior: Prior, rounds: u32) -> Vec<Vec<f64>> {
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
        let right = |worker: Option<usize>| (0..options).map(|k| said(worker, k, Some(k))).sum::<f64>();
        let given = |worker: Option<usize>| (0..options).map(|k| said(worker, k, None)).sum::<f64>();
        // The mean is smoothed as the pooled matrix is.
        let mean = (right(None) + least * options as f64) / (given(None) + least * (options * options) as f64);
        let expected = |worker: usize, k: usize, label: usize| {
            let own = ((right(Some(worker)) + 2.0 * mean) / (given(Some(worker)) + 2.0)).clamp(0.01, 0.99);
            match prior {
                Prior::None | Prior::Everybody => all(k, label),
                Prior::Own if k == label => own,
                Prior::Own => (1.0 - own) * all(k, label) / (1.0 - all(k, k)),
            }
        };
        let confusion = |worker: usize, k: usize, label: usize| {
            (said(Some(worker), k, Some(label)) + prior.labels(options) * expected(worker, k, label))
                / (said(Some(worker), k, None) + prior.labels(options))
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
        own in any::<bool>(),
    ) {
        let prior = if own { Prior::Own } else { Prior::Everybody };
        let fit = skene::fit(&table(&rows, [8, 5, options]), prior, rounds);
        let plain = plain_skene(&rows, [8, options as usize], prior, fit.rounds);
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
        let mean = pool(TableMethod::Weighted, &forecasts);
        prop_assert!((low - 1e-12..=high + 1e-12).contains(&mean));
        for method in [TableMethod::LogPool, TableMethod::Bayesian, TableMethod::DawidSkene] {
            let p = pool(method, &forecasts);
            prop_assert!(p > 0.0 && p < 1.0, "nobody is certain: {p}");
            let flipped: Vec<f64> = forecasts.iter().map(|p| 1.0 - p).collect();
            prop_assert!((pool(method, &flipped) + p - 1.0).abs() < 1e-9);
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
    for method in [TableMethod::DawidSkene, TableMethod::Bayesian] {
        assert!((right(method) - 120.0).abs() < 1e-12, "{method:?}: {}", right(method));
    }
    assert!(right(TableMethod::Majority) < 100.0);
}

#[test]
fn unsound_columns_are_refused() {
    assert!(Labels::new([&[0], &[0], &[0]], [1, 1, 1]).is_some());
    for columns in [[&[1][..], &[0], &[0]], [&[0], &[1], &[0]], [&[0], &[0], &[1]], [&[0], &[0], &[]]] {
        assert!(Labels::new(columns, [1, 1, 1]).is_none(), "{columns:?}");
    }
    assert!(Forecasts::new([&[0], &[0]], &[0.5], [1, 1]).is_some());
    for (of, p) in [(&[1][..], &[0.5][..]), (&[0], &[f64::NAN]), (&[0], &[1.1]), (&[0], &[-0.1]), (&[0, 0], &[0.5])] {
        assert!(Forecasts::new([of, &[0]], p, [1, 1]).is_none(), "{of:?} {p:?}");
        assert!(Forecasts::new([&[0], of], p, [1, 1]).is_none(), "{of:?} {p:?}");
    }
}

#[test]
fn a_table_that_would_not_fit_is_refused_by_the_method_that_holds_it_all() {
    let rows: Vec<Row> = (0..6_000).map(|n| [n, 0, n]).collect();
    let labels = table(&rows, [6_000, 1, 6_000]);
    assert!(answer(&labels, TableMethod::DawidSkene, &[]).unwrap_err().contains("6000 labels"));
    assert!(answer(&labels, TableMethod::Bayesian, &[]).is_err());
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
        assert!((pool(method, &forecasts) - expected).abs() < 1e-12, "{method:?}");
        let columns = [&[2, 0, 2, 2][..], &[1, 0, 2, 0]];
        let Pooled { p, .. } = Forecasts::new(columns, &[0.9, 0.25, 0.5, 0.6], [3, 3]).unwrap().pooled(method, &[]);
        assert!((p[2] - expected).abs() < 1e-12 && p[1].is_nan(), "{p:?}");
    }
}

#[test]
fn who_all_say_the_same_are_not_extremised_and_do_no_worse_than_their_mean() {
    for method in [TableMethod::LogPool, TableMethod::Bayesian, TableMethod::Weighted] {
        let questions: Vec<u32> = (0..40).map(|row| row / 4).collect();
        let forecasters: Vec<u32> = (0..40).map(|row| row % 4).collect();
        let given: Vec<f64> = questions.iter().map(|question| 0.1 + 0.08 * f64::from(*question)).collect();
        let Pooled { p, summary } =
            Forecasts::new([&questions, &forecasters], &given, [10, 4]).unwrap().pooled(method, &[]);
        assert!((summary.shared - 1.0).abs() < 1e-9, "{}", summary.shared);
        for (question, p) in p.iter().enumerate() {
            assert!((p - (0.1 + 0.08 * question as f64)).abs() < 1e-9, "{method:?}: {p}");
        }
    }
    assert!((pool(TableMethod::LogPool, &[0.8]) - 0.8).abs() < 1e-12, "one alone has nothing to be extremised with");
}

#[test]
fn extremising_is_fitted_to_outcomes_and_hardly_moved_by_few() {
    // Everybody says 0.7 and is right in nine of ten questions: log-odds of 2.2 in place of 0.85.
    let columns = |questions: u32| {
        let of: Vec<u32> = (0..3 * questions).map(|row| row / 3).collect();
        let who: Vec<u32> = (0..3 * questions).map(|row| row % 3).collect();
        let p: Vec<f64> = of.iter().map(|question| if question % 2 == 0 { 0.7 } else { 0.3 }).collect();
        let yes =
            |question: u32| if question % 10 == 9 { question.is_multiple_of(2) } else { !question.is_multiple_of(2) };
        let outcomes: Vec<f64> = (0..questions).map(|question| f64::from(u8::from(!yes(question)))).collect();
        let table = Forecasts::new([&of, &who], &p, [questions, 3]).unwrap();
        (table.pooled(TableMethod::LogPool, &outcomes).summary.fitted, table, outcomes)
    };
    let (many, table, outcomes) = columns(10_000);
    assert!((many - 9.0_f64.ln() / (0.7_f64 / 0.3).ln()).abs() < 0.05, "{many}");
    let (few, ..) = columns(4);
    assert!(few > 1.0 && few < 1.1, "{few}");
    let none = vec![f64::NAN; 10_000];
    assert!((table.pooled(TableMethod::LogPool, &none).summary.fitted - 1.0).abs() < 1e-12);
    assert!((table.pooled(TableMethod::Weighted, &outcomes).summary.fitted - 1.0).abs() < 1e-12);
    // Who is always wrong is drowned out, not turned over.
    let opposite: Vec<f64> = outcomes.iter().map(|outcome| 1.0 - outcome).collect();
    let fit = table.pooled(TableMethod::LogPool, &opposite);
    assert!(fit.summary.fitted < 1e-3 && fit.p.iter().all(|p| (p - 0.5).abs() < 1e-3), "{}", fit.summary.fitted);
}

#[test]
fn dawid_and_skene_learn_which_forecasters_know_something() {
    let (mut of, mut who, mut p) = (Vec::new(), Vec::new(), Vec::new());
    for question in 0..200_u32 {
        for forecaster in 0..7_u32 {
            let yes = question % 2 == 0;
            // Three know; the other four say yes and no by a pattern of their own.
            let says = if forecaster < 3 {
                yes != (question % 20 == forecaster)
            } else {
                (question / (forecaster - 1)) % 2 == 0
            };
            of.push(question);
            who.push(forecaster);
            p.push(if says { 0.8 } else { 0.2 });
        }
    }
    let table = Forecasts::new([&of, &who], &p, [200, 7]).unwrap();
    let brier = |method| {
        let pooled = table.pooled(method, &[]);
        let square = |(at, p): (usize, &f64)| (p - f64::from(u8::from(at % 2 == 0))).powi(2);
        (pooled.p.iter().enumerate().map(square).sum::<f64>() / 200.0, pooled.summary)
    };
    let (learned, summary) = brier(TableMethod::DawidSkene);
    assert!(summary.converged && summary.rounds > 1);
    let (mean, _) = brier(TableMethod::Weighted);
    assert!(learned < mean / 2.0, "{learned} against {mean}");
}
