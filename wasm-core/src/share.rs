//! One rate for all who call one account and region, in however many processes: what a store keeps of it, and the
//! share of it that each gets.
//!
//! Whoever makes calls claims a share every second or so and says what it has called meanwhile. The total adapts (AIMD)
//! to what all of them report: a claim with throttled calls cuts it to 70 %, one that has used its share up lets it
//! grow by 1/s each second, slowly near the rate at which the cloud last refused. It is split max-min fairly: nobody
//! gets more than it can use while another wants more. A share that is not claimed again in time is free for others.
//!
//! Nobody is given what another still holds, so shares add up to no more than the total, but for a trickle that lets a
//! newcomer begin and for the moment after a cut. The text that is kept is this module's own; a damaged one is made
//! anew, for all it costs is a second of learning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use crate::model::Millis;

/// AWS throttles an account and region at about 25 requests/s, polls included; this adapts from here.
const START: f64 = 20.0;
const HIGHEST: f64 = 100.0;
const LOWEST: f64 = 1.0;
/// Calls that may go at once after a pause, all together.
const BURST: f64 = 20.0;
const CUT: f64 = 0.7;
/// Up to this part of the learned ceiling the rate grows fast.
const NEAR: f64 = 0.93;
/// Growth near and above the ceiling, in 1/s per second.
const SLOW: f64 = 0.1;
/// Used up from this part on.
const USED_UP: f64 = 0.9;
/// A newcomer's share until others have made room, in 1/s.
const TRICKLE: f64 = 1.0;
/// How often a share is claimed, and how long it lasts beyond three claims that did not come.
const REFRESH: Millis = 1_000;
const GRACE: Millis = 2_000;
/// So soon a newcomer asks again.
const SOON: Millis = 250;
/// The store serves about so many claims a second from one record without contention.
const CLAIMS_PER_REFRESH: u64 = 8;
/// Without any call for so long what was learned is no longer believed.
const FORGOTTEN: Millis = 3_600_000;

/// What a process says when it claims its share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// Names the claimant among all that share the rate.
    pub holder: String,
    /// When.
    pub now: Millis,
    /// Calls made since the last claim, throttled ones included.
    pub calls: u32,
    /// Of these, throttled.
    pub throttled: u32,
    /// It makes no more calls: its share is free.
    #[serde(default)]
    pub leave: bool,
}

/// The answer to a [`Claim`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Share {
    /// What is to be kept, in the place of what was.
    pub kept: String,
    /// Calls per second until the next claim.
    pub rate: f64,
    /// Of these, so many at once after a pause.
    pub burst: f64,
    /// When to claim again, in ms.
    pub refresh_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ledger {
    rate: f64,
    burst: f64,
    ceiling: Option<f64>,
    cut_at: Millis,
    /// The last claim of all.
    at: Millis,
    members: BTreeMap<String, Member>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    at: Millis,
    rate: f64,
    /// Calls per second that it can use; `None`: as many as it can get.
    wants: Option<f64>,
}

impl Ledger {
    fn new(now: Millis) -> Self {
        Self { rate: START, burst: BURST, ceiling: None, cut_at: 0, at: now, members: BTreeMap::new() }
    }

    fn read(kept: Option<&str>, now: Millis) -> Self {
        let sound = |number: f64| number.is_finite() && number > 0.0;
        let read = kept.and_then(|text| serde_json::from_str::<Self>(text).ok()).filter(|ledger| {
            let members = ledger.members.values();
            let numbers = members.flat_map(|member| [Some(member.rate), member.wants]).chain([ledger.ceiling]);
            now < ledger.at.saturating_add(FORGOTTEN)
                && sound(ledger.rate)
                && sound(ledger.burst)
                && numbers.flatten().all(sound)
        });
        let mut ledger = read.unwrap_or_else(|| Self::new(now));
        // A clock that was set back must not keep anybody's share for ever.
        ledger.at = ledger.at.min(now);
        ledger.cut_at = ledger.cut_at.min(now);
        let lasts = REFRESH * ledger.refreshes() * 3 + GRACE;
        ledger.members.retain(|_, member| {
            member.at = member.at.min(now);
            now < member.at + lasts
        });
        ledger
    }

    /// Seconds between two claims: more members claim less often.
    fn refreshes(&self) -> u64 {
        (self.members.len() as u64).div_ceil(CLAIMS_PER_REFRESH).max(1)
    }

    /// Adapts the total to what a member saw, and notes what it wants.
    fn hear(&mut self, claim: &Claim) {
        let now = claim.now;
        let lasts = (REFRESH * self.refreshes()) as f64 / 1_000.0;
        let waits = REFRESH * self.refreshes() + REFRESH;
        let Some(member) = self.members.get_mut(&claim.holder) else { return };
        let seconds = now.saturating_sub(member.at) as f64 / 1_000.0;
        let calls = f64::from(claim.calls);
        // One less than the share amounts to is as many as fit between two claims.
        let used_up = claim.calls > 0 && calls + 1.0 >= member.rate * seconds * USED_UP;
        let throttled = claim.throttled > 0;
        // In a time too short for two calls of its share, none at all says nothing: a newcomer asks again soon.
        let says_nothing = claim.calls == 0 && member.rate * seconds < 2.0;
        if used_up || throttled {
            member.wants = None;
        } else if !says_nothing {
            member.wants = Some(1.0 + 1.5 * calls / seconds.max(SOON as f64 / 1_000.0));
        }
        // Others tell of the same refusals with their next claims.
        let settled = now >= self.cut_at + waits;
        if throttled && settled {
            self.cut_at = now;
            // Bursts are what the cloud refuses first.
            self.burst = (self.burst / 2.0).max(1.0);
            self.ceiling = Some(self.ceiling.map_or(self.rate, |ceiling| (ceiling + self.rate) / 2.0));
            let before = self.rate;
            self.rate = (self.rate * CUT).max(LOWEST);
            // All are cut, though others learn of it with their next claims: who tells must not pay for all.
            for other in self.members.values_mut() {
                other.rate *= self.rate / before;
            }
        } else if used_up && !throttled && settled {
            // Each adds the growth of its own part, so that together they make the total grow by so much.
            let part = (member.rate / self.rate).min(1.0) * seconds.min(lasts);
            let growth = if self.ceiling.is_some_and(|ceiling| self.rate >= ceiling * NEAR) { SLOW } else { 1.0 };
            self.rate = (self.rate + growth * part).min(HIGHEST);
        }
    }

    /// The claimant's share: what is fair, as far as others have let go of it.
    fn grant(&mut self, holder: &str, now: Millis) -> (f64, bool) {
        let wants: Vec<Option<f64>> = self.members.values().map(|member| member.wants).collect();
        let fair = self.members.keys().zip(split(self.rate, &wants)).find(|(name, _)| *name == holder);
        let fair = fair.map_or(0.0, |(_, share)| share);
        let others: f64 = self.members.iter().filter(|(name, _)| *name != holder).map(|(_, other)| other.rate).sum();
        let share = fair.min((self.rate - others).max(TRICKLE.min(fair)));
        if let Some(member) = self.members.get_mut(holder) {
            member.at = now;
            member.rate = share;
        }
        (share, share < fair * USED_UP)
    }
}

/// Max-min fair parts of `total`: nobody gets more than it wants while another gets less than it wants, and what nobody
/// wants is spread evenly. In the order given; they add up to `total`.
#[must_use]
pub fn split(total: f64, wants: &[Option<f64>]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> =
        wants.iter().map(|want| want.unwrap_or(f64::INFINITY)).enumerate().collect::<Vec<_>>();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut parts = vec![0.0; wants.len()];
    let (mut left, mut claimants) = (total, wants.len() as f64);
    for (index, want) in order {
        let part = want.min(left / claimants);
        if let Some(slot) = parts.get_mut(index) {
            *slot = part;
        }
        left -= part;
        claimants -= 1.0;
    }
    let spare = left.max(0.0) / (wants.len() as f64).max(1.0);
    parts.iter().map(|part| part + spare).collect()
}

/// Puts a claim to what is kept. Pure: the caller keeps the answer's `kept` only if nobody has been faster, else it
/// asks again with what is kept then.
#[must_use]
pub fn claim(kept: Option<&str>, claim: &Claim) -> Share {
    let now = claim.now;
    let mut ledger = Ledger::read(kept, now);
    // After a pause the cloud takes a burst again.
    if ledger.members.is_empty() {
        ledger.burst = BURST;
    }
    ledger.hear(claim);
    ledger.at = now;
    if claim.leave {
        ledger.members.remove(&claim.holder);
        return Share { kept: text(&ledger), rate: 0.0, burst: 0.0, refresh_ms: REFRESH };
    }
    // A newcomer has nothing before it is given something.
    ledger.members.entry(claim.holder.clone()).or_insert(Member { at: now, rate: f64::MIN_POSITIVE, wants: None });
    let (rate, soon) = ledger.grant(&claim.holder, now);
    let burst = (ledger.burst * (rate / ledger.rate).min(1.0)).max(1.0);
    let refresh_ms = if soon { SOON } else { REFRESH * ledger.refreshes() };
    Share { kept: text(&ledger), rate, burst, refresh_ms }
}

/// Calls per second of all together, and how many at once, as kept; absent where nothing is.
#[must_use]
pub fn total(kept: Option<&str>) -> Option<(f64, f64)> {
    let ledger: Ledger = serde_json::from_str(kept?).ok()?;
    (ledger.rate.is_finite() && ledger.rate >= LOWEST).then_some((ledger.rate, BURST))
}

fn text(ledger: &Ledger) -> String {
    // INVARIANT: strings and finite numbers only, which JSON can hold.
    serde_json::to_string(ledger).unwrap_or_default()
}
