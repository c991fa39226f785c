//! When two policy documents say the same.
//!
//! IAM and the services that keep resource policies give a document back with its lists in another order, with a list of
//! one as the item alone, and with accounts as the ARN of their root user; none of it changes what is allowed.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::{Map, Value, json};

use crate::digest;
use crate::expr::Expr;

/// Whether both are policy documents with the same meaning, or one statement of one each (`AWS::Events::EventBusPolicy` has
/// such a property).
#[must_use]
pub(super) fn same(left: &[(String, Expr)], right: &[(String, Expr)]) -> bool {
    let plain = |part: &[(String, Expr)]| Expr::Map(part.to_vec()).to_json();
    let both = |has: fn(&[(String, Expr)]) -> bool| has(left) && has(right);
    (both(is_policy) && document(&plain(left)) == document(&plain(right)))
        || (both(is_statement) && statement(&plain(left)) == statement(&plain(right)))
}

fn is_policy(document: &[(String, Expr)]) -> bool {
    document.iter().any(|(key, _)| key == "Statement")
}

fn is_statement(part: &[(String, Expr)]) -> bool {
    let has = |names: &[&str]| part.iter().any(|(key, _)| names.contains(&key.as_str()));
    has(&["Effect"]) && has(&["Action", "NotAction"])
}

fn document(policy: &Value) -> Value {
    members(policy, |key, value| if key == "Statement" { set(value, statement) } else { value.clone() })
}

fn statement(value: &Value) -> Value {
    members(value, |key, value| match key {
        "Action" | "NotAction" | "Resource" | "NotResource" => set(value, Value::clone),
        "Principal" | "NotPrincipal" => principals(value),
        "Condition" => members(value, |_, keys| members(keys, |_, values| set(values, text))),
        _ => value.clone(),
    })
}

fn principals(value: &Value) -> Value {
    if value == "*" {
        return json!({ "AWS": ["*"] });
    }
    members(value, |kind, names| if kind == "AWS" { set(names, account) } else { set(names, Value::clone) })
}

/// An account stands for its root user.
fn account(name: &Value) -> Value {
    let root = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name.as_str().map_or_else(Vec::new, |text| text.split(':').collect());
    match parts.as_slice() {
        ["arn", _, "iam", "", id, "root"] if root(id) => json!(id),
        _ => name.clone(),
    }
}

/// Values of conditions are texts, whatever they look like.
fn text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => json!(value.to_string()),
        _ => value.clone(),
    }
}

/// Items without their order and without repetition; one alone is a list of one.
fn set(value: &Value, item: impl Fn(&Value) -> Value) -> Value {
    let mut items: Vec<Value> = match value {
        Value::Array(items) => items.iter().map(item).collect(),
        one => vec![item(one)],
    };
    items.sort_by_cached_key(digest::canonical);
    items.dedup();
    Value::Array(items)
}

/// An object member by member; what is no object, or not known yet, as it is.
fn members(value: &Value, member: impl Fn(&str, &Value) -> Value) -> Value {
    match value {
        Value::Object(entries) if !entries.keys().any(|key| key.starts_with('$')) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), member(key, value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statement: &Value) -> Vec<(String, Expr)> {
        let Expr::Map(entries) = Expr::from_json(json!({"Version": "2012-10-17", "Statement": statement})).unwrap()
        else {
            return Vec::new();
        };
        entries
    }

    #[test]
    fn what_aws_reshapes_means_the_same_and_what_allows_something_else_does_not() {
        let given = json!([
            {"Effect": "Allow", "Action": ["a:Get", "a:Put"], "Resource": ["arn:aws:s3:::x"],
             "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:role/r"]},
             "Condition": {"Bool": {"aws:SecureTransport": true}}},
            {"Effect": "Deny", "Action": "a:*", "Resource": "*", "Principal": "*"},
        ]);
        let answered = json!([
            {"Effect": "Deny", "Action": ["a:*"], "Resource": "*", "Principal": {"AWS": "*"}},
            {"Effect": "Allow", "Action": ["a:Put", "a:Get"], "Resource": "arn:aws:s3:::x",
             "Principal": {"AWS": ["arn:aws:iam::123456789012:role/r", "arn:aws:iam::123456789012:root"]},
             "Condition": {"Bool": {"aws:SecureTransport": ["true"]}}},
        ]);
        assert!(same(&policy(&given), &policy(&answered)));
        for (path, value) in [
            ("/1/Action", json!(["a:Put"])),
            ("/1/Effect", json!("Deny")),
            ("/1/Principal/AWS/1", json!("arn:aws:iam::210987654321:root")),
            ("/1/Condition/Bool/aws:SecureTransport", json!("false")),
            ("/0/Resource", json!("arn:aws:s3:::x")),
        ] {
            let mut other = answered.clone();
            *other.pointer_mut(path).unwrap() = value;
            assert!(!same(&policy(&given), &policy(&other)), "{path}");
        }
    }

    #[test]
    fn a_statement_alone_is_compared_by_meaning_too() {
        let alone = |statement: Value| {
            let Expr::Map(entries) = Expr::from_json(statement).unwrap() else { return Vec::new() };
            entries
        };
        let given = json!({"Effect": "Allow", "Action": ["events:PutEvents"], "Principal": {"AWS": "123456789012"},
            "Resource": "arn:aws:events:us-east-1:210987654321:event-bus/b"});
        let answered = json!({"Effect": "Allow", "Action": "events:PutEvents",
            "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
            "Resource": ["arn:aws:events:us-east-1:210987654321:event-bus/b"]});
        assert!(same(&alone(given.clone()), &alone(answered.clone())));
        let mut other = answered;
        other["Effect"] = json!("Deny");
        assert!(!same(&alone(given), &alone(other)));
        let rule = |action: &str| alone(json!({"Action": [action], "Priority": 1}));
        assert!(!same(&rule("a"), &alone(json!({"Action": "a", "Priority": 1}))));
    }

    #[test]
    fn what_is_not_known_yet_is_the_same_only_as_itself() {
        let statement = |name: &str| json!({"Action": "a:*", "Resource": {"$att": [name, "Arn"]}});
        assert!(same(&policy(&statement("A")), &policy(&json!([statement("A")]))));
        assert!(!same(&policy(&statement("A")), &policy(&statement("B"))));
    }

    #[test]
    fn a_document_without_statements_is_no_policy() {
        let plain = |items: Value| vec![("Items".to_owned(), Expr::known(items))];
        assert!(!same(&plain(json!([1, 2])), &plain(json!([2, 1]))));
    }
}
