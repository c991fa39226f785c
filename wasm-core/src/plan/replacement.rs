//! In which order a resource and its successor change places.
//!
//! The successor comes first wherever both can exist at once: then dependents move over before the old one goes, and a
//! failure leaves what was there. They cannot when the type says so (`replacementStrategy`), when a given name is kept, or
//! when the type is one that overwrites by a key instead of being a thing of its own (an inline policy by role and
//! name): a successor on the same key would overwrite the old one and then be deleted with it.

use std::collections::BTreeSet;

use crate::expr::Expr;
use crate::model::{Replacement, StackResource};
use crate::schema::{Handler, ResourceType};

/// Which properties a type without a read handler overwrites by: a name, and lists of what it is put on. Of types that
/// are not here the key is not known, and the old one goes first.
const KEYS: [(&str, Option<&str>, &[&str]); 3] = [
    ("AWS::IAM::Policy", Some("PolicyName"), &["Roles", "Users", "Groups"]),
    ("AWS::SNS::TopicPolicy", None, &["Topics"]),
    ("AWS::SQS::QueuePolicy", None, &["Queues"]),
];

/// Why the old one must go first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The type is replaced like that.
    Type,
    /// This property names it and stays the same.
    Name(&'static str),
    /// It overwrites what has the same key.
    Key,
    /// This dependency goes first itself.
    Dependency(String),
    /// Another one takes what it gives up; one clause.
    Taken(String),
}

/// What is replaced by what.
pub struct Exchange<'a> {
    /// The type of both.
    pub kind: ResourceType,
    /// The old one.
    pub recorded: &'a StackResource,
    /// The new one.
    pub desired: &'a Expr,
    /// Resources that get another identifier in this plan.
    pub fresh: &'a BTreeSet<String>,
    /// A dependency that is deleted before it is created.
    pub dependency: Option<String>,
}

/// Why the old one must be deleted first; `None`: it may go last.
#[must_use]
pub fn delete_first(exchange: &Exchange<'_>) -> Option<Reason> {
    let Exchange { kind, recorded, desired, .. } = exchange;
    if recorded.type_name != kind.name() {
        return None;
    }
    if !kind.has(Handler::Read) {
        return keys_meet(exchange).then_some(Reason::Key);
    }
    if kind.delete_before_create() {
        return Some(Reason::Type);
    }
    let fixed = |path: &str| at(desired, path).is_some_and(|wanted| at(&recorded.applied, path) == Some(wanted));
    let identifiers = std::iter::once(kind.primary_identifier()).chain(kind.additional_identifiers());
    for identifier in identifiers.filter(|identifier| !identifier.is_empty()) {
        if identifier.iter().all(|path| fixed(path)) {
            return identifier.last().copied().map(Reason::Name);
        }
    }
    let word = kind.name().rsplit("::").next().unwrap_or_default();
    // `Name`, or the type's last word or the end of it: `QueueName`, a security group's `GroupName`.
    let names = |path: &str| path.strip_suffix("Name").is_some_and(|of| word.ends_with(of));
    let name = kind.create_only().into_iter().find(|path| names(path) && fixed(path));
    name.map(Reason::Name).or_else(|| exchange.dependency.clone().map(Reason::Dependency))
}

/// The order, and what it means for those who use the resource.
#[must_use]
pub fn order(reason: Option<&Reason>) -> (Replacement, Option<String>) {
    let Some(said) = reason.map(why) else { return (Replacement::CreateBeforeDelete, None) };
    let note =
        format!("the old one is deleted before the new one is created, because {said}: in between there is none");
    (Replacement::DeleteBeforeCreate, Some(note))
}

/// The reason as a clause.
#[must_use]
pub fn why(reason: &Reason) -> String {
    match reason {
        Reason::Type => "its type is replaced that way".to_owned(),
        Reason::Name(property) => format!("it keeps its name ({property})"),
        Reason::Key => "both would be the same to AWS".to_owned(),
        Reason::Dependency(id) => format!("so is {id}, which it uses"),
        Reason::Taken(clause) => clause.clone(),
    }
}

fn keys_meet(exchange: &Exchange<'_>) -> bool {
    let Exchange { kind, recorded, desired, fresh, .. } = exchange;
    let Some((_, name, targets)) = KEYS.iter().find(|(type_name, ..)| *type_name == kind.name()) else { return true };
    // A name that is not known yet may be the same.
    let differs = |old: Option<&Expr>, new: Option<&Expr>| match (old, new) {
        (Some(old), Some(new)) if old.is_known() && new.is_known() => old != new,
        _ => false,
    };
    if name.is_some_and(|name| differs(at(&recorded.applied, name), at(desired, name))) {
        return false;
    }
    let is_fresh = |target: &Expr| {
        let references = target.references();
        !references.is_empty() && references.iter().all(|(id, _)| fresh.contains(id))
    };
    targets.iter().any(|property| {
        let (old, new) = (items(at(&recorded.applied, property)), items(at(desired, property)));
        new.iter().any(|new| !is_fresh(new) && old.iter().any(|old| !differs(Some(old), Some(new))))
    })
}

fn items(expr: Option<&Expr>) -> Vec<&Expr> {
    match expr {
        Some(Expr::List(items)) => items.iter().collect(),
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

/// What stands at a slash-separated path of objects.
#[must_use]
pub fn at<'a>(expr: &'a Expr, path: &str) -> Option<&'a Expr> {
    path.split('/').try_fold(expr, |expr, key| match expr {
        Expr::Map(entries) => crate::same::find(entries, key),
        _ => None,
    })
}
