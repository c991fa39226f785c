//! Resources that change what another one offers: an IPv6 block that is associated with a VPC appears in the VPC's
//! `Ipv6CidrBlocks`. The other one is read again as soon as such a resource is there, before anything that depends on it
//! starts, so that a value is what it is when it is used; and when such a resource is gone, so that the next run has what is
//! (outputs of this one may be known, as it was, since the plan).

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
/// And the end of it: less, for what is gone need not have changed anything.
const GOES_WITHIN: Millis = 10_000;

impl Engine {
    /// The resource whose values, needed by others, this step has changed.
    pub(super) fn modified(&self, id: StepId) -> Option<StepId> {
        let (_, changed) = MODIFIES.iter().find(|(type_name, _)| *type_name == self.type_of(id))?;
        let others: Vec<StepId> = match self.steps[id].work {
            Work::Create | Work::Update => {
                self.graph.dependencies(Steps::node(id)).iter().filter_map(|node| self.steps.at(*node)).collect()
            }
            // A deletion waits for what uses it, not for what it used.
            Work::Delete => {
                let recorded = self.resource(id).recorded.iter().flat_map(|recorded| &recorded.depends_on);
                recorded.filter_map(|name| self.by_logical_id.get(name.as_str()).copied()).collect()
            }
            _ => return None,
        };
        let stays = |other: &StepId| {
            let step = &self.steps[*other];
            step.phase == Phase::Succeeded && !matches!(step.work, Work::Delete | Work::Retain)
        };
        let is_changed = |other: &StepId| self.type_of(*other) == *changed && self.old(*other).is_none();
        others.into_iter().find(|other| is_changed(other) && stays(other) && !self.lists(*other).is_empty())
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
        let mut found = gather(self.attributes.as_ref(), &resource.type_name, &resource.needs, identifier, properties);
        let gone = self.steps[id].work == Work::Delete;
        let within = if gone { GOES_WITHIN } else { SHOWS_WITHIN };
        let known = &self.steps[other].attributes;
        let none = json!([]);
        let shows = self.lists(other).iter().all(|name| {
            let (was, is) = (known.get(*name).unwrap_or(&none), found.get(*name).unwrap_or(&none));
            if gone { was != is || *was == none } else { *is != none }
        });
        if gone {
            // Of what held nothing else, a read need not show the list at all.
            for name in self.lists(other) {
                found.entry(name.to_owned()).or_insert_with(|| none.clone());
            }
        }
        if !shows && at < self.steps[id].since.saturating_add(within) {
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
