//! Trails, logs, stacks.

use super::{Check, Checker::Resource, Rule};
use crate::scan::FindingSeverity::{Low, Medium};
use crate::scan::secrets;
use crate::scan::value::{Flag, V, Val};
use crate::template::Kind;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudtrail-validation",
        title: "Trail cannot prove that its files are unchanged",
        severity: Medium,
        types: &["AWS::CloudTrail::Trail"],
        help: "Set EnableLogFileValidation: true",
        aliases: &["CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "CKV_AWS_36"],
        bad: "Type: AWS::CloudTrail::Trail\nProperties:\n  IsLogging: true\n  S3BucketName: trail",
        good: "Type: AWS::CloudTrail::Trail\nProperties:\n  IsLogging: true\n  S3BucketName: trail\n  EnableLogFileValidation: true",
        check: Resource(|check| check.must_be_on("EnableLogFileValidation", false, "Log file validation is off")),
    },
    Rule {
        id: "cloudtrail-regions",
        title: "Trail sees one region only",
        severity: Low,
        types: &["AWS::CloudTrail::Trail"],
        help: "Set IsMultiRegionTrail: true",
        aliases: &["MULTI_REGION_CLOUD_TRAIL_ENABLED", "CKV_AWS_67"],
        bad: "Type: AWS::CloudTrail::Trail\nProperties:\n  IsLogging: true\n  S3BucketName: trail",
        good: "Type: AWS::CloudTrail::Trail\nProperties:\n  IsLogging: true\n  S3BucketName: trail\n  IsMultiRegionTrail: true",
        check: Resource(|check| check.must_be_on("IsMultiRegionTrail", false, "Calls in other regions leave no trace")),
    },
    Rule {
        id: "log-retention",
        title: "Logs are kept for ever",
        severity: Low,
        types: &["AWS::Logs::LogGroup"],
        help: "Set RetentionInDays",
        aliases: &["CW_LOGGROUP_RETENTION_PERIOD_CHECK", "W86", "CKV_AWS_66"],
        bad: "Type: AWS::Logs::LogGroup",
        good: "Type: AWS::Logs::LogGroup\nProperties:\n  RetentionInDays: 30",
        check: Resource(|check| check.must_be_set("RetentionInDays", "Logs are never deleted, and cost for ever")),
    },
    Rule {
        id: "cfn-init-credentials",
        title: "Credentials for cfn-init stand in the template",
        severity: Medium,
        types: &["AWS::EC2::Instance", "AWS::AutoScaling::LaunchConfiguration", "AWS::AutoScaling::AutoScalingGroup"],
        help: "Use type: S3 with roleName, the instance's role",
        aliases: &["CFN_AUTHENTICATION_RULE", "W1", "CKV_AWS_46"],
        bad: "Type: AWS::EC2::Instance\nMetadata:\n  AWS::CloudFormation::Authentication:\n    repo: {type: basic, username: me, password: some value}\nProperties:\n  ImageId: ami-1",
        good: "Type: AWS::EC2::Instance\nMetadata:\n  AWS::CloudFormation::Authentication:\n    repo: {type: S3, roleName: web}\nProperties:\n  ImageId: ami-1",
        check: Resource(authentication),
    },
    Rule {
        id: "subnet-public-addresses",
        title: "Instances of the subnet get public addresses",
        severity: Low,
        types: &["AWS::EC2::Subnet"],
        help: "Set MapPublicIpOnLaunch: false unless every instance in it has to be public",
        aliases: &["SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED", "W33", "CKV_AWS_130"],
        bad: "Type: AWS::EC2::Subnet\nProperties:\n  VpcId: vpc-1\n  MapPublicIpOnLaunch: true",
        good: "Type: AWS::EC2::Subnet\nProperties:\n  VpcId: vpc-1",
        check: Resource(|check| match check.at("MapPublicIpOnLaunch").flag() {
            Flag::True => check.fail("MapPublicIpOnLaunch", "Everything started in the subnet gets a public address"),
            Flag::Unknown => check.unsure(),
            Flag::False | Flag::Absent => {}
        }),
    },
];

fn authentication(check: &mut Check<'_>) {
    let node =
        check.resource.node.get("Metadata").and_then(|metadata| metadata.get("AWS::CloudFormation::Authentication"));
    let sources = node.and_then(|node| node.as_map()).unwrap_or_default();
    for source in sources {
        for key in ["password", "secretKey", "accessKeyId"] {
            let Some(entry) = source.value.get_entry(key) else { continue };
            let value = check.view.value(&entry.value, entry.key_span);
            let literal = matches!(entry.value.kind, Kind::String(_))
                && value.as_ref().and_then(Val::text).is_some_and(|text| !secrets::is_placeholder(text));
            if literal {
                check.fail(
                    format!("../Metadata/AWS::CloudFormation::Authentication/{}/{key}", source.key),
                    format!("{key} stands in the template"),
                );
            } else if value.is_some_and(|value| matches!(value.kind, V::Unknown)) {
                check.unsure();
            }
        }
    }
}
