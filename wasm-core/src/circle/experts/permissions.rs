//! Whether somebody may do more than before, or the world may come in. Narrowing is no objection.

use crate::consensus::Vote;
use crate::expr::Expr;
use crate::model::{Action, PlannedResource};

use super::grants::{Document, Grant};
use super::{ConsultCall, abstained, approve, at, refuse};

/// Managed policies that are for nearly everything.
const MIGHTY: [&str; 3] = ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"];

/// How much wider something becomes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    /// A grant to whoever had some already.
    More,
    /// A new party.
    Trust,
    /// Wildcards, everybody, the internet.
    Open,
}

/// What was found at one resource.
struct Widening {
    width: Width,
    why: String,
}

pub(super) fn vote(call: &ConsultCall<'_>) -> Vote {
    let mut found: Vec<(bool, Widening)> = Vec::new();
    let mut looked = 0_usize;
    for resource in &call.plan.resources {
        let fresh = match resource.action {
            Action::Create => true,
            Action::Update | Action::Replace | Action::Import => false,
            Action::Delete | Action::Retain | Action::Noop => continue,
        };
        let Some(after) = &resource.desired else { continue };
        let before = resource.recorded.as_ref().map(|recorded| &recorded.applied);
        let name = call.named(&resource.logical_id);
        let mut at_resource = Vec::new();
        looked += compare(&call.plan.context.account, before, after, &mut Vec::new(), &mut at_resource);
        looked += exposure(resource, before, after, &mut at_resource);
        found.extend(
            at_resource.into_iter().map(|one| (fresh, Widening { why: format!("{name}: {}", one.why), ..one })),
        );
    }
    if looked == 0 {
        return abstained("permissions", "no permissions are touched");
    }
    found.sort_by(|left, right| right.1.width.cmp(&left.1.width).then_with(|| left.1.why.cmp(&right.1.why)));
    let widest = found.iter().filter(|(fresh, _)| !fresh).map(|(_, one)| one.width).max();
    let made = found.iter().filter(|(fresh, _)| *fresh).map(|(_, one)| one.width).max();
    let mut vote = match (widest, made) {
        (Some(Width::Open), _) => refuse("permissions", 0.85, "permissions are opened wide".to_owned()),
        (_, Some(Width::Open)) => refuse("permissions", 0.65, "something new is open wide".to_owned()),
        (Some(Width::Trust), _) => refuse("permissions", 0.6, "a new party is trusted".to_owned()),
        (Some(Width::More), _) => approve("permissions", 0.7, "somebody may do more than before".to_owned()),
        (None, Some(_)) => approve("permissions", 0.85, "new permissions, none of them wide".to_owned()),
        (None, None) => return approve("permissions", 0.95, "no permission is widened".to_owned()),
    };
    vote.reasons.extend(found.into_iter().take(5).map(|(_, one)| one.why));
    vote
}

/// Policy documents below both values, by their paths; how many there are.
fn compare(
    account: &str,
    before: Option<&Expr>,
    after: &Expr,
    path: &mut Vec<String>,
    found: &mut Vec<Widening>,
) -> usize {
    if let Some(document) = Document::read(after) {
        let old = before.and_then(Document::read).unwrap_or_default();
        let (granted, undenied) = document.beyond(&old);
        let place = path.join(".");
        found.extend(granted.into_iter().map(|grant| widening(account, &place, grant)));
        found.extend(undenied.into_iter().map(|grant| Widening {
            width: if grant.is_wild() || grant.is_public() { Width::Open } else { Width::More },
            why: format!("{place} no longer denies {}", told(grant)),
        }));
        return 1;
    }
    match after {
        Expr::Map(entries) => entries
            .iter()
            .map(|(key, item)| {
                path.push(key.clone());
                let old = before.and_then(|before| at(before, &[key]));
                let count = compare(account, old, item, path, found);
                path.pop();
                count
            })
            .sum(),
        Expr::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                path.push(index.to_string());
                let count = compare(account, counterpart(before, item, index), item, path, found);
                path.pop();
                count
            })
            .sum(),
        _ => 0,
    }
}

/// The item of the old list that a new one was: of the same `PolicyName`, else at the same place.
fn counterpart<'a>(before: Option<&'a Expr>, item: &Expr, index: usize) -> Option<&'a Expr> {
    let Some(Expr::List(old)) = before else { return None };
    match at(item, &["PolicyName"]) {
        Some(wanted) => old.iter().find(|other| at(other, &["PolicyName"]) == Some(wanted)),
        None => old.get(index),
    }
}

fn widening(account: &str, place: &str, grant: &Grant) -> Widening {
    let (principal, own) = (grant.principal.as_str(), format!("arn:aws:iam::{account}:root"));
    let trusted = principal.is_empty()
        || principal.starts_with("Service:")
        || principal
            .strip_prefix("AWS:")
            .is_some_and(|who| who == account || who.replace("aws-cn", "aws").replace("aws-us-gov", "aws") == own);
    let width = match grant {
        _ if grant.is_public() || grant.is_wild() => Width::Open,
        _ if trusted => Width::More,
        _ => Width::Trust,
    };
    Widening { width, why: format!("{place} allows {}", told(grant)) }
}

fn told(Grant { principal, action, resource, condition }: &Grant) -> String {
    let but = |text: &str| text.strip_prefix('!').map_or_else(|| text.to_owned(), |rest| format!("all but {rest}"));
    let who = if principal.is_empty() { String::new() } else { format!("{} ", but(principal)) };
    let what = if resource.is_empty() { String::new() } else { format!(" on {}", but(resource)) };
    let when = if condition.is_empty() { "" } else { ", under a condition" };
    format!("{who}{}{what}{when}", but(action))
}

/// Switches and lists by which something is let in; how many of them the resource has.
fn exposure(resource: &PlannedResource, before: Option<&Expr>, after: &Expr, found: &mut Vec<Widening>) -> usize {
    let mut looked = 0;
    let mut open = |why: String| found.push(Widening { width: Width::Open, why });
    let is = |expr: Option<&Expr>, wanted: bool| match expr {
        Some(Expr::Bool(flag)) => *flag == wanted,
        Some(Expr::Str(text)) => text.eq_ignore_ascii_case(if wanted { "true" } else { "false" }),
        _ => false,
    };
    match resource.type_name.as_str() {
        "AWS::S3::Bucket" | "AWS::S3::AccessPoint" | "AWS::S3::MultiRegionAccessPoint" => {
            for block in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
                let (old, new) = (
                    before.and_then(|it| at(it, &["PublicAccessBlockConfiguration", block])),
                    at(after, &["PublicAccessBlockConfiguration", block]),
                );
                looked += usize::from(new.is_some());
                if is(new, false) && !is(old, false) {
                    open(format!("{block} is switched off"));
                }
            }
        }
        "AWS::EC2::SecurityGroup" | "AWS::EC2::SecurityGroupIngress" => {
            looked += 1;
            let old = before.map(sources).unwrap_or_default();
            for source in sources(after) {
                if !old.contains(&source) {
                    open(format!("{source} may come in"));
                }
            }
        }
        "AWS::Lambda::Url" if is_text(at(after, &["AuthType"]), "NONE") => {
            looked += 1;
            if !before.is_some_and(|old| is_text(at(old, &["AuthType"]), "NONE")) {
                open("AuthType NONE lets everybody call it".to_owned());
            }
        }
        "AWS::Lambda::Permission" => {
            looked += 1;
            let narrowed =
                ["SourceArn", "SourceAccount", "PrincipalOrgID"].iter().any(|key| at(after, &[key]).is_some());
            if is_text(at(after, &["Principal"]), "*") && !narrowed {
                open("everybody may invoke".to_owned());
            }
        }
        _ => {
            let (old, new) =
                (before.and_then(|it| at(it, &["PubliclyAccessible"])), at(after, &["PubliclyAccessible"]));
            looked += usize::from(new.is_some());
            if is(new, true) && !is(old, true) {
                open("PubliclyAccessible is switched on".to_owned());
            }
        }
    }
    let arns = |expr: &Expr| -> Vec<String> {
        let Some(Expr::List(items)) = at(expr, &["ManagedPolicyArns"]) else { return Vec::new() };
        items.iter().filter_map(|item| if let Expr::Str(arn) = item { Some(arn.clone()) } else { None }).collect()
    };
    let old = before.map(&arns).unwrap_or_default();
    for arn in arns(after).into_iter().filter(|arn| !old.contains(arn)) {
        looked += 1;
        let name = arn.rsplit('/').next().unwrap_or_default();
        let width = if MIGHTY.contains(&name) { Width::Open } else { Width::More };
        found.push(Widening { width, why: format!("{name} is attached") });
    }
    looked
}

fn is_text(expr: Option<&Expr>, wanted: &str) -> bool {
    matches!(expr, Some(Expr::Str(text)) if text == wanted)
}

/// Rules of a security group that let the whole internet in, as `CIDR to ports`.
fn sources(group: &Expr) -> Vec<String> {
    let rules: Vec<&Expr> = match at(group, &["SecurityGroupIngress"]) {
        Some(Expr::List(rules)) => rules.iter().collect(),
        Some(rule) => vec![rule],
        None => vec![group],
    };
    let part = |rule: &Expr, key: &str| at(rule, &[key]).map(|value| value.to_json().to_string().replace('"', ""));
    rules
        .into_iter()
        .filter_map(|rule| {
            let open = ["CidrIp", "CidrIpv6"].iter().find_map(|key| match at(rule, &[key]) {
                Some(Expr::Str(cidr)) if cidr.ends_with("/0") => Some(cidr.clone()),
                _ => None,
            })?;
            let from = part(rule, "FromPort").unwrap_or_else(|| "any".to_owned());
            let to = part(rule, "ToPort").unwrap_or_else(|| from.clone());
            Some(if from == to { format!("{open} to port {from}") } else { format!("{open} to ports {from} to {to}") })
        })
        .collect()
}
