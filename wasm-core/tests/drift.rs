//! Drift: what it must find, and what it must be quiet about.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use assent_core::call::Live;
use assent_core::expr::Expr;
use assent_core::model::{ResourceStatus, StackResource};
use assent_core::plan::drift::{Difference, DriftCall, DriftStatus, drift};
use serde_json::{Value, json};

fn found(type_name: &str, applied: Value, baseline: Option<Value>, live: Live) -> (DriftStatus, Vec<Difference>) {
    whole(type_name, applied, baseline, live).1
}

fn whole(
    type_name: &str,
    applied: Value,
    baseline: Option<Value>,
    live: Live,
) -> (bool, (DriftStatus, Vec<Difference>)) {
    let resource = StackResource {
        logical_id: "R".into(),
        type_name: type_name.into(),
        physical_id: "id".into(),
        status: ResourceStatus::Complete,
        attributes: [].into(),
        applied: Expr::from_json(applied).unwrap(),
        depends_on: vec![],
        deletion_policy: "Delete".into(),
        update_replace_policy: "Delete".into(),
        replaced: vec![],
        attempted: None,
        given_name: None,
    };
    let baseline = baseline.into_iter().map(|model| ("R".to_owned(), model)).collect();
    let call = DriftCall { resources: vec![resource], live: [("R".to_owned(), live)].into(), baseline };
    let mut answer = drift(&call).resources;
    let one = answer.remove(0);
    (one.declared_only, (one.status, one.differences))
}

fn present(properties: Value) -> Live {
    Live::Present { properties }
}

fn paths(differences: &[Difference]) -> Vec<(&str, bool)> {
    differences.iter().map(|one| (one.path.as_str(), one.declared)).collect()
}

const QUEUE: &str = "AWS::SQS::Queue";

#[test]
fn what_the_cloud_fills_in_is_no_drift_until_it_changes() {
    let applied = json!({ "DelaySeconds": 5 });
    let model = json!({ "DelaySeconds": 5, "VisibilityTimeout": 30, "QueueUrl": "u", "Arn": "a" });
    let (status, differences) = found(QUEUE, applied.clone(), Some(model.clone()), present(model.clone()));
    assert_eq!((status, differences.len()), (DriftStatus::InSync, 0));

    let mut changed = model.clone();
    changed["VisibilityTimeout"] = json!(31);
    changed["DelaySeconds"] = json!("6");
    changed["Arn"] = json!("b");
    changed["Tags"] = json!([{ "Key": "owner", "Value": "me" }]);
    let (status, differences) = found(QUEUE, applied.clone(), Some(model), present(changed.clone()));
    assert_eq!(status, DriftStatus::Modified);
    assert_eq!(paths(&differences), [("DelaySeconds", true), ("Tags", false), ("VisibilityTimeout", false)]);
    assert_eq!((&differences[0].recorded, &differences[0].live), (&json!(5), &json!("6")));
    assert_eq!((&differences[1].recorded, &differences[2].recorded), (&Value::Null, &json!(30)));

    let (_, without) = found(QUEUE, applied, None, present(changed));
    assert_eq!(paths(&without), [("DelaySeconds", true)]);
}

#[test]
fn what_the_service_rewrote_at_once_is_no_drift_until_somebody_changes_it() {
    let listener = "AWS::ElasticLoadBalancingV2::Listener";
    let applied = json!({ "Protocol": "https", "Port": 443 });
    let then = json!({ "Protocol": "HTTPS", "Port": 443 });
    let (status, _) = found(listener, applied.clone(), Some(then.clone()), present(then.clone()));
    assert_eq!(status, DriftStatus::InSync);
    for other in [json!("TLS"), Value::Null] {
        let mut now = then.clone();
        now["Protocol"] = other;
        let (status, differences) = found(listener, applied.clone(), Some(then.clone()), present(now));
        assert_eq!((status, paths(&differences)), (DriftStatus::Modified, vec![("Protocol", true)]));
    }
    // Without what it said then nobody knows who did it.
    assert_eq!(found(listener, applied, None, present(then)).0, DriftStatus::Modified);
}

#[test]
fn a_resource_without_baseline_says_so() {
    let (declared_only, _) = whole(QUEUE, json!({}), None, present(json!({ "VisibilityTimeout": 31 })));
    assert!(declared_only);
    assert!(!whole(QUEUE, json!({}), Some(json!({})), present(json!({}))).0);
    assert!(!whole(QUEUE, json!({}), None, Live::Absent {}).0);
}

#[test]
fn a_property_that_went_away_is_drift() {
    let model = json!({ "DelaySeconds": 5, "VisibilityTimeout": 30 });
    let (_, differences) = found(QUEUE, json!({ "DelaySeconds": 5 }), Some(model), present(json!({})));
    assert_eq!(paths(&differences), [("DelaySeconds", true), ("VisibilityTimeout", false)]);
    assert_eq!(differences[1].live, Value::Null);
}

#[test]
fn spelling_is_no_drift() {
    let tags = |order: [usize; 2]| {
        let own = [json!({ "Key": "a", "Value": "1" }), json!({ "Key": "b", "Value": "2" })];
        json!([own[order[0]], own[order[1]]])
    };
    let model = json!({ "Tags": tags([0, 1]), "DelaySeconds": 5 });
    let mut live = json!({ "Tags": tags([1, 0]), "DelaySeconds": "5", "RedriveAllowPolicy": {} });
    live["Tags"].as_array_mut().unwrap().push(json!({ "Key": "aws:cloudformation:x", "Value": "y" }));
    for applied in [json!({}), json!({ "Tags": tags([0, 1]), "DelaySeconds": 5 })] {
        assert_eq!(found(QUEUE, applied, Some(model.clone()), present(live.clone())).0, DriftStatus::InSync);
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": [] });
    let role = json!({ "AssumeRolePolicyDocument": policy });
    let text = json!({ "AssumeRolePolicyDocument": policy.to_string() });
    assert_eq!(found("AWS::IAM::Role", role.clone(), Some(role), present(text)).0, DriftStatus::InSync);
}

#[test]
fn secrets_are_not_compared() {
    let applied = json!({ "Name": "n", "SecretString": { "$secret": "parameter:P" } });
    let model = json!({ "Name": "n" });
    let live = json!({ "Name": "n", "SecretString": "canary" });
    let (status, differences) = found("AWS::SecretsManager::Secret", applied, Some(model), present(live));
    assert_eq!((status, differences.len()), (DriftStatus::InSync, 0));
}

#[test]
fn gone_and_unreadable() {
    assert_eq!(found(QUEUE, json!({}), None, Live::Absent {}).0, DriftStatus::Deleted);
    assert_eq!(found(QUEUE, json!({}), None, Live::Unreadable {}).0, DriftStatus::Unreadable);
    assert_eq!(found("AWS::Nothing::Here", json!({}), None, present(json!({}))).0, DriftStatus::Unreadable);
}

#[test]
fn what_is_in_an_object_of_the_baseline_is_compared_member_by_member_and_null_is_nothing() {
    let table = "AWS::S3::Bucket";
    let applied = json!({"VersioningConfiguration": {"Status": "Enabled"}});
    let with = |block: Value, tags: Value| json!({"VersioningConfiguration": {"Status": "Enabled"}, "PublicAccessBlockConfiguration": block, "Tags": tags});
    let baseline = with(json!({"BlockPublicAcls": true, "IgnorePublicAcls": true}), Value::Null);
    let same = found(table, applied.clone(), Some(baseline.clone()), present(baseline.clone()));
    assert_eq!(same, (DriftStatus::InSync, vec![]));
    let live = with(json!({"BlockPublicAcls": false, "IgnorePublicAcls": true}), json!([]));
    let (status, differences) = found(table, applied, Some(baseline), present(live));
    assert_eq!(status, DriftStatus::Modified);
    assert_eq!(paths(&differences), [("PublicAccessBlockConfiguration/BlockPublicAcls", false)]);
}
