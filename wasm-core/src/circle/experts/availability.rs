//! Whether anything that serves goes down or loses its spare.

use crate::consensus::Vote;
use crate::expr::Expr;
use crate::model::{Action, PlannedResource, Replacement};

use super::{ConsultCall, abstained, approve, at, flag, number, refuse};

/// Types that answer requests: while one is away, somebody waits.
const SERVING: [&str; 14] = [
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CloudFront::Distribution",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Instance",
    "AWS::ECS::Service",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Lambda::Function",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
];

/// How many run at least: type, property.
const CAPACITY: [(&str, &[&str]); 6] = [
    ("AWS::AutoScaling::AutoScalingGroup", &["MinSize"]),
    ("AWS::AutoScaling::AutoScalingGroup", &["DesiredCapacity"]),
    ("AWS::ECS::Service", &["DesiredCount"]),
    ("AWS::ElastiCache::ReplicationGroup", &["NumCacheClusters"]),
    ("AWS::OpenSearchService::Domain", &["ClusterConfig", "InstanceCount"]),
    ("AWS::EKS::Nodegroup", &["ScalingConfig", "MinSize"]),
];

/// Switches that keep a spare, or notice that one is needed.
const SPARES: [(&str, &[&str]); 6] = [
    ("AWS::RDS::DBInstance", &["MultiAZ"]),
    ("AWS::ElastiCache::ReplicationGroup", &["MultiAZEnabled"]),
    ("AWS::ElastiCache::ReplicationGroup", &["AutomaticFailoverEnabled"]),
    ("AWS::OpenSearchService::Domain", &["ClusterConfig", "ZoneAwarenessEnabled"]),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["HealthCheckEnabled"]),
    ("AWS::ECS::Service", &["DeploymentConfiguration", "DeploymentCircuitBreaker", "Enable"]),
];

/// Lists whose length is the number of zones.
const ZONES: [&str; 4] = ["VPCZoneIdentifier", "AvailabilityZones", "Subnets", "SubnetIds"];

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let mut harms = Vec::new();
    let mut cautions = Vec::new();
    let mut looked = 0_usize;
    for resource in &call.plan.resources {
        let serves = SERVING.contains(&resource.type_name.as_str());
        let name = call.named(&resource.logical_id);
        match resource.action {
            Action::Delete if serves && call.plan.mode == crate::model::Mode::Deploy => {
                looked += 1;
                cautions.push(format!("{name} is deleted"));
            }
            Action::Replace if serves => {
                looked += 1;
                if resource.replacement == Some(Replacement::DeleteBeforeCreate) {
                    harms.push(format!("{name} is away while it is replaced: the old one goes first"));
                } else {
                    cautions.push(format!("{name} is replaced, the old one goes last"));
                }
            }
            _ => {}
        }
        if matches!(resource.action, Action::Create | Action::Update | Action::Replace | Action::Import) {
            looked += usize::from(serves);
            compare(resource, &name, &mut harms, &mut cautions);
        }
    }
    if looked == 0 && harms.is_empty() && cautions.is_empty() {
        return abstained("availability", "nothing that serves is touched");
    }
    let mut vote = match (harms.len(), cautions.len()) {
        (0, 0) => return approve("availability", 0.9, "nothing that serves goes down or loses its spare".to_owned()),
        (0, _) => approve("availability", 0.75, "nothing that serves goes down".to_owned()),
        _ => refuse("availability", 0.7, "something that serves goes down or loses its spare".to_owned()),
    };
    vote.reasons.extend(harms.into_iter().chain(cautions).take(5));
    vote
}

fn compare(resource: &PlannedResource, name: &str, harms: &mut Vec<String>, cautions: &mut Vec<String>) {
    let Some(after) = &resource.desired else { return };
    let before = resource.recorded.as_ref().map(|recorded| &recorded.applied);
    let kind = resource.type_name.as_str();
    for (_, path) in CAPACITY.iter().filter(|(of, _)| *of == kind) {
        let (old, new) = (before.and_then(|it| number(at(it, path))), number(at(after, path)));
        match (old, new) {
            (Some(old), Some(new)) if new < old && new <= 1.0 => {
                harms.push(format!("{name}: {} falls from {old} to {new}", path.join(".")));
            }
            (None, Some(new)) if before.is_none() && new <= 1.0 => {
                cautions.push(format!("{name}: {} is {new}, without a spare", path.join(".")));
            }
            _ => {}
        }
    }
    for (_, path) in SPARES.iter().filter(|(of, _)| *of == kind) {
        let (old, new) = (before.and_then(|it| flag(at(it, path))), flag(at(after, path)));
        if old == Some(true) && new != Some(true) {
            harms.push(format!("{name}: {} is switched off", path.join(".")));
        }
    }
    let zones = |expr: &Expr| {
        ZONES.iter().find_map(|key| match at(expr, &[key]) {
            Some(Expr::List(items)) => Some(items.len()),
            _ => None,
        })
    };
    match (before.and_then(zones), zones(after)) {
        (Some(old), Some(1)) if old > 1 => harms.push(format!("{name}: one zone is left of {old}")),
        (None, Some(1)) if before.is_none() && SERVING.contains(&kind) => {
            cautions.push(format!("{name} stands in one zone"));
        }
        _ => {}
    }
    if kind == "AWS::RDS::DBInstance" && before.is_none() && flag(at(after, &["MultiAZ"])) != Some(true) {
        cautions.push(format!("{name} stands in one zone (MultiAZ)"));
    }
}
