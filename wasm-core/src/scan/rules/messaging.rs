//! SNS, SQS, Kinesis, EventBridge, secrets.

use super::{Checker::Resource, Rule};
use crate::scan::FindingSeverity::{Critical, High, Low, Medium};
use crate::scan::value::Flag;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "sns-public-policy",
        title: "Topic lets everybody in",
        severity: High,
        types: &["AWS::SNS::TopicPolicy"],
        help: "Name the principals, or add a condition on aws:SourceArn, aws:SourceAccount or aws:SourceOwner",
        aliases: &["SNS_TOPICPOLICY_NO_WILDCARD_PRINCIPAL", "F18", "CKV_AWS_169"],
        bad: "Type: AWS::SNS::TopicPolicy\nProperties:\n  Topics: [arn]\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: sns:Publish\n        Resource: arn",
        good: "Type: AWS::SNS::TopicPolicy\nProperties:\n  Topics: [arn]\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: sns:Publish\n        Resource: arn\n        Condition: {StringEquals: {'aws:SourceAccount': '111122223333'}}",
        check: Resource(|check| check.nobody_unnamed("PolicyDocument", "Every AWS account may use the topic")),
    },
    Rule {
        id: "sqs-public-policy",
        title: "Queue lets everybody in",
        severity: Critical,
        types: &["AWS::SQS::QueuePolicy"],
        help: "Name the principals, or add a condition on aws:SourceArn",
        aliases: &["SQS_QUEUEPOLICY_NO_WILDCARD_PRINCIPAL", "F21", "CKV_AWS_168"],
        bad: "Type: AWS::SQS::QueuePolicy\nProperties:\n  Queues: [url]\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: 'sqs:*'\n        Resource: arn",
        good: "Type: AWS::SQS::QueuePolicy\nProperties:\n  Queues: [url]\n  PolicyDocument:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: sqs:SendMessage\n        Resource: arn\n        Condition: {ArnEquals: {'aws:SourceArn': 'arn:aws:sns:eu-west-1:111122223333:topic'}}",
        check: Resource(|check| check.nobody_unnamed("PolicyDocument", "Everybody may send to or read from the queue")),
    },
    Rule {
        id: "sqs-encryption",
        title: "Queue is explicitly not encrypted",
        severity: Medium,
        types: &["AWS::SQS::Queue"],
        help: "Remove SqsManagedSseEnabled: false (queues are encrypted by default) or name a key",
        aliases: &["SQS_QUEUE_KMS_MASTER_KEY_ID_RULE", "W48", "CKV_AWS_27"],
        bad: "Type: AWS::SQS::Queue\nProperties:\n  SqsManagedSseEnabled: false",
        good: "Type: AWS::SQS::Queue",
        check: Resource(|check| {
            if check.at("SqsManagedSseEnabled").flag() == Flag::False {
                check.must_be_set("KmsMasterKeyId", "Messages are not encrypted");
            }
        }),
    },
    Rule {
        id: "sns-encryption",
        title: "Topic is not encrypted",
        severity: Low,
        types: &["AWS::SNS::Topic"],
        help: "Set KmsMasterKeyId; services that publish to it need a key whose policy lets them",
        aliases: &["SNS_ENCRYPTED_KMS", "W47", "CKV_AWS_26"],
        bad: "Type: AWS::SNS::Topic",
        good: "Type: AWS::SNS::Topic\nProperties:\n  KmsMasterKeyId: alias/aws/sns",
        check: Resource(|check| check.must_be_set("KmsMasterKeyId", "Messages are not encrypted at rest")),
    },
    Rule {
        id: "kinesis-encryption",
        title: "Stream is not encrypted",
        severity: Medium,
        types: &["AWS::Kinesis::Stream"],
        help: "Set StreamEncryption: {EncryptionType: KMS, KeyId: alias/aws/kinesis}",
        aliases: &["KINESIS_STREAM_ENCRYPTION_RULE", "KINESIS_STREAM_ENCRYPTED", "W49", "CKV_AWS_43"],
        bad: "Type: AWS::Kinesis::Stream",
        good: "Type: AWS::Kinesis::Stream\nProperties:\n  StreamEncryption: {EncryptionType: KMS, KeyId: alias/aws/kinesis}",
        check: Resource(|check| check.must_be_set("StreamEncryption", "Records are not encrypted at rest")),
    },
    Rule {
        id: "eventbus-public-policy",
        title: "Event bus lets everybody in",
        severity: High,
        types: &["AWS::Events::EventBusPolicy"],
        help: "Name the account, or add a condition on aws:PrincipalOrgID",
        aliases: &[],
        bad: "Type: AWS::Events::EventBusPolicy\nProperties:\n  StatementId: all\n  Action: events:PutEvents\n  Principal: '*'",
        good: "Type: AWS::Events::EventBusPolicy\nProperties:\n  StatementId: one\n  Action: events:PutEvents\n  Principal: '111122223333'",
        check: Resource(|check| {
            let anyone = check.at("Condition").is_absent() || check.at("Condition/Value").text() == Some("*");
            if check.at("Principal").text() == Some("*") && anyone {
                check.fail("Principal", "Every AWS account may put events");
            }
            check.nobody_unnamed("", "Every AWS account may put events");
        }),
    },
    Rule {
        id: "secret-public-policy",
        title: "Secret lets everybody in",
        severity: Critical,
        types: &["AWS::SecretsManager::ResourcePolicy"],
        help: "Name the principals",
        aliases: &[],
        bad: "Type: AWS::SecretsManager::ResourcePolicy\nProperties:\n  SecretId: db\n  ResourcePolicy:\n    Statement:\n      - Effect: Allow\n        Principal: '*'\n        Action: secretsmanager:GetSecretValue\n        Resource: '*'",
        good: "Type: AWS::SecretsManager::ResourcePolicy\nProperties:\n  SecretId: db\n  ResourcePolicy:\n    Statement:\n      - Effect: Deny\n        Principal: '*'\n        Action: secretsmanager:DeleteSecret\n        Resource: '*'",
        check: Resource(|check| check.nobody_unnamed("ResourcePolicy", "Every AWS account may read the secret")),
    },
];
