//! What a plan adds to the monthly bill, as far as prices are fixed by what is declared.
//!
//! List prices of us-east-1 in US dollars, on demand, without free tiers, 730 hours a month; what depends on use is not
//! in them. Types without a row are said to be unknown, never taken for free. Prices change: this is an order of
//! magnitude for a person who decides, and no bill.

use std::collections::BTreeSet;

use crate::consensus::Vote;
use crate::expr::Expr;
use crate::model::Action;

use super::{ConsultCall, abstained, approve, at, flag, number, refuse, some};

const HOURS: f64 = 730.0;
/// US dollars a month from which a person should look.
const MUCH: f64 = 1_000.0;
/// From which it is worth mentioning.
const SOMETHING: f64 = 100.0;

/// A price list row.
struct Row {
    type_name: &'static str,
    /// US dollars a month of these properties; `None`: what decides is not known.
    price: fn(&Expr) -> Option<f64>,
    /// Where it stands, and of which month the list is. NAT gateways, EKS and EC2 instances were compared with public
    /// pages of that month; the other rows were not.
    #[allow(dead_code, reason = "for whoever maintains the table; a test holds every row to it")]
    source: (&'static str, &'static str),
}

const EC2: &str = "https://aws.amazon.com/ec2/pricing/on-demand/";
const VPC: &str = "https://aws.amazon.com/vpc/pricing/";
const ELB: &str = "https://aws.amazon.com/elasticloadbalancing/pricing/";
const CLOUDWATCH: &str = "https://aws.amazon.com/cloudwatch/pricing/";
const SEEN: &str = "2026-04";

const ROWS: [Row; 20] = [
    Row { type_name: "AWS::EC2::NatGateway", price: |_| Some(0.045 * HOURS), source: (VPC, SEEN) },
    Row { type_name: "AWS::EC2::EIP", price: |_| Some(0.005 * HOURS), source: (VPC, SEEN) },
    Row {
        type_name: "AWS::EC2::VPCEndpoint",
        price: endpoint,
        source: ("https://aws.amazon.com/privatelink/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::EC2::TransitGatewayAttachment",
        price: |_| Some(0.05 * HOURS),
        source: ("https://aws.amazon.com/transit-gateway/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::EC2::VPNConnection",
        price: |_| Some(0.05 * HOURS),
        source: ("https://aws.amazon.com/vpn/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::EC2::Instance",
        price: |it| Some(hourly(at(it, &["InstanceType"]), &INSTANCES)? * HOURS),
        source: (EC2, SEEN),
    },
    Row { type_name: "AWS::EC2::Volume", price: volume, source: ("https://aws.amazon.com/ebs/pricing/", SEEN) },
    Row { type_name: "AWS::ElasticLoadBalancingV2::LoadBalancer", price: balancer, source: (ELB, SEEN) },
    Row { type_name: "AWS::ElasticLoadBalancing::LoadBalancer", price: |_| Some(0.025 * HOURS), source: (ELB, SEEN) },
    Row {
        type_name: "AWS::EKS::Cluster",
        price: |_| Some(0.10 * HOURS),
        source: ("https://aws.amazon.com/eks/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::RDS::DBInstance",
        price: database,
        source: ("https://aws.amazon.com/rds/postgresql/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::ElastiCache::CacheCluster",
        price: cache,
        source: ("https://aws.amazon.com/elasticache/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::Kinesis::Stream",
        price: stream,
        source: ("https://aws.amazon.com/kinesis/data-streams/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::DynamoDB::Table",
        price: table,
        source: ("https://aws.amazon.com/dynamodb/pricing/provisioned/", SEEN),
    },
    Row { type_name: "AWS::KMS::Key", price: |_| Some(1.0), source: ("https://aws.amazon.com/kms/pricing/", SEEN) },
    Row {
        type_name: "AWS::SecretsManager::Secret",
        price: |_| Some(0.40),
        source: ("https://aws.amazon.com/secrets-manager/pricing/", SEEN),
    },
    Row {
        type_name: "AWS::Route53::HostedZone",
        price: |_| Some(0.50),
        source: ("https://aws.amazon.com/route53/pricing/", SEEN),
    },
    Row { type_name: "AWS::CloudWatch::Alarm", price: |_| Some(0.10), source: (CLOUDWATCH, SEEN) },
    Row { type_name: "AWS::CloudWatch::Dashboard", price: |_| Some(3.0), source: (CLOUDWATCH, SEEN) },
    Row {
        type_name: "AWS::WAFv2::WebACL",
        price: |_| Some(5.0),
        source: ("https://aws.amazon.com/waf/pricing/", SEEN),
    },
];

/// Services that charge for use alone: to have them costs nothing.
const BY_USE: [&str; 25] = [
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::AppSync::",
    "AWS::Athena::",
    "AWS::AutoScaling::",
    "AWS::CloudFormation::",
    "AWS::CloudFront::",
    "AWS::Cognito::",
    "AWS::ECR::",
    "AWS::ECS::Cluster",
    "AWS::ECS::TaskDefinition",
    "AWS::Events::",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Route",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::InternetGateway",
    "AWS::IAM::",
    "AWS::KMS::Alias",
    "AWS::Lambda::",
    "AWS::Logs::",
    "AWS::S3::",
    "AWS::SNS::",
    "AWS::SQS::",
    "AWS::StepFunctions::",
];

const INSTANCES: [(&str, f64); 18] = [
    ("t2.micro", 0.0116),
    ("t3.nano", 0.0052),
    ("t3.micro", 0.0104),
    ("t3.small", 0.0208),
    ("t3.medium", 0.0416),
    ("t3.large", 0.0832),
    ("t4g.micro", 0.0084),
    ("t4g.small", 0.0168),
    ("t4g.medium", 0.0336),
    ("m5.large", 0.096),
    ("m5.xlarge", 0.192),
    ("m5.2xlarge", 0.384),
    ("m6i.large", 0.096),
    ("m6i.xlarge", 0.192),
    ("c5.large", 0.085),
    ("c5.xlarge", 0.17),
    ("r5.large", 0.126),
    ("r5.xlarge", 0.252),
];

const DATABASES: [(&str, f64); 8] = [
    ("db.t3.micro", 0.018),
    ("db.t3.small", 0.036),
    ("db.t3.medium", 0.072),
    ("db.t4g.micro", 0.016),
    ("db.t4g.small", 0.032),
    ("db.t4g.medium", 0.065),
    ("db.m5.large", 0.178),
    ("db.r5.large", 0.25),
];

const CACHES: [(&str, f64); 4] =
    [("cache.t3.micro", 0.017), ("cache.t3.small", 0.034), ("cache.t3.medium", 0.068), ("cache.m5.large", 0.156)];

/// US dollars a GB and month.
const VOLUMES: [(&str, f64); 5] = [("gp3", 0.08), ("gp2", 0.10), ("io1", 0.125), ("st1", 0.045), ("sc1", 0.015)];

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let (mut delta, mut total) = (0.0, 0.0);
    let mut parts: Vec<(f64, String)> = Vec::new();
    let mut unknown: BTreeSet<&str> = BTreeSet::new();
    let mut priced = 0_usize;
    for resource in &call.plan.resources {
        let kind = resource.type_name.as_str();
        let row = ROWS.iter().find(|row| row.type_name == kind);
        let wanted = match resource.action {
            Action::Delete | Action::Retain => None,
            Action::Noop => resource.desired.as_ref().or(resource.recorded.as_ref().map(|it| &it.applied)),
            _ => resource.desired.as_ref(),
        };
        let had = resource.recorded.as_ref().map(|recorded| &recorded.applied);
        let Some(row) = row else {
            let changes = !matches!(resource.action, Action::Noop | Action::Retain);
            if changes && !BY_USE.iter().any(|prefix| kind.starts_with(prefix)) {
                unknown.insert(kind);
            }
            continue;
        };
        let after = wanted.map_or(Some(0.0), row.price);
        let before = had.map_or(Some(0.0), row.price);
        match (before, after) {
            (Some(before), Some(after)) => {
                priced += 1;
                total += before;
                // What stays behind goes on costing.
                let after = if resource.action == Action::Retain { before } else { after };
                if (after - before).abs() >= 0.005 {
                    delta += after - before;
                    parts.push((after - before, call.named(&resource.logical_id)));
                }
            }
            _ => {
                unknown.insert(kind);
            }
        }
    }
    if priced == 0 || parts.is_empty() {
        return abstained("cost", "nothing whose price is fixed is added or taken away");
    }
    let why = format!("{} a month (list prices of us-east-1, before use)", money(delta));
    let mut vote = if delta >= MUCH && delta > total * 0.5 {
        refuse("cost", 0.6, why)
    } else if delta >= SOMETHING {
        approve("cost", 0.7, why)
    } else {
        approve("cost", 0.9, why)
    };
    parts.sort_by(|left, right| right.0.abs().total_cmp(&left.0.abs()).then_with(|| left.1.cmp(&right.1)));
    vote.reasons.extend(parts.iter().take(4).map(|(delta, name)| format!("{name}: {}", money(*delta))));
    if !unknown.is_empty() {
        vote.reasons.push(format!("price not known: {}", some(&unknown.into_iter().collect::<Vec<_>>())));
    }
    vote
}

fn money(usd: f64) -> String {
    format!("{}${:.2}", if usd < 0.0 { "-" } else { "+" }, usd.abs())
}

fn text(expr: Option<&Expr>) -> Option<&str> {
    match expr? {
        Expr::Str(text) => Some(text),
        _ => None,
    }
}

fn hourly(kind: Option<&Expr>, of: &[(&str, f64)]) -> Option<f64> {
    let kind = text(kind)?;
    of.iter().find(|(name, _)| *name == kind).map(|(_, price)| *price)
}

/// An interface in each subnet; gateways cost nothing.
fn endpoint(it: &Expr) -> Option<f64> {
    match at(it, &["VpcEndpointType"]) {
        None => Some(0.0),
        Some(Expr::Str(kind)) if kind == "Gateway" => Some(0.0),
        Some(Expr::Str(kind)) if kind == "Interface" => match at(it, &["SubnetIds"]) {
            #[allow(clippy::cast_precision_loss)]
            Some(Expr::List(subnets)) => Some(0.01 * HOURS * subnets.len() as f64),
            _ => None,
        },
        Some(_) => None,
    }
}

fn volume(it: &Expr) -> Option<f64> {
    let kind = at(it, &["VolumeType"]).map_or(Some("gp2"), |kind| text(Some(kind)))?;
    let (_, price) = VOLUMES.iter().find(|(name, _)| *name == kind)?;
    Some(price * number(at(it, &["Size"]))?)
}

fn balancer(it: &Expr) -> Option<f64> {
    match at(it, &["Type"]).map_or(Some("application"), |kind| text(Some(kind)))? {
        "application" | "network" => Some(0.0225 * HOURS),
        "gateway" => Some(0.0125 * HOURS),
        _ => None,
    }
}

/// PostgreSQL's prices, which others' are near to; twice with a spare; gp2 storage beside.
fn database(it: &Expr) -> Option<f64> {
    let engine = text(at(it, &["Engine"]))?;
    if !["postgres", "mysql", "mariadb"].contains(&engine) {
        return None;
    }
    let copies = if flag(at(it, &["MultiAZ"])) == Some(true) { 2.0 } else { 1.0 };
    let storage = number(at(it, &["AllocatedStorage"])).unwrap_or(0.0) * 0.115;
    Some((hourly(at(it, &["DBInstanceClass"]), &DATABASES)? * HOURS + storage) * copies)
}

fn cache(it: &Expr) -> Option<f64> {
    let nodes = number(at(it, &["NumCacheNodes"])).unwrap_or(1.0);
    Some(hourly(at(it, &["CacheNodeType"]), &CACHES)? * HOURS * nodes)
}

fn stream(it: &Expr) -> Option<f64> {
    if at(it, &["StreamModeDetails", "StreamMode"]).is_some_and(|mode| text(Some(mode)) == Some("ON_DEMAND")) {
        return Some(0.04 * HOURS);
    }
    Some(0.015 * HOURS * number(at(it, &["ShardCount"])).unwrap_or(1.0))
}

/// Provisioned capacity; on demand there is none.
fn table(it: &Expr) -> Option<f64> {
    let Some(throughput) = at(it, &["ProvisionedThroughput"]) else { return Some(0.0) };
    let read = number(at(throughput, &["ReadCapacityUnits"]))?;
    let write = number(at(throughput, &["WriteCapacityUnits"]))?;
    Some((read * 0.000_13 + write * 0.000_65) * HOURS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_row_says_where_it_comes_from_and_stands_once() {
        let mut names = BTreeSet::new();
        for Row { type_name, source: (address, date), .. } in &ROWS {
            assert!(names.insert(type_name), "{type_name} twice");
            assert!(address.starts_with("https://aws.amazon.com/") && date.len() == 7);
        }
    }

    #[test]
    fn what_decides_and_is_not_known_is_unknown_and_never_free() {
        let of = |type_name: &str, it: serde_json::Value| {
            let row = ROWS.iter().find(|row| row.type_name == type_name).unwrap();
            (row.price)(&Expr::known(it))
        };
        assert_eq!(of("AWS::EC2::Instance", json!({"InstanceType": "x9.huge"})), None);
        assert_eq!(of("AWS::RDS::DBInstance", json!({"Engine": "oracle-ee", "DBInstanceClass": "db.m5.large"})), None);
        let one = of(
            "AWS::RDS::DBInstance",
            json!({"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": "20"}),
        );
        assert!((one.unwrap() - (0.018 * 730.0 + 2.3)).abs() < 1e-9);
        assert_eq!(of("AWS::DynamoDB::Table", json!({"BillingMode": "PAY_PER_REQUEST"})), Some(0.0));
        let shards = of("AWS::Kinesis::Stream", json!({"ShardCount": 4}));
        assert!((shards.unwrap() - 4.0 * 10.95).abs() < 1e-9);
    }
}
