// Values that services fill in where the desired state is silent, for the commonest types: a read returns more than
// was written, and a deployment engine must not take that for drift.

import { isObject, type Json, type JsonObject } from '../json.ts';

const DEFAULTS: Readonly<Record<string, JsonObject>> = {
  'AWS::S3::Bucket': {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { BucketKeyEnabled: false, ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
      ],
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  },
  'AWS::DynamoDB::Table': {
    BillingMode: 'PROVISIONED',
    DeletionProtectionEnabled: false,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
  },
  'AWS::SQS::Queue': {
    DelaySeconds: 0,
    MaximumMessageSize: 262_144,
    MessageRetentionPeriod: 345_600,
    ReceiveMessageWaitTimeSeconds: 0,
    VisibilityTimeout: 30,
    SqsManagedSseEnabled: true,
  },
  'AWS::Lambda::Function': {
    MemorySize: 128,
    Timeout: 3,
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    TracingConfig: { Mode: 'PassThrough' },
    RuntimeManagementConfig: { UpdateRuntimeOn: 'Auto' },
  },
  'AWS::IAM::Role': { Path: '/', MaxSessionDuration: 3600, Description: '' },
  'AWS::IAM::InstanceProfile': { Path: '/' },
  'AWS::IAM::ManagedPolicy': { Path: '/' },
  'AWS::EC2::VPC': { InstanceTenancy: 'default', EnableDnsSupport: true, EnableDnsHostnames: false },
  'AWS::EC2::Subnet': { MapPublicIpOnLaunch: false, AssignIpv6AddressOnCreation: false, EnableDns64: false },
  'AWS::EC2::SecurityGroup': {
    SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', IpProtocol: '-1', FromPort: -1, ToPort: -1 }],
  },
  'AWS::EC2::EIP': { Domain: 'vpc' },
  'AWS::EC2::NatGateway': { ConnectivityType: 'public' },
  'AWS::KMS::Key': {
    Enabled: true,
    EnableKeyRotation: false,
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyUsage: 'ENCRYPT_DECRYPT',
  },
  'AWS::Logs::LogGroup': { LogGroupClass: 'STANDARD' },
  'AWS::SNS::Topic': { FifoTopic: false },
  'AWS::StepFunctions::StateMachine': { StateMachineType: 'STANDARD' },
  'AWS::Events::Rule': { EventBusName: 'default', State: 'ENABLED' },
  'AWS::CloudWatch::Alarm': { ActionsEnabled: true, TreatMissingData: 'missing' },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    Type: 'application',
    Scheme: 'internet-facing',
    IpAddressType: 'ipv4',
  },
  'AWS::ElasticLoadBalancingV2::TargetGroup': { HealthCheckIntervalSeconds: 30, UnhealthyThresholdCount: 2 },
  'AWS::ECS::Service': { DeploymentController: { Type: 'ECS' }, SchedulingStrategy: 'REPLICA' },
  'AWS::Kinesis::Stream': { RetentionPeriodHours: 24 },
};

/** Only under this condition does a default apply. */
const UNLESS: Readonly<Record<string, readonly string[]>> = {
  // A default rule stands only where no owner's choice was made.
  OwnershipControls: ['AccessControl'],
  SqsManagedSseEnabled: ['KmsMasterKeyId'],
};

/** Fills what is absent and in the schema (`known`); never changes what was given. */
export function fillDefaults(typeName: string, model: JsonObject, known: (property: string) => boolean): void {
  const defaults = DEFAULTS[typeName];
  if (!defaults) return;
  for (const [key, value] of Object.entries(defaults)) {
    if (known(key) && !Object.hasOwn(model, key) && !UNLESS[key]?.some((other) => Object.hasOwn(model, other))) {
      model[key] = structuredClone(value) as Json;
    }
  }
  if (typeName === 'AWS::DynamoDB::Table' && !isObject(model['ProvisionedThroughput'])) {
    model['ProvisionedThroughput'] = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 };
  }
}
