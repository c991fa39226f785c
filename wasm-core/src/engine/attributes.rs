//! The schema table as the engine's source of what `Ref` and `Fn::GetAtt` yield.

use serde_json::Value;

use crate::schema;

use super::Attributes;

/// Asks [`crate::schema`].
#[derive(Clone, Copy, Debug)]
pub struct SchemaAttributes;

impl Attributes for SchemaAttributes {
    fn reference(&self, type_name: &str, identifier: &str, properties: &Value) -> Option<Value> {
        schema::lookup(type_name)?.reference_value(identifier, properties)
    }

    fn attribute(&self, type_name: &str, attribute: &str, identifier: &str, properties: &Value) -> Option<Value> {
        schema::lookup(type_name)?.attribute_value(attribute, identifier, properties)
    }
}
