//! Planning as a whole: text and call in, answer out.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/call.rs"]
mod call;

use std::collections::BTreeMap;

use assent_core::call::{Live, PlanCall, StackState};
use assent_core::expr::Expr;
use assent_core::model::{Action, Mode, Plan, ResourceStatus, StackResource};
use assent_core::plan::planned::Planning;
use assent_core::plan::{digest_of, stack_id};
use assent_core::problem::Problem;
use assent_core::session::{Planned, Template};
use call::call;
use proptest::prelude::*;
use serde_json::{Value, json};

fn planning(text: &str, call: PlanCall) -> Planning {
    Template::new(text.to_owned()).plan(call)
}

fn planned(text: &str, call: PlanCall) -> (Plan, Vec<Problem>) {
    match planning(text, call) {
        Planning::Planned(planned) => (planned.plan, planned.problems),
        other => panic!("{other:#?}"),
    }
}

fn refused(text: &str) -> Vec<Problem> {
    match planning(text, call()) {
        Planning::Refused { problems } => problems,
        other => panic!("{other:#?}"),
    }
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn an_unknown_type_is_told_beside_what_else_is_wrong_with_its_resource() {
    let text = "
Resources:
  Lost: { Type: AWS::SQS::Qeue, Properties: { QueueName: !Ref Nowhere } }
  Own: { Type: Custom::Thing, Properties: { A: !Ref Nowhere } }
  Off: { Type: Custom::Thing, Properties: {} }
";
    let problems = refused(text);
    let told: Vec<(&str, u32)> = problems.iter().map(|problem| (problem.code.as_str(), problem.line)).collect();
    assert_eq!(told.iter().filter(|(_, line)| *line == 3).count(), 2, "{told:?}");
    assert_eq!(told.iter().filter(|(_, line)| *line == 4).count(), 2, "{told:?}");
    assert_eq!(told.iter().filter(|(code, _)| *code == "custom_resource").count(), 2, "{told:?}");
}

#[test]
fn problems_of_functions_types_properties_and_order_are_told_together() {
    let problems = refused(
        "
Resources:
  Lost: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Nowhere } }
  Odd: { Type: AWS::SQS::Queue, Properties: { Nope: 1 } }
  None: { Type: AWS::No::Such }
  Round: { Type: AWS::SNS::Topic, DependsOn: Trip }
  Trip: { Type: AWS::SNS::Topic, DependsOn: Round }
",
    );
    assert_eq!(
        codes(&problems),
        ["unknown_reference", "unknown_property", "unknown_resource_type", "dependency_cycle"]
    );
}

const TWO: &str = "
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: '1209600' }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
Outputs:
  Url: { Value: !Ref Jobs }
";

/// The stack as a deployment of `plan` leaves it, with made-up identifiers and attributes.
fn deployed(plan: &Plan) -> StackState {
    let url = |id: &str| format!("https://sqs.eu-central-1.amazonaws.com/123456789012/{id}");
    let resources = plan.resources.iter().map(|resource| {
        let id = &resource.logical_id;
        let text = resource.desired.as_ref().unwrap().to_json().to_string();
        let applied: Value =
            serde_json::from_str(&text.replace(r#"{"$att":["Dead","Arn"]}"#, r#""arn:aws:sqs:eu-central-1:1:Dead""#))
                .unwrap();
        let attributes = [("Ref", json!(url(id))), ("Arn", json!(format!("arn:aws:sqs:eu-central-1:1:{id}")))];
        StackResource {
            logical_id: id.clone(),
            type_name: resource.type_name.clone(),
            physical_id: url(id),
            status: ResourceStatus::Complete,
            attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            applied: Expr::from_json(applied).unwrap(),
            depends_on: resource.depends_on.clone(),
            deletion_policy: resource.deletion_policy.clone(),
            update_replace_policy: resource.update_replace_policy.clone(),
            replaced: Vec::new(),
            attempted: None,
            given_name: None,
        }
    });
    StackState {
        stack: plan.stack.clone(),
        context: plan.context.clone(),
        resources: resources.collect(),
        ..StackState::default()
    }
}

fn actions(plan: &Plan) -> Vec<(&str, Action)> {
    plan.resources.iter().map(|resource| (resource.logical_id.as_str(), resource.action)).collect()
}

#[test]
fn a_new_stack_is_created_with_values_of_the_schemas_kinds() {
    let (plan, problems) = planned(TWO, call());
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(actions(&plan), [("Dead", Action::Create), ("Jobs", Action::Create)]);
    let dead = plan.resources[0].desired.as_ref().unwrap().to_json();
    assert_eq!(dead, json!({"MessageRetentionPeriod": 1_209_600}));
    assert_eq!(plan.resources[0].needs, ["Arn"]);
    assert_eq!(plan.resources[1].needs, ["Ref"]);
    assert_eq!(plan.resources[1].depends_on, ["Dead"]);
    assert_eq!(plan.context.stack_id, stack_id(&call().context, "shop"));
}

#[test]
fn the_same_template_over_its_own_result_changes_nothing() {
    let (first, _) = planned(TWO, call());
    let recorded = Some(deployed(&first));
    let (again, _) = planned(TWO, PlanCall { recorded, ..call() });
    assert_eq!(actions(&again), [("Dead", Action::Noop), ("Jobs", Action::Noop)]);
    assert_eq!(again.outputs[0].value, Expr::Str("https://sqs.eu-central-1.amazonaws.com/123456789012/Jobs".into()));
}

#[test]
fn what_was_deleted_outside_is_created_again_and_what_depends_on_it_changes() {
    let (first, _) = planned(TWO, call());
    let live = BTreeMap::from([("Dead".to_owned(), Live::Absent {})]);
    let (again, _) = planned(TWO, PlanCall { recorded: Some(deployed(&first)), live, ..call() });
    assert_eq!(actions(&again), [("Dead", Action::Create), ("Jobs", Action::Update)]);
    assert_eq!(again.resources[1].reasons, ["RedrivePolicy/deadLetterTargetArn changes"]);
}

#[test]
fn a_create_only_property_replaces_and_a_failed_creation_starts_over() {
    let text = "Resources: { Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: jobs } } }";
    let (first, _) = planned(text, call());
    let mut recorded = deployed(&first);
    let renamed = text.replace("jobs", "work");
    let (again, _) = planned(&renamed, PlanCall { recorded: Some(recorded.clone()), ..call() });
    assert_eq!(actions(&again), [("Jobs", Action::Replace)]);
    assert_eq!(again.resources[0].reasons, ["QueueName can only be set at creation"]);
    recorded.resources[0].status = ResourceStatus::CreateFailed;
    let (again, _) = planned(text, PlanCall { recorded: Some(recorded), ..call() });
    assert_eq!(actions(&again), [("Jobs", Action::Create)]);
    assert!(again.resources[0].recorded.is_some(), "what is left of it must be known to be deleted");
}

#[test]
fn what_the_template_no_longer_has_is_deleted_dependents_first_or_retained() {
    let (first, _) = planned(TWO, call());
    let mut recorded = deployed(&first);
    let other = "Resources: { Other: { Type: 'AWS::SNS::Topic' } }";
    let (again, _) = planned(other, PlanCall { recorded: Some(recorded.clone()), ..call() });
    assert_eq!(actions(&again), [("Dead", Action::Delete), ("Jobs", Action::Delete), ("Other", Action::Create)]);
    assert_eq!(again.resources[0].depends_on, ["Jobs"]);
    assert_eq!(again.resources[1].depends_on, [""; 0]);
    recorded.resources[1].deletion_policy = "Retain".into();
    let destroy = PlanCall { recorded: Some(recorded), mode: Mode::Destroy, ..call() };
    let (end, problems) = planned("", destroy);
    assert_eq!(actions(&end), [("Dead", Action::Delete), ("Jobs", Action::Retain)]);
    assert_eq!(end.resources[0].depends_on, [""; 0], "a retained dependent is not waited for");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_cycle_is_shown_as_a_path() {
    let problems = refused(
        "
Resources:
  A: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref B } }
  B: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref C } }
  C: { Type: AWS::SNS::Topic, DependsOn: A }
",
    );
    assert_eq!(codes(&problems), ["dependency_cycle"]);
    assert!(problems[0].message.contains("A → B → C → A"), "{}", problems[0].message);
    assert_eq!((problems[0].line, problems[0].column), (3, 3));
}

#[test]
fn types_and_properties_that_cannot_be_deployed_are_all_named_with_their_place() {
    let problems = refused(
        "
Resources:
  Nested: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: x } }
  Mine: { Type: Custom::Thing, Properties: { ServiceToken: x } }
  Wait: { Type: AWS::CloudFormation::WaitConditionHandle }
  Typo: { Type: AWS::SQS::Qeue }
  Old: { Type: AWS::DAX::Cluster }
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      DelaySecond: 5
      VisibilityTimeout: soon
      Arn: x
  Topic: { Type: AWS::SNS::Topic, Properties: { DisplayName: !GetAtt Queue.Name } }
",
    );
    let at =
        |line: u32| problems.iter().filter(|problem| problem.line == line).map(|p| p.code.as_str()).collect::<Vec<_>>();
    assert_eq!(at(3), ["nested_stack"]);
    assert_eq!(at(4), ["custom_resource"]);
    assert_eq!(at(5), ["wait_condition"]);
    assert_eq!(at(6), ["unknown_resource_type"]);
    assert_eq!(at(7), ["type_not_supported"]);
    assert_eq!(at(11), ["unknown_property"]);
    assert_eq!(at(12), ["wrong_kind"]);
    assert_eq!(at(13), ["read_only_property"]);
    assert_eq!(at(14), ["unknown_attribute"]);
    assert!(problems.iter().all(|problem| problem.code == "wrong_kind" || !problem.help.is_empty()), "{problems:#?}");
    assert!(
        problems
            .iter()
            .any(|problem| problem.code == "unknown_resource_type" && problem.help.contains("AWS::SQS::Queue"))
    );
}

#[test]
fn what_is_left_of_rain_in_json_is_sent_back_to_it() {
    let template = |code: &str| {
        let properties = json!({"Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": {code: "code.py"}}});
        json!({"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}).to_string()
    };
    let problems = refused(&template("Rain::Embed"));
    assert_eq!(codes(&problems), ["wrong_kind"]);
    assert!(problems[0].help.contains("rain pkg"), "{problems:#?}");
    assert_eq!(refused(&template("File"))[0].help, "");
}

#[test]
fn policies_that_cloud_control_does_not_know_are_warned_about() {
    let text = "
Resources:
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    CreationPolicy: { ResourceSignal: { Count: 1 } }
    UpdatePolicy: { AutoScalingRollingUpdate: { MinInstancesInService: 1 } }
    Properties: { MinSize: '1', MaxSize: '1' }
";
    let (_, problems) = planned(text, call());
    assert_eq!(codes(&problems), ["creation_policy_ignored", "update_policy_ignored"]);
}

#[test]
fn tags_of_awss_own_are_refused_in_every_shape() {
    let text = "Resources:\n  Q: {Type: 'AWS::SQS::Queue', Properties: {Tags: [{Key: a, Value: b}, {Key: 'AWS:x', Value: b}]}}\n  P: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: v, Tags: {'aws:y': b}}}\n  R: {Type: 'AWS::SQS::Queue', Properties: {Tags: [{Key: awsome, Value: 'aws:z'}]}}\n";
    let problems = refused(text);
    let told: Vec<(&str, &str)> = problems.iter().map(|it| (it.code.as_str(), it.path.as_str())).collect();
    assert_eq!(
        told,
        [("reserved_tag", "Resources/Q/Properties/Tags/1/Key"), ("reserved_tag", "Resources/P/Properties/Tags/aws:y"),]
    );
}

#[test]
fn a_boolean_where_a_word_is_wanted_is_told() {
    let pool = |mode: &str| {
        format!("Resources:\n  P:\n    Type: AWS::Cognito::UserPool\n    Properties: {{MfaConfiguration: {mode}}}\n")
    };
    let (_, problems) = planned(&pool("OFF"), call());
    assert_eq!(codes(&problems), ["boolean_for_word"]);
    assert!(problems[0].message.contains("OFF, ON, OPTIONAL"), "{}", problems[0].message);
    assert!(planned(&pool("'OFF'"), call()).1.is_empty());
    // Where any word will do, a boolean is one.
    let topic = "Resources: {T: {Type: 'AWS::SNS::Topic', Properties: {DisplayName: off}}}";
    assert!(planned(topic, call()).1.is_empty());
}

#[test]
fn tags_reach_every_taggable_resource_and_leave_the_templates_own_alone() {
    let text = "
Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: team, Value: own }] } }
  Parameter: { Type: AWS::SSM::Parameter, Properties: { Type: String, Value: x } }
  Policy: { Type: AWS::SQS::QueuePolicy, Properties: { Queues: [!Ref Queue], PolicyDocument: {} } }
";
    let tags = BTreeMap::from([("team".to_owned(), "core".to_owned()), ("cost".to_owned(), "1".to_owned())]);
    let (plan, _) = planned(text, PlanCall { tags, ..call() });
    let desired = |at: usize| plan.resources[at].desired.as_ref().unwrap().to_json();
    assert_eq!(desired(0)["Tags"], json!({"team": "core", "cost": "1"}));
    assert_eq!(desired(1).get("Tags"), None);
    assert_eq!(desired(2)["Tags"], json!([{"Key": "team", "Value": "own"}, {"Key": "cost", "Value": "1"}]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_digest_does_not_see_key_order_formatting_estimates_or_language(
        order in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
        scale in proptest::option::of(0.1_f64..10.0),
    ) {
        let parts = [
            r#""Dead": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 60, "DelaySeconds": 1}}"#,
            r#""Jobs": {"Properties": {"RedrivePolicy": {"maxReceiveCount": 5, "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}}, "Type": "AWS::SQS::Queue"}"#,
            r#""Topic": {"Type": "AWS::SNS::Topic", "DependsOn": ["Jobs", "Dead"]}"#,
            r#""Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}"#,
        ];
        let json = |order: &[usize]| {
            format!("{{\"Resources\": {{{}}}}}", order.iter().map(|at| parts[*at]).collect::<Vec<_>>().join(",\n "))
        };
        let (one, _) = planned(&json(&[0, 1, 2, 3]), call());
        let (other, _) = planned(&json(&order), PlanCall { duration_scale: scale, ..call() });
        prop_assert_eq!(&one.digest, &other.digest);
        let yaml = "
Resources:
  Role: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: {} } }
  Topic: { Type: AWS::SNS::Topic, DependsOn: [Dead, Jobs] }
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 } }
  Dead: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: '1', MessageRetentionPeriod: '60' } }
";
        let (yaml, _) = planned(yaml, call());
        prop_assert_eq!(&one.digest, &yaml.digest);
        let (elsewhere, _) = planned(&json(&order), PlanCall { stack: "other".into(), ..call() });
        prop_assert_ne!(&one.digest, &elsewhere.digest);
    }
}

/// The text that is stored is read by whoever resumes, and calls are made of it that must be those made before.
#[test]
fn the_text_of_a_plan_is_the_plan_and_holds_its_digest() {
    // Of the dashboard's doubles the first reads as an integer in canonical JSON.
    for width in ["1.0", "0.5", "3"] {
        let text = format!(
            r#"{{"Resources": {{
                "B": {{"Type": "AWS::SNS::Topic", "DependsOn": "A"}},
                "A": {{"Type": "AWS::SSM::Document", "Properties": {{"Content": {{"z": "\"", "é": {{"w": {width}}}, "a": [[]]}}}}}}
            }}, "Outputs": {{"O": {{"Value": {{"Ref": "B"}}}}}}}}"#
        );
        let template = Template::new(text);
        let Planning::Planned(made) = template.plan(call()) else { panic!("{width}") };
        let mut planned = Planned::new(template, *made);
        let once = planned.text().unwrap();
        for text in [once, planned.text().unwrap()] {
            let stored: Plan = serde_json::from_str(&text).unwrap();
            assert_eq!(
                serde_json::to_value(&stored).unwrap(),
                serde_json::to_value(planned.plan()).unwrap(),
                "{width}"
            );
            assert_eq!(digest_of(&stored), stored.digest, "{width}");
        }
        planned.bind(Vec::new());
        assert!(planned.text().unwrap().contains(&planned.plan().digest), "{width}");
    }
}

/// `Fn::Sub` in `Fn::Sub`, each ten times the inner one.
fn nested(levels: usize, innermost: &str) -> String {
    let ten = "${a}".repeat(10);
    (0..levels).fold(format!("\"{innermost}\""), |inner, _| format!(r#"{{"Fn::Sub":["{ten}",{{"a":{inner}}}]}}"#))
}

#[test]
fn text_is_bounded_while_it_grows() {
    let property = |value: &str| {
        format!(
            r#"{{"Resources":{{"T":{{"Type":"AWS::SNS::Topic"}},"Q":{{"Type":"AWS::SNS::Topic","Properties":{{"DisplayName":{value}}}}}}}}}"#
        )
    };
    let wide = (0..20).map(|_| nested(4, "xxxxxxxxxx")).collect::<Vec<_>>().join(",");
    let heavy = "x".repeat(100_000);
    for too_large in [
        nested(8, "xxxxxxxxxx"),
        nested(8, "").replace("\"\"", r#"{"Ref":"T"}"#),
        format!(r#"{{"Fn::Join":["{heavy}",["a","b","c","d","e","f","g","h","i","j","k","l","m"]]}}"#),
        format!(r#"{{"Fn::Base64":{{"Fn::Join":["",[{wide},{wide}]]}}}}"#),
    ] {
        let problems = refused(&property(&too_large));
        assert!(codes(&problems).contains(&"expansion_limit"), "{problems:?}");
        assert!(problems[0].path.starts_with("Resources/Q/Properties/DisplayName/Fn::"), "{}", problems[0].path);
        assert!(problems[0].line > 0 && problems.len() < 30, "{problems:?}");
    }
    let tags: Vec<String> = (0..40).map(|at| format!(r#"{{"Key":"k{at}","Value":{}}}"#, nested(4, "xxxxx"))).collect();
    let many = format!(
        r#"{{"Resources":{{"Q":{{"Type":"AWS::SNS::Topic","Properties":{{"Tags":[{}]}}}}}}}}"#,
        (0..10).map(|_| tags.join(",")).collect::<Vec<_>>().join(",")
    );
    let problems = refused(&many);
    assert_eq!(codes(&problems), ["expansion_limit"], "all of them together, said once");
    let (plan, _) = planned(&property(&nested(4, "xxxxxxxxxx")), call());
    assert_eq!(plan.resources.len(), 2);
}

#[test]
fn a_secret_becomes_no_name_unless_that_is_said() {
    let template = |type_name: &str, property: &str, value: &str| {
        format!(
            "Parameters: {{P: {{Type: String, NoEcho: true}}}}\nResources:\n  T: {{Type: 'AWS::SNS::Topic'}}\n  N: {{Type: '{type_name}', Properties: {{{property}: {value}}}}}\n"
        )
    };
    let given = |allow| PlanCall {
        parameters: BTreeMap::from([("P".to_owned(), "hunter22".to_owned())]).into(),
        allow_secret_identifiers: allow,
        ..call()
    };
    for (type_name, property, value) in [
        ("AWS::SQS::Queue", "QueueName", "!Sub 'q-${P}'"),
        ("AWS::SQS::Queue", "QueueName", "'q-{{resolve:secretsmanager:s:SecretString:p}}'"),
        ("AWS::SNS::Topic", "TopicName", "!Ref P"),
        ("AWS::S3::Bucket", "BucketName", "!Join ['-', [b, !Ref P]]"),
        ("AWS::SecretsManager::Secret", "Name", "!Ref P"),
        ("AWS::Logs::LogGroup", "LogGroupName", "{'Fn::Sub': '{{resolve:ssm-secure:/x/${T.TopicName}}}'}"),
    ] {
        let text = template(type_name, property, value);
        let Planning::Refused { problems } = planning(&text, given(false)) else { panic!("{text}") };
        assert_eq!(codes(&problems), ["secret_identifier"], "{text}");
        assert_eq!(
            (problems[0].path.as_str(), problems[0].line),
            (format!("Resources/N/Properties/{property}").as_str(), 4)
        );
        assert!(!problems[0].message.contains("hunter22"));
        let (_, warnings) = planned(&text, given(true));
        assert_eq!(codes(&warnings), ["secret_identifier"], "{text}");
    }
    // What is no name may be made from a secret.
    let (_, warnings) = planned(&template("AWS::SNS::Topic", "DisplayName", "!Ref P"), given(false));
    assert_eq!(codes(&warnings), [""; 0]);
}
