//! The proof of one run, whole, and every way in which it can be false: each corruption is refused by its own code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use assent_core::digest::sha256_hex;
use assent_core::proof::dsse::{Envelope, pre_authentication};
use assent_core::proof::file::{ProofFile, ProveCall, ProvenStatement, WorkCall, may_work, prove, verify};
use assent_core::proof::keys::{Key, TrustedKey};
use assent_core::proof::log::{AppendCall, Tile, append, entry_of};
use assent_core::proof::note::{Checkpoint, signed};
use assent_core::proof::statement::{PAYLOAD_TYPE, Predicate, Said, Statement};
use ed25519_dalek::{Signer, SigningKey};

const RUN: &str = "run-1";
const PLAN: &str = r#"{"resources":[{"action":"create","logicalId":"A"}]}"#;
const IDLE: &str = r#"{"resources":[{"action":"noop","logicalId":"A"}]}"#;
const DETAILS: &str = r#"{"votes":[]}"#;
/// Entries of others that stand before the run's.
const BEFORE: usize = 3;

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn key(seed: u8) -> Key {
    Key::from_bytes(*signer(seed).verifying_key().as_bytes()).unwrap()
}

fn trusted(seed: u8) -> TrustedKey {
    TrustedKey { public_key: key(seed).verifier_key("assent/test"), valid_from: None, valid_until: None }
}

fn envelope(statement: &Statement) -> Envelope {
    let payload = statement.payload().unwrap();
    let signature = signer(1).sign(&pre_authentication(PAYLOAD_TYPE, payload.as_bytes()));
    Envelope::new(PAYLOAD_TYPE, payload.as_bytes(), &key(1).id(), &signature.to_bytes())
}

fn says(says: Said, result: &str, second: usize) -> Statement {
    let at = format!("2026-11-26T12:00:{second:02}.000Z");
    let predicate = Predicate { run: RUN.into(), at, result: result.into(), ..Predicate::default() };
    Statement { says, plan_digest: sha256_hex(PLAN.as_bytes()), predicate }
}

/// Submitted, judged with details, approved by a person, done.
fn story() -> Vec<Statement> {
    let mut verdict = says(Said::Verdict, "ask", 2);
    verdict.predicate.details = Some(sha256_hex(DETAILS.as_bytes()));
    let mut approval = says(Said::Approval, "approve", 3);
    approval.predicate.by = Some("anna".into());
    vec![
        says(Said::Plan, "deploy", 0),
        says(Said::Scan, "none", 1),
        verdict,
        approval,
        says(Said::Outcome, "succeeded", 4),
    ]
}

fn log(entries: &[String]) -> (String, Vec<Tile>) {
    let call = AppendCall { origin: "assent/test".into(), size: 0, edge: vec![], leaves: entries.to_vec() };
    let appended = append(&call).unwrap();
    let checkpoint = Checkpoint::read(&appended.checkpoint).unwrap();
    let signature = signer(1).sign(appended.checkpoint.as_bytes());
    (signed(&checkpoint, &key(1), &signature.to_bytes()), appended.tiles)
}

fn others(count: usize) -> Vec<String> {
    let other = |at: usize| {
        let mut statement = says(Said::Plan, "deploy", at);
        statement.predicate.run = format!("other-{at}");
        entry_of(&envelope(&statement))
    };
    (0..count).map(other).collect()
}

/// A proof of a run that says this, in a log with others; its history begins with entry `since`.
fn proof_of(statements: &[Statement], plan: &str, since: u64) -> ProofFile {
    let envelopes: Vec<Envelope> = statements.iter().map(envelope).collect();
    let entries = [others(BEFORE), envelopes.iter().map(entry_of).collect()].concat();
    let (checkpoint, tiles) = log(&entries);
    let indices: Vec<u64> = (BEFORE..entries.len()).map(|index| index as u64).collect();
    let proved = prove(&ProveCall { size: entries.len() as u64, tiles, indices: indices.clone(), since }).unwrap();
    let place = indices.into_iter().zip(proved.inclusions);
    ProofFile {
        version: 1,
        kind: "proof".into(),
        run: RUN.into(),
        plan_digest: sha256_hex(plan.as_bytes()),
        plan: plan.into(),
        statements: envelopes
            .into_iter()
            .zip(place)
            .map(|(envelope, (index, inclusion))| ProvenStatement { index, envelope, inclusion })
            .collect(),
        details: BTreeMap::from([(sha256_hex(DETAILS.as_bytes()), DETAILS.to_owned())]),
        checkpoint,
        history: proved.history,
    }
}

fn proof() -> ProofFile {
    proof_of(&story(), PLAN, 0)
}

fn code(proof: &ProofFile, since: Option<&str>) -> Option<String> {
    let verification = verify(&serde_json::to_string(proof).unwrap(), &[trusted(1)], since);
    assert_eq!(verification.valid, verification.code.is_none());
    assert_eq!(verification.valid, verification.checks.iter().all(|check| check.ok), "{:?}", verification.checks);
    verification.code
}

fn said(proof: &ProofFile, name: &str) -> String {
    let verification = verify(&serde_json::to_string(proof).unwrap(), &[trusted(1)], None);
    verification.checks.into_iter().find(|check| check.name == name).unwrap().message
}

#[test]
fn a_whole_proof_is_believed_and_says_who_approved() {
    let proof = proof();
    let verification = verify(&serde_json::to_string(&proof).unwrap(), &[trusted(1)], None);
    assert!(verification.valid, "{:?}", verification.checks);
    let count = |name: &str| verification.checks.iter().filter(|check| check.name == name).count();
    assert_eq!((count("signature"), count("inclusion")), (5, 5));
    assert_eq!(said(&proof, "consent"), "Approved by anna.");
    assert_eq!(said(&proof, "order"), "5 statements, in the order of their times.");
    assert_eq!(said(&proof, "details"), "1 details are those that were signed for.");
    assert_eq!(said(&proof, "history"), "The history leads to the root that was signed, 8 entries.");
}

#[test]
fn a_key_that_is_not_pinned_and_what_is_no_proof_are_refused() {
    let text = serde_json::to_string(&proof()).unwrap();
    let codes = |text: &str, keys: &[TrustedKey]| verify(text, keys, None).code;
    assert_eq!(codes(&text, &[trusted(2)]).as_deref(), Some("untrusted_key"));
    assert_eq!(codes(&text, &[]).as_deref(), Some("untrusted_key"));
    let torn = TrustedKey { public_key: "key".into(), ..trusted(1) };
    assert_eq!(codes(&text, &[torn]).as_deref(), Some("invalid_key"));
    assert_eq!(codes("{}", &[trusted(1)]).as_deref(), Some("malformed_proof"));
    assert_eq!(codes(&text[..text.len() - 1], &[trusted(1)]).as_deref(), Some("malformed_proof"));
    assert_eq!(codes(&text.replacen('{', "{\"more\":1,", 1), &[trusted(1)]).as_deref(), Some("malformed_proof"));
    for other in [ProofFile { version: 2, ..proof() }, ProofFile { kind: "plan".into(), ..proof() }] {
        assert_eq!(code(&other, None).as_deref(), Some("malformed_proof"));
    }
}

#[test]
fn every_part_that_is_not_what_was_signed_is_named_by_its_code() {
    type Change = fn(&mut ProofFile);
    let changes: [(&str, Change, &str); 16] = [
        ("another run", |it| it.run = "run-2".into(), "wrong_subject"),
        ("another digest", |it| it.plan_digest = "0".repeat(64), "wrong_subject"),
        ("another plan", |it| it.plan = IDLE.into(), "plan_altered"),
        ("no first statement", |it| drop(it.statements.remove(0)), "incomplete"),
        ("none at all", |it| it.statements.clear(), "incomplete"),
        ("no approval", |it| drop(it.statements.remove(3)), "not_approved"),
        ("details left out", |it| it.details.clear(), "details_missing"),
        ("details changed", |it| it.details.values_mut().for_each(|text| text.push(' ')), "details_altered"),
        (
            "details put in",
            |it| {
                it.details.insert(sha256_hex(b"x"), "x".into());
            },
            "details_added",
        ),
        ("another order", |it| it.statements.swap(1, 2), "out_of_order"),
        ("another place", |it| it.statements[1].index += 1, "not_in_log"),
        ("a hash left out", |it| drop(it.statements[1].inclusion.pop()), "not_in_log"),
        ("no hash", |it| it.statements[1].inclusion[0] = "?".into(), "malformed_proof"),
        (
            "another signature",
            |it| it.statements[1].envelope.signatures = it.statements[2].envelope.signatures.clone(),
            "bad_signature",
        ),
        ("a leaf left out", |it| drop(it.history.leaves.pop()), "history_altered"),
        ("a tree of another size", |it| it.history.size = 1, "malformed_proof"),
    ];
    for (what, change, expected) in changes {
        let mut proof = proof();
        change(&mut proof);
        assert_eq!(code(&proof, None).as_deref(), Some(expected), "{what}");
    }
}

#[test]
fn times_do_not_run_backwards() {
    let mut statements = story();
    statements[4].predicate.at = "2026-11-26T11:59:59.999Z".into();
    assert_eq!(code(&proof_of(&statements, PLAN, 0), None).as_deref(), Some("back_dated"));
}

/// What the statements after the plan say, and whether the outcome `result` may follow.
#[test]
fn only_what_was_approved_before_it_was_done_is_done_with_consent() {
    let verdict = |result| says(Said::Verdict, result, 1);
    let answer = |result| says(Said::Approval, result, 2);
    for (what, between, result, expected) in [
        ("policy approves", vec![verdict("approve")], "succeeded", "Approved by nobody."),
        (
            "a person rejects",
            vec![verdict("ask"), answer("reject")],
            "rejected",
            "Refused by nobody; nothing was done.",
        ),
        ("nobody answers", vec![verdict("ask")], "expired", "Nothing was approved, and nothing was done."),
    ] {
        let statements = [vec![says(Said::Plan, "deploy", 0)], between, vec![says(Said::Outcome, result, 3)]].concat();
        let proof = ProofFile { details: BTreeMap::new(), ..proof_of(&statements, PLAN, 0) };
        assert_eq!(code(&proof, None), None, "{what}");
        assert_eq!(said(&proof, "consent"), expected, "{what}");
    }
    for (what, between) in [
        ("never asked", vec![]),
        ("asked and not answered", vec![verdict("ask")]),
        ("refused", vec![verdict("refuse")]),
        ("a refusal is final", vec![verdict("refuse"), answer("approve")]),
        ("a rejection after the verdict", vec![verdict("approve"), answer("reject")]),
    ] {
        for result in ["succeeded", "failed", "rolled_back", "cancelled", "suspended"] {
            let all = [vec![says(Said::Plan, "deploy", 0)], between.clone(), vec![says(Said::Outcome, result, 3)]];
            let proof = ProofFile { details: BTreeMap::new(), ..proof_of(&all.concat(), PLAN, 0) };
            assert_eq!(code(&proof, None).as_deref(), Some("not_approved"), "{what}, {result}");
        }
    }
    // A plan that changes nothing needs nobody.
    let mut statements = vec![says(Said::Plan, "deploy", 0), says(Said::Outcome, "succeeded", 1)];
    statements.iter_mut().for_each(|statement| statement.plan_digest = sha256_hex(IDLE.as_bytes()));
    let idle = ProofFile { details: BTreeMap::new(), ..proof_of(&statements, IDLE, 0) };
    assert_eq!((code(&idle, None), said(&idle, "consent")), (None, "There was nothing to approve.".to_owned()));
}

#[test]
fn the_log_must_continue_the_one_that_was_seen_before() {
    let entries = [others(BEFORE), story().iter().map(|it| entry_of(&envelope(it))).collect()].concat();
    for size in 1..=entries.len() {
        let seen = log(&entries[..size]).0;
        assert_eq!(code(&proof_of(&story(), PLAN, 1), Some(&seen)), None, "{size}");
    }
    let since = |size: usize| log(&entries[..size]).0;
    assert_eq!(code(&proof_of(&story(), PLAN, 3), Some(&since(2))).as_deref(), Some("history_too_short"));
    let mut longer = entries.clone();
    longer.extend(others(1));
    assert_eq!(code(&proof(), Some(&log(&longer).0)).as_deref(), Some("forked"), "more than there is now");
    let mut rewritten = others(BEFORE);
    rewritten.swap(0, 1);
    assert_eq!(code(&proof(), Some(&log(&rewritten).0)).as_deref(), Some("forked"));
    let whole = code(&proof_of(&story(), PLAN, 8), Some(&since(8)));
    assert_eq!(whole, None, "nothing has come since");
}

#[test]
fn proofs_are_made_only_from_whole_tiles() {
    let entries = others(4);
    let (_, tiles) = log(&entries);
    let call = ProveCall { size: 4, tiles, indices: vec![0, 3], since: 2 };
    assert_eq!(prove(&call).unwrap().inclusions.len(), 2);
    for (what, call) in [
        ("no tiles", ProveCall { tiles: Vec::new(), ..call.clone() }),
        ("an entry that is not there", ProveCall { indices: vec![4], ..call.clone() }),
        ("a history from beyond the end", ProveCall { since: 9, ..call.clone() }),
        ("a log that is larger than its tiles", ProveCall { size: 5, indices: vec![], ..call }),
    ] {
        assert_eq!(prove(&call).unwrap_err().code, "log_corrupt", "{what}");
    }
}

#[test]
fn a_worker_goes_by_what_is_signed_of_the_run() {
    let entries = |statements: &[Statement]| statements.iter().map(|it| entry_of(&envelope(it))).collect::<Vec<_>>();
    let call = |statements: &[Statement], changes: bool| WorkCall {
        run: RUN.into(),
        plan_digest: sha256_hex(PLAN.as_bytes()),
        changes,
        entries: entries(statements),
        keys: vec![trusted(1)],
    };
    let refused = |call: &WorkCall| may_work(call).err().map(|refusal| refusal.code);
    let story = story();
    assert_eq!(refused(&call(&story[..4], true)), None);
    assert_eq!(refused(&call(&story[..1], false)), None, "nothing to approve");
    for (what, call, expected) in [
        ("nothing is signed", call(&[], true), "proof_missing"),
        ("nobody has approved", call(&story[..3], true), "not_approved"),
        ("it does not begin with the plan", call(&story[1..4], true), "incomplete"),
        ("another run", WorkCall { run: "run-2".into(), ..call(&story, true) }, "wrong_subject"),
        ("another plan", WorkCall { plan_digest: sha256_hex(b"x"), ..call(&story, true) }, "wrong_subject"),
        ("another key", WorkCall { keys: vec![trusted(2)], ..call(&story, true) }, "untrusted_key"),
        ("no entry", WorkCall { entries: vec!["{}".into()], ..call(&story, true) }, "malformed_proof"),
    ] {
        assert_eq!(refused(&call), Some(expected), "{what}");
    }
}
