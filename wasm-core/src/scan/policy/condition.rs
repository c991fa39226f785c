//! What a statement's conditions keep out. Only what certainly narrows counts; of the rest a statement is as open as
//! without.
//!
//! All operators of a statement, and all keys of an operator, must hold; the values of a key are alternatives.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use super::glob::{has_wildcard, is_wild};
use super::has_hole;
use crate::scan::addresses;
use crate::scan::value::{V, Val};

/// Condition keys that say from whom a request comes. A key that is not here (how it comes, when, with which tags, which
/// anybody sets on their own principals) keeps nobody out.
const WHO: [&str; 29] = [
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:ec2instancesourcevpc",
    "aws:userid",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:federatedprovider",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "kms:calleraccount",
    "sns:endpoint",
    "ec2:sourceinstancearn",
    "lambda:sourcefunctionarn",
];

/// Condition keys that say only how or when a request comes: under them an identity may do as much as without.
const HOW: [&str; 9] = [
    "aws:securetransport",
    "aws:useragent",
    "aws:referer",
    "aws:currenttime",
    "aws:epochtime",
    "aws:tokenissuetime",
    "aws:principaltype",
    "aws:principalisawsservice",
    "s3:tlsversion",
];

/// Variables that are somebody certain: the owner of what is asked for.
const OWNER: [&str; 3] = ["${aws:resourceaccount}", "${aws:resourceorgid}", "${aws:resourceorgpaths}"];

/// Whether a statement for everybody is only for somebody.
pub(super) fn names_somebody(condition: &Val) -> bool {
    narrows(condition, |operator, key, values| {
        let present = !operator.holds_without_key || requires(condition, key);
        let said = WHO.contains(&key) || is_provider_claim(key);
        present && said && fixed(key, values)
    })
}

/// Whether an identity's permission is limited by more than how or when it asks.
pub(super) fn limits(condition: &Val) -> bool {
    narrows(condition, |operator, key, values| {
        // A service's own key is there whenever its action is asked for.
        let present = !operator.holds_without_key || !key.starts_with("aws:") || requires(condition, key);
        present && !HOW.contains(&key) && !is_open(key, values)
    })
}

/// Whether one of the condition's keys, in lower case and under an operator that lets in who is named, is as wanted; what
/// is not known is.
fn narrows(condition: &Val, wanted: impl Fn(&Operator, &str, &Val) -> bool) -> bool {
    condition.is_unknown()
        || condition.entries().iter().any(|(operator, keys)| {
            let operator = Operator::new(operator);
            keys.is_unknown()
                || keys
                    .entries()
                    .iter()
                    .any(|(key, values)| operator.names && wanted(&operator, &key.to_ascii_lowercase(), values))
        })
}

struct Operator {
    /// It lets in who is named: not who is not, and not whoever has a key at all.
    names: bool,
    /// It holds where the key is missing.
    holds_without_key: bool,
}

impl Operator {
    fn new(written: &str) -> Self {
        let lower = written.to_ascii_lowercase();
        let plain = lower.strip_prefix("foranyvalue:").unwrap_or(&lower);
        let for_all = plain.strip_prefix("forallvalues:");
        let plain = for_all.unwrap_or(plain);
        let if_exists = plain.strip_suffix("ifexists");
        let plain = if_exists.unwrap_or(plain);
        Self {
            names: plain != "null" && !plain.contains("not"),
            holds_without_key: for_all.is_some() || if_exists.is_some(),
        }
    }
}

/// Whether `Null: {key: false}` demands that a key be there.
fn requires(condition: &Val, key: &str) -> bool {
    let nulls = condition.entries().iter().filter(|(operator, _)| operator.eq_ignore_ascii_case("null"));
    nulls.flat_map(|(_, keys)| keys.entries()).any(|(name, value)| {
        name.eq_ignore_ascii_case(key) && value.each().iter().all(|value| value.text() == Some("false"))
    })
}

/// `token.actions.githubusercontent.com:sub`: what an identity provider says of who asks.
fn is_provider_claim(key: &str) -> bool {
    key.rsplit_once(':').is_some_and(|(provider, claim)| provider.contains('.') && matches!(claim, "sub" | "aud"))
}

/// Whether each of the alternatives is somebody certain, and all together are not the world.
fn fixed(key: &str, values: &Val) -> bool {
    if values.is_unknown() {
        return true;
    }
    let items = values.each();
    match key {
        "aws:sourceip" => !addresses::are_the_world(items.iter().filter_map(Val::text)),
        "aws:principalisawsservice" => items.iter().all(|item| item.text() != Some("false")),
        _ => !items.is_empty() && items.iter().all(|item| is_fixed(key, item)),
    }
}

fn is_fixed(key: &str, value: &Val) -> bool {
    let text = match &value.kind {
        V::Text(text) | V::Number(text) => text.as_str(),
        _ => return true,
    };
    if let Some((_, variable)) = text.split_once("${") {
        let variable = variable.split('}').next().unwrap_or_default().to_ascii_lowercase();
        if !OWNER.contains(&format!("${{{variable}}}").as_str()) {
            return false;
        }
    }
    if key.ends_with("arn") {
        return has_owner(text);
    }
    // `o-1/r-2/*` and `AROA1:*` are the documented forms of paths and sessions.
    let first = text.split(['/', ':']).next().unwrap_or_default();
    match key {
        "sns:endpoint" => !is_wild(text),
        _ => !has_wildcard(first) && !is_wild(text),
    }
}

/// Whether an ARN pattern is one account's: by its account, or by the name of a bucket, which has one owner in the world.
fn has_owner(text: &str) -> bool {
    // One part that is not known may be all of it.
    if has_hole(text) && !text.contains(':') {
        return true;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, _, service, _, account, resource] => {
            let bucket = resource.split('/').next().unwrap_or_default();
            let named = *service == "s3" && !bucket.starts_with(['*', '?']) && !bucket.is_empty();
            (!account.is_empty() && !has_wildcard(account)) || named
        }
        // A role's unique id, or nothing that could match.
        [only] => !has_wildcard(only),
        _ => !has_wildcard(text),
    }
}

/// Whether one of the alternatives is everything.
fn is_open(key: &str, values: &Val) -> bool {
    let items = values.each();
    if key == "aws:sourceip" {
        return addresses::are_the_world(items.iter().filter_map(Val::text));
    }
    items.iter().filter_map(Val::text).any(|text| text.split([':', '/']).all(|part| is_wild(part) || part == "arn"))
}
