//! The proof of one run in one file: its statements, that they are in the log, all that they name by digest, and the end
//! of the log, so that any recent checkpoint can be compared. Verified without anything else but a pinned key.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tsify::Tsify;

use super::dsse::Envelope;
use super::keys::{Trusted, TrustedKey};
use super::log::{Tile, checked, entry_of, envelope_of, tiles_of};
use super::merkle::{Frontier, Hash, leaf_hash, verify_inclusion};
use super::note::Checkpoint;
use super::statement::{Predicate, Said, Statement};
use super::{Checks, Refusal, Verification, hash_of, to_base64};
use crate::digest::sha256_hex;

/// A proof (INTERFACE.md, `audit prove`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProofFile {
    /// 1.
    pub version: u32,
    /// `proof`.
    pub kind: String,
    /// Run.
    pub run: String,
    /// Its plan.
    pub plan_digest: String,
    /// The plan itself: the text whose SHA-256 the digest is.
    pub plan: String,
    /// What was said, in the order of the log.
    pub statements: Vec<ProvenStatement>,
    /// What statements name: SHA-256 to text.
    pub details: BTreeMap<String, String>,
    /// Size and root of the log, a signed note.
    pub checkpoint: String,
    /// The end of the log.
    pub history: LogHistory,
}

/// A statement with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvenStatement {
    /// Which entry.
    #[tsify(type = "number")]
    pub index: u64,
    /// Signed.
    pub envelope: Envelope,
    /// That it is in the log (RFC 9162, 2.1.3): hashes in Base64, from the leaf up.
    pub inclusion: Vec<String>,
}

/// Leaves up to the checkpoint, and what there was before them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogHistory {
    /// How many leaves there were before.
    #[tsify(type = "number")]
    pub size: u64,
    /// The complete subtrees of these, largest first, Base64.
    pub frontier: Vec<String>,
    /// Hashes of the leaves since, Base64.
    pub leaves: Vec<String>,
}

/// Asks for what proofs are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProveCall {
    /// Leaves of the log.
    #[tsify(type = "number")]
    pub size: u64,
    /// All tiles that `needed` named.
    pub tiles: Vec<Tile>,
    /// Entries whose inclusion is to be proved.
    #[tsify(type = "number[]")]
    pub indices: Vec<u64>,
    /// How far back the history goes.
    #[tsify(type = "number")]
    pub since: u64,
}

/// What proofs are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proved {
    /// As asked, in that order.
    pub inclusions: Vec<Vec<String>>,
    /// As asked.
    pub history: LogHistory,
}

/// Makes proofs from tiles.
///
/// # Errors
/// `log_corrupt` where a tile is missing or damaged.
pub fn prove(call: &ProveCall) -> Result<Proved, Refusal> {
    let corrupt = || Refusal::new("log_corrupt", "A tile of the log is missing.");
    let tiles = tiles_of(&call.tiles)?;
    let encoded = |hashes: &[Hash]| hashes.iter().map(|hash| to_base64(hash)).collect::<Vec<_>>();
    let inclusions = call
        .indices
        .iter()
        .map(|index| tiles.inclusion(*index, call.size).map(|proof| encoded(&proof)))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(corrupt)?;
    let frontier = tiles.frontier(call.since).ok_or_else(corrupt)?;
    let leaves = (call.since..call.size)
        .map(|index| tiles.leaf(index).map(|leaf| to_base64(&leaf)))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(corrupt)?;
    let history = LogHistory { size: call.since, frontier: encoded(frontier.nodes()), leaves };
    Ok(Proved { inclusions, history })
}

/// Verifies a proof against pinned keys, and a checkpoint from before, if there is one.
#[must_use]
pub fn verify(text: &str, keys: &[TrustedKey], since: Option<&str>) -> Verification {
    let mut checks = Checks::default();
    let trusted = match Trusted::read(keys) {
        Ok(trusted) => trusted,
        Err(refusal) => {
            checks.bad("key", refusal);
            return checks.done();
        }
    };
    let proof: ProofFile = match serde_json::from_str(text) {
        Ok(proof) => proof,
        Err(error) => {
            checks.bad("form", Refusal::malformed(format!("This is no proof: {error}.")));
            return checks.done();
        }
    };
    if proof.version != 1 || proof.kind != "proof" {
        checks.bad("form", Refusal::malformed("This is no proof of version 1."));
        return checks.done();
    }
    let checkpoint = checked(&mut checks, "checkpoint", &proof.checkpoint, &trusted);
    let statements = statements(&mut checks, &proof, &trusted, checkpoint.as_ref());
    checks.note("subject", subject(&proof, &statements));
    checks.note("order", order(&proof, &statements));
    checks.note("details", details(&proof, &statements));
    checks.note("consent", consent(&proof, &statements));
    if let Some(checkpoint) = &checkpoint {
        let since = since.and_then(|since| checked(&mut checks, "since", since, &trusted));
        checks.note("history", history(&proof.history, checkpoint, since.as_ref()));
    }
    checks.done()
}

/// Reads every statement and finds it in the log.
fn statements(
    checks: &mut Checks,
    proof: &ProofFile,
    trusted: &Trusted,
    checkpoint: Option<&Checkpoint>,
) -> Vec<Statement> {
    let mut read = Vec::new();
    for ProvenStatement { index, envelope, inclusion } in &proof.statements {
        match Statement::of(envelope, &trusted.signers) {
            Ok(statement) => {
                checks.good(
                    "signature",
                    format!("Entry {index}: {} at {}.", statement.says.name(), statement.predicate.at),
                );
                read.push(statement);
            }
            Err(refusal) => checks.bad("signature", named(*index, refusal)),
        }
        let Some(Checkpoint { size, root, .. }) = checkpoint else { continue };
        let leaf = leaf_hash(entry_of(envelope).as_bytes());
        let found = inclusion
            .iter()
            .map(|hash| hash_of(hash))
            .collect::<Result<Vec<_>, _>>()
            .and_then(|hashes| verify_inclusion(*index, *size, &leaf, &hashes, root));
        match found {
            Ok(()) => checks.good("inclusion", format!("Entry {index} is in the log.")),
            Err(refusal) => checks.bad("inclusion", named(*index, refusal)),
        }
    }
    read
}

fn named(index: u64, refusal: Refusal) -> Refusal {
    Refusal { code: refusal.code, message: format!("Entry {index}: {}", refusal.message) }
}

/// All of them are about this run and this plan, and the plan is the one that was signed for.
fn subject(proof: &ProofFile, statements: &[Statement]) -> Result<String, Refusal> {
    for statement in statements {
        about(statement, &proof.run, &proof.plan_digest)?;
    }
    if sha256_hex(proof.plan.as_bytes()) != proof.plan_digest {
        return Err(Refusal::new("plan_altered", "The plan is not the one that was signed for."));
    }
    Ok(format!("All statements are about plan {}.", proof.plan_digest))
}

/// The plan came first, and nothing is older than what stands before it.
fn order(proof: &ProofFile, statements: &[Statement]) -> Result<String, Refusal> {
    if statements.first().is_none_or(|first| first.says != Said::Plan) {
        return Err(Refusal::new("incomplete", "The first statement of a run is its plan."));
    }
    let indices: Vec<u64> = proof.statements.iter().map(|statement| statement.index).collect();
    if !indices.is_sorted_by(|one, next| one < next) {
        return Err(Refusal::new("out_of_order", "The statements are not in the order of the log."));
    }
    let times: Vec<&String> = statements.iter().map(|statement| &statement.predicate.at).collect();
    match times.iter().zip(times.iter().skip(1)).find(|(one, next)| next < one) {
        Some((one, next)) => Err(Refusal::new("back_dated", format!("What says {next} stands after what says {one}."))),
        None => Ok(format!("{} statements, in the order of their times.", statements.len())),
    }
}

/// Everything that is named by its digest is there, and nothing else is.
fn details(proof: &ProofFile, statements: &[Statement]) -> Result<String, Refusal> {
    let mut wanted = BTreeSet::new();
    for Statement { says, predicate, .. } in statements {
        let Some(digest) = &predicate.details else { continue };
        wanted.insert(digest);
        match proof.details.get(digest) {
            None => {
                return Err(Refusal::new("details_missing", format!("What the {} rests on is missing.", says.name())));
            }
            Some(text) if sha256_hex(text.as_bytes()) != *digest => {
                let why = format!("What the {} rests on is not what was signed for.", says.name());
                return Err(Refusal::new("details_altered", why));
            }
            Some(_) => {}
        }
    }
    match proof.details.keys().find(|digest| !wanted.contains(digest)) {
        Some(other) => Err(Refusal::new("details_added", format!("No statement names {other}."))),
        None => Ok(format!("{} details are those that were signed for.", wanted.len())),
    }
}

/// What was done had been approved.
fn consent(proof: &ProofFile, statements: &[Statement]) -> Result<String, Refusal> {
    let idle = is_idle(&proof.plan);
    let mut consent = Consent::default();
    for statement in statements {
        consent.take(statement);
        let Predicate { result, .. } = &statement.predicate;
        if statement.says == Said::Outcome && WORKED.contains(&result.as_str()) && !idle && consent.by.is_none() {
            let why = format!("The run {result} without an approval that stands before it.");
            return Err(Refusal::new("not_approved", why));
        }
    }
    Ok(match consent {
        _ if idle => "There was nothing to approve.".into(),
        Consent { by: Some(who), .. } => format!("Approved by {who}."),
        Consent { refused_by: Some(who), .. } => format!("Refused by {who}; nothing was done."),
        Consent { .. } => "Nothing was approved, and nothing was done.".into(),
    })
}

/// Whether a plan changes nothing.
fn is_idle(plan: &str) -> bool {
    let plan: Value = serde_json::from_str(plan).unwrap_or_default();
    let resources = plan.get("resources").and_then(Value::as_array);
    resources.is_some_and(|resources| resources.iter().all(|resource| resource.get("action") == Some(&json!("noop"))))
}

/// Outcomes of runs that a worker has taken up.
const WORKED: [&str; 5] = ["succeeded", "failed", "rolled_back", "cancelled", "suspended"];

/// Who has approved; a refusal is final.
#[derive(Default)]
struct Consent {
    by: Option<String>,
    refused_by: Option<String>,
}

impl Consent {
    fn take(&mut self, Statement { says, predicate, .. }: &Statement) {
        let who = || Some(predicate.by.clone().unwrap_or_else(|| "nobody".into()));
        match (says, predicate.result.as_str()) {
            (Said::Verdict | Said::Approval, "approve") if self.refused_by.is_none() => self.by = who(),
            (Said::Verdict, "refuse") | (Said::Approval, "reject") => {
                (self.by, self.refused_by) = (None, who());
            }
            _ => {}
        }
    }
}

/// Asks whether a run may be worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkCall {
    /// Run.
    pub run: String,
    /// The plan that it is to carry out.
    pub plan_digest: String,
    /// Whether that plan does anything.
    pub changes: bool,
    /// What the log has about the run, in its order.
    pub entries: Vec<String>,
    /// Keys that are believed here.
    pub keys: Vec<TrustedKey>,
}

/// Whether what is signed of a run allows its plan to be carried out.
///
/// # Errors
/// `proof_missing` where nothing is signed; `wrong_subject`, `incomplete`, `not_approved`, and all that reading a
/// statement is refused with.
pub fn may_work(call: &WorkCall) -> Result<(), Refusal> {
    if call.entries.is_empty() {
        return Err(Refusal::new("proof_missing", format!("Nothing is signed of run {}.", call.run)));
    }
    let trusted = Trusted::read(&call.keys)?;
    let mut consent = Consent::default();
    let mut first = true;
    for entry in &call.entries {
        let statement = Statement::of(&envelope_of(entry)?, &trusted.signers)?;
        about(&statement, &call.run, &call.plan_digest)?;
        if first && statement.says != Said::Plan {
            return Err(Refusal::new("incomplete", "The first statement of a run is its plan."));
        }
        first = false;
        consent.take(&statement);
    }
    if call.changes && consent.by.is_none() {
        return Err(Refusal::new("not_approved", format!("No approval of plan {} is signed.", call.plan_digest)));
    }
    Ok(())
}

fn about(statement: &Statement, run: &str, digest: &str) -> Result<(), Refusal> {
    let Statement { says, plan_digest, predicate } = statement;
    if predicate.run == run && plan_digest == digest {
        return Ok(());
    }
    let why = format!("The {} is about plan {plan_digest} of run {}.", says.name(), predicate.run);
    Err(Refusal::new("wrong_subject", why))
}

/// The end of the log leads to the checkpoint, and to the one from before.
fn history(history: &LogHistory, checkpoint: &Checkpoint, since: Option<&Checkpoint>) -> Result<String, Refusal> {
    let hashes = |texts: &[String]| texts.iter().map(|text| hash_of(text)).collect::<Result<Vec<_>, _>>();
    let mut frontier = Frontier::new(history.size, hashes(&history.frontier)?)
        .ok_or_else(|| Refusal::malformed("The history does not begin with a tree of its size."))?;
    let forked = |size: u64| Refusal::new("forked", format!("The log does not continue the one of {size} entries."));
    if let Some(since) = since {
        if since.origin != checkpoint.origin || since.size > checkpoint.size {
            return Err(forked(since.size));
        }
        if since.size < history.size {
            let why = format!(
                "The proof reaches back to {} entries, not to {}: make it anew since that checkpoint.",
                history.size, since.size
            );
            return Err(Refusal::new("history_too_short", why));
        }
    }
    let mut seen = since.is_none_or(|since| since.size == frontier.size() && since.root == frontier.root());
    for leaf in hashes(&history.leaves)? {
        frontier.push(leaf);
        seen |= since.is_some_and(|since| since.size == frontier.size() && since.root == frontier.root());
    }
    if frontier.size() != checkpoint.size || frontier.root() != checkpoint.root {
        return Err(Refusal::new("history_altered", "The history does not lead to the root that was signed."));
    }
    match since {
        Some(since) if !seen => Err(forked(since.size)),
        Some(since) => Ok(format!("The log continues the one of {} entries.", since.size)),
        None => Ok(format!("The history leads to the root that was signed, {} entries.", checkpoint.size)),
    }
}
