// Twelve stacks of everyday kinds, on a sandbox that does what real accounts do: what was just deployed has not drifted, plans
// as unchanged, and goes without a trace. `npm run soak -- drift` does the same with a folder of templates.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnyDocument, type Started, Workspace } from '../support/cli.ts';

const example = (name: string) => join(import.meta.dirname, '../../examples', name);

const assumedBy = (service: string) => `
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: ${service}}, Action: 'sts:AssumeRole'}]`;

const STACKS: Record<string, string> = {
  'a function behind an HTTP API': `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:${assumedBy('lambda.amazonaws.com')}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/aws/lambda/\${Function}', RetentionInDays: 14}}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: nodejs22.x
      Role: !GetAtt Role.Arn
      Code: {ZipFile: 'exports.handler = async () => 1'}
      Environment: {Variables: {STAGE: test}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: web, ProtocolType: HTTP}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Function.Arn, PayloadFormatVersion: '2.0'}
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /, Target: !Sub 'integrations/\${Integration}'}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {Action: 'lambda:InvokeFunction', FunctionName: !Ref Function, Principal: apigateway.amazonaws.com}`,

  'buckets with rules, policies and encryption': `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::\${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}
          - {Effect: Allow, Principal: {Service: [s3.amazonaws.com]}, Action: ['kms:Decrypt'], Resource: ['*']}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/files, TargetKeyId: !Ref Key}}
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration: {Rules: [{Id: old, Status: Enabled, ExpirationInDays: 30}]}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerPreferred}]}
  Files:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      LoggingConfiguration: {DestinationBucketName: !Ref Logs, LogFilePrefix: s3/}
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn}}]
      Tags: [{Key: team, Value: files}, {Key: cost, Value: '4711'}]
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Deny
            Principal: '*'
            Action: ['s3:*']
            Resource: [!GetAtt Files.Arn, !Sub '\${Files.Arn}/*']
            Condition: {Bool: {'aws:SecureTransport': 'false'}}`,

  'topics that feed queues': `
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: orders, Tags: [{Key: b, Value: '2'}, {Key: a, Value: '1'}]}}
  Dead: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 90
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, ContentBasedDeduplication: true}}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: ['sqs:SendMessage']
            Resource: [!GetAtt Queue.Arn]
            Condition: {ArnEquals: {'aws:SourceArn': !Ref Topic}}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: sqs
      Endpoint: !GetAtt Queue.Arn
      FilterPolicy: {kind: [new, changed]}
      RawMessageDelivery: true`,

  'a table that scales': `
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: sk, AttributeType: S}, {AttributeName: pk, AttributeType: S}, {AttributeName: at, AttributeType: N}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 5}
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      TimeToLiveSpecification: {AttributeName: until, Enabled: true}
      GlobalSecondaryIndexes:
        - IndexName: by-time
          KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
          Projection: {ProjectionType: ALL}
          ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 5}
  Role:
    Type: AWS::IAM::Role
    Properties:${assumedBy('application-autoscaling.amazonaws.com')}
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      MaxCapacity: 50
      MinCapacity: 5
      ResourceId: !Sub table/\${Table}
      RoleARN: !GetAtt Role.Arn
      ScalableDimension: dynamodb:table:ReadCapacityUnits
      ServiceNamespace: dynamodb
  Policy:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: reads
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 70
        PredefinedMetricSpecification: {PredefinedMetricType: DynamoDBReadCapacityUtilization}`,

  'a network of both protocols': `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true, EnableDnsSupport: true}}
  Six: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}
  Public:
    Type: AWS::EC2::Subnet
    DependsOn: Six
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.0.0/24
      Ipv6CidrBlock: !Select [0, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 4, 64]]
      AvailabilityZone: !Select [0, !GetAZs '']
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attached: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Out: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}
  Used: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: !Ref Routes, SubnetId: !Ref Public}}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref Vpc
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8, Description: inside}
        - {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8}
  Itself:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Group, IpProtocol: '-1', SourceSecurityGroupId: !Ref Group}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: !Sub 'com.amazonaws.\${AWS::Region}.s3', RouteTableIds: [!Ref Routes]}}`,

  'containers behind a load balancer': `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.1.0.0/24, AvailabilityZone: !Select [0, !GetAZs '']}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.1.1.0/24, AvailabilityZone: !Select [1, !GetAZs '']}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: balancer, VpcId: !Ref Vpc}}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Scheme: internal, Subnets: [!Ref B, !Ref A], SecurityGroups: [!Ref Group]}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Port: 80, Protocol: HTTP, TargetType: ip, HealthCheckPath: /health}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterSettings: [{Name: containerInsights, Value: enabled}]}}
  Role:
    Type: AWS::IAM::Role
    Properties:${assumedBy('ecs-tasks.amazonaws.com')}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ExecutionRoleArn: !GetAtt Role.Arn
      ContainerDefinitions:
        - Name: web
          Image: nginx
          PortMappings: [{ContainerPort: 80}]
          Environment: [{Name: B, Value: '2'}, {Name: A, Value: '1'}]
  Service:
    Type: AWS::ECS::Service
    DependsOn: Listener
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 2
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref A, !Ref B], SecurityGroups: [!Ref Group]}}
      LoadBalancers: [{ContainerName: web, ContainerPort: 80, TargetGroupArn: !Ref Targets}]`,

  'a database with its secret': `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.2.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.2.0.0/24, AvailabilityZone: !Select [0, !GetAZs '']}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.2.1.0/24, AvailabilityZone: !Select [1, !GetAZs '']}}
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString: {SecretStringTemplate: '{"username": "app"}', GenerateStringKey: password, ExcludeCharacters: '"@/'}
  Subnets: {Type: AWS::RDS::DBSubnetGroup, Properties: {DBSubnetGroupDescription: both, SubnetIds: [!Ref A, !Ref B]}}
  Options: {Type: AWS::RDS::DBParameterGroup, Properties: {Description: own, Family: postgres16, Parameters: {log_min_duration_statement: '500'}}}
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Delete
    Properties:
      Engine: postgres
      EngineVersion: '16.4'
      DBInstanceClass: db.t4g.micro
      AllocatedStorage: '20'
      StorageEncrypted: true
      DBSubnetGroupName: !Ref Subnets
      DBParameterGroupName: !Ref Options
      MasterUsername: !Sub '{{resolve:secretsmanager:\${Secret}:SecretString:username}}'
      MasterUserPassword: !Sub '{{resolve:secretsmanager:\${Secret}:SecretString:password}}'
  Host: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Database.Endpoint.Address}}`,

  'events that start workflows': `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:${assumedBy('[states.amazonaws.com, events.amazonaws.com, scheduler.amazonaws.com]')}
      Policies:
        - PolicyName: start
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'states:StartExecution', Resource: '*'}]}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      DefinitionString: '{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}'
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders}}
  Others:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: others
      Statement: {Effect: Allow, Principal: {AWS: ['210987654321']}, Action: ['events:PutEvents'], Resource: !GetAtt Bus.Arn}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [shop], detail-type: [order, return]}
      Targets: [{Id: machine, Arn: !Ref Machine, RoleArn: !GetAtt Role.Arn}]
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target: {Arn: !Ref Machine, RoleArn: !GetAtt Role.Arn}`,

  'people and what they may do': `
Resources:
  Readers:
    Type: AWS::IAM::Group
    Properties: {ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']}
  Ann: {Type: AWS::IAM::User, Properties: {Groups: [!Ref Readers], Tags: [{Key: team, Value: a}]}}
  Rights:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Groups: [!Ref Readers]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::one/*', 'arn:aws:s3:::two/*']}
          - {Effect: Deny, Action: ['s3:DeleteObject', 's3:PutObject'], Resource: '*'}
  Role:
    Type: AWS::IAM::Role
    Properties:${assumedBy('ec2.amazonaws.com')}
  Inline:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: inline
      Roles: [!Ref Role]
      PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Action: 'sqs:*', Resource: '*'}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: people, AutoVerifiedAttributes: [email]}}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, ExplicitAuthFlows: [ALLOW_USER_SRP_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: too many sign in
      Namespace: AWS/Cognito
      MetricName: SignInSuccesses
      Dimensions: [{Name: UserPoolClient, Value: !Ref Client}, {Name: UserPool, Value: !Ref Pool}]
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Period: 300
      Statistic: Sum
      Threshold: 1000`,
};

const cases: [string, (space: Workspace) => string][] = [
  ...['web-app.yaml', 'network.yaml', 'target-role.yaml'].map((name): [string, () => string] => [
    `examples/${name}`,
    () => example(name),
  ]),
  ...Object.entries(STACKS).map(([name, text]): [string, (space: Workspace) => string] => [
    name,
    (space) => space.file(`${name.replaceAll(' ', '-')}.yaml`, text),
  ]),
];

let space: Workspace;
let server: Started;
let url: string;

beforeAll(async () => {
  space = new Workspace();
  server = space.start(['sandbox', '--speed', '1000', '--real', 'all', '--format', 'json']);
  await server.says(/"url"/);
  ({ url } = JSON.parse(server.stdout()));
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  space[Symbol.dispose]();
});

test.concurrent.each(cases)('%s', { timeout: 240_000 }, async (name, template) => {
  // An account of its own, so that they are all at work at the same time.
  const account = String(200_000_000_000 + cases.findIndex(([one]) => one === name));
  const stack = ['--stack', 'everyday', '--cloud', 'aws', '--state', account];
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_REGION: 'us-east-1',
  };
  const run = async (...args: string[]): Promise<{ code: number | null; document: AnyDocument }> => {
    const { code, stdout, stderr } = await space.start([...args, ...stack, '--format', 'json'], { env }).ended;
    return { code, document: stdout === '' ? stderr : JSON.parse(stdout) };
  };
  const problems = ({ resources = [], ...rest }: AnyDocument) =>
    resources.length > 0 ? resources.filter(({ errorCode }: AnyDocument) => errorCode !== undefined) : rest;
  const file = template(space);

  const deployed = await run('deploy', file, '--yes', '--fail-on', 'none', '--skip-experts');
  expect({ code: deployed.code, problems: problems(deployed.document) }).toEqual({ code: 0, problems: [] });
  const drift = await run('drift');
  expect(drift).toMatchObject({ code: 0, document: { inSync: true } });
  const plan = await run('plan', file);
  expect(plan.document.actions.filter(({ action }: AnyDocument) => action !== 'noop')).toEqual([]);
  const destroyed = await run('destroy', '--yes', '--allow-data-loss', 'all');
  expect({ code: destroyed.code, problems: problems(destroyed.document) }).toEqual({ code: 0, problems: [] });
  const { resources } = (await (await fetch(`${url}/_sandbox/resources`)).json()) as AnyDocument;
  expect(resources.filter(({ home }: AnyDocument) => home.startsWith(account))).toEqual([]);
});
