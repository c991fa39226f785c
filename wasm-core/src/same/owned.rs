//! Tags that say whose a resource is: stack and logical id, put on what a run creates
//! (docs/decisions/0028-owned.md). They stand in no plan and are no difference, wherever they are met.

use serde_json::{Map, Value, json};

use crate::schema::{ResourceType, TagShape, Tagging};

/// Keys, and what stands under them.
const STACK: &str = "assent:stack";
const LOGICAL_ID: &str = "assent:logical-id";

/// Whether a tag's key is one of these.
#[must_use]
pub fn is_mark(key: &str) -> bool {
    key == STACK || key == LOGICAL_ID
}

/// Whose a resource is.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// Stack name.
    pub stack: &'a str,
    /// Name in the template.
    pub logical_id: &'a str,
}

/// What the tags of a resource say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The owner's that was asked about.
    Ours,
    /// Somebody else's.
    Others,
    /// Nothing.
    Unsaid,
}

impl Owner<'_> {
    /// Puts the tags on a desired state; a tag that it has already stays as it is. Nothing is put on a type that takes none at
    /// creation, in a form of its own, or no more.
    pub fn mark(self, kind: ResourceType, properties: &mut Value) {
        let Some(tagging) = kind.tagging().filter(|tagging| tagging.on_create) else { return };
        let Value::Object(members) = properties else { return };
        let marked = self.marked(kind, tagging, members.get(tagging.property));
        if let Some(marked) = marked {
            members.insert(tagging.property.to_owned(), marked);
        }
    }

    /// Keeps the tags where a patch writes the tags of a resource.
    pub fn mark_patch(self, kind: ResourceType, document: &mut Value) {
        let Some(tagging) = kind.tagging().filter(|tagging| tagging.updatable) else { return };
        let path = format!("/{}", tagging.property);
        for operation in document.as_array_mut().into_iter().flatten().filter(|it| it["path"] == path.as_str()) {
            let Value::Object(operation) = operation else { continue };
            let op = operation.get("op").and_then(Value::as_str).unwrap_or_default().to_owned();
            let written = operation.get("value").filter(|_| op != "remove");
            let Some(marked) = self.marked(kind, tagging, written).filter(|_| op != "test") else { continue };
            if op == "remove" {
                operation.insert("op".to_owned(), json!("replace"));
            }
            operation.insert("value".to_owned(), marked);
        }
    }

    fn marked(self, kind: ResourceType, tagging: Tagging, tags: Option<&Value>) -> Option<Value> {
        let limits = kind.marking();
        let own = [(STACK, self.stack), (LOGICAL_ID, self.logical_id)];
        let count = match tags {
            None => 0,
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(members)) => members.len(),
            Some(_) => return None,
        };
        let fits = own.iter().all(|(_, value)| !value.is_empty() && value.chars().count() <= limits.longest);
        if !fits || count + own.len() > limits.most {
            return None;
        }
        let new = own.into_iter().filter(|(key, _)| tag(tags, key).is_none());
        match (tagging.shape, tags) {
            (TagShape::KeyValueList | TagShape::AutoScaling, None | Some(Value::Array(_))) => {
                let mut items = tags.and_then(Value::as_array).cloned().unwrap_or_default();
                items.extend(new.map(|(key, value)| match tagging.shape {
                    TagShape::AutoScaling => json!({"Key": key, "Value": value, "PropagateAtLaunch": false}),
                    _ => json!({"Key": key, "Value": value}),
                }));
                Some(Value::Array(items))
            }
            (TagShape::Map, None | Some(Value::Object(_))) => {
                let mut members = tags.and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
                members.extend(new.map(|(key, value)| (key.to_owned(), json!(value))));
                Some(Value::Object(members))
            }
            _ => None,
        }
    }

    /// What a read says, compared with a desired state that bears the tags.
    #[must_use]
    pub fn whose(self, kind: ResourceType, desired: &Value, live: &Value) -> Whose {
        let Some(tagging) = kind.tagging() else { return Whose::Unsaid };
        let mut wanted = desired.clone();
        self.mark(kind, &mut wanted);
        let said = |of: &Value, key: &str| tag(of.get(tagging.property), key).map(str::to_owned);
        let pairs = [STACK, LOGICAL_ID].map(|key| (said(&wanted, key), said(live, key)));
        if pairs.iter().all(|(wanted, live)| wanted.is_some() && wanted == live) {
            Whose::Ours
        } else if pairs.iter().any(|(wanted, live)| live.is_some() && wanted.is_some() && wanted != live) {
            Whose::Others
        } else {
            Whose::Unsaid
        }
    }
}

fn tag<'v>(tags: Option<&'v Value>, key: &str) -> Option<&'v str> {
    match tags? {
        Value::Array(items) => items.iter().find(|item| item["Key"] == key)?.get("Value")?.as_str(),
        Value::Object(members) => members.get(key)?.as_str(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Owner, Whose};
    use crate::schema;

    const OWNER: Owner<'_> = Owner { stack: "shop", logical_id: "Jobs" };

    fn marks() -> Vec<Value> {
        vec![json!({"Key": "assent:stack", "Value": "shop"}), json!({"Key": "assent:logical-id", "Value": "Jobs"})]
    }

    fn marked(type_name: &str, mut properties: Value) -> Value {
        OWNER.mark(schema::lookup(type_name).unwrap(), &mut properties);
        properties
    }

    #[test]
    fn tags_are_put_beside_the_users_in_the_form_of_the_type() {
        let own = json!({"Key": "a", "Value": "1"});
        let [stack, id] = [&marks()[0], &marks()[1]].map(Clone::clone);
        for (what, type_name, given, expected) in [
            ("none yet", "AWS::SQS::Queue", json!({}), json!({"Tags": marks()})),
            ("some", "AWS::SQS::Queue", json!({"Tags": [own]}), json!({"Tags": [own, stack, id]})),
            (
                "the user's wins",
                "AWS::SQS::Queue",
                json!({"Tags": [{"Key": "assent:stack", "Value": "mine"}]}),
                json!({"Tags": [{"Key": "assent:stack", "Value": "mine"}, id]}),
            ),
            (
                "a map",
                "AWS::SSM::Parameter",
                json!({"Tags": {"a": "1"}}),
                json!({"Tags": {"a": "1", "assent:stack": "shop", "assent:logical-id": "Jobs"}}),
            ),
            ("another name", "AWS::EFS::FileSystem", json!({}), json!({"FileSystemTags": marks()})),
            (
                "a group's",
                "AWS::AutoScaling::AutoScalingGroup",
                json!({}),
                json!({"Tags": [
                    {"Key": "assent:stack", "Value": "shop", "PropagateAtLaunch": false},
                    {"Key": "assent:logical-id", "Value": "Jobs", "PropagateAtLaunch": false},
                ]}),
            ),
            ("not taggable", "AWS::SQS::QueuePolicy", json!({}), json!({})),
            ("no colons", "AWS::SSO::Application", json!({}), json!({})),
            ("a form of its own", "AWS::EC2::LaunchTemplate", json!({}), json!({})),
            ("not a list", "AWS::SQS::Queue", json!({"Tags": "x"}), json!({"Tags": "x"})),
        ] {
            assert_eq!(marked(type_name, given), expected, "{what}");
        }
        let many = |count: usize| json!({"Tags": vec![own.clone(); count]});
        assert_eq!(marked("AWS::SQS::Queue", many(48))["Tags"].as_array().unwrap().len(), 50);
        assert_eq!(marked("AWS::SQS::Queue", many(49)), many(49), "AWS takes 50");
        assert_eq!(marked("AWS::ServiceCatalog::Portfolio", many(19)), many(19), "and here 20");
        let long = "x".repeat(255);
        let mut properties = json!({});
        let owner = Owner { stack: "shop", logical_id: &long };
        owner.mark(schema::lookup("AWS::RDS::DBProxy").unwrap(), &mut properties);
        assert_eq!(properties, json!({}));
        owner.mark(schema::lookup("AWS::SQS::Queue").unwrap(), &mut properties);
        assert_eq!(properties["Tags"][1]["Value"], long);
    }

    #[test]
    fn a_patch_that_writes_the_tags_keeps_them() {
        let kind = schema::lookup("AWS::SQS::Queue").unwrap();
        let own = json!({"Key": "a", "Value": "1"});
        let mut document = json!([
            {"op": "test", "path": "/Tags", "value": []},
            {"op": "replace", "path": "/Tags", "value": [own]},
            {"op": "add", "path": "/DelaySeconds", "value": 1},
        ]);
        let before = document.clone();
        OWNER.mark_patch(kind, &mut document);
        let all: Vec<Value> = std::iter::once(own).chain(marks()).collect();
        assert_eq!(document, json!([before[0], {"op": "replace", "path": "/Tags", "value": all}, before[2]]));
        let mut document = json!([{"op": "remove", "path": "/Tags"}]);
        OWNER.mark_patch(kind, &mut document);
        assert_eq!(document, json!([{"op": "replace", "path": "/Tags", "value": marks()}]));
    }

    #[test]
    fn whose_a_resource_is_is_said_by_both_tags() {
        let kind = schema::lookup("AWS::SQS::Queue").unwrap();
        let tags = |stack: &str, id: &str| json!({"Tags": [{"Key": "assent:stack", "Value": stack}, {"Key": "assent:logical-id", "Value": id}]});
        let theirs = json!({"Tags": [{"Key": "assent:stack", "Value": "mine"}]});
        for (desired, live, expected) in [
            (json!({}), tags("shop", "Jobs"), Whose::Ours),
            (json!({}), tags("shop", "Other"), Whose::Others),
            (json!({}), tags("other", "Jobs"), Whose::Others),
            (json!({}), json!({}), Whose::Unsaid),
            (json!({}), json!({"Tags": [{"Key": "a", "Value": "1"}]}), Whose::Unsaid),
            (json!({}), json!({"Tags": [{"Key": "assent:stack", "Value": "shop"}]}), Whose::Unsaid),
            (theirs.clone(), tags("mine", "Jobs"), Whose::Ours),
            (theirs, tags("shop", "Jobs"), Whose::Others),
        ] {
            assert_eq!(OWNER.whose(kind, &desired, &live), expected, "{desired} {live}");
        }
        let policy = schema::lookup("AWS::SQS::QueuePolicy").unwrap();
        assert_eq!(OWNER.whose(policy, &json!({}), &json!({})), Whose::Unsaid);
    }
}
