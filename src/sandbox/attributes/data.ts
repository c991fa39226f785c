// Recipes for storage, databases, messaging and secrets.

import { isObject, type Json } from '../json.ts';
import { isoDate, type Making, type Recipes, text, write } from './recipe.ts';

const PORTS: readonly [engine: RegExp, port: number][] = [
  [/postgres/, 5432],
  [/oracle/, 1521],
  [/sqlserver/, 1433],
  [/neptune/, 8182],
  [/docdb/, 27_017],
];

const databasePort = (making: Making): string =>
  text(making, 'Port') || String(PORTS.find(([engine]) => engine.test(text(making, 'Engine')))?.[1] ?? 3306);

/** `<prefix>.<random>.<region>.rds.amazonaws.com`; instances of one region share the random part in AWS, not here. */
const rdsHost = (prefix: string, making: Making, label: string): string =>
  write(`${prefix}{lower:12}.{r}.rds.amazonaws.com`, making, label);

const managedSecret = (making: Making, kind: 'db' | 'cluster'): Json | undefined =>
  making.model['ManageMasterUserPassword'] === true
    ? {
        ...(isObject(making.model['MasterUserSecret']) ? making.model['MasterUserSecret'] : {}),
        SecretArn: write(`arn:{p}:secretsmanager:{r}:{a}:secret:rds!${kind}-{uuid}-{mixed:9}`, making, 'secret'),
      }
    : undefined;

const cachePort = (making: Making): string => text(making, 'Port') || '6379';

export const data: Recipes = {
  'AWS::S3::Bucket': {
    BucketName: '{name}',
    Arn: 'arn:{p}:s3:::{BucketName}',
    DomainName: '{BucketName}.s3.amazonaws.com',
    DualStackDomainName: '{BucketName}.s3.dualstack.{r}.amazonaws.com',
    RegionalDomainName: '{BucketName}.s3.{r}.amazonaws.com',
    WebsiteURL: 'http://{BucketName}.s3-website-{r}.amazonaws.com',
  },
  'AWS::DynamoDB::Table': {
    TableName: '{name}',
    Arn: 'arn:{p}:dynamodb:{r}:{a}:table/{TableName}',
    StreamArn: (making) =>
      making.model['StreamSpecification'] ? `${text(making, 'Arn')}/stream/${isoDate(making).slice(0, 23)}` : undefined,
  },
  'AWS::DynamoDB::GlobalTable': {
    TableName: '{name}',
    TableId: '{uuid}',
    Arn: 'arn:{p}:dynamodb:{r}:{a}:table/{TableName}',
    StreamArn: (making) => `${text(making, 'Arn')}/stream/${isoDate(making).slice(0, 23)}`,
  },
  'AWS::SQS::Queue': {
    QueueName: '{name}',
    QueueUrl: 'https://sqs.{r}.amazonaws.com/{a}/{QueueName}',
    Arn: 'arn:{p}:sqs:{r}:{a}:{QueueName}',
  },
  'AWS::SQS::QueuePolicy': { Id: '{name}' },
  'AWS::SNS::Topic': { TopicName: '{name}', TopicArn: 'arn:{p}:sns:{r}:{a}:{TopicName}' },
  'AWS::SNS::TopicPolicy': { Id: '{name}' },
  'AWS::SNS::Subscription': { Arn: '{TopicArn}:{uuid}' },
  'AWS::Kinesis::Stream': { Name: '{name}', Arn: 'arn:{p}:kinesis:{r}:{a}:stream/{Name}' },
  'AWS::KinesisFirehose::DeliveryStream': {
    DeliveryStreamName: '{name}',
    Arn: 'arn:{p}:firehose:{r}:{a}:deliverystream/{DeliveryStreamName}',
  },
  'AWS::KMS::Key': { KeyId: '{uuid}', Arn: 'arn:{p}:kms:{r}:{a}:key/{KeyId}' },
  'AWS::SecretsManager::Secret': {
    Name: '{name}',
    Id: 'arn:{p}:secretsmanager:{r}:{a}:secret:{Name}-{mixed:9}',
  },
  'AWS::SecretsManager::SecretTargetAttachment': { Id: '{SecretId}' },
  'AWS::SSM::Parameter': {
    Name: '{name}',
    Arn: (making) => write(`arn:{p}:ssm:{r}:{a}:parameter/${text(making, 'Name').replace(/^\//, '')}`, making, 'arn'),
  },
  'AWS::SSM::Association': { AssociationId: '{uuid}' },
  'AWS::RDS::DBInstance': {
    DBInstanceIdentifier: '{name}',
    DBInstanceArn: 'arn:{p}:rds:{r}:{a}:db:{DBInstanceIdentifier}',
    DbiResourceId: 'db-{upper:26}',
    DBInstanceStatus: () => 'available',
    InstanceCreateTime: isoDate,
    Endpoint: (making) => ({
      Address: rdsHost('{DBInstanceIdentifier}.', making, 'host'),
      Port: databasePort(making),
      HostedZoneId: 'Z2R2ITUGPM61AM',
    }),
    MasterUserSecret: (making) => managedSecret(making, 'db'),
    ListenerEndpoint: () => undefined,
    StatusInfos: () => [],
    ReadReplicaDBClusterIdentifiers: () => [],
    ReadReplicaDBInstanceIdentifiers: () => [],
    AutomaticRestartTime: () => undefined,
    LatestRestorableTime: () => undefined,
    ResumeFullAutomationModeTime: () => undefined,
    SecondaryAvailabilityZone: () => undefined,
    PercentProgress: () => undefined,
    StorageOperationStatus: () => undefined,
    StorageOperationPercentProgress: () => undefined,
  },
  'AWS::RDS::DBCluster': {
    DBClusterIdentifier: '{name}',
    DBClusterArn: 'arn:{p}:rds:{r}:{a}:cluster:{DBClusterIdentifier}',
    DBClusterResourceId: 'cluster-{upper:26}',
    Endpoint: (making) => ({
      Address: rdsHost('{DBClusterIdentifier}.cluster-', making, 'host'),
      Port: databasePort(making),
    }),
    ReadEndpoint: (making) => ({ Address: rdsHost('{DBClusterIdentifier}.cluster-ro-', making, 'reader') }),
    MasterUserSecret: (making) => managedSecret(making, 'cluster'),
    StorageThroughput: () => 0,
  },
  'AWS::RDS::DBSubnetGroup': {
    DBSubnetGroupName: '{name}',
    DBSubnetGroupArn: 'arn:{p}:rds:{r}:{a}:subgrp:{DBSubnetGroupName}',
  },
  'AWS::RDS::DBParameterGroup': {
    DBParameterGroupName: '{name}',
    DBParameterGroupArn: 'arn:{p}:rds:{r}:{a}:pg:{DBParameterGroupName}',
  },
  'AWS::RDS::DBClusterParameterGroup': { DBClusterParameterGroupName: '{name}' },
  'AWS::RDS::OptionGroup': { OptionGroupName: '{name}' },
  'AWS::ElastiCache::ReplicationGroup': {
    ReplicationGroupId: '{name}',
    PrimaryEndPoint: (making) => ({
      Address: write('master.{ReplicationGroupId}.{lower:10}.cache.amazonaws.com', making, 'primary'),
      Port: cachePort(making),
    }),
    ReaderEndPoint: (making) => ({
      Address: write('replica.{ReplicationGroupId}.{lower:10}.cache.amazonaws.com', making, 'reader'),
      Port: cachePort(making),
    }),
    ConfigurationEndPoint: (making) => ({
      Address: write('clustercfg.{ReplicationGroupId}.{lower:10}.cache.amazonaws.com', making, 'configuration'),
      Port: cachePort(making),
    }),
    ReadEndPoint: () => ({ Addresses: '', AddressesList: [], Ports: '', PortsList: [] }),
  },
  'AWS::ElastiCache::CacheCluster': {
    ClusterName: '{name}',
    RedisEndpoint: (making) => ({
      Address: write('{ClusterName}.{lower:10}.0001.cache.amazonaws.com', making, 'redis'),
      Port: cachePort(making),
    }),
    ConfigurationEndpoint: (making) => ({
      Address: write('{ClusterName}.{lower:10}.cfg.cache.amazonaws.com', making, 'configuration'),
      Port: '11211',
    }),
  },
  'AWS::OpenSearchService::Domain': {
    DomainName: '{name}',
    Id: '{a}/{DomainName}',
    Arn: 'arn:{p}:es:{r}:{a}:domain/{DomainName}',
    DomainArn: '{Arn}',
    DomainEndpoint: 'search-{DomainName}-{lower:26}.{r}.es.amazonaws.com',
  },
  'AWS::ECR::Repository': {
    RepositoryName: '{name}',
    Arn: 'arn:{p}:ecr:{r}:{a}:repository/{RepositoryName}',
    RepositoryUri: '{a}.dkr.ecr.{r}.amazonaws.com/{RepositoryName}',
  },
  'AWS::Backup::BackupVault': { BackupVaultArn: 'arn:{p}:backup:{r}:{a}:backup-vault:{BackupVaultName}' },
  'AWS::Backup::BackupPlan': {
    BackupPlanId: '{uuid}',
    BackupPlanArn: 'arn:{p}:backup:{r}:{a}:backup-plan:{BackupPlanId}',
    VersionId: '{mixed:48}',
  },
};
