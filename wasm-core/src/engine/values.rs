//! Values that resources take from each other: what a finished one offers, what a waiting one gets.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::expr::{ResolveError, Scope};
use crate::schema;
use crate::secret::SecretValues;

/// What the resource schemas know about the values that a resource offers to others.
pub trait Attributes {
    /// Value of `Ref`: of this type, with this primary identifier and these live properties (an empty object where
    /// they are not known). Absent: it cannot be told from these.
    fn reference(&self, type_name: &str, identifier: &str, properties: &Value) -> Option<Value>;
    /// Value of `Fn::GetAtt`, likewise.
    fn attribute(&self, type_name: &str, attribute: &str, identifier: &str, properties: &Value) -> Option<Value>;
}

/// The bundled registry schemas.
#[derive(Clone, Copy, Debug)]
pub struct Schemas;

impl Attributes for Schemas {
    fn reference(&self, type_name: &str, identifier: &str, properties: &Value) -> Option<Value> {
        schema::lookup(type_name)?.reference_value(identifier, properties)
    }

    fn attribute(&self, type_name: &str, attribute: &str, identifier: &str, properties: &Value) -> Option<Value> {
        schema::lookup(type_name)?.attribute_value(attribute, identifier, properties)
    }
}

/// Properties that a schema declares as JSON and whose handlers take it only as text (cdkd, cloud-control-provider.ts).
const AS_TEXT: [(&str, &str); 1] = [("AWS::Events::Rule", "EventPattern")];

fn as_text(type_name: &str, property: &str, value: &mut Value) {
    if AS_TEXT.contains(&(type_name, property)) && value.is_object() {
        *value = Value::String(value.to_string());
    }
}

/// A desired state as its handler takes it.
pub(super) fn state_as_taken(type_name: &str, mut desired: Value) -> Value {
    for (property, value) in desired.as_object_mut().into_iter().flatten() {
        as_text(type_name, property, value);
    }
    desired
}

/// A patch document likewise. What it tests is what a read gave.
pub(super) fn patch_as_taken(type_name: &str, mut document: Value) -> Value {
    for operation in document.as_array_mut().into_iter().flatten().filter(|operation| operation["op"] != "test") {
        let path = operation["path"].as_str().unwrap_or_default().trim_start_matches('/').to_owned();
        if let Some(value) = operation.get_mut("value") {
            as_text(type_name, &path, value);
        }
    }
    document
}

/// Why a value could not be put in, one sentence.
#[must_use]
pub fn unresolved(error: &ResolveError) -> String {
    match error {
        ResolveError::Unknown { logical_id, attribute } => {
            format!("The value {attribute} of {logical_id} is not known.")
        }
        ResolveError::Secret(id) => format!("The secret {id} was not given."),
        ResolveError::Import(name) => format!("Export {name} was not there when the plan was made: plan again."),
        ResolveError::Function(said) => said.clone(),
    }
}

/// The values named in `needs`, as far as they are known.
pub(super) fn gather(
    attributes: &dyn Attributes,
    type_name: &str,
    needs: &[String],
    identifier: &str,
    properties: &Value,
) -> BTreeMap<String, Value> {
    needs
        .iter()
        .filter_map(|name| {
            let value = if name == "Ref" {
                attributes.reference(type_name, identifier, properties)
            } else {
                attributes.attribute(type_name, name, identifier, properties)
            };
            value.filter(|value| !value.is_null()).map(|value| (name.clone(), value))
        })
        .collect()
}

/// Values of resources, and secrets: given, hidden, or (where none may be used) unknown.
pub(super) struct Values<'a> {
    /// By logical id and name.
    pub(super) known: &'a dyn Fn(&str, &str) -> Option<Value>,
    pub(super) secrets: Secrets<'a>,
}

/// Where secrets come from.
#[derive(Clone, Copy)]
pub(super) enum Secrets<'a> {
    /// Put in.
    Given(&'a SecretValues),
    /// Shown as asterisks.
    Masked,
    /// Left as they are.
    Symbolic,
}

impl Scope for Values<'_> {
    fn reference(&self, logical_id: &str) -> Option<Value> {
        (self.known)(logical_id, "Ref")
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value> {
        (self.known)(logical_id, attribute)
    }

    fn secret(&self, id: &str) -> Option<Value> {
        match self.secrets {
            Secrets::Given(secrets) => secrets.get(id).cloned(),
            Secrets::Masked => Some(Value::String("****".to_owned())),
            Secrets::Symbolic => None,
        }
    }
}

/// Whether an identifier follows from names given in the desired state, so that somebody else's resource may have it
/// too: every part (of a compound one) holds a given string as a whole segment. A generated identifier is ours.
pub(super) fn named_by(identifier: &str, desired: &Value) -> bool {
    identifier.split('|').all(|part| {
        // Partition, service, region and account of an ARN say nothing about the name.
        let name = if part.starts_with("arn:") { part.splitn(6, ':').nth(5).unwrap_or(part) } else { part };
        let given = |text: &str| text == part || name.split([':', '/']).any(|segment| segment == text);
        holds(desired, &given)
    })
}

fn holds(value: &Value, given: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && given(text),
        Value::Array(items) => items.iter().any(|item| holds(item, given)),
        Value::Object(entries) => entries.values().any(|item| holds(item, given)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_taken_only_as_text_is_sent_as_text() {
        let rule = "AWS::Events::Rule";
        let pattern = json!({"source": ["aws.s3"]});
        let sent = state_as_taken(rule, json!({"EventPattern": pattern, "Name": "r", "Targets": [{"Id": "t"}]}));
        assert_eq!(sent, json!({"EventPattern": "{\"source\":[\"aws.s3\"]}", "Name": "r", "Targets": [{"Id": "t"}]}));
        assert_eq!(
            state_as_taken("AWS::SNS::Topic", json!({"EventPattern": pattern})),
            json!({"EventPattern": pattern})
        );
        let test = json!({"op": "test", "path": "/EventPattern", "value": pattern});
        let replace = json!({"op": "replace", "path": "/EventPattern", "value": pattern});
        let sent = patch_as_taken(rule, json!([test, replace]));
        assert_eq!(sent[0], test);
        assert_eq!(sent[1]["value"], json!("{\"source\":[\"aws.s3\"]}"));
    }

    #[test]
    fn a_given_name_makes_an_identifier_nobodys_and_a_generated_one_makes_it_ours() {
        for (identifier, desired, named) in [
            ("orders", json!({"TableName": "orders"}), true),
            ("orders-X7", json!({"TableName": "orders"}), false),
            ("arn:aws:sns:eu-central-1:123456789012:alerts", json!({"TopicName": "alerts"}), true),
            ("arn:aws:sns:eu-central-1:123456789012:T-9", json!({"Where": ["eu-central-1", "123456789012"]}), false),
            ("https://sqs.eu.amazonaws.com/1/jobs", json!({"QueueName": "jobs"}), true),
            ("api1|res2", json!({"RestApiId": "api1"}), false),
            ("api1|prod", json!({"RestApiId": "api1", "StageName": "prod"}), true),
            ("anything", json!({}), false),
            ("", json!({"Name": ""}), false),
        ] {
            assert_eq!(named_by(identifier, &desired), named, "{identifier}");
        }
    }
}
