//! One budget for all calls: a token bucket whose rate adapts to what the cloud accepts (AIMD).
//!
//! A throttled call cuts the rate to 70 %, at most once a second, and empties the bucket. While the bucket is what
//! holds calls back, the rate grows by 1/s each second, and slowly near the rate at which the cloud last refused, so
//! that it settles just below instead of swinging.

use crate::model::Millis;

const CUT: f64 = 0.7;
const CUT_INTERVAL: Millis = 1_000;
const LOWEST: f64 = 1.0;
/// Up to this part of the learned ceiling the rate grows fast.
const NEAR: f64 = 0.93;
/// Growth near and above the ceiling, in 1/s per second.
const SLOW: f64 = 0.1;

/// The budget.
#[derive(Clone, Debug)]
pub struct Bucket {
    rate: f64,
    max_rate: f64,
    burst: f64,
    tokens: f64,
    at: Option<Millis>,
    /// A call waits for a token: only then is the rate what limits us.
    limiting: bool,
    ceiling: Option<f64>,
    last_cut: Option<Millis>,
}

impl Bucket {
    /// Full at first. `rate` and `max_rate` in calls per second, `burst` in calls.
    #[must_use]
    pub fn new(rate: f64, max_rate: f64, burst: f64) -> Self {
        let max_rate = max_rate.max(LOWEST);
        let burst = burst.max(1.0);
        Self {
            rate: rate.clamp(LOWEST, max_rate),
            max_rate,
            burst,
            tokens: burst,
            at: None,
            limiting: false,
            ceiling: None,
            last_cut: None,
        }
    }

    fn refill(&mut self, now: Millis) {
        let last = self.at.replace(self.at.map_or(now, |last| last.max(now)));
        let seconds = last.map_or(0.0, |last| now.saturating_sub(last) as f64 / 1_000.0);
        if seconds > 0.0 {
            self.tokens = (self.tokens + seconds * self.rate).min(self.burst);
            if self.limiting && self.last_cut.is_none_or(|cut| now >= cut + CUT_INTERVAL) {
                let growth = if self.ceiling.is_some_and(|ceiling| self.rate >= ceiling * NEAR) { SLOW } else { 1.0 };
                self.rate = (self.rate + growth * seconds.min(1.0)).min(self.max_rate);
            }
        }
    }

    /// Whether a call may be made now; if not, the bucket counts as the limit from here on.
    pub fn ready(&mut self, now: Millis) -> bool {
        self.refill(now);
        // A token may come a rounding error short of the time `next` named.
        self.limiting = self.tokens < 1.0 - 1e-6;
        !self.limiting
    }

    /// Pays for one call. Precondition: [`Self::ready`].
    pub fn pay(&mut self) {
        self.tokens -= 1.0;
    }

    /// When the next call may be made.
    #[must_use]
    pub fn next(&self, now: Millis) -> Millis {
        let missing = (1.0 - self.tokens).max(0.0);
        self.at.unwrap_or(now).max(now) + ((missing / self.rate) * 1_000.0).ceil() as Millis
    }

    /// The cloud has refused a call for coming too fast.
    pub fn throttled(&mut self, now: Millis) {
        self.refill(now);
        self.tokens = self.tokens.min(0.0);
        if self.last_cut.is_some_and(|cut| now < cut + CUT_INTERVAL) {
            return;
        }
        self.last_cut = Some(now);
        // Bursts are what the cloud refuses first; half of it is still enough to start work in groups.
        self.burst = (self.burst / 2.0).max(1.0);
        self.ceiling = Some(self.ceiling.map_or(self.rate, |ceiling| (ceiling + self.rate) / 2.0));
        self.rate = (self.rate * CUT).max(LOWEST.min(self.max_rate));
    }

    /// The share of a rate that others use as well. It is a bound, so that growing is left to who hands out shares; a
    /// refusal is still answered at once.
    pub fn share(&mut self, now: Millis, rate: f64, burst: f64) {
        if !(rate.is_finite() && rate > 0.0 && burst.is_finite()) {
            return;
        }
        self.refill(now);
        (self.rate, self.max_rate, self.ceiling) = (rate, rate, None);
        self.burst = burst.max(1.0);
        self.tokens = self.tokens.min(self.burst);
    }

    /// Calls per second at present.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls that get through from `from` to `until` when there is always one waiting.
    fn drain(bucket: &mut Bucket, from: Millis, until: Millis) -> usize {
        let (mut now, mut calls) = (from, 0);
        while now < until {
            while bucket.ready(now) {
                bucket.pay();
                calls += 1;
            }
            now = bucket.next(now);
        }
        calls
    }

    #[test]
    fn the_burst_goes_at_once_and_the_rest_at_the_rate() {
        let mut bucket = Bucket::new(10.0, 10.0, 5.0);
        assert_eq!(drain(&mut bucket, 1_000, 1_001), 5);
        let calls = drain(&mut bucket, 1_001, 11_000);
        assert!((98..=100).contains(&calls), "{calls}");
    }

    #[test]
    fn the_next_time_is_never_too_early() {
        for rate in [1.0, 3.0, 7.0, 24.9, 333.3] {
            let mut bucket = Bucket::new(rate, rate, 1.0);
            let mut now = 1_700_000_000_000;
            for _ in 0..200 {
                assert!(bucket.ready(now), "rate {rate}");
                bucket.pay();
                assert!(!bucket.ready(now));
                now = bucket.next(now);
            }
        }
    }

    #[test]
    fn throttling_cuts_once_a_second_and_never_below_one() {
        let mut bucket = Bucket::new(20.0, 100.0, 10.0);
        bucket.ready(0);
        bucket.throttled(10);
        bucket.throttled(20);
        bucket.throttled(1_009);
        assert!((bucket.rate() - 14.0).abs() < 1e-9);
        assert!(!bucket.ready(20));
        for second in 2..60 {
            bucket.throttled(second * 1_000);
        }
        // A second of growth between two cuts: (r + 1) * 0.7 = r.
        assert!((1.0..=2.34).contains(&bucket.rate()), "{}", bucket.rate());
    }

    #[test]
    fn the_rate_grows_only_while_it_is_the_limit() {
        let mut idle = Bucket::new(5.0, 50.0, 5.0);
        for second in 0..30 {
            assert!(idle.ready(second * 1_000));
            idle.pay();
        }
        assert!((idle.rate() - 5.0).abs() < 1e-9);
        let mut busy = Bucket::new(5.0, 50.0, 5.0);
        drain(&mut busy, 0, 10_000);
        assert!((13.0..=15.5).contains(&busy.rate()), "{}", busy.rate());
        drain(&mut busy, 10_000, 100_000);
        assert!((busy.rate() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn it_settles_just_below_what_the_cloud_accepts() {
        // A cloud that accepts 20/s with a bucket of 5; ours starts at 25 and knows nothing.
        let mut bucket = Bucket::new(25.0, 100.0, 25.0);
        let (mut cloud, mut last, mut now) = (5.0_f64, 0, 0);
        let (mut accepted, mut refused) = (0, 0);
        while now < 300_000 {
            while bucket.ready(now) {
                bucket.pay();
                cloud = (cloud + (now - last) as f64 * 0.02).min(5.0);
                last = now;
                if cloud >= 1.0 {
                    cloud -= 1.0;
                    accepted += 1;
                } else {
                    refused += 1;
                    bucket.throttled(now);
                }
            }
            now = bucket.next(now);
        }
        assert!(accepted as f64 >= 0.9 * 20.0 * 300.0, "{accepted}");
        assert!(refused as f64 <= 0.02 * accepted as f64, "{refused}");
    }

    #[test]
    fn a_share_bounds_the_rate_and_the_burst_and_a_nonsensical_one_changes_nothing() {
        let mut bucket = Bucket::new(20.0, 100.0, 20.0);
        bucket.share(0, 5.0, 2.0);
        assert_eq!(drain(&mut bucket, 0, 1), 2);
        let calls = drain(&mut bucket, 1, 20_000);
        assert!((98..=100).contains(&calls), "{calls}");
        bucket.throttled(20_000);
        assert!((bucket.rate() - 3.5).abs() < 1e-9);
        // What came back is the share again, not more.
        drain(&mut bucket, 20_000, 60_000);
        assert!((bucket.rate() - 5.0).abs() < 1e-9, "{}", bucket.rate());
        bucket.share(60_000, 0.2, 0.1);
        bucket.throttled(61_000);
        assert!((bucket.rate() - 0.2).abs() < 1e-9, "{}", bucket.rate());
        for (rate, burst) in [(0.0, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (f64::INFINITY, 1.0), (9.0, f64::NAN)] {
            bucket.share(62_000, rate, burst);
            assert!(bucket.rate() < 1.0, "{rate} {burst}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let mut bucket = Bucket::new(10.0, 10.0, 1.0);
        assert!(bucket.ready(10_000));
        bucket.pay();
        assert!(!bucket.ready(5_000));
        assert!(bucket.ready(10_100));
    }
}
