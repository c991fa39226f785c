//! What the engine says: why a plan cannot be carried out, why a value cannot be put in, what is waited for.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use assent_core::engine::{Engine, unresolved};
use assent_core::expr::{Expr, ResolveError};
use assent_core::model::{
    Action, CallKind, EngineConfig, Event, Outcome, Plan, PlannedResource, Replacement, RequestStatus, ResourceStatus,
    StackResource,
};
use assent_core::secret::SecretValues;
use serde_json::{Value, json};
use support::driver::Plain;
use support::leash::{HOUR, Leash, config, create, deploy, existing, recorded};

fn refused(plan: Plan, config: EngineConfig) -> String {
    Engine::new(plan, config, Box::new(Plain)).unwrap_err().to_string()
}

#[test]
fn a_plan_that_cannot_be_carried_out_is_refused_with_the_reason() {
    let undesired = PlannedResource { desired: None, ..create("A", &[]) };
    let unordered = existing("A", Action::Replace, &[]);
    let unrecorded = PlannedResource { recorded: None, ..existing("A", Action::Delete, &[]) };
    for (resources, said) in [
        (vec![create("A", &["X"])], "A depends on X, which is not in the plan"),
        (vec![create("A", &["B"]), create("B", &["A"])], "these depend on each other: A, B"),
        (vec![create("A", &["B"]), existing("B", Action::Delete, &[])], "A depends on B, which is to be deleted"),
        (vec![create("A", &[]), create("A", &[])], "A is in the plan twice"),
        (vec![undesired], "A: the plan has no `desired`"),
        (vec![unordered], "A: the plan has no `replacement`"),
        (vec![unrecorded], "A: the plan has no `recorded`"),
    ] {
        assert_eq!(refused(deploy(resources), config()), said);
    }
    let none = EngineConfig { max_concurrency: 0, ..config() };
    assert_eq!(refused(deploy(vec![]), none), "engine config: maxConcurrency must be at least 1");
}

#[test]
fn an_engine_that_is_printed_shows_its_run_and_nothing_of_its_plan() {
    let mut secret = create("A", &[]);
    secret.desired = Some(Expr::known(json!({"Password": "hunter2"})));
    let engine = Engine::new(deploy(vec![secret]), config(), Box::new(Plain)).unwrap();
    assert_eq!(format!("{engine:?}"), "Engine { run: \"run\", open: 1, .. }");
}

#[test]
fn a_value_that_cannot_be_put_in_is_named() {
    let text = str::to_owned;
    for (error, said) in [
        (ResolveError::Unknown { logical_id: text("A"), attribute: text("Arn") }, "The value Arn of A is not known."),
        (ResolveError::Secret(text("parameter:P")), "The secret parameter:P was not given."),
        (ResolveError::Import(text("net")), "Export net was not there when the plan was made: plan again."),
        (ResolveError::Function(text("Fn::Select: 3 is too many")), "Fn::Select: 3 is too many"),
    ] {
        assert_eq!(unresolved(&error), said);
    }
}

#[test]
fn a_payload_has_its_secrets_and_references_and_a_deletion_has_none() {
    let mut user = create("B", &["A"]);
    let desired = json!({"Name": {"$ref": "A"}, "Password": {"$secret": "parameter:P"}});
    user.desired = Some(Expr::from_json(desired).unwrap());
    let leash = Leash::new(deploy(vec![existing("A", Action::Noop, &[]), user, existing("C", Action::Delete, &[])]));
    let secrets: SecretValues = [("parameter:P".to_owned(), json!("s3cret"))].into_iter().collect();
    // What is unchanged is called as it is recorded, though nobody has asked for its `Ref` before.
    assert_eq!(leash.engine.payload("create:B", &secrets), Ok(json!({"Name": "A-old", "Password": "s3cret"})));
    let none = SecretValues::default();
    assert_eq!(leash.engine.payload("create:B", &none), Err(ResolveError::Secret("parameter:P".to_owned())));
    for step in ["delete:C", "create:X"] {
        assert_eq!(leash.engine.payload(step, &none), Err(ResolveError::Function(format!("{step} has no payload"))));
    }
}

fn update(type_name: &str, patch: Value) -> PlannedResource {
    let mut resource = existing("A", Action::Update, &[]);
    type_name.clone_into(&mut resource.type_name);
    resource.recorded = Some(StackResource { type_name: type_name.to_owned(), ..recorded("A") });
    resource.patch = serde_json::from_value(patch).unwrap();
    resource
}

#[test]
fn a_secret_that_is_put_into_a_whole_state_has_the_type_of_its_property() {
    let patch = json!([{"op": "replace", "path": "", "value": {"DelaySeconds": {"$secret": "parameter:P"}}}]);
    let leash = Leash::new(deploy(vec![update("AWS::SQS::Queue", patch)]));
    let secrets: SecretValues = [("parameter:P".to_owned(), json!("5"))].into_iter().collect();
    let sent = leash.engine.payload("update:A", &secrets).unwrap();
    assert_eq!(sent, json!([{"op": "replace", "path": "", "value": {"DelaySeconds": 5}}]));
}

fn fails(leash: &mut Leash, step: &str, code: &str, said: &str, identifier: Option<&str>) {
    let failed = leash.progress(step, RequestStatus::Failed, identifier, Some(code));
    let Event::Progress { step, status, identifier, model, error_code, retry_after, at, .. } = failed else {
        panic!("{failed:?}")
    };
    let message = Some(said.to_owned());
    leash.tell(Event::Progress { step, status, identifier, model, error_code, message, retry_after, at });
}

fn typed(id: &str, type_name: &str, depends_on: &[&str]) -> PlannedResource {
    PlannedResource { type_name: type_name.to_owned(), ..create(id, depends_on) }
}

fn message(leash: &Leash, id: &str) -> String {
    leash.report(id).message.unwrap()
}

#[test]
fn what_is_waited_for_is_said() {
    let mut bucket = Leash::new(deploy(vec![typed("A", "AWS::S3::Bucket", &[])]));
    bucket.accept("create:A", None);
    let said = "A conflicting conditional operation is currently in progress against this resource.";
    fails(&mut bucket, "create:A", "ResourceConflict", said, None);
    assert!(message(&bucket, "A").contains("after a deletion it may take an hour"), "{}", message(&bucket, "A"));
    // For as long as that.
    bucket.now += HOUR;
    assert_eq!(bucket.until_call(), ["create create:A"]);
    bucket.accept("create:A", None);
    fails(&mut bucket, "create:A", "ResourceConflict", said, None);
    assert_eq!(bucket.until_call(), ["create create:A"]);
    bucket.accept("create:A", None);
    bucket.now += HOUR / 2;
    fails(&mut bucket, "create:A", "ResourceConflict", said, None);
    assert_eq!(bucket.outcome(), Some(Outcome::Failed));

    let mut group = existing("A", Action::Delete, &[]);
    group.recorded = Some(StackResource { type_name: "AWS::EC2::SecurityGroup".to_owned(), ..recorded("A") });
    "AWS::EC2::SecurityGroup".clone_into(&mut group.type_name);
    let mut held = Leash::new(deploy(vec![group]));
    held.accept("delete:A", None);
    fails(&mut held, "delete:A", "InvalidRequest", "resource sg-1 has a dependent object", None);
    assert!(message(&held, "A").contains("network interfaces take up to 45 minutes"), "{}", message(&held, "A"));

    let mut unseen = Leash::new(deploy(vec![create("A", &[]), create("B", &["A"])]));
    unseen.accept("create:A", None);
    unseen.succeed("create:A", "A-1");
    unseen.accept("create:B", None);
    fails(&mut unseen, "create:B", "NotFound", "A-1 does not exist", None);
    assert!(message(&unseen, "B").contains("Waiting for A to be seen everywhere."), "{}", message(&unseen, "B"));
}

#[test]
fn what_a_fresh_role_refuses_is_not_taken_for_made_although_its_name_is_known() {
    let mut function = typed("B", "AWS::Lambda::Function", &["A"]);
    function.desired = Some(Expr::known(json!({"FunctionName": "f"})));
    let mut leash = Leash::new(deploy(vec![typed("A", "AWS::IAM::Role", &[]), function]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "role");
    leash.accept("create:B", Some("f"));
    fails(&mut leash, "create:B", "InvalidRequest", "The role cannot be assumed by Lambda.", Some("f"));
    assert!(message(&leash, "B").contains("Waiting for A to be usable everywhere."), "{}", message(&leash, "B"));
    assert_eq!(leash.report("B").physical_id, None);
    assert_eq!(leash.until_call(), ["create create:B"], "neither read nor deleted: nothing was made");
}

#[test]
fn what_was_made_and_is_not_there_for_a_minute_is_recorded_and_has_failed() {
    let mut resource = create("A", &[]);
    resource.needs = vec!["Arn".to_owned()];
    let mut leash = Leash::new(deploy(vec![resource]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "A-1");
    assert_eq!(leash.until_call(), ["get create:A"]);
    leash.now += HOUR;
    leash.read("create:A", None);
    assert_eq!(leash.recorded("A").map(|own| own.status), Some(ResourceStatus::Complete));
    assert_eq!(leash.report("A").error_code.as_deref(), Some("resource_not_found"));
    assert_eq!(message(&leash, "A"), "A read of A-1 says that it does not exist.");
}

#[test]
fn an_update_that_may_have_changed_something_is_recorded_as_attempted() {
    // Nothing tells of an update without tests how far it came.
    let patch = json!([{"op": "add", "path": "/B", "value": 1}]);
    let mut leash = Leash::new(deploy(vec![update("Test::A::B", patch.clone())]));
    leash.accept("update:A", None);
    leash.fail("update:A", "AccessDenied", None);
    assert!(leash.recorded("A").is_some_and(|own| own.attempted.is_some()));
    assert_eq!(leash.report("A").error_code.as_deref(), Some("AccessDenied"));
    // Refused as a whole, but only by the second attempt.
    for attempts in [1, 2] {
        let mut leash = Leash::new(deploy(vec![update("Test::A::B", patch.clone())]));
        leash.accept("update:A", None);
        if attempts == 2 {
            leash.fail("update:A", "NetworkFailure", None);
            assert_eq!(leash.until_call(), ["get update:A"]);
            leash.read("update:A", Some(json!({})));
            assert_eq!(leash.until_call(), ["update update:A"]);
            leash.accept("update:A", None);
        }
        leash.fail("update:A", "NotUpdatable", None);
        assert_eq!(leash.recorded("A").is_some_and(|own| own.attempted.is_some()), attempts == 2, "{attempts}");
        assert!(message(&leash, "A").contains("It cannot be updated in place"), "{}", message(&leash, "A"));
    }
}

#[test]
fn a_long_value_that_somebody_else_has_written_is_shown_up_to_its_beginning() {
    let patch = json!([{"op": "test", "path": "/B", "value": "b"}, {"op": "replace", "path": "/B", "value": "c"}]);
    let failed = || {
        let mut leash = Leash::new(deploy(vec![update("Test::A::B", patch.clone())]));
        leash.accept("update:A", None);
        leash.fail("update:A", "InvalidRequest", None);
        assert_eq!(leash.until_call(), ["get update:A"]);
        leash
    };
    let mut leash = failed();
    leash.read("update:A", Some(json!({"B": "ü".repeat(300)})));
    let said = message(&leash, "A");
    assert!(
        said.contains(&format!("is now \"{}…", "ü".repeat(199)))
            || said.contains(&format!("\"{}… now", "ü".repeat(199))),
        "{said}"
    );
    assert!(!said.contains(&"ü".repeat(200)), "{said}");
    // A read that is refused tells nothing: what the update said is said.
    let mut denied = failed();
    denied.reject("update:A", CallKind::Get, "AccessDenied");
    assert_eq!(denied.report("A").error_code.as_deref(), Some("InvalidRequest"));
    assert!(denied.recorded("A").is_some_and(|own| own.attempted.is_some()));
}

#[test]
fn what_another_has_changed_is_done_also_where_it_cannot_be_read() {
    let mut vpc = typed("A", "AWS::EC2::VPC", &[]);
    vpc.needs = vec!["Ipv6CidrBlocks".to_owned()];
    let mut leash = Leash::new(deploy(vec![vpc, typed("B", "AWS::EC2::VPCCidrBlock", &["A"])]));
    leash.accept("create:A", None);
    leash.succeed("create:A", "vpc-1");
    assert_eq!(leash.until_call(), ["get create:A"]);
    leash.read("create:A", Some(json!({"VpcId": "vpc-1"})));
    assert_eq!(leash.until_call(), ["create create:B"]);
    leash.accept("create:B", None);
    leash.succeed("create:B", "block");
    assert_eq!(leash.until_call(), ["get create:B"]);
    leash.reject("create:B", CallKind::Get, "AccessDenied");
    assert_eq!(leash.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn what_is_moved_is_taken_down_under_its_new_name_before_anything_is_called() {
    let mut moved = existing("New", Action::Update, &[]);
    moved.moved_from = Some("Old".to_owned());
    let mut user = existing("User", Action::Noop, &["New"]);
    user.recorded = Some(StackResource { depends_on: vec!["New".to_owned()], ..recorded("User") });
    let other = existing("Other", Action::Noop, &[]);
    let plain = |moved: &PlannedResource| deploy(vec![moved.clone(), user.clone(), other.clone(), create("Z", &[])]);
    let leash = Leash::new(plain(&moved));
    assert!(leash.recorded("New").is_some() && leash.recorded("User").is_some() && leash.recorded("Other").is_none());
    let unmoved = Leash::new(plain(&PlannedResource { moved_from: None, ..moved }));
    assert!(unmoved.recorded("User").is_none());
    assert_eq!(unmoved.calls(), ["create create:Z"]);
}

#[test]
fn what_goes_one_at_a_time_by_service_or_parent_does_so_also_when_it_is_deleted_or_cancelled() {
    let account = |id: &str| typed(id, "AWS::Organizations::Account", &[]);
    let mut leash = Leash::new(deploy(vec![account("A"), account("B")]));
    assert_eq!(leash.calls(), ["create create:A"]);
    leash.accept("create:A", None);
    leash.tell(Event::CancelRequested { now: false });
    leash.tell(Event::CancelRequested { now: false });
    leash.succeed("create:A", "1");
    assert_eq!((leash.calls(), leash.outcome()), (Vec::new(), Some(Outcome::Cancelled)));

    let policy = |id: &str, bucket: &str| {
        let mut resource = existing(id, Action::Delete, &[]);
        "AWS::S3::BucketPolicy".clone_into(&mut resource.type_name);
        let (type_name, applied) = (resource.type_name.clone(), Expr::known(json!({"Bucket": bucket})));
        resource.recorded = Some(StackResource { type_name, applied, ..recorded(id) });
        resource
    };
    let mut leash = Leash::new(deploy(vec![policy("A", "one"), policy("B", "one"), policy("C", "two")]));
    assert_eq!(leash.calls(), ["delete delete:A", "delete delete:C"]);
    leash.accept("delete:A", None);
    leash.succeed("delete:A", "A-old");
    assert_eq!(leash.until_call(), ["delete delete:B"]);
}

#[test]
fn what_must_be_deleted_first_is_not_taken_for_there_when_its_successor_is_tried_again() {
    let mut resource = existing("A", Action::Replace, &[]);
    resource.replacement = Some(Replacement::DeleteBeforeCreate);
    resource.old = serde_json::from_value(json!([{"physicalId": "A-old", "type": "Test::A::B"}])).unwrap();
    let plan = deploy(vec![resource]);
    let mut leash = Leash::new(plan.clone());
    assert_eq!(leash.calls(), ["delete delete-old:A"]);
    leash.accept("delete-old:A", None);
    leash.succeed("delete-old:A", "A-old");
    assert_eq!(leash.until_call(), ["create create:A"]);
    leash.accept("create:A", None);
    leash.fail("create:A", "AccessDenied", None);
    assert_eq!(leash.outcome(), Some(Outcome::Failed));
    // The journal of another engine, which went on.
    leash.journal.push(Event::IntentRecorded {
        step: "create:A".to_owned(),
        attempt: 2,
        client_token: "again".to_owned(),
        at: leash.now,
    });
    let mut resumed = leash.resumed(plan, 1_000);
    assert_eq!(resumed.until_call(), ["create create:A"]);
    resumed.accept("create:A", None);
    resumed.fail("create:A", "AccessDenied", None);
    assert!(resumed.recorded("A").is_none() && resumed.outcome() == Some(Outcome::Failed));
}
