//! The scan as its callers see it: every rule on its own examples, places, leniency, suppressions, fingerprints.
//! One file, because it is a list of cases that share how a text is scanned.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use assent_core::scan::{self, Category, Finding, FindingSeverity, RuleStatus, ScanAnswer, ScanCall};
use assent_core::session::Template;
use proptest::prelude::*;

fn scanned(text: &str, call: &ScanCall) -> ScanAnswer {
    Template::new(text.to_owned()).scan(call)
}

fn call() -> ScanCall {
    ScanCall {
        file: "web.yaml".into(),
        parameters: Default::default(),
        context: None,
        baseline: BTreeSet::new(),
        no_suppressions: false,
    }
}

fn findings_of(text: &str, call: &ScanCall) -> Vec<Finding> {
    match scanned(text, call) {
        ScanAnswer::Scanned { findings, .. } => findings,
        ScanAnswer::NotTemplate { problems } => panic!("{problems:?} in {text}"),
    }
}

fn findings(text: &str) -> Vec<Finding> {
    findings_of(text, &call())
}

fn ids(text: &str) -> Vec<String> {
    findings(text).into_iter().map(|finding| finding.rule_id).collect()
}

fn status(text: &str, rule: &str) -> RuleStatus {
    let ScanAnswer::Scanned { rules, .. } = scanned(text, &call()) else { panic!("{text}") };
    rules.into_iter().find(|result| result.rule_id == rule).expect(rule).status
}

/// An example of a rule as a template.
fn whole(example: &str) -> String {
    if example.contains("Resources:") {
        return example.to_owned();
    }
    format!("Resources:\n  Example:\n    {}\n", example.replace('\n', "\n    "))
}

#[test]
fn every_rule_refuses_its_failing_example_and_accepts_its_passing_one() {
    for rule in scan::rules().rules.iter().filter(|rule| rule.category == Category::Policy) {
        let (fails, passes) = (whole(&rule.fails), whole(&rule.passes));
        assert!(ids(&fails).contains(&rule.id), "{} does not see\n{fails}\n{:?}", rule.id, findings(&fails));
        assert_eq!(status(&fails, &rule.id), RuleStatus::Fail, "{}", rule.id);
        assert!(!ids(&passes).contains(&rule.id), "{} refuses\n{passes}", rule.id);
        assert_eq!(status(&passes, &rule.id), RuleStatus::Pass, "{}\n{passes}", rule.id);
    }
}

#[test]
fn every_failing_example_has_a_place_in_the_text() {
    for rule in scan::rules().rules.iter().filter(|rule| rule.category == Category::Policy) {
        let text = whole(&rule.fails);
        for finding in findings(&text).into_iter().filter(|finding| finding.rule_id == rule.id) {
            assert!(finding.line >= 1 && finding.column >= 1, "{finding:?}");
            assert!(finding.end_line >= finding.line, "{finding:?}");
            assert!((finding.line as usize) <= text.lines().count(), "{finding:?}");
        }
    }
}

#[test]
fn rules_have_names_of_their_own() {
    let rules = scan::rules().rules;
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(names.len(), rules.len());
    assert!(rules.len() >= 12);
    assert!(
        names
            .iter()
            .all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'))
    );
}

#[test]
fn circles_end() {
    let circle = "Conditions:
  A: !And [{Condition: B}, {Condition: B}]
  B: !Or [{Condition: A}, {Condition: A}]
Mappings:
  M:
    a:
      b: {Fn::FindInMap: [M, a, b]}
Resources:
  Data:
    Type: AWS::S3::Bucket
    Condition: A
    Properties:
      AccessControl: !FindInMap [M, a, b]
      VersioningConfiguration: {Status: !If [B, Enabled, Suspended]}
";
    assert!(findings(circle).iter().all(|finding| finding.category == Category::Template));
    assert_eq!(status(circle, "s3-public-read-acl"), RuleStatus::Unknown);
    assert_eq!(status(circle, "s3-versioning"), RuleStatus::Unknown);
}

const OPEN: &str = "Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: example
      SecurityGroupIngress:
        - IpProtocol: tcp
          FromPort: 22
          ToPort: 22
          CidrIp: !Ref From
";

fn with_parameter(default: &str) -> String {
    format!("Parameters:\n  From:\n    Type: String\n{default}{OPEN}")
}

#[test]
fn a_parameter_without_value_is_no_finding_and_its_rule_is_unknown() {
    let text = with_parameter("");
    assert_eq!(findings(&text), []);
    assert_eq!(status(&text, "sg-open-ssh"), RuleStatus::Unknown);
}

#[test]
fn a_default_decides_and_a_given_value_decides_against_it() {
    let text = with_parameter("    Default: 0.0.0.0/0\n");
    assert_eq!(ids(&text), ["sg-open-ssh"]);
    let parameters = BTreeMap::from([("From".to_owned(), "10.0.0.0/8".to_owned())]);
    assert_eq!(findings_of(&text, &ScanCall { parameters: parameters.into(), ..call() }), []);
}

#[test]
fn a_resource_off_by_default_is_looked_at_and_one_off_by_a_given_value_is_not() {
    let text = "Parameters:
  Public: {Type: String, Default: 'no', AllowedValues: ['yes', 'no']}
Conditions:
  IsPublic: !Equals [!Ref Public, 'yes']
Resources:
  Role:
    Type: AWS::IAM::Role
    Condition: IsPublic
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: '*', Action: sts:AssumeRole}
";
    assert_eq!(ids(text), ["iam-public-trust"]);
    let given =
        |value: &str| ScanCall { parameters: BTreeMap::from([("Public".into(), value.into())]).into(), ..call() };
    assert_eq!(findings_of(text, &given("no")), []);
    assert_eq!(findings_of(text, &given("yes")).len(), 1);
}

#[test]
fn a_choice_that_cannot_be_made_is_no_finding() {
    let text = "Parameters:
  Stage: {Type: String}
Conditions:
  Test: !Equals [!Ref Stage, test]
Resources:
  Data:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: postgres
      StorageEncrypted: true
      DeletionProtection: true
      PubliclyAccessible: !If [Test, true, false]
";
    assert_eq!(findings(text), []);
    assert_eq!(status(text, "rds-public"), RuleStatus::Unknown);
    let parameters = BTreeMap::from([("Stage".to_owned(), "test".to_owned())]);
    let found = findings_of(text, &ScanCall { parameters: parameters.into(), ..call() });
    assert_eq!(
        found.iter().map(|finding| (finding.rule_id.as_str(), finding.line)).collect::<Vec<_>>(),
        [("rds-public", 12)]
    );
}

#[test]
fn a_condition_that_narrows_who_asks_opens_nothing_and_one_that_does_not_leaves_it_open() {
    let policy = |condition: &str| {
        format!(
            "Resources:
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [url]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {{AWS: ['*']}}
            Action: sqs:SendMessage
            Resource: arn
            Condition: {condition}
"
        )
    };
    for narrow in [
        "{ArnEquals: {'aws:SourceArn': arn}}",
        "{StringEquals: {'AWS:SourceAccount': '111122223333'}}",
        "{StringEquals: {'aws:PrincipalOrgID': o-1}, Bool: {'aws:SecureTransport': true}}",
    ] {
        assert!(!ids(&policy(narrow)).contains(&"sqs-public-policy".to_owned()), "{narrow}");
    }
    for open in [
        "{Bool: {'aws:SecureTransport': true}}",
        "{IpAddress: {'aws:SourceIp': 0.0.0.0/0}}",
        "{StringLike: {'aws:SourceArn': '*'}}",
        "{StringEqualsIfExists: {'aws:SourceAccount': '111122223333'}}",
    ] {
        assert!(ids(&policy(open)).contains(&"sqs-public-policy".to_owned()), "{open}");
    }
}

#[test]
fn each_opening_to_the_world_is_reported_once_by_what_it_opens() {
    let group = |protocol: &str, from: i64, to: i64, cidr: &str| {
        format!(
            "Resources:
  Rule:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {{GroupId: sg-1, IpProtocol: '{protocol}', FromPort: {from}, ToPort: {to}, {cidr}}}
"
        )
    };
    for (protocol, from, to, cidr, expected) in [
        ("tcp", 22, 22, "CidrIp: 0.0.0.0/0", Some("sg-open-ssh")),
        ("tcp", 20, 30, "CidrIpv6: '::/0'", Some("sg-open-ssh")),
        ("6", 22, 22, "CidrIp: 0.0.0.0/0", Some("sg-open-ssh")),
        ("udp", 22, 22, "CidrIp: 0.0.0.0/0", None),
        ("tcp", 3000, 4000, "CidrIp: 0.0.0.0/0", Some("sg-open-rdp")),
        ("tcp", 0, 65535, "CidrIp: 0.0.0.0/0", Some("sg-open-all")),
        ("-1", 22, 22, "CidrIp: 0.0.0.0/0", Some("sg-open-all")),
        ("tcp", 5432, 5432, "CidrIp: 0.0.0.0/0", Some("sg-open-service")),
        ("tcp", 8443, 8443, "CidrIp: 0.0.0.0/0", Some("sg-open-port")),
        ("tcp", 443, 443, "CidrIp: 0.0.0.0/0", None),
        ("tcp", 80, 80, "CidrIpv6: '::/0'", None),
        ("icmp", -1, -1, "CidrIp: 0.0.0.0/0", None),
        ("tcp", 22, 22, "CidrIp: 10.0.0.0/8", None),
        ("tcp", 22, 22, "SourceSecurityGroupId: sg-2", None),
    ] {
        let text = group(protocol, from, to, cidr);
        let found: Vec<String> = ids(&text).into_iter().filter(|id| id.starts_with("sg-")).collect();
        assert_eq!(found.first().map(String::as_str), expected, "{text}");
        assert!(found.len() <= 1, "{text}");
    }
}

#[test]
fn what_is_no_template_is_not_scanned_and_what_was_meant_as_one_is() {
    for other in ["a: 1", "[1, 2]", "{\"name\": \"x\"}", "apiVersion: v1\nkind: List", "Resources: [a]", "{", ""] {
        assert!(matches!(scanned(other, &call()), ScanAnswer::NotTemplate { .. }), "{other}");
    }
    let broken = findings("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: {Type: [}\n");
    assert!(broken.iter().all(|finding| finding.category == Category::Template && finding.line == 3), "{broken:?}");
    assert!(broken.iter().any(|finding| finding.severity == FindingSeverity::Critical), "{broken:?}");
}

#[test]
fn mistakes_of_the_template_are_findings_with_their_place() {
    let found = findings("Resources:\n  Topic:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueNam: x\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].category, found[0].severity, found[0].line, found[0].column),
        (Category::Template, FindingSeverity::High, 5, 7)
    );
    assert_eq!(found[0].resource, "Topic");
}

fn bucket(metadata: &str) -> String {
    format!(
        "Resources:\n  Data:\n    Type: AWS::S3::Bucket\n    Metadata: {metadata}\n    Properties: {{AccessControl: PublicRead, VersioningConfiguration: {{Status: Enabled}}}}\n"
    )
}

#[test]
fn suppressions_of_every_form_are_honoured_with_their_reason() {
    for (by, reason, metadata) in [
        ("assent", "a web site", "{assent: {ignore: [{id: s3-public-read-acl, reason: a web site}]}}"),
        ("checkov", "a web site", "{checkov: {skip: [{id: CKV_AWS_20, comment: a web site}]}}"),
        (
            "guard",
            "a web site",
            "{guard: {SuppressedRules: [{id: S3_BUCKET_PUBLIC_READ_PROHIBITED, reason: a web site}]}}",
        ),
    ] {
        let found = findings(&bucket(metadata));
        assert_eq!(found.len(), 1, "{metadata}: {found:?}");
        let suppressed = found[0].suppressed.clone().expect(metadata);
        assert_eq!((suppressed.by.as_str(), suppressed.reason.as_str()), (by, reason));
        assert_eq!(suppressed.author, None);
    }
    let named = findings(&bucket("{assent: {ignore: [{id: s3-public-read-acl, reason: a web site, author: Ada}]}}"));
    assert_eq!(named[0].suppressed.clone().unwrap().author.as_deref(), Some("Ada"));
    let nag = findings(
        "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Metadata: {cfn_nag: {rules_to_suppress: [{id: W47, reason: public news}]}}\n",
    );
    assert!(nag.len() == 1 && nag[0].suppressed.as_ref().is_some_and(|one| one.by == "cfn_nag"), "{nag:?}");
}

#[test]
fn a_suppression_of_another_rule_suppresses_nothing() {
    for metadata in [
        "{assent: {ignore: [{id: s3-versioning, reason: x}]}}",
        "{checkov: {skip: [{id: CKV_AWS_21, comment: x}]}}",
        "{assent: {ignore: [{id: CKV_AWS_20, reason: not ours}]}}",
        "{assent: [s3-public-read-acl]}",
    ] {
        let found = findings(&bucket(metadata));
        let finding = found.iter().find(|finding| finding.rule_id == "s3-public-read-acl").expect(metadata);
        assert_eq!(finding.suppressed, None, "{metadata}");
    }
}

#[test]
fn a_suppression_without_reason_is_honoured_and_reported() {
    for metadata in [
        "{assent: {ignore: [s3-public-read-acl]}}",
        "{checkov: {skip: [{id: CKV_AWS_20}]}}",
        "{guard: {SuppressedRules: [S3_BUCKET_PUBLIC_READ_PROHIBITED]}}",
    ] {
        let found = findings(&bucket(metadata));
        assert_eq!(found.len(), 2, "{metadata}: {found:?}");
        assert!(found.iter().any(|finding| finding.rule_id == "suppression-without-reason" && finding.line == 4));
        assert!(found.iter().any(|finding| finding.rule_id == "s3-public-read-acl" && finding.suppressed.is_some()));
    }
}

#[test]
fn a_scan_that_honours_no_suppression_reports_everything() {
    let all = ScanCall { no_suppressions: true, ..call() };
    for metadata in [
        "{assent: {ignore: [{id: s3-public-read-acl, reason: a web site}]}}",
        "{checkov: {skip: [{id: CKV_AWS_20, comment: a web site}]}}",
        "{guard: {SuppressedRules: [S3_BUCKET_PUBLIC_READ_PROHIBITED]}}",
    ] {
        let found = findings_of(&bucket(metadata), &all);
        let rules: Vec<_> = found.iter().map(|finding| finding.rule_id.as_str()).collect();
        assert_eq!(rules, ["s3-public-read-acl"], "{metadata}");
        assert_eq!(found[0].suppressed, None, "{metadata}");
    }
}

#[test]
fn a_finding_of_the_baseline_is_suppressed_and_a_new_one_is_not() {
    let text = bucket("{}");
    let known = findings(&text)[0].fingerprint.clone();
    let found = findings_of(&text, &ScanCall { baseline: BTreeSet::from([known]), ..call() });
    assert!(found[0].suppressed.as_ref().is_some_and(|one| one.by == "baseline"));
    let other = ScanCall { baseline: BTreeSet::from(["0".repeat(32)]), ..call() };
    assert_eq!(findings_of(&text, &other)[0].suppressed, None);
}

proptest! {
    #[test]
    fn fingerprints_do_not_move_with_lines(blank in 0_usize..20, comment in "[a-z ]{0,20}") {
        let rules = scan::rules().rules;
        for rule in rules.iter().filter(|rule| !rule.fails.is_empty()).take(12) {
            let text = whole(&rule.fails);
            let moved = format!("{}# {comment}\n{text}", "\n".repeat(blank));
            let prints = |text: &str| findings(text).into_iter().map(|finding| (finding.rule_id, finding.fingerprint)).collect::<BTreeSet<_>>();
            prop_assert_eq!(prints(&text), prints(&moved));
        }
    }

    #[test]
    fn no_text_whatsoever_is_too_much(text in any::<String>()) {
        let _ = scanned(&text, &call());
        let _ = scanned(&format!("Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: {text}\n"), &call());
        let _ = scanned(&format!("-----BEGIN {text}AKIA{text}eyJ{text}https://{text}"), &call());
    }
}

/// A bucket policy for everybody, under a condition.
fn bucket_policy(condition: &str) -> String {
    format!(
        "Resources:
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: data
      PolicyDocument:
        Statement:
          - {{Effect: Allow, Principal: '*', Action: s3:GetObject, Resource: 'arn:aws:s3:::data/*', Condition: {condition}}}
          - {{Effect: Deny, Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::data/*', Condition: {{Bool: {{'aws:SecureTransport': 'false'}}}}}}
"
    )
}

#[test]
fn a_condition_that_narrows_nothing_leaves_a_policy_public() {
    for open in [
        "{'ForAllValues:StringEquals': {'aws:PrincipalOrgID': o-1}}",
        "{StringEqualsIfExists: {'aws:PrincipalOrgID': o-1}}",
        "{NotIpAddress: {'aws:SourceIp': 10.0.0.0/8}}",
        "{StringNotEquals: {'aws:PrincipalAccount': '111122223333'}}",
        "{StringNotLike: {'aws:PrincipalArn': 'arn:aws:iam::111122223333:*'}}",
        "{'Null': {'aws:PrincipalOrgID': 'false'}}",
        "{IpAddress: {'aws:SourceIp': [0.0.0.0/1, 128.0.0.0/1]}}",
        "{IpAddress: {'aws:SourceIp': [1.0.0.0/8, 2.0.0.0/8]}}",
        "{IpAddress: {'aws:SourceIp': 2000::/3}}",
        "{StringLike: {'aws:PrincipalOrgID': 'o-*'}}",
        "{StringLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/admin'}}",
        "{ArnLike: {'aws:SourceArn': 'arn:aws:sns:*:*:topic'}}",
        "{ArnLike: {'aws:SourceArn': 'arn:*'}}",
        "{StringEquals: {'aws:PrincipalTag/team': web}}",
        "{StringEquals: {'aws:ResourceAccount': '111122223333'}}",
        "{Bool: {'aws:MultiFactorAuthPresent': 'true'}}",
        "{Bool: {'aws:PrincipalIsAWSService': 'false'}}",
        "{DateGreaterThan: {'aws:CurrentTime': '2020-01-01T00:00:00Z'}}",
        "{StringEquals: {'aws:PrincipalAccount': '${aws:PrincipalAccount}'}}",
        "{StringEquals: {'s3:ExistingObjectTag/public': 'yes'}}",
        "{}",
    ] {
        assert!(ids(&bucket_policy(open)).contains(&"s3-public-policy".to_owned()), "{open}");
    }
}

#[test]
fn a_condition_that_names_somebody_narrows() {
    for narrow in [
        "{StringEquals: {'aws:PrincipalOrgID': o-1}}",
        "{'ForAnyValue:StringLike': {'aws:PrincipalOrgPaths': 'o-1/r-1/*'}}",
        "{'ForAllValues:StringEquals': {'aws:PrincipalOrgID': o-1}, 'Null': {'aws:PrincipalOrgID': 'false'}}",
        "{IpAddress: {'aws:SourceIp': [203.0.113.0/24, 198.51.100.0/24]}}",
        "{IpAddress: {'aws:SourceIp': [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}}",
        "{IpAddress: {'aws:SourceIp': ['2400:cb00::/32', '2606:4700::/32', '2a06:98c0::/29']}}",
        "{NotIpAddress: {'aws:SourceIp': 10.0.0.0/8}, StringEquals: {'aws:SourceVpce': vpce-1}}",
        "{StringEquals: {'AWS:SourceVpc': vpc-1}}",
        "{StringLike: {'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*'}}",
        "{ArnLike: {'aws:SourceArn': 'arn:aws:s3:*:*:data'}}",
        "{ArnLike: {'aws:SourceArn': !Sub 'arn:aws:sns:*:${AWS::AccountId}:*'}}",
        "{StringEquals: {'aws:PrincipalAccount': '${aws:ResourceAccount}'}}",
        "{StringLike: {'aws:userid': 'AROA1234:*'}}",
        "{Bool: {'aws:PrincipalIsAWSService': 'true'}}",
        "!If [Somewhere, {}, {}]",
    ] {
        let found = ids(&bucket_policy(narrow));
        assert!(!found.contains(&"s3-public-policy".to_owned()), "{narrow}");
        assert_eq!(status(&bucket_policy(narrow), "s3-public-policy"), RuleStatus::Pass, "{narrow}");
    }
}

/// An identity policy with one statement.
fn identity(statement: &str) -> String {
    format!(
        "Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {{Statement: {{Effect: Allow, {statement}}}}}
"
    )
}

#[test]
fn everything_is_everything_however_it_is_spelt() {
    for (rule, statement) in [
        ("iam-admin", "Action: '*', Resource: 'arn:*:*:*:*:*'"),
        ("iam-admin", "Action: '*:*', Resource: 'arn:aws:*'"),
        ("iam-admin", "Action: ['**'], Resource: ['a', '*:*']"),
        ("iam-admin", "Action: '*', NotResource: 'arn:aws:s3:::other'"),
        ("iam-admin", "Action: '*', Resource: !Sub 'arn:${AWS::Partition}:*:${AWS::Region}:${AWS::AccountId}:*'"),
        ("iam-admin", "Action: '*', Resource: '*', Condition: {Bool: {'aws:SecureTransport': 'true'}}"),
        ("iam-admin", "Action: '*', Resource: '*', Condition: {StringNotEquals: {'aws:RequestedRegion': us-east-1}}"),
        ("iam-admin", "Action: '*', Resource: '*', Condition: {StringLike: {'aws:PrincipalArn': '*'}}"),
        ("iam-powerful-wildcard", "Action: 'IAM:**', Resource: '*'"),
        ("iam-powerful-wildcard", "Action: 'ia?:*', Resource: 'arn:aws:iam::*:*'"),
        ("iam-powerful-wildcard", "Action: 's3:*', Resource: 'arn:aws:s3:::*'"),
        ("iam-service-wildcard", "Action: 'sqs:*', Resource: 'arn:aws:sqs:*:*:*'"),
        ("iam-pass-any-role", "Action: 'iam:P*Role', Resource: '*'"),
        ("iam-pass-any-role", "Action: 'iam:PassRole', Resource: 'arn:aws:iam::*:role/*'"),
        ("iam-pass-any-role", "Action: 'iam:PassRole', Resource: !Sub 'arn:aws:iam::${AWS::AccountId}:role/*'"),
        (
            "iam-pass-any-role",
            "Action: 'iam:PassRole', Resource: '*', Condition: {StringNotEquals: {'iam:PassedToService': x}}",
        ),
    ] {
        assert!(ids(&identity(statement)).contains(&rule.to_owned()), "{rule} does not see {statement}");
    }
    for limited in [
        "Action: '*', Resource: 'arn:aws:s3:::data/*'",
        "Action: '*', Resource: '*', Condition: {StringEquals: {'aws:ResourceTag/team': web}}",
        "Action: 's3:*', Resource: ['arn:aws:s3:::data', 'arn:aws:s3:::data/*']",
        "Action: 'iam:PassRole', Resource: 'arn:aws:iam::*:role/app/*'",
        "Action: 'iam:PassRole', Resource: '*', Condition: {StringEqualsIfExists: {'iam:PassedToService': ecs.amazonaws.com}}",
        "Action: 'iam:Get*', Resource: '*'",
    ] {
        assert_eq!(ids(&identity(limited)), Vec::<String>::new(), "{limited}");
    }
}

#[test]
fn a_policy_written_as_text_is_read_as_one() {
    let public = |document: &str| {
        format!(
            "Parameters: {{P: {{Type: String}}}}\nResources:\n  Policy:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      Queues: [q]\n      PolicyDocument: {document}\n"
        )
    };
    for document in [
        r#"'{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"q"}]}'"#,
        r#"!Sub '{"Statement":{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sqs:*","Resource":"${AWS::Region}"}}'"#,
        r#"!Join ['', ['{"Statement":[{"Effect":"Allow","Principal":"*",', '"Action":"sqs:*","Resource":"', !Ref P, '"}]}']]"#,
        r#"{Statement: '{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"q"}'}"#,
        r#"{Fn::ToJsonString: {Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: q}]}}"#,
    ] {
        let found = findings(&public(document));
        let wanted: Vec<&Finding> = found.iter().filter(|finding| finding.rule_id == "sqs-public-policy").collect();
        assert_eq!(wanted.len(), 1, "{document}\n{found:?}");
        assert!(wanted[0].line >= 7, "{wanted:?}");
    }
    let named =
        r#"'{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sqs:*","Resource":"q"}]}'"#;
    assert_eq!(status(&public(named), "sqs-public-policy"), RuleStatus::Pass);
    for unknown in [
        r#"!Sub '{"Statement":[{"Effect":"Allow","Principal":${P},"Action":"sqs:*","Resource":"q"}]}'"#,
        r#"'{"Statement":[{"Effect":"Allow","Principal":"*"'"#,
    ] {
        assert_eq!(status(&public(unknown), "sqs-public-policy"), RuleStatus::Unknown, "{unknown}");
    }
}

#[test]
fn pieces_of_the_world_are_the_world() {
    let group = |rules: &str, more: &str| {
        format!(
            "Resources:\n  Group:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: d\n      SecurityGroupIngress: [{rules}]\n{more}"
        )
    };
    let ssh = |range: &str| format!("{{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: {range}}}");
    let halves = format!("{}, {}", ssh("0.0.0.0/1"), ssh("128.0.0.0/1"));
    assert_eq!(ids(&group(&halves, "")), ["sg-open-ssh", "sg-open-ssh"]);
    let blocks = format!("{}, {{IpProtocol: '6', FromPort: 20, ToPort: 80, CidrIp: 4.0.0.0/8}}", ssh("3.0.0.0/8"));
    assert_eq!(ids(&group(&blocks, "")), ["sg-open-ssh"]);
    let private = format!("{}, {}, {}", ssh("10.0.0.0/8"), ssh("172.16.0.0/12"), ssh("203.0.113.0/24"));
    assert_eq!(ids(&group(&private, "")), Vec::<String>::new());
    // Rules that stand apart belong to the same group.
    let apart = "  More:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 9.0.0.0/8}\n";
    assert_eq!(ids(&group(&ssh("3.0.0.0/8"), apart)), ["sg-open-ssh", "sg-open-ssh"]);
    let elsewhere = apart.replace("!Ref Group", "sg-1");
    assert_eq!(ids(&group(&ssh("3.0.0.0/8"), &elsewhere)), Vec::<String>::new());
    let six = "{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIpv6: '2000::/3'}";
    assert_eq!(ids(&group(six, "")), ["sg-open-ssh"]);
}

#[test]
fn an_event_bus_statement_is_looked_at() {
    let bus = "Resources:\n  Policy:\n    Type: AWS::Events::EventBusPolicy\n    Properties:\n      StatementId: all\n      Statement: {Effect: Allow, Principal: '*', Action: events:PutEvents, Resource: bus}\n";
    assert_eq!(ids(bus), ["eventbus-public-policy"]);
}

proptest! {
    /// However the world is cut, it stays the world; however little is cut out of private ranges, they stay private.
    #[test]
    fn cutting_changes_nothing(prefix in 1_u32..12, skip in 0_usize..4) {
        let count = 1_u64 << prefix;
        let pieces: Vec<String> = (0..count)
            .map(|index| {
                let address = std::net::Ipv4Addr::from_bits(u32::try_from(index << (32 - prefix)).unwrap());
                format!("{address}/{prefix}")
            })
            .collect();
        let most = pieces.iter().skip(skip.min(pieces.len() - 1)).map(String::as_str);
        prop_assert!(assent_core::scan::addresses::are_the_world(most));
        let private: Vec<String> = (0..256).map(|index| format!("10.{index}.0.0/16")).collect();
        prop_assert!(!assent_core::scan::addresses::are_the_world(private.iter().map(String::as_str)));
    }
}
