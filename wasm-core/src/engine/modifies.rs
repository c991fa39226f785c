//! Resources that change what another one offers: an IPv6 block that is associated with a VPC appears in the VPC's
//! `Ipv6CidrBlocks`. The other one is read again as soon as such a resource is there, before anything that depends on it
//! starts, so that a value is what it is when it is used.

use serde_json::{Value, json};

use crate::model::{Millis, ResourceStatus};
use crate::schema::{self, Kind};

use super::Engine;
use super::phase::{Phase, Why};
use super::step::{StepId, Steps, Work};
use super::values::gather;

/// What it is, and what it changes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpccidrblock.html>
const MODIFIES: [(&str, &str); 4] = [
    ("AWS::EC2::SubnetCidrBlock", "AWS::EC2::Subnet"),
    ("AWS::EC2::VPCCidrBlock", "AWS::EC2::VPC"),
    ("AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::TargetGroup"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::ElasticLoadBalancingV2::TargetGroup"),
];
/// How long the change may take to show.
const SHOWS_WITHIN: Millis = 60_000;

impl Engine {
    /// The resource whose values, needed by others, this step has changed.
    pub(super) fn modified(&self, id: StepId) -> Option<StepId> {
        if !matches!(self.steps[id].work, Work::Create | Work::Update) {
            return None;
        }
        let (_, changed) = MODIFIES.iter().find(|(type_name, _)| *type_name == self.type_of(id))?;
        let others = self.graph.dependencies(Steps::node(id)).iter().filter_map(|node| self.steps.at(*node));
        let mut others = others.filter(|other| self.type_of(*other) == *changed && self.old(*other).is_none());
        others.find(|other| self.steps[*other].phase == Phase::Succeeded && !self.lists(*other).is_empty())
    }

    /// Begins to look at what the step has changed.
    pub(super) fn look_at_modified(&mut self, id: StepId, at: Millis) {
        self.read(id, Why::Modified, at);
        self.touched.insert(id);
    }

    /// What a read says of the changed resource; `None`: nothing.
    pub(super) fn modified_read(&mut self, id: StepId, properties: Option<&Value>, at: Millis) {
        let (Some(other), Some(properties)) = (self.modified(id), properties) else { return self.done(id, at) };
        let resource = self.resource(other);
        let identifier = self.steps[other].identifier.as_deref().unwrap_or_default();
        let found = gather(self.attributes.as_ref(), &resource.type_name, &resource.needs, identifier, properties);
        let shows = self.lists(other).iter().all(|name| found.get(*name).is_some_and(|value| *value != json!([])));
        if !shows && at < self.steps[id].since.saturating_add(SHOWS_WITHIN) {
            self.later(id, super::errors::Class::Unseen, at);
            return;
        }
        self.steps[other].attributes.extend(found);
        self.record(other, ResourceStatus::Complete);
        self.done(id, at);
    }

    /// Lists that are not there yet are empty, where something may fill them later.
    pub(super) fn fill_later(&mut self, id: StepId) {
        let filled = MODIFIES.iter().any(|(_, changed)| *changed == self.type_of(id));
        let names: Vec<String> =
            if filled { self.lists(id).into_iter().map(str::to_owned).collect() } else { Vec::new() };
        for name in names {
            self.steps[id].attributes.entry(name).or_insert_with(|| json!([]));
        }
    }

    /// Needed values that are lists.
    fn lists(&self, id: StepId) -> Vec<&str> {
        let Some(kind) = schema::lookup(self.type_of(id)) else { return Vec::new() };
        let needs = self.resource(id).needs.iter().map(String::as_str);
        needs.filter(|name| matches!(kind.attribute_kind(name), Some(Kind::List(_)))).collect()
    }
}
