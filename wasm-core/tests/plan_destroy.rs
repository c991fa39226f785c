//! What is kept together with a resource that no snapshot can be taken of.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use assent_core::call::{PlanCall, StackState};
use assent_core::expr::Expr;
use assent_core::model::{Action, Context, Mode, PlannedResource, ResourceStatus, StackResource};
use assent_core::plan::planned::Planning;
use assent_core::problem::Problem;
use assent_core::session::Template;
use proptest::prelude::*;

fn planning(text: &str, call: PlanCall) -> Planning {
    Template::new(text.to_owned()).plan(call)
}

fn resource(id: &str, policy: &str, depends_on: &[&str]) -> StackResource {
    StackResource {
        logical_id: id.into(),
        type_name: "AWS::SQS::Queue".into(),
        physical_id: id.to_lowercase(),
        status: ResourceStatus::Complete,
        attributes: BTreeMap::new(),
        applied: Expr::Map(Vec::new()),
        depends_on: depends_on.iter().map(|id| (*id).to_owned()).collect(),
        deletion_policy: policy.into(),
        update_replace_policy: "Delete".into(),
        attempted: None,
        given_name: None,
        replaced: Vec::new(),
    }
}

fn destroyed(resources: Vec<StackResource>) -> (Vec<PlannedResource>, Vec<Problem>) {
    let context = Context {
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        partition: "aws".into(),
        stack_id: String::new(),
    };
    let call = PlanCall {
        incarnation: None,
        reconcile: None,
        allow_secret_identifiers: false,
        stack: "shop".into(),
        mode: Mode::Destroy,
        context: context.clone(),
        parameters: Default::default(),
        recorded: Some(StackState { stack: "shop".into(), context, resources, ..StackState::default() }),
        live: BTreeMap::new(),
        foreign: BTreeMap::new(),
        found: Vec::new(),
        fingerprints: BTreeMap::new(),
        tags: BTreeMap::new(),
        imports: BTreeMap::new(),
        moved: Default::default(),
        max_concurrency: 10,
        duration_scale: None,
        learned: Default::default(),
    };
    match planning("", call) {
        Planning::Planned(planned) => (planned.plan.resources, planned.problems),
        other => panic!("{other:#?}"),
    }
}

#[test]
fn a_database_without_a_snapshot_keeps_what_it_stands_on_and_says_so() {
    let (resources, problems) = destroyed(vec![
        resource("Alarm", "Delete", &["Database"]),
        resource("Database", "Snapshot", &["Group"]),
        resource("Group", "Delete", &["Network"]),
        resource("Network", "Delete", &[]),
        resource("Topic", "Delete", &["Network"]),
    ]);
    let actions: Vec<_> = resources.iter().map(|one| (one.logical_id.as_str(), one.action)).collect();
    assert_eq!(
        actions,
        [
            ("Alarm", Action::Delete),
            ("Database", Action::Retain),
            ("Group", Action::Retain),
            ("Network", Action::Retain),
            ("Topic", Action::Delete),
        ]
    );
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, "snapshot_not_supported");
    assert_eq!(resources[1].reasons[1..], ["its DeletionPolicy is Snapshot"]);
    assert_eq!(resources[2].reasons[1..], ["Database, which is kept, depends on it"]);
    assert_eq!(resources[3].reasons[1..], ["Group, which is kept, depends on it"]);
}

#[test]
fn what_retain_keeps_holds_nothing_else() {
    let (resources, _) = destroyed(vec![resource("Bucket", "Retain", &["Key"]), resource("Key", "Delete", &[])]);
    let actions: Vec<_> = resources.iter().map(|one| one.action).collect();
    assert_eq!(actions, [Action::Retain, Action::Delete]);
}

proptest! {
    #[test]
    fn nothing_is_deleted_that_a_kept_database_reaches_and_nothing_else_is_held(
        links in proptest::collection::vec((0_usize..10, 0_usize..10), 0..25),
        policies in proptest::collection::vec(0_usize..4, 10),
    ) {
        let names: Vec<String> = (0..10).map(|at| format!("R{at}")).collect();
        let policy = |at: usize| ["Delete", "Delete", "Retain", "Snapshot"][policies[at]];
        let needs = |at: usize| links.iter().filter(move |(from, to)| *from == at && from > to).map(|(_, to)| *to);
        let mut held = [false; 10];
        for at in (0..10).rev() {
            if held[at] || policy(at) == "Snapshot" {
                needs(at).for_each(|to| held[to] = true);
            }
        }
        let recorded = (0..10).map(|at| {
            let after: Vec<&str> = needs(at).map(|to| names[to].as_str()).collect();
            resource(&names[at], policy(at), &after)
        });
        for (at, planned) in destroyed(recorded.collect()).0.iter().enumerate() {
            let kept = held[at] || policy(at) != "Delete";
            prop_assert_eq!(planned.action, if kept { Action::Retain } else { Action::Delete }, "{}", names[at]);
            prop_assert_eq!(planned.reasons.len(), if kept { 2 } else { 1 });
        }
    }
}
