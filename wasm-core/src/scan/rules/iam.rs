//! Identity policies, trust policies, KMS keys.

use super::{Check, Checker::Resource, Rule};
use crate::scan::FindingSeverity::{Critical, High, Low, Medium};
use crate::scan::policy::Statement;
use crate::scan::value::{V, Val};

const HOLDERS: &[&str] = &[
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
];

/// Services of which "everything" hands out more than data of the service itself.
const POWERFUL: [&str; 8] = ["iam", "sts", "organizations", "kms", "secretsmanager", "ssm", "s3", "lambda"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "iam-admin",
        title: "Policy allows everything",
        severity: Critical,
        types: HOLDERS,
        help: "Name the actions and resources that are needed; what a deployment of a template needs can be listed",
        aliases: &["IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "CKV_AWS_62", "F3", "F4", "F5"],
        bad: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: '*'\n        Resource: '*'",
        good: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: s3:GetObject\n        Resource: arn:aws:s3:::data/*",
        check: Resource(|check| {
            each(check, "Every action on every resource is allowed", |statement| {
                !statement.is_limited() && statement.on_everything() && statement.every_action()
            });
        }),
    },
    Rule {
        id: "iam-admin-attached",
        title: "AdministratorAccess is attached",
        severity: High,
        types: &["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"],
        help: "Attach a policy with the actions that are needed",
        aliases: &["CKV_AWS_274", "W43"],
        bad: "Type: AWS::IAM::Group\nProperties:\n  ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]",
        good: "Type: AWS::IAM::Group\nProperties:\n  ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]",
        check: Resource(|check| {
            for (index, arn) in check.at("ManagedPolicyArns").each().iter().enumerate() {
                if arn.is_unknown() {
                    check.unsure();
                } else if arn.pattern().is_some_and(|arn| arn.ends_with(":iam::aws:policy/AdministratorAccess")) {
                    check.fail(format!("ManagedPolicyArns/{index}"), "AdministratorAccess allows everything");
                }
            }
        }),
    },
    Rule {
        id: "iam-powerful-wildcard",
        title: "Policy allows every action of a powerful service",
        severity: High,
        types: HOLDERS,
        help: "Name the actions, or limit Resource",
        aliases: &["IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS", "CKV_AWS_63"],
        bad: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: 'iam:*'\n        Resource: '*'",
        good: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: 'iam:Get*'\n        Resource: '*'",
        check: Resource(|check| {
            each(
                check,
                "Every action of a service that hands out access, secrets, code or data is allowed on every resource",
                |statement| !statement.is_limited() && statement.all_of(&POWERFUL).is_some(),
            );
        }),
    },
    Rule {
        id: "iam-service-wildcard",
        title: "Policy allows every action of a service",
        severity: Low,
        types: HOLDERS,
        help: "Name the actions, or limit Resource",
        aliases: &["IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS", "CKV_AWS_63"],
        bad: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: 'sqs:*'\n        Resource: '*'",
        good: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: 'sqs:*'\n        Resource: arn:aws:sqs:eu-west-1:111122223333:jobs",
        check: Resource(|check| {
            each(check, "Every action of a service is allowed on every resource", |statement| {
                !statement.is_limited() && statement.all_of_another(&POWERFUL)
            });
        }),
    },
    Rule {
        id: "iam-pass-any-role",
        title: "Policy lets any role be passed",
        severity: High,
        types: HOLDERS,
        help: "Name the roles in Resource, or add a condition on iam:PassedToService",
        aliases: &["IAM_ROLE_NO_WILDCARD_RESOURCE_ON_PASSROLE", "F38", "F39", "F40"],
        bad: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: iam:PassRole\n        Resource: '*'",
        good: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Action: iam:PassRole\n        Resource: arn:aws:iam::111122223333:role/worker",
        check: Resource(|check| {
            each(check, "Any role, an administrator's too, can be passed to a service", |statement| {
                !statement.is_limited()
                    && (statement.on_everything() || statement.on_all_of("iam") || statement.on_every("iam", "role"))
                    && statement.passes_roles()
            });
        }),
    },
    Rule {
        id: "iam-not-action",
        title: "Policy allows everything but",
        severity: Medium,
        types: HOLDERS,
        help: "Name what is allowed: new services and actions join a NotAction by themselves",
        aliases: &["IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_ACTION", "W14", "W15", "W16", "W17"],
        bad: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        NotAction: 'iam:*'\n        Resource: '*'",
        good: "Type: AWS::IAM::ManagedPolicy\nProperties:\n  PolicyDocument:\n    Statement:\n      - Effect: Deny\n        NotAction: 'iam:*'\n        Resource: '*'",
        check: Resource(|check| {
            each(check, "Everything except what is named is allowed", |statement| statement.has("NotAction"))
        }),
    },
    Rule {
        id: "iam-public-trust",
        title: "Anybody can assume the role",
        severity: Critical,
        types: &["AWS::IAM::Role"],
        help: "Name the accounts, roles or services that may assume it",
        aliases: &["IAM_ROLE_NO_FULL_ACCESS_ON_TRUST_POLICY", "F2", "CKV_AWS_60"],
        bad: "Type: AWS::IAM::Role\nProperties:\n  AssumeRolePolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: '*'}\n        Action: sts:AssumeRole",
        good: "Type: AWS::IAM::Role\nProperties:\n  AssumeRolePolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: {Service: lambda.amazonaws.com}\n        Action: sts:AssumeRole",
        check: Resource(|check| {
            check.nobody_unnamed("AssumeRolePolicyDocument", "Every AWS account can assume the role")
        }),
    },
    Rule {
        id: "iam-not-principal",
        title: "Policy lets in everybody but",
        severity: High,
        types: &[
            "AWS::IAM::Role",
            "AWS::S3::BucketPolicy",
            "AWS::SNS::TopicPolicy",
            "AWS::SQS::QueuePolicy",
            "AWS::KMS::Key",
        ],
        help: "Name who is allowed",
        aliases: &["F6", "F7", "F8", "F9"],
        bad: "Type: AWS::IAM::Role\nProperties:\n  AssumeRolePolicyDocument:\n    Statement:\n      - Effect: Allow\n        NotPrincipal: {AWS: arn:aws:iam::111122223333:root}\n        Action: sts:AssumeRole",
        good: "Type: AWS::IAM::Role\nProperties:\n  AssumeRolePolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: arn:aws:iam::111122223333:root}\n        Action: sts:AssumeRole",
        check: Resource(|check| {
            for path in ["AssumeRolePolicyDocument", "PolicyDocument", "KeyPolicy"] {
                check.statements(path, "Everybody except who is named is let in", |statement| {
                    statement.allows() && statement.has("NotPrincipal")
                });
            }
        }),
    },
    Rule {
        id: "iam-user-policy",
        title: "Policy is attached to a user",
        severity: Low,
        types: &["AWS::IAM::User", "AWS::IAM::UserPolicy"],
        help: "Attach policies to roles or groups",
        aliases: &["IAM_USER_NO_POLICIES_CHECK", "IAM_NO_INLINE_POLICY_CHECK", "F10", "F11", "CKV_AWS_40"],
        bad: "Type: AWS::IAM::User\nProperties:\n  ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]",
        good: "Type: AWS::IAM::User\nProperties:\n  Groups: [readers]",
        check: Resource(|check| {
            for path in ["Policies", "ManagedPolicyArns", "PolicyDocument"] {
                if !check.at(path).is_empty() {
                    check.fail(path, "Permissions are given to a user directly");
                }
            }
        }),
    },
    Rule {
        id: "kms-public-policy",
        title: "Key policy lets everybody in",
        severity: Critical,
        types: &["AWS::KMS::Key"],
        help: "Name the principals; the account's root with kms:* leaves the rest to IAM policies",
        aliases: &["KMS_NO_WILDCARD_PRINCIPAL", "F76", "CKV_AWS_33"],
        bad: "Type: AWS::KMS::Key\nProperties:\n  EnableKeyRotation: true\n  KeyPolicy:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: 'kms:*'\n        Resource: '*'",
        good: "Type: AWS::KMS::Key\nProperties:\n  EnableKeyRotation: true\n  KeyPolicy:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: arn:aws:iam::111122223333:root}\n        Action: 'kms:*'\n        Resource: '*'",
        check: Resource(|check| check.nobody_unnamed("KeyPolicy", "Every AWS account may use the key")),
    },
    Rule {
        id: "kms-rotation",
        title: "Key is not rotated",
        severity: Low,
        types: &["AWS::KMS::Key"],
        help: "Set EnableKeyRotation: true",
        aliases: &["CMK_BACKING_KEY_ROTATION_ENABLED", "F19", "CKV_AWS_7"],
        bad: "Type: AWS::KMS::Key\nProperties:\n  KeyPolicy: {Statement: []}",
        good: "Type: AWS::KMS::Key\nProperties:\n  EnableKeyRotation: true\n  KeyPolicy: {Statement: []}",
        check: Resource(|check| {
            // Only symmetric keys whose material AWS made can be rotated by AWS.
            let (spec, origin) = (check.at("KeySpec"), check.at("Origin"));
            let rotates = |value: &Val, default: &str| value.is_absent() || value.text() == Some(default);
            if spec.is_unknown() || origin.is_unknown() {
                check.unsure();
            } else if rotates(spec, "SYMMETRIC_DEFAULT") && rotates(origin, "AWS_KMS") {
                check.must_be_on("EnableKeyRotation", false, "The key material never changes");
            }
        }),
    },
];

/// Fails for each allowing statement of each identity policy that `test` is true of.
fn each(check: &mut Check<'_>, message: &str, test: impl Fn(&Statement<'_>) -> bool) {
    let wrong = |statement: &Statement<'_>| statement.allows() && test(statement);
    check.statements("PolicyDocument", message, wrong);
    let policies = check.at("Policies");
    if let V::Unknown = policies.kind {
        check.unsure();
    }
    for index in 0..policies.each().len() {
        check.statements(&format!("Policies/{index}/PolicyDocument"), message, wrong);
    }
}
