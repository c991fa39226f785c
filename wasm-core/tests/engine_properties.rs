//! Random graphs against a cloud that misbehaves, with crashes between any two steps of the driver: nothing starts
//! early, nothing is made twice, nothing is lost, and every run ends.
//!
//! Crashes may go unnoticed for days: client tokens are forgotten after 36 hours, requests after seven days.
//!
//! `ENGINE_CASES` sets the number of cases. A failure prints the smallest failing `Case`, which is all there is to it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use assent_core::engine::random::Random;
use assent_core::expr::Expr;
use assent_core::model::{
    Action, EngineConfig, Event, Mode, Outcome, Plan, PlannedOutput, Policy, ResourceStatus, StackResource, StepStatus,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use support::cloud::{Cloud, Faults};
use support::driver::{Ended, World};
use support::graphs;

/// Cannot be read.
const BLIND_TYPE: &str = "Test::Blind::Thing";

#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    resources: usize,
    max_concurrency: u32,
    rate: f64,
    call_faults: f64,
    operation_faults: f64,
    crash: f64,
    cancel_at: Option<u32>,
    replaced: bool,
    /// A crash may be noticed only after days.
    jump: f64,
    /// Operations may take hours.
    stuck: f64,
    /// In each turn the run may be let go of.
    suspend: f64,
}

fn cases() -> impl Strategy<Value = Case> {
    (
        any::<u64>(),
        prop_oneof![3 => 1_usize..20, 1 => 20_usize..120],
        1_u32..30,
        prop_oneof![Just(5.0), Just(25.0), Just(1000.0)],
        prop_oneof![Just(0.0), Just(0.1), Just(0.4)],
        prop_oneof![Just(0.0), Just(0.03), Just(0.3)],
        prop_oneof![Just(0.0), Just(0.01), Just(0.1)],
        proptest::option::weighted(0.2, 1_u32..200),
        any::<bool>(),
        prop_oneof![2 => Just(0.0), 1 => Just(0.3)],
        prop_oneof![3 => Just(0.0), 1 => Just(0.02)],
        prop_oneof![2 => Just(0.0), 1 => Just(0.01), 1 => Just(0.1)],
    )
        .prop_map(
            |(
                seed,
                resources,
                max_concurrency,
                rate,
                call_faults,
                operation_faults,
                crash,
                cancel_at,
                replaced,
                jump,
                stuck,
                suspend,
            )| {
                Case {
                    seed,
                    resources,
                    max_concurrency,
                    rate,
                    call_faults,
                    operation_faults,
                    crash,
                    cancel_at,
                    replaced,
                    jump,
                    stuck,
                    suspend,
                }
            },
        )
}

fn recorded(logical_id: &str, depends_on: Vec<String>) -> StackResource {
    StackResource {
        logical_id: logical_id.to_owned(),
        type_name: "Test::Old::Thing".to_owned(),
        physical_id: format!("old-{logical_id}"),
        status: ResourceStatus::Complete,
        attributes: BTreeMap::new(),
        applied: Expr::Map(Vec::new()),
        depends_on,
        deletion_policy: "Delete".to_owned(),
        update_replace_policy: "Delete".to_owned(),
        replaced: Vec::new(),
        attempted: None,
        given_name: None,
    }
}

/// A deployment: creations, a few unchanged and unwanted ones, references by name and attribute, secrets, given names.
fn deployment(case: &Case, cloud: &mut Cloud, state: &mut BTreeMap<String, StackResource>) -> Plan {
    let mut random = Random::new(case.seed);
    let mut chance = |probability: f64| random.unit() < probability;
    let mut resources = Vec::new();
    for index in 0..case.resources {
        let id = format!("N{:02}{index}", (index * 37) % 100);
        let unchanged = case.replaced && chance(0.15);
        let mut depends_on: Vec<String> = Vec::new();
        let mut properties = Vec::new();
        for earlier in &mut resources {
            let earlier: &mut assent_core::model::PlannedResource = earlier;
            if !unchanged && chance(2.0 / case.resources as f64) {
                let (need, value) = if earlier.type_name == BLIND_TYPE || chance(0.5) {
                    ("Ref", Expr::Ref(earlier.logical_id.clone()))
                } else {
                    ("Arn", Expr::Att(earlier.logical_id.clone(), "Arn".to_owned()))
                };
                if !earlier.needs.iter().any(|name| name == need) {
                    earlier.needs.push(need.to_owned());
                }
                depends_on.push(earlier.logical_id.clone());
                properties.push((earlier.logical_id.clone(), value));
            }
        }
        if chance(0.2) {
            properties.push(("Password".to_owned(), Expr::Secret("parameter:Password".to_owned())));
        }
        let blind = !unchanged && chance(0.1);
        if blind {
            properties.push(("Blind".to_owned(), Expr::Bool(true)));
        }
        let named = !unchanged && !blind && chance(0.3);
        if named {
            properties.push(("Name".to_owned(), Expr::Str(format!("given-{id}"))));
            if case.operation_faults > 0.1 && chance(0.1) {
                cloud.add(&format!("given-{id}"), "somebody's", true);
            }
        }
        let estimate = 1_000 * (1 + index as u64 % 30);
        let type_name = if blind { BLIND_TYPE } else { "Test::New::Thing" };
        let mut resource = graphs::creation(id.clone(), type_name, estimate, depends_on);
        resource.desired = Some(Expr::Map(properties));
        if unchanged {
            resource.action = Action::Noop;
            resource.recorded = Some(recorded(&id, Vec::new()));
            cloud.add(&format!("old-{id}"), &id, false);
            cloud.created.insert(id.clone());
            state.insert(id.clone(), recorded(&id, Vec::new()));
        }
        resources.push(resource);
    }
    if case.replaced {
        let unwanted = 1 + case.resources / 5;
        for index in 0..unwanted {
            let id = format!("Old{index}");
            let mut resource = graphs::creation(id.clone(), "Test::Old::Thing", 2_000, Vec::new());
            resource.action = if chance(0.2) { Action::Retain } else { Action::Delete };
            resource.desired = None;
            resource.depends_on =
                (index + 1..unwanted).filter(|_| chance(0.3)).map(|other| format!("Old{other}")).collect();
            resource.recorded = Some(recorded(&id, Vec::new()));
            cloud.add(&format!("old-{id}"), &id, false);
            state.insert(id.clone(), recorded(&id, Vec::new()));
            resources.push(resource);
        }
    }
    let mut plan = graphs::plan(Mode::Deploy, resources);
    let first = plan
        .resources
        .iter_mut()
        .find(|resource| resource.action == Action::Create && resource.type_name != BLIND_TYPE);
    if let Some(first) = first {
        first.needs.push("Arn".to_owned());
        first.needs.sort();
        first.needs.dedup();
        let value = Expr::Att(first.logical_id.clone(), "Arn".to_owned());
        plan.outputs = vec![
            PlannedOutput { name: "Arn".to_owned(), value, description: None, export_name: None },
            PlannedOutput {
                name: "Secret".to_owned(),
                value: Expr::Secret("parameter:Password".to_owned()),
                description: None,
                export_name: None,
            },
        ];
    }
    plan
}

/// The end of everything recorded.
fn destruction(state: &BTreeMap<String, StackResource>) -> Plan {
    let resources = state
        .values()
        .map(|old| {
            let mut resource = graphs::creation(old.logical_id.clone(), &old.type_name, 2_000, Vec::new());
            resource.action = Action::Delete;
            resource.desired = None;
            resource.depends_on = state
                .values()
                .filter(|other| other.depends_on.contains(&old.logical_id))
                .map(|other| other.logical_id.clone())
                .collect();
            resource.recorded = Some(old.clone());
            resource
        })
        .collect();
    graphs::plan(Mode::Destroy, resources)
}

fn config(case: &Case, run_id: &str) -> EngineConfig {
    EngineConfig {
        run_id: run_id.to_owned(),
        max_concurrency: case.max_concurrency,
        rate: case.rate,
        max_rate: case.rate * 2.0,
        burst: case.rate,
        policy: if case.seed.is_multiple_of(5) { Policy::Fifo } else { Policy::CriticalPath },
        seed: case.seed.to_string(),
        duration_scale: None,
        fresh_reads: false,
        ownership_tags: false,
    }
}

/// What the journal and the state say of a resource.
fn story(world: &World, logical_id: &str) -> String {
    let entries = world.journal.iter().filter(|event| serde_json::to_string(event).unwrap().contains(logical_id));
    let lines: Vec<String> = entries.map(|event| format!("{event:?}")).collect();
    format!("{}\n{:?}", lines.join("\n"), world.state.get(logical_id))
}

/// What must hold after every run, however it ended.
fn check(world: &World, ended: &Ended) -> Result<(), TestCaseError> {
    let World { cloud, state, plan, journal, .. } = world;
    // What cannot even be cancelled goes on beside what comes after it.
    let bounded = cloud.most_active <= world.config.max_concurrency as usize || cloud.stuck > 0.0;
    prop_assert!(bounded, "{} active", cloud.most_active);
    let text = serde_json::to_string(journal).unwrap() + &serde_json::to_string(state).unwrap();
    prop_assert!(!text.contains("value of parameter"), "a secret was stored");
    let ours = cloud.ours();
    for (identifier, logical_id) in &ours {
        let known = state.get(logical_id).is_some_and(|resource| resource.physical_id == *identifier);
        let report = ended.resources.iter().find(|report| report.logical_id == *logical_id);
        let retained = report.is_some_and(|report| report.status == StepStatus::Retained);
        // What has not ended yet is named by its request.
        let named = report
            .and_then(|report| report.message.as_deref())
            .is_some_and(|said| said.contains(identifier) || said.contains("what request "));
        // A resource with a name of its own, and one that nobody remembers, cannot be told from somebody else's: then
        // the user is told.
        let expired = report.is_some_and(|report| report.error_code.as_deref() == Some("intent_expired"));
        let forgotten = report.is_some_and(|report| report.error_code.as_deref() == Some("RequestTokenNotFound"));
        // Nor is there anything to read of what goes on, cannot be cancelled and has not said what it makes.
        let stuck = report.is_some_and(|report| {
            let code = report.error_code.as_deref();
            cloud.stuck > 0.0 && ["operation_timed_out", "operation_cancelled"].map(Some).contains(&code)
        });
        prop_assert!(
            known || retained || ((identifier.starts_with("given-") || expired || forgotten || stuck) && named),
            "{identifier} is lost: {report:?}\n{}",
            story(world, logical_id)
        );
    }
    for resource in state.values() {
        if resource.status == ResourceStatus::Complete {
            prop_assert!(
                ours.contains_key(&resource.physical_id),
                "{} is not there\n{}",
                resource.physical_id,
                story(world, &resource.logical_id)
            );
        }
        prop_assert!(!cloud.live.get(&resource.physical_id).is_some_and(|live| live.foreign), "taken over");
    }
    let succeeded = |id: &String| {
        ended.resources.iter().any(|report| {
            report.logical_id == *id
                && matches!(report.status, StepStatus::Succeeded | StepStatus::Unchanged | StepStatus::Retained)
        })
    };
    for report in &ended.resources {
        let planned = plan.resources.iter().find(|resource| resource.logical_id == report.logical_id).unwrap();
        match report.status {
            StepStatus::Succeeded if planned.action == Action::Create => {
                let resource = &state[&report.logical_id];
                prop_assert_eq!(resource.status, ResourceStatus::Complete);
                prop_assert!(planned.needs.iter().all(|need| resource.attributes.contains_key(need)));
                prop_assert_eq!(resource.attributes.len(), planned.needs.len());
            }
            StepStatus::Succeeded => prop_assert!(!state.contains_key(&report.logical_id)),
            StepStatus::Blocked => {
                let gate = planned.action == Action::Delete || planned.action == Action::Retain;
                prop_assert!(gate || !planned.depends_on.iter().all(succeeded), "blocked by nothing: {report:?}");
                prop_assert_eq!(report.attempts, 0);
            }
            StepStatus::Failed => prop_assert!(report.error_code.is_some()),
            StepStatus::Cancelled => prop_assert_eq!(ended.outcome, Outcome::Cancelled),
            StepStatus::Unchanged | StepStatus::Retained => {}
            unsettled => prop_assert!(false, "{unsettled:?} at the end"),
        }
    }
    match ended.outcome {
        Outcome::Succeeded | Outcome::NoChanges => {
            prop_assert!(ended.resources.iter().all(|report| succeeded(&report.logical_id)));
            if plan.mode == Mode::Deploy && !plan.outputs.is_empty() {
                prop_assert_eq!(&ended.outputs["Secret"], "****");
                prop_assert!(ended.outputs["Arn"].is_string());
            }
        }
        Outcome::Failed => {
            let failed = ended.resources.iter().any(|report| report.status == StepStatus::Failed);
            prop_assert!(failed, "failed without a failure");
        }
        Outcome::Cancelled => prop_assert!(world.cancel_at.is_some()),
        other => prop_assert!(false, "{other:?}"),
    }
    Ok(())
}

/// A cancelled run is resumed and comes to another end.
fn run_to_end(world: &mut World) -> Result<Ended, TestCaseError> {
    (world.crashes, world.turns) = (0, 0);
    let ended = world.run();
    check(world, &ended)?;
    if ended.outcome != Outcome::Cancelled {
        return Ok(ended);
    }
    (world.crashes, world.cancel_at) = (0, None);
    let ended = world.run();
    check(world, &ended)?;
    Ok(ended)
}

fn deploy_and_destroy(case: &Case) -> Result<(), TestCaseError> {
    let faults = Faults { call: case.call_faults, operation: case.operation_faults };
    let mut cloud = Cloud::new(case.seed, faults, 40_000);
    (cloud.jump, cloud.stuck) = (case.jump, case.stuck);
    let mut state = BTreeMap::new();
    let plan = deployment(case, &mut cloud, &mut state);
    let mut world = World {
        plan,
        config: config(case, "deploy"),
        cloud,
        journal: Vec::new(),
        state,
        now: 1_700_000_000_000,
        crash: case.crash,
        cancel_at: case.cancel_at,
        suspend: case.suspend,
        suspensions: 0,
        crashes: 0,
        turns: 0,
    };
    let ended = run_to_end(&mut world)?;
    // What never ends is cancelled and fails.
    let calm = case.operation_faults == 0.0 && case.jump == 0.0 && case.stuck == 0.0;
    if calm {
        let failed = ended.resources.iter().find(|report| report.status == StepStatus::Failed);
        prop_assert!(matches!(ended.outcome, Outcome::Succeeded | Outcome::NoChanges), "{failed:?}");
        if case.call_faults == 0.0 && case.crash == 0.0 && case.cancel_at.is_none() {
            let operations = world.plan.resources.iter().filter(|r| r.action == Action::Create).count();
            let created = world.cloud.calls.get("create").copied().unwrap_or(0) as usize;
            prop_assert_eq!(created, operations, "a creation was called more than once");
        }
    }
    // The same plan again would find nothing to do; instead everything goes.
    let kept: Vec<String> = world.state.keys().cloned().collect();
    // What could not even be cancelled ends.
    world.now += 5 * 3_600_000;
    world.cloud.advance(world.now);
    // What was retained, or left to the user to look at, is no longer ours.
    for (identifier, live) in &mut world.cloud.live {
        live.foreign |= !world.state.values().any(|resource| resource.physical_id == *identifier);
    }
    world.plan = destruction(&world.state);
    world.config = config(case, "destroy");
    world.journal = Vec::new();
    world.cancel_at = case.cancel_at.filter(|turn| turn % 2 == 0);
    world.cloud.most_active = 0;
    let ended = run_to_end(&mut world)?;
    prop_assert_eq!(ended.resources.len(), kept.len());
    if calm {
        prop_assert!(world.state.is_empty());
    }
    Ok(())
}

/// What is left after a run, identifiers without their serial numbers.
fn left(world: &World) -> Vec<String> {
    let plain = |text: String| {
        let mut parts = text.split('-');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + "-" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
    };
    world.state.values().map(|resource| plain(format!("{resource:?}"))).collect()
}

/// Deploys where nothing goes wrong; `suspend`: is let go of so often.
fn deploy_in_peace(case: &Case, suspend: f64) -> (World, Ended) {
    let mut cloud = Cloud::new(case.seed, Faults { call: 0.0, operation: 0.0 }, 40_000);
    let mut state = BTreeMap::new();
    let plan = deployment(case, &mut cloud, &mut state);
    let (config, now) = (config(case, "deploy"), 1_700_000_000_000);
    let (cancel_at, journal) = (None, Vec::new());
    let mut world = World {
        plan,
        config,
        cloud,
        journal,
        state,
        now,
        crash: 0.0,
        cancel_at,
        suspend,
        suspensions: 0,
        crashes: 0,
        turns: 0,
    };
    let ended = world.run();
    (world, ended)
}

fn suspended_as_undisturbed(case: &Case) -> Result<(), TestCaseError> {
    let case = Case { operation_faults: 0.0, ..case.clone() };
    let (calm, undisturbed) = deploy_in_peace(&case, 0.0);
    let (disturbed, ended) = deploy_in_peace(&case, case.suspend.max(0.02));
    prop_assert_eq!(undisturbed.outcome, ended.outcome);
    prop_assert_eq!(left(&calm), left(&disturbed));
    let statuses = |ended: &Ended| -> Vec<_> {
        ended.resources.iter().map(|report| (report.logical_id.clone(), report.status, report.attempts)).collect()
    };
    prop_assert_eq!(statuses(&undisturbed), statuses(&ended));
    for mutation in ["create", "update", "delete"] {
        let made = |world: &World| world.journal.iter().filter(|event| is_intent(event, mutation)).count();
        prop_assert_eq!(made(&calm), made(&disturbed), "{} was done twice", mutation);
    }
    Ok(())
}

fn is_intent(event: &Event, word: &str) -> bool {
    matches!(event, Event::IntentRecorded { step, .. } if step.starts_with(word))
}

/// The same cases every time, so that a check says something about a change; `ENGINE_SEED` explores others.
fn config_of(part: u64) -> ProptestConfig {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let seed = number("ENGINE_SEED").unwrap_or(1) * 10 + part;
    let cases = u32::try_from(number("ENGINE_CASES").unwrap_or(10_000) / 4).unwrap();
    ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..ProptestConfig::with_cases(cases) }
}

/// Whatever the cloud does and whenever the process dies, nothing is lost, early or double. In four parts, so that they
/// run side by side.
macro_rules! parts {
    ($name:ident: $part:literal) => {
        proptest! {
            #![proptest_config(config_of($part))]

            #[test]
            fn $name(case in cases()) {
                deploy_and_destroy(&case)?;
            }
        }
    };
}

mod suspended {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: config_of(5).cases / 4, ..config_of(5) })]

        #[test]
        fn suspended_anywhere_the_end_is_that_of_the_undisturbed_run(case in cases()) {
            suspended_as_undisturbed(&case)?;
        }
    }
}

mod one {
    use super::*;
    parts!(nothing_is_lost_early_or_double: 1);
}
mod two {
    use super::*;
    parts!(nothing_is_lost_early_or_double: 2);
}
mod three {
    use super::*;
    parts!(nothing_is_lost_early_or_double: 3);
}
mod four {
    use super::*;
    parts!(nothing_is_lost_early_or_double: 4);
}
