//! What is said of a run, as in-toto statements (<https://github.com/in-toto/attestation/tree/main/spec/v1>): each about
//! one plan, named by its digest, and small enough for KMS to sign (4,096 bytes with its encoding). What is large is a
//! detail, named by its SHA-256.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tsify::Tsify;

use super::dsse::{Envelope, pre_authentication};
use super::keys::{Key, is_time};
use super::{Refusal, shown};
use crate::digest::canonical;

/// Media type of the payload of every statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What KMS signs at most with Ed25519:
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>.
const MOST_SIGNED: usize = 4_096;

/// What a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Said {
    /// A run was submitted with this plan.
    Plan,
    /// What the scan found in it.
    Scan,
    /// What policy and circle decided.
    Verdict,
    /// What a person answered.
    Approval,
    /// How the run ended, or left off.
    Outcome,
}

impl Said {
    const ALL: [Self; 5] = [Self::Plan, Self::Scan, Self::Verdict, Self::Approval, Self::Outcome];

    /// As it stands in texts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Scan => "scan",
            Self::Verdict => "verdict",
            Self::Approval => "approval",
            Self::Outcome => "outcome",
        }
    }

    fn predicate_type(self) -> String {
        format!("urn:x-assent:{}:v1", self.name())
    }
}

/// A statement about a plan, in our words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// Which.
    pub says: Said,
    /// Digest of the plan that it is about.
    pub plan_digest: String,
    /// What is said.
    pub predicate: Predicate,
}

/// What is said; which members there are depends on the statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Predicate {
    /// Run.
    pub run: String,
    /// When it was said: ISO 8601, UTC, ms.
    pub at: String,
    /// Of a plan: endpoint, account, region and name of the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub stack: Option<Vec<String>>,
    /// Of a plan: `deploy` or `destroy`. Of a verdict: `approve`, `refuse` or `ask`. Of an approval: `approve` or
    /// `reject`. Of an outcome: the run's. Of a scan: how many findings count, by severity.
    pub result: String,
    /// Who says so: of a verdict policy, circle or nobody, of an approval a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub by: Option<String>,
    /// Of a verdict: gates that were not passed on request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub skipped: Vec<String>,
    /// SHA-256 of all that there is to it, a JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub details: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InToto {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: SubjectDigest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectDigest {
    sha256: String,
}

impl Statement {
    /// Its payload: canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// `statement_too_long` for more than can be signed.
    pub fn payload(&self) -> Result<String, Refusal> {
        let statement = InToto {
            kind: STATEMENT.into(),
            subject: vec![Subject { name: "plan".into(), digest: SubjectDigest { sha256: self.plan_digest.clone() } }],
            predicate_type: self.says.predicate_type(),
            predicate: self.predicate.clone(),
        };
        let payload = canonical(&serde_json::to_value(statement).unwrap_or(Value::Null));
        let bytes = pre_authentication(PAYLOAD_TYPE, payload.as_bytes()).len();
        if bytes > MOST_SIGNED {
            let why = format!("A statement of {bytes} bytes cannot be signed: the limit is {MOST_SIGNED}.");
            return Err(Refusal::new("statement_too_long", why));
        }
        Ok(payload)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// `malformed_proof`.
    pub fn read(payload: &[u8]) -> Result<Self, Refusal> {
        let found: InToto = serde_json::from_slice(payload)
            .map_err(|error| Refusal::malformed(format!("The payload is no statement: {error}.")))?;
        let says = Said::ALL.into_iter().find(|says| says.predicate_type() == found.predicate_type);
        let (Some(says), STATEMENT) = (says, found.kind.as_str()) else {
            return Err(Refusal::malformed(format!("{} is no statement of ours.", shown(&found.predicate_type))));
        };
        let [Subject { name, digest }] = &found.subject[..] else {
            return Err(Refusal::malformed("A statement has one subject."));
        };
        if name != "plan" || !is_sha256(&digest.sha256) || !found.predicate.details.as_deref().is_none_or(is_sha256) {
            return Err(Refusal::malformed("The subject of a statement is a plan's SHA-256."));
        }
        if !is_time(&found.predicate.at) {
            return Err(Refusal::malformed(format!("{} is no time.", shown(&found.predicate.at))));
        }
        let statement = Self { says, plan_digest: digest.sha256.clone(), predicate: found.predicate };
        // One spelling only: what is signed is what is read.
        if statement.payload()?.as_bytes() != payload {
            return Err(Refusal::malformed("The payload is not canonical JSON."));
        }
        Ok(statement)
    }

    /// What an envelope says, if a key signed it that was in force at the statement's own time.
    ///
    /// # Errors
    /// `malformed_proof`, `untrusted_key`, `bad_signature`, `key_expired`.
    pub fn of(envelope: &Envelope, keys: &[Key]) -> Result<Self, Refusal> {
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(Refusal::malformed(format!("{} is no payload of ours.", shown(&envelope.payload_type))));
        }
        let statement = Self::read(&envelope.verify(keys, 1)?)?;
        let at = &statement.predicate.at;
        let in_force: Vec<Key> = keys.iter().filter(|key| key.at(at)).cloned().collect();
        if envelope.verify(&in_force, 1).is_err() {
            return Err(Refusal::new("key_expired", format!("It was signed by a key that was not in force at {at}.")));
        }
        Ok(statement)
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
