//! The core without wasm (`npm run bench:core`): parsing, planning, the engine's events, consensus, sketches.
//!
//! The template is examples/fleet.yaml (400 resources). Nothing here passes or fails; docs/benchmarks.md keeps numbers.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a bench that cannot go on should fail")]

use std::collections::BTreeMap;
use std::hint::black_box;

use assent_core::call::{PlanCall, SimulateCall};
use assent_core::consensus::tables::{Labels, skene};
use assent_core::consensus::{ConsensusCall, Method, Vote, aggregate};
use assent_core::digest::{canonical, canonical_of};
use assent_core::model::{Plan, Policy};
use assent_core::plan::planned::Planning;
use assent_core::session::Template;
use assent_core::simulate;
use assent_core::sketch::Sketch;
use assent_core::template::{Limits, parse};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

const FLEET: &str = include_str!("../../examples/fleet.yaml");

fn call() -> PlanCall {
    serde_json::from_value(json!({
        "stack": "bench",
        "mode": "deploy",
        "context": {"account": "123456789012", "region": "us-east-1", "partition": "aws", "stackId": ""},
        "maxConcurrency": 25,
    }))
    .unwrap()
}

fn planning_of(text: &str) -> Planning {
    Template::new(text.to_owned()).plan(call())
}

fn planned() -> Plan {
    match planning_of(FLEET) {
        Planning::Planned(planned) => planned.plan,
        other => panic!("{other:?}"),
    }
}

fn planning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    group.throughput(Throughput::Bytes(FLEET.len() as u64));
    group.bench_function("parse YAML, 400 resources", |bench| {
        bench.iter(|| parse(black_box(FLEET), &Limits::default()).unwrap());
    });
    group.bench_function("plan from YAML, 400 resources", |bench| {
        bench.iter(|| planning_of(black_box(FLEET)));
    });
    let plan = planned();
    group.bench_function("canonical JSON of the plan, by a tree", |bench| {
        bench.iter(|| canonical(&serde_json::to_value(black_box(&plan)).unwrap()));
    });
    group.bench_function("canonical JSON of the plan, streamed", |bench| {
        bench.iter(|| canonical_of(black_box(&plan), &[]));
    });
    group.finish();
}

fn engine(criterion: &mut Criterion) {
    let plan = planned();
    let call =
        SimulateCall { max_concurrency: 25, rate: None, policy: Policy::default(), seed: "1".to_owned(), noise: 0.2 };
    let events = simulate::simulate(&plan, &call).unwrap().events;
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(u64::from(events)));
    group.bench_function("run of 400 resources on the virtual clock, per event", |bench| {
        bench.iter(|| simulate::simulate(black_box(&plan), &call).unwrap());
    });
    group.finish();
}

fn consensus(criterion: &mut Criterion) {
    let votes = |count: u32| -> Vec<Vote> {
        let spread = |at: u32, of: u32| f64::from(at % of) / f64::from(of);
        (0..count)
            .map(|at| Vote {
                expert: format!("expert-{at}"),
                option: Some(if at % 3 == 0 { "refuse" } else { "approve" }.to_owned()),
                confidence: Some(0.6 + 0.3 * spread(at, 10)),
                reliability: Some(0.9 - 0.25 * spread(at, 10)),
                lineage: (at % 4 != 3).then(|| format!("model-{}", at % 4)),
                ..Vote::default()
            })
            .collect()
    };
    let mut group = criterion.benchmark_group("consensus");
    for count in [10, 100, 10_000] {
        for method in [Method::Majority, Method::Weighted, Method::Bayesian, Method::LogPool] {
            let call =
                ConsensusCall { votes: votes(count), method, prior: BTreeMap::new(), ..ConsensusCall::default() };
            group.bench_function(format!("{count} experts, {method:?}"), |bench| {
                bench.iter(|| aggregate(black_box(&call)).unwrap());
            });
        }
    }
    // 10,000 tasks with ten labels of four each by 200 workers.
    let rows = |of: fn(u32) -> u32| (0..100_000).map(of).collect::<Vec<u32>>();
    let (tasks, workers) = (rows(|row| row / 10), rows(|row| row.wrapping_mul(2_654_435_761) % 200));
    let given = rows(|row| if row % 3 == 0 { row % 4 } else { (row / 10) % 4 });
    let labels = Labels::new([&tasks, &workers, &given], [10_000, 200, 4]).unwrap();
    group.bench_function("100,000 labels, one round of Dawid-Skene", |bench| {
        bench.iter(|| skene::fit(black_box(&labels), skene::Prior::Everybody, 1));
    });
    group.finish();
}

fn sketches(criterion: &mut Criterion) {
    let filled = |from: u32| {
        let mut sketch = Sketch::default();
        for value in from..from + 10_000 {
            sketch.record(f64::from(value) * 1.7);
        }
        sketch
    };
    let (one, other) = (filled(1), filled(5_000));
    let bytes = one.encode();
    let mut group = criterion.benchmark_group("sketch");
    group.bench_function("merge two of 10,000 values", |bench| {
        bench.iter(|| {
            let mut merged = black_box(&one).clone();
            merged.merge(&other);
            merged
        });
    });
    group.bench_function("encode", |bench| bench.iter(|| black_box(&one).encode()));
    group.bench_function("decode", |bench| bench.iter(|| Sketch::decode(black_box(&bytes)).unwrap()));
    group.bench_function("p99", |bench| bench.iter(|| black_box(&one).quantile(0.99)));
    group.finish();
}

criterion_group!(core, planning, engine, consensus, sketches);
criterion_main!(core);
