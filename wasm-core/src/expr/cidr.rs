//! `Fn::Cidr`: the first subnets of an address block, IPv4 and IPv6.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>
//!
//! One arithmetic for both families: an address is its bits in a `u128`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first `count` blocks with `bits` host bits (default 8 for IPv4) inside `block`; host bits of `block` itself are
/// ignored.
///
/// # Errors
/// A sentence, without the arguments in it.
pub fn subnets(block: &str, count: u64, bits: Option<u64>) -> Result<Vec<String>, String> {
    let parsed = block.trim().split_once('/').and_then(|(address, prefix)| {
        let plain = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        Some((address.parse::<IpAddr>().ok()?, prefix.parse::<u32>().ok().filter(|_| plain)?))
    });
    let (address, prefix) = parsed.ok_or("Fn::Cidr takes as ipBlock an address block such as 10.0.0.0/16")?;
    let (width, start) = match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    };
    if prefix > width {
        return Err(format!("Fn::Cidr: the prefix of ipBlock is longer than {width} bits"));
    }
    let bits = match (bits, address) {
        (Some(bits), _) => u32::try_from(bits).unwrap_or(u32::MAX),
        (None, IpAddr::V4(_)) => 8,
        (None, IpAddr::V6(_)) => return Err("Fn::Cidr needs cidrBits for an IPv6 block (64 makes /64 subnets)".into()),
    };
    let room = width - prefix;
    if bits > room {
        return Err(format!("Fn::Cidr: cidrBits asks for subnets of {bits} bits, the block has {room}"));
    }
    let fits = 1_u64.checked_shl(room - bits).unwrap_or(u64::MAX);
    if count > fits {
        return Err(format!("Fn::Cidr: the block has room for {fits} subnets of {bits} bits, {count} are wanted"));
    }
    let hosts = 1_u128.checked_shl(room).map_or(u128::MAX, |size| size - 1);
    let (network, length) = (start & !hosts, width - bits);
    // INVARIANT: for a single subnet as wide as an IPv6 address the step overflows, and is not taken.
    let step = 1_u128.checked_shl(bits).unwrap_or(0);
    Ok((0..count).map(|index| render(network + u128::from(index) * step, width, length)).collect())
}

fn render(address: u128, width: u32, length: u32) -> String {
    match u32::try_from(address) {
        Ok(address) if width == 32 => format!("{}/{length}", Ipv4Addr::from_bits(address)),
        _ => format!("{}/{length}", Ipv6Addr::from_bits(address)),
    }
}
