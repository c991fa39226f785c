//! Given names beside an identifier that the service makes: a topic's name and its ARN. What bears the name is what this
//! creation has made, whether its answer was lost or an attempt has failed and left it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::expr::Expr;
use assent_core::model::{CallKind, EngineConfig, Event, Outcome, PlannedResource, ResourceStatus, StepStatus};
use serde_json::{Value, json};
use support::leash::{HOUR, Leash, config, create, deploy};

const STEP: &str = "create:A";
const NAME: &str = "shop-A-0123456789AB";
const DAYS: u64 = 24 * HOUR;

fn named(type_name: &str, property: &str) -> PlannedResource {
    let mut resource = create("A", &[]);
    type_name.clone_into(&mut resource.type_name);
    resource.desired = Some(Expr::known(json!({ property: NAME, "Description": "x" })));
    resource.given_name = Some(NAME.to_owned());
    resource
}

fn topic() -> PlannedResource {
    named("AWS::SNS::Topic", "TopicName")
}

fn arn(name: &str) -> String {
    format!("arn:aws:sns:eu-central-1:123456789012:{name}")
}

fn whole(name: &str) -> Value {
    json!({"TopicName": name, "TopicArn": arn(name), "Description": "x"})
}

/// A creation whose answer was lost so long ago that nobody can be asked.
fn lost(resource: &PlannedResource, pause: u64, config: &EngineConfig) -> Leash {
    let plan = deploy(vec![resource.clone()]);
    let mut leash = Leash::with(plan.clone(), config.clone());
    leash.lose(STEP, CallKind::Create);
    let mut resumed = leash.resumed_with(plan, config.clone(), pause);
    resumed.until_call();
    resumed
}

fn list(leash: &mut Leash, identifiers: &[String]) {
    assert_eq!(leash.calls(), ["list resources for create:A"]);
    leash.tell(Event::ResourcesListed {
        step: STEP.to_owned(),
        identifiers: identifiers.to_vec(),
        next: None,
        at: leash.now,
    });
}

/// Identifier of the read that is asked for.
fn asked(leash: &Leash) -> Option<String> {
    leash.commands.iter().find_map(|command| match command {
        assent_core::model::Command::Get { identifier, .. } => Some(identifier.clone()),
        _ => None,
    })
}

#[test]
fn a_lost_creation_is_what_bears_its_name_whatever_else_is_there() {
    // Without tags of ownership: the name alone tells.
    let mut found = lost(&topic(), 8 * DAYS, &config());
    let others: Vec<String> = (0..80).map(|at| arn(&format!("other-{at}"))).collect();
    list(&mut found, &[others.clone(), vec![arn(NAME)]].concat());
    assert_eq!(asked(&found), Some(arn(NAME)), "the one that looks so is read first, of however many");
    found.read(STEP, Some(whole(NAME)));
    assert_eq!(found.recorded("A").unwrap().physical_id, arn(NAME));
    assert_eq!(found.outcome(), Some(Outcome::Succeeded));

    // Requests of its time are asked first, while they are kept.
    let mut found = lost(&topic(), 30 * HOUR, &config());
    assert_eq!(found.calls(), ["list requests for create:A"]);
    found.list_requests(STEP, &[&arn("other"), &arn(NAME)]);
    found.read(STEP, Some(whole(NAME)));
    assert_eq!(found.recorded("A").unwrap().physical_id, arn(NAME));
}

#[test]
fn an_identifier_that_does_not_hold_the_name_is_read() {
    let group = named("AWS::EC2::SecurityGroup", "GroupName");
    let mut found = lost(&group, 8 * DAYS, &config());
    let all: Vec<String> = (0..120).map(|at| format!("sg-{at}")).collect();
    list(&mut found, &all);
    for other in all.iter().take(119) {
        assert_eq!(asked(&found), Some(other.clone()));
        found.read(STEP, Some(json!({"GroupName": format!("name of {other}"), "Description": "x"})));
        found.until_call();
    }
    found.read(STEP, Some(json!({"GroupName": NAME, "Description": "x"})));
    assert_eq!(found.recorded("A").unwrap().physical_id, "sg-119");
}

/// Reads all that are asked for, each of which bears a name of its own; how many.
fn read_all(leash: &mut Leash) -> usize {
    let mut reads = 0;
    while let Some(other) = asked(leash) {
        assert!(reads < 1_000, "there is no end to it");
        reads += 1;
        leash.read(STEP, Some(json!({"GroupName": format!("name of {other}"), "Description": "x"})));
        if leash.outcome().is_none() {
            leash.until_call();
        }
    }
    reads
}

#[test]
fn of_very_many_only_five_hundred_are_read_and_nothing_is_made_beside_the_others() {
    let group = named("AWS::EC2::SecurityGroup", "GroupName");
    let all = |count: usize| (0..count).map(|at| format!("sg-{at}")).collect::<Vec<_>>();
    let mut leash = lost(&group, 8 * DAYS, &config());
    list(&mut leash, &all(520));
    assert_eq!(read_all(&mut leash), 500);
    assert_eq!((leash.outcome(), leash.calls()), (Some(Outcome::Failed), vec![]));
    let report = leash.report("A");
    assert_eq!(report.error_code.as_deref(), Some("intent_expired"));
    let message = report.message.unwrap();
    assert!(message.contains("sg-500, ") && message.contains("sg-519. Only 500 were read."), "{message}");

    // As many as are read, and none is it: it was not created.
    let mut none = lost(&group, 8 * DAYS, &config());
    list(&mut none, &all(500));
    assert_eq!(read_all(&mut none), 500);
    assert_eq!(none.until_call(), ["create create:A"]);
}

#[test]
fn a_taken_name_that_is_not_among_five_hundred_ends_the_step_at_once() {
    let group = named("AWS::EC2::SecurityGroup", "GroupName");
    let mut leash = taken_by(group, "GeneralServiceException");
    list(&mut leash, &(0..501).map(|at| format!("sg-{at}")).collect::<Vec<_>>());
    assert_eq!(read_all(&mut leash), 500);
    assert_eq!((leash.outcome(), leash.calls()), (Some(Outcome::Failed), vec![]));
    let report = leash.report("A");
    assert_eq!(report.error_code.as_deref(), Some("AlreadyExists"));
    assert!(report.message.unwrap().ends_with("500 were read and 1 not."));
}

#[test]
fn what_bears_another_name_is_not_it_and_where_all_do_it_was_not_created() {
    // The very same but for the name, and with the tags of an earlier one of this resource.
    let tags = json!([{"Key": "assent:stack", "Value": "stack"}, {"Key": "assent:logical-id", "Value": "A"}]);
    let mut twin = whole("shop-A-earlier");
    twin["Tags"] = tags;
    let owning = EngineConfig { ownership_tags: true, ..config() };
    let mut leash = lost(&topic(), 8 * DAYS, &owning);
    list(&mut leash, &[arn("shop-A-earlier")]);
    leash.read(STEP, Some(twin));
    assert_eq!(leash.until_call(), ["create create:A"]);
    leash.accept(STEP, None);
    leash.succeed(STEP, &arn(NAME));
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_is_made_beside_it() {
    let mut leash = lost(&topic(), 8 * DAYS, &config());
    list(&mut leash, &[arn(NAME)]);
    leash.reject(STEP, CallKind::Get, "AccessDeniedException");
    let report = leash.report("A");
    assert_eq!((report.status, report.error_code.as_deref()), (StepStatus::Failed, Some("intent_expired")));
    assert!(report.message.unwrap().contains(&arn(NAME)));
}

#[test]
fn a_lost_creation_that_differs_is_recorded_so_that_a_rollback_deletes_it() {
    let mut leash = lost(&topic(), 8 * DAYS, &config());
    list(&mut leash, &[arn(NAME)]);
    leash.read(STEP, Some(json!({"TopicName": NAME, "Description": "y"})));
    let recorded = leash.recorded("A").unwrap();
    assert_eq!((recorded.status, &recorded.physical_id), (ResourceStatus::CreateFailed, &arn(NAME)));
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
}

/// The first attempt fails as `first` and says nothing of what it left; the second meets a taken name.
fn taken(first: &str) -> Leash {
    taken_by(topic(), first)
}

fn taken_by(resource: PlannedResource, first: &str) -> Leash {
    let mut leash = Leash::new(deploy(vec![resource]));
    leash.accept(STEP, None);
    leash.fail(STEP, first, None);
    assert_eq!(leash.until_call(), ["create create:A"]);
    leash.accept(STEP, None);
    leash.fail(STEP, "AlreadyExists", None);
    leash
}

#[test]
fn a_name_that_an_attempt_of_this_run_has_taken_is_looked_for_and_taken_over() {
    let mut leash = taken("GeneralServiceException");
    list(&mut leash, &[arn("other"), arn(NAME)]);
    assert_eq!(asked(&leash), Some(arn(NAME)));
    leash.read(STEP, Some(whole(NAME)));
    assert_eq!(leash.recorded("A").unwrap().physical_id, arn(NAME));
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));

    let mut halfway = taken("GeneralServiceException");
    list(&mut halfway, &[arn(NAME)]);
    halfway.read(STEP, Some(json!({"TopicName": NAME})));
    assert_eq!(halfway.recorded("A").unwrap().status, ResourceStatus::CreateFailed);

    // It was refused before anything was made: the name is somebody else's, and nothing is looked for.
    let leash = taken("Throttling");
    assert_eq!((leash.outcome(), leash.recorded("A").is_none()), (Some(Outcome::Failed), true));
}

#[test]
fn a_list_that_does_not_show_the_name_yet_is_asked_again_for_some_seconds_and_not_for_ever() {
    let mut late = taken("GeneralServiceException");
    let began = late.now;
    list(&mut late, &[]);
    late.until_call();
    list(&mut late, &[arn(NAME)]);
    late.read(STEP, Some(whole(NAME)));
    assert_eq!(late.outcome(), Some(Outcome::Succeeded));
    assert!(late.now > began);

    for refused in [false, true] {
        let mut never = taken("GeneralServiceException");
        let began = never.now;
        while never.outcome().is_none() {
            assert!(never.now < began + 120_000, "refused: {refused}");
            if refused {
                never.reject(STEP, CallKind::ListResources, "AccessDeniedException");
            } else {
                list(&mut never, &[arn("other")]);
                never.read(STEP, Some(whole("other")));
            }
            if never.outcome().is_none() {
                never.until_call();
            }
        }
        assert_eq!(never.outcome(), Some(Outcome::Failed));
        assert_eq!(never.report("A").error_code.as_deref(), Some("AlreadyExists"));
        assert!(never.recorded("A").is_none());
    }
}

#[test]
fn an_operation_that_may_have_worked_and_names_nothing_is_looked_for_by_its_name() {
    let mut leash = Leash::new(deploy(vec![topic()]));
    leash.accept(STEP, None);
    leash.fail(STEP, "ServiceTimeout", None);
    list(&mut leash, &[arn(NAME)]);
    leash.read(STEP, Some(whole(NAME)));
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));

    // Its name is its identifier: it is read.
    let mut role = Leash::new(deploy(vec![named("AWS::IAM::Role", "RoleName")]));
    role.accept(STEP, None);
    role.fail(STEP, "ServiceTimeout", None);
    assert_eq!(asked(&role), Some(NAME.to_owned()));
}

#[test]
fn what_the_tags_of_another_stack_say_outweighs_the_name() {
    let owning = EngineConfig { ownership_tags: true, ..config() };
    let mut live = whole(NAME);
    live["Tags"] = json!([{"Key": "assent:stack", "Value": "other"}, {"Key": "assent:logical-id", "Value": "A"}]);
    let mut leash = lost(&topic(), 8 * DAYS, &owning);
    list(&mut leash, &[arn(NAME)]);
    leash.read(STEP, Some(live));
    assert_eq!(leash.until_call(), ["create create:A"]);
}
