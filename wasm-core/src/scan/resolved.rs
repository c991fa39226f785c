//! The resources of a plan as rules look at them: the values that will be sent, each with its place in the template.
//!
//! Values come from the plan, places from the template beside it: walking both at once follows `Fn::If` into the branch
//! that was taken. What is known only while the plan is carried out is a link, a hole in a text, or unknown, as in
//! [`super::value`]; an attribute that is a property of another resource of the plan is what the plan sets it to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rules::Resource;
use super::value::{HOLE, V, Val, View};
use crate::expr::{Call, Expr, Scope};
use crate::plan::planned::Planned;
use crate::problem::Span;
use crate::same::find;
use crate::secret::SecretValues;
use crate::template::{Kind, Node};

/// The resources of a plan, in the order of their logical ids.
pub(super) struct Resolved<'t> {
    /// With the values that may be shown.
    pub(super) shown: Vec<Resource<'t>>,
    /// With those of secrets too; absent where there are none.
    pub(super) revealed: Option<Vec<Resource<'t>>>,
    /// As they stand in the template.
    pub(super) written: Vec<Resource<'t>>,
}

/// Looks at the resources that there will be. `view` is for what stands in the template.
pub(super) fn see<'t>(template: &'t Node, planned: &'t Planned, view: &View<'t>) -> Resolved<'t> {
    let places: BTreeMap<&str, (&Node, Span)> = places(template, planned);
    let open = Sight::new(planned, None);
    let revealed = (!planned.origin.secrets.is_empty()).then(|| Sight::new(planned, Some(&planned.origin.secrets)));
    let mut resolved =
        Resolved { shown: Vec::new(), revealed: revealed.as_ref().map(|_| Vec::new()), written: Vec::new() };
    for resource in &planned.plan.resources {
        let (Some(desired), Some((node, span))) =
            (&resource.desired, places.get(resource.logical_id.as_str()).copied())
        else {
            continue;
        };
        let with = |properties: Val| Resource {
            logical_id: &resource.logical_id,
            type_name: &resource.type_name,
            properties,
            node,
        };
        resolved.shown.push(with(open.properties(desired, node, span)));
        if let (Some(sight), Some(revealed)) = (&revealed, &mut resolved.revealed) {
            revealed.push(with(sight.properties(desired, node, span)));
        }
        let written = node.get_entry("Properties").and_then(|entry| view.value(&entry.value, entry.key_span));
        resolved.written.push(with(written.unwrap_or(Val { kind: V::Map(Vec::new()), span })));
    }
    resolved
}

/// Each resource as written, and where its name stands.
fn places<'t>(template: &'t Node, planned: &'t Planned) -> BTreeMap<&'t str, (&'t Node, Span)> {
    let written = template.get("Resources").and_then(Node::as_map).unwrap_or_default();
    let origin = &planned.origin;
    let unrolled = origin.unrolled.iter().map(|(id, node)| {
        let span = origin.spans.get(id).copied().unwrap_or(node.span);
        (id.as_str(), (node, span))
    });
    written.iter().map(|entry| (entry.key.as_str(), (&entry.value, entry.key_span))).chain(unrolled).collect()
}

/// Who looks: with or without secrets.
struct Sight<'a> {
    planned: &'a Planned,
    desired: BTreeMap<&'a str, &'a Expr>,
    secrets: Option<&'a SecretValues>,
}

impl<'a> Sight<'a> {
    fn new(planned: &'a Planned, secrets: Option<&'a SecretValues>) -> Self {
        let resources = planned.plan.resources.iter();
        let desired = resources.filter_map(|it| Some((it.logical_id.as_str(), it.desired.as_ref()?)));
        Self { planned, desired: desired.collect(), secrets }
    }

    fn properties(&self, desired: &Expr, resource: &Node, span: Span) -> Val {
        let place = match resource.get_entry("Properties") {
            Some(entry) => self.taken(&entry.value, entry.key_span),
            None => Some((None, span)),
        };
        let (node, span) = place.unwrap_or((None, span));
        self.value(&desired.reveal(self), node, span)
    }

    fn value(&self, expr: &Expr, node: Option<&Node>, span: Span) -> Val {
        let kind = match expr {
            Expr::Null => V::Absent,
            Expr::Bool(flag) => V::Bool(*flag),
            Expr::Number(number) => V::Number(number.to_string()),
            Expr::Str(text) => self.referred(node).map_or_else(|| V::Text(text.clone()), V::Link),
            Expr::List(items) => {
                let places = self.items(node);
                let below = items.iter().enumerate().map(|(index, item)| {
                    let (node, span) = places.get(index).copied().map_or((None, span), |(node, span)| (node, span));
                    self.value(item, node, span)
                });
                V::List(below.collect())
            }
            Expr::Map(entries) => {
                let below = entries.iter().map(|(key, item)| {
                    let place = node.filter(|node| !is_call(node)).and_then(|node| node.get_entry(key));
                    let place = place.and_then(|entry| self.taken(&entry.value, entry.key_span));
                    let (node, span) = place.unwrap_or((None, span));
                    (key.clone(), self.value(item, node, span))
                });
                V::Map(below.collect())
            }
            Expr::Ref(id) | Expr::Att(id, _) => V::Link(id.clone()),
            Expr::Secret(_) | Expr::Import(_) => V::Unknown,
            Expr::Call(call) => return self.call(call, span),
        };
        Val { kind, span }
    }

    /// What is known of a function that cannot be computed yet.
    fn call(&self, call: &Call, span: Span) -> Val {
        let kind = match call {
            Call::Concat(parts) => V::Text(parts.iter().map(piece).collect()),
            Call::Join(delimiter, Expr::List(items)) => {
                V::Text(items.iter().map(piece).collect::<Vec<_>>().join(delimiter))
            }
            // A document as text is looked at as the document.
            Call::ToJsonString(document) => return self.value(document, None, span),
            _ => V::Unknown,
        };
        Val { kind, span }
    }

    /// The resource whose `Ref` this is, where the value is known already.
    fn referred(&self, node: Option<&Node>) -> Option<String> {
        let entry = node?.only_entry().filter(|entry| entry.key == "Ref")?;
        let id = entry.value.as_str()?;
        self.desired.contains_key(id).then(|| id.to_owned())
    }

    /// A node and its place, `Fn::If` followed into the branch that was taken. `None`: there is no value.
    fn taken<'n>(&self, node: &'n Node, span: Span) -> Option<(Option<&'n Node>, Span)> {
        let (mut node, mut span) = (node, span);
        while let Some(entry) = node.only_entry() {
            match (entry.key.as_str(), &entry.value.kind) {
                ("Fn::If", Kind::List(arguments)) => {
                    let [condition, yes, no] = arguments.as_slice() else { break };
                    let holds = condition.as_str().and_then(|name| self.planned.origin.conditions.get(name));
                    let Some(holds) = holds else { break };
                    node = if *holds { yes } else { no };
                    span = node.span;
                }
                ("Ref", Kind::String(name)) if name == "AWS::NoValue" => return None,
                _ => break,
            }
        }
        Some((Some(node), span))
    }

    /// The items of a list that there will be.
    fn items<'n>(&self, node: Option<&'n Node>) -> Vec<(Option<&'n Node>, Span)> {
        let items = node.and_then(Node::as_list).unwrap_or_default();
        items.iter().filter_map(|item| self.taken(item, item.span)).collect()
    }
}

impl Scope for Sight<'_> {
    fn reference(&self, _: &str) -> Option<Value> {
        None
    }

    /// INVARIANT: resources of a plan do not depend on each other in a circle, so this comes to an end.
    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value> {
        let desired: &Expr = self.desired.get(logical_id)?;
        let property = attribute.split('.').try_fold(desired, |expr, key| match expr {
            Expr::Map(entries) => find(entries, key),
            _ => None,
        });
        property?.resolve(self).ok()
    }

    fn secret(&self, id: &str) -> Option<Value> {
        self.secrets?.get(id).cloned()
    }
}

fn is_call(node: &Node) -> bool {
    node.only_entry().is_some_and(|entry| entry.key == "Ref" || entry.key.starts_with("Fn::"))
}

/// A part of a text.
fn piece(expr: &Expr) -> String {
    match expr {
        Expr::Str(text) => text.clone(),
        Expr::Number(number) => number.to_string(),
        Expr::Bool(flag) => flag.to_string(),
        _ => HOLE.to_string(),
    }
}
