//! Databases, caches, search.

use super::{Checker::Resource, Rule};
use crate::scan::FindingSeverity::{Critical, High, Low, Medium};
use crate::scan::secrets;
use crate::scan::value::{Flag, V};

const SEARCH: &[&str] = &["AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"];
const DATABASES: &[&str] = &["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "rds-public",
        title: "Database can be reached from the internet",
        severity: Critical,
        types: &["AWS::RDS::DBInstance"],
        help: "Set PubliclyAccessible: false and reach it from inside the VPC",
        aliases: &["RDS_INSTANCE_PUBLIC_ACCESS_CHECK", "F22", "CKV_AWS_17"],
        bad: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  PubliclyAccessible: true",
        good: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  PubliclyAccessible: false",
        check: Resource(|check| {
            check.must_be_off("PubliclyAccessible", false, "The database gets a public address");
        }),
    },
    Rule {
        id: "rds-encryption",
        title: "Database is not encrypted",
        severity: High,
        types: DATABASES,
        help: "Set StorageEncrypted: true; it cannot be changed later",
        aliases: &["RDS_STORAGE_ENCRYPTED", "F26", "F27", "CKV_AWS_16", "CKV_AWS_96"],
        bad: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres",
        good: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  StorageEncrypted: true",
        check: Resource(|check| {
            // These take it from their cluster, snapshot or source.
            let inherits = [
                "DBClusterIdentifier",
                "DBSnapshotIdentifier",
                "SnapshotIdentifier",
                "SourceDBInstanceIdentifier",
                "SourceDBClusterIdentifier",
                "DBClusterSnapshotIdentifier",
                "GlobalClusterIdentifier",
            ];
            if inherits.iter().any(|name| !check.at(name).is_absent()) && check.at("StorageEncrypted").is_absent() {
                return;
            }
            check.must_be_on("StorageEncrypted", false, "Storage, backups and snapshots are not encrypted");
        }),
    },
    Rule {
        id: "rds-backup",
        title: "Database has no backups",
        severity: Medium,
        types: &["AWS::RDS::DBInstance"],
        help: "Set BackupRetentionPeriod to at least 7",
        aliases: &["DB_INSTANCE_BACKUP_ENABLED", "W75", "CKV_AWS_133"],
        bad: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  BackupRetentionPeriod: 0",
        good: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  BackupRetentionPeriod: 7",
        check: Resource(|check| {
            let days = check.at("BackupRetentionPeriod");
            match days.integer() {
                Some(0) => check.fail("BackupRetentionPeriod", "Automated backups are off"),
                None if !days.is_absent() => check.unsure(),
                _ => {}
            }
        }),
    },
    Rule {
        id: "rds-deletion-protection",
        title: "Database can be deleted by one call",
        severity: Low,
        types: DATABASES,
        help: "Set DeletionProtection: true",
        aliases: &["RDS_INSTANCE_DELETION_PROTECTION_ENABLED", "F80", "CKV_AWS_293", "CKV_AWS_139"],
        bad: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres",
        good: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  DeletionProtection: true",
        check: Resource(|check| {
            if check.at("DBClusterIdentifier").is_absent() {
                check.must_be_on("DeletionProtection", false, "DeletionProtection is off");
            }
        }),
    },
    Rule {
        id: "database-plain-password",
        title: "Password of a database stands in the template",
        severity: High,
        types: &["AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::Redshift::Cluster", "AWS::DocDB::DBCluster"],
        help: "Use ManageMasterUserPassword: true, a dynamic reference to Secrets Manager, or a NoEcho parameter; change the password",
        aliases: &["RDS_MASTER_USER_PASSWORD_NO_PLAINTEXT_PASSWORD", "F23", "F24", "F35"],
        bad: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  MasterUserPassword: correct horse",
        good: "Type: AWS::RDS::DBInstance\nProperties:\n  Engine: postgres\n  MasterUserPassword: '{{resolve:secretsmanager:db:SecretString:password}}'",
        check: Resource(|check| {
            let password = check.at("MasterUserPassword");
            match password.text() {
                Some(text) if !text.contains("{{resolve:") && !text.is_empty() => {
                    let message = if secrets::is_placeholder(text) {
                        "The password is a placeholder in the template"
                    } else {
                        "The password is readable by everybody who reads the template"
                    };
                    check.fail("MasterUserPassword", message);
                }
                _ if password.is_unknown() => check.unsure(),
                _ => {}
            }
        }),
    },
    Rule {
        id: "redshift-public",
        title: "Data warehouse can be reached from the internet",
        severity: Critical,
        types: &["AWS::Redshift::Cluster"],
        help: "Set PubliclyAccessible: false",
        aliases: &["REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK", "CKV_AWS_87"],
        bad: "Type: AWS::Redshift::Cluster\nProperties:\n  PubliclyAccessible: true",
        good: "Type: AWS::Redshift::Cluster\nProperties:\n  PubliclyAccessible: false",
        check: Resource(|check| {
            check.must_be_off("PubliclyAccessible", false, "The cluster gets a public address");
        }),
    },
    Rule {
        id: "redshift-encryption",
        title: "Data warehouse is explicitly not encrypted",
        severity: High,
        types: &["AWS::Redshift::Cluster"],
        help: "Set Encrypted: true",
        aliases: &["REDSHIFT_CLUSTER_CONFIGURATION_CHECK", "F28", "CKV_AWS_64"],
        bad: "Type: AWS::Redshift::Cluster\nProperties:\n  Encrypted: false",
        good: "Type: AWS::Redshift::Cluster\nProperties:\n  Encrypted: true",
        // New clusters are encrypted by default since January 2025.
        check: Resource(|check| check.must_be_on("Encrypted", true, "The cluster is not encrypted")),
    },
    Rule {
        id: "dynamodb-recovery",
        title: "Table has no point-in-time recovery",
        severity: Low,
        types: &["AWS::DynamoDB::Table"],
        help: "Set PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
        aliases: &["DYNAMODB_PITR_ENABLED", "W78", "CKV_AWS_28"],
        bad: "Type: AWS::DynamoDB::Table",
        good: "Type: AWS::DynamoDB::Table\nProperties:\n  PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
        check: Resource(|check| {
            check.must_be_on(
                "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
                false,
                "What is deleted by mistake cannot be brought back",
            );
        }),
    },
    Rule {
        id: "elasticache-at-rest",
        title: "Cache is not encrypted at rest",
        severity: Medium,
        types: &["AWS::ElastiCache::ReplicationGroup"],
        help: "Set AtRestEncryptionEnabled: true; it cannot be changed later",
        aliases: &["ELASTICACHE_REPLICATION_GROUP_ENCRYPTION_AT_REST", "F25", "CKV_AWS_29"],
        bad: "Type: AWS::ElastiCache::ReplicationGroup\nProperties:\n  AtRestEncryptionEnabled: false",
        good: "Type: AWS::ElastiCache::ReplicationGroup\nProperties:\n  AtRestEncryptionEnabled: true",
        check: Resource(|check| {
            // Valkey is encrypted by default, Redis OSS is not.
            let valkey = check.at("Engine").text() == Some("valkey");
            check.must_be_on("AtRestEncryptionEnabled", valkey, "Data at rest is not encrypted");
        }),
    },
    Rule {
        id: "elasticache-in-transit",
        title: "Cache is not encrypted in transit",
        severity: Medium,
        types: &["AWS::ElastiCache::ReplicationGroup"],
        help: "Set TransitEncryptionEnabled: true",
        aliases: &["ELASTICACHE_REPLICATION_GROUP_TRANSIT_ENCRYPTION", "F33", "CKV_AWS_30"],
        bad: "Type: AWS::ElastiCache::ReplicationGroup",
        good: "Type: AWS::ElastiCache::ReplicationGroup\nProperties:\n  TransitEncryptionEnabled: true",
        check: Resource(|check| {
            let valkey = check.at("Engine").text() == Some("valkey");
            check.must_be_on("TransitEncryptionEnabled", valkey, "Connections are not encrypted");
        }),
    },
    Rule {
        id: "search-at-rest",
        title: "Search domain is not encrypted at rest",
        severity: Medium,
        types: SEARCH,
        help: "Set EncryptionAtRestOptions: {Enabled: true}",
        aliases: &["ELASTICSEARCH_ENCRYPTED_AT_REST", "OPENSEARCH_ENCRYPTED_AT_REST", "W54", "CKV_AWS_5"],
        bad: "Type: AWS::OpenSearchService::Domain",
        good: "Type: AWS::OpenSearchService::Domain\nProperties:\n  EncryptionAtRestOptions: {Enabled: true}",
        check: Resource(|check| {
            check.must_be_on("EncryptionAtRestOptions/Enabled", false, "Data at rest is not encrypted")
        }),
    },
    Rule {
        id: "search-node-to-node",
        title: "Nodes of a search domain talk in the clear",
        severity: Low,
        types: SEARCH,
        help: "Set NodeToNodeEncryptionOptions: {Enabled: true}",
        aliases: &[
            "ELASTICSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK",
            "OPENSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK",
            "W85",
            "CKV_AWS_6",
        ],
        bad: "Type: AWS::OpenSearchService::Domain",
        good: "Type: AWS::OpenSearchService::Domain\nProperties:\n  NodeToNodeEncryptionOptions: {Enabled: true}",
        check: Resource(|check| {
            check.must_be_on("NodeToNodeEncryptionOptions/Enabled", false, "Traffic between nodes is not encrypted");
        }),
    },
    Rule {
        id: "search-https",
        title: "Search domain answers without TLS",
        severity: Medium,
        types: SEARCH,
        help: "Set DomainEndpointOptions: {EnforceHTTPS: true, TLSSecurityPolicy: Policy-Min-TLS-1-2-PFS-2023-10}",
        aliases: &["CKV_AWS_83", "W90"],
        bad: "Type: AWS::OpenSearchService::Domain",
        good: "Type: AWS::OpenSearchService::Domain\nProperties:\n  DomainEndpointOptions: {EnforceHTTPS: true}",
        check: Resource(|check| check.must_be_on("DomainEndpointOptions/EnforceHTTPS", false, "HTTP is accepted")),
    },
    Rule {
        id: "search-public-policy",
        title: "Search domain lets everybody in",
        severity: Critical,
        types: SEARCH,
        help: "Name the principals, or put the domain into a VPC",
        aliases: &["ELASTICSEARCH_IN_VPC_ONLY", "OPENSEARCH_IN_VPC_ONLY"],
        bad: "Type: AWS::OpenSearchService::Domain\nProperties:\n  AccessPolicies:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: '*'}\n        Action: 'es:*'",
        good: "Type: AWS::OpenSearchService::Domain\nProperties:\n  AccessPolicies:\n    Statement:\n      - Effect: Allow\n        Principal: {AWS: arn:aws:iam::111122223333:root}\n        Action: 'es:*'",
        check: Resource(|check| {
            let inside = !check.at("VPCOptions").is_absent();
            let guarded = check.at("AdvancedSecurityOptions/Enabled").flag() == Flag::True;
            if !inside && !guarded {
                check.nobody_unnamed("AccessPolicies", "Everybody on the internet may use the domain");
            }
        }),
    },
    Rule {
        id: "cluster-encryption",
        title: "Graph, document or cache cluster is not encrypted",
        severity: High,
        types: &["AWS::Neptune::DBCluster", "AWS::DocDB::DBCluster", "AWS::DAX::Cluster"],
        help: "Set StorageEncrypted: true (DAX: SSESpecification: {SSEEnabled: true}); it cannot be changed later",
        aliases: &["CKV_AWS_44", "CKV_AWS_74", "CKV_AWS_47", "F30"],
        bad: "Type: AWS::Neptune::DBCluster",
        good: "Type: AWS::Neptune::DBCluster\nProperties:\n  StorageEncrypted: true",
        check: Resource(|check| {
            let restored =
                ["SnapshotIdentifier", "SourceDBClusterIdentifier"].iter().any(|name| !check.at(name).is_absent());
            if matches!(check.resource.properties.kind, V::Unknown) || restored {
                return check.unsure();
            }
            let path = if check.resource.type_name == "AWS::DAX::Cluster" {
                "SSESpecification/SSEEnabled"
            } else {
                "StorageEncrypted"
            };
            check.must_be_on(path, false, "Data at rest is not encrypted");
        }),
    },
];
