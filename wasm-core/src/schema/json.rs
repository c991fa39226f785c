//! A resource type as JSON, for the sandbox: it validates requests and makes up attributes from this, so it shares our
//! facts but none of our code.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::model::Operation;

use super::kind::{Kind, Object, Property};
use super::resource::{Handler, Reference, ResourceType, TagShape};

/// The schema of a type; `None` for a type the registry does not know.
///
/// ```text
/// {typeName, primaryIdentifier, additionalIdentifiers, createOnly, conditionalCreateOnly, readOnly, writeOnly,
///  handlers: {create: true, …}, timeoutMinutes: {create?, update?, delete?}, provisionable, attributes, stateful,
///  replacementStrategy: "create_then_delete"|"delete_then_create",
///  tagging: {property, shape: "keyValueList"|"map"|"autoScaling"|"other", onCreate, updatable} | null,
///  durations: {createS, updateS, deleteS},
///  reference: {kind: "identifier"|"identifierPart"|"property"|"eventRule", part?, property?},
///  definitions: {Name: object}, …object}
/// object = {type: "object", properties: {Name: node}, required: [Name], additional?: node}
/// node = {type: "string"|"integer"|"number"|"boolean"|"json", enum?} | {type: "list", items: node, ordered, unique}
///      | {type: "map", values: node} | {$ref: Name} | {anyOf: [node]}
/// ```
///
/// `additional` is what members without a declared name hold, absent where there may be none. Equal objects share a
/// definition, named after the first property that holds one. Paths are slash-separated, `*` for items and keys.
#[must_use]
pub fn resource_schema(type_name: &str) -> Option<Value> {
    let found = super::lookup(type_name)?;
    let mut definitions = Definitions::default();
    let mut schema = definitions.body(found.object());
    let expanded = definitions.finish();
    let facts = json!({
        "typeName": found.name(),
        "primaryIdentifier": found.primary_identifier(),
        "additionalIdentifiers": found.additional_identifiers(),
        "createOnly": found.create_only(),
        "conditionalCreateOnly": found.conditional_create_only(),
        "readOnly": found.read_only(),
        "writeOnly": found.write_only(),
        "handlers": handlers(found),
        "timeoutMinutes": timeouts(found),
        "provisionable": found.provisionable(),
        "attributes": found.attributes(),
        "stateful": found.stateful(),
        "replacementStrategy": if found.delete_before_create() { "delete_then_create" } else { "create_then_delete" },
        "listedBy": found.listed_by(),
        "tagging": tagging(found),
        "durations": {
            "createS": found.duration_s(Operation::Create),
            "updateS": found.duration_s(Operation::Update),
            "deleteS": found.duration_s(Operation::Delete),
        },
        "reference": reference(found),
        "definitions": expanded,
    });
    if let (Value::Object(schema), Value::Object(facts)) = (&mut schema, facts) {
        schema.extend(facts);
    }
    Some(schema)
}

fn handlers(found: ResourceType) -> Value {
    Handler::ALL.into_iter().map(|handler| (handler.name().to_owned(), Value::Bool(found.has(handler)))).collect()
}

fn timeouts(found: ResourceType) -> Value {
    let minutes = |handler: Handler| Some((handler.name().to_owned(), found.timeout_minutes(handler)?.into()));
    Value::Object(Handler::ALL.into_iter().filter_map(minutes).collect())
}

fn tagging(found: ResourceType) -> Value {
    found.tagging().map_or(Value::Null, |tagging| {
        let shape = match tagging.shape {
            TagShape::KeyValueList => "keyValueList",
            TagShape::Map => "map",
            TagShape::AutoScaling => "autoScaling",
            TagShape::Other => "other",
        };
        json!({
            "property": tagging.property,
            "shape": shape,
            "onCreate": tagging.on_create,
            "updatable": tagging.updatable,
        })
    })
}

fn reference(found: ResourceType) -> Value {
    match found.reference() {
        Reference::Identifier => json!({ "kind": "identifier" }),
        Reference::IdentifierPart(part) => json!({ "kind": "identifierPart", "part": part }),
        Reference::Property(name) => json!({ "kind": "property", "property": name }),
        Reference::EventRule => json!({ "kind": "eventRule" }),
    }
}

/// Definitions met on the way; those still to be expanded wait, so recursion ends at the name.
#[derive(Default)]
struct Definitions {
    names: BTreeMap<usize, String>,
    taken: BTreeSet<String>,
    waiting: Vec<(String, Object)>,
}

impl Definitions {
    fn finish(mut self) -> Value {
        let mut expanded = Map::new();
        while let Some((name, object)) = self.waiting.pop() {
            let body = self.body(object);
            expanded.insert(name, body);
        }
        Value::Object(expanded)
    }

    /// The name of an object's definition, which is queued when it is new.
    fn name(&mut self, object: Object, near: &str) -> String {
        if let Some(name) = self.names.get(&object.id()) {
            return name.clone();
        }
        let mut name = near.to_owned();
        let mut count = 1;
        while !self.taken.insert(name.clone()) {
            count += 1;
            name = format!("{near}{count}");
        }
        self.names.insert(object.id(), name.clone());
        self.waiting.push((name.clone(), object));
        name
    }

    fn body(&mut self, object: Object) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for property in object.properties() {
            if property.required {
                required.push(property.name);
            }
            properties.insert(property.name.to_owned(), self.property(property));
        }
        let mut body = json!({ "type": "object", "properties": properties, "required": required });
        if let (Some(others), Value::Object(body)) = (object.others(), &mut body) {
            body.insert("additional".to_owned(), self.kind(others, "Other", &[]));
        }
        body
    }

    fn property(&mut self, property: Property) -> Value {
        self.kind(property.kind, property.name, &property.allowed())
    }

    fn kind(&mut self, kind: Kind, near: &str, allowed: &[&'static str]) -> Value {
        match kind {
            Kind::String if allowed.is_empty() => json!({ "type": "string" }),
            Kind::String => json!({ "type": "string", "enum": allowed }),
            Kind::Integer => json!({ "type": "integer" }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Json => json!({ "type": "json" }),
            Kind::List(list) => {
                let items = self.kind(list.item(), near, allowed);
                json!({ "type": "list", "items": items, "ordered": list.ordered, "unique": list.unique })
            }
            Kind::Map(map) => json!({ "type": "map", "values": self.kind(map.value(), near, &[]) }),
            Kind::Union(union) => {
                let kinds: Vec<Value> = union.kinds().map(|kind| self.kind(kind, near, &[])).collect();
                json!({ "anyOf": kinds })
            }
            Kind::Object(object) => json!({ "$ref": self.name(object, near) }),
        }
    }
}
