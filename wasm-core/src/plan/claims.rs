//! What a resource has for itself: a name that is written out, and the places that it writes to. Nothing else can have
//! either at the same time.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::Expr;
use crate::model::{Context, PlannedResource};
use crate::schema::{self, ResourceType};

use super::patch::entries;
use super::places::{self, Names, places};
use super::replacement::at;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Type, the property that a message names, and all values that make up the name.
    Name(String, &'static str, String),
    /// What [`places`] says.
    Place(String),
}

impl Claim {
    /// As a message names it.
    #[must_use]
    pub fn said(&self) -> String {
        match self {
            Self::Name(_, property, _) => format!("name ({property})"),
            Self::Place(_) => "place".to_owned(),
        }
    }
}

/// Names that are not identifiers, with what they are unique within, where that is not the account and region.
/// Sources: the Name properties of these types in the CloudFormation template reference, and their services' errors for a
/// name that exists. Left out: names that several may have (ECS and Batch definitions have revisions, API keys ids).
const UNIQUE: [(&str, &[&str]); 26] = [
    ("AWS::ApiGateway::Model", &["RestApiId", "Name"]),
    ("AWS::AppRunner::Service", &["ServiceName"]),
    ("AWS::Batch::ComputeEnvironment", &["ComputeEnvironmentName"]),
    ("AWS::Batch::JobQueue", &["JobQueueName"]),
    ("AWS::Cassandra::Table", &["KeyspaceName", "TableName"]),
    ("AWS::CodeDeploy::DeploymentGroup", &["ApplicationName", "DeploymentGroupName"]),
    ("AWS::EC2::LaunchTemplate", &["LaunchTemplateName"]),
    ("AWS::EC2::SecurityGroup", &["VpcId", "GroupName"]),
    ("AWS::ECS::Service", &["Cluster", "ServiceName"]),
    ("AWS::EKS::Nodegroup", &["ClusterName", "NodegroupName"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["Name"]),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["Name"]),
    ("AWS::Events::Rule", &["EventBusName", "Name"]),
    ("AWS::IAM::ManagedPolicy", &["ManagedPolicyName"]),
    ("AWS::SNS::Topic", &["TopicName"]),
    ("AWS::SQS::Queue", &["QueueName"]),
    ("AWS::SecretsManager::Secret", &["Name"]),
    ("AWS::StepFunctions::StateMachine", &["StateMachineName"]),
    ("AWS::VpcLattice::Listener", &["ServiceIdentifier", "Name"]),
    ("AWS::VpcLattice::Service", &["Name"]),
    ("AWS::VpcLattice::ServiceNetwork", &["Name"]),
    ("AWS::VpcLattice::TargetGroup", &["Name"]),
    ("AWS::WAFv2::IPSet", &["Scope", "Name"]),
    ("AWS::WAFv2::RegexPatternSet", &["Scope", "Name"]),
    ("AWS::WAFv2::RuleGroup", &["Scope", "Name"]),
    ("AWS::WAFv2::WebACL", &["Scope", "Name"]),
];

/// Identified by a name that several share all the same: each is a revision.
const REVISIONS: [&str; 1] = ["AWS::Batch::JobDefinition"];

/// Reads claims; knows what names each type, and what resources are called.
pub struct Claims<'a> {
    context: &'a Context,
    names: Names,
    naming: BTreeMap<String, Option<Vec<&'static str>>>,
}

impl<'a> Claims<'a> {
    /// Of the resources of a plan.
    #[must_use]
    pub fn of(planned: &[PlannedResource], context: &'a Context) -> Self {
        let mut claims = Self { context, names: Names::new(), naming: BTreeMap::new() };
        for resource in planned.iter().filter(|resource| resource.desired.is_some()) {
            if let Some(name) = resource.desired.as_ref().and_then(|it| name(&resource.type_name, it)) {
                claims.names.insert(resource.logical_id.clone(), name);
            }
        }
        claims
    }

    /// All claims of a resource of this type with these properties.
    pub fn read(&mut self, type_name: &str, properties: &Expr) -> BTreeSet<Claim> {
        if places::overwrites(type_name) {
            let places = places(type_name, properties, &self.names, self.context);
            return places.into_iter().map(Claim::Place).collect();
        }
        if !self.naming.contains_key(type_name) {
            let found = schema::lookup(type_name).and_then(naming);
            self.naming.insert(type_name.to_owned(), found);
        }
        let Some(Some(paths)) = self.naming.get(type_name) else { return BTreeSet::new() };
        let Some(property) = paths.last().copied() else { return BTreeSet::new() };
        // What it is unique within may be left out: then it is the default one.
        if at(properties, property).is_none() {
            return BTreeSet::new();
        }
        let beside = UNIQUE.iter().any(|(name, _)| *name == type_name);
        let values: Vec<&Expr> = paths.iter().filter_map(|path| at(properties, path)).collect();
        if !beside && values.len() < paths.len() {
            return BTreeSet::new();
        }
        let text: Vec<String> = paths
            .iter()
            .map(|path| at(properties, path).map_or(String::new(), |it| it.to_json().to_string()))
            .collect();
        BTreeSet::from([Claim::Name(type_name.to_owned(), property, text.join(" "))])
    }
}

/// The properties that name a resource of this type, the most telling one last; none: the service identifies it.
fn naming(kind: ResourceType) -> Option<Vec<&'static str>> {
    if let Some((_, paths)) = UNIQUE.iter().find(|(name, _)| *name == kind.name()) {
        return Some(paths.to_vec());
    }
    let identifier = kind.primary_identifier();
    let read_only = kind.read_only();
    let given = !identifier.is_empty() && !identifier.iter().any(|path| read_only.contains(path));
    (given && !REVISIONS.contains(&kind.name())).then_some(identifier)
}

/// The name that a resource is told apart by, where it is one known text.
#[must_use]
pub fn name(type_name: &str, desired: &Expr) -> Option<String> {
    let property = match UNIQUE.iter().find(|(name, _)| *name == type_name) {
        Some((_, paths)) => paths.last().copied(),
        None => schema::lookup(type_name).and_then(|kind| kind.naming()).map(|naming| naming.property),
    };
    match crate::same::find(entries(desired), property?) {
        Some(Expr::Str(name)) => Some(name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;

    #[test]
    fn every_type_is_one_and_has_the_properties_that_name_it() {
        for (type_name, paths) in UNIQUE {
            let kind = schema::lookup(type_name).unwrap_or_else(|| panic!("no type {type_name}"));
            for path in paths {
                assert!(kind.property(&[path]).is_some(), "{type_name} has no {path}");
            }
        }
    }
}
