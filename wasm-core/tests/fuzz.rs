//! Everything that reads what others wrote gets inputs that are almost right: whatever it is given, it answers. No panic, no
//! overflow (these are debug builds), no endless loop. What is found becomes a case of the parser's own tests.
//!
//! `ASSENT_FUZZ_S` seconds for all of it (default 20), from the seed `ASSENT_SEED` (default: of the time); both are printed,
//! and so is what a failure was given.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs};

use assent_core::call::PlanCall;
use assent_core::circle::DecideCall;
use assent_core::consensus::{ConsensusCall, aggregate};
use assent_core::engine::random::Random;
use assent_core::model::Plan;
use assent_core::plan::planned::Planning;
use assent_core::proof::dsse::Envelope;
use assent_core::proof::keys::{Key, Trusted, TrustedKey};
use assent_core::proof::note::Note;
use assent_core::proof::statement::{PAYLOAD_TYPE, Statement};
use assent_core::proof::{file, log};
use assent_core::scan::ScanCall;
use assent_core::session::{Planned, Template};
use assent_core::sketch::{Sketch, summarize};
use assent_core::{circle, permissions, plan, shown};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

/// What tears structures apart, or is almost what should be there.
const TOKENS: [&str; 48] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "'",
    "\\",
    "\n",
    "\r\n",
    "  ",
    "- ",
    "? ",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "!Ref ",
    "!Sub ",
    "!GetAtt A.B",
    "!If [A, B, C]",
    "${",
    "}",
    "${AWS::Region}",
    "{{resolve:ssm:",
    "{{resolve:secretsmanager:a:SecretString:b}}",
    "Fn::ForEach::X",
    "Fn::Transform",
    "AWS::NoValue",
    "Ref",
    "DependsOn",
    "null",
    "true",
    "-0",
    "1e309",
    "9007199254740993",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "\u{d7ff}",
    "é",
    "====",
    "\n\u{2014} ",
    "AAAA",
    "0",
    "-1",
    "18446744073709551616",
];

struct Fuzz {
    random: Random,
    seeds: Vec<Vec<u8>>,
}

impl Fuzz {
    fn below(&mut self, end: usize) -> usize {
        (self.random.unit() * end as f64) as usize
    }

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        self.seeds[at].clone()
    }

    /// One to eight changes of something that was right.
    fn input(&mut self) -> Vec<u8> {
        let mut bytes = self.seed();
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(40)).min(bytes.len());
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let token = TOKENS[self.below(TOKENS.len())];
                    drop(bytes.splice(at..end.min(at + 1), token.bytes()));
                }
                3 => {
                    let token = TOKENS[self.below(TOKENS.len())];
                    drop(bytes.splice(at..at, token.bytes()));
                }
                4 => {
                    let part = bytes[at..end].to_vec();
                    let times = self.below(20);
                    drop(bytes.splice(at..at, part.repeat(times)));
                }
                5 => {
                    let other = self.seed();
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(200)).min(other.len());
                    drop(bytes.splice(at..end, other[from..to].iter().copied()));
                }
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Every text in a JSON value that may be an input.
fn texts(value: &Value, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) if text.len() > 8 => found.push(text.clone().into_bytes()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(entries) => {
            if entries.contains_key("Resources") || entries.contains_key("votes") {
                found.push(value.to_string().into_bytes());
            }
            entries.values().for_each(|item| texts(item, found));
        }
        _ => {}
    }
}

fn files(name: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}

fn vectors(name: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for file in files(&format!("tests/vectors/{name}")) {
        texts(&serde_json::from_slice(&file).unwrap(), &mut found);
    }
    found
}

fn call(text: &str) -> PlanCall {
    let context = json!({"account": "123456789012", "region": "eu-central-1", "partition": "aws", "stackId": ""});
    let call =
        json!({"stack": text.get(..8).unwrap_or("shop"), "mode": "deploy", "context": context, "maxConcurrency": 10});
    serde_json::from_value(call).unwrap()
}

/// A template through all that is asked about it.
fn template(bytes: &[u8]) {
    let text = text(bytes);
    let template = Template::new(text.clone());
    drop(template.declared());
    drop(permissions::permissions(&text));
    let scan: ScanCall = serde_json::from_value(json!({"file": "t"})).unwrap();
    drop(template.scan(&scan));
    if let Planning::Planned(planned) = template.plan(call(&text)) {
        let planned = Planned::new(template.clone(), *planned);
        drop(planned.scan(&scan));
        drop(shown::changes(planned.plan()));
        let kept = serde_json::to_string(planned.plan()).unwrap();
        let read: Plan = serde_json::from_str(&kept).unwrap();
        assert_eq!(plan::digest_of(&read), planned.plan().digest, "a plan that was kept has another digest");
    }
}

fn stored_plan(bytes: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<Plan>(bytes) {
        drop(plan::digest_of(&read));
        drop(shown::changes(&read));
    }
}

fn signing() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn key() -> TrustedKey {
    serde_json::from_value(json!({"publicKey": base64(signing().verifying_key().as_bytes())})).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn proof(bytes: &[u8]) {
    let text = text(bytes);
    let keys = [key()];
    drop(file::verify(&text, &keys, Some(&text)));
    drop(Statement::read(bytes));
    let trusted = Trusted::read(&keys).unwrap();
    let signers = [Key::from_bytes(*signing().verifying_key().as_bytes()).unwrap()];
    if let Ok(envelope) = Envelope::read(&text) {
        drop(envelope.verify(&signers, 1));
        drop(Statement::of(&envelope, &signers));
    }
    if let Ok(note) = Note::read(&text) {
        drop(note.checkpoint(&trusted));
    }
    drop(Trusted::read(&[TrustedKey { public_key: text.clone(), ..key() }]));
    let mut reader = log::LogReader::new(&keys, &text, None);
    reader.push(Some(&text), Some(bytes));
    drop(reader.finish());
}

fn proof_seeds() -> Vec<Vec<u8>> {
    let payload = json!({"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicate": {}}).to_string();
    let message = assent_core::proof::dsse::pre_authentication(PAYLOAD_TYPE, payload.as_bytes());
    let envelope = Envelope::new(PAYLOAD_TYPE, payload.as_bytes(), "id", &signing().sign(&message).to_bytes());
    let entry = log::entry_of(&envelope);
    let checkpoint = format!("assent\n1\n{}\n", base64(&[0; 32]));
    let note = format!("{checkpoint}\n\u{2014} assent {}\n", base64(&[1; 68]));
    let file = json!({"version": 1, "kind": "proof", "run": "r", "checkpoint": note, "entries": [{"index": 0, "text": entry, "proof": []}]});
    let mut seeds = vec![payload.into_bytes(), entry.into_bytes(), note.into_bytes(), file.to_string().into_bytes()];
    seeds.extend(vectors("proof"));
    seeds
}

fn sketch(bytes: &[u8]) {
    drop(summarize(bytes, &[0.0, 0.5, 0.99, 1.0, f64::NAN, -1.0]));
    if let Ok(mut read) = Sketch::decode(bytes) {
        assert_eq!(Sketch::decode(&read.encode()).as_ref(), Ok(&read), "what was read is not what is written");
        let other = read.clone();
        read.merge(&other);
        let _ = read.quantile(0.5);
        let _ = read.values().count();
    }
}

fn sketch_seeds() -> Vec<Vec<u8>> {
    let sketches = [vec![], vec![0.0], vec![1.0, 2.0, 3_000.0], (1..500).map(f64::from).collect()];
    let encoded = |values: &Vec<f64>| {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.record(*value));
        sketch.encode()
    };
    sketches.iter().map(encoded).collect()
}

fn votes(bytes: &[u8]) {
    if let Ok(call) = serde_json::from_slice::<ConsensusCall>(bytes) {
        drop(aggregate(&call));
    }
    if let Ok(call) = serde_json::from_slice::<DecideCall>(bytes) {
        drop(circle::decide(&call));
    }
}

#[test]
fn whatever_others_wrote_is_answered() {
    let seconds: f64 = env::var("ASSENT_FUZZ_S").ok().and_then(|text| text.parse().ok()).unwrap_or(20.0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64;
    let seed = env::var("ASSENT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(now);
    let templates = || [files("examples"), vectors("template"), vectors("scan"), vectors("intrinsics")].concat();
    type Reader = (&'static str, fn(&[u8]), Vec<Vec<u8>>, f64);
    let readers: [Reader; 5] = [
        ("template", template, templates(), 0.6),
        ("plan", stored_plan, files("tests/vectors/plan"), 0.1),
        ("proof", proof, proof_seeds(), 0.1),
        ("sketch", sketch, sketch_seeds(), 0.1),
        ("votes", votes, vectors("consensus"), 0.1),
    ];
    for (name, read, seeds, share) in readers {
        let mut fuzz = Fuzz { random: Random::new(seed), seeds };
        let until = Instant::now() + Duration::from_secs_f64(seconds * share);
        let mut tried = 0_u32;
        while Instant::now() < until {
            let input = fuzz.input();
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&input)));
            assert!(outcome.is_ok(), "{name}, seed {seed}, input {tried}: {:?}", text(&input));
            tried += 1;
        }
        println!("{name}: {tried} inputs, seed {seed}");
    }
}
