//! scratch
use assent_core::schema::*;
#[test]
fn look() {
    println!("{:?}", meta());
    for t in [
        "AWS::SQS::Queue",
        "AWS::S3::Bucket",
        "AWS::Lambda::Function",
        "AWS::IAM::Policy",
        "AWS::EC2::VPC",
        "AWS::ApiGateway::Resource",
        "AWS::DynamoDB::Table",
        "AWS::RDS::DBInstance",
        "AWS::Events::Rule",
    ] {
        let r = lookup(t).unwrap();
        println!(
            "{t} id={:?} ref={:?} att={:?} tag={:?} req={:?} co={:?} ro={:?} wo={:?} perm={:?} stateful={} to={:?} dur={}",
            r.primary_identifier(),
            r.reference(),
            r.attributes(),
            r.tagging(),
            r.required(),
            r.create_only(),
            r.read_only(),
            r.write_only(),
            r.permissions(Handler::Create),
            r.stateful(),
            r.timeout_minutes(Handler::Create),
            r.duration_s(assent_core::model::Operation::Create)
        );
    }
    println!("{:#?}", lookup("AWS::DynamoDB::Table").unwrap().properties());
    println!("{:?}", suggest("AWS::SQS::Queu"));
    println!("{:?}", suggest("AWS::S3::bucket"));
    println!("{}", serde_json::to_string_pretty(&resource_schema("AWS::SQS::Queue")).unwrap());
}
