//! Envelopes of DSSE: <https://github.com/secure-systems-lab/dsse>.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::keys::Key;
use super::{Refusal, base64_of_either, shown, to_base64};

/// A signed payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// Base64.
    pub payload: String,
    /// What it is, a media type.
    pub payload_type: String,
    /// At least one.
    pub signatures: Vec<EnvelopeSignature>,
}

/// Who signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// A hint which key; proves nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[tsify(optional)]
    pub keyid: String,
    /// Base64.
    pub sig: String,
}

/// What is signed of a payload: the pre-authentication encoding.
#[must_use]
pub fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// Around a payload that one key has signed.
    #[must_use]
    pub fn new(payload_type: &str, payload: &[u8], keyid: &str, signature: &[u8]) -> Self {
        let signatures = vec![EnvelopeSignature { keyid: keyid.into(), sig: to_base64(signature) }];
        Self { payload: to_base64(payload), payload_type: payload_type.into(), signatures }
    }

    /// Reads one. Unknown and repeated members are refused.
    ///
    /// # Errors
    /// `malformed_proof`.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|error| Refusal::malformed(format!("This is no DSSE envelope: {error}.")))
    }

    /// The payload, if at least `threshold` different keys have signed it.
    ///
    /// # Errors
    /// `malformed_proof`; `bad_signature` where a signature names a key and is not by it; `untrusted_key` where too few
    /// are by keys that are known.
    pub fn verify(&self, keys: &[Key], threshold: usize) -> Result<Vec<u8>, Refusal> {
        let no_base64 =
            |what: &str, text: &str| Refusal::malformed(format!("{what} {} is not canonical Base64.", shown(text)));
        let payload = base64_of_either(&self.payload).ok_or_else(|| no_base64("The payload", &self.payload))?;
        if self.signatures.is_empty() {
            return Err(Refusal::malformed("The envelope has no signature."));
        }
        let message = pre_authentication(&self.payload_type, &payload);
        let mut by: Vec<&[u8; 32]> = Vec::new();
        let mut forged = false;
        for EnvelopeSignature { keyid, sig } in &self.signatures {
            let signature = base64_of_either(sig).ok_or_else(|| no_base64("The signature", sig))?;
            if let Some(key) = keys.iter().find(|key| key.verifies(&message, &signature)) {
                if !by.contains(&key.bytes()) {
                    by.push(key.bytes());
                }
            } else if keyid.is_empty() || keys.iter().any(|key| key.id() == *keyid) {
                forged = true;
            }
        }
        if by.len() >= threshold.max(1) {
            return Ok(payload);
        }
        Err(if forged {
            Refusal::new("bad_signature", "A signature is not by the key that it names.")
        } else {
            Refusal::new("untrusted_key", "It is not signed by a key that is trusted.")
        })
    }
}
