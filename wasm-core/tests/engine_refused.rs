//! Calls that are refused for now: how long they are repeated, what is told meanwhile, and how that ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::model::{Action, CallKind, EngineConfig, Event, Millis, Outcome, Plan, RequestStatus, StepStatus};
use serde_json::json;
use support::leash::{HOUR, Leash, config, create, deploy, existing};

const MINUTE: Millis = 60_000;

/// An unchanged resource of which a value is needed.
fn read() -> Plan {
    let mut unchanged = existing("A", Action::Noop, &[]);
    unchanged.needs = vec!["Arn".to_owned()];
    deploy(vec![unchanged])
}

/// Refuses every call of this kind for so long, or to the end of the run; how long it took.
fn refuse(leash: &mut Leash, step: &str, call: CallKind, code: &str, span: Millis) -> Millis {
    let began = leash.now;
    while leash.outcome().is_none() && leash.now < began + span {
        if !leash.until_call().is_empty() {
            leash.reject(step, call, code);
        }
    }
    leash.now - began
}

#[test]
fn a_refused_read_is_repeated_for_a_quarter_of_an_hour_says_so_and_ends_by_name() {
    let mut leash = Leash::new(read());
    leash.reject("read:A", CallKind::Get, "InternalFailureException");
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Retrying, Some("InternalFailureException")));
    assert_eq!(report.message.unwrap(), "Refused for now, so asked again for up to 15 minutes. no");
    let took = refuse(&mut leash, "read:A", CallKind::Get, "InternalFailureException", HOUR);
    assert!((15 * MINUTE..17 * MINUTE).contains(&took), "{took}");
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some("attribute_unavailable")));
    let message = report.message.unwrap();
    assert!(message.contains("Arn") && message.contains("InternalFailureException: no"), "{message}");
}

#[test]
fn an_answer_ends_what_was_told_of_refusals() {
    let mut leash = Leash::new(read());
    refuse(&mut leash, "read:A", CallKind::Get, "InternalFailureException", 10 * MINUTE);
    assert_eq!(leash.report("A").status, StepStatus::Retrying);
    leash.until_call();
    leash.read("read:A", Some(json!({"Arn": "arn:A"})));
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code, report.message), (StepStatus::Unchanged, None, None));
    assert_eq!(leash.outcome(), Some(Outcome::NoChanges));
}

#[test]
fn a_denied_read_ends_at_once() {
    for (code, message) in [
        ("AccessDeniedException", "no"),
        ("GeneralServiceException", "You are not authorized to perform this operation. (Service: Ec2)"),
        ("UnsupportedActionException", "no"),
    ] {
        let mut leash = Leash::new(read());
        let (step, error_code) = ("read:A".to_owned(), code.to_owned());
        let (message, at) = (message.to_owned(), leash.now);
        leash.tell(Event::Rejected { step, call: CallKind::Get, error_code, message, at });
        assert_eq!(leash.report("A").error_code.as_deref(), Some("attribute_unavailable"), "{code}");
        assert!(leash.report("A").message.unwrap().contains(code));
    }
}

#[test]
fn patience_begins_anew_after_an_answer() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["Arn".to_owned()];
    let mut leash = Leash::new(deploy(vec![resource]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    refuse(&mut leash, "create:A", CallKind::Get, "InternalFailureException", 2 * MINUTE);
    leash.until_call();
    leash.read("create:A", Some(json!({})));
    assert!(leash.report("A").message.is_none(), "what was refused before is over");
    let took = refuse(&mut leash, "create:A", CallKind::Get, "InternalFailureException", HOUR);
    assert!(took >= 15 * MINUTE, "{took}");
}

#[test]
fn time_in_which_nobody_asked_uses_up_no_patience() {
    let mut leash = Leash::new(read());
    refuse(&mut leash, "read:A", CallKind::Get, "InternalFailureException", 5 * MINUTE);
    let mut later = leash.resumed(read(), 72 * HOUR);
    let took = refuse(&mut later, "read:A", CallKind::Get, "InternalFailureException", HOUR);
    assert!((7 * MINUTE..11 * MINUTE).contains(&took), "{took}");
}

/// Lost and throttled calls are in no journal, so nothing that a replay decides may hang on them.
#[test]
fn a_replay_has_the_patience_that_the_run_had() {
    let mut leash = Leash::new(read());
    loop {
        if !leash.until_call().is_empty() {
            leash.lose("read:A", CallKind::Get);
            leash.until_call();
            leash.reject("read:A", CallKind::Get, "InternalFailureException");
        }
        let replayed = leash.resumed(read(), 0);
        assert_eq!(replayed.report("A").status, leash.report("A").status, "at {}", leash.now);
        if leash.outcome().is_some() {
            return assert_eq!(replayed.outcome(), leash.outcome());
        }
    }
}

#[test]
fn a_list_that_is_refused_is_asked_for_again_and_then_the_next_way_is_gone() {
    let resources = || deploy(vec![create("A", &[])]);
    let mut leash = Leash::new(resources()).resumed(resources(), 25 * HOUR);
    assert_eq!(leash.calls(), ["list requests for create:A"]);
    let began = leash.now;
    loop {
        leash.reject("create:A", CallKind::ListRequests, "InternalFailureException");
        let calls = leash.until_call();
        if calls != ["list requests for create:A"] {
            break assert_eq!(calls, ["list resources for create:A"]);
        }
    }
    assert!((15 * MINUTE..17 * MINUTE).contains(&(leash.now - began)));
    let resources = vec!["A-1".to_owned(), "A-2".to_owned(), "A-3".to_owned()];
    let (step, next) = ("create:A".to_owned(), None);
    leash.tell(Event::ResourcesListed { step, identifiers: resources, next, at: leash.now });
    // All that might be it are read with one patience, however many they are.
    let took = refuse(&mut leash, "create:A", CallKind::Get, "InternalFailureException", 2 * HOUR);
    assert!((15 * MINUTE..17 * MINUTE).contains(&took), "{took}");
    assert!(leash.report("A").message.unwrap().contains("A-1, A-2, A-3"));
}

#[test]
fn a_call_that_is_only_refused_has_changed_nothing() {
    let mut leash = Leash::new(deploy(vec![existing("A", Action::Delete, &[])]));
    let took = refuse(&mut leash, "delete:A", CallKind::Delete, "ConcurrentOperationException", 10 * MINUTE);
    assert!(took >= 10 * MINUTE && leash.outcome().is_none());
    assert!(leash.report("A").message.unwrap().starts_with("Refused for now, so asked again for up to 20 minutes."));
    leash.until_call();
    assert_eq!(leash.report("A").status, StepStatus::Retrying, "also while the call is out again");
    leash.reject("delete:A", CallKind::Delete, "ConcurrentOperationException");
    leash.tell(Event::CancelRequested { now: false });
    assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
    assert!(leash.recorded("A").is_none(), "it stands as it is recorded");
}

#[test]
fn what_was_refused_before_counts_nothing_once_the_call_is_accepted() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["Arn".to_owned()];
    let mut leash = Leash::new(deploy(vec![resource]));
    refuse(&mut leash, "create:A", CallKind::Create, "ConcurrentOperationException", 14 * MINUTE);
    leash.until_call();
    leash.accept("create:A", None);
    let report = leash.report("A");
    assert_eq!((report.status, report.message), (StepStatus::InProgress, None));
    leash.succeed("create:A", "A-1");
    leash.reject("create:A", CallKind::Get, "InternalFailureException");
    let refused = leash.now;
    leash.until_call();
    assert!(leash.now <= refused + 1_000, "pauses begin small again");
    let took = refuse(&mut leash, "create:A", CallKind::Get, "InternalFailureException", HOUR);
    assert!(took >= 14 * MINUTE, "{took}");
}

/// What else goes on meanwhile, one after the other: operations that are polled, so that the cloud answers.
fn beside(plan: Plan) -> Plan {
    let mut all = plan.resources;
    all.extend([create("Y", &["Z"]), create("Z", &[])]);
    deploy(all)
}

/// Answers whatever is asked for these.
fn answer(leash: &mut Leash, calls: &[String]) {
    for step in ["create:Y", "create:Z"] {
        if calls.contains(&format!("create {step}")) {
            leash.accept(step, None);
        } else if calls.contains(&format!("poll {step}")) {
            leash.tell(leash.progress(step, RequestStatus::InProgress, None, None));
        }
    }
}

/// Answers until this call comes.
fn until(leash: &mut Leash, wanted: &str) {
    let end = leash.now + HOUR;
    loop {
        let calls = leash.until_call();
        assert!(leash.now < end && leash.outcome().is_none(), "no {wanted}");
        answer(leash, &calls);
        if calls.iter().any(|call| call == wanted) {
            return;
        }
    }
}

/// One service throttles this call while all others are answered, for so long or until it is not made any more.
fn throttle(leash: &mut Leash, id: &str, call: CallKind, wanted: &str, span: Millis) -> Millis {
    let (began, mut last, mut told) = (leash.now, leash.now, false);
    while leash.now < began + span && leash.now < last + 10 * MINUTE && leash.outcome().is_none() {
        let calls = leash.until_call();
        answer(leash, &calls);
        if calls.iter().any(|call| call == wanted) {
            last = leash.now;
            let step = wanted.rsplit(' ').next().unwrap().to_owned();
            leash.tell(Event::Throttled { step, call });
            let message = leash.report(id).message.unwrap_or_default();
            told |= message.starts_with("Throttled, so asked again for up to 60 minutes.");
        }
    }
    assert!(told, "nobody is told what is waited for");
    last - began
}

#[test]
fn a_read_that_its_service_throttles_for_ever_ends_by_name_after_an_hour() {
    let mut leash = Leash::new(beside(read()));
    let calls = leash.calls();
    answer(&mut leash, &calls);
    leash.tell(Event::Throttled { step: "read:A".to_owned(), call: CallKind::Get });
    let took = throttle(&mut leash, "A", CallKind::Get, "get read:A", 3 * HOUR);
    assert!((60 * MINUTE..63 * MINUTE).contains(&took), "{took}");
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some("attribute_unavailable")));
    let message = report.message.unwrap();
    assert!(message.contains("Arn") && message.contains("ThrottlingException: The call was throttled"), "{message}");
}

#[test]
fn a_throttled_read_goes_at_once_at_first_and_has_its_patience_anew_after_an_answer() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["Arn".to_owned()];
    let mut leash = Leash::new(beside(deploy(vec![resource])));
    let calls = leash.calls();
    answer(&mut leash, &calls);
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    let first = leash.now;
    leash.tell(Event::Throttled { step: "create:A".to_owned(), call: CallKind::Get });
    until(&mut leash, "get create:A");
    assert!(leash.now <= first + 500 && leash.report("A").message.is_none(), "as any call that is throttled");
    leash.tell(Event::Throttled { step: "create:A".to_owned(), call: CallKind::Get });
    throttle(&mut leash, "A", CallKind::Get, "get create:A", 2 * MINUTE);
    until(&mut leash, "get create:A");
    leash.read("create:A", Some(json!({})));
    assert!(leash.report("A").message.is_none(), "what was throttled before is over");
    let took = throttle(&mut leash, "A", CallKind::Get, "get create:A", 3 * HOUR);
    assert!((60 * MINUTE..63 * MINUTE).contains(&took), "{took}");
}

#[test]
fn a_list_that_is_throttled_for_ever_gives_way_to_the_next_way_and_then_ends_by_name() {
    // One slot, so that the others begin when the creation is being looked for.
    let one = EngineConfig { max_concurrency: 1, ..config() };
    let mut lost = create("A", &[]);
    lost.estimate_ms = 60_000;
    let plan = || beside(deploy(vec![lost.clone()]));
    let mut first = Leash::with(plan(), one.clone());
    first.lose("create:A", CallKind::Create);
    let mut leash = first.resumed_with(plan(), one, 25 * HOUR);
    until(&mut leash, "list requests for create:A");
    leash.tell(Event::Throttled { step: "create:A".to_owned(), call: CallKind::ListRequests });
    let took = throttle(&mut leash, "A", CallKind::ListRequests, "list requests for create:A", 58 * MINUTE);
    assert!(took >= 57 * MINUTE, "{took}");
    // No operation of the others takes longer than its two hours.
    leash.succeed("create:Z", "Z-1");
    loop {
        let calls = leash.until_call();
        assert_eq!(leash.outcome(), None);
        answer(&mut leash, &calls);
        if calls.iter().any(|call| call == "list resources for create:A") {
            break;
        } else if calls.iter().any(|call| call == "list requests for create:A") {
            leash.tell(Event::Throttled { step: "create:A".to_owned(), call: CallKind::ListRequests });
        }
    }
    leash.tell(Event::Throttled { step: "create:A".to_owned(), call: CallKind::ListResources });
    let took = throttle(&mut leash, "A", CallKind::ListResources, "list resources for create:A", 3 * HOUR);
    assert!((60 * MINUTE..63 * MINUTE).contains(&took), "{took}");
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some("intent_expired")));
    assert!(report.message.unwrap().contains("cannot be listed (ThrottlingException"));
}

#[test]
fn where_nothing_is_answered_any_more_that_is_said_and_not_what_was_refused() {
    let mut leash = Leash::new(read());
    leash.reject("read:A", CallKind::Get, "InternalFailureException");
    while leash.outcome().is_none() {
        if !leash.until_call().is_empty() {
            leash.lose("read:A", CallKind::Get);
        }
    }
    assert_eq!(leash.outcome(), Some(Outcome::Unreachable));
    assert_eq!(leash.report("A").error_code.as_deref(), Some("unreachable"));
}
