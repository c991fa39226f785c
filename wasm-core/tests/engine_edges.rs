//! To the millisecond: moments at which one answer gives way to another, and answers that teach nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::model::{Action, Command, EngineConfig, Event, Millis, Outcome, RequestStatus};
use support::leash::{HOUR, Leash, NOW, config, create, deploy, existing};

const STEP: &str = "create:A";
const MINUTE: Millis = 60_000;
/// What an operation is given whose handler says nothing.
const DEADLINE: Millis = 2 * HOUR;

fn running() -> Leash {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept(STEP, None);
    leash
}

fn goes_on(leash: &mut Leash, step: &str) {
    leash.tell(leash.progress(step, RequestStatus::InProgress, None, None));
}

/// The call that follows on an operation being seen to run at this time after it was accepted.
fn after_seen_at(offset: Millis) -> Vec<String> {
    let mut leash = running();
    leash.now = NOW + offset;
    goes_on(&mut leash, STEP);
    leash.until_call()
}

#[test]
fn an_operation_is_cancelled_when_it_is_seen_running_at_its_deadline_and_not_before() {
    assert_eq!(after_seen_at(DEADLINE - 1), ["poll create:A"]);
    assert_eq!(after_seen_at(DEADLINE), ["cancel create:A"]);
}

#[test]
fn what_the_run_cancels_has_timed_out_from_its_deadline_on() {
    for (offset, code) in [(DEADLINE - 1, "operation_cancelled"), (DEADLINE, "operation_timed_out")] {
        let mut leash = running();
        leash.tell(Event::CancelRequested { now: true });
        assert_eq!(leash.until_call(), ["cancel create:A"]);
        leash.now = NOW + offset;
        leash.tell(leash.progress(STEP, RequestStatus::CancelComplete, None, None));
        assert_eq!(leash.report("A").error_code.as_deref(), Some(code), "{offset}");
    }
}

#[test]
fn what_goes_on_five_minutes_after_it_was_cancelled_counts_as_ended() {
    for (pause, ended) in [(5 * MINUTE - 1, false), (5 * MINUTE, true)] {
        let mut leash = running();
        leash.tell(Event::CancelRequested { now: true });
        leash.until_call();
        leash.now += pause;
        goes_on(&mut leash, STEP);
        assert_eq!(leash.outcome().is_some(), ended, "{pause}");
    }
}

/// When the first poll is due, in ms after the operation was accepted.
fn first_poll() -> Millis {
    let mut leash = running();
    while leash.calls() != ["poll create:A"] {
        let until = leash.commands.iter().find_map(|command| match command {
            Command::Sleep { until } => Some(*until),
            _ => None,
        });
        leash.now = until.unwrap();
        leash.tell(Event::TimerFired {});
    }
    leash.now - NOW
}

#[test]
fn a_poll_that_was_answered_late_teaches_nothing_and_neither_does_what_was_not_watched() {
    let placed = first_poll();
    // A tenth, and a quarter of a second.
    let latest = placed + placed / 10 + 250;
    for (done, learned) in [(placed, 1), (latest, 1), (latest + 1, 0)] {
        let mut leash = running();
        leash.wait(placed);
        assert_eq!(leash.calls(), ["poll create:A"]);
        leash.now = NOW + done;
        leash.succeed(STEP, "A-1");
        assert_eq!(leash.engine.observed().len(), learned, "{done} of {placed}");
    }
    // Told without having been asked: that is the moment.
    let mut told = running();
    told.now = NOW + latest + 1;
    told.succeed(STEP, "A-1");
    assert_eq!(told.engine.observed().len(), 1);
    // Accepted by a process before: nobody knows how long it had been running.
    let mut resumed = running().resumed(deploy(vec![create("A", &[])]), 0);
    resumed.until_call();
    resumed.succeed(STEP, "A-1");
    assert!(resumed.engine.observed().is_empty());
}

#[test]
fn what_a_cancellation_between_an_intent_and_its_call_has_changed_is_committed_at_once() {
    // The second attempt at an update: the first may have changed a part of it.
    let mut update = existing("A", Action::Update, &[]);
    update.patch = vec![assent_core::model::PatchOperation {
        op: assent_core::model::PatchKind::Add,
        path: "/B".to_owned(),
        value: Some(assent_core::expr::Expr::known(serde_json::json!(1))),
        found: None,
    }];
    let mut leash = Leash::new(deploy(vec![update]));
    leash.accept("update:A", None);
    leash.fail("update:A", "NetworkFailure", None);
    leash.until_call();
    leash.read("update:A", Some(serde_json::json!({})));
    let intent = loop {
        leash.now += 500;
        let commands = leash.engine.handle(leash.now, &[Event::TimerFired {}]);
        let intent = commands.into_iter().find_map(|command| match command {
            Command::RecordIntent { step, attempt, client_token } => {
                Some(Event::IntentRecorded { step, attempt, client_token, at: leash.now })
            }
            _ => None,
        });
        if let Some(intent) = intent {
            break intent;
        }
        assert!(leash.now < NOW + HOUR);
    };
    leash.engine.handle(leash.now, &[Event::CancelRequested { now: false }]);
    let answer = leash.engine.handle(leash.now, &[intent]);
    assert!(matches!(answer.as_slice(), [Command::Sleep { until }] if *until == leash.now), "{answer:?}");
    leash.tell(Event::TimerFired {});
    assert!(leash.recorded("A").is_some_and(|recorded| recorded.attempted.is_some()));
    assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
}

#[test]
fn a_suspended_run_is_let_go_of_at_its_time_whatever_waits_for_a_token() {
    // One call a second for two operations.
    let slow = EngineConfig { rate: 1.0, max_rate: 1.0, burst: 1.0, ..config() };
    let mut leash = Leash::with(deploy(vec![create("A", &[]), create("B", &[])]), slow);
    leash.accept(STEP, None);
    leash.until_call();
    leash.accept("create:B", None);
    // Both are to be polled, and there is a token for one.
    leash.wait(MINUTE);
    let calls = leash.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let until = leash.now + 10;
    leash.tell(Event::SuspendRequested { until });
    goes_on(&mut leash, calls[0].trim_start_matches("poll "));
    assert_eq!(leash.outcome(), None, "there are calls to be made yet");
    leash.now = until - 1;
    leash.tell(Event::TimerFired {});
    assert_eq!(leash.outcome(), None);
    leash.now = until;
    leash.tell(Event::TimerFired {});
    assert_eq!(leash.outcome(), Some(Outcome::Suspended));
}
