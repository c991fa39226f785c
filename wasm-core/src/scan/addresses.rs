//! Address ranges, taken together: whether they let in the world, however it is cut into pieces.
//!
//! S3 calls a policy public when its `aws:SourceIp` is broader than a /8 of public IPv4 addresses; the same measure
//! serves here, of the union of all ranges: two halves are the whole, and so are 200 pieces. IPv6 has no such
//! number that fits both uses (providers publish a dozen /32s), so there more than a /16 is the world.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>

use std::net::{IpAddr, Ipv4Addr};

/// First and last address of a range, as bits.
type Range = (u128, u128);

/// Ranges of nobody on the internet: private, shared, loopback, link-local.
const PRIVATE: [(Ipv4Addr, u32); 6] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
];

/// Addresses of a /8 of IPv4.
const MOST_V4: u128 = 1 << 24;
/// Addresses of a /16 of IPv6.
const MOST_V6: u128 = 1 << 112;
/// 2000::/3, what is routed.
const ROUTED: Range = (0x2000 << 112, (0x4000 << 112) - 1);

/// Whether the ranges together hold so many public addresses that they keep nobody out. A text that is no range holds
/// nothing, but for one that ends in `/0`.
#[must_use]
pub fn are_the_world<'a>(ranges: impl IntoIterator<Item = &'a str>) -> bool {
    let (mut four, mut six) = (Vec::new(), Vec::new());
    for text in ranges {
        match parsed(text.trim()) {
            Some((true, range)) => four.push(range),
            Some((false, (first, last))) if first <= ROUTED.1 && last >= ROUTED.0 => {
                six.push((first.max(ROUTED.0), last.min(ROUTED.1)));
            }
            Some(_) => {}
            None if text.trim().ends_with("/0") => return true,
            None => {}
        }
    }
    let private = private();
    let four = merged(four);
    let shared: u128 = four
        .iter()
        .flat_map(|range| private.iter().map(move |inside| (range.0.max(inside.0), range.1.min(inside.1))))
        .filter(|(first, last)| first <= last)
        .map(|(first, last)| last - first + 1)
        .sum();
    size(&four) - shared > MOST_V4 || size(&merged(six)) > MOST_V6
}

/// Whether a range has no public address in it; what is no range has none.
#[must_use]
pub fn are_private(text: &str) -> bool {
    match parsed(text.trim()) {
        Some((true, (first, last))) => {
            private().iter().any(|(start, end)| (*start..=*end).contains(&first) && *end >= last)
        }
        Some((false, (first, last))) => last < ROUTED.0 || first > ROUTED.1,
        None => true,
    }
}

fn private() -> [Range; 6] {
    PRIVATE.map(|(start, prefix)| block(u128::from(start.to_bits()), prefix, 32))
}

/// Whether it is IPv4, and the range; host bits are ignored, an address alone is itself.
fn parsed(text: &str) -> Option<(bool, Range)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let (bits, width) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let prefix = prefix.unwrap_or(width);
    (prefix <= width).then(|| (width == 32, block(bits, prefix, width)))
}

fn block(bits: u128, prefix: u32, width: u32) -> Range {
    let hosts = 1_u128.checked_shl(width - prefix).map_or(u128::MAX, |size| size - 1);
    (bits & !hosts, bits | hosts)
}

/// Without overlaps, in order.
fn merged(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut apart: Vec<Range> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match apart.last_mut() {
            Some(before) if first <= before.1 => before.1 = before.1.max(last),
            _ => apart.push((first, last)),
        }
    }
    apart
}

/// INVARIANT: IPv6 ranges lie within a /3, so that the sum cannot overflow.
fn size(apart: &[Range]) -> u128 {
    apart.iter().map(|(first, last)| last - first + 1).sum()
}
