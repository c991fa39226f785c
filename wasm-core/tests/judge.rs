//! The scan of a plan: it judges the very values that are deployed, and shows none that is a secret.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use assent_core::call::{Found, Lookup, PlanCall, Reference};
use assent_core::plan::planned::Planning;
use assent_core::scan::{Finding, RuleResult, RuleStatus, ScanAnswer, ScanCall};
use assent_core::session::{Planned, Template};
use proptest::prelude::*;
use serde_json::{Value, json};

const NET: &str = "203.0.113.0/24";
const WORLD: &str = "0.0.0.0/0";

fn call(parameters: &[(&str, &str)], found: &[(Lookup, Value)]) -> PlanCall {
    let parameters: BTreeMap<&str, &str> = parameters.iter().copied().collect();
    let mut call: PlanCall = serde_json::from_value(json!({
        "stack": "shop",
        "mode": "deploy",
        "context": {"account": "123456789012", "region": "eu-central-1", "partition": "aws", "stackId": ""},
        "maxConcurrency": 10,
        "parameters": parameters,
    }))
    .unwrap();
    call.found = found.iter().map(|(lookup, value)| Found { lookup: lookup.clone(), value: value.clone() }).collect();
    call
}

fn planned(text: &str, call: PlanCall) -> Planned {
    let template = Template::new(text.to_owned());
    match template.plan(call) {
        Planning::Planned(planned) => Planned::new(template, *planned),
        other => panic!("{other:#?}"),
    }
}

fn judged(planned: &Planned) -> (Vec<Finding>, Vec<RuleResult>) {
    let call = ScanCall {
        file: "t".into(),
        parameters: Default::default(),
        context: None,
        baseline: BTreeSet::new(),
        no_suppressions: false,
    };
    match planned.scan(&call) {
        ScanAnswer::Scanned { findings, rules } => (findings, rules),
        other => panic!("{other:#?}"),
    }
}

/// Findings of one rule.
fn found(planned: &Planned, rule: &str) -> Vec<Finding> {
    judged(planned).0.into_iter().filter(|finding| finding.rule_id == rule).collect()
}

fn status(planned: &Planned, rule: &str) -> RuleStatus {
    judged(planned).1.into_iter().find(|result| result.rule_id == rule).unwrap().status
}

fn group(cidr: &str) -> String {
    format!(
        "
Parameters:
  Cidr: {{ Type: String, NoEcho: true, Default: 10.0.0.0/8 }}
  Named: {{ Type: AWS::SSM::Parameter::Value<String>, Default: /net/cidr }}
  Nets: {{ Type: CommaDelimitedList, NoEcho: true, Default: '10.0.0.0/8,10.1.0.0/16' }}
Resources:
  Net: {{ Type: AWS::SSM::Parameter, Properties: {{ Type: String, Value: !Ref Cidr }} }}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: d
      SecurityGroupIngress:
        - {{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: {cidr} }}
"
    )
}

/// Where a value may come from, how it is given, and whether it is a secret.
fn sources(value: &str) -> Vec<(&'static str, PlanCall, bool)> {
    let ssm = (Lookup::SsmParameter { name: "/net/cidr".into() }, json!(value));
    let import = (Lookup::Import { name: "cidr".into() }, json!(value));
    let nets = format!("{NET},{value}");
    vec![
        ("!Ref Cidr", call(&[("Cidr", value)], &[]), true),
        ("!Sub '${Cidr}'", call(&[("Cidr", value)], &[]), true),
        ("!Join ['', [!Select [0, !Split ['/', !Ref Cidr]], '/0']]", call(&[("Cidr", value)], &[]), true),
        ("!Select [1, !Ref Nets]", call(&[("Nets", &nets)], &[]), true),
        ("!GetAtt Net.Value", call(&[("Cidr", value)], &[]), true),
        ("'{{resolve:ssm:/net/cidr}}'", call(&[], std::slice::from_ref(&ssm)), false),
        ("!Ref Named", call(&[], &[ssm]), false),
        ("!ImportValue cidr", call(&[], &[import]), false),
    ]
}

#[test]
fn a_door_open_to_the_world_is_found_wherever_its_value_comes_from() {
    for (cidr, call, secret) in sources(WORLD) {
        let found = found(&planned(&group(cidr), call), "sg-open-ssh");
        let [finding] = found.as_slice() else { panic!("{cidr}: {found:#?}") };
        assert_eq!(finding.path, "Resources/Group/Properties/SecurityGroupIngress/0/CidrIp", "{cidr}");
        assert_eq!(finding.line, 13, "{cidr}");
        assert_eq!(finding.message.contains(WORLD), !secret, "{cidr}: {}", finding.message);
    }
}

#[test]
fn the_same_doors_are_closed_where_the_value_is_one_net() {
    for (cidr, call, _) in sources(NET).into_iter().filter(|(cidr, ..)| !cidr.contains("/0")) {
        let planned = planned(&group(cidr), call);
        assert_eq!(found(&planned, "sg-open-ssh"), [], "{cidr}");
        assert_eq!(status(&planned, "sg-open-ssh"), RuleStatus::Pass, "{cidr}");
    }
}

#[test]
fn what_a_dynamic_reference_holds_is_judged_once_it_was_read_and_unknown_before() {
    let text = group("'{{resolve:secretsmanager:net:SecretString:cidr}}'");
    let mut planned = planned(&text, call(&[], &[]));
    assert_eq!(planned.summary().references, ["secretsmanager:net:SecretString:cidr"]);
    assert_eq!(status(&planned, "sg-open-ssh"), RuleStatus::Unknown);
    planned.bind(vec![reference("secretsmanager:net:SecretString:cidr", Some((WORLD, "aa")))]);
    assert_eq!(found(&planned, "sg-open-ssh").len(), 1);
    assert!(!serde_json::to_string(&judged(&planned).0).unwrap().contains(WORLD));
}

fn reference(id: &str, read: Option<(&str, &str)>) -> Reference {
    serde_json::from_value(match read {
        Some((value, print)) => json!({"id": id, "read": {"value": value, "fingerprint": print}}),
        None => json!({ "id": id }),
    })
    .unwrap()
}

#[test]
fn rules_about_what_stands_in_the_template_do_not_take_a_secret_for_it() {
    let text = "
Parameters:
  Password: { Type: String, NoEcho: true }
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties: { Engine: postgres, DBInstanceClass: db.t3.micro, AllocatedStorage: '20', MasterUsername: me, MasterUserPassword: !Ref Password }
  Other:
    Type: AWS::RDS::DBInstance
    Properties: { Engine: postgres, DBInstanceClass: db.t3.micro, AllocatedStorage: '20', MasterUsername: me, MasterUserPassword: '{{resolve:ssm:/db/password}}' }
";
    let found_there = (Lookup::SsmParameter { name: "/db/password".into() }, json!("correct horse"));
    let planned = planned(text, call(&[("Password", "correct horse")], &[found_there]));
    assert_eq!(found(&planned, "database-plain-password"), []);
    assert!(!serde_json::to_string(&judged(&planned).0).unwrap().contains("horse"));
}

#[test]
fn resources_that_loops_made_are_judged_and_point_into_the_loop() {
    let text = "
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Doors:
    - Port
    - ['22', '443']
    - Door${Port}:
        Type: AWS::EC2::SecurityGroup
        Metadata: { assent: { ignore: [{ id: sg-open-private, reason: none of it }] } }
        Properties:
          GroupDescription: d
          SecurityGroupIngress:
            - { IpProtocol: tcp, FromPort: !Ref Port, ToPort: !Ref Port, CidrIp: 0.0.0.0/0 }
";
    let found = found(&planned(text, call(&[], &[])), "sg-open-ssh");
    assert_eq!(found.iter().map(|it| (it.resource.as_str(), it.line)).collect::<Vec<_>>(), [("Door22", 13)]);
}

#[test]
fn the_branch_that_is_deployed_is_the_one_that_is_judged() {
    let text = "
Parameters:
  Secret: { Type: String, NoEcho: true, Default: 'no' }
Conditions:
  Open: !Equals [!Ref Secret, 'yes']
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: d
      SecurityGroupIngress:
        - !If
          - Open
          - { IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }
          - !Ref AWS::NoValue
        - { IpProtocol: tcp, FromPort: 3389, ToPort: 3389, CidrIp: 0.0.0.0/0 }
";
    let lines = |secret: &str| -> Vec<(String, u32)> {
        let (findings, _) = judged(&planned(text, call(&[("Secret", secret)], &[])));
        let doors = findings.into_iter().filter(|finding| finding.rule_id.starts_with("sg-open"));
        doors.map(|finding| (finding.rule_id, finding.line)).collect()
    };
    assert_eq!(lines("yes"), [("sg-open-ssh".to_owned(), 14), ("sg-open-rdp".to_owned(), 16)]);
    assert_eq!(lines("no"), [("sg-open-rdp".to_owned(), 16)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Judging a secret says what judging the same value in the open says, and shows nothing of it.
    #[test]
    fn a_secret_is_judged_like_the_open_value_and_never_shown(
        value in prop_oneof![
            Just("0.0.0.0/0".to_owned()), Just("::/0".to_owned()), Just("203.0.113.7/32".to_owned()),
            "zq[a-z]{6,12}qz", r#"\{"Statement":\{"Effect":"Allow","Principal":"\*","Action":"s3:[a-z]{6}"\}\}"#,
        ],
    ) {
        let text = |no_echo: bool| format!("
Parameters:
  P: {{ Type: String, NoEcho: {no_echo} }}
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: d
      SecurityGroupIngress: [{{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref P }}]
  Queue: {{ Type: AWS::SQS::Queue, Properties: {{ KmsMasterKeyId: !Ref P }} }}
");
        let key = |finding: &Finding| (finding.rule_id.clone(), finding.path.clone());
        let of = |no_echo| {
            let (findings, rules) = judged(&planned(&text(no_echo), call(&[("P", &value)], &[])));
            (findings.iter().map(key).collect::<Vec<_>>(), rules, serde_json::to_string(&findings).unwrap())
        };
        let (open, open_rules, _) = of(false);
        let (hidden, hidden_rules, written) = of(true);
        prop_assert_eq!(open, hidden);
        prop_assert_eq!(open_rules, hidden_rules);
        let escaped = serde_json::to_string(&value).unwrap();
        prop_assert!(!written.contains(escaped.trim_matches('"')), "{}", written);
    }
}
