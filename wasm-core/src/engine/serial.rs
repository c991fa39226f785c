//! Types whose operations go one at a time, all of them or those on one parent: two at once are refused as conflicts, so the
//! second waits for the first instead of asking again and again.

use std::collections::{BTreeMap, VecDeque};

use crate::expr::Expr;
use crate::same::find;

use super::Engine;
use super::phase::Phase;
use super::step::{StepId, Work};
use super::values::Secrets;

/// Beginning of the type's name, and the property that names the parent; empty: the whole service.
/// pulumi-aws-native #1687 (Organizations), sst #6923 (permissions), cloudformation-coverage-roadmap #1954 (buckets)
const SERIAL: [(&str, &str); 3] =
    [("AWS::Lambda::Permission", "FunctionName"), ("AWS::Organizations::", ""), ("AWS::S3::BucketPolicy", "Bucket")];

/// Who works on what, and who waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Serial(BTreeMap<String, (StepId, VecDeque<StepId>)>);

impl Engine {
    /// Whether the step must wait for another one; if not, others wait for it from here on.
    pub(super) fn waits_in_line(&mut self, id: StepId) -> bool {
        let Some(key) = self.serial_key(id) else { return false };
        let (holder, line) = self.serial.0.entry(key).or_insert_with(|| (id, VecDeque::new()));
        if *holder == id {
            return false;
        }
        if !line.contains(&id) {
            line.push_back(id);
        }
        true
    }

    /// The step is not at work any more: the next in line may begin.
    pub(super) fn leaves_line(&mut self, id: StepId) {
        let Some(key) = self.serial.0.iter().find(|(_, (holder, _))| *holder == id).map(|(key, _)| key.clone()) else {
            return;
        };
        let Some((_, mut line)) = self.serial.0.remove(&key) else { return };
        while let Some(next) = line.pop_front() {
            if self.steps[next].phase == Phase::Ready {
                self.serial.0.insert(key, (next, line));
                self.queues.start(&mut self.steps, next);
                return;
            }
        }
    }

    fn serial_key(&self, id: StepId) -> Option<String> {
        let type_name = self.type_of(id);
        let (_, parent) = SERIAL.iter().find(|(serial, _)| type_name.starts_with(serial))?;
        let service = type_name.split("::").nth(1)?;
        if parent.is_empty() {
            return Some(service.to_owned());
        }
        let resource = self.resource(id);
        let properties = match self.steps[id].work {
            Work::Delete => resource.recorded.as_ref().map(|recorded| &recorded.applied),
            _ => resource.desired.as_ref(),
        };
        let Some(Expr::Map(entries)) = properties else { return None };
        let value = self.resolve(find(entries, parent)?, Secrets::Masked).ok()?;
        Some(format!("{service} {value}"))
    }
}
