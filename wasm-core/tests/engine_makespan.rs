//! Makespans on the virtual clock against what no schedule can beat (DESIGN, "Numbers to hold"). Deterministic, so the
//! ratios are asserted, not measured.

mod support;

use assent_core::call::SimulateCall;
use assent_core::model::{Plan, Policy};
use assent_core::simulate::simulate;
use support::graphs;

fn call(max_concurrency: u32, rate: Option<f64>, noise: f64) -> SimulateCall {
    SimulateCall { max_concurrency, rate, policy: Policy::CriticalPath, seed: "7".to_owned(), noise }
}

fn run(plan: &Plan, call: &SimulateCall) -> f64 {
    let simulated = simulate(plan, call).unwrap();
    assert!(simulated.max_in_flight <= call.max_concurrency);
    assert!(simulated.ratio >= 0.999, "{simulated:?}");
    simulated.ratio
}

#[test]
fn explore() {
    let names = ["nown.2", "poll", "n.1", "n.2", "n.4", "r25", "r25n.2"];
    let mut all = vec![vec![]; names.len()];
    for seed in 0..4 {
        for n in [25, 100, 400] {
            for (_, plan) in graphs::typical(n, seed) {
                for p in [10, 25, 500] {
                    let calls = [
                        call(p, None, 0.2),
                        call(p, Some(1000.0), 0.0),
                        call(p, Some(1000.0), 0.1),
                        call(p, Some(1000.0), 0.2),
                        call(p, Some(1000.0), 0.4),
                        call(p, Some(25.0), 0.0),
                        call(p, Some(25.0), 0.2),
                    ];
                    for (c, v) in calls.iter().zip(&mut all) {
                        v.push(run(&plan, c));
                    }
                }
            }
        }
    }
    for (name, v) in names.iter().zip(&mut all) {
        v.sort_by(f64::total_cmp);
        let k = v.len();
        println!(
            "== {name} mean {:.3} p50 {:.3} p90 {:.3} p99 {:.3} max {:.3}",
            v.iter().sum::<f64>() / k as f64,
            v[k / 2],
            v[k * 9 / 10],
            v[k * 99 / 100],
            v[k - 1]
        );
    }
}
