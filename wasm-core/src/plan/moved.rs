//! Resources that the template calls by another name than before. They are the same resources: renamed, not replaced.
//!
//! Whoever deploys may say so (`moved` of the call, or `Metadata: {assent: {moved: {Old: New}}}` of the template). Of
//! types that overwrite what stands at the same place it is seen: a queue has one policy, and deleting the resource of
//! the old name after that of the new one was written would take the policy away.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::PlanCall;
use crate::expr::Expr;
use crate::intrinsics::EvaluatedResource;
use crate::model::{PlannedResource, StackResource};
use crate::problem::{Problem, Span};
use crate::template::{Kind, Node};

/// Types that overwrite what stands at the same place, and the properties that say where: each item of a list is one.
const OVERWRITING: [(&str, &[&str], &[&str]); 14] = [
    ("AWS::Events::EventBusPolicy", &["EventBusName"], &["StatementId"]),
    ("AWS::IAM::GroupPolicy", &["PolicyName"], &["GroupName"]),
    ("AWS::IAM::Policy", &["PolicyName"], &["Roles", "Users", "Groups"]),
    ("AWS::IAM::RolePolicy", &["PolicyName"], &["RoleName"]),
    ("AWS::IAM::UserPolicy", &["PolicyName"], &["UserName"]),
    ("AWS::Logs::ResourcePolicy", &[], &["PolicyName"]),
    ("AWS::S3::BucketPolicy", &[], &["Bucket"]),
    ("AWS::S3ObjectLambda::AccessPointPolicy", &[], &["ObjectLambdaAccessPoint"]),
    ("AWS::S3Outposts::BucketPolicy", &[], &["Bucket"]),
    ("AWS::SNS::TopicInlinePolicy", &[], &["TopicArn"]),
    ("AWS::SNS::TopicPolicy", &[], &["Topics"]),
    ("AWS::SQS::QueueInlinePolicy", &[], &["Queue"]),
    ("AWS::SQS::QueuePolicy", &[], &["Queues"]),
    ("AWS::SecretsManager::ResourcePolicy", &[], &["SecretId"]),
];

/// The places that a resource writes to; none for a type that overwrites nothing.
pub fn places(type_name: &str, properties: &Expr) -> BTreeSet<String> {
    let Some((_, always, each)) = OVERWRITING.iter().find(|(name, ..)| *name == type_name) else {
        return BTreeSet::new();
    };
    let Expr::Map(entries) = properties else { return BTreeSet::new() };
    let value = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let fixed: String =
        always.iter().map(|name| value(name).map_or(String::new(), |it| it.to_json().to_string())).collect();
    let mut places = BTreeSet::new();
    for name in *each {
        let items = match value(name) {
            Some(Expr::List(items)) => items.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        places.extend(items.into_iter().map(|item| format!("{name} {} {fixed}", item.to_json())));
    }
    places
}

/// New name to old one, as far as they are given; what makes no sense becomes a problem.
pub fn given(
    template: &Node,
    call: &PlanCall,
    resources: &[EvaluatedResource<'_>],
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut wanted: Vec<(String, String, Span)> =
        call.moved.iter().map(|(old, new)| (old.clone(), new.clone(), Span::default())).collect();
    wanted.extend(written(template));
    let recorded = call.recorded.as_ref().map(|state| state.resources.as_slice()).unwrap_or_default();
    let before = |id: &str| recorded.iter().find(|resource| resource.logical_id == id);
    let now = |id: &str| resources.iter().find(|resource| resource.logical_id == id);
    let mut moves: BTreeMap<String, String> = BTreeMap::new();
    for (old, new, span) in wanted {
        let message = match (before(&old), now(&new)) {
            // Done by an earlier deployment; what stands in a template stays there.
            (None, Some(_)) if before(&new).is_some() => continue,
            (None, _) => format!("{old} cannot be moved: the stack has no such resource"),
            (Some(_), None) => format!("{old} cannot be moved to {new}: the template has no such resource"),
            _ if now(&old).is_some() => format!("{old} cannot be moved to {new}: the template still has {old}"),
            _ if before(&new).is_some() => format!("{old} cannot be moved to {new}: the stack has {new} already"),
            (Some(before), Some(now)) if before.type_name != now.type_name => {
                format!("{old} cannot be moved to {new}: one is {}, the other {}", before.type_name, now.type_name)
            }
            _ => match moves.insert(new.clone(), old.clone()) {
                Some(other) if other != old => format!("{old} and {other} cannot both be moved to {new}"),
                _ => continue,
            },
        };
        problems.push(
            Problem::error("invalid_move", span, message)
                .at(format!("Resources/{new}"))
                .help("a move names the resource as the stack knows it, then as the template calls it now"),
        );
    }
    moves
}

/// `Metadata: {assent: {moved: {Old: New}}}`.
fn written(template: &Node) -> Vec<(String, String, Span)> {
    let moved = template.get("Metadata").and_then(|it| it.get("assent")).and_then(|it| it.get("moved"));
    let entries = moved.and_then(Node::as_map).unwrap_or_default();
    let names = entries.iter().filter_map(|entry| match &entry.value.kind {
        Kind::String(new) => Some((entry.key.clone(), new.clone(), entry.key_span)),
        _ => None,
    });
    names.collect()
}

/// Refuses resources of one template that overwrite each other.
pub fn refuse_shared(planned: &[PlannedResource], span: &dyn Fn(&str) -> Span, problems: &mut Vec<Problem>) {
    let mut owners: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for resource in planned {
        let Some(desired) = &resource.desired else { continue };
        for place in places(&resource.type_name, desired) {
            let id = resource.logical_id.as_str();
            if let Some(other) = owners.insert((&resource.type_name, place), id) {
                let message = format!(
                    "{other} and {id} write to the same place: the later one would win, and whichever is deleted takes both away"
                );
                let problem = Problem::error("same_place", span(id), message).at(format!("Resources/{id}"));
                problems.push(problem.help("make one resource of them"));
                break;
            }
        }
    }
}

/// Calls what is recorded of others by the new names, too.
pub fn rename(resource: &mut StackResource, names: &BTreeMap<String, String>) {
    for id in resource.depends_on.iter_mut().chain(std::iter::once(&mut resource.logical_id)) {
        if let Some(new) = names.get(id) {
            id.clone_from(new);
        }
    }
    resource.depends_on.sort();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;
    use crate::schema;

    #[test]
    fn every_type_is_one_and_has_the_properties_that_say_where() {
        for (type_name, always, each) in OVERWRITING {
            let kind = schema::lookup(type_name).unwrap_or_else(|| panic!("no type {type_name}"));
            for name in always.iter().chain(each) {
                assert!(kind.property(&[name]).is_some(), "{type_name} has no {name}");
            }
        }
    }
}
