//! Services that accept less than Cloud Control: one bucket for each that has throttled, below the bucket for all calls.
//!
//! API Gateway takes about 5 changes a second, Lambda 15, SES one. What one accepts is learned from its refusals (AIMD), and
//! only new attempts for its own types are held back: a slow service never slows another.

use std::collections::BTreeMap;

use crate::model::Millis;

use super::rate::Bucket;

/// A service that throttles for the first time is given this many changes a second, less what a refusal takes off.
const FIRST: f64 = 8.0;
const MOST: f64 = 25.0;

/// The buckets of an engine.
#[derive(Clone, Debug, Default)]
pub(super) struct Services(BTreeMap<String, Bucket>);

impl Services {
    /// A change was refused because its service takes no more.
    pub(super) fn throttled(&mut self, type_name: &str, now: Millis) {
        let bucket = self.0.entry(service(type_name).to_owned()).or_insert_with(|| Bucket::new(FIRST, MOST, 1.0));
        bucket.throttled(now);
    }

    /// Until when a change of this type has to wait; `None`: it may be made, and is paid for.
    pub(super) fn hold(&mut self, type_name: &str, now: Millis) -> Option<Millis> {
        let bucket = self.0.get_mut(service(type_name))?;
        if bucket.ready(now) {
            bucket.pay();
            return None;
        }
        // Who waits for the same moment meets again there; one of them goes.
        Some(bucket.next(now).max(now + 1))
    }
}

fn service(type_name: &str) -> &str {
    type_name.split("::").nth(1).unwrap_or(type_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_throttles_is_held_back_and_no_other() {
        let mut services = Services::default();
        assert_eq!(services.hold("AWS::ApiGateway::Model", 0), None);
        services.throttled("AWS::ApiGateway::Model", 0);
        assert!(services.hold("AWS::ApiGateway::RestApi", 0).is_some());
        assert_eq!(services.hold("AWS::SQS::Queue", 0), None);
    }

    #[test]
    fn it_learns_what_the_service_accepts() {
        // It accepts 5 a second and a burst of 5; there is always one waiting.
        let (mut services, mut tokens, mut last) = (Services::default(), 5.0_f64, 0);
        let (mut now, mut accepted, mut refused) = (0, 0, 0);
        while now < 120_000 {
            match services.hold("AWS::ApiGateway::Model", now) {
                Some(until) => now = until,
                None => {
                    tokens = (tokens + (now - last) as f64 * 0.005).min(5.0);
                    last = now;
                    if tokens >= 1.0 {
                        tokens -= 1.0;
                        accepted += 1;
                    } else {
                        refused += 1;
                        services.throttled("AWS::ApiGateway::Model", now);
                    }
                }
            }
        }
        assert!(accepted >= 480, "{accepted} of 600");
        assert!(refused * 20 <= accepted, "{refused} refused, {accepted} accepted");
    }
}
