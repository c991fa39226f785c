//! Dependencies that a template implies by naming a resource instead of referring to it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use assent_core::call::PlanCall;
use assent_core::model::{Context, Mode, Plan};
use assent_core::plan::planned::Planning;
use assent_core::session::Template;
use proptest::prelude::*;
use serde_json::{Value, json};

fn planning(text: &str, call: PlanCall) -> Planning {
    Template::new(text.to_owned()).plan(call)
}

fn planned(resources: &Value) -> Plan {
    let call = PlanCall {
        incarnation: None,
        reconcile: None,
        allow_secret_identifiers: false,
        stack: "shop".into(),
        mode: Mode::Deploy,
        context: Context {
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            partition: "aws".into(),
            stack_id: String::new(),
        },
        parameters: Default::default(),
        recorded: None,
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
    match planning(&json!({ "Resources": resources }).to_string(), call) {
        Planning::Planned(planned) => planned.plan,
        other => panic!("{other:#?}"),
    }
}

fn bucket(name: &Value) -> Value {
    json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}})
}

fn policy(bucket: &str) -> Value {
    let document = json!({"Statement": []});
    json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": bucket, "PolicyDocument": document}})
}

fn before(plan: &Plan, id: &str) -> Vec<String> {
    plan.resources.iter().find(|resource| resource.logical_id == id).unwrap().depends_on.clone()
}

#[test]
fn a_bucket_policy_that_names_its_bucket_comes_after_it() {
    let name = json!({"Fn::Sub": "logs-${AWS::Region}-${AWS::AccountId}"});
    let plan = planned(&json!({"Policy": policy("logs-eu-central-1-123456789012"), "Store": bucket(&name)}));
    assert_eq!(before(&plan, "Policy"), ["Store"]);
    assert_eq!(before(&plan, "Store"), [""; 0]);
}

#[test]
fn an_arn_counts_when_it_is_of_the_types_service_and_ends_in_the_name() {
    let replicating = |arn: &str| {
        let rule = json!({"Status": "Enabled", "Destination": {"Bucket": arn}});
        let configuration = json!({"Role": "arn:aws:iam::123456789012:role/path/copier", "Rules": [rule]});
        json!({"Type": "AWS::S3::Bucket", "Properties": {"ReplicationConfiguration": configuration}})
    };
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {"RoleName": "copier", "AssumeRolePolicyDocument": {}}});
    let plan = planned(&json!({
        "Copier": role,
        "Copy": bucket(&json!("copies")),
        "Other": replicating("arn:aws:sqs:eu-central-1:123456789012:copies"),
        "Source": replicating("arn:aws:s3:::copies"),
    }));
    assert_eq!(before(&plan, "Source"), ["Copier", "Copy"]);
    assert_eq!(before(&plan, "Other"), ["Copier"]);
}

#[test]
fn items_of_a_list_count_and_equal_texts_elsewhere_do_not() {
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {"RoleName": "reader", "AssumeRolePolicyDocument": {}}});
    let profile = json!({"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": "reader", "Roles": ["reader"]}});
    let topic = json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "reader", "TopicName": "reader"}});
    let plan = planned(&json!({"Profile": profile, "Role": role, "Topic": topic}));
    assert_eq!(before(&plan, "Profile"), ["Role"]);
    assert_eq!(before(&plan, "Role"), [""; 0]);
    assert_eq!(before(&plan, "Topic"), [""; 0]);
}

#[test]
fn a_name_that_says_little_or_belongs_to_two_of_a_type_orders_nothing_between_them() {
    // Two of one name are revisions of a job, or they would be refused.
    let job = json!({"Type": "AWS::Batch::JobDefinition", "Properties": {"Type": "container", "JobDefinitionName": "same-job"}});
    let plan = planned(&json!({"A": job, "B": job, "C": bucket(&json!("ab")), "D": policy("ab")}));
    for id in ["A", "B", "C", "D"] {
        assert_eq!(before(&plan, id), [""; 0], "{id}");
    }
}

#[test]
fn what_uses_a_gateway_comes_after_its_attachment() {
    let plan = planned(&json!({
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Igw": {"Type": "AWS::EC2::InternetGateway"},
        "Vgw": {"Type": "AWS::EC2::VPNGateway", "Properties": {"Type": "ipsec.1"}},
        "Internet": {"Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Fn::GetAtt": ["Igw", "InternetGatewayId"]}}},
        "Vpn": {"Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "VpnGatewayId": {"Ref": "Vgw"}}},
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
        "Out": {"Type": "AWS::EC2::Route", "Properties": {"RouteTableId": {"Ref": "Table"},
            "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": {"Ref": "Igw"}}},
        "Spread": {"Type": "AWS::EC2::VPNGatewayRoutePropagation",
            "Properties": {"RouteTableIds": [{"Ref": "Table"}], "VpnGatewayId": {"Ref": "Vgw"}}},
    }));
    assert_eq!(before(&plan, "Out"), ["Igw", "Internet", "Table"]);
    assert_eq!(before(&plan, "Spread"), ["Table", "Vgw", "Vpn"]);
    assert_eq!(before(&plan, "Internet"), ["Igw", "Vpc"]);
}

#[test]
fn what_is_written_down_goes_before_what_is_implied() {
    let mut store = bucket(&json!("logs"));
    store["DependsOn"] = json!("Policy");
    let plan = planned(&json!({"Policy": policy("logs"), "Store": store}));
    assert_eq!(before(&plan, "Policy"), [""; 0]);
    assert_eq!(before(&plan, "Store"), ["Policy"]);
}

proptest! {
    /// Buckets that name others, with links written down besides: the plan always has an order, and a bucket comes
    /// after each that it names unless that one, by whatever way, comes after it.
    #[test]
    fn implied_links_never_close_a_cycle_and_are_left_out_only_for_that(
        named in proptest::collection::vec((0_usize..8, 0_usize..8), 0..20),
        written in proptest::collection::vec((0_usize..8, 0_usize..8), 0..8),
    ) {
        let id = |at: usize| format!("B{at}");
        let of = |links: &[(usize, usize)], at: usize| -> Vec<usize> {
            links.iter().filter(|(from, _)| *from == at).map(|(_, to)| *to).collect()
        };
        let resources = (0..8).map(|at| {
            let rules: Vec<Value> = of(&named, at).into_iter()
                .map(|to| json!({"Status": "Enabled", "Destination": {"Bucket": format!("arn:aws:s3:::bucket-{to}")}}))
                .collect();
            let after: Vec<String> = of(&written, at).into_iter().filter(|to| at > *to).map(id).collect();
            let replication = json!({"Role": "somebody", "Rules": rules});
            let properties = json!({"BucketName": format!("bucket-{at}"), "ReplicationConfiguration": replication});
            (id(at), json!({"Type": "AWS::S3::Bucket", "DependsOn": after, "Properties": properties}))
        });
        let plan = planned(&Value::Object(resources.collect()));
        let needs: BTreeMap<String, Vec<String>> =
            plan.resources.iter().map(|one| (one.logical_id.clone(), one.depends_on.clone())).collect();
        let reaches = |from: &str, to: &str| {
            let (mut open, mut seen) = (vec![from.to_owned()], Vec::new());
            while let Some(id) = open.pop() {
                if id == to {
                    return true;
                }
                if !seen.contains(&id) {
                    open.extend(needs[&id].iter().cloned());
                    seen.push(id);
                }
            }
            false
        };
        for (from, to) in named.iter().filter(|(from, to)| from != to) {
            let (from, to) = (id(*from), id(*to));
            let (after, back) = (needs[&from].contains(&to), reaches(&to, &from));
            prop_assert!(after != back, "{} after {}: {}, the other way: {}", from, to, after, back);
        }
    }
}
