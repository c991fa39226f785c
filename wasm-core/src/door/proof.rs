//! The exports for proofs: what a log keeps, and whether what is shown holds.

use serde::{Deserialize, Serialize};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::proof::dsse::{Envelope, pre_authentication};
use crate::proof::file::{ProveCall, Proved, WorkCall};
use crate::proof::keys::{Key, Trusted, TrustedKey};
use crate::proof::log::{AppendCall, Appended, entry_of};
use crate::proof::merkle::{self, Hash};
use crate::proof::note::{self, Checkpoint};
use crate::proof::statement::{PAYLOAD_TYPE, Statement};
use crate::proof::tiles::needed;
use crate::proof::{Refusal, Verification, file, log};

/// Pinned keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct TrustedKeys {
    /// Each with the time that it is good for.
    pub keys: Vec<TrustedKey>,
}

/// Asks whether an envelope is signed by enough of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct DsseCall {
    /// The envelope, JSON text.
    pub envelope: String,
    /// Pinned ones.
    pub keys: Vec<TrustedKey>,
    /// How many different keys must have signed; at least 1.
    pub threshold: usize,
}

/// The answer to a call about something that was signed, kept or shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ProofAnswer {
    /// It holds.
    Holds,
    /// What an envelope carries.
    Payload {
        /// Base64.
        payload: String,
        /// Media type.
        payload_type: String,
    },
    /// What is to be signed or kept.
    Text {
        /// As it is.
        text: String,
    },
    /// A log after an append.
    Appended {
        /// To be kept.
        appended: Appended,
    },
    /// Made from tiles.
    Proved {
        /// As asked.
        proved: Proved,
    },
    /// It does not hold.
    Refused {
        /// Stable.
        code: String,
        /// One sentence.
        message: String,
    },
}

impl From<Refusal> for ProofAnswer {
    fn from(Refusal { code, message }: Refusal) -> Self {
        Self::Refused { code: code.into(), message }
    }
}

impl From<Result<(), Refusal>> for ProofAnswer {
    fn from(outcome: Result<(), Refusal>) -> Self {
        outcome.map_or_else(Self::from, |()| Self::Holds)
    }
}

/// Whether a leaf is in a tree (RFC 9162, 2.1.3.2). `proof`: its hashes one after the other.
///
/// # Errors
/// When a hash is not of 32 bytes, or a number no size.
#[wasm_bindgen(js_name = verifyInclusion)]
pub fn verify_inclusion(
    index: f64,
    size: f64,
    leaf: &[u8],
    proof: &[u8],
    root: &[u8],
) -> Result<Ts<ProofAnswer>, JsError> {
    let (leaf, root) = (hash(leaf)?, hash(root)?);
    let held = merkle::verify_inclusion(whole(index)?, whole(size)?, &leaf, hashes(proof)?, &root);
    Ok(ProofAnswer::from(held).into_ts()?)
}

/// Whether a tree continues another (RFC 9162, 2.1.4.2). `proof`: its hashes one after the other.
///
/// # Errors
/// When a hash is not of 32 bytes, or a number no size.
#[wasm_bindgen(js_name = verifyConsistency)]
pub fn verify_consistency(
    first: f64,
    first_root: &[u8],
    second: f64,
    second_root: &[u8],
    proof: &[u8],
) -> Result<Ts<ProofAnswer>, JsError> {
    let (before, after) = (hash(first_root)?, hash(second_root)?);
    let held = merkle::verify_consistency((whole(first)?, &before), (whole(second)?, &after), hashes(proof)?);
    Ok(ProofAnswer::from(held).into_ts()?)
}

/// Whether an Ed25519 signature is the key's (RFC 8032), strictly; whatever the bytes are, that is an answer.
#[wasm_bindgen(js_name = verifySignature)]
#[must_use]
pub fn verify_signature(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    <[u8; 32]>::try_from(public_key).ok().and_then(Key::from_bytes).is_some_and(|key| key.verifies(message, signature))
}

/// Whether an envelope is signed by pinned keys, and what it carries.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen(js_name = verifyDsse)]
pub fn verify_dsse(call: Ts<DsseCall>) -> Result<Ts<ProofAnswer>, JsError> {
    let DsseCall { envelope, keys, threshold } = call.to_rust()?;
    let verified = || {
        let trusted = Trusted::read(&keys)?;
        let envelope = Envelope::read(&envelope)?;
        let payload = envelope.verify(&trusted.signers, threshold)?;
        Ok(ProofAnswer::Payload { payload: crate::proof::to_base64(&payload), payload_type: envelope.payload_type })
    };
    Ok(verified().unwrap_or_else(|refusal: Refusal| refusal.into()).into_ts()?)
}

/// Whether a run's proof holds.
///
/// # Errors
/// When the keys are malformed. Never on account of the proof.
#[wasm_bindgen(js_name = verifyProof)]
#[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
pub fn verify_proof(text: &str, keys: Ts<TrustedKeys>, since: Option<String>) -> Result<Ts<Verification>, JsError> {
    Ok(file::verify(text, &keys.to_rust()?.keys, since.as_deref()).into_ts()?)
}

/// The payload of a statement, to be signed as `preAuthentication` gives it.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen(js_name = statementPayload)]
pub fn statement_payload(statement: Ts<Statement>) -> Result<Ts<ProofAnswer>, JsError> {
    let payload = statement.to_rust()?.payload();
    Ok(payload.map_or_else(ProofAnswer::from, |text| ProofAnswer::Text { text }).into_ts()?)
}

/// What is signed of a statement's payload.
#[wasm_bindgen(js_name = preAuthentication)]
#[must_use]
pub fn pre_authentication_of(payload: &str) -> Vec<u8> {
    pre_authentication(PAYLOAD_TYPE, payload.as_bytes())
}

/// A statement's payload with its signature: an entry of the log.
///
/// # Errors
/// When the key is none.
#[wasm_bindgen(js_name = logEntry)]
pub fn log_entry(payload: &str, public_key: &[u8], signature: &[u8]) -> Result<String, JsError> {
    let keyid = key(public_key)?.id();
    Ok(entry_of(&Envelope::new(PAYLOAD_TYPE, payload.as_bytes(), &keyid, signature)))
}

/// Whether what is signed of a run allows its plan to be carried out.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen(js_name = mayWork)]
pub fn may_work(call: Ts<WorkCall>) -> Result<Ts<ProofAnswer>, JsError> {
    Ok(ProofAnswer::from(file::may_work(&call.to_rust()?)).into_ts()?)
}

/// What an append changes of a log.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen(js_name = appendToLog)]
pub fn append_to_log(call: Ts<AppendCall>) -> Result<Ts<ProofAnswer>, JsError> {
    let appended = log::append(&call.to_rust()?);
    Ok(appended.map_or_else(ProofAnswer::from, |appended| ProofAnswer::Appended { appended }).into_ts()?)
}

/// Tiles that proofs about a leaf need, and those at the right edge: level and index, in turn.
///
/// # Errors
/// When a number is no size.
#[wasm_bindgen(js_name = neededTiles)]
#[allow(clippy::cast_precision_loss)] // sizes are below 2^53
pub fn needed_tiles(index: f64, size: f64) -> Result<Vec<f64>, JsError> {
    let places = needed(whole(index)?, whole(size)?);
    Ok(places.into_iter().flat_map(|(level, index)| [f64::from(level), index as f64]).collect())
}

/// Makes proofs from tiles.
///
/// # Errors
/// When the call is malformed.
#[wasm_bindgen(js_name = proveFromTiles)]
pub fn prove_from_tiles(call: Ts<ProveCall>) -> Result<Ts<ProofAnswer>, JsError> {
    let proved = file::prove(&call.to_rust()?);
    Ok(proved.map_or_else(ProofAnswer::from, |proved| ProofAnswer::Proved { proved }).into_ts()?)
}

/// A checkpoint's text with the signature over it, as a signed note.
///
/// # Errors
/// When the text is no checkpoint, or the key none.
#[wasm_bindgen(js_name = signedCheckpoint)]
pub fn signed_checkpoint(text: &str, public_key: &[u8], signature: &[u8]) -> Result<String, JsError> {
    let checkpoint = Checkpoint::read(text).map_err(|refusal| JsError::new(&refusal.message))?;
    Ok(note::signed(&checkpoint, &key(public_key)?, signature))
}

/// A key as notes name it: `name+hash+key`.
///
/// # Errors
/// When the key is none.
#[wasm_bindgen(js_name = verifierKey)]
pub fn verifier_key(name: &str, public_key: &[u8]) -> Result<String, JsError> {
    Ok(key(public_key)?.verifier_key(name))
}

/// Reads a whole log against its checkpoint.
#[wasm_bindgen]
#[derive(Debug)]
pub struct LogReader {
    reader: log::LogReader,
}

#[wasm_bindgen]
impl LogReader {
    /// `since`: a checkpoint from before.
    ///
    /// # Errors
    /// When the keys are malformed.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
    pub fn new(keys: Ts<TrustedKeys>, checkpoint: &str, since: Option<String>) -> Result<LogReader, JsError> {
        Ok(Self { reader: log::LogReader::new(&keys.to_rust()?.keys, checkpoint, since.as_deref()) })
    }

    /// The next entry, absent where it is gone; `recorded`: the hash that the log's tiles have of it.
    #[allow(clippy::needless_pass_by_value)] // what crosses the door is owned
    pub fn push(&mut self, entry: Option<String>, recorded: Option<Vec<u8>>) {
        self.reader.push(entry.as_deref(), recorded.as_deref());
    }

    /// What came of it.
    ///
    /// # Errors
    /// Never.
    pub fn finish(self) -> Result<Ts<Verification>, JsError> {
        Ok(self.reader.finish().into_ts()?)
    }
}

fn hash(bytes: &[u8]) -> Result<Hash, JsError> {
    Hash::try_from(bytes).map_err(|_| JsError::new("a hash has 32 bytes"))
}

fn hashes(bytes: &[u8]) -> Result<&[Hash], JsError> {
    let (hashes, rest) = bytes.as_chunks();
    if rest.is_empty() { Ok(hashes) } else { Err(JsError::new("a hash has 32 bytes")) }
}

fn key(bytes: &[u8]) -> Result<Key, JsError> {
    <[u8; 32]>::try_from(bytes).ok().and_then(Key::from_bytes).ok_or_else(|| JsError::new("this is no Ed25519 key"))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
fn whole(number: f64) -> Result<u64, JsError> {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    if (0.0..=SAFE).contains(&number) && number.fract() == 0.0 {
        Ok(number as u64)
    } else {
        Err(JsError::new("this is no size"))
    }
}
