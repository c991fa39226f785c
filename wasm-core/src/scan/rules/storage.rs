//! S3, EBS, EFS, ECR.

use super::{Check, Checker::Resource, Rule};
use crate::scan::FindingSeverity::{Critical, High, Low, Medium};
use crate::scan::policy;
use crate::scan::value::{Flag, V, Val};

const SWITCHES: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "s3-public-read-acl",
        title: "Bucket ACL lets everybody read",
        severity: Critical,
        types: &["AWS::S3::Bucket"],
        help: "Remove AccessControl; give access by a bucket policy, or publish through CloudFront with an origin access control",
        aliases: &["S3_BUCKET_PUBLIC_READ_PROHIBITED", "CKV_AWS_20"],
        bad: "Type: AWS::S3::Bucket\nProperties:\n  AccessControl: PublicRead",
        good: "Type: AWS::S3::Bucket\nProperties:\n  AccessControl: Private",
        check: Resource(|check| acl(check, &["PublicRead", "AuthenticatedRead"])),
    },
    Rule {
        id: "s3-public-write-acl",
        title: "Bucket ACL lets everybody write",
        severity: Critical,
        types: &["AWS::S3::Bucket"],
        help: "Remove AccessControl; give access by a bucket policy",
        aliases: &["S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "CKV_AWS_57", "F14", "W31"],
        bad: "Type: AWS::S3::Bucket\nProperties:\n  AccessControl: PublicReadWrite",
        good: "Type: AWS::S3::Bucket",
        check: Resource(|check| acl(check, &["PublicReadWrite"])),
    },
    Rule {
        id: "s3-public-access-block",
        title: "Bucket switches off the blocking of public access",
        severity: High,
        types: &["AWS::S3::Bucket"],
        help: "Remove PublicAccessBlockConfiguration (new buckets block public access by default) or set all four switches to true",
        aliases: &["S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"],
        bad: "Type: AWS::S3::Bucket\nProperties:\n  PublicAccessBlockConfiguration:\n    BlockPublicAcls: true\n    BlockPublicPolicy: false",
        good: "Type: AWS::S3::Bucket\nProperties:\n  PublicAccessBlockConfiguration:\n    BlockPublicAcls: true\n    BlockPublicPolicy: true\n    IgnorePublicAcls: true\n    RestrictPublicBuckets: true",
        check: Resource(public_access_block),
    },
    Rule {
        id: "s3-public-policy",
        title: "Bucket policy lets everybody in",
        severity: Critical,
        types: &["AWS::S3::BucketPolicy"],
        help: "Name the principals, or add a condition such as aws:SourceArn or aws:PrincipalOrgID; publish web sites through CloudFront with an origin access control",
        aliases: &["S3_BUCKET_POLICY_NO_WILDCARD_PRINCIPAL", "F16", "CKV_AWS_70"],
        bad: "Type: AWS::S3::BucketPolicy\nProperties:\n  Bucket: data\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: s3:GetObject\n        Resource: arn:aws:s3:::data/*",
        good: "Type: AWS::S3::BucketPolicy\nProperties:\n  Bucket: data\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: {Service: cloudfront.amazonaws.com}\n        Action: s3:GetObject\n        Resource: arn:aws:s3:::data/*",
        check: Resource(|check| {
            check.nobody_unnamed(
                "PolicyDocument",
                "Everybody is allowed in: the principal is `*` and no condition narrows it",
            )
        }),
    },
    Rule {
        id: "s3-policy-all-actions",
        title: "Bucket policy allows every action",
        severity: Medium,
        types: &["AWS::S3::BucketPolicy"],
        help: "Name the actions that are needed",
        aliases: &["S3_BUCKET_POLICY_NO_WILDCARD_ACTION", "F15"],
        bad: "Type: AWS::S3::BucketPolicy\nProperties:\n  Bucket: data\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: arn:aws:iam::111122223333:root}\n        Action: 's3:*'\n        Resource: arn:aws:s3:::data/*",
        good: "Type: AWS::S3::BucketPolicy\nProperties:\n  Bucket: data\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: arn:aws:iam::111122223333:root}\n        Action: s3:GetObject\n        Resource: arn:aws:s3:::data/*",
        check: Resource(|check| {
            check.statements("PolicyDocument", "Every action is allowed", |statement| {
                statement.allows() && (statement.every_action() || statement.action(|action| action == "s3:*"))
            });
        }),
    },
    Rule {
        id: "s3-tls",
        title: "Bucket policy does not require TLS",
        severity: Low,
        types: &["AWS::S3::BucketPolicy"],
        help: "Add a statement that denies s3:* when aws:SecureTransport is false",
        aliases: &["S3_BUCKET_SSL_REQUESTS_ONLY"],
        bad: "Type: AWS::S3::BucketPolicy\nProperties:\n  Bucket: data\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: arn:aws:iam::111122223333:root}\n        Action: s3:GetObject\n        Resource: arn:aws:s3:::data/*",
        good: "Type: AWS::S3::BucketPolicy\nProperties:\n  Bucket: data\n  PolicyDocument:\n    Statement:\n      - Effect: Deny\n        Principal: '*'\n        Action: 's3:*'\n        Resource: arn:aws:s3:::data/*\n        Condition: {Bool: {'aws:SecureTransport': false}}",
        check: Resource(tls),
    },
    Rule {
        id: "s3-versioning",
        title: "Bucket keeps no versions",
        severity: Low,
        types: &["AWS::S3::Bucket"],
        help: "Set VersioningConfiguration: {Status: Enabled}, with a lifecycle rule that ends old versions",
        aliases: &["S3_BUCKET_VERSIONING_ENABLED", "CKV_AWS_21"],
        bad: "Type: AWS::S3::Bucket",
        good: "Type: AWS::S3::Bucket\nProperties:\n  VersioningConfiguration: {Status: Enabled}",
        check: Resource(|check| {
            let status = check.at("VersioningConfiguration/Status");
            match status.text() {
                Some("Enabled") => {}
                None if !status.is_absent() => check.unsure(),
                _ => check.fail("VersioningConfiguration", "What is overwritten or deleted is lost: versioning is off"),
            }
        }),
    },
    Rule {
        id: "ebs-encryption",
        title: "EBS volume is not encrypted",
        severity: High,
        types: &["AWS::EC2::Volume"],
        help: "Set Encrypted: true",
        aliases: &["ENCRYPTED_VOLUMES", "F1", "CKV_AWS_3"],
        bad: "Type: AWS::EC2::Volume\nProperties:\n  AvailabilityZone: eu-west-1a\n  Size: 8\n  Encrypted: false",
        good: "Type: AWS::EC2::Volume\nProperties:\n  AvailabilityZone: eu-west-1a\n  Size: 8\n  Encrypted: true",
        check: Resource(|check| {
            // A copy of a snapshot is encrypted when the snapshot is.
            let copied = !check.at("SnapshotId").is_absent() && check.at("Encrypted").is_absent();
            if copied { check.unsure() } else { check.must_be_on("Encrypted", false, "The volume is not encrypted") }
        }),
    },
    Rule {
        id: "ebs-device-encryption",
        title: "Volume of an instance is explicitly not encrypted",
        severity: Medium,
        types: &["AWS::EC2::Instance", "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"],
        help: "Set Ebs: {Encrypted: true}",
        aliases: &["CKV_AWS_8"],
        bad: "Type: AWS::EC2::Instance\nProperties:\n  ImageId: ami-1\n  BlockDeviceMappings:\n    - DeviceName: /dev/xvda\n      Ebs: {Encrypted: false}",
        good: "Type: AWS::EC2::Instance\nProperties:\n  ImageId: ami-1\n  BlockDeviceMappings:\n    - DeviceName: /dev/xvda\n      Ebs: {Encrypted: true}",
        check: Resource(devices),
    },
    Rule {
        id: "efs-encryption",
        title: "File system is not encrypted",
        severity: High,
        types: &["AWS::EFS::FileSystem"],
        help: "Set Encrypted: true; it cannot be changed later",
        aliases: &["EFS_ENCRYPTED_CHECK", "F32", "CKV_AWS_42"],
        bad: "Type: AWS::EFS::FileSystem",
        good: "Type: AWS::EFS::FileSystem\nProperties:\n  Encrypted: true",
        check: Resource(|check| check.must_be_on("Encrypted", false, "The file system is not encrypted")),
    },
    Rule {
        id: "ecr-public-policy",
        title: "Image repository lets everybody in",
        severity: High,
        types: &["AWS::ECR::Repository"],
        help: "Name the principals, or add a condition such as aws:PrincipalOrgID",
        aliases: &["CKV_AWS_32"],
        bad: "Type: AWS::ECR::Repository\nProperties:\n  RepositoryPolicyText:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: ecr:BatchGetImage",
        good: "Type: AWS::ECR::Repository\nProperties:\n  RepositoryPolicyText:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: arn:aws:iam::111122223333:root}\n        Action: ecr:BatchGetImage",
        check: Resource(|check| check.nobody_unnamed("RepositoryPolicyText", "Everybody may use the repository")),
    },
    Rule {
        id: "ecr-scan-on-push",
        title: "Images are not scanned when pushed",
        severity: Low,
        types: &["AWS::ECR::Repository"],
        help: "Set ImageScanningConfiguration: {ScanOnPush: true}",
        aliases: &["ECR_REPO_SCAN_ON_PUSH_RULE", "W79", "CKV_AWS_163"],
        bad: "Type: AWS::ECR::Repository",
        good: "Type: AWS::ECR::Repository\nProperties:\n  ImageScanningConfiguration: {ScanOnPush: true}",
        check: Resource(|check| {
            check.must_be_on("ImageScanningConfiguration/ScanOnPush", false, "Pushed images are not scanned");
        }),
    },
];

fn acl(check: &mut Check<'_>, refused: &[&str]) {
    let value = check.at("AccessControl");
    match value.text() {
        Some(acl) if refused.contains(&acl) => check.fail("AccessControl", format!("The ACL is {acl}")),
        None if !value.is_absent() => check.unsure(),
        _ => {}
    }
}

fn public_access_block(check: &mut Check<'_>) {
    let block = check.at("PublicAccessBlockConfiguration");
    if block.is_absent() {
        return;
    }
    let mut open = Vec::new();
    for switch in SWITCHES {
        match block.get(switch).flag() {
            Flag::True => {}
            Flag::Unknown => check.unsure(),
            // A switch left out of a configuration that is there is off.
            Flag::False | Flag::Absent => open.push(switch),
        }
    }
    if !open.is_empty() {
        check.fail("PublicAccessBlockConfiguration", format!("{} off", list(&open)));
    }
}

fn list(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

fn tls(check: &mut Check<'_>) {
    let statements = policy::statements(&check.resource.properties, "PolicyDocument");
    if !policy::is_readable(check.at("PolicyDocument")) || statements.iter().any(policy::Statement::is_unknown) {
        return check.unsure();
    }
    let required = statements.iter().any(|statement| {
        let operators = statement.body.get("Condition").entries();
        let named = |name: &str| {
            operators.iter().flat_map(|(_, keys)| keys.entries()).any(|(key, value)| {
                key.eq_ignore_ascii_case(name) && value.each().iter().all(|value| value.flag() != Flag::True)
            })
        };
        statement.denies() && (named("aws:SecureTransport") || named("s3:TlsVersion"))
    });
    if !required {
        check.fail("PolicyDocument", "Requests without TLS are not denied");
    }
}

fn devices(check: &mut Check<'_>) {
    for path in ["BlockDeviceMappings", "LaunchTemplateData/BlockDeviceMappings"] {
        let mappings = check.at(path);
        if let V::Unknown = mappings.kind {
            check.unsure();
        }
        for (index, mapping) in mappings.each().iter().enumerate() {
            let encrypted: &Val = mapping.at("Ebs/Encrypted");
            if encrypted.flag() == Flag::False {
                check.fail(format!("{path}/{index}/Ebs/Encrypted"), "The volume is explicitly not encrypted");
            }
        }
    }
}
