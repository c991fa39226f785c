//! A mergeable quantile sketch with a relative error below 1 %.
//!
//! A value falls into the bucket of its exponent and its six highest mantissa bits (a log-linear histogram, as HDR
//! Histogram and DDSketch's linearly interpolated mapping use): 64 buckets an octave, each at most 1/64 of its lower
//! bound wide, so its middle is within 1/128 (0.79 %) of every value in it. The recorder in TypeScript computes the same
//! index from the high word of a `Float64Array` (`high >>> 14`) and hands over counts. Merging adds counts: it is exact,
//! commutative and associative.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// Mantissa bits kept.
const BITS: u32 = 6;
const VERSION: u8 = 1;

/// Counts per bucket; values at or below zero are counted as zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    buckets: BTreeMap<u32, u64>,
    zero: u64,
    sum: f64,
    min: f64,
    max: f64,
}

/// What is told of a sketch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SketchSummary {
    /// Number of values.
    #[tsify(type = "number")]
    pub count: u64,
    /// Sum, exact but for rounding.
    pub sum: f64,
    /// Smallest value, exact; 0 when empty.
    pub min: f64,
    /// Largest value, exact; 0 when empty.
    pub max: f64,
    /// As asked, in that order; empty when the sketch is.
    pub quantiles: Vec<f64>,
}

/// The answer to a call that reads encoded sketches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum SketchAnswer {
    /// They are sketches.
    Summarized {
        /// Of all together.
        summary: SketchSummary,
    },
    /// The bytes are not a sketch of this version.
    Refused {
        /// Why.
        message: String,
    },
}

/// Tells of an encoded sketch.
#[must_use]
pub fn summarize(bytes: &[u8], qs: &[f64]) -> SketchAnswer {
    match Sketch::decode(bytes) {
        Err(message) => SketchAnswer::Refused { message },
        Ok(sketch) => {
            let (sum, min, max) = sketch.totals();
            let quantiles = qs.iter().filter_map(|q| sketch.quantile(*q)).collect();
            SketchAnswer::Summarized { summary: SketchSummary { count: sketch.count(), sum, min, max, quantiles } }
        }
    }
}

impl Sketch {
    /// Bucket index of a positive, finite value: the top 18 bits of its IEEE 754 form without the sign.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn index(value: f64) -> u32 {
        (value.to_bits() >> (52 - BITS)) as u32
    }

    /// Middle of a bucket.
    #[must_use]
    pub fn middle(index: u32) -> f64 {
        let low = f64::from_bits(u64::from(index) << (52 - BITS));
        let high = f64::from_bits((u64::from(index) + 1) << (52 - BITS));
        low.midpoint(high)
    }

    /// Counts one value; what is not finite is ignored.
    pub fn record(&mut self, value: f64) {
        if value.is_finite() {
            let (zero, bucket) = if value > 0.0 { (0, Some((Self::index(value), 1))) } else { (1, None) };
            let value = value.max(0.0);
            self.merge(&Self { buckets: bucket.into_iter().collect(), zero, sum: value, min: value, max: value });
        }
    }

    /// Values and how often each was there, rising: zero, then the middles of buckets, none outside what was recorded.
    pub fn values(&self) -> impl Iterator<Item = (f64, u64)> {
        let zero = (self.zero > 0).then_some((0.0, self.zero));
        let (min, max) = (self.min, self.max.max(self.min));
        let middles = self.buckets.iter().map(move |(index, count)| (Self::middle(*index).clamp(min, max), *count));
        zero.into_iter().chain(middles)
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.values().fold(self.zero, |sum, count| sum.saturating_add(*count))
    }

    /// Sum, smallest and largest value; zeros when empty.
    #[must_use]
    pub fn totals(&self) -> (f64, f64, f64) {
        (self.sum, self.min, self.max)
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        let (mine, theirs) = (self.count(), other.count());
        if theirs == 0 {
            return;
        }
        self.min = if mine == 0 { other.min } else { self.min.min(other.min) };
        self.max = if mine == 0 { other.max } else { self.max.max(other.max) };
        // Kept finite, so that what is encoded can be decoded.
        self.sum = (self.sum + other.sum).min(f64::MAX);
        self.zero = self.zero.saturating_add(other.zero);
        for (index, count) in &other.buckets {
            let slot = self.buckets.entry(*index).or_default();
            *slot = slot.saturating_add(*count);
        }
    }

    /// The value below which a share `q` in [0, 1] of the values lies (nearest rank), within 1 % of a recorded value;
    /// `None` when empty.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = ((q.clamp(0.0, 1.0) * count as f64).ceil() as u64).max(1);
        let mut seen = self.zero;
        if rank <= seen {
            return Some(0.0);
        }
        for (index, count) in &self.buckets {
            seen = seen.saturating_add(*count);
            if rank <= seen {
                return Some(Self::middle(*index).clamp(self.min, self.max));
            }
        }
        Some(self.max)
    }

    /// Bytes: version, zero count, sum, min, max, bucket count, then index deltas and counts as LEB128.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let buckets = self.buckets.iter().map(|(index, count)| (*index, *count));
        encode(buckets, self.zero, [self.sum, self.min, self.max])
    }

    /// Reads what [`Sketch::encode`] wrote.
    ///
    /// # Errors
    /// A sentence: unknown version, cut short, or not a sketch.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut rest = bytes;
        match take(&mut rest, 1)? {
            [VERSION] => {}
            _ => return Err("a sketch of an unknown version".to_owned()),
        }
        let zero = get(&mut rest)?;
        let mut number = || {
            let bytes =
                <[u8; 8]>::try_from(take(&mut rest, 8)?).map_err(|_| "a sketch that is cut short".to_owned())?;
            let number = f64::from_le_bytes(bytes);
            if number.is_finite() && number >= 0.0 { Ok(number) } else { Err("not a sketch".to_owned()) }
        };
        let (sum, min, max) = (number()?, number()?, number()?);
        if min > max {
            return Err("not a sketch".to_owned());
        }
        let mut buckets = BTreeMap::new();
        let mut index = 0_u64;
        for position in 0..get(&mut rest)? {
            let delta = get(&mut rest)?;
            index = index.saturating_add(delta);
            let (bucket, count) = (u32::try_from(index).map_err(|_| "not a sketch".to_owned())?, get(&mut rest)?);
            if count == 0 || (delta == 0 && position > 0) || bucket >= 0x7ff << BITS {
                return Err("not a sketch".to_owned());
            }
            buckets.insert(bucket, count);
        }
        if rest.is_empty() { Ok(Self { buckets, zero, sum, min, max }) } else { Err("bytes after a sketch".to_owned()) }
    }

    /// From counts by index as a recorder keeps them; `totals`: sum, smallest and largest of the same values.
    #[must_use]
    pub fn from_counts(counts: impl IntoIterator<Item = (u32, u64)>, zero: u64, totals: [f64; 3]) -> Self {
        let [sum, one, other] = totals.map(|number| if number > 0.0 { number.min(f64::MAX) } else { 0.0 });
        let (min, max) = (one.min(other), one.max(other));
        let buckets = counts.into_iter().filter(|(index, count)| *count > 0 && *index < 0x7ff << BITS).collect();
        Self { buckets, zero, sum, min, max }
    }

    /// `from_counts(…).encode()`; without a map in between where the indices rise, as a recorder's do.
    #[must_use]
    pub fn encode_counts(counts: &[(u32, u64)], zero: u64, totals: [f64; 3]) -> Vec<u8> {
        let rise = counts.windows(2).all(|pair| matches!(pair, [(one, _), (other, _)] if one < other));
        let valid = counts.iter().all(|(index, count)| *count > 0 && *index < 0x7ff << BITS);
        let [_, min, max] = totals;
        if rise && valid && min <= max && totals.iter().all(|number| number.is_finite() && *number >= 0.0) {
            encode(counts.iter().copied(), zero, totals)
        } else {
            Self::from_counts(counts.iter().copied(), zero, totals).encode()
        }
    }
}

fn encode(buckets: impl ExactSizeIterator<Item = (u32, u64)>, zero: u64, totals: [f64; 3]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 + 3 * buckets.len());
    bytes.push(VERSION);
    put(&mut bytes, zero);
    for number in totals {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    put(&mut bytes, buckets.len() as u64);
    let mut last = 0;
    for (index, count) in buckets {
        put(&mut bytes, u64::from(index - last));
        put(&mut bytes, count);
        last = index;
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    #[allow(clippy::cast_possible_truncation)]
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[allow(clippy::cast_possible_truncation)]
    bytes.push(number as u8);
}

fn get(rest: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?.first().copied().unwrap_or(0);
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            break;
        }
        number |= part << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err("a number that is too long in a sketch".to_owned())
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (head, tail) = rest.split_at_checked(length).ok_or_else(|| "a sketch that is cut short".to_owned())?;
    *rest = tail;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.record(*value));
        sketch
    }

    #[test]
    fn an_empty_sketch_has_no_quantile_and_ignores_what_is_not_finite() {
        let sketch = sketch(&[f64::NAN, f64::INFINITY]);
        assert_eq!((sketch.count(), sketch.quantile(0.5)), (0, None));
        assert_eq!(Sketch::decode(&sketch.encode()), Ok(sketch));
    }

    #[test]
    fn corrupted_bytes_are_refused() {
        let bytes = sketch(&[0.0, 1.0, 2.0, 3e9]).encode();
        for length in 0..bytes.len() {
            assert!(Sketch::decode(&bytes[..length]).is_err(), "cut to {length}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(Sketch::decode(&longer).is_err());
        let mut newer = bytes.clone();
        newer[0] = 2;
        assert!(Sketch::decode(&newer).is_err());
        // The smallest above the largest: quantiles between them would be none.
        let (sum, least, most) = (2..10, 10..18, 18..26);
        let swapped = [&bytes[..2], &bytes[sum], &bytes[most], &bytes[least], &bytes[26..]].concat();
        assert!(Sketch::decode(&swapped).is_err());
        assert!(Sketch::decode(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_err());
    }

    proptest! {
        #[test]
        fn quantiles_are_within_one_percent_of_the_exact_ones(
            mut values in proptest::collection::vec(prop_oneof![Just(0.0), 1e-6_f64..1e9, 0.5_f64..2.0], 1..400),
            q in 0.0_f64..=1.0,
        ) {
            let approximate = sketch(&values).quantile(q).unwrap();
            values.sort_by(f64::total_cmp);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let rank = ((q * values.len() as f64).ceil() as usize).max(1) - 1;
            let exact = values[rank];
            prop_assert!((approximate - exact).abs() <= 0.01 * exact, "{approximate} {exact}");
        }

        #[test]
        fn merging_is_recording_together_and_bytes_round_trip(
            left in proptest::collection::vec(0.0_f64..1e7, 0..100),
            right in proptest::collection::vec(0.0_f64..1e7, 0..100),
        ) {
            let (mut one, other) = (sketch(&left), sketch(&right));
            let mut reverse = other.clone();
            reverse.merge(&one);
            one.merge(&other);
            let together = sketch(&[left, right].concat());
            prop_assert_eq!(&one.buckets, &together.buckets);
            prop_assert_eq!(&one.buckets, &reverse.buckets);
            prop_assert_eq!((one.min, one.max, one.zero), (together.min, together.max, together.zero));
            prop_assert!((one.sum - together.sum).abs() <= 1e-6 * together.sum.max(1.0));
            prop_assert_eq!(Sketch::decode(&one.encode()), Ok(one));
        }

        #[test]
        fn counts_are_encoded_as_the_sketch_of_them(
            mut counts in proptest::collection::vec((0_u32..140_000, 0_u64..5), 0..50),
            sorted in any::<bool>(),
            totals in proptest::array::uniform3(prop_oneof![4 => 0.0_f64..1e9, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]),
        ) {
            if sorted {
                counts.sort_unstable();
                counts.dedup_by_key(|(index, _)| *index);
            }
            let bytes = Sketch::encode_counts(&counts, 3, totals);
            prop_assert_eq!(&bytes, &Sketch::from_counts(counts, 3, totals).encode());
            prop_assert!(Sketch::decode(&bytes).is_ok());
        }

        #[test]
        fn values_are_within_one_percent_of_those_that_were_recorded(
            mut recorded in proptest::collection::vec(prop_oneof![Just(0.0), 1e-3_f64..1e7], 0..100),
        ) {
            let sketch = sketch(&recorded);
            recorded.sort_by(f64::total_cmp);
            let told = sketch.values().flat_map(|(value, count)| (0..count).map(move |_| value)).collect::<Vec<_>>();
            prop_assert_eq!(told.len(), recorded.len());
            for (one, other) in told.iter().zip(&recorded) {
                prop_assert!((one - other).abs() <= 0.01 * other, "{one} {other}");
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(sketch) = Sketch::decode(&bytes) {
                prop_assert_eq!(Sketch::decode(&sketch.encode()), Ok(sketch));
            }
        }
    }
}
