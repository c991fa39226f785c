//! What the bundled table says of types everybody knows, and that it can say something of every type.

use assent_core::expr::Expr;
use assent_core::model::Operation;
use assent_core::schema::{
    self, Handler, Kind, Reference, ResourceType, TagShape, check, coerce, lookup, meta, resource_schema, suggest,
    type_names,
};
use serde_json::{Value, json};

fn known(type_name: &str) -> ResourceType {
    match lookup(type_name) {
        Some(found) => found,
        None => unknown(type_name),
    }
}

#[allow(clippy::panic)]
fn unknown(type_name: &str) -> ! {
    panic!("{type_name} is not in the table")
}

#[test]
fn identifiers_and_references_are_those_of_the_template_reference() {
    use Reference::{EventRule, Identifier, IdentifierPart, Property};
    let cases: &[(&str, &[&str], Reference)] = &[
        ("AWS::SQS::Queue", &["QueueUrl"], Identifier),
        ("AWS::S3::Bucket", &["BucketName"], Identifier),
        ("AWS::Lambda::Function", &["FunctionName"], Identifier),
        ("AWS::Lambda::Permission", &["FunctionName", "Id"], IdentifierPart(1)),
        ("AWS::IAM::Role", &["RoleName"], Identifier),
        ("AWS::IAM::Policy", &["Id"], Identifier),
        ("AWS::IAM::ManagedPolicy", &["PolicyArn"], Identifier),
        ("AWS::EC2::VPC", &["VpcId"], Identifier),
        ("AWS::EC2::EIP", &["PublicIp", "AllocationId"], IdentifierPart(0)),
        ("AWS::EC2::Route", &["RouteTableId", "CidrBlock"], Identifier),
        ("AWS::SNS::Topic", &["TopicArn"], Identifier),
        ("AWS::DynamoDB::Table", &["TableName"], Identifier),
        ("AWS::RDS::DBInstance", &["DBInstanceIdentifier"], Identifier),
        ("AWS::ApiGateway::Resource", &["RestApiId", "ResourceId"], IdentifierPart(1)),
        ("AWS::ApiGateway::Deployment", &["DeploymentId", "RestApiId"], IdentifierPart(0)),
        ("AWS::ApiGatewayV2::Stage", &["ApiId", "StageName"], IdentifierPart(1)),
        ("AWS::ECS::Service", &["ServiceArn", "Cluster"], IdentifierPart(0)),
        ("AWS::Cognito::UserPoolClient", &["UserPoolId", "ClientId"], IdentifierPart(1)),
        ("AWS::Events::Rule", &["Arn"], EventRule),
        ("AWS::Batch::JobDefinition", &["JobDefinitionName"], Property("JobDefinitionArn")),
        ("AWS::SecretsManager::SecretTargetAttachment", &["Id"], Property("SecretId")),
        ("AWS::ApplicationAutoScaling::ScalingPolicy", &["Arn", "ScalableDimension"], IdentifierPart(0)),
        ("AWS::ElasticBeanstalk::ApplicationVersion", &["ApplicationName", "Id"], IdentifierPart(1)),
        (
            "AWS::ApplicationAutoScaling::ScalableTarget",
            &["ResourceId", "ScalableDimension", "ServiceNamespace"],
            Identifier,
        ),
    ];
    for (name, identifier, reference) in cases {
        assert_eq!(known(name).primary_identifier(), *identifier, "{name}");
        assert_eq!(known(name).reference(), *reference, "{name}");
    }
}

#[test]
fn handlers_tell_what_cloud_control_can_do() {
    use Handler::{Create, Delete, List, Read, Update};
    let cases: &[(&str, &[Handler])] = &[
        ("AWS::SQS::Queue", &[Create, Read, Update, Delete, List]),
        ("AWS::IAM::Policy", &[Create, Update, Delete]),
        ("AWS::SQS::QueuePolicy", &[Create, Update, Delete]),
        ("AWS::SNS::TopicPolicy", &[Create, Update, Delete]),
        ("AWS::Lambda::Version", &[Create, Read, Update, Delete, List]),
        ("AWS::IAM::AccessKey", &[]),
        ("AWS::CloudFormation::WaitCondition", &[]),
        ("AWS::CodeBuild::Project", &[]),
    ];
    for (name, handlers) in cases {
        let has: Vec<Handler> = Handler::ALL.into_iter().filter(|handler| known(name).has(*handler)).collect();
        assert_eq!(has, *handlers, "{name}");
        assert_eq!(known(name).provisionable(), !handlers.is_empty(), "{name}");
    }
}

#[test]
fn references_are_computed_from_identifier_and_properties() {
    let cases = [
        (
            "AWS::SQS::Queue",
            "https://sqs.eu-central-1.amazonaws.com/111122223333/q",
            json!({}),
            Some("https://sqs.eu-central-1.amazonaws.com/111122223333/q"),
        ),
        ("AWS::ApiGateway::Resource", "a1b2|r3s4", json!({}), Some("r3s4")),
        ("AWS::EC2::EIP", "192.0.2.1|eipalloc-0", json!({}), Some("192.0.2.1")),
        ("AWS::Events::Rule", "arn:aws:events:eu-central-1:111122223333:rule/nightly", json!({}), Some("nightly")),
        (
            "AWS::Events::Rule",
            "arn:aws:events:eu-central-1:111122223333:rule/orders/nightly",
            json!({}),
            Some("orders|nightly"),
        ),
        ("AWS::Batch::JobDefinition", "job", json!({"JobDefinitionArn": "arn:job:1"}), Some("arn:job:1")),
        ("AWS::Batch::JobDefinition", "job", json!({}), None),
        ("AWS::Cognito::UserPoolClient", "no-compound", json!({}), None),
        // The last part may itself have a bar.
        ("AWS::Logs::LogStream", "group|stream|2026", json!({}), Some("stream|2026")),
        // A single identifier is never split.
        ("AWS::EKS::Nodegroup", "a|b", json!({}), Some("a|b")),
    ];
    for (name, identifier, properties, expected) in cases {
        let found = known(name).reference_value(identifier, &properties);
        assert_eq!(found, expected.map(Value::from), "{name} {identifier}");
    }
}

#[test]
fn attributes_come_from_properties_else_from_the_identifier() {
    let database = json!({"Endpoint": {"Address": "db.example", "Port": "5432"}, "DBInstanceArn": "arn:db"});
    let cases = [
        ("AWS::RDS::DBInstance", "Endpoint.Address", "db", database.clone(), Some(json!("db.example"))),
        ("AWS::RDS::DBInstance", "Endpoint.HostedZoneId", "db", database, None),
        ("AWS::SQS::Queue", "QueueUrl", "https://q", json!({}), Some(json!("https://q"))),
        ("AWS::SQS::Queue", "Arn", "https://q", json!({}), None),
        ("AWS::SQS::Queue", "Arn", "https://q", json!({"Arn": null}), None),
        ("AWS::ApiGateway::Resource", "ResourceId", "api|res", json!({}), Some(json!("res"))),
        ("AWS::Redshift::Cluster", "Id", "warehouse", json!({}), Some(json!("warehouse"))),
        (
            "AWS::EC2::VPC",
            "CidrBlockAssociations",
            "vpc-0",
            json!({"CidrBlockAssociations": ["a"]}),
            Some(json!(["a"])),
        ),
        ("AWS::CloudFormation::Stack", "Outputs.Url", "stack", json!({"Outputs": {}}), None),
        ("AWS::CloudFormation::Stack", "Outputs.Url", "stack", json!({"Outputs.Url": "u"}), Some(json!("u"))),
    ];
    for (name, attribute, identifier, properties, expected) in cases {
        let found = known(name).attribute_value(attribute, identifier, &properties);
        assert_eq!(found, expected, "{name} {attribute}");
    }
}

#[test]
fn attribute_names_are_what_fn_getatt_takes() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("AWS::S3::Bucket", &["Arn", "DomainName", "RegionalDomainName", "WebsiteURL"], &["BucketName", "Tags"]),
        ("AWS::Lambda::Function", &["Arn"], &["Role"]),
        ("AWS::IAM::Role", &["Arn", "RoleId"], &["RoleName"]),
        ("AWS::DynamoDB::Table", &["Arn", "StreamArn"], &["TableName"]),
        ("AWS::RDS::DBInstance", &["Endpoint.Address", "Endpoint.Port"], &["Endpoint/Address"]),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["DNSName", "CanonicalHostedZoneID"], &[]),
        ("AWS::CloudFormation::Stack", &["Outputs.*"], &["Outputs"]),
        ("AWS::CloudFormation::CustomResource", &["*"], &[]),
    ];
    for (name, there, not_there) in cases {
        let names = known(name).attributes();
        assert!(names.is_sorted(), "{name}");
        for attribute in *there {
            assert!(names.contains(attribute), "{name} lacks {attribute}: {names:?}");
        }
        for attribute in *not_there {
            assert!(!names.contains(attribute), "{name} should not have {attribute}");
        }
    }
}

#[test]
fn paths_say_what_may_change_and_what_is_hidden() {
    assert_eq!(known("AWS::SQS::Queue").create_only(), ["FifoQueue", "QueueName"]);
    assert_eq!(known("AWS::SQS::Queue").read_only(), ["Arn", "QueueUrl"]);
    assert!(known("AWS::RDS::DBInstance").conditional_create_only().contains(&"Engine"));
    assert!(known("AWS::RDS::DBInstance").write_only().contains(&"MasterUserPassword"));
    assert!(known("AWS::Lambda::Function").write_only().contains(&"Code/ZipFile"));
    assert!(known("AWS::SecretsManager::Secret").write_only().contains(&"GenerateSecretString"));
    let starred =
        schema::Registry::bundled().types().flat_map(|found| found.create_only()).filter(|path| path.contains("/*/"));
    assert!(starred.count() > 20, "paths into lists");
}

#[test]
fn tags_have_a_known_place_and_shape() {
    let shape = |name: &str| known(name).tagging().map(|tagging| (tagging.property, tagging.shape));
    assert_eq!(shape("AWS::SQS::Queue"), Some(("Tags", TagShape::KeyValueList)));
    assert_eq!(shape("AWS::ApiGatewayV2::Api"), Some(("Tags", TagShape::Map)));
    assert_eq!(shape("AWS::SSM::Parameter"), Some(("Tags", TagShape::Map)));
    assert_eq!(shape("AWS::AutoScaling::AutoScalingGroup"), Some(("Tags", TagShape::AutoScaling)));
    assert_eq!(shape("AWS::EFS::FileSystem"), Some(("FileSystemTags", TagShape::KeyValueList)));
    assert_eq!(shape("AWS::Lambda::Permission"), None);
    assert_eq!(shape("AWS::IAM::Policy"), None);
}

#[test]
fn data_is_known_where_it_lies() {
    for name in [
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::RDS::DBInstance",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::EC2::Instance",
        "AWS::RDS::DBSnapshot",
    ] {
        assert!(known(name).stateful(), "{name}");
    }
    for name in ["AWS::Lambda::Function", "AWS::IAM::Role", "AWS::EC2::VPC", "AWS::SNS::Topic", "AWS::SQS::Queue"] {
        assert!(!known(name).stateful(), "{name}");
    }
}

#[test]
fn handlers_carry_actions_and_timeouts() {
    let create = known("AWS::SQS::Queue").permissions(Handler::Create);
    assert_eq!(
        create,
        ["sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags", "sqs:TagQueue"]
    );
    assert_eq!(known("AWS::SQS::Queue").permissions(Handler::List), ["sqs:ListQueues"]);
    assert!(known("AWS::IAM::AccessKey").permissions(Handler::Create).is_empty());
    assert_eq!(known("AWS::RDS::DBInstance").timeout_minutes(Handler::Create), Some(2160));
    assert_eq!(known("AWS::SQS::Queue").timeout_minutes(Handler::Create), None);
}

#[test]
fn durations_are_measured_or_five_seconds() {
    assert_eq!(known("AWS::SQS::Queue").duration_s(Operation::Create), 72);
    assert_eq!(known("AWS::ACMPCA::Permission").duration_s(Operation::Update), 0);
    let unmeasured = known("AWS::AIOps::InvestigationGroup");
    for operation in [Operation::Create, Operation::Update, Operation::Delete] {
        assert_eq!(unmeasured.duration_s(operation), 5);
    }
}

#[test]
fn property_trees_are_walked_through_objects_lists_and_maps() {
    let kind = |name: &str, path: &[&str]| known(name).property(path).map(|property| format!("{:?}", property.kind));
    assert_eq!(kind("AWS::SQS::Queue", &["DelaySeconds"]).as_deref(), Some("Integer"));
    assert_eq!(kind("AWS::SQS::Queue", &["Tags", "*", "Key"]).as_deref(), Some("String"));
    assert_eq!(kind("AWS::SQS::Queue", &["Tags", "12", "Key"]).as_deref(), Some("String"));
    assert_eq!(kind("AWS::SQS::Queue", &["Tags", "Key"]), None);
    assert_eq!(kind("AWS::Lambda::Function", &["Environment", "Variables", "ANY"]).as_deref(), Some("String"));
    assert_eq!(kind("AWS::IAM::Role", &["AssumeRolePolicyDocument"]).as_deref(), Some("Json"));
    assert_eq!(kind("AWS::IAM::Role", &["AssumeRolePolicyDocument", "Statement"]).as_deref(), Some("Json"));
    assert_eq!(
        kind("AWS::DynamoDB::Table", &["LocalSecondaryIndexes", "0", "KeySchema", "0", "KeyType"]).as_deref(),
        Some("String")
    );
    assert_eq!(kind("AWS::SQS::Queue", &["Colour"]), None);
    assert_eq!(kind("AWS::SQS::Queue", &[]), None);
    let order = |name: &str, property: &str| match known(name).property(&[property]).map(|property| property.kind) {
        Some(Kind::List(list)) => Some((list.ordered, list.unique)),
        _ => None,
    };
    assert_eq!(order("AWS::EC2::SecurityGroup", "SecurityGroupIngress"), Some((false, false)));
    assert_eq!(order("AWS::Lambda::Function", "Layers").map(|(ordered, _)| ordered), Some(true));
    let free = known("AWS::DynamoDB::Table").property(&["TableName"]);
    assert!(free.is_some_and(|property| property.allowed().is_empty()));
    let versioning = known("AWS::S3::Bucket").property(&["VersioningConfiguration", "Status"]);
    assert_eq!(versioning.map(|property| property.allowed()), Some(vec!["Enabled", "Suspended"]));
}

#[test]
fn definitions_may_contain_themselves() {
    let mut path = vec!["Rules", "*", "Statement"];
    for _ in 0..40 {
        path.extend(["NotStatement", "Statement"]);
    }
    path.extend(["GeoMatchStatement", "CountryCodes"]);
    let deep = known("AWS::WAFv2::WebACL").property(&path);
    assert!(deep.is_some_and(|property| matches!(property.kind, Kind::List(_))));
}

#[test]
fn every_type_answers_every_question() {
    let names: Vec<&str> = type_names().collect();
    assert!(names.is_sorted_by(|one, next| one < next));
    for name in &names {
        let found = known(name);
        assert_eq!(found.name(), *name);
        let identifier = found.primary_identifier();
        assert!(!found.provisionable() || !identifier.is_empty(), "{name}");
        let at = |path: &str| found.property(&path.split('/').collect::<Vec<_>>());
        for path in identifier.iter().chain(&found.create_only()).chain(&found.read_only()).chain(&found.write_only()) {
            assert!(!found.provisionable() || at(path).is_some(), "{name} {path}");
        }
        match found.reference() {
            Reference::IdentifierPart(part) => assert!(part < identifier.len() && identifier.len() > 1, "{name}"),
            Reference::Property(property) => assert!(at(property).is_some(), "{name} {property}"),
            Reference::EventRule => assert_eq!(*name, "AWS::Events::Rule"),
            Reference::Identifier => {}
        }
        if let Some(tagging) = found.tagging() {
            assert!(at(tagging.property).is_some(), "{name}");
        }
        for handler in Handler::ALL {
            let actions = found.permissions(handler);
            assert!(found.has(handler) || actions.is_empty(), "{name}");
            assert!(actions.iter().all(|action| action.contains(':')), "{name} {actions:?}");
        }
        let known_attributes = found.attributes();
        assert!(known_attributes.iter().all(|attribute| !attribute.is_empty()), "{name}");
        for property in found.properties() {
            assert!(!property.name.is_empty(), "{name}");
        }
    }
}

#[test]
fn every_schema_is_closed_under_its_references() {
    fn look(node: &Value, definitions: &Value, name: &str) {
        match node {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    assert!(definitions.get(target).is_some(), "{name}: {target}");
                }
                object.values().for_each(|value| look(value, definitions, name));
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, definitions, name)),
            _ => {}
        }
    }
    for name in type_names() {
        let schema = resource_schema(name).unwrap_or_default();
        assert_eq!(schema.get("typeName"), Some(&json!(name)));
        let definitions = schema.get("definitions").cloned().unwrap_or_default();
        look(&json!([schema.get("properties"), definitions.clone()]), &definitions, name);
    }
    assert_eq!(resource_schema("AWS::SQS::Kueue"), None);
}

#[test]
fn counts_are_those_of_the_table() {
    let facts = meta();
    let registry = schema::Registry::bundled();
    assert_eq!(facts.types, type_names().count());
    assert!(facts.types >= 1854, "{facts:?}");
    assert_eq!(facts.provisionable, registry.types().filter(ResourceType::provisionable).count());
    let bare = |found: &ResourceType| Handler::ALL.into_iter().all(|handler| !found.has(handler));
    assert_eq!(facts.without_handlers, registry.types().filter(bare).count());
    let lacking = |handler| registry.types().filter(move |found| !bare(found) && !found.has(handler)).count();
    assert_eq!(facts.without_read, lacking(Handler::Read));
    assert_eq!(facts.without_update, lacking(Handler::Update));
    assert_eq!(facts.stateful, registry.types().filter(ResourceType::stateful).count());
    assert_eq!(facts.generated.len(), "2026-11-23".len());
}

#[test]
fn the_document_quotes_the_table() {
    let facts = meta();
    let document = include_str!("../../docs/schema.md");
    for quoted in [
        facts.generated.to_owned(),
        facts.collected.to_owned(),
        facts.cfn_lint.to_owned(),
        facts.service_spec.to_owned(),
        format!("| types | {} |", facts.types),
        format!("| with create and delete handlers | {} |", facts.provisionable),
        format!("| without any handler | {} |", facts.without_handlers),
        format!("| with handlers, none to read | {} |", facts.without_read),
        format!("| with handlers, none to update | {} |", facts.without_update),
        format!("| stateful | {} |", facts.stateful),
    ] {
        assert!(document.contains(&quoted), "docs/schema.md does not say {quoted}");
    }
}

#[test]
fn misspelt_types_get_a_suggestion_and_nonsense_none() {
    assert_eq!(suggest("AWS::SQS::Queu"), Some("AWS::SQS::Queue"));
    assert_eq!(suggest("AWS::S3::bucket"), Some("AWS::S3::Bucket"));
    assert_eq!(suggest("AWS::Lamda::Function"), Some("AWS::Lambda::Function"));
    assert_eq!(suggest("completely different"), None);
    assert_eq!(suggest(""), None);
    assert!(lookup("AWS::SQS::queue").is_none());
    assert!(lookup("").is_none());
    assert!(lookup("ZZZ").is_none());
}

#[test]
fn what_nobody_can_deploy_is_not_judged() {
    let project = Expr::known(json!({"Source": {"Nonsense": 1}, "Environment": {}}));
    let complaints = check(known("AWS::CodeBuild::Project"), &project);
    assert!(complaints.iter().all(|complaint| !complaint.path.contains('/')), "{complaints:?}");
    let mut custom = Expr::known(json!({"ServiceToken": "arn", "Anything": {"At": ["all", 1]}}));
    let before = custom.clone();
    coerce(known("AWS::CloudFormation::CustomResource"), &mut custom);
    assert_eq!(custom, before);
    assert!(check(known("AWS::CloudFormation::CustomResource"), &custom).is_empty());
}
