//! Tokens of known form: prefix, alphabet, length, checksum.
//!
//! One pass over the bytes: at each place where a word can start, the prefixes that begin with its byte are tried.

use super::is_placeholder;

/// Words of examples. Long ones only: in a long random token a short one turns up by chance.
const STAND_INS: [&str; 8] =
    ["example", "placeholder", "changeme", "redacted", "xxxxxx", "0123456789", "1234567890", "abcdefghij"];

/// A token in a text.
pub struct Token<'t> {
    /// Its kind.
    pub rule: &'static str,
    /// Byte offset.
    pub start: usize,
    /// All of it.
    pub text: &'t str,
}

/// What follows a prefix.
struct Form {
    rule: &'static str,
    prefix: &'static str,
    /// Characters of the rest.
    alphabet: fn(u8) -> bool,
    /// Length of the rest: least and most.
    length: (usize, usize),
    check: fn(&str) -> bool,
}

const fn form(rule: &'static str, prefix: &'static str, alphabet: fn(u8) -> bool, length: (usize, usize)) -> Form {
    Form { rule, prefix, alphabet, length, check: any }
}

const fn checked(rule: &'static str, prefix: &'static str) -> Form {
    Form { rule, prefix, alphabet: alnum, length: (36, 36), check: has_checksum }
}

const FORMS: &[Form] = &[
    form("secret-aws-access-key-id", "AKIA", base32, (16, 16)),
    checked("secret-github-token", "ghp_"),
    checked("secret-github-token", "gho_"),
    checked("secret-github-token", "ghu_"),
    checked("secret-github-token", "ghs_"),
    checked("secret-github-token", "ghr_"),
    Form {
        rule: "secret-github-token",
        prefix: "github_pat_",
        alphabet: word,
        length: (82, 82),
        check: is_fine_grained,
    },
    form("secret-gitlab-token", "glpat-", url, (20, 300)),
    form("secret-gitlab-token", "gldt-", url, (20, 300)),
    form("secret-gitlab-token", "glrt-", url, (20, 300)),
    form("secret-bitbucket-token", "ATBB", alnum, (32, 32)),
    form("secret-bitbucket-token", "ATATT3", atlassian, (100, 300)),
    checked("secret-npm-token", "npm_"),
    form("secret-pypi-token", "pypi-AgEIcHlwaS5vcmc", url, (50, 300)),
    form("secret-slack-token", "xoxb-", dashed, (30, 200)),
    form("secret-slack-token", "xoxp-", dashed, (30, 200)),
    form("secret-slack-token", "xapp-", dashed, (30, 200)),
    form("secret-slack-token", "https://hooks.slack.com/services/T", path, (30, 80)),
    form("secret-stripe-key", "sk_live_", alnum, (24, 200)),
    form("secret-stripe-key", "rk_live_", alnum, (24, 200)),
    form("secret-google-api-key", "AIza", url, (35, 35)),
    form("secret-google-api-key", "GOCSPX-", url, (28, 28)),
    form("secret-azure-key", "AccountKey=", base64, (86, 90)),
    form("secret-azure-key", "SharedAccessKey=", base64, (43, 46)),
    form("secret-sendgrid-key", "SG.", dotted, (66, 66)),
    form("secret-digitalocean-token", "dop_v1_", hex, (64, 64)),
    form("secret-model-provider-key", "sk-ant-api03-", url, (80, 120)),
    form("secret-model-provider-key", "sk-proj-", url, (60, 220)),
    form("secret-model-provider-key", "hf_", letters, (34, 34)),
    Form { rule: "secret-jwt", prefix: "eyJ", alphabet: dotted, length: (60, 4000), check: is_jwt },
];

/// So many are reported of one text; whoever has more knows enough.
const MOST: usize = 1_000;

/// The first thousand tokens, in the order of the text. Time is linear in the text.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut before = [b' ', b' '];
    let mut skip = 0;
    for (start, byte) in bytes.iter().copied().enumerate() {
        // Behind `\n`, `\t` or `\"` of a JSON string a word starts too.
        let [first, last] = before;
        let boundary = first == b'\\' || !(last.is_ascii_alphanumeric() || last == b'_');
        before = [last, byte];
        if start < skip || !boundary || !matches!(byte, b'A' | b'G' | b'S' | b'a'..=b'z' | b'-') {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let token = FORMS.iter().find_map(|form| matched(form, rest).map(|text| (form.rule, text)));
        let token =
            token.or_else(|| private_key(rest)).or_else(|| url_password(rest)).or_else(|| secret_access_key(rest));
        if let Some((rule, token)) = token {
            // What is found may stand behind its key (`aws_secret_access_key = …`).
            let offset = (token.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            skip = offset + token.len();
            found.push(Token { rule, start: offset, text: token });
            if found.len() == MOST {
                break;
            }
        }
    }
    found
}

fn matched<'t>(form: &Form, rest: &'t str) -> Option<&'t str> {
    let tail = rest.strip_prefix(form.prefix)?;
    let (least, most) = form.length;
    let length = tail.bytes().take(most + 1).take_while(|byte| (form.alphabet)(*byte)).count();
    let body = tail.get(..length)?;
    let real = (least..=most).contains(&length) && (form.check)(body) && is_varied(body) && !stands_in(body);
    if real { rest.get(..form.prefix.len() + length) } else { None }
}

fn stands_in(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    STAND_INS.iter().any(|word| lower.contains(word))
}

/// At least eight different characters: `AKIAAAAAAAAAAAAAAAAA` is nobody's.
fn is_varied(body: &str) -> bool {
    let mut letters = body.as_bytes().to_vec();
    letters.sort_unstable();
    letters.dedup();
    letters.len() >= 8
}

fn private_key(rest: &str) -> Option<(&'static str, &str)> {
    let head = rest.strip_prefix("-----BEGIN ")?;
    let (kind, body) = head.split_once("-----")?;
    if !kind.ends_with("PRIVATE KEY") || kind.len() > 40 {
        return None;
    }
    // In JSON line ends are written `\n`.
    let window: String = body.chars().take(400).collect::<String>().replace("\\n", "\n");
    let lines =
        window.lines().map(|line| line.trim().trim_end_matches(['"', ',', '\\']).trim_matches(['"', '\'', '-']).trim());
    let content: usize =
        lines.filter(|line| line.len() >= 32 && line.bytes().all(base64) && is_varied(line)).map(str::len).sum();
    let end = "-----BEGIN ".len() + kind.len() + "-----".len();
    (content >= 64).then(|| rest.get(..end).map(|text| ("secret-private-key", text))).flatten()
}

const SCHEMES: [&str; 12] = [
    "postgres://",
    "postgresql://",
    "mysql://",
    "mariadb://",
    "mongodb://",
    "mongodb+srv://",
    "redis://",
    "rediss://",
    "amqp://",
    "amqps://",
    "https://",
    "http://",
];

fn url_password(rest: &str) -> Option<(&'static str, &str)> {
    let scheme = SCHEMES.iter().find(|scheme| rest.starts_with(**scheme))?;
    let tail = rest.get(scheme.len()..)?;
    let length = tail
        .bytes()
        .take(500)
        .take_while(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'/' | b'<' | b'`'))
        .count();
    let (login, host) = tail.get(..length)?.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let computed = |part: &str| part.contains(['$', '{', '}', '%', '(', '*']);
    let known =
        password.len() >= 4 && !computed(password) && !computed(user) && !host.is_empty() && !is_placeholder(password);
    let weak = matches!(password, "password" | "pass" | "passwd" | "secret");
    (known && !weak).then_some(("secret-url-password", password))
}

/// Forty characters behind their usual name.
fn secret_access_key(rest: &str) -> Option<(&'static str, &str)> {
    const NAMES: [&str; 4] = ["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey", "aws_secret_key"];
    let name = NAMES.iter().find(|name| rest.starts_with(**name))?;
    let tail = rest.get(name.len()..)?;
    let value = tail.trim_start_matches(['"', '\'', ' ', ':', '=', '\t', '\\']);
    // Within the reach of a key and its value on one line.
    if tail.len() - value.len() > 8 || tail.len() == value.len() {
        return None;
    }
    let length = value.bytes().take(41).take_while(|byte| base64(*byte)).count();
    let key = value.get(..length)?;
    (length == 40 && !stands_in(key) && is_varied(key)).then_some(("secret-aws-secret-access-key", key))
}

fn any(_: &str) -> bool {
    true
}

fn is_fine_grained(body: &str) -> bool {
    body.split_once('_').is_some_and(|(first, second)| first.len() == 22 && second.len() == 59 && !second.contains('_'))
}

fn is_jwt(body: &str) -> bool {
    let parts: Vec<&str> = body.split('.').collect();
    matches!(parts.as_slice(), [head, claims, signature] if head.len() >= 10 && claims.starts_with("eyJ") && signature.len() >= 20)
}

/// Whether the last six characters are the CRC-32 of the rest in base 62.
/// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>
fn has_checksum(body: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((random, sum)) = body.split_at_checked(30) else { return false };
    let mut number = 0_u64;
    for byte in sum.bytes() {
        let Some(digit) = DIGITS.iter().position(|known| *known == byte) else { return false };
        number = number * 62 + digit as u64;
    }
    number == u64::from(crc32(random.as_bytes()))
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

fn base32(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'2'..=b'7')
}

fn alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn letters(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')
}

fn word(byte: u8) -> bool {
    alnum(byte) || byte == b'_'
}

fn dashed(byte: u8) -> bool {
    alnum(byte) || byte == b'-'
}

fn url(byte: u8) -> bool {
    alnum(byte) || matches!(byte, b'-' | b'_')
}

fn dotted(byte: u8) -> bool {
    url(byte) || byte == b'.'
}

fn atlassian(byte: u8) -> bool {
    url(byte) || byte == b'='
}

fn path(byte: u8) -> bool {
    alnum(byte) || byte == b'/'
}

fn base64(byte: u8) -> bool {
    alnum(byte) || matches!(byte, b'+' | b'/' | b'=')
}
