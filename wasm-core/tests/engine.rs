//! The engine's answers, event by event, where the rule matters more than the randomness. One file, because it is a list of
//! rules over one small set of helpers; nothing in it depends on another part.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use assent_core::engine::{Engine, EngineError};
use assent_core::expr::{Call, Expr};
use assent_core::model::{
    Action, CallKind, Command, EngineConfig, Event, Millis, Mode, OldResource, Outcome, Plan, PlannedOutput,
    PlannedResource, Replacement, RequestStatus, ResourceStatus, StackResource, StepStatus,
};
use assent_core::secret::SecretValues;
use serde_json::{Value, json};
use support::driver::Plain;
use support::graphs::plan;
use support::leash::{HOUR, Leash, NOW, config, create, deploy, existing, recorded};

#[test]
fn plans_that_cannot_be_executed_are_refused_before_any_call() {
    let refused = |resources| Engine::new(deploy(resources), config(), Box::new(Plain)).map(|_| ()).unwrap_err();
    assert!(matches!(
        refused(vec![existing("A", Action::Replace, &[])]),
        EngineError::Incomplete { missing: "replacement", .. }
    ));
    assert_eq!(
        refused(vec![create("A", &["B"])]),
        EngineError::UnknownDependency { logical_id: "A".to_owned(), dependency: "B".to_owned() }
    );
    assert!(
        matches!(refused(vec![create("A", &["B"]), create("B", &["A"])]), EngineError::Cycle(ids) if ids.len() == 2)
    );
    assert_eq!(
        refused(vec![create("A", &["B"]), existing("B", Action::Delete, &[])]),
        EngineError::WaitsForDeletion { logical_id: "A".to_owned(), dependency: "B".to_owned() }
    );
    assert_eq!(refused(vec![create("A", &[]), create("A", &[])]), EngineError::Duplicate("A".to_owned()));
    let mut without = create("A", &[]);
    without.desired = None;
    assert!(matches!(refused(vec![without]), EngineError::Incomplete { missing: "desired", .. }));
    let mut without = existing("A", Action::Delete, &[]);
    without.recorded = None;
    assert!(matches!(refused(vec![without]), EngineError::Incomplete { missing: "recorded", .. }));
    for broken in [
        EngineConfig { max_concurrency: 0, ..config() },
        EngineConfig { rate: 0.0, ..config() },
        EngineConfig { max_rate: f64::NAN, ..config() },
        EngineConfig { seed: "x".to_owned(), ..config() },
    ] {
        assert!(matches!(Engine::new(deploy(vec![]), broken, Box::new(Plain)), Err(EngineError::Config(_))));
    }
}

#[test]
fn no_call_is_made_before_its_intent_is_recorded() {
    let mut engine = Engine::new(deploy(vec![create("A", &[])]), config(), Box::new(Plain)).unwrap();
    assert!(engine.handle(NOW, &[Event::TimerFired {}]).is_empty(), "nothing before Started");
    let commands = engine.handle(NOW, &[Event::Started {}]);
    let [Command::RecordIntent { step, attempt, client_token }] = &commands[..] else { panic!("{commands:?}") };
    let intent =
        Event::IntentRecorded { step: step.clone(), attempt: *attempt, client_token: client_token.clone(), at: NOW };
    assert!(!engine.handle(NOW + 60_000, &[Event::TimerFired {}]).iter().any(|c| matches!(c, Command::Create { .. })));
    let commands = engine.handle(NOW, &[intent]);
    assert!(matches!(&commands[0], Command::Create { client_token: sent, .. } if sent == client_token));
}

#[test]
fn a_plan_without_work_ends_at_once() {
    assert_eq!(Leash::new(deploy(vec![])).outcome(), Some(Outcome::NoChanges));
    let mut unchanged = existing("A", Action::Noop, &[]);
    unchanged.needs = vec!["Ref".to_owned()];
    unchanged.recorded.as_mut().unwrap().attributes.insert("Ref".to_owned(), json!("A-old"));
    let mut plan = deploy(vec![unchanged]);
    let value = Expr::Ref("A".to_owned());
    plan.outputs.push(PlannedOutput { name: "Out".to_owned(), value, description: None, export_name: None });
    let leash = Leash::new(plan);
    assert_eq!(leash.outcome(), Some(Outcome::NoChanges));
    assert_eq!(leash.outputs()["Out"], "A-old");
    assert_eq!(leash.report("A").status, StepStatus::Unchanged);
}

#[test]
fn an_unchanged_resource_is_read_only_for_values_that_were_not_needed_before() {
    let mut unchanged = existing("A", Action::Noop, &[]);
    unchanged.needs = vec!["Arn".to_owned()];
    let mut user = create("B", &["A"]);
    user.desired = Some(Expr::Map(vec![("Of".to_owned(), Expr::Att("A".to_owned(), "Arn".to_owned()))]));
    let mut leash = Leash::new(deploy(vec![unchanged, user]));
    assert_eq!(leash.calls(), ["get read:A"]);
    leash.read("read:A", Some(json!({"Arn": "arn:A", "Other": "secret?"})));
    assert_eq!(leash.recorded("A").unwrap().attributes, BTreeMap::from([("Arn".to_owned(), json!("arn:A"))]));
    assert_eq!(leash.calls(), ["create create:B"]);
    let payload = leash.engine.payload("create:B", &SecretValues::default()).unwrap();
    assert_eq!(payload, json!({"Of": "arn:A"}));
}

#[test]
fn a_recorded_resource_that_is_gone_fails_its_dependents_by_name() {
    let mut unchanged = existing("A", Action::Noop, &[]);
    unchanged.needs = vec!["Arn".to_owned()];
    let mut leash = Leash::new(deploy(vec![unchanged, create("B", &["A"])]));
    leash.read("read:A", None);
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    assert_eq!(leash.report("A").error_code.as_deref(), Some("resource_not_found"));
    assert_eq!(leash.report("B").status, StepStatus::Blocked);
}

#[test]
fn a_value_missing_after_creation_is_read_until_it_appears() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["Arn".to_owned(), "Ref".to_owned()];
    let mut leash = Leash::new(deploy(vec![resource, create("B", &["A"])]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.calls(), ["get create:A"]);
    assert!(leash.recorded("A").is_none());
    leash.read("create:A", None);
    assert!(leash.calls().is_empty(), "not found yet: later");
    assert_eq!(leash.until_call(), ["get create:A"]);
    leash.read("create:A", Some(json!({})));
    assert_eq!(leash.until_call(), ["get create:A"]);
    leash.read("create:A", Some(json!({"Arn": "arn:A-1", "Noise": 1})));
    let resource = leash.recorded("A").unwrap();
    assert_eq!((resource.status, resource.physical_id.as_str()), (ResourceStatus::Complete, "A-1"));
    assert_eq!(resource.attributes.keys().collect::<Vec<_>>(), ["Arn", "Ref"]);
    assert_eq!(leash.calls(), ["create create:B"]);
}

#[test]
fn a_value_that_never_appears_fails_the_step_but_keeps_the_resource() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["Arn".to_owned()];
    let mut leash = Leash::new(deploy(vec![resource]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    while leash.outcome().is_none() {
        assert_eq!(leash.until_call(), ["get create:A"]);
        leash.read("create:A", Some(json!({})));
    }
    assert_eq!(leash.report("A").error_code.as_deref(), Some("attribute_unavailable"));
    assert_eq!(leash.recorded("A").unwrap().physical_id, "A-1");
}

#[test]
fn where_a_type_cannot_be_read_the_desired_state_gives_the_value() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["PolicyName".to_owned()];
    resource.desired = Some(Expr::Map(vec![("PolicyName".to_owned(), Expr::Str("p".to_owned()))]));
    let mut leash = Leash::new(deploy(vec![resource]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    leash.reject("create:A", CallKind::Get, "UnsupportedActionException");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
    assert_eq!(leash.recorded("A").unwrap().attributes["PolicyName"], "p");
}

#[test]
fn secrets_go_into_the_payload_and_nowhere_else() {
    let mut resource = create("A", &[]);
    resource.desired = Some(Expr::Map(vec![("Password".to_owned(), Expr::Secret("parameter:P".to_owned()))]));
    let mut plan = deploy(vec![resource]);
    let value = Expr::Secret("parameter:P".to_owned());
    plan.outputs.push(PlannedOutput { name: "Out".to_owned(), value, description: None, export_name: None });
    let mut leash = Leash::new(plan);
    let secrets = leash.commands.iter().find_map(|command| match command {
        Command::Create { secrets, .. } => Some(secrets.clone()),
        _ => None,
    });
    assert_eq!(secrets.unwrap(), ["parameter:P"]);
    let given = [("parameter:P".to_owned(), json!("hunter2"))].into_iter().collect();
    assert_eq!(leash.engine.payload("create:A", &given).unwrap(), json!({"Password": "hunter2"}));
    assert!(leash.engine.payload("create:A", &SecretValues::default()).is_err());
    assert!(leash.engine.payload("create:B", &given).is_err());
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.recorded("A").unwrap().applied.to_json(), json!({"Password": {"$secret": "parameter:P"}}));
    assert_eq!(leash.outputs()["Out"], "****");
}

#[test]
fn a_value_that_cannot_be_computed_fails_before_its_intent() {
    let mut first = create("A", &[]);
    first.needs = vec!["Ref".to_owned()];
    let mut second = create("B", &["A"]);
    let list = Expr::List(vec![Expr::Ref("A".to_owned())]);
    let select = Expr::Call(Box::new(Call::Select(Expr::Number(5.into()), list)));
    second.desired = Some(Expr::Map(vec![("X".to_owned(), select)]));
    let mut leash = Leash::new(deploy(vec![first, second]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    assert_eq!(leash.report("B").error_code.as_deref(), Some("unresolved_value"));
    assert_eq!(leash.report("B").attempts, 0);
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_token() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    let token = leash.token();
    for _ in 0..3 {
        leash.lose("create:A", CallKind::Create);
        assert_eq!(leash.report("A").status, StepStatus::Retrying);
        assert_eq!(leash.until_call(), ["create create:A"]);
        assert_eq!(leash.token(), token);
    }
    assert_eq!(leash.report("A").attempts, 1);
}

#[test]
fn a_throttled_call_goes_again_without_a_new_attempt() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    let token = leash.token();
    leash.tell(Event::Throttled { step: "create:A".to_owned(), call: CallKind::Create });
    assert!(leash.calls().is_empty());
    assert_eq!(leash.until_call(), ["create create:A"]);
    assert_eq!((leash.token(), leash.report("A").attempts), (token, 1));
}

#[test]
fn failures_are_answered_by_their_class() {
    // code, what follows the failure of a creation without an identifier, attempts in all
    for (code, attempts) in [
        ("GeneralServiceException", 3),
        ("HandlerInternalFailure", 3),
        ("ServiceTimeout", 1),
        ("NotStabilized", 1),
        ("AccessDenied", 1),
        ("AlreadyExists", 1),
        ("InvalidRequest", 1),
        ("NotFound", 1),
        ("NotUpdatable", 1),
        ("ServiceLimitExceeded", 1),
        ("InvalidCredentials", 1),
        ("NeverHeardOf", 1),
    ] {
        let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &["A"]), create("C", &[])]));
        let mut tokens = vec![leash.token()];
        leash.accept("create:C", None);
        leash.succeed("create:C", "C-1");
        while leash.report("A").status != StepStatus::Failed {
            leash.accept("create:A", None);
            leash.fail("create:A", code, None);
            if leash.report("A").status == StepStatus::Retrying {
                assert_eq!(leash.until_call(), ["create create:A"], "{code}");
                tokens.push(leash.token());
            }
        }
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), attempts, "{code}: a token of its own for every attempt");
        assert_eq!(leash.report("A").error_code.as_deref(), Some(code));
        assert_eq!(leash.report("B").status, StepStatus::Blocked);
        assert_eq!(leash.report("C").status, StepStatus::Succeeded);
        assert_eq!(leash.outcome(), Some(Outcome::Failed));
    }
}

#[test]
fn a_step_began_with_its_first_attempt() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", None);
    leash.fail("create:A", "Throttling", None);
    assert_eq!(leash.until_call(), ["create create:A"]);
    let report = leash.report("A");
    assert_eq!((report.attempts, report.started_at), (2, Some(NOW)));
    assert!(leash.now > NOW);
}

#[test]
fn what_passes_by_itself_is_tried_for_as_long_as_it_may_take_and_not_for_ever() {
    for (code, minutes) in
        [("Throttling", 60), ("NetworkFailure", 15), ("ServiceInternalError", 15), ("ResourceConflict", 20)]
    {
        let mut leash = Leash::new(deploy(vec![create("A", &[])]));
        let (mut tokens, began) = (vec![leash.token()], leash.now);
        while leash.outcome().is_none() {
            leash.accept("create:A", None);
            leash.fail("create:A", code, None);
            if leash.outcome().is_none() {
                assert_eq!(leash.until_call(), ["create create:A"], "{code}");
                tokens.push(leash.token());
            }
        }
        let took = (leash.now - began) / 60_000;
        assert!((minutes..=minutes + 1).contains(&took), "{code}: given up after {took} minutes");
        let attempts = tokens.len();
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), attempts, "{code}: a token of its own for every attempt");
    }
}

/// A failure as a handler words it.
fn fail_saying(leash: &mut Leash, step: &str, code: &str, said: &str) {
    let mut event = leash.progress(step, RequestStatus::Failed, None, Some(code));
    if let Event::Progress { message, .. } = &mut event {
        *message = Some(said.to_owned());
    }
    leash.tell(event);
}

const NOT_ASSUMED: &str = "The role defined for the function cannot be assumed by Lambda.";

fn role_and_function() -> Plan {
    let mut role = create("Role", &[]);
    role.type_name = "AWS::IAM::Role".to_owned();
    let mut policy = create("Other", &["Role"]);
    policy.type_name = "AWS::Logs::LogGroup".to_owned();
    deploy(vec![role, policy, create("Function", &["Other"])])
}

#[test]
fn a_role_that_this_run_has_made_is_waited_for_and_the_wait_is_shown() {
    let mut leash = Leash::new(role_and_function());
    for id in ["Role", "Other"] {
        leash.accept(&format!("create:{id}"), None);
        leash.succeed(&format!("create:{id}"), id);
    }
    let began = leash.now;
    leash.accept("create:Function", None);
    fail_saying(&mut leash, "create:Function", "InvalidRequest", NOT_ASSUMED);
    let report = leash.report("Function");
    assert_eq!(report.status, StepStatus::Retrying);
    assert!(report.message.unwrap().starts_with("Waiting for Role to be usable everywhere. The role"));
    assert_eq!(leash.until_call(), ["create create:Function"]);
    assert!(leash.now <= began + 2_000, "densely: {}", leash.now - began);
    // A new process waits as long as this one would have.
    let mut leash = leash.resumed(role_and_function(), 0);
    while leash.outcome().is_none() {
        leash.accept("create:Function", None);
        fail_saying(&mut leash, "create:Function", "InvalidRequest", NOT_ASSUMED);
        if leash.outcome().is_none() {
            leash.until_call();
        }
    }
    let took = leash.now - began;
    assert!((60_000..=120_000).contains(&took), "{took}");
    assert_eq!(leash.report("Function").message.as_deref(), Some(NOT_ASSUMED));
}

#[test]
fn a_name_whose_secret_is_deleted_is_waited_for_and_then_the_way_out_is_told() {
    let mut secret = create("A", &[]);
    secret.type_name = "AWS::SecretsManager::Secret".to_owned();
    let mut leash = Leash::new(deploy(vec![secret]));
    let began = leash.now;
    let said = "You can't create this secret because a secret with this name is already scheduled for deletion.";
    while leash.outcome().is_none() {
        assert!(leash.recorded("A").is_none(), "nothing is there");
        if !leash.until_call().is_empty() {
            leash.accept("create:A", None);
            fail_saying(&mut leash, "create:A", "InvalidRequest", said);
        }
        if leash.outcome().is_none() {
            let message = leash.report("A").message.unwrap();
            assert_eq!(message, format!("Waiting for the end of the secret that had this name. {said}"));
        }
    }
    assert!((120_000..135_000).contains(&(leash.now - began)), "{}", leash.now - began);
    let message = leash.report("A").message.unwrap();
    assert_eq!(message, format!("{said} Restore it and import it, or delete it without recovery; then deploy again."));
}

#[test]
fn a_role_that_was_made_long_ago_is_not_waited_for() {
    let mut leash = Leash::new(role_and_function());
    for id in ["Role", "Other"] {
        leash.accept(&format!("create:{id}"), None);
        leash.succeed(&format!("create:{id}"), id);
    }
    leash.accept("create:Function", None);
    leash.now += 11 * 60_000;
    fail_saying(&mut leash, "create:Function", "InvalidRequest", NOT_ASSUMED);
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
}

#[test]
fn a_role_that_was_there_before_is_not_waited_for() {
    let mut plan = role_and_function();
    let role = plan.resources.iter_mut().find(|resource| resource.logical_id == "Role").unwrap();
    *role = PlannedResource { type_name: "AWS::IAM::Role".to_owned(), ..existing("Role", Action::Noop, &[]) };
    let mut leash = Leash::new(plan);
    leash.accept("create:Other", None);
    leash.succeed("create:Other", "other-1");
    leash.accept("create:Function", None);
    fail_saying(&mut leash, "create:Function", "InvalidRequest", NOT_ASSUMED);
    assert_eq!(leash.report("Function").status, StepStatus::Failed);
}

#[test]
fn a_remnant_with_a_chosen_name_is_taken_over_where_an_attempt_of_ours_may_have_made_it() {
    let mut resource = create("A", &[]);
    resource.desired = Some(Expr::known(json!({"TopicName": "alerts", "Display": "x"})));
    let whole = json!({"TopicName": "alerts", "Display": "x", "Arn": "arn"});
    // What the first attempt says, what the second meets, what is there; taken over?
    for (first, second, live, taken) in [
        ("GeneralServiceException", None, whole.clone(), true),
        ("GeneralServiceException", None, json!({"TopicName": "alerts", "Display": "y"}), false),
        ("ServiceInternalError", Some("AlreadyExists"), whole.clone(), true),
        ("Throttling", Some("AlreadyExists"), whole.clone(), false),
        ("AlreadyExists", None, whole, false),
    ] {
        let mut leash = Leash::new(deploy(vec![resource.clone()]));
        leash.accept("create:A", None);
        leash.fail("create:A", first, Some("alerts").filter(|_| second.is_none()));
        if let Some(code) = second {
            assert_eq!(leash.until_call(), ["create create:A"]);
            leash.accept("create:A", None);
            leash.fail("create:A", code, Some("alerts"));
        }
        if first != "AlreadyExists" {
            leash.read("create:A", Some(live));
        }
        let (recorded, outcome) = (leash.recorded("A").map(|resource| resource.physical_id.clone()), leash.outcome());
        let expected = if taken { (Some("alerts".to_owned()), Outcome::Succeeded) } else { (None, Outcome::Failed) };
        assert_eq!((recorded, outcome), (expected.0, Some(expected.1)), "{first} {second:?}");
    }
}

/// A creation whose name the plan made.
fn given(type_name: &str, property: &str) -> PlannedResource {
    let mut resource = create("A", &[]);
    type_name.clone_into(&mut resource.type_name);
    let mut desired = json!({"Description": "x"});
    desired[property] = json!("shop-A-1");
    resource.desired = Some(Expr::known(desired));
    resource.given_name = Some("shop-A-1".to_owned());
    resource
}

#[test]
fn a_lost_creation_is_found_by_the_name_that_the_plan_gave_it() {
    let plan = || deploy(vec![given("AWS::IAM::Role", "RoleName")]);
    let whole = json!({"RoleName": "shop-A-1", "Description": "x", "Arn": "arn"});
    let mut first = Leash::new(plan());
    first.lose("create:A", CallKind::Create);
    // After a day nobody sends it again, and nobody needs to list what there is.
    let mut found = first.resumed(plan(), 25 * HOUR);
    assert_eq!(found.until_call(), ["get create:A"]);
    found.read("create:A", Some(whole));
    assert_eq!(found.recorded("A").unwrap().physical_id, "shop-A-1");
    assert_eq!(found.outcome(), Some(Outcome::Succeeded));

    let mut gone = first.resumed(plan(), 25 * HOUR);
    assert_eq!(gone.until_call(), ["get create:A"]);
    let began = gone.now;
    loop {
        gone.read("create:A", None);
        if gone.until_call() == ["create create:A"] {
            break;
        }
        assert!(gone.now < began + 60_000);
    }
    gone.accept("create:A", None);
    gone.succeed("create:A", "shop-A-1");
    assert_eq!(gone.outcome(), Some(Outcome::Succeeded));

    let mut halfway = first.resumed(plan(), 25 * HOUR);
    halfway.until_call();
    halfway.read("create:A", Some(json!({"RoleName": "shop-A-1"})));
    assert_eq!(halfway.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
    assert_eq!(halfway.outcome(), Some(Outcome::Failed));
}

#[test]
fn a_remnant_with_a_given_name_is_this_runs() {
    let halfway = |property: &str| {
        let mut live = json!({});
        live[property] = json!("shop-A-1");
        live
    };
    for (type_name, property) in [("AWS::IAM::Role", "RoleName"), ("AWS::DynamoDB::Table", "TableName")] {
        for (first, second) in [
            ("GeneralServiceException", None),
            ("GeneralServiceException", Some("AlreadyExists")),
            ("InvalidRequest", None),
            ("Throttling", Some("AlreadyExists")),
        ] {
            let mut leash = Leash::new(deploy(vec![given(type_name, property)]));
            leash.accept("create:A", None);
            leash.fail("create:A", first, Some("shop-A-1").filter(|_| second.is_none()));
            if let Some(code) = second {
                assert_eq!(leash.until_call(), ["create create:A"]);
                leash.accept("create:A", None);
                leash.fail("create:A", code, None);
            }
            leash.read("create:A", Some(halfway(property)));
            match (first, second) {
                // Made again.
                ("GeneralServiceException", None) => {
                    assert_eq!(leash.until_call(), ["delete delete:A"], "{type_name}");
                }
                // No attempt can have made it: somebody else has the name.
                ("Throttling", _) => {
                    assert!(leash.recorded("A").is_none(), "{type_name}");
                    assert!(leash.report("A").message.unwrap().contains("shop-A-1 exists"));
                }
                // Nothing more is tried, but it is not forgotten.
                _ => assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed, "{type_name}"),
            }
        }
    }
    // Nobody has tried before: it is not this run's, whatever its name.
    let mut leash = Leash::new(deploy(vec![given("AWS::IAM::Role", "RoleName")]));
    leash.accept("create:A", None);
    leash.fail("create:A", "AlreadyExists", Some("shop-A-1"));
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    assert!(leash.recorded("A").is_none());
}

#[test]
fn what_did_not_become_stable_is_no_success_however_complete_it_looks() {
    let mut leash = Leash::new(deploy(vec![given("AWS::DynamoDB::Table", "TableName")]));
    leash.accept("create:A", None);
    leash.fail("create:A", "NotStabilized", Some("shop-A-1"));
    leash.read("create:A", Some(json!({"TableName": "shop-A-1", "Description": "x"})));
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
    assert_eq!(leash.report("A").error_code.as_deref(), Some("NotStabilized"));
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
}

#[test]
fn an_operation_that_does_not_end_is_cancelled_read_and_named() {
    let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &[])]));
    leash.accept("create:B", None);
    leash.succeed("create:B", "B-1");
    leash.accept("create:A", None);
    let began = leash.now;
    loop {
        let calls = leash.until_call();
        if calls == ["cancel create:A"] {
            break;
        }
        assert_eq!(calls, ["poll create:A"]);
        leash.tell(leash.progress("create:A", RequestStatus::Pending, None, None));
    }
    let took = leash.now - began;
    assert!((2 * HOUR..2 * HOUR + 60_000).contains(&took), "{took}");
    // The answer to the cancellation is lost; polls go on, and it is not asked for twice.
    leash.lose("create:A", CallKind::Cancel);
    assert_eq!(leash.until_call(), ["poll create:A"]);
    let said = leash.progress("create:A", RequestStatus::CancelComplete, Some("A-1"), None);
    leash.tell(said);
    assert_eq!(leash.calls(), ["get create:A"]);
    leash.read("create:A", Some(json!({})));
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
    let report = leash.report("A");
    assert_eq!(report.error_code.as_deref(), Some("operation_timed_out"));
    assert!(report.message.unwrap().contains("after 120 minutes"));
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
}

#[test]
fn an_operation_that_cannot_even_be_cancelled_ends_all_the_same() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", None);
    let began = leash.now;
    while leash.outcome().is_none() {
        match leash.until_call().as_slice() {
            [call] if call == "poll create:A" => {
                leash.tell(leash.progress("create:A", RequestStatus::InProgress, None, None));
            }
            _ => leash.reject("create:A", CallKind::Cancel, "UnsupportedActionException"),
        }
    }
    let took = leash.now - began;
    assert!((2 * HOUR..3 * HOUR).contains(&took), "{took}");
    // It may still make something, and has not said what.
    let message = leash.report("A").message.unwrap();
    assert!(message.ends_with("Look for what request request of create:A makes."), "{message}");
}

#[test]
fn a_throttled_service_is_held_back_and_others_are_not() {
    let of = |id: &str, type_name: &str| {
        let mut resource = create(id, &[]);
        resource.type_name = type_name.to_owned();
        resource
    };
    let mut narrow = config();
    narrow.max_concurrency = 1;
    let resources = vec![of("A", "AWS::SES::Template"), of("B", "AWS::SES::Template"), of("C", "AWS::SQS::Queue")];
    let mut leash = Leash::with(deploy(resources), narrow);
    assert_eq!(leash.calls(), ["create create:A"]);
    leash.accept("create:A", None);
    fail_saying(&mut leash, "create:A", "GeneralServiceException", "Too Many Requests (Service: Ses)");
    assert_eq!(leash.calls(), ["create create:C"], "B is of the same service");
    leash.accept("create:C", None);
    leash.succeed("create:C", "C-1");
    assert_eq!(leash.until_call(), ["create create:B"]);
}

#[test]
fn a_value_that_another_resource_changes_is_read_again_before_anything_uses_it() {
    let of = |id: &str, type_name: &str, depends_on: &[&str]| {
        let mut resource = create(id, depends_on);
        resource.type_name = type_name.to_owned();
        resource
    };
    let mut vpc = of("Vpc", "AWS::EC2::VPC", &[]);
    vpc.needs = vec!["Ipv6CidrBlocks".to_owned(), "Ref".to_owned()];
    let mut subnet = of("Subnet", "AWS::EC2::Subnet", &["Six", "Vpc"]);
    let blocks = Expr::Att("Vpc".to_owned(), "Ipv6CidrBlocks".to_owned());
    subnet.desired = Some(Expr::Map(vec![("Blocks".to_owned(), blocks)]));
    let resources = || vec![vpc.clone(), of("Six", "AWS::EC2::VPCCidrBlock", &["Vpc"]), subnet.clone()];
    let mut leash = Leash::new(deploy(resources()));
    leash.accept("create:Vpc", None);
    leash.succeed("create:Vpc", "vpc-1");
    // The list need not be there at all as long as it is empty.
    leash.read("create:Vpc", Some(json!({})));
    assert_eq!(leash.calls(), ["create create:Six"]);
    leash.accept("create:Six", None);
    leash.succeed("create:Six", "six-1");
    assert_eq!(leash.recorded("Six").unwrap().physical_id, "six-1");
    let identifier = leash.commands.iter().find_map(|command| match command {
        Command::Get { type_name, identifier, .. } => Some(format!("{type_name} {identifier}")),
        _ => None,
    });
    assert_eq!(identifier.as_deref(), Some("AWS::EC2::VPC vpc-1"));
    leash.read("create:Six", Some(json!({"Ipv6CidrBlocks": []})));
    assert_eq!(leash.until_call(), ["get create:Six"], "it may take a moment to show");
    // Another process goes on from here.
    let mut leash = leash.resumed(deploy(resources()), 0);
    assert_eq!(leash.calls(), ["get create:Six"]);
    leash.read("create:Six", Some(json!({"Ipv6CidrBlocks": ["2001:db8::/56"]})));
    assert_eq!(leash.recorded("Vpc").unwrap().attributes["Ipv6CidrBlocks"], json!(["2001:db8::/56"]));
    assert_eq!(leash.calls(), ["create create:Subnet"]);
    let payload = leash.engine.payload("create:Subnet", &SecretValues::default()).unwrap();
    assert_eq!(payload, json!({"Blocks": ["2001:db8::/56"]}));
}

#[test]
fn a_value_that_a_deleted_resource_had_changed_is_read_again() {
    let mut vpc = existing("Vpc", Action::Noop, &[]);
    vpc.type_name = "AWS::EC2::VPC".to_owned();
    vpc.needs = vec!["Ipv6CidrBlocks".to_owned()];
    let old = vpc.recorded.as_mut().unwrap();
    old.type_name = vpc.type_name.clone();
    old.attributes.insert("Ipv6CidrBlocks".to_owned(), json!(["2001:db8::/56"]));
    let mut six = existing("Six", Action::Delete, &[]);
    six.type_name = "AWS::EC2::VPCCidrBlock".to_owned();
    let gone = six.recorded.as_mut().unwrap();
    gone.type_name = six.type_name.clone();
    gone.depends_on = vec!["Vpc".to_owned()];
    let mut leash = Leash::new(deploy(vec![vpc, six]));
    assert_eq!(leash.calls(), ["delete delete:Six"]);
    leash.accept("delete:Six", None);
    leash.succeed("delete:Six", "Six-old");
    leash.read("delete:Six", Some(json!({"Ipv6CidrBlocks": ["2001:db8::/56"]})));
    assert_eq!(leash.until_call(), ["get delete:Six"], "it may take a moment to show");
    leash.read("delete:Six", Some(json!({})));
    assert_eq!(leash.recorded("Vpc").unwrap().attributes["Ipv6CidrBlocks"], json!([]));
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn permissions_of_one_function_go_one_at_a_time_and_those_of_another_beside_them() {
    let permission = |id: &str, function: &str| {
        let mut resource = create(id, &[]);
        resource.type_name = "AWS::Lambda::Permission".to_owned();
        resource.desired = Some(Expr::known(json!({"FunctionName": function})));
        resource
    };
    let resources = [("A", "f"), ("B", "f"), ("C", "g"), ("D", "f")].map(|(id, function)| permission(id, function));
    let mut leash = Leash::new(deploy(resources.to_vec()));
    assert_eq!(leash.calls(), ["create create:A", "create create:C"]);
    for (done, next) in [("A", vec!["create create:B"]), ("B", vec!["create create:D"]), ("D", vec![])] {
        leash.accept(&format!("create:{done}"), None);
        leash.succeed(&format!("create:{done}"), done);
        assert_eq!(leash.calls(), next);
    }
    leash.accept("create:C", None);
    leash.succeed("create:C", "C");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_type_that_is_not_there_is_named_as_that() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.reject("create:A", CallKind::Create, "TypeNotFoundException");
    assert!(leash.report("A").message.unwrap().starts_with("Test::A::B does not exist in this region"));
}

#[test]
fn failures_of_one_kind_do_not_use_up_the_patience_for_another() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    for code in ["Throttling", "NetworkFailure", "ServiceInternalError", "GeneralServiceException"] {
        leash.accept("create:A", None);
        leash.fail("create:A", code, None);
        assert_eq!(leash.until_call(), ["create create:A"], "{code}");
    }
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn an_update_whose_handler_does_not_see_what_is_there_is_tried_again() {
    let mut leash = Leash::new(deploy(vec![patched("A", &tested())]));
    leash.accept("update:A", None);
    leash.fail("update:A", "NotFound", None);
    assert_eq!(leash.until_call(), ["get update:A"]);
    leash.read("update:A", None);
    assert_eq!(leash.outcome(), None, "one read that finds nothing is not absence");
    assert_eq!(leash.until_call(), ["get update:A"]);
    leash.read("update:A", Some(json!({"V": 1})));
    assert_eq!(leash.until_call(), ["update update:A"]);
}

#[test]
fn what_a_throttled_creation_left_is_deleted_before_the_next_attempt() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", None);
    leash.fail("create:A", "Throttling", Some("A-1"));
    assert_eq!(leash.calls(), ["get create:A"]);
    leash.read("create:A", Some(json!({})));
    assert_eq!(leash.until_call(), ["delete delete:A"]);
    // Killed here, the next process goes on with the removal, not with a second creation.
    let mut leash = leash.resumed(deploy(vec![create("A", &[])]), 1_000);
    assert_eq!(leash.calls(), ["delete delete:A"]);
    leash.accept("delete:A", Some("A-1"));
    leash.succeed("delete:A", "A-1");
    assert_eq!(leash.until_call(), ["create create:A"]);
    assert_eq!(leash.report("A").attempts, 2);
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-2");
    assert_eq!(leash.recorded("A").unwrap().physical_id, "A-2");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_remnant_that_cannot_be_deleted_is_recorded() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", None);
    leash.fail("create:A", "Throttling", Some("A-1"));
    leash.read("create:A", Some(json!({})));
    leash.until_call();
    leash.reject("delete:A", CallKind::Delete, "AccessDeniedException");
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
}

#[test]
fn a_remnant_with_a_name_of_its_own_is_neither_deleted_nor_recorded_but_named() {
    let mut resource = create("A", &[]);
    resource.desired = Some(Expr::Map(vec![("BucketName".to_owned(), Expr::Str("shared".to_owned()))]));
    for code in ["Throttling", "InvalidRequest", "GeneralServiceException"] {
        let mut leash = Leash::new(deploy(vec![resource.clone()]));
        leash.accept("create:A", Some("shared"));
        leash.fail("create:A", code, Some("shared"));
        leash.read("create:A", Some(json!({})));
        assert_eq!(leash.outcome(), Some(Outcome::Failed), "{code}");
        assert!(leash.recorded("A").is_none());
        assert!(leash.report("A").message.unwrap().contains("shared exists"));
    }
    // Stabilisation only fails of what was created.
    let mut leash = Leash::new(deploy(vec![resource]));
    leash.accept("create:A", Some("shared"));
    leash.fail("create:A", "NotStabilized", Some("shared"));
    leash.read("create:A", Some(json!({})));
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
}

#[test]
fn the_identifier_of_a_taken_name_is_not_ours() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", Some("theirs"));
    leash.fail("create:A", "AlreadyExists", Some("theirs"));
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    assert!(leash.recorded("A").is_none() && leash.report("A").physical_id.is_none());
}

#[test]
fn a_terminal_failure_that_left_something_of_ours_is_recorded_as_such() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", None);
    leash.fail("create:A", "InvalidRequest", Some("A-1"));
    assert_eq!(leash.calls(), ["get create:A"]);
    leash.read("create:A", Some(json!({})));
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
    assert_eq!(leash.report("A").status, StepStatus::Failed);
}

#[test]
fn a_failed_poll_is_not_a_failed_operation() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", None);
    for _ in 0..4 {
        assert_eq!(leash.until_call(), ["poll create:A"]);
        leash.lose("create:A", CallKind::Poll);
        assert_eq!(leash.until_call(), ["poll create:A"]);
        leash.reject("create:A", CallKind::Poll, "AccessDeniedException");
        assert_eq!(leash.until_call(), ["poll create:A"]);
        leash.tell(Event::Throttled { step: "create:A".to_owned(), call: CallKind::Poll });
    }
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_forgotten_request_is_settled_by_reading() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", Some("A-1"));
    leash.reject("create:A", CallKind::Poll, "RequestTokenNotFoundException");
    assert_eq!(leash.calls(), ["get create:A"]);
    leash.read("create:A", Some(json!({})));
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
    assert_eq!(leash.report("A").error_code.as_deref(), Some("RequestTokenNotFound"));
}

#[test]
fn polls_respect_retry_after() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    let retry_after = leash.now + 7_000;
    leash.tell(Event::Accepted {
        step: "create:A".to_owned(),
        request_token: "r".to_owned(),
        identifier: None,
        retry_after: Some(retry_after),
        at: leash.now,
    });
    leash.until_call();
    assert!(leash.now >= retry_after && leash.now < retry_after + 1_000);
}

#[test]
fn deletions_of_a_deployment_come_after_every_creation_and_not_at_all_after_a_failure() {
    let resources = || vec![create("A", &[]), existing("B", Action::Delete, &[]), existing("C", Action::Retain, &[])];
    let mut leash = Leash::new(deploy(resources()));
    assert_eq!(leash.calls(), ["create create:A"]);
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.calls(), ["delete delete:B"]);
    assert!(leash.forgotten("C") && !leash.forgotten("B"));
    leash.accept("delete:B", None);
    leash.succeed("delete:B", "B-old");
    assert!(leash.forgotten("B"));
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
    assert_eq!(leash.report("C").status, StepStatus::Retained);

    let mut leash = Leash::new(deploy(resources()));
    leash.reject("create:A", CallKind::Create, "ValidationException");
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    assert_eq!((leash.report("B").status, leash.report("C").status), (StepStatus::Blocked, StepStatus::Blocked));
}

#[test]
fn nothing_below_a_failed_deletion_is_deleted_and_not_found_is_success() {
    let destroy = || {
        let resources = vec![
            existing("A", Action::Delete, &["B", "C"]),
            existing("B", Action::Delete, &["D"]),
            existing("C", Action::Delete, &[]),
            existing("D", Action::Delete, &[]),
        ];
        plan(Mode::Destroy, resources)
    };
    let mut leash = Leash::new(destroy());
    assert_eq!(leash.calls().len(), 2);
    leash.reject("delete:C", CallKind::Delete, "ResourceNotFoundException");
    assert!(leash.forgotten("C"));
    leash.accept("delete:D", None);
    leash.fail("delete:D", "NotFound", None);
    assert!(leash.forgotten("D"));
    assert_eq!(leash.calls(), ["delete delete:B"]);
    leash.accept("delete:B", None);
    leash.fail("delete:B", "InvalidRequest", None);
    assert_eq!(leash.recorded("B").unwrap().status, ResourceStatus::DeleteFailed);
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    assert_eq!(leash.report("A").status, StepStatus::Blocked);
}

#[test]
fn an_unclear_deletion_is_read_and_repeated_twice_at_most() {
    let mut leash = Leash::new(plan(Mode::Destroy, vec![existing("A", Action::Delete, &[])]));
    for attempt in 1..=3 {
        assert_eq!(leash.until_call(), ["delete delete:A"]);
        assert_eq!(leash.report("A").attempts, attempt);
        leash.accept("delete:A", None);
        leash.fail("delete:A", "ServiceTimeout", None);
        assert_eq!(leash.calls(), ["get delete:A"]);
        leash.read("delete:A", Some(json!({})));
    }
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    let mut leash = Leash::new(plan(Mode::Destroy, vec![existing("A", Action::Delete, &[])]));
    leash.accept("delete:A", None);
    leash.fail("delete:A", "ServiceTimeout", None);
    leash.read("delete:A", None);
    assert_eq!(leash.outcome(), None, "what was created a moment ago may not be visible yet");
    assert_eq!(leash.until_call(), ["get delete:A"]);
    leash.read("delete:A", None);
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn an_import_is_read_and_recorded() {
    let mut leash = Leash::new(deploy(vec![existing("A", Action::Import, &[])]));
    assert_eq!(leash.calls(), ["get import:A"]);
    leash.read("import:A", Some(json!({})));
    assert_eq!(leash.recorded("A").unwrap().physical_id, "A-old");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn cancelling_starts_nothing_new_and_follows_what_is_in_flight() {
    let mut narrow = config();
    narrow.max_concurrency = 1;
    let mut leash = Leash::with(deploy(vec![create("A", &[]), create("B", &[]), create("C", &["A"])]), narrow);
    assert_eq!(leash.calls(), ["create create:A"]);
    leash.accept("create:A", None);
    leash.tell(Event::CancelRequested { now: false });
    assert_eq!(leash.outcome(), None);
    assert_eq!(leash.until_call(), ["poll create:A"]);
    leash.succeed("create:A", "A-1");
    assert!(leash.recorded("A").is_some());
    assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
    assert_eq!((leash.report("B").status, leash.report("C").status), (StepStatus::Cancelled, StepStatus::Cancelled));
}

#[test]
fn cancelling_at_once_cancels_what_is_in_flight_and_names_what_is_left() {
    let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &["A"])]));
    leash.accept("create:A", None);
    let began = leash.now;
    leash.tell(Event::CancelRequested { now: true });
    assert_eq!(leash.until_call(), ["cancel create:A"]);
    assert_eq!(leash.now, began, "it does not wait for the next poll");
    leash.tell(leash.progress("create:A", RequestStatus::CancelInProgress, None, None));
    assert_eq!(leash.until_call(), ["poll create:A"]);
    leash.tell(leash.progress("create:A", RequestStatus::CancelComplete, Some("A-1"), None));
    assert_eq!(leash.calls(), ["get create:A"]);
    leash.read("create:A", Some(json!({})));
    assert_eq!(leash.recorded("A").unwrap().status, ResourceStatus::CreateFailed);
    let report = leash.report("A");
    assert_eq!(report.error_code.as_deref(), Some("operation_cancelled"));
    assert_eq!(leash.report("B").status, StepStatus::Cancelled);
    assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
}

#[test]
fn a_cloud_that_does_not_cancel_is_not_waited_for_long() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.accept("create:A", None);
    leash.tell(Event::CancelRequested { now: true });
    let began = leash.now;
    while leash.outcome().is_none() {
        match leash.until_call().as_slice() {
            [call] if call == "poll create:A" => {
                leash.tell(leash.progress("create:A", RequestStatus::InProgress, None, None));
            }
            _ => leash.reject("create:A", CallKind::Cancel, "UnsupportedActionException"),
        }
    }
    let took = leash.now - began;
    assert!((5 * 60_000..15 * 60_000).contains(&took), "{took}");
    assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
    assert!(leash.report("A").message.unwrap().contains("has not ended it since"));
}

#[test]
fn cancelling_asks_again_for_an_answer_that_was_lost() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.lose("create:A", CallKind::Create);
    leash.tell(Event::CancelRequested { now: false });
    assert_eq!(leash.outcome(), None, "it may exist");
    assert_eq!(leash.until_call(), ["create create:A"]);
}

#[test]
fn a_cancelled_run_looks_for_what_a_lost_call_has_made_instead_of_asking_for_ever() {
    for (now, within) in [(true, 5 * 60_000..7 * 60_000), (false, 120 * 60_000..125 * 60_000)] {
        // One that is answered and goes on, so that the cloud is not taken for gone.
        let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &["A"]), create("T", &[])]));
        let began = leash.now;
        leash.accept("create:T", None);
        leash.lose("create:A", CallKind::Create);
        leash.tell(Event::CancelRequested { now });
        loop {
            let calls = leash.until_call();
            if calls.iter().any(|call| call.starts_with("list")) {
                break;
            }
            for call in calls {
                match call.as_str() {
                    "create create:A" => leash.lose("create:A", CallKind::Create),
                    _ => leash.tell(leash.progress("create:T", RequestStatus::InProgress, None, None)),
                }
            }
        }
        let took = leash.now - began;
        assert!(within.contains(&took), "{took}");
        // What the journal holds leads to the same: the next answer is to a question that only a lapsed intent asks.
        leash.list_requests("create:A", &["A-1"]);
        assert!(leash.calls().contains(&"get create:A".to_owned()));
        leash.read("create:A", Some(json!({})));
        // One that was to be cancelled at once counts as ended by now.
        if leash.outcome().is_none() {
            leash.succeed("create:T", "T-1");
        }
        assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
        let report = leash.report("A");
        assert_eq!(report.error_code.as_deref(), Some("intent_expired"));
        assert!(report.message.unwrap().contains("A-1"), "what may have been made is named");
        assert_eq!(leash.report("B").status, StepStatus::Cancelled);
    }
}

fn resume_in(leash: &Leash) -> Option<Millis> {
    leash.commands.iter().find_map(|command| match command {
        Command::Finish { outcome: Outcome::Suspended, resume_in_ms, .. } => *resume_in_ms,
        _ => None,
    })
}

#[test]
fn a_suspended_run_starts_nothing_and_is_let_go_of_when_nothing_is_due_in_time() {
    let mut narrow = config();
    narrow.max_concurrency = 1;
    let mut leash = Leash::with(deploy(vec![create("A", &[]), create("B", &[])]), narrow);
    leash.tell(Event::SuspendRequested { until: 0 });
    assert_eq!(leash.outcome(), None, "a call is on the wire");
    let later = leash.now + 5_000;
    let accepted = Event::Accepted {
        step: "create:A".to_owned(),
        request_token: "request-of create:A".to_owned(),
        identifier: None,
        retry_after: Some(later),
        at: leash.now,
    };
    leash.tell(accepted);
    assert_eq!(resume_in(&leash), Some(5_000));
    assert!(leash.calls().is_empty());
    let leash = leash.resumed(deploy(vec![create("A", &[]), create("B", &[])]), 0);
    assert_eq!(leash.calls(), ["create create:B"], "A is not sent again");
}

#[test]
fn a_suspended_run_looks_at_what_is_in_flight_as_long_as_it_may() {
    let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &["A"])]));
    leash.accept("create:A", None);
    leash.tell(Event::SuspendRequested { until: leash.now + 60_000 });
    assert_eq!(leash.outcome(), None);
    assert_eq!(leash.until_call(), ["poll create:A"]);
    leash.succeed("create:A", "A-1");
    assert!(leash.recorded("A").is_some());
    assert_eq!(resume_in(&leash), Some(0), "B may start");
    assert!(leash.calls().is_empty());
}

#[test]
fn a_suspended_run_leaves_a_lost_call_to_whoever_goes_on() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    leash.tell(Event::SuspendRequested { until: leash.now + 60_000 });
    leash.lose("create:A", CallKind::Create);
    assert_eq!(resume_in(&leash), Some(0));
    let leash = leash.resumed(deploy(vec![create("A", &[])]), 0);
    assert_eq!(leash.calls(), ["create create:A"]);
}

#[test]
fn a_resumed_run_sends_unanswered_calls_again_and_polls_accepted_ones() {
    let resources = || deploy(vec![create("A", &[]), create("B", &[]), create("C", &["A"])]);
    let mut leash = Leash::new(resources());
    let tokens: Vec<String> = leash
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::Create { client_token, .. } => Some(client_token.clone()),
            _ => None,
        })
        .collect();
    leash.accept("create:A", None);
    let mut leash = leash.resumed(resources(), HOUR);
    let mut calls = leash.calls();
    calls.sort();
    assert_eq!(calls, ["create create:B", "poll create:A"]);
    assert!(tokens.contains(&leash.token()));
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.calls(), ["create create:C"]);
}

#[test]
fn an_intent_without_an_answer_is_not_sent_again_after_a_day() {
    let resources = || deploy(vec![create("A", &[]), create("B", &["A"])]);
    let leash = Leash::new(resources());
    assert_eq!(leash.resumed(resources(), 24 * HOUR).calls(), ["create create:A"]);
    let late = || leash.resumed(resources(), 24 * HOUR + 1);
    assert_eq!(late().calls(), ["list requests for create:A"]);
    // Nobody made such a request: it never arrived.
    let mut never = late();
    never.list_requests("create:A", &[]);
    assert_eq!(never.until_call(), ["create create:A"]);
    // Somebody did: it is read, and named.
    let mut maybe = late();
    maybe.list_requests("create:A", &["A-1"]);
    assert_eq!(maybe.calls(), ["get create:A"]);
    // A replay comes to the same.
    assert_eq!(maybe.resumed(resources(), HOUR).calls(), ["get create:A"]);
    maybe.read("create:A", Some(json!({})));
    assert_eq!(maybe.outcome(), Some(Outcome::Failed));
    let report = maybe.report("A");
    assert_eq!(report.error_code.as_deref(), Some("intent_expired"));
    let message = report.message.unwrap();
    assert!(message.contains("import A=A-1") && message.contains("Test::A::B"), "{message}");
    // After a week requests are forgotten too: what exists of the type is looked at.
    let mut old = leash.resumed(resources(), 8 * 24 * HOUR);
    assert_eq!(old.calls(), ["list resources for create:A"]);
    old.reject("create:A", CallKind::ListResources, "UnsupportedActionException");
    assert_eq!(old.report("A").error_code.as_deref(), Some("intent_expired"));
    // An accepted one is polled, however old.
    let mut leash = Leash::new(resources());
    leash.accept("create:A", None);
    assert_eq!(leash.resumed(resources(), 48 * HOUR).calls(), ["poll create:A"]);
}

/// Found by the engine's properties with `ENGINE_SEED=4`: when a lapse was noticed is in no journal, so nothing that a
/// replay decides may hang on it.
#[test]
fn a_removal_whose_intent_has_lapsed_ends_in_a_replay_where_it_ended_live() {
    let resources = || deploy(vec![create("A", &[])]);
    let mut leash = Leash::new(resources());
    leash.accept("create:A", None);
    leash.fail("create:A", "Throttling", Some("A-1"));
    leash.read("create:A", Some(json!({})));
    leash.until_call();
    let mut leash = leash.resumed(resources(), 37 * HOUR);
    assert_eq!(leash.calls(), ["get delete:A"]);
    // The answer takes its time, measured from a moment that nobody else knows.
    leash.now += 500;
    leash.read("delete:A", None);
    assert_eq!(leash.until_call(), ["create create:A"]);
    leash.accept("create:A", None);
    let mut leash = leash.resumed(resources(), 1_000);
    assert_eq!(leash.until_call(), ["poll create:A"]);
    leash.succeed("create:A", "A-2");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn what_the_journal_knows_beyond_our_own_rules_is_believed() {
    // A journal of an engine that was more patient: a second attempt after a failure that is terminal for us.
    let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &["A"])]));
    leash.accept("create:A", None);
    leash.fail("create:A", "AccessDenied", None);
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    leash.journal.push(Event::IntentRecorded {
        step: "create:A".to_owned(),
        attempt: 2,
        client_token: "t2".to_owned(),
        at: leash.now,
    });
    let mut leash = leash.resumed(deploy(vec![create("A", &[]), create("B", &["A"])]), 1_000);
    assert_eq!(leash.calls(), ["create create:A"]);
    assert_eq!(leash.token(), "t2");
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-2");
    assert_eq!(leash.recorded("A").unwrap().physical_id, "A-2");
}

#[test]
fn events_of_steps_that_are_over_or_unknown_change_nothing() {
    let mut leash = Leash::new(deploy(vec![create("A", &[]), create("B", &[])]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    let before = leash.engine.report(NOW);
    leash.fail("create:A", "Throttling", Some("A-1"));
    leash.accept("create:A", Some("A-9"));
    leash.read("create:A", None);
    leash.lose("create:A", CallKind::Poll);
    leash.reject("create:A", CallKind::Create, "AccessDenied");
    leash.accept("create:Nobody", None);
    leash.succeed("nonsense", "x");
    assert_eq!(leash.engine.report(NOW), before);
}

#[test]
fn a_cloud_that_never_answers_stops_the_run_after_a_minute_resumably() {
    let resources = || deploy(vec![create("A", &[]), create("B", &[]), create("C", &["A"])]);
    let mut leash = Leash::new(resources());
    let start = leash.now;
    while leash.outcome().is_none() {
        for call in leash.until_call() {
            leash.lose(call.split(' ').nth(1).unwrap(), CallKind::Create);
        }
    }
    assert_eq!(leash.outcome(), Some(Outcome::Unreachable));
    let took = leash.now - start;
    assert!((60_000..200_000).contains(&took), "{took}");
    assert_eq!(leash.report("A").error_code.as_deref(), Some("unreachable"));
    assert_eq!(leash.report("C").status, StepStatus::Waiting);
    assert!(leash.engine.handle(leash.now, &[Event::TimerFired {}]).is_empty(), "nothing after Finish");
    assert_eq!(leash.resumed(resources(), HOUR).calls(), ["create create:A", "create create:B"]);
}

#[test]
fn a_run_that_is_over_says_how_it_ended_whether_or_not_the_cloud_answers() {
    let mut leash = Leash::new(deploy(vec![create("A", &[])]));
    let throttled = || Event::Throttled { step: "create:A".to_owned(), call: CallKind::Create };
    for _ in 0..6 {
        assert_eq!(leash.until_call(), ["create create:A"]);
        leash.tell(throttled());
    }
    assert_eq!(leash.until_call(), ["create create:A"]);
    assert!(leash.now < NOW + 60_000);
    leash.tell(Event::CancelRequested { now: false });
    leash.now = NOW + 60_000;
    leash.tell(throttled());
    assert_eq!(leash.outcome(), Some(Outcome::Cancelled));
}

#[test]
fn the_same_events_give_the_same_commands() {
    let run = || {
        let (_, plan) = support::graphs::typical(60, 5).remove(2);
        let mut leash = Leash::new(plan);
        let mut all = vec![serde_json::to_string(&leash.commands).unwrap()];
        for _ in 0..40 {
            for call in leash.calls() {
                let step = call.split(' ').nth(1).unwrap().to_owned();
                if call.starts_with("create") {
                    leash.lose(&step, CallKind::Create);
                }
            }
            leash.wait(700);
            all.push(serde_json::to_string(&leash.commands).unwrap());
        }
        all
    };
    assert_eq!(run(), run());
}

#[test]
fn commands_and_events_survive_their_json_form() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["Ref".to_owned()];
    let mut leash = Leash::new(deploy(vec![resource]));
    let mut commands = leash.commands.clone();
    leash.accept("create:A", Some("A-1"));
    leash.succeed("create:A", "A-1");
    commands.extend(leash.commands.clone());
    let text = serde_json::to_string(&commands).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Command>>(&text).unwrap(), commands);
    let text = serde_json::to_string(&leash.journal).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), leash.journal);
}

fn patched(id: &str, operations: &Value) -> PlannedResource {
    let mut resource = existing(id, Action::Update, &[]);
    resource.patch = serde_json::from_value(operations.clone()).unwrap();
    resource.desired = Some(Expr::known(json!({"V": 2})));
    resource.recorded = Some(StackResource { applied: Expr::known(json!({"V": 1})), ..recorded(id) });
    resource
}

fn tested() -> Value {
    json!([{"op": "test", "path": "/V", "value": 1}, {"op": "replace", "path": "/V", "value": 2}])
}

fn recorded_now(leash: &Leash) -> Option<StackResource> {
    leash.commands.iter().find_map(|command| match command {
        Command::RecordResource { resource } => Some(resource.clone()),
        _ => None,
    })
}

#[test]
fn a_value_that_an_update_makes_is_waited_for() {
    let mut resource = patched("A", &tested());
    resource.needs = vec!["Arn".to_owned(), "StreamArn".to_owned()];
    resource.recorded.as_mut().unwrap().attributes = BTreeMap::from([("Arn".to_owned(), json!("arn:A"))]);
    let mut leash = Leash::new(deploy(vec![resource]));
    leash.accept("update:A", None);
    leash.succeed("update:A", "A-old");
    leash.read("update:A", Some(json!({"Arn": "arn:A"})));
    assert_eq!(leash.outcome(), None);
    assert_eq!(leash.until_call(), ["get update:A"]);
    leash.read("update:A", Some(json!({"Arn": "arn:A", "StreamArn": "arn:A/stream"})));
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
    assert_eq!(recorded_now(&leash).unwrap().attributes["StreamArn"], json!("arn:A/stream"));
}

#[test]
fn an_updated_resource_that_cannot_be_read_keeps_the_values_that_are_recorded() {
    let updated = |attributes: Value| {
        let mut resource = patched("A", &tested());
        resource.needs = vec!["Arn".to_owned()];
        resource.recorded.as_mut().unwrap().attributes = serde_json::from_value(attributes).unwrap();
        let mut leash = Leash::new(deploy(vec![resource]));
        leash.accept("update:A", None);
        leash.succeed("update:A", "A-old");
        leash.reject("update:A", CallKind::Get, "UnsupportedActionException");
        leash
    };
    let known = updated(json!({"Arn": "arn:A", "Other": 1}));
    assert_eq!(known.outcome(), Some(Outcome::Succeeded));
    assert_eq!(recorded_now(&known).unwrap().attributes, BTreeMap::from([("Arn".to_owned(), json!("arn:A"))]));
    let unknown = updated(json!({"Other": 1}));
    assert_eq!(unknown.report("A").error_code.as_deref(), Some("attribute_unavailable"));
}

#[test]
fn an_update_that_worked_is_seen_by_meaning_whatever_its_answer_was() {
    let statement = |action: &str| json!({"Effect": "Allow", "Action": action, "Principal": {"AWS": "123456789012"}});
    let policy = |action: &str| json!({"Version": "2012-10-17", "Statement": [statement(action)]});
    let reshaped = json!({"Statement": {"Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}, "Effect": "Allow",
        "Action": ["sts:TagSession"]}, "Version": "2012-10-17"});
    for (live, succeeds) in [(json!(reshaped.to_string()), true), (reshaped, true), (policy("sts:Other"), false)] {
        let path = "/AssumeRolePolicyDocument";
        let mut role = patched(
            "A",
            &json!([{"op": "test", "path": path, "value": policy("sts:AssumeRole")},
                {"op": "replace", "path": path, "value": policy("sts:TagSession")}]),
        );
        role.type_name = "AWS::IAM::Role".to_owned();
        let mut leash = Leash::new(deploy(vec![role]));
        leash.accept("update:A", None);
        leash.fail("update:A", "ServiceInternalError", None);
        leash.until_call();
        let properties = Some(json!({"AssumeRolePolicyDocument": live}));
        leash.tell(Event::Read { step: "update:A".to_owned(), properties, at: leash.now });
        if succeeds {
            assert_eq!(leash.report("A").status, StepStatus::Succeeded, "{:?}", leash.report("A"));
        } else {
            assert_eq!(leash.report("A").error_code.as_deref(), Some("drifted"));
        }
    }
}

#[test]
fn a_failed_test_is_told_from_other_bad_requests_by_a_read_and_changes_nothing() {
    for (live, code) in [(3, "drifted"), (1, "InvalidRequest")] {
        let mut leash = Leash::new(deploy(vec![patched("A", &tested())]));
        assert_eq!(leash.calls(), ["update update:A"]);
        leash.accept("update:A", None);
        leash.fail("update:A", "InvalidRequest", None);
        leash.until_call();
        leash.tell(Event::Read { step: "update:A".to_owned(), properties: Some(json!({"V": live})), at: leash.now });
        let report = leash.report("A");
        assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some(code)));
        if code == "drifted" {
            let message = report.message.unwrap();
            assert!(
                message.contains("/V was deployed as 1, read as 1 for the plan, is 3 now and was to become 2"),
                "{message}"
            );
            assert_eq!(recorded_now(&leash), None);
        } else {
            let resource = recorded_now(&leash).unwrap();
            assert_eq!(resource.status, ResourceStatus::UpdateFailed);
            assert_eq!(resource.applied, Expr::known(json!({"V": 1})));
            assert_eq!(resource.attempted, Some(Expr::known(json!({"V": 2}))));
        }
    }
}

#[test]
fn an_interrupted_update_goes_on_with_what_is_left_of_it() {
    let mut operations = tested();
    operations.as_array_mut().unwrap().extend([
        json!({"op": "test", "path": "/W", "value": "a"}),
        json!({"op": "replace", "path": "/W", "value": "b"}),
    ]);
    let plan = deploy(vec![patched("A", &operations)]);
    let mut leash = Leash::new(plan.clone());
    leash.accept("update:A", None);
    leash.fail("update:A", "ServiceInternalError", None);
    leash.until_call();
    leash.tell(Event::Read { step: "update:A".to_owned(), properties: Some(json!({"V": 2, "W": "a"})), at: leash.now });
    leash.until_call();
    let left = json!([operations[2], operations[3]]);
    assert_eq!(leash.engine.payload("update:A", &SecretValues::default()).unwrap(), left);
    // A new process comes to the same.
    let resumed = leash.resumed(plan, 1_000);
    assert_eq!(resumed.engine.payload("update:A", &SecretValues::default()).unwrap(), left);
}

#[test]
fn what_cannot_be_updated_in_place_says_that_it_has_to_be_replaced() {
    let mut leash = Leash::new(deploy(vec![patched("A", &tested())]));
    leash.accept("update:A", None);
    leash.fail("update:A", "NotUpdatable", None);
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some("NotUpdatable")));
    assert!(report.message.unwrap().contains("has to be replaced"));
    assert_eq!(recorded_now(&leash), None, "nothing has changed");
}

#[test]
fn while_a_resource_is_replaced_the_state_has_both() {
    let mut resource = existing("A", Action::Replace, &[]);
    resource.replacement = Some(Replacement::CreateBeforeDelete);
    let old = OldResource { physical_id: "A-old".to_owned(), type_name: "Test::A::B".to_owned() };
    resource.old = vec![old.clone()];
    let mut leash = Leash::new(deploy(vec![resource.clone(), create("B", &[])]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-new");
    let both = recorded_now(&leash).unwrap();
    assert_eq!((both.physical_id.as_str(), &both.replaced), ("A-new", &vec![old]));
    assert!(!leash.calls().contains(&"delete delete-old:A".to_owned()), "B is not there yet");
    leash.accept("create:B", None);
    leash.succeed("create:B", "B-1");
    assert_eq!(leash.calls(), ["delete delete-old:A"]);
    leash.accept("delete-old:A", None);
    leash.succeed("delete-old:A", "A-old");
    assert_eq!(recorded_now(&leash).unwrap().replaced, []);
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
    assert_eq!(leash.report("A").replaced[0].status, StepStatus::Succeeded);

    resource.replacement = Some(Replacement::DeleteBeforeCreate);
    let mut leash = Leash::new(deploy(vec![resource]));
    assert_eq!(leash.calls(), ["delete delete-old:A"]);
    leash.accept("delete-old:A", None);
    leash.succeed("delete-old:A", "A-old");
    assert!(leash.commands.contains(&Command::ForgetResource { logical_id: "A".to_owned() }));
    assert_eq!(leash.until_call(), ["create create:A"]);
}
