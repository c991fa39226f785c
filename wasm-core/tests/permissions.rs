//! What a deployment needs is read from the template's text, and nothing more is asked for than what stands there.

use assent_core::permissions::{Needed, PermissionsAnswer, TypePermissions, permissions};
use assent_core::schema::{lookup, type_names};

#[allow(clippy::panic)]
fn needed(text: &str) -> Needed {
    match permissions(text) {
        PermissionsAnswer::Needed { needed } => needed,
        PermissionsAnswer::Refused { problems } => panic!("{problems:?}"),
    }
}

fn codes(text: &str) -> Vec<String> {
    match permissions(text) {
        PermissionsAnswer::Needed { .. } => Vec::new(),
        PermissionsAnswer::Refused { problems } => problems.into_iter().map(|problem| problem.code).collect(),
    }
}

fn names(needed: &Needed) -> Vec<&str> {
    needed.types.iter().map(|one| one.type_name.as_str()).collect()
}

const QUEUE: &str = "Resources: {A: {Type: AWS::SQS::Queue}}";

#[test]
fn a_type_needs_what_its_handlers_need() {
    let needed = needed(QUEUE);
    assert_eq!(names(&needed), ["AWS::SQS::Queue"]);
    let queue = &needed.types[0];
    assert!(queue.create.contains(&"sqs:CreateQueue".to_owned()), "{:?}", queue.create);
    assert!(queue.delete.contains(&"sqs:DeleteQueue".to_owned()));
    assert!(!queue.read.contains(&"sqs:CreateQueue".to_owned()));
    assert!((needed.parameters.is_empty(), needed.secrets.is_empty(), needed.zones) == (true, true, false));
}

#[test]
fn what_tagging_at_creation_needs_is_named_where_the_handler_does_not_name_it() {
    let needed = needed("Resources: {A: {Type: AWS::Kinesis::Stream}}");
    let [stream] = needed.types.as_slice() else { unreachable("one type") };
    assert!(stream.create.contains(&"kinesis:TagResource".to_owned()), "{:?}", stream.create);
    assert!(!stream.read.contains(&"kinesis:TagResource".to_owned()));
}

#[test]
fn every_action_of_every_type_is_one_that_iam_takes() {
    let types = type_names().filter(|name| lookup(name).is_some_and(|found| found.provisionable()));
    let resources: Vec<String> =
        types.enumerate().map(|(place, name)| format!("R{place}: {{Type: '{name}', Condition: C}}")).collect();
    let needed = needed(&format!("Resources: {{{}}}", resources.join(", ")));
    assert!(needed.types.len() > 1_700);
    for one in &needed.types {
        let all = [&one.create, &one.read, &one.update, &one.delete, &one.list];
        for action in all.into_iter().flatten() {
            let taken = action.split_once(':').is_some_and(|(service, operation)| {
                !service.is_empty()
                    && service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    && !operation.is_empty()
                    && operation.chars().all(|c| c.is_ascii_alphanumeric() || c == '*')
            });
            assert!(taken, "{}: {action}", one.type_name);
        }
    }
}

#[test]
fn types_in_loops_and_behind_conditions_count() {
    let text = "
Conditions: {Never: !Equals [a, b]}
Resources:
  Fn::ForEach::Outer:
    - X
    - [a, b]
    - Fn::ForEach::Inner:
        - Y
        - [c]
        - Topic${X}${Y}: {Type: AWS::SNS::Topic}
      Queue${X}: {Type: AWS::SQS::Queue, Condition: Never}
  Metadata: {Type: AWS::CDK::Metadata}
";
    assert_eq!(names(&needed(text)), ["AWS::SNS::Topic", "AWS::SQS::Queue"]);
}

#[test]
fn what_cannot_be_deployed_is_refused_unless_a_condition_may_leave_it_out() {
    let refused = "Resources: {A: {Type: Custom::Thing}, B: {Type: AWS::SQS::Quue}, C: {Type: AWS::SQS::Queue}}";
    assert_eq!(codes(refused), ["custom_resource", "unknown_resource_type"]);
    let left_out = "Resources: {A: {Type: Custom::Thing, Condition: Never}, C: {Type: AWS::SQS::Queue}}";
    let needed = needed(left_out);
    assert_eq!(names(&needed), ["AWS::SQS::Queue"]);
    assert_eq!(needed.problems.len(), 1);
    assert!(!codes("[1").is_empty());
}

/// A template in which one text stands.
fn with(text: &str) -> Needed {
    needed(&format!("Resources: {{A: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {text}}}}}}}"))
}

#[test]
fn parameters_and_secrets_are_named_as_far_as_their_names_stand_there() {
    let cases: [(&str, &[&str], &[&str], bool); 11] = [
        ("'{{resolve:ssm:/a/b:3}}'", &["/a/b"], &[], false),
        ("'{{resolve:ssm-secure:key}}'", &["key"], &[], true),
        ("'x{{resolve:ssm:a}}y{{resolve:ssm:b:1}}'", &["a", "b"], &[], false),
        ("!Sub '{{resolve:ssm:/a/${Stage}/b}}'", &["/a/*"], &[], false),
        ("'{{resolve:secretsmanager:db:SecretString:password}}'", &[], &["db"], false),
        ("'{{resolve:secretsmanager:db}}'", &[], &["db"], false),
        (
            "'{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:db-x:SecretString:p}}'",
            &[],
            &["arn:aws:secretsmanager:eu-west-1:1:secret:db-x"],
            false,
        ),
        ("!Sub '{{resolve:secretsmanager:${Secret}:SecretString:p}}'", &[], &["*"], false),
        ("!Join ['', ['{{resolve:secretsmanager:', !Ref S, ':SecretString:p}}']]", &[], &["*"], false),
        ("!Join ['', ['{{resolve:ssm:/a/', !Ref S, '}}']]", &["/a/*"], &[], false),
        ("!Sub '{{resolve:ssm:/a/${X}}} {{resolve:ssm:/a/b}} {{resolve:ssm:/ab}}'", &["/a/*", "/ab"], &[], false),
    ];
    for (text, parameters, secrets, decrypts) in cases {
        let needed = with(text);
        assert_eq!(
            (&needed.parameters[..], &needed.secrets[..]),
            (&owned(parameters)[..], &owned(secrets)[..]),
            "{text}"
        );
        assert_eq!(needed.decrypts, decrypts, "{text}");
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn parameter_types_functions_and_rules_that_read_are_seen() {
    let text = "
Parameters:
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/image}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
Rules:
  Inside: {Assertions: [{Assert: !EachMemberEquals [!ValueOf [Subnets, VpcId], a]}]}
  All: {Assertions: [{Assert: !EachMemberIn [!RefAll 'AWS::EC2::VPC::Id', [a]]}]}
Resources:
  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Select [0, !GetAZs '']}}
";
    let needed = needed(text);
    assert_eq!((needed.parameters, needed.zones), (vec!["/aws/image".to_owned()], true));
    let of = |name: &str| needed.types.iter().find(|one| one.type_name == name).cloned();
    for asked in ["AWS::EC2::Subnet", "AWS::EC2::VPC"] {
        let Some(TypePermissions { create, update, delete, read, list, .. }) = of(asked) else {
            unreachable(asked);
        };
        assert!(create.is_empty() && update.is_empty() && delete.is_empty(), "{asked} is only read");
        assert!(!read.is_empty() && !list.is_empty());
    }
    assert!(of("AWS::SQS::Queue").is_some_and(|queue| !queue.create.is_empty()));
}

#[allow(clippy::panic)]
fn unreachable(what: &str) -> ! {
    panic!("{what} is missing")
}
