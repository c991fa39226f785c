//! Signed notes (<https://c2sp.org/signed-note>), and checkpoints as their text (<https://c2sp.org/tlog-checkpoint>): the
//! size and root of a log, signed by the log and perhaps by witnesses (<https://c2sp.org/tlog-cosignature>).

use super::keys::{Key, Trusted};
use super::merkle::Hash;
use super::{Refusal, base64, hash_of, shown, to_base64};

/// The kind of a log's Ed25519 signature.
pub const SIGNS: u8 = 0x01;
/// The kind of a witness's timestamped one.
pub const COSIGNS: u8 = 0x04;

/// A text and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    key_hash: Vec<u8>,
    signature: Vec<u8>,
}

/// The size and root of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, to_base64(&self.root))
    }

    /// Reads the text of a note; what a log adds behind the root is left alone.
    ///
    /// # Errors
    /// `malformed_proof`.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let mut next = |what: &str| {
            lines
                .next()
                .filter(|line| !line.is_empty())
                .ok_or_else(|| Refusal::malformed(format!("The checkpoint has no {what}.")))
        };
        let origin = next("origin")?.to_string();
        let written = next("size")?;
        let size: u64 = written.parse().map_err(|_| Refusal::malformed(format!("{} is no size.", shown(written))))?;
        if size.to_string() != written {
            return Err(Refusal::malformed(format!("{} is no size.", shown(written))));
        }
        let root = hash_of(next("root")?)?;
        Ok(Self { origin, size, root })
    }
}

/// A checkpoint with the signature that a log's key made over its text.
#[must_use]
pub fn signed(checkpoint: &Checkpoint, key: &Key, signature: &[u8]) -> String {
    let name = &checkpoint.origin;
    let mut bytes = key.note_hash(name, SIGNS).to_vec();
    bytes.extend_from_slice(signature);
    format!("{}\n\u{2014} {name} {}\n", checkpoint.text(), to_base64(&bytes))
}

impl Note {
    /// Reads one.
    ///
    /// # Errors
    /// `malformed_proof`.
    pub fn read(note: &str) -> Result<Self, Refusal> {
        if note.chars().any(|character| character != '\n' && character.is_control()) {
            return Err(Refusal::malformed("The checkpoint holds a control character."));
        }
        let (text, rest) = note
            .rsplit_once("\n\n")
            .ok_or_else(|| Refusal::malformed("The checkpoint has no empty line before its signatures."))?;
        let lines = rest
            .strip_suffix('\n')
            .ok_or_else(|| Refusal::malformed("The checkpoint does not end with a line break."))?;
        let signatures = lines.split('\n').map(NoteSignature::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The checkpoint in it, if a pinned key signed it; and what its witnesses say.
    ///
    /// # Errors
    /// `malformed_proof`, `untrusted_key`, `bad_signature`.
    pub fn checkpoint(&self, trusted: &Trusted) -> Result<(Checkpoint, Witnessed), Refusal> {
        let checkpoint = Checkpoint::read(&self.text)?;
        let mut signed = false;
        for signature in &self.signatures {
            let Some(key) = trusted.signers.iter().find(|key| {
                key.name.as_ref().is_none_or(|name| *name == signature.name)
                    && key.note_hash(&signature.name, SIGNS) == *signature.key_hash
            }) else {
                continue;
            };
            if signature.name != checkpoint.origin || !key.verifies(self.text.as_bytes(), &signature.signature) {
                return Err(Refusal::new(
                    "bad_signature",
                    "The checkpoint's signature is not by the key that it names.",
                ));
            }
            signed = true;
        }
        if !signed {
            return Err(Refusal::new("untrusted_key", "The checkpoint is not signed by a key that is trusted."));
        }
        Ok((checkpoint, self.witnessed(trusted)?))
    }

    fn witnessed(&self, trusted: &Trusted) -> Result<Witnessed, Refusal> {
        let mut witnessed = Witnessed::default();
        for NoteSignature { name, key_hash, signature } in &self.signatures {
            let by = trusted.witnesses.iter().find(|key| key.note_hash(name, COSIGNS) == **key_hash);
            let Some(key) = by else {
                witnessed.others += 1;
                continue;
            };
            let refuse =
                || Refusal::new("bad_signature", format!("The cosignature of {} is not its own.", shown(name)));
            let (moment, signature) = signature.split_first_chunk::<8>().ok_or_else(refuse)?;
            let message = format!("cosignature/v1\ntime {}\n{}", u64::from_be_bytes(*moment), self.text);
            if !key.verifies(message.as_bytes(), signature) {
                return Err(refuse());
            }
            witnessed.by.push(name.clone());
        }
        // The log's own.
        witnessed.others = witnessed.others.saturating_sub(1);
        Ok(witnessed)
    }
}

/// Who else has seen a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// Pinned witnesses whose cosignature holds.
    pub by: Vec<String>,
    /// Signatures by keys that are not pinned; they say nothing.
    pub others: usize,
}

impl NoteSignature {
    fn read(line: &str) -> Result<Self, Refusal> {
        let malformed = || Refusal::malformed(format!("{} is no signature of a note.", shown(line)));
        let (name, encoded) =
            line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
        if name.is_empty() || name.contains(['+', '\u{a0}']) {
            return Err(malformed());
        }
        let bytes = base64(encoded).filter(|bytes| bytes.len() > 4).ok_or_else(malformed)?;
        let (key_hash, signature) = bytes.split_at(4);
        Ok(Self { name: name.into(), key_hash: key_hash.into(), signature: signature.into() })
    }
}
