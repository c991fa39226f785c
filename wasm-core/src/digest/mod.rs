//! Names derived from content: canonical JSON, hashes, client tokens, UUIDs.
//!
//! Promises: the same value gives the same text on every machine, whatever the order of keys or the formatting it came
//! in (RFC 8785); nothing here draws a random number. `plan` digests with it, `engine` names its attempts with it.

mod canonical;
mod stream;

use sha2::{Digest, Sha256};

pub use canonical::canonical;
pub use stream::{Apart, Omitted, canonical_apart, canonical_of};

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits in lower case.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// [`sha256_hex`] of a text that comes in parts.
#[must_use]
pub fn sha256_hex_of<'t>(parts: impl Iterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    parts.for_each(|part| hash.update(part));
    hex(&hash.finalize())
}

/// Cloud Control's ClientToken of an attempt: 64 characters of its alphabet (`[-A-Za-z0-9+/=]{1,128}`), the same
/// whenever the same attempt is made again, different for any other. Neither run nor step has a line break.
#[must_use]
pub fn client_token(run: &str, step: &str, attempt: u32) -> String {
    sha256_hex(format!("{run}\n{step}\n{attempt}").as_bytes())
}

/// A UUID made of a name: version 8 (RFC 9562, 5.8) over the first 122 free bits of its SHA-256.
#[must_use]
pub fn name_uuid(input: &str) -> String {
    let digest = Sha256::digest(input.as_bytes());
    let mut uuid = String::with_capacity(36);
    for (index, byte) in digest.iter().take(16).enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        let byte = match index {
            6 => byte & 0x0f | 0x80,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        uuid.push_str(&hex(&[byte]));
    }
    uuid
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}
