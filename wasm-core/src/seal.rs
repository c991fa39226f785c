//! Authenticated encryption of what is kept: AES-256-GCM (NIST SP 800-38D), in buffers that are wiped when they are let go.
//!
//! A sealed value is the nonce, the tag and the ciphertext, one after the other. It opens only under its key and with the
//! very context that it was sealed with: a value moved to another place is refused as a changed one is.
//! Callers: the door, and through it `src/core/seal.ts`. Keys and nonces come from there.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use zeroize::Zeroizing;

/// Of a key.
pub const KEY_BYTES: usize = 32;
/// 96 bits, as SP 800-38D recommends.
pub const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Seals a value under a key; a nonce may be used once with it.
///
/// Absent only for a value beyond 64 GiB, which the algorithm cannot take.
#[must_use]
pub fn seal(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    context: &[u8],
    mut plain: Zeroizing<Vec<u8>>,
) -> Option<Vec<u8>> {
    let cipher = Aes256Gcm::new(key.into());
    let tag = cipher.encrypt_inout_detached(&Nonce::from(*nonce), context, plain.as_mut_slice().into()).ok()?;
    // What is in the buffer now is the ciphertext.
    Some([nonce.as_slice(), tag.as_slice(), plain.as_slice()].concat())
}

/// The value, or nothing where key, context or a single bit is another one.
#[must_use]
pub fn open(key: &[u8; KEY_BYTES], context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let (tag, ciphertext) = rest.split_first_chunk::<TAG_BYTES>()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let cipher = Aes256Gcm::new(key.into());
    let (nonce, tag) = (Nonce::from(*nonce), Tag::from(*tag));
    cipher.decrypt_inout_detached(&nonce, context, buffer.as_mut_slice().into(), &tag).ok()?;
    Some(buffer)
}
