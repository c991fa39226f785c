//! What a plan refuses: types, attributes, imports and lists that cannot be.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/call.rs"]
mod call;

use std::collections::BTreeMap;

use assent_core::call::{Found, Lookup, PlanCall};
use assent_core::plan::planned::Planning;
use assent_core::problem::Problem;
use assent_core::session::Template;
use call::call;
use serde_json::{Value, json};

fn refused(resources: &Value, call: PlanCall) -> Problem {
    let template = json!({ "Resources": resources });
    match Template::new(template.to_string()).plan(call) {
        Planning::Refused { mut problems } if problems.len() == 1 => problems.remove(0),
        other => panic!("{other:#?}"),
    }
}

#[test]
fn a_macro_is_refused_with_the_way_out() {
    let problem = refused(&json!({"M": {"Type": "AWS::CloudFormation::Macro", "Properties": {}}}), call());
    assert_eq!((problem.code.as_str(), problem.path.as_str()), ("macro", "Resources/M/Type"));
    assert_eq!(problem.message, "M defines a macro, which only CloudFormation itself can run");
    assert_eq!(problem.help, "define macros in a stack that CloudFormation deploys");
}

#[test]
fn what_cannot_be_taken_over_is_refused_by_name() {
    let policy = json!({"P": {
        "Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": ["q"], "PolicyDocument": {}}
    }});
    let importing = |id: &str| PlanCall { imports: BTreeMap::from([(id.to_owned(), "x".to_owned())]), ..call() };
    let unknown = refused(&policy, importing("Gone"));
    assert_eq!(unknown.code, "import_unknown");
    assert_eq!(unknown.message, "Gone is to be imported, but the template has no such resource");
    let unreadable = refused(&policy, importing("P"));
    assert_eq!((unreadable.code.as_str(), unreadable.path.as_str()), ("import_unreadable", "Resources/P"));
    assert_eq!(unreadable.message, "P cannot be imported: AWS::SQS::QueuePolicy cannot be read");
}

#[test]
fn a_type_without_attributes_offers_its_identifier() {
    const NONE: &str = "AWS::ApiGateway::BasePathMapping";
    let resources = json!({
        "A": {"Type": NONE, "Properties": {"DomainName": "example.org"}},
        "B": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["A", "Arn"]}}},
    });
    let template = json!({ "Resources": resources });
    let Planning::Refused { problems } = Template::new(template.to_string()).plan(call()) else { panic!() };
    let problem = problems.iter().find(|problem| problem.code == "unknown_attribute").unwrap();
    let said = format!("{NONE} has no attributes; Ref returns its identifier");
    assert_eq!(problem.help, said);
    assert_eq!(problem.path, "Resources/B/Properties/Value");
}

#[test]
fn a_rule_about_what_cannot_be_listed_is_refused() {
    let template = json!({
        "Rules": {"R": {"Assertions": [{"Assert": {"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, "vpc-1"]}}]}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue"}},
    });
    let template = Template::new(template.to_string());
    let Planning::Needs { lookups, .. } = template.plan(call()) else { panic!() };
    let lookup = Lookup::Resources { type_name: "AWS::EC2::VPC".to_owned() };
    assert_eq!(lookups, std::slice::from_ref(&lookup));
    let found = vec![Found { lookup, value: Value::Null }];
    let Planning::Refused { problems } = template.plan(PlanCall { found, ..call() }) else { panic!() };
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, "unknown_resource");
    assert_eq!(problems[0].message, "AWS::EC2::VPC cannot be listed");
}
