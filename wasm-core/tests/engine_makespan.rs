//! Makespans on the virtual clock against what no schedule can beat (DESIGN, "Numbers to hold"). Virtual time is
//! deterministic, so the ratios are asserted, not measured.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::call::{SimulateCall, Simulated};
use assent_core::model::{Mode, Plan, Policy};
use assent_core::simulate::simulate;
use support::graphs::{self, creation};

fn call(max_concurrency: u32, rate: Option<f64>, noise: f64) -> SimulateCall {
    SimulateCall { max_concurrency, rate, policy: Policy::CriticalPath, seed: "7".to_owned(), noise }
}

fn run(plan: &Plan, call: &SimulateCall) -> Simulated {
    let simulated = simulate(plan, call).unwrap();
    assert!(simulated.max_in_flight <= call.max_concurrency, "{simulated:?}");
    assert!(simulated.makespan_ms >= simulated.lower_bound_ms, "{simulated:?}");
    simulated
}

/// Ratios over typical graphs of all sizes, sorted.
fn ratios(rate: Option<f64>, noise: f64) -> Vec<f64> {
    let mut ratios = Vec::new();
    for seed in 0..3 {
        for count in [25, 100, 400] {
            for (_, plan) in graphs::typical(count, seed) {
                ratios.extend([10, 25, 500].map(|slots| run(&plan, &call(slots, rate, noise)).ratio));
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    ratios
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn with_completion_known_at_once_the_makespan_is_within_5_percent_of_the_bound() {
    let ratios = ratios(None, 0.0);
    assert!(ratios.last().unwrap() <= &1.05, "{ratios:?}");
}

#[test]
fn with_polling_it_is_within_12_percent() {
    let ratios = ratios(Some(1_000.0), 0.0);
    assert!(ratios.last().unwrap() <= &1.12, "{ratios:?}");
}

#[test]
fn with_polling_and_durations_that_vary_by_a_fifth_it_is_so_on_average() {
    let ratios = ratios(Some(1_000.0), 0.2);
    assert!(mean(&ratios) <= 1.12, "{ratios:?}");
    assert!(ratios.last().unwrap() <= &1.25, "{ratios:?}");
}

#[test]
fn the_critical_path_beats_template_order_by_15_percent_at_400_resources_and_10_slots() {
    let mut gains = Vec::new();
    for seed in 0..5 {
        for (_, plan) in graphs::typical(400, seed) {
            let fifo = SimulateCall { policy: Policy::Fifo, ..call(10, None, 0.0) };
            gains.push(run(&plan, &fifo).makespan_ms as f64 / run(&plan, &call(10, None, 0.0)).makespan_ms as f64);
        }
    }
    assert!(mean(&gains) >= 1.15, "{gains:?}");
    assert!(gains.iter().all(|gain| *gain >= 1.0), "{gains:?}");
}

#[test]
fn under_a_rate_limit_it_is_within_10_percent_of_the_calls_it_takes() {
    let mut checked = 0;
    for noise in [0.0, 0.2] {
        for rate in [5.0, 25.0] {
            for count in [100_u64, 400, 1000] {
                for seconds in [1, 4, 15] {
                    // Side by side, and in chains of five.
                    for chain in [1, 5] {
                        let resources = (0..count)
                            .map(|index| {
                                let before = (index % chain > 0).then(|| format!("R{:04}", index - 1));
                                let estimate = seconds * 1_000 + index % 7 * 100;
                                creation(format!("R{index:04}"), "Test::A::B", estimate, before.into_iter().collect())
                            })
                            .collect();
                        let simulated = run(&graphs::plan(Mode::Deploy, resources), &call(500, Some(rate), noise));
                        // Where the chain is nearly as long as the calls take, the two add up and no bound is tight.
                        let calls = (2.0 * count as f64 - rate) / rate;
                        if calls >= 1.5 * (chain * seconds) as f64 * (1.0 + noise) {
                            let shown =
                                format!("rate {rate} count {count} seconds {seconds} chain {chain} noise {noise}");
                            assert!(simulated.ratio <= 1.10, "{shown}: {simulated:?}");
                            checked += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(checked >= 40, "{checked}");
}

#[test]
fn what_is_short_does_not_wait_for_the_end_where_calls_will_be_scarce() {
    let plan = graphs::fleet(100);
    // Slots, calls a second, of the bound on average and at most: by the longest way alone it is 1.12 and 1.27 on average.
    for (slots, rate, usual, most) in [(100, 25.0, 1.10, 1.11), (25, 5.0, 1.16, 1.17)] {
        let seeds = (1..=5).map(|seed: u32| SimulateCall { seed: seed.to_string(), ..call(slots, Some(rate), 0.2) });
        let ratios: Vec<f64> = seeds.map(|call| run(&plan, &call).ratio).collect();
        assert!(mean(&ratios) <= usual, "{slots} slots: {ratios:?}");
        assert!(ratios.iter().all(|ratio| *ratio <= most), "{slots} slots: {ratios:?}");
    }
}

#[test]
fn ten_thousand_resources_run_to_their_end() {
    let (_, plan) = graphs::typical(10_000, 1).remove(2);
    let simulated = run(&plan, &call(500, Some(1_000.0), 0.1));
    assert_eq!(simulated.resources, 10_000);
    assert!(simulated.events >= 40_000, "{simulated:?}");
}

#[test]
fn the_same_call_gives_the_same_run_and_another_seed_another() {
    let (_, plan) = graphs::typical(100, 3).remove(0);
    let noisy = call(10, Some(25.0), 0.3);
    assert_eq!(run(&plan, &noisy), run(&plan, &noisy));
    let other = SimulateCall { seed: "8".to_owned(), ..noisy.clone() };
    assert_ne!(run(&plan, &noisy).makespan_ms, run(&plan, &other).makespan_ms);
}

#[test]
fn calls_that_make_no_sense_are_refused() {
    let (_, plan) = graphs::typical(5, 3).remove(0);
    for broken in [
        SimulateCall { seed: "seven".to_owned(), ..call(1, None, 0.0) },
        SimulateCall { max_concurrency: 0, ..call(1, None, 0.0) },
        SimulateCall { rate: Some(0.0), ..call(1, None, 0.0) },
        SimulateCall { noise: 1.5, ..call(1, None, 0.0) },
        SimulateCall { noise: f64::NAN, ..call(1, None, 0.0) },
    ] {
        assert!(simulate(&plan, &broken).is_err(), "{broken:?}");
    }
    assert_eq!(run(&graphs::plan(Mode::Deploy, vec![]), &call(1, None, 0.0)).ratio, 1.0);
}
