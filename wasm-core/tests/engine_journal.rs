//! Answers that come late, twice or out of turn, and journals that another engine has written.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::model::{Action, CallKind, Command, Event, Outcome, RequestStatus, StepStatus};
use support::leash::{Leash, create, deploy, existing};

const STEP: &str = "create:A";

fn intent(step: &str, attempt: u32, at: u64) -> Event {
    Event::IntentRecorded { step: step.to_owned(), attempt, client_token: format!("{step} {attempt}"), at }
}

#[test]
fn an_answer_to_what_nobody_asks_any_more_changes_nothing() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    // Seen running before its acceptance was told.
    leash.tell(leash.progress(STEP, RequestStatus::InProgress, None, None));
    leash.accept(STEP, None);
    leash.list_requests(STEP, &["other"]);
    leash.tell(Event::ResourcesListed {
        step: STEP.to_owned(),
        identifiers: vec!["other".to_owned()],
        next: None,
        at: leash.now,
    });
    leash.reject(STEP, CallKind::ListRequests, "AccessDenied");
    assert_eq!(leash.until_call(), ["poll create:A"]);
    leash.succeed(STEP, "A-1");
    assert_eq!(leash.recorded("A").unwrap().physical_id, "A-1");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn what_is_accepted_twice_is_polled_under_the_last_token() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept(STEP, None);
    leash.tell(Event::Accepted {
        step: STEP.to_owned(),
        request_token: "the last".to_owned(),
        identifier: None,
        retry_after: None,
        at: leash.now,
    });
    assert_eq!(leash.until_call(), ["poll create:A"]);
    let polled = leash
        .commands
        .iter()
        .any(|it| matches!(it, Command::Poll { request_token, .. } if request_token == "the last"));
    assert!(polled, "{:?}", leash.commands);
}

#[test]
fn an_intent_that_is_told_twice_makes_one_call() {
    let mut leash = Leash::new(deploy(vec![create("A", &["B"]), create("B", &[])]));
    leash.accept("create:B", None);
    leash.now += 1_000;
    let done = leash.progress("create:B", RequestStatus::Success, Some("B-1"), None);
    let asked = leash.engine.handle(leash.now, &[done]);
    let intents: Vec<Event> = asked
        .iter()
        .filter_map(|command| match command {
            Command::RecordIntent { step, attempt, .. } => Some(intent(step, *attempt, leash.now)),
            _ => None,
        })
        .collect();
    let [one] = intents.as_slice() else { panic!("{asked:?}") };
    leash.commands = leash.engine.handle(leash.now, &[one.clone(), one.clone()]);
    assert_eq!(leash.calls(), [STEP].map(|step| format!("create {step}")));
}

#[test]
fn calls_keep_to_the_share_of_the_rate_that_is_told() {
    let polls = |share: Option<Event>| {
        let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &[]), create("C", &[])]));
        for step in ["create:A", "create:B", "create:C"] {
            leash.accept(step, None);
        }
        share.into_iter().for_each(|share| leash.tell(share));
        leash.wait(600_000);
        let until = leash.commands.iter().find_map(|command| match command {
            Command::Sleep { until } => Some(*until - leash.now),
            _ => None,
        });
        (leash.calls().len(), until)
    };
    assert_eq!(polls(None).0, 3);
    assert_eq!(polls(Some(Event::RateShare { rate: 0.5, burst: 1.0 })), (1, Some(2_000)));
    // What makes no sense changes nothing.
    assert_eq!(polls(Some(Event::RateShare { rate: 0.0, burst: 1.0 })).0, 3);
}

#[test]
fn what_is_not_durable_is_harmless_in_a_journal() {
    let plan = || deploy(vec![create("A", &[])]);
    let mut leash = Leash::new(plan());
    leash.accept(STEP, None);
    let whole = leash.resumed(plan(), 1_000).until_call();
    leash.journal.insert(0, Event::TimerFired {});
    leash.journal.push(Event::RateShare { rate: 50.0, burst: 10.0 });
    leash.journal.push(Event::Throttled { step: "create:X".to_owned(), call: CallKind::Poll });
    assert_eq!(leash.resumed(plan(), 1_000).until_call(), whole);
}

#[test]
fn the_journal_is_right_about_attempts_but_never_undoes_a_success() {
    let plan = || deploy(vec![create("A", &[]), create("B", &[]), existing("C", Action::Delete, &[])]);
    let mut leash = Leash::new(plan());
    leash.accept(STEP, None);
    leash.fail(STEP, "AccessDenied", None);
    leash.accept("create:B", None);
    leash.succeed("create:B", "B-1");
    // Another engine tried A again, and B.
    leash.journal.push(intent(STEP, 2, leash.now));
    leash.journal.push(intent("create:B", 2, leash.now));
    leash.journal.push(intent("update:X", 1, leash.now));
    leash.journal.push(intent("delete:X", 1, leash.now));
    let mut resumed = leash.resumed(plan(), 1_000);
    assert_eq!(resumed.until_call(), ["create create:A"]);
    resumed.accept(STEP, None);
    resumed.succeed(STEP, "A-1");
    assert_eq!(resumed.recorded("A").unwrap().physical_id, "A-1");
    // That nothing is deleted was decided when all had ended; the next run does it.
    assert_eq!((resumed.calls(), resumed.report("C").status), (Vec::new(), StepStatus::Blocked));
}

#[test]
fn an_attempt_that_came_before_the_end_of_the_others_keeps_deletions_waiting() {
    let plan = || deploy(vec![create("A", &[]), create("B", &[]), existing("C", Action::Delete, &[])]);
    let mut leash = Leash::new(plan());
    leash.accept(STEP, None);
    leash.fail(STEP, "AccessDenied", None);
    leash.accept("create:B", None);
    leash.journal.push(intent(STEP, 2, leash.now));
    let mut resumed = leash.resumed(plan(), 1_000);
    resumed.until_call();
    resumed.succeed("create:B", "B-1");
    resumed.accept(STEP, None);
    assert_eq!(resumed.until_call(), ["poll create:A"], "nothing is deleted yet");
    resumed.succeed(STEP, "A-1");
    assert_eq!(resumed.until_call(), ["delete delete:C"]);
}

#[test]
fn a_remnant_whose_removal_is_in_the_journal_is_removed_whatever_this_engine_would_have_done() {
    let plan = || deploy(vec![create("A", &[])]);
    let mut leash = Leash::new(plan());
    leash.accept(STEP, Some("A-1"));
    leash.journal.push(intent("delete:A", 1, leash.now));
    let mut resumed = leash.resumed(plan(), 1_000);
    let calls = resumed.until_call();
    assert!(calls.contains(&"delete delete:A".to_owned()), "{calls:?}");
}

#[test]
fn what_somebody_else_has_cancelled_has_failed() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept(STEP, None);
    leash.tell(leash.progress(STEP, RequestStatus::CancelComplete, None, None));
    assert_eq!(leash.report("A").error_code.as_deref(), Some("RequestCancelled"));
    assert_eq!(leash.outcome(), Some(Outcome::Failed), "the run itself was not cancelled");
}
