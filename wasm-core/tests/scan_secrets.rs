//! Secrets: what is one, what only looks like one, and that none is ever shown. Tokens are put together at run time, so
//! that this file holds none.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use assent_core::scan::{Category, Finding, ScanAnswer, ScanCall};
use assent_core::session::Template;
use proptest::prelude::*;

fn scanned(text: &str, call: &ScanCall) -> ScanAnswer {
    Template::new(text.to_owned()).scan(call)
}

fn findings(text: &str) -> Vec<Finding> {
    let call = ScanCall {
        file: "t.yaml".into(),
        parameters: Default::default(),
        context: None,
        baseline: BTreeSet::new(),
        no_suppressions: false,
    };
    match scanned(text, &call) {
        ScanAnswer::Scanned { findings, .. } => {
            findings.into_iter().filter(|finding| finding.category == Category::Secret).collect()
        }
        ScanAnswer::NotTemplate { problems } => panic!("{problems:?}"),
    }
}

/// A function with an environment variable.
fn variable(name: &str, value: &str) -> String {
    format!(
        "Resources:\n  Job:\n    Type: AWS::Lambda::Function\n    Properties:\n      Environment:\n        Variables:\n          {name}: '{value}'\n"
    )
}

/// `length` characters of an alphabet, varied and reproducible.
fn noise(alphabet: &str, length: usize, seed: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            letters[usize::try_from(state >> 33).unwrap() % letters.len()]
        })
        .collect()
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// CRC-32 in base 62, six digits, computed bit by bit from its definition.
fn checksum(text: &str) -> String {
    let mut sum = u32::MAX;
    for bit in text.bytes().flat_map(|byte| (0..8).map(move |at| u32::from(byte >> at & 1))) {
        let low = (sum & 1) ^ bit;
        sum >>= 1;
        if low == 1 {
            sum ^= 0xedb8_8320;
        }
    }
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = !sum;
    let mut text = Vec::new();
    for _ in 0..6 {
        text.push(digits[(number % 62) as usize] as char);
        number /= 62;
    }
    text.into_iter().rev().collect()
}

fn tokens(seed: u64) -> Vec<(&'static str, String)> {
    let hub = noise(ALNUM, 30, seed);
    let base = |length, seed| noise(ALNUM, length, seed);
    vec![
        ("secret-github-token", format!("{}{hub}{}", ["gh", "p_"].concat(), checksum(&hub))),
        ("secret-github-token", format!("{}{}_{}", ["github", "_pat_"].concat(), base(22, seed), base(59, seed + 1))),
        ("secret-npm-token", format!("{}{hub}{}", ["np", "m_"].concat(), checksum(&hub))),
        ("secret-gitlab-token", format!("{}{}", ["glp", "at-"].concat(), base(20, seed))),
        (
            "secret-aws-access-key-id",
            format!("{}{}", ["AK", "IA"].concat(), noise("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, seed)),
        ),
        ("secret-stripe-key", format!("{}{}", ["sk_", "live_"].concat(), base(24, seed))),
        ("secret-google-api-key", format!("{}{}", ["AI", "za"].concat(), base(35, seed))),
        (
            "secret-slack-token",
            format!("{}{}-{}", ["xo", "xb-"].concat(), noise("123456789", 12, seed), base(24, seed)),
        ),
        ("secret-azure-key", format!("{}{}==", ["Account", "Key="].concat(), base(86, seed))),
        ("secret-sendgrid-key", format!("{}{}.{}", ["S", "G."].concat(), base(22, seed), base(43, seed + 1))),
    ]
}

#[test]
fn every_form_is_found_where_it_stands_and_named_by_its_kind() {
    for (rule, token) in tokens(7) {
        let found = findings(&variable("SETTING", &token));
        assert_eq!(found.len(), 1, "{rule}: {found:?}");
        assert_eq!((found[0].rule_id.as_str(), found[0].line), (rule, 7));
        assert_eq!(found[0].resource, "Job");
        assert_eq!(found[0].path, "Resources/Job/Properties/Environment/Variables/SETTING");
    }
}

#[test]
fn a_secret_in_a_comment_or_in_inline_code_is_found_too() {
    let (_, token) = tokens(11).remove(0);
    let text = format!("# {token}\n{}", variable("A", "b"));
    assert_eq!(findings(&text)[0].line, 1);
    let code = format!(
        "Resources:\n  Job:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code:\n        ZipFile: |\n          import os\n          login(\"{token}\")\n"
    );
    let found = findings(&code);
    assert_eq!((found.len(), found[0].line, found[0].column), (1, 8, 18));
}

#[test]
fn a_token_behind_an_escape_of_json_is_found() {
    let (_, token) = tokens(13).remove(4);
    let text = format!(
        "{{\"Resources\": {{\"A\": {{\"Type\": \"AWS::SSM::Parameter\", \"Properties\": {{\"Type\": \"String\", \"Value\": \"id:\\n{token}\"}}}}}}}}"
    );
    assert_eq!(findings(&text).len(), 1, "{text}");
}

#[test]
fn a_megabyte_of_beginnings_and_one_of_tokens_take_linear_time() {
    let begun = ["ey", "J-Secret", "AccessKey=http:"].concat().repeat(40_000);
    assert_eq!(findings(&format!("# {begun}\n{}", variable("A", "b"))), []);
    let (_, token) = tokens(17).remove(0);
    let many = format!("# {token}\n").repeat(25_000);
    assert_eq!(findings(&format!("{many}{}", variable("A", "b"))).len(), 1_000);
}

#[test]
fn a_wrong_checksum_is_no_token() {
    for (_, token) in
        tokens(3).into_iter().filter(|(rule, token)| *rule == "secret-npm-token" || token.starts_with("ghp"))
    {
        let last = if token.ends_with('A') { 'B' } else { 'A' };
        let broken: String = token.chars().take(token.len() - 1).chain([last]).collect();
        assert_eq!(findings(&variable("SETTING", &broken)), [], "{broken}");
    }
}

#[test]
fn what_only_stands_for_a_secret_is_none() {
    let documented = ["AK", "IAIOSFODNN7", "EXAMPLE"].concat();
    for (name, value) in [
        ("KEY", documented.as_str()),
        ("DB_PASSWORD", "changeme"),
        ("DB_PASSWORD", "<your password>"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:db:SecretString:password}}"),
        ("DB_PASSWORD", "/prod/db/password"),
        ("DB_PASSWORD", "prod-db-password"),
        ("SECRET", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1b2c3"),
        ("API_TOKEN", "my-api-token-name"),
        ("TOKEN_TABLE", "8f3kd93kfd93kd93kfFDKE93"),
        ("DATABASE", "postgres://app:${Password}@db:5432/app"),
        ("DATABASE", "postgres://db:5432/app"),
        ("REPOSITORY", "https://github.com/user@team/x"),
    ] {
        assert_eq!(findings(&variable(name, value)), [], "{name}: {value}");
    }
}

#[test]
fn a_literal_under_a_telling_name_is_a_secret() {
    let random = noise(ALNUM, 32, 5);
    let url = format!("postgres://app:{}@db:5432/app", noise(ALNUM, 12, 9));
    let listed = "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n        - Name: web\n          Environment:\n            - Name: DB_PASSWORD\n              Value: hunter22\n";
    for (text, rule) in [
        (variable("DB_PASSWORD", "hunter22"), "secret-password"),
        (variable("WEBHOOK_SECRET", &random), "secret-random"),
        (variable("ApiToken", &random), "secret-random"),
        (variable("DATABASE_URL", &url), "secret-url-password"),
        (listed.to_owned(), "secret-password"),
    ] {
        let found = findings(&text);
        assert_eq!(found.iter().map(|finding| finding.rule_id.as_str()).collect::<Vec<_>>(), [rule], "{text}");
    }
}

#[test]
fn a_private_key_needs_its_content() {
    let begin = ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat();
    let body = (0..4).map(|line| format!("\n              {}", noise(ALNUM, 64, line + 1))).collect::<String>();
    let wrap = |body: &str| {
        format!(
            "Resources:\n  A:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n      Value: |\n              {begin}{body}\n"
        )
    };
    assert_eq!(findings(&wrap(&body)).len(), 1);
    assert_eq!(findings(&wrap("\n              ...")), []);
    let json = format!(
        "{{\"Resources\": {{\"A\": {{\"Type\": \"AWS::SSM::Parameter\", \"Properties\": {{\"Type\": \"String\", \"Value\": \"{begin}\\n{}\\n{}\"}}}}}}}}",
        noise(ALNUM, 64, 1),
        noise(ALNUM, 64, 2)
    );
    assert_eq!(findings(&json).len(), 1);
}

proptest! {
    #[test]
    fn no_more_of_a_secret_than_four_characters_is_ever_shown(seed in 1_u64..1_000_000) {
        let mut secrets: Vec<(&str, String)> = tokens(seed).into_iter().map(|(_, token)| ("SETTING", token)).collect();
        // Of letters that spell no placeholder.
        secrets.push(("DB_PASSWORD", noise("BCDFGHJK23456789", 14, seed)));
        for (name, secret) in secrets {
            let found = findings(&variable(name, &secret));
            prop_assert_eq!(found.len(), 1);
            let shown = format!("{} {} {}", found[0].message, found[0].path, found[0].fingerprint);
            let start: String = secret.chars().take(6).collect();
            let end: String = secret.chars().skip(secret.len() - 6).collect();
            prop_assert!(!shown.contains(&start) && !shown.contains(&end), "{}", shown);
        }
    }

    #[test]
    fn fingerprints_tell_nothing_of_the_secret(one in 1_u64..1_000, other in 1_001_u64..2_000) {
        let print = |seed| findings(&variable("DB_PASSWORD", &noise("BCDFGHJK23456789", 14, seed))).remove(0).fingerprint;
        prop_assert_eq!(print(one), print(other));
    }
}

/// What a template's secrets are, by rule and path.
fn places(text: &str) -> Vec<(String, String)> {
    findings(text).into_iter().map(|finding| (finding.rule_id, finding.path)).collect()
}

#[test]
fn a_secret_in_pieces_is_put_together() {
    let key = format!("AKIA{}", noise("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 7));
    let (first, second) = key.split_at(9);
    let pem: Vec<String> = (0..4).map(|line| noise(ALNUM, 64, 90 + line)).collect();
    let lines = pem.iter().map(|line| format!("{line:?}")).collect::<Vec<_>>().join(", ");
    let encoded = {
        // Of `export AWS_ACCESS_KEY_ID=…` with the key of the test.
        let text = format!("export AWS_ACCESS_KEY_ID={key}\n");
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: Vec<u8> = text.bytes().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
        bits.chunks(6)
            .map(|six| digits[(0..6).fold(0, |sum, at| sum * 2 + usize::from(*six.get(at).unwrap_or(&0)))] as char)
            .collect::<String>()
    };
    let cases = [
        ("secret-aws-access-key-id", format!("!Join ['', [{first}, {second}]]")),
        ("secret-aws-access-key-id", format!("!Sub ['${{a}}${{ b }}', {{a: {first}, b: {second}}}]")),
        ("secret-aws-access-key-id", format!("!Join ['-', [!Ref 'AWS::Region', !Join ['', [{first}, {second}]]]]")),
        ("secret-aws-access-key-id", format!("!Base64 {{'Fn::Join': ['', ['id=', {first}, {second}]]}}")),
        ("secret-aws-access-key-id", encoded),
        ("secret-url-password", "!Join ['', ['postgres://admin:', s3cr3tPassw0rd, '@db.internal/app']]".to_owned()),
        (
            "secret-private-key",
            format!("!Join [\"\\n\", ['-----BEGIN RSA PRIVATE', {lines}]]")
                .replace("PRIVATE'", "PRIVATE KEY-----'")
                .replace("'-----BEGIN RSA PRIVATE KEY-----'", "!Join [' ', ['-----BEGIN RSA', 'PRIVATE KEY-----']]"),
        ),
    ];
    for (rule, value) in cases {
        let text = format!(
            "Resources:\n  Job:\n    Type: AWS::Lambda::Function\n    Properties:\n      Environment:\n        Variables:\n          V: {value}\n"
        );
        let found = findings(&text);
        let wanted: Vec<&Finding> = found.iter().filter(|finding| finding.rule_id == rule).collect();
        assert_eq!(wanted.len(), 1, "{rule}\n{text}\n{found:?}");
        assert!(wanted[0].path.starts_with("Resources/Job/Properties/Environment/Variables/V"), "{wanted:?}");
        assert_eq!(wanted[0].line, 7);
        assert!(!wanted[0].message.contains(&key));
    }
}

#[test]
fn what_a_function_gives_stands_under_its_key() {
    let named = |value: &str| {
        format!(
            "Conditions: {{C: !Equals [!Ref 'AWS::Region', x]}}\nResources:\n  Job:\n    Type: AWS::Lambda::Function\n    Properties:\n      Environment:\n        Variables:\n          DB_PASSWORD: {value}\n"
        )
    };
    let place = "Resources/Job/Properties/Environment/Variables/DB_PASSWORD".to_owned();
    assert_eq!(
        places(&named("!If [C, hunter2-prod-2024, !Ref 'AWS::NoValue']")),
        [("secret-password".to_owned(), format!("{place}/Fn::If/1"))]
    );
    assert_eq!(places(&named("!Join ['', [hunter2, '-prod-2024']]")), [("secret-password".to_owned(), place)]);
    for none in ["!If [C, '{{resolve:ssm-secure:/p}}', !Ref P]", "!Sub '${AWS::StackName}'", "!GetAtt Db.Secret"] {
        assert_eq!(places(&named(none)), [], "{none}");
    }
}
