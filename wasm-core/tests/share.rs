//! Shares of one rate: whatever claims come in whatever order, nobody gets more than there is and nobody starves; and
//! several engines' buckets on one cloud come near its limit, fairly, on the virtual clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use assent_core::engine::rate::Bucket;
use assent_core::model::Millis;
use assent_core::share::{Claim, Share, claim, split, total};
use proptest::prelude::*;
use serde_json::Value;

const START: Millis = 1_700_000_000_000;

fn says(holder: &str, now: Millis, calls: u32, throttled: u32) -> Claim {
    Claim { holder: holder.to_owned(), now, calls, throttled, leave: false }
}

fn ledger(kept: &str) -> Value {
    serde_json::from_str(kept).unwrap()
}

proptest! {
    #[test]
    fn a_split_is_max_min_fair(total in 0.1_f64..200.0, wants in prop::collection::vec(prop::option::of(0.1_f64..60.0), 1..40)) {
        let parts = split(total, &wants);
        prop_assert_eq!(parts.len(), wants.len());
        prop_assert!((parts.iter().sum::<f64>() - total).abs() < 1e-6 * total, "{parts:?}");
        let short = |at: usize| wants[at].is_none_or(|want| parts[at] < want - 1e-9);
        for (one, part) in parts.iter().enumerate() {
            // Nobody has less than an equal part unless it wants no more, and who is short has as much as anybody.
            prop_assert!(*part >= (total / wants.len() as f64).min(wants[one].unwrap_or(f64::INFINITY)) - 1e-9);
            if short(one) {
                prop_assert!(parts.iter().all(|other| *other <= part + 1e-9), "{one} is short: {parts:?}");
            }
        }
    }

    #[test]
    fn a_split_does_not_depend_on_the_order(wants in prop::collection::vec(prop::option::of(0.1_f64..60.0), 1..20)) {
        let turned: Vec<_> = wants.iter().rev().copied().collect();
        let mut back = split(25.0, &turned);
        back.reverse();
        for (one, other) in split(25.0, &wants).iter().zip(&back) {
            prop_assert!((one - other).abs() < 1e-9);
        }
    }

    /// Members come, claim, fall silent, leave and come back, under a clock that may jump either way.
    #[test]
    fn what_is_handed_out_never_exceeds_the_total_by_more_than_the_trickle(
        steps in prop::collection::vec((0_usize..12, -3_000_i64..9_000, 0_u32..60, 0_u32..3, 0_u32..10), 1..200)
    ) {
        let mut now = START;
        let mut kept: Option<String> = None;
        for (member, jump, calls, throttled, leave) in steps {
            let name = format!("m{member}");
            now = now.saturating_add_signed(jump);
            let before = kept.as_deref().and_then(|text| total(Some(text)));
            let answer = claim(kept.as_deref(), &Claim {
                leave: leave == 0,
                ..says(&name, now, calls.max(throttled), throttled)
            });
            let after = ledger(&answer.kept);
            let members = after["members"].as_object().unwrap();
            let rate = after["rate"].as_f64().unwrap();
            prop_assert!((1.0..=100.0).contains(&rate));
            if leave == 0 {
                prop_assert!(!members.contains_key(&name));
            } else {
                let others: f64 =
                    members.iter().filter(|(other, _)| **other != name).map(|(_, one)| one["rate"].as_f64().unwrap()).sum();
                // After a cut others have more than is left; then there is the trickle alone.
                prop_assert!(answer.rate <= (rate - others).max(1.0) + 1e-9, "{} of {rate}, {others} elsewhere", answer.rate);
                prop_assert!(answer.rate > 0.0 && answer.burst >= 1.0 && answer.burst <= 20.0);
                prop_assert!(answer.rate >= (rate / members.len() as f64).min(1.0) - 1e-9, "starved: {answer:?}");
                prop_assert!((250..=3_000).contains(&answer.refresh_ms));
            }
            prop_assert!(before.is_none_or(|(before, _)| rate <= before + 3.0 + 1e-9 || rate == 20.0));
            kept = Some(answer.kept);
        }
    }

    #[test]
    fn a_damaged_text_is_made_anew(text in ".*", cut in 0_usize..200) {
        let sound = claim(None, &says("a", START, 0, 0)).kept;
        let part: String = sound.chars().take(cut.min(sound.len() - 1)).collect();
        for kept in [text.as_str(), part.as_str()] {
            prop_assert_eq!(claim(Some(kept), &says("b", START, 0, 0)).rate, 20.0);
        }
    }
}

#[test]
fn numbers_that_are_none_are_not_believed() {
    let sound = claim(None, &says("a", START, 0, 0)).kept;
    for (from, to) in
        [("\"rate\":20.0", "\"rate\":-3"), ("\"burst\":20.0", "\"burst\":0"), ("\"rate\":20.0", "\"rate\":null")]
    {
        assert!(sound.contains(from), "{sound}");
        assert_eq!(claim(Some(&sound.replacen(from, to, 1)), &says("b", START, 0, 0)).rate, 20.0, "{to}");
    }
}

#[test]
fn one_alone_has_it_all_and_two_have_half_each_within_two_claims() {
    let first = claim(None, &says("a", START, 0, 0));
    assert_eq!((first.rate, first.burst), (20.0, 20.0));
    // The newcomer begins with the trickle, and asks again soon.
    let second = claim(Some(&first.kept), &says("b", START + 100, 0, 0));
    assert_eq!((second.rate, second.refresh_ms), (1.0, 250));
    let half = claim(Some(&second.kept), &says("a", START + 1_000, 20, 0));
    assert!((10.0..10.6).contains(&half.rate), "{half:?}");
    let other = claim(Some(&half.kept), &says("b", START + 1_100, 2, 0));
    assert!((10.0..10.6).contains(&other.rate), "{other:?}");
    assert!((half.burst - 10.0).abs() < 0.6, "{half:?}");
}

#[test]
fn the_share_of_a_dead_process_is_free_after_three_claims_that_did_not_come() {
    let mut kept = claim(None, &says("dead", START, 0, 0)).kept;
    let mut rates = Vec::new();
    for second in 0..=6 {
        let answer = claim(Some(&kept), &says("live", START + second * 1_000, 1, 0));
        rates.push(answer.rate);
        kept = answer.kept;
    }
    assert!(rates[..5].iter().all(|rate| *rate <= 1.0), "{rates:?}");
    assert!(rates[5..].iter().all(|rate| *rate >= 20.0), "{rates:?}");
}

#[test]
fn who_leaves_frees_its_share_at_once_and_who_wants_little_leaves_the_rest_to_others() {
    let one = claim(None, &says("a", START, 0, 0));
    let two = claim(Some(&one.kept), &says("b", START, 0, 0));
    let gone = claim(Some(&two.kept), &Claim { leave: true, ..says("a", START + 10, 0, 0) });
    assert_eq!(claim(Some(&gone.kept), &says("b", START + 20, 0, 0)).rate, 20.0);

    let mut kept = two.kept;
    let mut last = BTreeMap::new();
    for second in 1..10 {
        for (name, calls) in [("a", 2), ("b", 40)] {
            let answer = claim(Some(&kept), &says(name, START + second * 1_000, calls, 0));
            last.insert(name, answer.rate);
            kept = answer.kept;
        }
    }
    assert!(last["a"] <= 5.0 && last["b"] >= 15.0, "{last:?}");
}

#[test]
fn an_hour_of_silence_is_enough_to_forget() {
    let mut kept = claim(None, &says("a", START, 0, 0)).kept;
    for second in 1..60 {
        kept = claim(Some(&kept), &says("a", START + second * 1_000, 10, 5)).kept;
    }
    let (learned, _) = total(Some(&kept)).unwrap();
    assert!(learned < 3.0, "{learned}");
    assert!(claim(Some(&kept), &says("b", START + 600_000, 0, 0)).rate <= learned);
    assert_eq!(claim(Some(&kept), &says("b", START + 3_700_000, 0, 0)).rate, 20.0);
}

/// A cloud that takes 25 calls a second, 50 at once.
struct Limit {
    tokens: f64,
    at: Millis,
}

impl Limit {
    fn takes(&mut self, now: Millis) -> bool {
        self.tokens = (self.tokens + (now - self.at) as f64 * 0.025).min(50.0);
        self.at = now;
        let taken = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(taken));
        taken
    }
}

/// What each of `members` got through in each of two halves of two minutes, calling as fast as its share allows.
fn side_by_side(members: usize) -> (Vec<u32>, u32) {
    struct One {
        bucket: Bucket,
        claim_at: Millis,
        calls: u32,
        throttled: u32,
        through: u32,
    }
    let mut cloud = Limit { tokens: 50.0, at: START };
    let mut kept: Option<String> = None;
    let mut all: Vec<One> = (0..members)
        .map(|member| One {
            bucket: Bucket::new(20.0, 100.0, 20.0),
            claim_at: START + member as Millis * 37,
            calls: 0,
            throttled: 0,
            through: 0,
        })
        .collect();
    let mut refused = 0;
    for now in (START..START + 120_000).step_by(5) {
        for (member, one) in all.iter_mut().enumerate() {
            if now >= one.claim_at {
                let Share { kept: text, rate, burst, refresh_ms } =
                    claim(kept.as_deref(), &says(&format!("m{member}"), now, one.calls, one.throttled));
                kept = Some(text);
                one.bucket.share(now, rate, burst);
                (one.claim_at, one.calls, one.throttled) = (now + refresh_ms, 0, 0);
            }
            if now < START + member as Millis * 37 {
                continue;
            }
            while one.bucket.ready(now) {
                one.bucket.pay();
                one.calls += 1;
                if cloud.takes(now) {
                    one.through += 1;
                } else {
                    one.throttled += 1;
                    refused += 1;
                    one.bucket.throttled(now);
                }
            }
        }
    }
    (all.iter().map(|one| one.through).collect(), refused)
}

#[test]
fn several_processes_come_near_the_limit_together_and_share_it_fairly() {
    for members in [1, 2, 4, 8, 20] {
        let (through, refused) = side_by_side(members);
        let sum: u32 = through.iter().sum();
        let squares: f64 = through.iter().map(|calls| f64::from(*calls).powi(2)).sum();
        let fairness = f64::from(sum).powi(2) / (members as f64 * squares);
        assert!(f64::from(sum) >= 0.9 * 25.0 * 120.0, "{members}: {sum} of 3000 and the burst, {refused} refused");
        assert!(f64::from(refused) <= 0.1 * f64::from(sum), "{members}: {refused} refused of {sum}");
        assert!(fairness >= 0.98, "{members}: {through:?}");
    }
}
