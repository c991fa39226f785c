//! A look at what is to be updated, just before it is.
//!
//! A `test` operation is refused by AWS when the value has changed since the plan was made. Lists without a meaningful
//! order cannot be tested: a read returns them in another order each time. So before an attempt at an update that writes
//! to one and does not test it the resource is read, and the lists are compared by meaning with what the read for the plan
//! returned: as its `found` says, else as applied. What somebody else has changed since is refused like a failed test.
//! Values made from secrets are not compared: their reads reach neither engine nor journal.

use serde_json::Value;

use crate::expr::Expr;
use crate::model::{Millis, PatchKind, PatchOperation};
use crate::same;
use crate::schema::{self, Kind};

use super::Engine;
use super::phase::Why;
use super::step::{Failure, StepId, Work};
use super::update::{BELIEVED_AFTER, Found};
use super::values::Secrets;

/// So long what was seen holds for an attempt that has to wait for its turn.
const HOLDS: Millis = 10_000;

impl Engine {
    /// Whether the attempt that is to begin needs a look first.
    pub(super) fn needs_look(&self, id: StepId, now: Millis) -> bool {
        let step = &self.steps[id];
        let seen = step.looked_at.is_some_and(|at| now <= at.saturating_add(HOLDS));
        self.config.fresh_reads && step.work == Work::Update && !seen && self.untested(id).next().is_some()
    }

    pub(super) fn look(&mut self, id: StepId, now: Millis) {
        self.take_slot(id);
        self.read(id, Why::Before, now);
    }

    /// What the look shows; `None`: nothing is there.
    pub(super) fn looked(&mut self, id: StepId, properties: Option<&Value>, at: Millis) {
        let Some(properties) = properties else {
            let believed = self.steps[id].since.saturating_add(BELIEVED_AFTER);
            if at < believed {
                self.queues.wait(&mut self.steps, id, believed);
            } else {
                self.free_slot(id);
                self.steps[id].failure = Some(Failure::new("resource_not_found", ""));
                self.gone(id, at);
            }
            return;
        };
        let found = self.untested(id).map(|operation| (operation, self.compare_list(id, operation, properties)));
        let drifted = found.filter(|(_, found)| matches!(found, Found::Drifted));
        let drifted: Vec<String> =
            drifted.map(|(operation, _)| self.drift(id, operation, operation.found.as_ref(), properties)).collect();
        self.free_slot(id);
        if drifted.is_empty() {
            self.steps[id].looked_at = Some(at);
            self.make_ready(id, at);
        } else {
            let begun = self.steps[id].attempt > 0;
            self.drifted(id, &drifted, begun, at);
        }
    }

    /// It cannot be looked at, so it cannot be known to be as approved; where the plan could not be made from a read
    /// either, there is nothing to compare it with.
    pub(super) fn look_refused(&mut self, id: StepId, code: &str, message: &str, at: Millis) {
        let read = |operation: &PatchOperation| operation.op == PatchKind::Test || operation.found.is_some();
        if !self.resource(id).patch.iter().any(read) {
            self.free_slot(id);
            self.steps[id].looked_at = Some(at);
            return self.make_ready(id, at);
        }
        let said = format!("It could not be read before its update, so it was not updated: {message}");
        self.fail(id, code, said, at);
    }

    /// Operations that write to a list without order, or to what holds one, and that no `test` guards.
    pub(super) fn untested(&self, id: StepId) -> impl Iterator<Item = &PatchOperation> {
        let patch = &self.resource(id).patch;
        let guarded = |at: usize| at > 0 && patch.get(at - 1).is_some_and(|before| before.op == PatchKind::Test);
        let kind = schema::lookup(self.type_of(id));
        let hidden = kind.map(|kind| kind.write_only()).unwrap_or_default();
        let shape = kind.map(|kind| Kind::Object(kind.object()));
        let operations = patch.iter().enumerate().filter(move |(at, operation)| {
            let name = operation.path.trim_start_matches('/');
            // Where there is something that no read shows, it is added again whatever is there.
            let again = operation.op == PatchKind::Add && hidden.iter().any(|path| schema::touches(name, path));
            let writes = operation.op != PatchKind::Test && !guarded(*at) && !again;
            let orderly = same::is_orderly(same::at(shape, &operation.path));
            writes && !orderly && !self.is_secret(id, operation)
        });
        operations.map(|(_, operation)| operation)
    }

    fn is_secret(&self, id: StepId, operation: &PatchOperation) -> bool {
        let recorded = self.resource(id).recorded.as_ref();
        let before = recorded.into_iter().flat_map(|recorded| [Some(&recorded.applied), recorded.attempted.as_ref()]);
        let before = before.flatten().filter_map(|before| same::value_at(before, &operation.path));
        before.chain(&operation.value).any(|value| !value.secrets().is_empty())
    }

    /// By meaning, whatever the order.
    pub(super) fn compare_list(&self, id: StepId, operation: &PatchOperation, properties: &Value) -> Found {
        let resource_type = schema::lookup(self.type_of(id));
        let kind = same::at(resource_type.map(|kind| Kind::Object(kind.object())), &operation.path);
        let hidden = resource_type.map(|kind| kind.write_only()).unwrap_or_default();
        let readable = |value: &Expr| same::without(value, operation.path.trim_start_matches('/'), &hidden);
        let live = properties.pointer(&operation.path).cloned().map(|live| same::sorted(kind, &Expr::known(live)));
        let empty = live.as_ref().is_none_or(same::is_empty);
        let recorded = self.resource(id).recorded.as_ref();
        let applied = recorded.and_then(|recorded| same::value_at(&recorded.applied, &operation.path)).map(readable);
        let kept = match (operation.op, &operation.found, &applied) {
            // The read for the plan found nothing there.
            (PatchKind::Add, ..) => empty,
            (_, Some(found), _) => live.as_ref().is_some_and(|live| same::same(kind, found, live)),
            (_, None, Some(applied)) => live.as_ref().is_some_and(|live| same::agrees(kind, applied, live)),
            (_, None, None) => empty,
        };
        // What echoes a secret is kept from the engine, whatever it holds.
        if kept || (live.is_none() && self.has_secrets(id)) {
            return Found::Kept;
        }
        let wanted = operation.value.as_ref().map(|value| self.resolve(value, Secrets::Masked).map(Expr::known));
        let wanted = wanted.map(|wanted| wanted.map(|wanted| readable(&wanted)));
        match (live, wanted) {
            (None, None) => Found::Reached,
            (Some(live), Some(Ok(wanted))) if same::agrees(kind, &wanted, &live) => Found::Reached,
            _ => Found::Drifted,
        }
    }

    fn has_secrets(&self, id: StepId) -> bool {
        let resource = self.resource(id);
        let applied = resource.recorded.as_ref().map(|recorded| &recorded.applied);
        resource.desired.iter().chain(applied).any(|value| !value.secrets().is_empty())
    }

    /// Ends an update of what somebody else has changed at these places; `changed`: this run may have changed a part of it.
    pub(super) fn drifted(&mut self, id: StepId, places: &[String], changed: bool, at: Millis) {
        let message = format!("It was changed since the plan was made, so it was not updated: {}.", places.join("; "));
        self.steps[id].failure = Some(Failure::new("drifted", message));
        if changed { self.give_up(id, at) } else { self.refused(id, at) }
    }
}
