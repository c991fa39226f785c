//! Updates: the patch document, and what a failure of one means.
//!
//! Cloud Control applies a patch to what a read returns and fails the request when a `test` does not hold, with the same
//! code as any other bad request. Which it was, and what an interrupted update has already done, a fresh read tells: a
//! tested path holds the value of the plan, or already the wanted one, or a third, which somebody else has written.
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-update.html>

use serde_json::{Map, Value, json};

use crate::expr::{Expr, ResolveError};
use crate::model::{Millis, PatchKind, PatchOperation};
use crate::same;
use crate::schema::{self, Kind};

use super::Engine;
use super::errors::Class;
use super::phase::{Phase, Why};
use super::step::StepId;
use super::values::Secrets;

/// So long a read must find nothing until it is believed that there is nothing to be updated.
pub(super) const BELIEVED_AFTER: Millis = 10_000;

/// What a read says of a tested path.
pub(super) enum Found {
    /// The value of the plan.
    Kept,
    /// The wanted value.
    Reached,
    /// Another one.
    Drifted,
}

impl Engine {
    /// The patch document: without the operations at paths that an earlier attempt has brought to the wanted value.
    pub(super) fn patch(&self, id: StepId, secrets: Secrets<'_>) -> Result<Value, ResolveError> {
        let reached = &self.steps[id].reached;
        let operations = self.resource(id).patch.iter().filter(|operation| !reached.contains(&operation.path));
        let document = operations.map(|PatchOperation { op, path, value, .. }| {
            let mut entry = Map::new();
            entry.insert("op".to_owned(), json!(op));
            entry.insert("path".to_owned(), json!(path));
            if let Some(value) = value {
                entry.insert("value".to_owned(), self.resolve(value, secrets)?);
            }
            Ok(Value::Object(entry))
        });
        document.collect::<Result<_, _>>().map(Value::Array)
    }

    /// Secrets in the patch, as far as their names are known.
    pub(super) fn patch_secrets(&self, id: StepId) -> Vec<String> {
        let values = self.resource(id).patch.iter().filter_map(|operation| operation.value.as_ref());
        let mut secrets: Vec<String> = values.flat_map(|value| self.simplify(value).secrets()).collect();
        secrets.sort();
        secrets.dedup();
        secrets
    }

    /// The cloud says that an attempt has failed.
    pub(super) fn attempt_failed(&mut self, id: StepId, class: Class, at: Millis) {
        let code = self.steps[id].failure.as_ref().map_or("", |failure| failure.code.as_str());
        if code.starts_with("NotUpdatable") {
            self.say(
                id,
                "It cannot be updated in place but has to be replaced: change a property that can only be set \
                at creation (a name, for example), or delete it and deploy again.",
            );
            // An attempt before this one was accepted and may have changed it, whatever was said of it.
            if self.steps[id].attempt > 1 {
                self.give_up(id, at);
            } else {
                self.refused(id, at);
            }
        } else if class == Class::Terminal && !self.is_tested(id) {
            self.give_up(id, at);
        } else {
            self.read(id, Why::Tests, at);
        }
    }

    /// What was made a moment ago may not be seen everywhere: absence is believed when it lasts.
    pub(super) fn seems_gone(&mut self, id: StepId, at: Millis) {
        let believed = self.steps[id].since.saturating_add(BELIEVED_AFTER);
        if at < believed { self.queues.wait(&mut self.steps, id, believed) } else { self.gone(id, at) }
    }

    /// There is nothing to be updated.
    pub(super) fn gone(&mut self, id: StepId, at: Millis) {
        self.say(id, "It does not exist any more: deploy again to create it.");
        self.refused(id, at);
    }

    fn is_tested(&self, id: StepId) -> bool {
        self.resource(id).patch.iter().any(|operation| operation.op == PatchKind::Test)
    }

    /// The read after a failed attempt; `None`: it cannot be read.
    pub(super) fn tests_read(&mut self, id: StepId, properties: Option<&Value>, at: Millis) {
        let class = self.failure_class(id);
        let Some(properties) = properties else { return self.repeat(id, class, at) };
        // The handler has not seen it, but it is there.
        let class = if class == Class::Absent { self.reclassify(id, Class::Unseen, at) } else { class };
        let (mut reached, mut drifted, mut open) = (Vec::new(), Vec::new(), false);
        let patch = &self.resource(id).patch;
        for (number, operation) in patch.iter().enumerate() {
            let tested = number > 0 && patch.get(number - 1).is_some_and(|before| before.op == PatchKind::Test);
            if operation.op == PatchKind::Test || !tested {
                open |= operation.op != PatchKind::Test;
                continue;
            }
            let expected = patch.get(number - 1).and_then(|test| test.value.as_ref());
            match self.compare(id, operation, expected, properties) {
                Found::Kept => open = true,
                Found::Reached => reached.push(operation.path.clone()),
                Found::Drifted => drifted.push(self.drift(id, operation, expected, properties)),
            }
        }
        if !drifted.is_empty() {
            let changed = !reached.is_empty() && self.steps[id].attempt > 1;
            return self.drifted(id, &drifted, changed, at);
        }
        self.steps[id].reached.extend(reached);
        // Whatever has failed, all that was to be done is done.
        let passing = class.is_passing() || matches!(class, Class::Forgotten | Class::Vague);
        if passing && !open {
            self.steps[id].failure = None;
            self.operation_succeeded(id, None, at);
        } else {
            self.repeat(id, class, at);
        }
    }

    fn repeat(&mut self, id: StepId, class: Class, at: Millis) {
        if class.is_passing() || matches!(class, Class::Vague | Class::Forgotten) {
            self.again(id, at);
        } else {
            self.give_up(id, at);
        }
    }

    /// By meaning: the cloud may answer with JSON as text, with policies reshaped and with defaults filled in.
    fn compare(&self, id: StepId, operation: &PatchOperation, expected: Option<&Expr>, properties: &Value) -> Found {
        let shape = schema::lookup(self.type_of(id)).map(|kind| Kind::Object(kind.object()));
        let kind = same::at(shape, &operation.path);
        let live = properties.pointer(&operation.path).cloned().map(Expr::known);
        if let (Some(live), Some(expected)) = (&live, expected)
            && same::same(kind, expected, live)
        {
            return Found::Kept;
        }
        let wanted = operation.value.as_ref().map(|value| self.resolve(value, Secrets::Masked).map(Expr::known));
        match (live, wanted) {
            (None, None) => Found::Reached,
            (Some(live), Some(Ok(wanted))) if same::agrees(kind, &wanted, &live) => Found::Reached,
            _ => Found::Drifted,
        }
    }

    pub(super) fn drift(
        &self,
        id: StepId,
        operation: &PatchOperation,
        expected: Option<&Expr>,
        properties: &Value,
    ) -> String {
        let show = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), shortened);
        let recorded = self.resource(id).recorded.as_ref().map(|recorded| recorded.applied.to_json());
        let recorded = recorded.as_ref().and_then(|applied| applied.pointer(&operation.path));
        let wanted = operation.value.as_ref().and_then(|value| self.resolve(value, Secrets::Masked).ok());
        format!(
            "{} was deployed as {}, read as {} for the plan, is {} now and was to become {}",
            operation.path,
            show(recorded),
            show(expected.map(Expr::to_json).as_ref()),
            show(properties.pointer(&operation.path)),
            show(wanted.as_ref()),
        )
    }

    /// Ends an update that has changed nothing: what is recorded stays true.
    pub(super) fn refused(&mut self, id: StepId, at: Millis) {
        self.settle(id, Phase::Failed, at);
    }

    /// Adds to what the failure says.
    pub(super) fn say(&mut self, id: StepId, more: &str) {
        if let Some(failure) = &mut self.steps[id].failure {
            failure.message = format!("{} {more}", failure.message).trim_start().to_owned();
        }
    }
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
