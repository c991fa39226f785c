//! Dependencies that a template implies by names: a bucket policy that names its bucket `logs` instead of referring
//! to it has to come after the bucket whose `BucketName` is `logs`.
//!
//! Called by `deploy` before it orders the resources. An edge is added to `depends_on` when a name that the template
//! gives to a resource is, exactly or as the last part of an ARN of its service, the value of a property of another
//! one whose own name speaks of that type (`Bucket`, `DestinationBucketName`, `RoleName`). It never closes a cycle:
//! a link that is written down goes before one that is guessed.
//!
//! A route through a gateway implies the gateway's attachment in the same way.

use std::collections::BTreeMap;

use crate::expr::Expr;
use crate::graph::Graph;
use crate::intrinsics::EvaluatedResource;
use crate::schema::ResourceType;

/// Shorter names say too little.
const SHORTEST: usize = 3;

/// A resource that the template gives a name.
struct Named<'a> {
    at: usize,
    type_name: &'a str,
    /// The property that holds the name.
    property: &'static str,
}

/// Adds what is implied to each resource's `depends_on`; `kinds` in the order of `resources`.
pub fn add(resources: &mut [EvaluatedResource<'_>], kinds: &[Option<ResourceType>]) {
    let names = names(resources, kinds);
    let mut edges = gateways(resources);
    if names.is_empty() && edges.is_empty() {
        return;
    }
    for (at, resource) in resources.iter().enumerate() {
        walk(&resource.properties, "", &mut |property, value| {
            let name = last_part(value);
            for named in names.get(name).into_iter().flatten().filter(|named| named.at != at) {
                let own = named.type_name == resource.type_name && named.property == property;
                if !own && speaks_of(property, named) && (name == value || is_arn_of(value, named.type_name)) {
                    edges.push((at, named.at));
                }
            }
        });
    }
    let mut graph = explicit(resources);
    let ids: Vec<String> = resources.iter().map(|resource| resource.logical_id.clone()).collect();
    for (node, dependency) in edges {
        if graph.dependencies(node).contains(&dependency) || reaches(&graph, dependency, node) {
            continue;
        }
        graph.depend(node, dependency);
        if let (Some(resource), Some(id)) = (resources.get_mut(node), ids.get(dependency)) {
            resource.depends_on.push(id.clone());
        }
    }
}

/// Property by which something uses a gateway, and the one by which an attachment names it.
const GATEWAYS: [(&str, &str, &str); 3] = [
    ("AWS::EC2::Route", "GatewayId", "InternetGatewayId"),
    ("AWS::EC2::Route", "GatewayId", "VpnGatewayId"),
    ("AWS::EC2::VPNGatewayRoutePropagation", "VpnGatewayId", "VpnGatewayId"),
];

/// What uses a gateway comes after its attachment to the VPC, which neither refers to.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html>
fn gateways(resources: &[EvaluatedResource<'_>]) -> Vec<(usize, usize)> {
    let member = |resource: &EvaluatedResource<'_>, name: &str| -> Option<Expr> {
        let Expr::Map(entries) = &resource.properties else { return None };
        let (_, value) = entries.iter().find(|(key, _)| key == name)?;
        Some(match value {
            // Its only attribute is its identifier.
            Expr::Att(id, _) => Expr::Ref(id.clone()),
            other => other.clone(),
        })
    };
    let attachments: Vec<(usize, &EvaluatedResource<'_>)> =
        resources.iter().enumerate().filter(|(_, it)| it.type_name == "AWS::EC2::VPCGatewayAttachment").collect();
    let mut edges = Vec::new();
    for (at, resource) in resources.iter().enumerate() {
        for (_, uses, names) in GATEWAYS.iter().filter(|(type_name, ..)| *type_name == resource.type_name) {
            let Some(gateway) = member(resource, uses) else { continue };
            let attached = attachments.iter().filter(|(_, it)| member(it, names).as_ref() == Some(&gateway));
            edges.extend(attached.map(|(attachment, _)| (at, *attachment)));
        }
    }
    edges
}

/// The names that are given and known, with whom they are given to.
fn names<'a>(
    resources: &'a [EvaluatedResource<'_>],
    kinds: &[Option<ResourceType>],
) -> BTreeMap<String, Vec<Named<'a>>> {
    let mut names: BTreeMap<String, Vec<Named<'a>>> = BTreeMap::new();
    // Templates have many resources of few types.
    let mut naming: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for (at, (resource, kind)) in resources.iter().zip(kinds).enumerate() {
        let (Some(kind), Expr::Map(entries)) = (kind, &resource.properties) else { continue };
        for &property in &*naming.entry(kind.name()).or_insert_with(|| naming_properties(*kind)) {
            let given = entries.iter().find(|(key, _)| key == property).map(|(_, value)| value);
            if let Some(Expr::Str(name)) =
                given.filter(|value| matches!(value, Expr::Str(text) if text.len() >= SHORTEST))
            {
                let named = Named { at, type_name: &resource.type_name, property };
                names.entry(name.clone()).or_default().push(named);
            }
        }
    }
    names
}

/// The primary identifier when it is one property, and the name that services make such an identifier from.
fn naming_properties(kind: ResourceType) -> Vec<&'static str> {
    let mut found = match kind.primary_identifier().as_slice() {
        [only] if !only.contains('/') => vec![*only],
        _ => Vec::new(),
    };
    let own = format!("{}Name", noun(kind.name()));
    for property in kind.properties() {
        if (property.name == "Name" || property.name == own) && !found.contains(&property.name) {
            found.push(property.name);
        }
    }
    found
}

/// Whether a property of this name plausibly holds the name of such a resource.
fn speaks_of(property: &str, named: &Named<'_>) -> bool {
    let property = property.to_ascii_lowercase();
    let contains = |word: &str| property.contains(&word.to_ascii_lowercase());
    contains(noun(named.type_name))
        || (named.property.len() > "Name".len() && named.property.ends_with("Name") && contains(named.property))
}

fn noun(type_name: &str) -> &str {
    type_name.rsplit("::").next().unwrap_or(type_name)
}

/// `logs` of `arn:aws:s3:::logs`, `reader` of `arn:aws:iam::123456789012:role/path/reader`; else the whole value.
fn last_part(value: &str) -> &str {
    if value.starts_with("arn:") { value.rsplit([':', '/']).next().unwrap_or(value) } else { value }
}

fn is_arn_of(value: &str, type_name: &str) -> bool {
    let service = type_name.split("::").nth(1).unwrap_or_default();
    value.split(':').nth(2).is_some_and(|named| named.eq_ignore_ascii_case(service))
}

/// Every known text with the name of the property it stands in; items of a list stand in the list's property.
fn walk<'e>(expr: &'e Expr, property: &'e str, found: &mut dyn FnMut(&'e str, &'e str)) {
    match expr {
        Expr::Str(text) => found(property, text),
        Expr::List(items) => items.iter().for_each(|item| walk(item, property, found)),
        Expr::Map(entries) => entries.iter().for_each(|(key, item)| walk(item, key, found)),
        _ => {}
    }
}

fn explicit(resources: &[EvaluatedResource<'_>]) -> Graph {
    let index: BTreeMap<&str, usize> =
        resources.iter().enumerate().map(|(at, resource)| (resource.logical_id.as_str(), at)).collect();
    let mut graph = Graph::new(resources.len());
    for (at, resource) in resources.iter().enumerate() {
        for id in resource.references.iter().map(|(id, _)| id).chain(&resource.depends_on) {
            if let Some(other) = index.get(id.as_str()) {
                graph.depend(at, *other);
            }
        }
    }
    graph
}

/// Whether `from` depends on `to`, directly or through others.
fn reaches(graph: &Graph, from: usize, to: usize) -> bool {
    let mut seen = vec![false; graph.len()];
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        if node == to {
            return true;
        }
        for &next in graph.dependencies(node) {
            if let Some(mark) = seen.get_mut(next).filter(|mark| !**mark) {
                *mark = true;
                open.push(next);
            }
        }
    }
    false
}
