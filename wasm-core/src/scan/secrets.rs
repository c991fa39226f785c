//! Credentials that stand in a template.
//!
//! Tokens of known form are searched in the whole text, comments and inline code included, so their place is exact.
//! Where an issuer put a checksum into its tokens (GitHub, npm) a token that fails it is none. Besides, a literal under
//! a key that is named like a password, or a random-looking one under a key that is named like a token. A finding shows
//! at most the first four characters and the length.
//! What stands in pieces is put together first (`joined`).

mod forms;
mod joined;

use std::collections::HashSet;

use super::FindingSeverity::{self, Critical, High, Medium};
use crate::problem::Span;
use crate::template::{Kind, Node};

/// A kind of secret, for `rules` and for findings.
pub struct SecretRule {
    /// Stable name.
    pub id: &'static str,
    /// What was found.
    pub title: &'static str,
    /// How much it matters.
    pub severity: FindingSeverity,
}

/// The kinds.
pub const RULES: &[SecretRule] = &[
    SecretRule { id: "secret-aws-access-key-id", title: "AWS access key id", severity: High },
    SecretRule { id: "secret-aws-secret-access-key", title: "AWS secret access key", severity: Critical },
    SecretRule { id: "secret-github-token", title: "GitHub token", severity: Critical },
    SecretRule { id: "secret-gitlab-token", title: "GitLab token", severity: Critical },
    SecretRule { id: "secret-bitbucket-token", title: "Bitbucket or Atlassian token", severity: Critical },
    SecretRule { id: "secret-npm-token", title: "npm token", severity: Critical },
    SecretRule { id: "secret-pypi-token", title: "PyPI token", severity: Critical },
    SecretRule { id: "secret-slack-token", title: "Slack token or webhook", severity: Critical },
    SecretRule { id: "secret-stripe-key", title: "Stripe live key", severity: Critical },
    SecretRule { id: "secret-google-api-key", title: "Google API key or client secret", severity: Critical },
    SecretRule { id: "secret-azure-key", title: "Azure storage or service bus key", severity: Critical },
    SecretRule { id: "secret-sendgrid-key", title: "SendGrid key", severity: Critical },
    SecretRule { id: "secret-digitalocean-token", title: "DigitalOcean token", severity: Critical },
    SecretRule { id: "secret-model-provider-key", title: "Key of a model provider", severity: Critical },
    SecretRule { id: "secret-private-key", title: "Private key", severity: Critical },
    SecretRule { id: "secret-url-password", title: "Password in a URL", severity: High },
    SecretRule { id: "secret-jwt", title: "JSON web token", severity: Medium },
    SecretRule { id: "secret-password", title: "Password in plain text", severity: High },
    SecretRule { id: "secret-random", title: "Random-looking secret in plain text", severity: High },
];

/// A secret that was found.
pub struct Hit {
    /// Its kind.
    pub rule: &'static str,
    /// Where it starts.
    pub span: Span,
    /// First four characters and length.
    pub masked: String,
    /// Path in the template where the tree was searched.
    pub path: Option<String>,
}

/// Every secret of a text and of its tree, in the order of the text.
#[must_use]
pub fn find(text: &str, template: Option<&Node>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let (mut line, mut start, mut seen) = (1_u32, 0, 0);
    for token in forms::tokens(text) {
        // In one pass over the text: tokens come in its order.
        for (at, _) in text.get(seen..token.start).unwrap_or_default().match_indices('\n') {
            line += 1;
            start = seen + at + 1;
        }
        seen = token.start;
        let before = text.get(start..token.start).unwrap_or_default().chars().count();
        let column = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        hits.push(Hit { rule: token.rule, span: Span { line, column }, masked: mask(token.text), path: None });
    }
    if let Some(template) = template {
        let mut path = Vec::new();
        literals(template, &mut path, &mut hits);
        // What is seen where it stands needs no second finding where a function repeats it.
        let mut seen: HashSet<(&str, String)> = hits.iter().map(|hit| (hit.rule, hit.masked.clone())).collect();
        hits.extend(joined::find(template).into_iter().filter(|hit| seen.insert((hit.rule, hit.masked.clone()))));
    }
    hits.sort_by_key(|hit| hit.span);
    // A named literal that is a token of known form as well is one secret: forms say more.
    let known: HashSet<(u32, String)> =
        hits.iter().filter(|hit| hit.path.is_none()).map(|hit| (hit.span.line, hit.masked.clone())).collect();
    hits.retain(|hit| hit.path.is_none() || !known.contains(&(hit.span.line, hit.masked.clone())));
    hits
}

/// At most the first four characters, of short ones fewer, and the length.
fn mask(secret: &str) -> String {
    let length = secret.chars().count();
    let shown: String = secret.chars().take((length / 4).min(4)).collect();
    format!("{shown}… ({length} characters)")
}

/// A literal as it may be shown to people: what is named like a password, looks like a secret or is a token of known form
/// is left out of it. Stricter than a finding is: to show too little costs nothing. `None`: nothing had to be left out.
#[must_use]
pub fn hidden(key: &str, text: &str) -> Option<String> {
    let name = key.to_ascii_lowercase();
    if ["password", "passwd", "passphrase", "secretstring"].iter().any(|end| name.ends_with(end))
        || literal(key, text).is_some()
    {
        return Some(HIDDEN.to_owned());
    }
    let mut shown = String::new();
    let mut from = 0;
    for token in forms::tokens(text) {
        shown.push_str(text.get(from..token.start).unwrap_or_default());
        shown.push_str(HIDDEN);
        from = token.start + token.text.len();
    }
    (from > 0).then(|| shown + text.get(from..).unwrap_or_default())
}

/// What stands for a literal that is not shown.
const HIDDEN: &str = "(secret)";

/// Keys whose values are shown on purpose or looked at elsewhere.
const SKIPPED: [&str; 7] =
    ["Parameters", "Description", "Metadata", "Outputs", "Conditions", "Rules", "MasterUserPassword"];

/// Literals under keys that are named like secrets, or beside a `Name` that is.
fn literals(node: &Node, path: &mut Vec<String>, hits: &mut Vec<Hit>) {
    match &node.kind {
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                literals(item, path, hits);
                path.pop();
            }
        }
        Kind::Map(entries) => {
            let name = ["Name", "Key", "ParameterKey"].iter().find_map(|key| node.get(key)?.as_str());
            for entry in entries.iter().filter(|entry| !SKIPPED.contains(&entry.key.as_str())) {
                // Functions compute: what stands in them is no value yet.
                if entry.key == "Ref" || entry.key.starts_with("Fn::") {
                    continue;
                }
                path.push(entry.key.clone());
                let named = name.filter(|_| matches!(entry.key.as_str(), "Value" | "ParameterValue"));
                let key = named.unwrap_or(&entry.key);
                if let Kind::String(text) = &entry.value.kind {
                    if let Some(rule) = literal(key, text) {
                        let hit = Hit { rule, span: entry.value.span, masked: mask(text), path: Some(path.join("/")) };
                        hits.push(hit);
                    }
                } else {
                    literals(&entry.value, path, hits);
                }
                path.pop();
            }
        }
        Kind::String(_) | Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

/// What a literal under a key is, if it is a secret.
fn literal(key: &str, text: &str) -> Option<&'static str> {
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let ends = |names: &[&str]| names.iter().any(|name| key.ends_with(name));
    let elsewhere =
        text.contains("${") || text.contains("{{") || text.starts_with("arn:") || text.starts_with("alias/");
    if elsewhere || is_placeholder(text) || text.contains([' ', '\n']) {
        return None;
    }
    // A path or an address is where a secret is, not the secret.
    let place = text.starts_with('/') || text.contains("://");
    if ends(&["password", "passwd", "passphrase"]) && !place && (4..=128).contains(&text.len()) && !is_word_list(text) {
        return Some("secret-password");
    }
    let secret = ends(&[
        "secret",
        "token",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "authkey",
        "credential",
        "credentials",
        "password",
    ]);
    (secret && !place && is_random(text)).then_some("secret-random")
}

/// Words with separators (`prod-db-password`, `my_secret_name`): a name.
fn is_word_list(text: &str) -> bool {
    text.contains(['-', '_', '/', '.'])
        && text
            .split(['-', '_', '/', '.'])
            .all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphabetic()))
}

/// Whether a text looks drawn at random: long, mixed, of many different characters.
fn is_random(text: &str) -> bool {
    let mixed = text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    // Words and numbers between separators are names, however long: eu-west-1-prod-db.
    let longest = text.split(['-', '_', '.', ':', '/']).map(str::len).max().unwrap_or_default();
    text.len() >= 16 && text.len() <= 512 && longest >= 12 && mixed && plain && entropy(text) >= 3.3
}

/// Bits per character.
#[allow(clippy::cast_precision_loss)]
fn entropy(text: &str) -> f64 {
    let mut counts = [0_usize; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f64 / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// Whether a text only stands where a secret would: `changeme`, `<your token>`, `xxxx`, documentation's examples.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = [
        "example",
        "changeme",
        "change_me",
        "change-me",
        "changeit",
        "placeholder",
        "dummy",
        "sample",
        "your",
        "xxxx",
        "****",
        "....",
        "todo",
        "replace",
        "insert",
        "fake",
        "redacted",
        "<",
        "${",
        "{{",
        "1234567890",
        "0123456789",
        "abcdefghij",
        "undefined",
        "not-a-",
        "notreal",
    ];
    let mut distinct = lower.clone().into_bytes();
    distinct.sort_unstable();
    distinct.dedup();
    let trivial = [
        "password", "passwd", "secret", "token", "none", "null", "true", "false", "default", "test", "string",
        "enabled", "disabled", "required", "optional",
    ];
    distinct.len() <= 2 || words.iter().any(|word| lower.contains(word)) || trivial.contains(&lower.as_str())
}
