//! Secrets in the type that a property needs. A NoEcho parameter is text whatever its type, so what was made from one
//! could not be brought to the schema's types when the plan was made, as everything else was.

use serde_json::Value;

use crate::expr::Expr;
use crate::schema::{self, ResourceType};

/// Whole properties of a type.
pub(super) fn properties(type_name: &str, value: Value) -> Value {
    let Some(kind) = schema::lookup(type_name) else { return value };
    converted(value, |expr| schema::coerce(kind, expr))
}

/// The values of a patch document.
pub(super) fn patch(type_name: &str, mut document: Value) -> Value {
    let (Some(kind), Value::Array(operations)) = (schema::lookup(type_name), &mut document) else { return document };
    for operation in operations.iter_mut() {
        let path = operation.get("path").and_then(Value::as_str).map(steps).unwrap_or_default();
        if let Some(value) = operation.get_mut("value") {
            *value = converted(value.take(), |expr| at(kind, &path, expr));
        }
    }
    document
}

fn at(kind: ResourceType, path: &[String], expr: &mut Expr) {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if path.is_empty() {
        schema::coerce(kind, expr);
    } else if let Some(property) = kind.property(&path) {
        schema::coerce_kind(property.kind, expr);
    }
}

/// RFC 6901; `-`, the place behind a list's last item, is an item.
fn steps(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    parts.map(|part| if part == "-" { "*".to_owned() } else { part }).collect()
}

fn converted(value: Value, convert: impl FnOnce(&mut Expr)) -> Value {
    let mut expr = Expr::known(value.clone());
    convert(&mut expr);
    expr.into_value().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::{patch, properties};
    use serde_json::json;

    #[test]
    fn text_becomes_what_the_schema_says_wherever_it_stands() {
        assert_eq!(
            properties("AWS::Lambda::Function", json!({"MemorySize": "512", "Timeout": "3", "Description": "7"})),
            json!({"MemorySize": 512, "Timeout": 3, "Description": "7"})
        );
        let group = json!({"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": "22", "ToPort": "23"}]});
        assert_eq!(
            properties("AWS::EC2::SecurityGroup", group),
            json!({"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23}]})
        );
        assert_eq!(properties("AWS::No::Such", json!({"A": "1"})), json!({"A": "1"}));
    }

    #[test]
    fn so_do_the_values_of_a_patch() {
        let document = json!([
            {"op": "test", "path": "/Timeout", "value": 3},
            {"op": "replace", "path": "/Timeout", "value": "30"},
            {"op": "add", "path": "/Description", "value": "30"},
            {"op": "add", "path": "/Environment/Variables/N", "value": "30"},
            {"op": "remove", "path": "/MemorySize"}
        ]);
        let mut wanted = document.clone();
        wanted[1]["value"] = json!(30);
        assert_eq!(patch("AWS::Lambda::Function", document), wanted);
        let item = json!([{"op": "add", "path": "/SecurityGroupIngress/-/FromPort", "value": "22"}]);
        assert_eq!(patch("AWS::EC2::SecurityGroup", item)[0]["value"], json!(22));
    }
}
