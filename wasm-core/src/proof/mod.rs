//! Proof of what was approved and done: signed statements in an append-only log, and their verification.
//!
//! Promises: nothing here signs or keeps anything; it says which bytes are to be signed, what is to be kept, and whether
//! what somebody else shows is what it claims to be. What verifies is exact: one spelling of every number, hash and
//! signature (canonical Base64, strict Ed25519, no unknown fields), so that no bit can be changed unseen.
//!
//! - `merkle`: the tree of RFC 9162; `tiles`: what of it is kept ([tlog-tiles](https://c2sp.org/tlog-tiles))
//! - `keys`: Ed25519 by RFC 8032; `dsse`: [envelopes](https://github.com/secure-systems-lab/dsse)
//! - `note`: [signed notes](https://c2sp.org/signed-note), [checkpoints](https://c2sp.org/tlog-checkpoint) and
//!   [cosignatures](https://c2sp.org/tlog-cosignature)
//! - `statement`: our [in-toto statements](https://github.com/in-toto/attestation); `log`: appending to, proving from and
//!   reading a whole log; `file`: a run's self-contained proof

pub mod dsse;
pub mod file;
pub mod keys;
pub mod log;
pub mod merkle;
pub mod note;
pub mod statement;
pub mod tiles;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use tsify::Tsify;

use merkle::Hash;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// What was checked: `checkpoint`, `signature`, `inclusion`, ...
    pub name: String,
    /// Whether it holds.
    pub ok: bool,
    /// What it was about, or what is wrong with it.
    pub message: String,
}

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verification {
    /// Whether everything holds.
    pub valid: bool,
    /// Of the first check that fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub code: Option<String>,
    /// All that was looked at, in that order.
    pub checks: Vec<Check>,
}

/// Collects checks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
    checks: Vec<Check>,
    code: Option<String>,
}

impl Checks {
    pub(crate) fn good(&mut self, name: &str, message: impl Into<String>) {
        self.checks.push(Check { name: name.into(), ok: true, message: message.into() });
    }

    pub(crate) fn bad(&mut self, name: &str, refusal: Refusal) {
        self.checks.push(Check { name: name.into(), ok: false, message: refusal.message });
        self.code.get_or_insert(refusal.code.into());
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.checks.iter().any(|check| check.name == name)
    }

    pub(crate) fn note(&mut self, name: &str, outcome: Result<String, Refusal>) {
        match outcome {
            Ok(message) => self.good(name, message),
            Err(refusal) => self.bad(name, refusal),
        }
    }

    pub(crate) fn done(self) -> Verification {
        Verification { valid: self.code.is_none(), code: self.code, checks: self.checks }
    }
}

/// Why something is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, snake_case.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new("malformed_proof", message)
    }
}

/// Bytes of canonical Base64 (RFC 4648, section 4: padded, no stray bits).
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The same in either alphabet, as DSSE allows.
pub(crate) fn base64_of_either(text: &str) -> Option<Vec<u8>> {
    base64(text).or_else(|| URL_SAFE.decode(text).ok())
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A hash in canonical Base64.
pub(crate) fn hash_of(text: &str) -> Result<Hash, Refusal> {
    base64(text)
        .and_then(|bytes| Hash::try_from(bytes).ok())
        .ok_or_else(|| Refusal::malformed(format!("{} is no hash in canonical Base64.", shown(text))))
}

/// What somebody else wrote, short enough to be repeated.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().filter(|character| !character.is_control()).take(60).collect();
    format!("\"{short}\"")
}
