//! What a policy document grants, and which grants of a new one an old one did not give.
//!
//! A grant is one principal, one action, one resource, under a condition. It is covered by another whose principal,
//! action and resource patterns (`*`, `?`) hold it and whose condition is the same or none. Taking a denial away widens
//! like a new grant; adding one narrows. Grammar:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::BTreeSet;

use serde_json::Value;

use crate::expr::{Call, Expr};

/// One thing that one principal may do, or may not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// `AWS:arn`, `Service:name`, `*`, or empty in an identity's policy. With `!` before it all but this.
    pub principal: String,
    /// Lower case, patterns as written. With `!` before it all but this.
    pub action: String,
    /// With `!` before it all but this.
    pub resource: String,
    /// JSON text; empty without one.
    pub condition: String,
}

impl Grant {
    /// Whether whoever has `self` has `other` too.
    fn covers(&self, other: &Self) -> bool {
        let holds =
            |pattern: &str, text: &str| pattern == text || (!pattern.starts_with('!') && matches(pattern, text));
        holds(&self.principal, &other.principal)
            && holds(&self.action, &other.action)
            && holds(&self.resource, &other.resource)
            && (self.condition.is_empty() || self.condition == other.condition)
    }

    /// Whether everybody has it.
    pub fn is_public(&self) -> bool {
        self.condition.is_empty() && matches!(self.principal.as_str(), "*" | "AWS:*" | "!")
            || (self.condition.is_empty() && self.principal.starts_with('!'))
    }

    /// Whether it gives an identity a whole service, or everything, anywhere. (In a resource's own policy `*` is that
    /// resource, and whom it trusts is the question.)
    pub fn is_wild(&self) -> bool {
        if !self.principal.is_empty() {
            return false;
        }
        let wide = self.action == "*" || self.action.ends_with(":*") || self.action.starts_with('!');
        wide && matches!(self.resource.as_str(), "*" | "" | "arn:*:*:*:*:*") || self.action == "*"
    }
}

/// The grants of a document, and its denials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What is allowed.
    pub allowed: BTreeSet<Grant>,
    /// What is denied.
    pub denied: BTreeSet<Grant>,
}

impl Document {
    /// Of an object with a `Statement`, or of its JSON text; `None` for anything else.
    pub fn read(expr: &Expr) -> Option<Self> {
        let value = match expr {
            Expr::Map(_) => expr.to_json(),
            Expr::Call(call) => match &**call {
                Call::ToJsonString(inner) => inner.to_json(),
                _ => serde_json::from_str(&text(expr)?).ok()?,
            },
            Expr::Str(text) if text.trim_start().starts_with('{') => serde_json::from_str(text).ok()?,
            _ => return None,
        };
        let statements = value.get("Statement")?;
        let mut document = Self::default();
        for statement in listed(Some(statements)) {
            let grants = grants(statement);
            let into = match statement.get("Effect").and_then(Value::as_str) {
                Some("Deny") => &mut document.denied,
                _ => &mut document.allowed,
            };
            into.extend(grants);
        }
        Some(document)
    }

    /// What this one grants and `before` did not: `(new grants, denials that are gone)`.
    pub fn beyond<'a>(&'a self, before: &'a Self) -> (Vec<&'a Grant>, Vec<&'a Grant>) {
        let fresh = |new: &'a BTreeSet<Grant>, old: &'a BTreeSet<Grant>| -> Vec<&'a Grant> {
            new.iter().filter(|grant| !old.iter().any(|other| other.covers(grant))).collect()
        };
        (fresh(&self.allowed, &before.allowed), fresh(&before.denied, &self.denied))
    }
}

fn grants(statement: &Value) -> Vec<Grant> {
    let part = |name: &str, opposite: &str| -> Vec<String> {
        match (statement.get(name), statement.get(opposite)) {
            (None, Some(others)) => vec![format!("!{}", names(others).join(","))],
            (Some(value), _) => names(value),
            (None, None) => vec![String::new()],
        }
    };
    let condition = statement.get("Condition").map(Value::to_string).unwrap_or_default();
    let actions = part("Action", "NotAction");
    let resources = part("Resource", "NotResource");
    let mut grants = Vec::new();
    for principal in part("Principal", "NotPrincipal") {
        for action in &actions {
            for resource in &resources {
                grants.push(Grant {
                    principal: principal.clone(),
                    action: action.to_lowercase(),
                    resource: resource.clone(),
                    condition: condition.clone(),
                });
            }
        }
    }
    grants
}

/// Texts of a list, of one value, or of an object of lists (`AWS:…`); what is known only later by its JSON.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(names).collect(),
        Value::Object(entries) if entries.keys().any(|key| key.starts_with('$')) => vec![later(value)],
        Value::Object(entries) => entries
            .iter()
            .flat_map(|(kind, items)| names(items).into_iter().map(move |name| format!("{kind}:{name}")))
            .collect(),
        other => vec![other.to_string()],
    }
}

/// What is known only later, as people name it: `Queue.Arn`.
fn later(value: &Value) -> String {
    let att = value.get("$att").and_then(Value::as_array);
    match (value.get("$ref").and_then(Value::as_str), att) {
        (Some(id), _) => id.to_owned(),
        (None, Some(parts)) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."),
        (None, None) => value.to_string(),
    }
}

fn listed(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// A text that is put together later, with its unknown parts as their JSON (quotes left out, so that it stays JSON).
fn text(expr: &Expr) -> Option<String> {
    let all = |parts: &[Expr], between: &str| {
        parts.iter().map(text).collect::<Option<Vec<String>>>().map(|parts| parts.join(between))
    };
    match expr {
        Expr::Str(text) => Some(text.clone()),
        Expr::Ref(_) | Expr::Att(..) | Expr::Secret(_) | Expr::Import(_) => {
            Some(expr.to_json().to_string().replace('"', ""))
        }
        Expr::Call(call) => match &**call {
            Call::Concat(parts) => all(parts, ""),
            Call::Join(between, Expr::List(parts)) => all(parts, between),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a pattern with `*` and `?` holds a text (which may be a pattern itself).
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut of, mut star, mut mark) = (0, 0, None, 0);
    while of < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some(at);
                mark = of;
                at += 1;
            }
            // A `*` of the text stands for more than one character.
            Some('?') if text.get(of) != Some(&'*') => (at, of) = (at + 1, of + 1),
            Some(one) if Some(one) == text.get(of) => (at, of) = (at + 1, of + 1),
            _ => match star {
                Some(last) => {
                    at = last + 1;
                    mark += 1;
                    of = mark;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_none_or(|rest| rest.iter().all(|one| *one == '*'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document(value: &Value) -> Document {
        Document::read(&Expr::known(value.clone())).unwrap()
    }

    fn fresh(before: &Value, after: &Value) -> usize {
        let (before, after) = (document(before), document(after));
        let (granted, undenied) = after.beyond(&before);
        granted.len() + undenied.len()
    }

    fn allow(action: &str, resource: &str) -> Value {
        json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    }

    #[test]
    fn widening_is_new_and_narrowing_is_not() {
        assert_eq!(fresh(&allow("s3:*", "*"), &allow("s3:GetObject", "arn:aws:s3:::b/*")), 0);
        assert_eq!(fresh(&allow("s3:GetObject", "arn:aws:s3:::b/*"), &allow("s3:*", "arn:aws:s3:::b/*")), 1);
        assert_eq!(fresh(&allow("s3:GetObject", "arn:aws:s3:::b/*"), &allow("s3:GetObject", "*")), 1);
        assert_eq!(fresh(&allow("S3:GETOBJECT", "*"), &allow("s3:GetObject", "*")), 0);
        assert_eq!(fresh(&allow("s3:Get?bject", "*"), &allow("s3:Get*bject", "*")), 1);
    }

    #[test]
    fn conditions_and_denials_count() {
        let with = json!({"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}}});
        assert_eq!(fresh(&with, &allow("a:b", "*")), 1);
        assert_eq!(fresh(&allow("a:b", "*"), &with), 0);
        let denying = json!({"Statement": [{"Effect": "Deny", "Action": "a:b", "Resource": "*"}]});
        let nothing = json!({"Statement": []});
        assert_eq!(fresh(&denying, &nothing), 1);
        assert_eq!(fresh(&nothing, &denying), 0);
    }

    #[test]
    fn text_is_read_as_what_it_says_also_with_parts_that_come_later() {
        let text = Expr::Str(allow("s3:*", "*").to_string());
        assert_eq!(Document::read(&text), Some(document(&allow("s3:*", "*"))));
        let parts = vec![
            Expr::Str(r#"{"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":""#.into()),
            Expr::Att("Queue".into(), "Arn".into()),
            Expr::Str(r#""}]}"#.into()),
        ];
        let joined = Document::read(&Expr::Call(Box::new(Call::Concat(parts)))).unwrap();
        assert_eq!(joined.allowed.iter().map(|grant| grant.action.as_str()).collect::<Vec<_>>(), ["sqs:*"]);
        assert_eq!(Document::read(&Expr::Str("{no json".into())), None);
        assert_eq!(Document::read(&Expr::Map(Vec::new())), None);
    }

    #[test]
    fn everybody_is_everybody_in_every_spelling() {
        for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
            let open = document(&json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "a:b"}]}));
            assert!(open.allowed.iter().all(Grant::is_public), "{principal}");
        }
        let but = document(&json!({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "a:b"}]}));
        assert!(but.allowed.iter().all(Grant::is_public));
        let one = document(&json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "a:b"}]}));
        assert!(!one.allowed.iter().any(Grant::is_public));
    }

    proptest! {
        #[test]
        fn a_document_never_goes_beyond_itself_nor_a_part_of_it_beyond_the_whole(
            raw in proptest::collection::vec((0_usize..4, 0_usize..4, 0_usize..3, any::<bool>()), 1..6),
            kept in 0_usize..6,
        ) {
            let actions = ["s3:*", "s3:GetObject", "*", "sqs:Send?essage"];
            let resources = ["*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:sqs:*:1:q"];
            let principals = ["*", "1", "2"];
            let statements: Vec<Value> = raw.iter().map(|(action, resource, principal, deny)| json!({
                "Effect": if *deny { "Deny" } else { "Allow" }, "Principal": {"AWS": principals[*principal]},
                "Action": actions[*action], "Resource": resources[*resource]})).collect();
            let whole = json!({ "Statement": statements.clone() });
            prop_assert_eq!(fresh(&whole, &whole), 0);
            let mut part = statements;
            part.retain(|one| one["Effect"] == "Allow");
            let allowed = json!({ "Statement": part.clone() });
            part.truncate(kept);
            prop_assert_eq!(fresh(&allowed, &json!({ "Statement": part })), 0);
        }
    }
}
