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
    println!("{simulated:?} {}", simulated.makespan_ms);
    simulated.ratio
}

#[test]
fn explore() {
    for seed in 0..4 {
        for n in [25, 100, 400] {
            for (name, plan) in graphs::typical(n, seed) {
                for p in [10, 25, 500] {
                    let a = run(&plan, &call(p, None, 0.0));
                    let mut fifo = call(p, None, 0.0);
                    fifo.policy = Policy::Fifo;
                    let f = run(&plan, &fifo);
                    let b = run(&plan, &call(p, Some(1000.0), 0.0));
                    let bn = run(&plan, &call(p, Some(1000.0), 0.2));
                    let c = run(&plan, &call(p, Some(25.0), 0.0));
                    let cn = run(&plan, &call(p, Some(25.0), 0.2));
                    println!("== {name} n={n} p={p} now {a:.3} fifo {f:.3} gain {:.3} poll {b:.3} noise {bn:.3} rate {c:.3} noise {cn:.3}", f/a);
                }
            }
        }
    }
}
