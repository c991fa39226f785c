//! Whose something is, by the tags that a run puts on what it creates (`same::owned`).

use serde_json::Value;

use crate::same::owned::{Owner, Whose};
use crate::schema;

use super::Engine;
use super::step::{StepId, Work};

impl Engine {
    fn owner(&self, id: StepId) -> Owner<'_> {
        Owner { stack: &self.plan.stack, logical_id: &self.resource(id).logical_id }
    }

    /// A desired state or a patch document with the tags, where this run puts them.
    pub(super) fn marked(&self, id: StepId, mut made: Value) -> Value {
        if let Some(kind) = schema::lookup(self.type_of(id)).filter(|_| self.config.ownership_tags) {
            match self.steps[id].work {
                Work::Update => self.owner(id).mark_patch(kind, &mut made),
                _ => self.owner(id).mark(kind, &mut made),
            }
        }
        made
    }

    /// What the tags of something that exists say of it.
    pub(super) fn whose(&self, id: StepId, properties: &Value) -> Whose {
        let Some(kind) = schema::lookup(self.type_of(id)).filter(|_| self.config.ownership_tags) else {
            return Whose::Unsaid;
        };
        self.owner(id).whose(kind, &self.desired_properties(id), properties)
    }
}
