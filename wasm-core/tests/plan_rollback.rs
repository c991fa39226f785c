//! The way back from a deployment that failed, case by case: what was, what the plan wanted, where it stopped, and what is
//! done about it. And resources under another name: moved there, and called as before on the way back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use assent_core::call::{Live, PlanCall, StackState};
use assent_core::expr::Expr;
use assent_core::model::{
    Action, Context, Mode, OldResource, PatchKind, Plan, PlannedResource, Replacement, ResourceStatus, StackResource,
};
use assent_core::plan::planned::Planning;
use assent_core::plan::rollback::{RollbackAnswer, RollbackCall, rollback};
use assent_core::plan::undo::{UndoAction, undo};
use assent_core::session::Template;
use serde_json::{Value, json};

const QUEUE: &str = "AWS::SQS::Queue";

fn context() -> Context {
    let stack_id = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/x".into();
    Context { account: "123456789012".into(), region: "eu-central-1".into(), partition: "aws".into(), stack_id }
}

fn state(resources: Vec<StackResource>) -> StackState {
    StackState { stack: "shop".into(), context: context(), resources, ..StackState::default() }
}

fn planning(template: &Value, recorded: Vec<StackResource>, moved: &[(&str, &str)]) -> Planning {
    Template::new(template.to_string()).plan(PlanCall {
        stack: "shop".into(),
        mode: Mode::Deploy,
        context: context(),
        parameters: Default::default(),
        recorded: Some(state(recorded)).filter(|state| !state.resources.is_empty()),
        live: BTreeMap::new(),
        foreign: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: moved.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect(),
        incarnation: None,
        reconcile: None,
        allow_secret_identifiers: false,
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    })
}

fn plan(template: &Value, recorded: Vec<StackResource>, moved: &[(&str, &str)]) -> Plan {
    match planning(template, recorded, moved) {
        Planning::Planned(planned) => planned.plan,
        other => panic!("{other:#?}"),
    }
}

fn template(resources: Value) -> Value {
    json!({ "Resources": resources })
}

fn recorded(id: &str, type_name: &str, applied: Value) -> StackResource {
    let attributes = BTreeMap::from([("Arn".to_owned(), json!(format!("arn of {id}-1")))]);
    StackResource { attributes, ..support::stack::recorded(id, type_name, applied) }
}

fn queue(id: &str, applied: Value) -> StackResource {
    recorded(id, QUEUE, applied)
}

fn old(resource: &StackResource) -> OldResource {
    OldResource { physical_id: resource.physical_id.clone(), type_name: resource.type_name.clone() }
}

fn back(forward: Plan, now: Vec<StackResource>) -> RollbackCall {
    RollbackCall {
        forward,
        recorded: state(now),
        live: BTreeMap::new(),
        lost: BTreeSet::new(),
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    }
}

fn step<'a>(answer: &'a RollbackAnswer, id: &str) -> &'a PlannedResource {
    answer
        .plan
        .resources
        .iter()
        .find(|resource| resource.logical_id == id)
        .unwrap_or_else(|| panic!("no {id}: {answer:#?}"))
}

fn steps(answer: &RollbackAnswer) -> Vec<(&str, Action)> {
    answer.plan.resources.iter().map(|resource| (resource.logical_id.as_str(), resource.action)).collect()
}

fn absent(id: &str) -> BTreeMap<String, Live> {
    BTreeMap::from([(id.to_owned(), Live::Absent {})])
}

#[test]
fn what_was_created_is_deleted_users_first_and_what_was_not_begun_is_left_out() {
    let forward = plan(
        &template(json!({
            "A": {"Type": QUEUE},
            "B": {"Type": QUEUE, "DependsOn": "A"},
            "C": {"Type": QUEUE, "DependsOn": "B"},
        })),
        Vec::new(),
        &[],
    );
    let made = |id: &str, on: &[&str], policy: &str| StackResource {
        depends_on: on.iter().map(|one| (*one).to_owned()).collect(),
        deletion_policy: policy.to_owned(),
        ..queue(id, json!({}))
    };
    let answer =
        rollback(&back(forward.clone(), vec![made("A", &[], "Delete"), made("B", &["A"], "RetainExceptOnCreate")]));
    assert_eq!(steps(&answer), [("A", Action::Delete), ("B", Action::Delete)], "its policy keeps it only later");
    assert_eq!(step(&answer, "A").depends_on, ["B"], "what uses it goes first");
    assert!(answer.unrestored.is_empty());
    // A policy that keeps it always keeps it now.
    let kept = rollback(&back(forward.clone(), vec![made("A", &[], "Retain")]));
    assert_eq!(steps(&kept), [("A", Action::Retain)]);
    // Nothing was begun.
    assert!(rollback(&back(forward, Vec::new())).plan.resources.is_empty());
}

#[test]
fn what_was_updated_is_patched_back_also_where_an_update_stopped_halfway() {
    let before = queue("A", json!({"DelaySeconds": 1}));
    let forward = plan(
        &template(json!({"A": {"Type": QUEUE, "Properties": {"DelaySeconds": 2, "VisibilityTimeout": 9}}})),
        vec![before.clone()],
        &[],
    );
    let done =
        StackResource { applied: Expr::known(json!({"DelaySeconds": 2, "VisibilityTimeout": 9})), ..before.clone() };
    let halfway =
        StackResource { status: ResourceStatus::UpdateFailed, attempted: Some(done.applied.clone()), ..before.clone() };
    for (what, now, live) in [
        ("done", done, json!({"DelaySeconds": 2, "VisibilityTimeout": 9})),
        ("halfway", halfway.clone(), json!({"DelaySeconds": 2, "VisibilityTimeout": 30})),
    ] {
        let mut call = back(forward.clone(), vec![now]);
        call.live = BTreeMap::from([("A".to_owned(), Live::Present { properties: live })]);
        let answer = rollback(&call);
        let restored = step(&answer, "A");
        assert_eq!((restored.action, restored.desired.as_ref()), (Action::Update, Some(&before.applied)), "{what}");
        let delay = restored
            .patch
            .iter()
            .find(|operation| operation.path == "/DelaySeconds" && operation.op == PatchKind::Replace);
        assert_eq!(delay.and_then(|operation| operation.value.as_ref()).map(Expr::to_json), Some(json!(1)), "{what}");
        assert_eq!(restored.needs, ["Arn"], "its values are read again");
    }
    // It had not come so far that anything is another: only what is recorded is set right.
    let mut call = back(forward, vec![halfway]);
    call.live = BTreeMap::from([("A".to_owned(), Live::Present { properties: json!({"DelaySeconds": 1}) })]);
    let answer = rollback(&call);
    let restored = step(&answer, "A");
    assert_eq!((restored.action, restored.patch.len()), (Action::Update, 0));
    assert_eq!(restored.recorded.as_ref().unwrap().attributes, before.attributes);
    assert!(restored.needs.is_empty());
}

#[test]
fn a_resource_that_still_lives_is_in_force_again_and_its_successor_goes() {
    let before = queue("A", json!({"FifoQueue": false}));
    let wanted = template(json!({"A": {"Type": QUEUE, "Properties": {"FifoQueue": true}}}));
    let forward = plan(&wanted, vec![before.clone()], &[]);
    assert_eq!(forward.resources[0].replacement, Some(Replacement::CreateBeforeDelete));
    let now = StackResource {
        physical_id: "A-2".into(),
        applied: Expr::known(json!({"FifoQueue": true})),
        replaced: vec![old(&before)],
        ..before.clone()
    };
    let answer = rollback(&back(forward.clone(), vec![now.clone()]));
    let restored = step(&answer, "A");
    assert_eq!((restored.action, restored.recorded.as_ref().unwrap().physical_id.as_str()), (Action::Update, "A-1"));
    assert_eq!(restored.old, [old(&now)]);

    // It has been deleted after all: made anew, and the successor goes first.
    let gone = RollbackCall { live: absent("A"), ..back(forward.clone(), vec![now.clone()]) };
    let answer = rollback(&gone);
    let anew = step(&answer, "A");
    assert_eq!((anew.action, anew.replacement), (Action::Replace, Some(Replacement::DeleteBeforeCreate)));
    assert_eq!((anew.desired.as_ref(), &anew.old), (Some(&before.applied), &vec![old(&now)]));
    assert_eq!(anew.needs, ["Arn"]);

    // Nothing of it exists any more.
    let answer = rollback(&back(forward, Vec::new()));
    assert_eq!(
        (step(&answer, "A").action, step(&answer, "A").desired.as_ref()),
        (Action::Create, Some(&before.applied))
    );
}

#[test]
fn what_its_policy_kept_is_managed_again() {
    let before = StackResource { update_replace_policy: "Retain".into(), ..queue("A", json!({"FifoQueue": false})) };
    let wanted = template(json!({"A": {
        "Type": QUEUE, "UpdateReplacePolicy": "Retain", "Properties": {"FifoQueue": true}
    }}));
    let forward = plan(&wanted, vec![before.clone()], &[]);
    let now = StackResource { physical_id: "A-2".into(), ..before.clone() };
    let answer = rollback(&back(forward, vec![now.clone()]));
    let restored = step(&answer, "A");
    assert_eq!((restored.action, restored.recorded.as_ref().unwrap().physical_id.as_str()), (Action::Update, "A-1"));
    assert_eq!(restored.old, [old(&now)]);
}

#[test]
fn what_was_deleted_is_made_anew_before_what_refers_to_it_is_restored() {
    let user = StackResource { depends_on: vec!["A".into()], ..queue("B", json!({"DelaySeconds": 1})) };
    let before = vec![queue("A", json!({})), user.clone()];
    let wanted = template(json!({"B": {"Type": QUEUE, "Properties": {"DelaySeconds": 2}}}));
    let forward = plan(&wanted, before, &[]);
    let now = StackResource { applied: Expr::known(json!({"DelaySeconds": 2})), depends_on: Vec::new(), ..user };
    let answer = rollback(&back(forward.clone(), vec![now.clone()]));
    assert_eq!(steps(&answer), [("A", Action::Create), ("B", Action::Update)]);
    assert_eq!(step(&answer, "B").after.as_deref(), Some(&["A".to_owned()][..]));
    // Its deletion has failed, and it is still there, or it is gone all the same.
    let left = StackResource { status: ResourceStatus::DeleteFailed, ..queue("A", json!({})) };
    let standing = rollback(&back(forward.clone(), vec![left.clone(), now.clone()]));
    assert_eq!(step(&standing, "A").action, Action::Update);
    let gone = rollback(&RollbackCall { live: absent("A"), ..back(forward, vec![left, now]) });
    assert_eq!(step(&gone, "A").action, Action::Create);
}

#[test]
fn updates_go_back_in_the_reverse_order() {
    let a = queue("A", json!({"DelaySeconds": 1}));
    let b = StackResource { depends_on: vec!["A".into()], ..queue("B", json!({"DelaySeconds": 1})) };
    let resource = |delay: u32| json!({"Type": QUEUE, "Properties": {"DelaySeconds": delay}});
    let mut wanted = template(json!({"A": resource(2), "B": resource(2)}));
    wanted["Resources"]["B"]["DependsOn"] = json!("A");
    let forward = plan(&wanted, vec![a.clone(), b.clone()], &[]);
    let changed = |it: &StackResource| StackResource { applied: Expr::known(json!({"DelaySeconds": 2})), ..it.clone() };
    let answer = rollback(&back(forward, vec![changed(&a), changed(&b)]));
    assert_eq!(step(&answer, "A").after.as_deref(), Some(&["B".to_owned()][..]), "what uses it first");
    assert_eq!(step(&answer, "B").after.as_deref(), Some(&[][..]));
}

#[test]
fn what_was_made_from_a_secret_that_is_not_at_hand_stays_and_so_does_what_it_uses() {
    let secret = json!({"KmsMasterKeyId": {"$secret": "parameter:P"}, "DelaySeconds": 1});
    let before = queue("B", secret);
    let mut forward = plan(
        &template(json!({
            "A": {"Type": QUEUE},
            "B": {"Type": QUEUE, "DependsOn": "A", "Properties": {"DelaySeconds": 2}},
            "C": {"Type": QUEUE},
        })),
        vec![before.clone()],
        &[],
    );
    let user = StackResource {
        depends_on: vec!["A".into(), "B".into()],
        applied: Expr::known(json!({"DelaySeconds": 2})),
        ..before.clone()
    };
    forward.resources.iter_mut().filter(|it| it.logical_id == "B").for_each(|it| it.recorded = Some(before.clone()));
    let now = vec![queue("A", json!({})), user, queue("C", json!({}))];
    let call = RollbackCall { lost: BTreeSet::from(["parameter:P".to_owned()]), ..back(forward, now) };
    let answer = rollback(&call);
    assert_eq!(steps(&answer), [("C", Action::Delete)], "A is used by B, which stays");
    let left: Vec<_> = answer.unrestored.iter().map(|it| (it.logical_id.as_str(), it.physical_id.as_deref())).collect();
    assert_eq!(left, [("A", Some("A-1")), ("B", Some("B-1"))]);
    assert!(answer.unrestored[0].message.starts_with("B, which stays as it is"), "{}", answer.unrestored[0].message);
    assert!(answer.unrestored[1].message.contains("parameter:P"));
    let restored = rollback(&RollbackCall { lost: BTreeSet::new(), ..call });
    assert!(restored.unrestored.is_empty());
}

#[test]
fn what_was_taken_over_is_let_go_unless_it_was_changed() {
    let mut forward = plan(&template(json!({"A": {"Type": QUEUE}})), Vec::new(), &[]);
    let adopted = queue("A", json!({}));
    forward.resources[0].action = Action::Import;
    forward.resources[0].recorded = Some(adopted.clone());
    let now = StackResource { attributes: BTreeMap::new(), ..adopted };
    let answer = rollback(&back(forward.clone(), vec![now.clone()]));
    assert_eq!(steps(&answer), [("A", Action::Retain)]);
    assert_eq!(step(&answer, "A").desired, None);
    // It never got so far.
    assert!(rollback(&back(forward.clone(), Vec::new())).plan.resources.is_empty());
    forward.resources[0].patch =
        serde_json::from_value(json!([{"op": "add", "path": "/DelaySeconds", "value": 1}])).unwrap();
    let answer = rollback(&back(forward, vec![now]));
    assert!(answer.plan.resources.is_empty());
    assert!(answer.unrestored[0].message.contains("taken over and changed"));
}

#[test]
fn what_was_renamed_is_called_as_before() {
    let before = StackResource { depends_on: vec!["Old".into()], ..queue("Uses", json!({"DelaySeconds": 1})) };
    let stack = vec![queue("Old", json!({})), before];
    let unchanged = stack.clone();
    let wanted = template(json!({
        "New": {"Type": QUEUE},
        "Uses": {"Type": QUEUE, "DependsOn": "New", "Properties": {"DelaySeconds": 2}},
        "Fails": {"Type": QUEUE},
    }));
    let forward = plan(&wanted, stack, &[("Old", "New")]);
    let moved = forward.resources.iter().find(|resource| resource.logical_id == "New").unwrap();
    assert_eq!((moved.action, moved.moved_from.as_deref()), (Action::Update, Some("Old")));
    assert!(moved.patch.is_empty() && moved.reasons.iter().any(|reason| reason == "it was called Old"));
    let now = vec![
        StackResource { logical_id: "New".into(), ..queue("Old", json!({})) },
        StackResource { depends_on: vec!["New".into()], ..queue("Uses", json!({"DelaySeconds": 2})) },
    ];
    let answer = rollback(&back(forward.clone(), now));
    let restored = step(&answer, "Old");
    assert_eq!((restored.action, restored.moved_from.as_deref()), (Action::Update, Some("New")));
    assert_eq!(restored.recorded.as_ref().unwrap().physical_id, "Old-1");
    assert_eq!(step(&answer, "Uses").depends_on, ["Old"]);
    assert!(answer.plan.resources.iter().all(|resource| resource.logical_id != "New"));
    // It was not renamed yet: only its name is seen to.
    let stopped = rollback(&back(forward, unchanged));
    assert_eq!(steps(&stopped), [("Old", Action::Update)]);
    assert!(step(&stopped, "Old").patch.is_empty());
}

fn refused(template: &Value, stack: Vec<StackResource>, moved: &[(&str, &str)]) -> String {
    match planning(template, stack, moved) {
        Planning::Refused { problems } => {
            assert_eq!(problems.len(), 1, "{problems:#?}");
            format!("{}: {}", problems[0].code, problems[0].message)
        }
        other => panic!("{other:#?}"),
    }
}

#[test]
fn a_move_that_makes_no_sense_is_refused_with_the_reason() {
    let stack = || vec![queue("A", json!({})), queue("B", json!({}))];
    let one = |id: &str, type_name: &str| template(json!({ id: {"Type": type_name} }));
    for (what, template, moved, expected) in [
        ("nothing of that name was there", one("N", QUEUE), &[("X", "N")][..], "X cannot be moved: the stack has no"),
        (
            "nothing of that name is there",
            one("A", QUEUE),
            &[("A", "N")],
            "A cannot be moved to N: the template has no",
        ),
        (
            "it is still there",
            template(json!({"A": {"Type": QUEUE}, "N": {"Type": QUEUE}})),
            &[("A", "N")],
            "A cannot be moved to N: the template still has A",
        ),
        ("the other was there", one("B", QUEUE), &[("A", "B")], "A cannot be moved to B: the stack has B already"),
        ("another type", one("N", "AWS::SNS::Topic"), &[("A", "N")], "A cannot be moved to N: one is AWS::SQS::Queue"),
        ("two become one", one("N", QUEUE), &[("A", "N"), ("B", "N")], "B and A cannot both be moved to N"),
    ] {
        let said = refused(&template, stack(), moved);
        assert!(said.starts_with(&format!("invalid_move: {expected}")), "{what}: {said}");
    }
    // What stands in a template stays there: done long ago, it says nothing any more.
    let mut done = one("B", QUEUE);
    done["Metadata"] = json!({"assent": {"moved": {"Gone": "B"}}});
    let planned = plan(&done, vec![queue("B", json!({}))], &[]);
    assert_eq!(planned.resources[0].action, Action::Noop);
    let mut now = one("N", QUEUE);
    now["Metadata"] = json!({"assent": {"moved": {"B": "N"}}});
    let planned = plan(&now, vec![queue("B", json!({}))], &[]);
    assert_eq!(planned.resources[0].moved_from.as_deref(), Some("B"));
}

#[test]
fn a_policy_on_the_same_key_moves_by_itself_and_two_on_one_key_are_refused() {
    let policy = |queues: Value| json!({"Type": "AWS::SQS::QueuePolicy", "Properties": {"PolicyDocument": {}, "Queues": queues}});
    let stack = vec![recorded("Old", "AWS::SQS::QueuePolicy", json!({"PolicyDocument": {}, "Queues": ["q-1", "q-2"]}))];
    let same = plan(&template(json!({"New": policy(json!(["q-2", "q-1"]))})), stack.clone(), &[]);
    assert_eq!(same.resources.len(), 1, "{:#?}", same.resources);
    assert_eq!(same.resources[0].moved_from.as_deref(), Some("Old"));
    // Another queue: another resource, and the old one goes.
    let other = plan(&template(json!({"New": policy(json!(["q-3"]))})), stack, &[]);
    let actions: Vec<_> = other.resources.iter().map(|it| (it.logical_id.as_str(), it.action)).collect();
    assert_eq!(actions, [("New", Action::Create), ("Old", Action::Delete)]);
    let both = template(json!({"A": policy(json!(["q-1"])), "B": policy(json!(["q-2", "q-1"]))}));
    assert!(refused(&both, Vec::new(), &[]).starts_with("same_place: A and B write to the same place"));
    // A role's inline policies are told apart by their names.
    let inline = |name: &str| {
        let properties = json!({"PolicyName": name, "PolicyDocument": {}, "Roles": ["r"]});
        json!({"Type": "AWS::IAM::Policy", "Properties": properties})
    };
    let apart = plan(&template(json!({"A": inline("one"), "B": inline("two")})), Vec::new(), &[]);
    assert_eq!(apart.resources.len(), 2);
    assert!(
        refused(&template(json!({"A": inline("one"), "B": inline("one")})), Vec::new(), &[]).starts_with("same_place")
    );
}

#[test]
fn what_the_stack_knew_nothing_of_before_or_after_is_left_out() {
    let mut forward = plan(&template(json!({"A": {"Type": QUEUE}})), Vec::new(), &[]);
    // What is left of an earlier creation that failed is deleted and made anew; the run has not come to it.
    forward.resources[0].recorded =
        Some(StackResource { status: ResourceStatus::CreateFailed, ..queue("A", json!({})) });
    assert!(rollback(&back(forward, Vec::new())).plan.resources.is_empty());
}

#[test]
fn what_was_renamed_and_is_as_before_but_for_that_is_called_as_before_also_where_it_was_changed() {
    let stack = vec![queue("Old", json!({"DelaySeconds": 1}))];
    let wanted = template(json!({"New": {"Type": QUEUE, "Properties": {"DelaySeconds": 2}}}));
    let forward = plan(&wanted, stack, &[("Old", "New")]);
    let now = StackResource { logical_id: "New".into(), ..queue("Old", json!({"DelaySeconds": 2})) };
    let answer = rollback(&back(forward, vec![now]));
    let restored = step(&answer, "Old");
    assert_eq!((restored.action, restored.moved_from.as_deref()), (Action::Update, Some("New")));
    assert_eq!(restored.desired.as_ref().unwrap().to_json(), json!({"DelaySeconds": 1}));
    assert!(!restored.patch.is_empty());
}

#[test]
fn a_successor_that_is_used_by_what_stays_is_not_taken_from_it() {
    let old_one = queue("A", json!({"FifoQueue": false}));
    let user = queue("B", json!({"KmsMasterKeyId": {"$secret": "parameter:P"}, "DelaySeconds": 1}));
    let plain = queue("C", json!({"DelaySeconds": 1}));
    let mut forward = plan(
        &template(json!({
            "A": {"Type": QUEUE, "Properties": {"FifoQueue": true}},
            "B": {"Type": QUEUE, "DependsOn": ["A", "C", "D"], "Properties": {"DelaySeconds": 2}},
            "C": {"Type": QUEUE, "Properties": {"DelaySeconds": 2}},
            "D": {"Type": QUEUE},
        })),
        vec![old_one.clone(), user.clone(), plain.clone(), queue("D", json!({}))],
        &[],
    );
    forward.resources.iter_mut().filter(|it| it.logical_id == "B").for_each(|it| it.recorded = Some(user.clone()));
    let successor = StackResource {
        physical_id: "A-2".into(),
        applied: Expr::known(json!({"FifoQueue": true})),
        replaced: vec![old(&old_one)],
        ..old_one.clone()
    };
    let changed = |it: &StackResource| StackResource { applied: Expr::known(json!({"DelaySeconds": 2})), ..it.clone() };
    let depends_on = vec!["A".into(), "C".into(), "D".into()];
    let now = vec![successor, StackResource { depends_on, ..changed(&user) }, changed(&plain), queue("D", json!({}))];
    let lost = BTreeSet::from(["parameter:P".to_owned()]);
    let answer = rollback(&RollbackCall { lost, ..back(forward, now) });
    // C keeps its identity, so that it is brought back under what uses it; D has nothing to go back to.
    assert_eq!(steps(&answer), [("C", Action::Update)]);
    let left: Vec<_> = answer.unrestored.iter().map(|it| (it.logical_id.as_str(), it.physical_id.as_deref())).collect();
    assert_eq!(left, [("A", Some("A-2")), ("B", Some("B-1"))]);
    assert_eq!(answer.unrestored[0].message, "B, which stays as it is, depends on it.");
}

#[test]
fn how_each_step_is_undone_is_told_before_it_is_done() {
    let secret = queue("S", json!({"KmsMasterKeyId": {"$secret": "parameter:P"}, "DelaySeconds": 1}));
    let stack = vec![queue("U", json!({"DelaySeconds": 1})), secret.clone(), queue("N", json!({}))];
    let mut forward = plan(
        &template(json!({
            "C": {"Type": QUEUE},
            "K": {"Type": QUEUE, "DeletionPolicy": "Retain"},
            "N": {"Type": QUEUE},
            "S": {"Type": QUEUE, "Properties": {"DelaySeconds": 2}},
            "U": {"Type": QUEUE, "Properties": {"DelaySeconds": 2}},
        })),
        stack,
        &[],
    );
    let changed = forward.resources.iter_mut().find(|it| it.logical_id == "S").unwrap();
    changed.recorded = Some(secret);
    changed.reasons.push("the value of parameter:P changes".to_owned());
    let told: Vec<_> = undo(&forward).steps.into_iter().map(|it| (it.logical_id, it.action)).collect();
    let told: Vec<_> = told.iter().map(|(id, action)| (id.as_str(), *action)).collect();
    let expected =
        [("C", UndoAction::Delete), ("K", UndoAction::Retain), ("S", UndoAction::Leave), ("U", UndoAction::Restore)];
    assert_eq!(told, expected);
    let left = undo(&forward).steps.into_iter().find(|it| it.logical_id == "S").unwrap();
    assert!(left.reasons[0].contains("parameter:P"), "{:?}", left.reasons);
}
