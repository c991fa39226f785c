//! A log: what appending changes, what proofs are made from, and whether a whole log is what it was.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::dsse::Envelope;
use super::keys::{Trusted, TrustedKey};
use super::merkle::{Frontier, Hash, leaf_hash};
use super::note::{Checkpoint, Note};
use super::statement::Statement;
use super::tiles::{Place, Tiles, WIDTH};
use super::{Checks, Refusal, Verification, base64, shown, to_base64};
use crate::digest::canonical;

/// A tile as it is kept: its hashes in one Base64 text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tile {
    /// 0: hashes of leaves.
    pub level: u32,
    /// Which, from the left.
    #[tsify(type = "number")]
    pub index: u64,
    /// 32 bytes each, at most 256 of them.
    pub hashes: String,
}

/// A log, and what is to be added to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppendCall {
    /// Which log.
    pub origin: String,
    /// How many leaves it has.
    #[tsify(type = "number")]
    pub size: u64,
    /// The tiles at its right edge.
    pub edge: Vec<Tile>,
    /// New leaves, whole.
    pub leaves: Vec<String>,
}

/// A log after an append.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Appended {
    /// How many leaves it has now.
    #[tsify(type = "number")]
    pub size: u64,
    /// Tiles that are new or longer.
    pub tiles: Vec<Tile>,
    /// The text of its checkpoint, to be signed.
    pub checkpoint: String,
}

/// Appends; pure: nothing is kept here.
///
/// # Errors
/// `log_corrupt` where the tiles are not those of a log of that size.
pub fn append(call: &AppendCall) -> Result<Appended, Refusal> {
    let corrupt =
        || Refusal::new("log_corrupt", format!("The tiles of the log are not those of {} leaves.", call.size));
    let mut tiles = tiles_of(&call.edge)?;
    let mut size = call.size;
    let mut frontier = tiles.frontier(size).ok_or_else(corrupt)?;
    let mut changed = Vec::new();
    for leaf in &call.leaves {
        let hash = leaf_hash(leaf.as_bytes());
        tiles.push(size, hash, &mut changed);
        frontier.push(hash);
        size += 1;
    }
    let checkpoint = Checkpoint { origin: call.origin.clone(), size, root: frontier.root() };
    let tiles = changed.into_iter().map(|place| tile(place, tiles.get(place))).collect();
    Ok(Appended { size, tiles, checkpoint: checkpoint.text() })
}

fn tile((level, index): Place, hashes: &[Hash]) -> Tile {
    Tile { level, index, hashes: to_base64(&hashes.concat()) }
}

/// Tiles by place.
pub(crate) fn tiles_of(given: &[Tile]) -> Result<Tiles, Refusal> {
    let mut tiles = Tiles::default();
    for Tile { level, index, hashes } in given {
        let bytes = base64(hashes).ok_or_else(|| Refusal::new("log_corrupt", "A tile of the log is damaged."))?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() > WIDTH as usize {
            return Err(Refusal::new("log_corrupt", "A tile of the log is damaged."));
        }
        tiles.put((*level, *index), hashes.to_vec());
    }
    Ok(tiles)
}

/// Reads a whole log, entry by entry, against its checkpoint.
#[derive(Debug)]
pub struct LogReader {
    trusted: Trusted,
    checkpoint: Option<Checkpoint>,
    since: Option<Checkpoint>,
    frontier: Frontier,
    /// The latest time that a statement claims.
    latest: String,
    checks: Checks,
}

impl LogReader {
    /// Against a checkpoint, and perhaps one from before.
    #[must_use]
    pub fn new(keys: &[TrustedKey], checkpoint: &str, since: Option<&str>) -> Self {
        let mut reader = Self {
            trusted: Trusted::default(),
            checkpoint: None,
            since: None,
            frontier: Frontier::default(),
            latest: String::new(),
            checks: Checks::default(),
        };
        match Trusted::read(keys) {
            Ok(trusted) => reader.trusted = trusted,
            Err(refusal) => {
                reader.checks.bad("key", refusal);
                return reader;
            }
        }
        reader.checkpoint = checked(&mut reader.checks, "checkpoint", checkpoint, &reader.trusted);
        if let Some(since) = since {
            reader.since = checked(&mut reader.checks, "since", since, &reader.trusted);
            reader.compare_origins();
        }
        reader
    }

    /// The next entry, `None` where it is gone, with the hash that the log's tiles have of it, where they are there.
    pub fn push(&mut self, entry: Option<&str>, recorded: Option<&[u8]>) {
        let index = self.frontier.size();
        let hash = entry.map(|entry| leaf_hash(entry.as_bytes()));
        let recorded = recorded.and_then(|recorded| Hash::try_from(recorded).ok());
        if let Some(entry) = entry {
            if recorded.is_some_and(|recorded| Some(recorded) != hash) {
                self.fault(index, "entry_altered", "it is not the one that was logged");
            }
            if let Err(refusal) = self.read(index, entry) {
                self.fault(index, refusal.code, &refusal.message);
            }
        } else {
            self.fault(index, "entry_missing", "it is gone");
        }
        // A tree over what the tiles say still tells whether they are those that were signed.
        self.frontier.push(recorded.or(hash).unwrap_or_default());
        self.compare_since();
    }

    /// What came of it, once all entries have been read.
    #[must_use]
    pub fn finish(mut self) -> Verification {
        let size = self.frontier.size();
        if !self.checks.has("entry") {
            self.checks.good("entries", format!("{size} statements, each signed by a key that is trusted, in order."));
        }
        if let Some(checkpoint) = &self.checkpoint {
            if size < checkpoint.size {
                self.fault(
                    size,
                    "entry_missing",
                    &format!("the log has {} entries by its checkpoint", checkpoint.size),
                );
            } else if size > checkpoint.size {
                let more = format!("the log has {} entries by its checkpoint, and there are {size}", checkpoint.size);
                self.fault(checkpoint.size, "entry_added", &more);
            } else if self.frontier.root() == checkpoint.root {
                self.checks.good("root", format!("{size} entries lead to the root that was signed."));
            } else {
                let refusal =
                    Refusal::new("root_mismatch", format!("The {size} entries lead to another root than was signed."));
                self.checks.bad("root", refusal);
            }
        }
        if let Some(since) = self.since.take() {
            let why = format!("The log ends before the {} entries of the earlier checkpoint.", since.size);
            self.checks.bad("since", Refusal::new("forked", why));
        }
        self.checks.done()
    }

    fn read(&mut self, index: u64, entry: &str) -> Result<(), Refusal> {
        let statement = Statement::of(&envelope_of(entry)?, &self.trusted.signers)?;
        let at = statement.predicate.at;
        if at < self.latest {
            let why = format!("says {at}, after one that says {}", self.latest);
            self.fault(index, "back_dated", &why);
        } else {
            self.latest = at;
        }
        Ok(())
    }

    fn fault(&mut self, index: u64, code: &'static str, why: &str) {
        self.checks.bad("entry", Refusal::new(code, format!("Entry {index}: {why}")));
    }

    /// Another log's checkpoint is continued by nothing here.
    fn compare_origins(&mut self) {
        let origin = self.checkpoint.as_ref().map(|checkpoint| &checkpoint.origin);
        if let Some(since) = self.since.take_if(|since| origin.is_some_and(|origin| *origin != since.origin)) {
            let why = format!("The earlier checkpoint is of log {}.", shown(&since.origin));
            self.checks.bad("since", Refusal::new("forked", why));
        }
    }

    fn compare_since(&mut self) {
        let size = self.frontier.size();
        if let Some(since) = self.since.take_if(|since| since.size == size) {
            if since.root == self.frontier.root() {
                self.checks.good("since", format!("The log continues the one of {size} entries."));
            } else {
                let why = format!("The log does not continue the one of {size} entries.");
                self.checks.bad("since", Refusal::new("forked", why));
            }
        }
    }
}

/// An entry of the log: an envelope in the one spelling that it may have there.
pub(crate) fn envelope_of(entry: &str) -> Result<Envelope, Refusal> {
    let envelope = Envelope::read(entry)?;
    if entry_of(&envelope) != entry {
        return Err(Refusal::malformed("The entry is not canonical JSON."));
    }
    Ok(envelope)
}

/// The text of an envelope as a leaf: canonical JSON (RFC 8785).
#[must_use]
pub fn entry_of(envelope: &Envelope) -> String {
    canonical(&serde_json::to_value(envelope).unwrap_or_default())
}

/// Reads a signed checkpoint and notes what comes of it.
pub(crate) fn checked(checks: &mut Checks, name: &str, note: &str, trusted: &Trusted) -> Option<Checkpoint> {
    match Note::read(note).and_then(|note| note.checkpoint(trusted)) {
        Ok((checkpoint, witnessed)) => {
            checks.good(name, format!("Log {}, {} entries.", shown(&checkpoint.origin), checkpoint.size));
            for witness in &witnessed.by {
                checks.good("witness", format!("{} has seen it.", shown(witness)));
            }
            Some(checkpoint)
        }
        Err(refusal) => {
            checks.bad(name, refusal);
            None
        }
    }
}
