//! Trees, signatures and logs against their definitions, and every change of a proof noticed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use assent_core::proof::dsse::{Envelope, pre_authentication};
use assent_core::proof::keys::{Key, TrustedKey};
use assent_core::proof::log::{AppendCall, LogReader, Tile, append, entry_of};
use assent_core::proof::merkle::{
    Frontier, Hash, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion,
};
use assent_core::proof::note::{COSIGNS, Checkpoint, Note, SIGNS, signed};
use assent_core::proof::statement::{PAYLOAD_TYPE, Predicate, Said, Statement};
use assent_core::proof::tiles::{Tiles, needed};
use assent_core::proof::{Verification, keys};
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

/// RFC 9162, 2.1.1, word by word.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

fn tree(leaves: &[Hash]) -> (Tiles, Frontier) {
    let (mut tiles, mut frontier) = (Tiles::default(), Frontier::default());
    for (index, leaf) in leaves.iter().enumerate() {
        tiles.push(index as u64, *leaf, &mut Vec::new());
        frontier.push(*leaf);
    }
    (tiles, frontier)
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut other = *hash;
    other[bit / 8 % 32] ^= 1 << (bit % 8);
    other
}

#[test]
fn the_empty_tree_and_the_first_leaves_are_those_of_the_transparency_test_set() {
    let hex = |hash: Hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(hex(leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    // Certificate Transparency's reference leaves.
    let data: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    let hashes: Vec<Hash> = data.iter().map(|data| leaf_hash(data)).collect();
    assert_eq!(hex(tree(&hashes).1.root()), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

#[test]
fn a_tree_of_three_levels_of_tiles_proves_everything_at_its_seams() {
    let leaves = leaves(65_536 + 300);
    let (tiles, frontier) = tree(&leaves);
    let size = frontier.size();
    for index in [0, 1, 255, 256, 257, 65_535, 65_536, 65_791, 65_792, size - 1] {
        // From the tiles that are named, and no others.
        let mut few = Tiles::default();
        needed(index, size).into_iter().for_each(|place| few.put(place, tiles.get(place).to_vec()));
        let proof = few.inclusion(index, size).unwrap();
        let leaf = leaves[usize::try_from(index).unwrap()];
        verify_inclusion(index, size, &leaf, &proof, &frontier.root()).unwrap();
        if index > 0 {
            let mut few = Tiles::default();
            needed(index - 1, size).into_iter().for_each(|place| few.put(place, tiles.get(place).to_vec()));
            let before = few.frontier(index).unwrap().root();
            let proof = few.consistency(index, size).unwrap();
            verify_consistency((index, &before), (size, &frontier.root()), &proof).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn proofs_hold_and_every_change_of_them_is_noticed(
        size in 1_u64..700, at in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), bit in 0_usize..256,
    ) {
        let leaves = leaves(size);
        let (tiles, frontier) = tree(&leaves);
        let whole = frontier.root();
        prop_assert_eq!(whole, root(&leaves));
        prop_assert_eq!(tiles.frontier(size).unwrap(), frontier);

        let index = at.index(leaves.len()) as u64;
        let leaf = leaves[index as usize];
        let proof = tiles.inclusion(index, size).unwrap();
        prop_assert!(verify_inclusion(index, size, &leaf, &proof, &whole).is_ok());
        prop_assert!(verify_inclusion(index, size, &flipped(&leaf, bit), &proof, &whole).is_err());
        prop_assert!(verify_inclusion(index, size, &leaf, &proof, &flipped(&whole, bit)).is_err());
        prop_assert!(verify_inclusion(index + 1, size, &leaf, &proof, &whole).is_err());
        prop_assert!(verify_inclusion(size, size, &leaf, &proof, &whole).is_err());
        prop_assert!(verify_inclusion(index, size, &leaf, &[&proof[..], &[leaf]].concat(), &whole).is_err());
        for (at, hash) in proof.iter().enumerate() {
            let mut other = proof.clone();
            other[at] = flipped(hash, bit);
            prop_assert!(verify_inclusion(index, size, &leaf, &other, &whole).is_err());
            other.remove(at);
            prop_assert!(verify_inclusion(index, size, &leaf, &other, &whole).is_err());
        }

        let first = 1 + from.index(leaves.len()) as u64;
        let before = root(&leaves[..first as usize]);
        let proof = tiles.consistency(first, size).unwrap();
        let (old, new) = ((first, &before), (size, &whole));
        prop_assert!(verify_consistency(old, new, &proof).is_ok());
        prop_assert!(verify_consistency((first, &flipped(&before, bit)), new, &proof).is_err());
        prop_assert!(verify_consistency(old, (size, &flipped(&whole, bit)), &proof).is_err());
        prop_assert!(verify_consistency((0, &empty_root()), new, &proof).is_err());
        prop_assert!(verify_consistency((size + 1, &before), new, &proof).is_err());
        prop_assert!(verify_consistency(old, new, &[&proof[..], &[before]].concat()).is_err());
        for (at, hash) in proof.iter().enumerate() {
            let mut other = proof.clone();
            other[at] = flipped(hash, bit);
            prop_assert!(verify_consistency(old, new, &other).is_err());
            other.remove(at);
            prop_assert!(verify_consistency(old, new, &other).is_err());
        }
    }

    #[test]
    fn whatever_is_shown_is_answered(text in ".{0,200}") {
        let key = TrustedKey { public_key: pem(&signer(1)), valid_from: None, valid_until: None };
        prop_assert!(!assent_core::proof::file::verify(&text, std::slice::from_ref(&key), Some(&text)).valid);
        prop_assert!(Envelope::read(&text).is_err());
        prop_assert!(Note::read(&text).and_then(|_| Checkpoint::read(&text)).is_err() || text.contains('\n'));
        let mut reader = LogReader::new(&[key], &text, Some(&text));
        reader.push(Some(&text), Some(text.as_bytes()));
        prop_assert!(!reader.finish().valid);
        let _ = Key::read(&TrustedKey { public_key: text, valid_from: None, valid_until: None });
    }
}

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn pem(key: &SigningKey) -> String {
    use base64::Engine;
    let mut der = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    der.extend_from_slice(key.verifying_key().as_bytes());
    let packed = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{packed}\n-----END PUBLIC KEY-----\n")
}

fn trusted(seed: u8) -> TrustedKey {
    TrustedKey { public_key: pem(&signer(seed)), valid_from: None, valid_until: None }
}

fn key(seed: u8) -> Key {
    Key::from_bytes(*signer(seed).verifying_key().as_bytes()).unwrap()
}

#[test]
fn keys_are_read_in_three_forms_and_nothing_else() {
    let raw = pem(&signer(1)).lines().nth(1).unwrap()[16..].to_string();
    let of_note = key(1).verifier_key("example.org/log");
    for text in [pem(&signer(1)), raw.clone(), of_note.clone()] {
        let read = Key::read(&TrustedKey { public_key: text, valid_from: None, valid_until: None }).unwrap();
        assert_eq!(read.id(), key(1).id());
    }
    let long = format!("{raw}A");
    let torn = of_note.replace("log", "lag");
    // Small order, a coordinate that is not reduced, and a point that is not on the curve.
    let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let one = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let unreduced = "7v///////////////////////////////////////38=";
    let off = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for text in ["", "key", &long, &torn, zero, one, unreduced, off] {
        let refused = Key::read(&TrustedKey { public_key: text.into(), valid_from: None, valid_until: None });
        assert_eq!(refused.unwrap_err().code, "invalid_key", "{text}");
    }
    let when = TrustedKey { valid_until: Some("2026-11-26".into()), ..trusted(1) };
    assert_eq!(Key::read(&when).unwrap_err().code, "invalid_key");
}

fn statement(at: &str) -> Statement {
    Statement {
        says: Said::Verdict,
        plan_digest: "a".repeat(64),
        predicate: Predicate { run: "run".into(), at: at.into(), result: "approve".into(), ..Predicate::default() },
    }
}

fn envelope(statement: &Statement, seed: u8) -> Envelope {
    let payload = statement.payload().unwrap();
    let signature = signer(seed).sign(&pre_authentication(PAYLOAD_TYPE, payload.as_bytes()));
    Envelope::new(PAYLOAD_TYPE, payload.as_bytes(), &key(seed).id(), &signature.to_bytes())
}

const NOON: &str = "2026-11-26T12:00:00.000Z";

#[test]
fn a_statement_is_believed_from_a_key_that_is_trusted_and_in_force() {
    let said = statement(NOON);
    let signed = envelope(&said, 1);
    assert_eq!(Statement::of(&signed, &[key(2), key(1)]).unwrap(), said);
    assert_eq!(Statement::of(&signed, &[key(2)]).unwrap_err().code, "untrusted_key");
    let of = |from: Option<&str>, until: Option<&str>| {
        let when = TrustedKey { valid_from: from.map(Into::into), valid_until: until.map(Into::into), ..trusted(1) };
        Statement::of(&signed, &[Key::read(&when).unwrap()]).map_err(|refusal| refusal.code)
    };
    assert!(of(Some(NOON), Some(NOON)).is_ok());
    assert_eq!(of(None, Some("2026-11-26T11:59:59.999Z")), Err("key_expired"));
    assert_eq!(of(Some("2026-11-26T12:00:00.001Z"), None), Err("key_expired"));
}

#[test]
fn other_spellings_of_a_statement_are_refused() {
    let said = statement(NOON);
    let payload = said.payload().unwrap();
    assert_eq!(Statement::read(payload.as_bytes()).unwrap(), said);
    let other = |from: &str, to: &str| {
        assert!(payload.contains(from), "{from}");
        Statement::read(payload.replace(from, to).as_bytes()).unwrap_err().code
    };
    for (from, to) in [
        ("\"result\":", "\"result\" :"),
        ("\"run\":\"run\"", "\"run\":\"run\",\"more\":1"),
        ("\"run\":\"run\"", "\"run\":\"run\",\"run\":\"run\""),
        ("urn:x-assent:verdict:v1", "urn:x-assent:verdict:v2"),
        ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"),
        ("\"name\":\"plan\"", "\"name\":\"plane\""),
        ("aaaa\"", "aaaA\""),
        (".000Z", ".000z"),
        ("T12:00:00.000Z", "T12:00:00Z"),
    ] {
        assert_eq!(other(from, to), "malformed_proof", "{to}");
    }
    let mut long = statement(NOON);
    long.predicate.by = Some("x".repeat(4_096));
    assert_eq!(long.payload().unwrap_err().code, "statement_too_long");
}

#[test]
fn an_envelope_needs_as_many_keys_as_it_is_asked_for() {
    let payload = b"hello world";
    let message = pre_authentication("http://example.com/HelloWorld", payload);
    assert_eq!(message, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    let mut envelope =
        Envelope::new("http://example.com/HelloWorld", payload, "", &signer(1).sign(&message).to_bytes());
    assert_eq!(envelope.verify(&[key(1)], 1).unwrap(), payload);
    envelope.signatures.push(envelope.signatures[0].clone());
    assert!(envelope.verify(&[key(1), key(1), key(2)], 2).is_err());
    let second = Envelope::new("http://example.com/HelloWorld", payload, "", &signer(2).sign(&message).to_bytes());
    envelope.signatures.extend(second.signatures);
    assert_eq!(envelope.verify(&[key(1), key(2)], 2).unwrap(), payload);
    assert_eq!(envelope.verify(&[key(1)], 2).unwrap_err().code, "bad_signature");
    envelope.payload_type.push('s');
    assert_eq!(envelope.verify(&[key(1), key(2)], 1).unwrap_err().code, "bad_signature");
    let text = entry_of(&second_of(&envelope));
    for (from, to) in
        [("=\"", "\""), ("==\"", "=\""), ("\"payload\"", "\"payload\":\"\",\"payload\""), ("}]", "}],\"x\":1")]
    {
        let Ok(other) = Envelope::read(&text.replace(from, to)) else { continue };
        assert!(other.verify(&[key(1), key(2)], 1).is_err(), "{to}");
    }
}

fn second_of(envelope: &Envelope) -> Envelope {
    Envelope { signatures: envelope.signatures[2..].to_vec(), ..envelope.clone() }
}

fn log(entries: &[String], seed: u8) -> (String, Vec<Tile>) {
    let call = AppendCall { origin: "assent/test".into(), size: 0, edge: vec![], leaves: entries.to_vec() };
    let appended = append(&call).unwrap();
    let checkpoint = Checkpoint::read(&appended.checkpoint).unwrap();
    let signature = signer(seed).sign(appended.checkpoint.as_bytes());
    (signed(&checkpoint, &key(seed), &signature.to_bytes()), appended.tiles)
}

fn entries(count: u8) -> Vec<String> {
    (0..count).map(|at| entry_of(&envelope(&statement(&format!("2026-11-26T12:00:00.{at:03}Z")), 1))).collect()
}

fn verified(entries: &[String], checkpoint: &str, since: Option<&str>) -> Verification {
    let mut reader = LogReader::new(&[trusted(1)], checkpoint, since);
    entries.iter().for_each(|entry| reader.push(Some(entry), None));
    reader.finish()
}

#[test]
fn a_log_that_was_changed_is_named() {
    let all = entries(9);
    let (checkpoint, _) = log(&all, 1);
    let (before, _) = log(&all[..4], 1);
    assert!(verified(&all, &checkpoint, Some(&before)).valid);
    let code = |entries: &[String], checkpoint: &str, since| verified(entries, checkpoint, since).code.unwrap();
    let mut swapped = all.clone();
    swapped.swap(3, 5);
    assert_eq!(code(&swapped, &checkpoint, None), "back_dated");
    assert_eq!(code(&all[1..], &checkpoint, None), "entry_missing");
    assert_eq!(code(&[&all[..], &entries(1)].concat(), &checkpoint, None), "back_dated");
    let forged = [&all[..8], &[entry_of(&envelope(&statement("2026-11-26T12:00:01.000Z"), 2))]].concat();
    assert_eq!(code(&forged, &checkpoint, None), "untrusted_key");
    let resigned = log(&forged, 2).0;
    assert_eq!(code(&forged, &resigned, None), "untrusted_key");
    // Somebody with the key writes another history.
    let mut other = all.clone();
    other[2] = entry_of(&envelope(&statement("2026-11-26T12:00:00.001Z"), 1));
    let (rewritten, _) = log(&other, 1);
    assert!(verified(&other, &rewritten, None).valid);
    assert_eq!(code(&other, &rewritten, Some(&before)), "forked");
    assert_eq!(code(&all[..4], &before, Some(&checkpoint)), "forked");
}

#[test]
fn appending_one_by_one_gives_what_appending_at_once_gives() {
    let all = entries(200).into_iter().chain(entries(200)).collect::<Vec<_>>();
    let (whole, _) = log(&all, 1);
    let mut kept: Vec<Tile> = vec![];
    let mut text = String::new();
    for (size, entry) in all.iter().enumerate() {
        let edge = kept.clone();
        let leaves = vec![entry.clone()];
        let call = AppendCall { origin: "assent/test".into(), size: size as u64, edge, leaves };
        let appended = append(&call).unwrap();
        for tile in appended.tiles {
            kept.retain(|other| (other.level, other.index) != (tile.level, tile.index));
            kept.push(tile);
        }
        text = appended.checkpoint;
    }
    assert!(whole.starts_with(&text));
    let damaged = AppendCall { origin: "assent/test".into(), size: 401, edge: kept, leaves: vec![] };
    assert_eq!(append(&damaged).unwrap_err().code, "log_corrupt");
}

#[test]
fn checkpoints_and_cosignatures_are_those_of_the_keys_they_name() {
    let (checkpoint, _) = log(&entries(3), 1);
    let pinned = |witness: Option<u8>| {
        let mut keys = vec![trusted(1)];
        keys.extend(witness.map(|seed| cosigner("w.example", seed)));
        keys::Trusted::read(&keys).unwrap()
    };
    let (text, _) = checkpoint.split_once("\n\n").unwrap();
    let cosigned = |seed: u8| {
        let time = 1_700_000_000_u64;
        let message = format!("cosignature/v1\ntime {time}\n{text}\n");
        let mut bytes = key(seed).note_hash("w.example", COSIGNS).to_vec();
        bytes.extend_from_slice(&time.to_be_bytes());
        bytes.extend_from_slice(&signer(seed).sign(message.as_bytes()).to_bytes());
        format!("{checkpoint}\u{2014} w.example {}\n", b64(&bytes))
    };
    let read = |note: &str, trusted: &keys::Trusted| Note::read(note).and_then(|note| note.checkpoint(trusted));
    let (found, witnessed) = read(&cosigned(7), &pinned(Some(7))).unwrap();
    assert_eq!((found.size, &witnessed.by[..]), (3, &["w.example".to_string()][..]));
    assert_eq!(read(&cosigned(8), &pinned(Some(7))).unwrap().1.others, 1);
    // A cosignature that names a witness and is not its own.
    let torn = cosigned(7);
    let at = torn.len() - 6;
    let mut bytes = torn.into_bytes();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    let torn = String::from_utf8(bytes).unwrap();
    assert_eq!(read(&torn, &pinned(Some(7))).unwrap_err().code, "bad_signature");
    for (from, to, code) in [
        ("\n3\n", "\n4\n", "bad_signature"),
        ("\n3\n", "\n03\n", "malformed_proof"),
        ("\n\n\u{2014} assent/test", "\n\n\u{2014} assent/best", "untrusted_key"),
        ("\n\n", "\n", "malformed_proof"),
        ("assent/test\n3", "assent/te\rst\n3", "malformed_proof"),
    ] {
        assert_eq!(read(&checkpoint.replacen(from, to, 1), &pinned(None)).unwrap_err().code, code, "{to:?}");
    }
    assert_eq!(read(&log(&entries(3), 2).0, &pinned(None)).unwrap_err().code, "untrusted_key");
}

fn b64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn cosigner(name: &str, seed: u8) -> TrustedKey {
    let hash: String = key(seed).note_hash(name, COSIGNS).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut typed = vec![COSIGNS];
    typed.extend_from_slice(key(seed).bytes());
    assert_ne!(COSIGNS, SIGNS);
    TrustedKey { public_key: format!("{name}+{hash}+{}", b64(&typed)), valid_from: None, valid_until: None }
}
