//! Ed25519 public keys (RFC 8032) and who is trusted.

use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::{Refusal, base64, shown};
use crate::digest::sha256_hex;

/// A SubjectPublicKeyInfo of Ed25519 up to its 32 bytes (RFC 8410, section 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// 2^255 − 19, little-endian: coordinates below it have one encoding.
const PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    prime[0] = 0xed;
    prime[31] = 0x7f;
    prime
};

/// A public key that the verifier has pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustedKey {
    /// PEM (SubjectPublicKeyInfo), its 32 bytes in Base64, or a note's verifier key (`name+hash+key`).
    pub public_key: String,
    /// What was signed before this moment (ISO 8601, UTC, ms) is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub valid_from: Option<String>,
    /// What was signed after it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub valid_until: Option<String>,
}

/// A key that can be asked.
#[derive(Clone, Debug)]
pub struct Key {
    bytes: [u8; 32],
    key: VerifyingKey,
    /// The name that a note's verifier key gives it.
    pub(crate) name: Option<String>,
    /// Whether it cosigns, by that verifier key.
    pub(crate) witness: bool,
    pub(crate) valid_from: Option<String>,
    pub(crate) valid_until: Option<String>,
}

impl Key {
    /// From its 32 bytes; `None` where they are no key: not a point, a non-canonical encoding, or of small order (whose
    /// signatures would verify over anything).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Option<Self> {
        let mut coordinate = bytes;
        coordinate[31] &= 0x7f;
        if coordinate.iter().rev().ge(PRIME.iter().rev()) {
            return None;
        }
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())?;
        Some(Self { bytes, key, name: None, witness: false, valid_from: None, valid_until: None })
    }

    /// Reads a pinned key.
    ///
    /// # Errors
    /// `invalid_key`.
    pub fn read(trusted: &TrustedKey) -> Result<Self, Refusal> {
        let text = trusted.public_key.trim();
        let invalid = || {
            Refusal::new(
                "invalid_key",
                format!("{} is no Ed25519 public key (PEM, Base64 of 32 bytes, or name+hash+key).", shown(text)),
            )
        };
        let mut key = if let Some(rest) = text.strip_prefix("-----BEGIN PUBLIC KEY-----") {
            let inner = rest.strip_suffix("-----END PUBLIC KEY-----").ok_or_else(invalid)?;
            let packed: String = inner.split_ascii_whitespace().collect();
            let der = base64(&packed).ok_or_else(invalid)?;
            let raw = der.strip_prefix(&SPKI).and_then(|raw| <[u8; 32]>::try_from(raw).ok()).ok_or_else(invalid)?;
            Self::from_bytes(raw).ok_or_else(invalid)?
        } else if let [name, hash, encoded] = text.splitn(3, '+').collect::<Vec<_>>()[..] {
            Self::of_note(name, hash, encoded).or_else(|| Self::of_base64(text)).ok_or_else(invalid)?
        } else {
            Self::of_base64(text).ok_or_else(invalid)?
        };
        for moment in [&trusted.valid_from, &trusted.valid_until].into_iter().flatten() {
            if !is_time(moment) {
                let why = format!("{} is no time like 2026-11-26T12:00:00.000Z.", shown(moment));
                return Err(Refusal::new("invalid_key", why));
            }
        }
        key.valid_from.clone_from(&trusted.valid_from);
        key.valid_until.clone_from(&trusted.valid_until);
        Ok(key)
    }

    fn of_base64(text: &str) -> Option<Self> {
        Self::from_bytes(base64(text)?.try_into().ok()?)
    }

    /// A verifier key of a signed note: the hash is of name, kind and key.
    fn of_note(name: &str, hash: &str, encoded: &str) -> Option<Self> {
        let bytes = base64(encoded)?;
        let (kind, raw) = bytes.split_first()?;
        let witness = match *kind {
            super::note::SIGNS => false,
            super::note::COSIGNS => true,
            _ => return None,
        };
        let mut key = Self::from_bytes(raw.try_into().ok()?)?;
        (hex(&key.note_hash(name, *kind)) == hash).then(|| {
            key.name = Some(name.into());
            key.witness = witness;
            key
        })
    }

    /// The first four bytes of SHA-256 over name and key: how a note names who signed it.
    #[must_use]
    pub fn note_hash(&self, name: &str, kind: u8) -> [u8; 4] {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(self.bytes).finalize();
        let mut hash = [0; 4];
        hash.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        hash
    }

    /// As notes name it: `name+hash+key`.
    #[must_use]
    pub fn verifier_key(&self, name: &str) -> String {
        let mut typed = vec![super::note::SIGNS];
        typed.extend_from_slice(&self.bytes);
        format!("{name}+{}+{}", hex(&self.note_hash(name, super::note::SIGNS)), super::to_base64(&typed))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// SHA-256 of the 32 bytes, hex: how an envelope names who signed it.
    #[must_use]
    pub fn id(&self) -> String {
        sha256_hex(&self.bytes)
    }

    /// Whether the signature over the message is this key's; strictly (RFC 8032, 5.1.7, without the cofactor): S is
    /// reduced, R is canonical and of no small order.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        <[u8; 64]>::try_from(signature)
            .is_ok_and(|bytes| self.key.verify_strict(message, &Signature::from_bytes(&bytes)).is_ok())
    }

    /// Whether it was in force at a moment.
    pub(crate) fn at(&self, moment: &str) -> bool {
        self.valid_from.as_deref().is_none_or(|from| from <= moment)
            && self.valid_until.as_deref().is_none_or(|until| moment <= until)
    }
}

/// Keys that the verifier has pinned: the log's, and its witnesses'.
#[derive(Clone, Debug, Default)]
pub struct Trusted {
    pub(crate) signers: Vec<Key>,
    pub(crate) witnesses: Vec<Key>,
}

impl Trusted {
    /// Reads them.
    ///
    /// # Errors
    /// `untrusted_key` where none signs, `invalid_key`.
    pub fn read(keys: &[TrustedKey]) -> Result<Self, Refusal> {
        let keys = keys.iter().map(Key::read).collect::<Result<Vec<_>, _>>()?;
        let (witnesses, signers): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.witness);
        if signers.is_empty() {
            return Err(Refusal::new(
                "untrusted_key",
                "No key is pinned: a proof that brings its own key proves nothing. Give the key you trust.",
            ));
        }
        Ok(Self { signers, witnesses })
    }
}

/// Whether a text is a moment as all of ours are: `2026-11-26T12:00:00.000Z`, so that they sort as texts.
#[must_use]
pub fn is_time(text: &str) -> bool {
    let form = b"dddd-dd-ddTdd:dd:dd.dddZ";
    text.len() == form.len()
        && text.bytes().zip(form).all(|(byte, form)| if *form == b'd' { byte.is_ascii_digit() } else { byte == *form })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
