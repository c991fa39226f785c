//! What `Ref` and `Fn::GetAtt` return, computed from the identifier and the properties that a read gave.

use serde_json::Value;

use super::kind::Kind;
use super::resource::{Reference, ResourceType};

impl ResourceType {
    /// What `Ref` returns for the resource with this Cloud Control identifier and these properties (live ones where
    /// there are any). `None` when it hangs on a property that is not there.
    #[must_use]
    pub fn reference_value(&self, identifier: &str, properties: &Value) -> Option<Value> {
        match self.reference() {
            Reference::Identifier => Some(Value::from(identifier)),
            Reference::IdentifierPart(part) => self.identifier_part(part, identifier).map(Value::from),
            Reference::Property(name) => walk(properties, &[name]).cloned(),
            // arn:aws:events:eu-central-1:111122223333:rule/name or …:rule/bus/name
            Reference::EventRule => {
                let (_, rule) = identifier.split_once(":rule/").unwrap_or(("", identifier));
                Some(Value::from(rule.replacen('/', "|", 1)))
            }
        }
    }

    /// What `Fn::GetAtt` of `attribute` returns. Dots walk into nested properties; an attribute that is (part of) the
    /// primary identifier is taken from there when the properties do not have it. `None` when it is in neither.
    #[must_use]
    pub fn attribute_value(&self, attribute: &str, identifier: &str, properties: &Value) -> Option<Value> {
        let path: Vec<&str> = attribute.split('.').collect();
        walk(properties, &[attribute]).or_else(|| walk(properties, &path)).cloned().or_else(|| {
            let wanted = path.join("/");
            let parts = self.primary_identifier();
            match parts.iter().position(|path| *path == wanted) {
                Some(part) => self.identifier_part(part, identifier).map(Value::from),
                // Some older types have `Id` for an attribute without having a property of that name.
                None if attribute == "Id" && self.property(&["Id"]).is_none() && parts.len() == 1 => {
                    Some(identifier.into())
                }
                None => None,
            }
        })
    }

    /// The declared kind of an attribute.
    #[must_use]
    pub fn attribute_kind(&self, attribute: &str) -> Option<Kind> {
        let path: Vec<&str> = attribute.split('.').collect();
        let declared = self.property(&[attribute]).or_else(|| self.property(&path)).map(|property| property.kind);
        declared.or_else(|| (attribute == "Id").then_some(Kind::String))
    }

    /// One part of an identifier; the last takes what is left, should a value itself have a `|`.
    fn identifier_part<'a>(&self, part: usize, identifier: &'a str) -> Option<&'a str> {
        identifier.splitn(self.primary_identifier().len().max(1), '|').nth(part)
    }
}

fn walk<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let found = path.iter().try_fold(value, |value, segment| value.as_object()?.get(*segment))?;
    (!found.is_null()).then_some(found)
}
