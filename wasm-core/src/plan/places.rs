//! Types that overwrite what stands at the same place, and the place that each resource writes to.
//!
//! A queue has one policy, whichever of two types sets it and however it is named: by `Ref`, by an attribute, or by the
//! name that the template gives the queue. A place is compared by what it means, not by how it is spelled.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::Expr;
use crate::model::Context;
use crate::same::find;

use super::patch::entries;

/// Type, the properties that belong to every place, and those of which each item is one, with the type that it names.
type Row = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const BUS: &str = "AWS::Events::EventBus";
const BUCKET: &str = "AWS::S3::Bucket";
const GROUP: &str = "AWS::IAM::Group";
const ROLE: &str = "AWS::IAM::Role";
const USER: &str = "AWS::IAM::User";
const TOPIC: &str = "AWS::SNS::Topic";
const QUEUE: &str = "AWS::SQS::Queue";

const OVERWRITING: [Row; 14] = [
    ("AWS::Events::EventBusPolicy", &["StatementId"], &[("EventBusName", BUS)]),
    ("AWS::IAM::GroupPolicy", &["PolicyName"], &[("GroupName", GROUP)]),
    ("AWS::IAM::Policy", &["PolicyName"], &[("Roles", ROLE), ("Users", USER), ("Groups", GROUP)]),
    ("AWS::IAM::RolePolicy", &["PolicyName"], &[("RoleName", ROLE)]),
    ("AWS::IAM::UserPolicy", &["PolicyName"], &[("UserName", USER)]),
    ("AWS::Logs::ResourcePolicy", &[], &[("PolicyName", "AWS::Logs::ResourcePolicy")]),
    ("AWS::S3::BucketPolicy", &[], &[("Bucket", BUCKET)]),
    ("AWS::S3ObjectLambda::AccessPointPolicy", &[], &[("ObjectLambdaAccessPoint", "AWS::S3ObjectLambda::AccessPoint")]),
    ("AWS::S3Outposts::BucketPolicy", &[], &[("Bucket", "AWS::S3Outposts::Bucket")]),
    ("AWS::SNS::TopicInlinePolicy", &[], &[("TopicArn", TOPIC)]),
    ("AWS::SNS::TopicPolicy", &[], &[("Topics", TOPIC)]),
    ("AWS::SQS::QueueInlinePolicy", &[], &[("Queue", QUEUE)]),
    ("AWS::SQS::QueuePolicy", &[], &[("Queues", QUEUE)]),
    ("AWS::SecretsManager::ResourcePolicy", &[], &[("SecretId", "AWS::SecretsManager::Secret")]),
];

/// The names that resources have or will have, by logical id: what a reference to them is compared as.
pub type Names = BTreeMap<String, String>;

/// Whether resources of this type overwrite each other.
#[must_use]
pub fn overwrites(type_name: &str) -> bool {
    OVERWRITING.iter().any(|(name, ..)| *name == type_name)
}

/// The places that a resource writes to; none for a type that overwrites nothing.
#[must_use]
pub fn places(type_name: &str, properties: &Expr, names: &Names, context: &Context) -> BTreeSet<String> {
    let Some((_, always, each)) = OVERWRITING.iter().find(|(name, ..)| *name == type_name) else {
        return BTreeSet::new();
    };
    let value = |name: &str| find(entries(properties), name);
    let fixed: String =
        always.iter().map(|name| value(name).map_or(String::new(), |it| it.to_json().to_string())).collect();
    let default = Expr::Str("default".to_owned());
    let mut places = BTreeSet::new();
    for (name, holder) in *each {
        let items: Vec<&Expr> = match value(name) {
            Some(Expr::List(items)) => items.iter().collect(),
            Some(one) => vec![one],
            None if *holder == BUS => vec![&default],
            None => Vec::new(),
        };
        places.extend(items.into_iter().map(|item| format!("{holder} {} {fixed}", meant(item, names, context))));
    }
    places
}

/// What names a resource, as its name where that is known: references by logical id, ARNs and URLs of this account and
/// region by their last part.
fn meant(item: &Expr, names: &Names, context: &Context) -> String {
    match item {
        Expr::Ref(id) | Expr::Att(id, _) => names.get(id).cloned().unwrap_or_else(|| format!("@{id}")),
        Expr::Str(text) => own(text, context).unwrap_or(text).to_owned(),
        other => other.to_json().to_string(),
    }
}

/// `jobs` of `arn:aws:sqs:REGION:ACCOUNT:jobs` or `https://sqs.REGION.amazonaws.com/ACCOUNT/jobs`, both of this stack's.
fn own<'t>(text: &'t str, context: &Context) -> Option<&'t str> {
    let Context { account, region, .. } = context;
    if text.starts_with("arn:") {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, _, _, of_region, of_account, rest] = parts.as_slice() else { return None };
        let is_own = |part: &str, own: &str| part.is_empty() || part == own;
        let ours = is_own(of_region, region) && is_own(of_account, account);
        return ours.then(|| rest.rsplit(['/', ':']).next()).flatten();
    }
    let (host, path) = text.strip_prefix("https://")?.split_once('/')?;
    let name = path.strip_prefix(account.as_str())?.strip_prefix('/')?;
    host.split('.').any(|part| part == region).then_some(name)
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
            for name in always.iter().chain(each.iter().map(|(name, _)| name)) {
                assert!(kind.property(&[name]).is_some(), "{type_name} has no {name}");
            }
            for (_, holder) in each {
                assert!(schema::lookup(holder).is_some(), "no type {holder}");
            }
        }
    }

    #[test]
    fn what_is_of_this_account_and_region_is_meant_by_its_name() {
        let context = Context { account: "123456789012".into(), region: "eu-central-1".into(), ..Context::default() };
        for (text, expected) in [
            ("arn:aws:sns:eu-central-1:123456789012:jobs", Some("jobs")),
            ("arn:aws:s3:::logs", Some("logs")),
            ("arn:aws:iam::123456789012:role/path/reader", Some("reader")),
            ("arn:aws:sns:us-east-1:123456789012:jobs", None),
            ("arn:aws:sns:eu-central-1:210987654321:jobs", None),
            ("arn:aws", None),
            ("https://sqs.eu-central-1.amazonaws.com/123456789012/jobs", Some("jobs")),
            ("https://sqs.us-east-1.amazonaws.com/123456789012/jobs", None),
            ("https://sqs.eu-central-1.amazonaws.com/210987654321/jobs", None),
            ("jobs", None),
        ] {
            assert_eq!(own(text, &context), expected, "{text}");
        }
    }
}
