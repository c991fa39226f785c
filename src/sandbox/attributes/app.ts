// Recipes for identity, functions, APIs, events, workflows and observability.

import { isoDate, type Making, nextNumber, type Recipes, tail, text, write } from './recipe.ts';

/** An ARN whose last part is the path and name of an IAM entity. */
const iam = (kind: string, property: string) => (making: Making) =>
  write(`arn:{p}:iam::{a}:${kind}${text(making, 'Path') || '/'}{${property}}`, making, 'arn');

/** The name of the function that a name, ARN or partial ARN means. */
const functionName = (value: string): string => /(?:^|function:)([\w-]+)(?::[\w$-]+)?$/.exec(value)?.[1] ?? value;

const functionArn = (making: Making, property: string, qualifier: string): string =>
  write(`arn:{p}:lambda:{r}:{a}:function:${functionName(text(making, property))}${qualifier}`, making, 'arn');

export const app: Recipes = {
  'AWS::IAM::Role': { RoleName: '{name}', RoleId: '{upper:21:AROA}', Arn: iam('role', 'RoleName') },
  'AWS::IAM::User': { UserName: '{name}', Arn: iam('user', 'UserName') },
  'AWS::IAM::Group': { GroupName: '{name}', Arn: iam('group', 'GroupName') },
  'AWS::IAM::InstanceProfile': { InstanceProfileName: '{name}', Arn: iam('instance-profile', 'InstanceProfileName') },
  'AWS::IAM::Policy': { Id: '{name}' },
  'AWS::IAM::ManagedPolicy': {
    ManagedPolicyName: '{name}',
    PolicyArn: iam('policy', 'ManagedPolicyName'),
    PolicyId: '{upper:21:ANPA}',
    AttachmentCount: () => 0,
    PermissionsBoundaryUsageCount: () => 0,
    IsAttachable: () => true,
    DefaultVersionId: () => 'v1',
    CreateDate: isoDate,
    UpdateDate: isoDate,
  },
  'AWS::IAM::AccessKey': { Id: '{upper:20:AKIA}', SecretAccessKey: '{mixed:40}' },
  'AWS::Lambda::Function': { FunctionName: '{name}', Arn: 'arn:{p}:lambda:{r}:{a}:function:{FunctionName}' },
  'AWS::Lambda::Version': {
    FunctionArn: (making) => {
      const arn = (version: number) => functionArn(making, 'FunctionName', `:${version}`);
      return arn(nextNumber(making, arn));
    },
    Version: (making) => tail(text(making, 'FunctionArn')),
  },
  'AWS::Lambda::Alias': { AliasArn: (making) => functionArn(making, 'FunctionName', `:${text(making, 'Name')}`) },
  'AWS::Lambda::Permission': { Id: '{name}' },
  'AWS::Lambda::Url': {
    FunctionArn: (making) => functionArn(making, 'TargetFunctionArn', ''),
    FunctionUrl: 'https://{lower:32}.lambda-url.{r}.on.aws/',
  },
  'AWS::Lambda::EventSourceMapping': {
    Id: '{uuid}',
    EventSourceMappingArn: 'arn:{p}:lambda:{r}:{a}:event-source-mapping:{Id}',
  },
  'AWS::Lambda::LayerVersion': {
    LayerName: '{name}',
    LayerVersionArn: (making) => {
      const arn = (version: number) => write(`arn:{p}:lambda:{r}:{a}:layer:{LayerName}:${version}`, making, 'arn');
      return arn(nextNumber(making, arn));
    },
  },
  'AWS::ApiGateway::RestApi': { RestApiId: '{lower:10}', RootResourceId: '{lower:10}' },
  'AWS::ApiGateway::Resource': { ResourceId: '{lower:10}' },
  'AWS::ApiGateway::Deployment': { DeploymentId: '{lower:10}' },
  'AWS::ApiGateway::Authorizer': { AuthorizerId: '{lower:10}' },
  'AWS::ApiGateway::Model': { Name: '{name}' },
  'AWS::ApiGateway::ApiKey': { APIKeyId: '{lower:10}' },
  'AWS::ApiGateway::UsagePlan': { Id: '{lower:10}' },
  'AWS::ApiGateway::RequestValidator': { RequestValidatorId: '{lower:10}' },
  'AWS::ApiGateway::Account': { Id: '{a}' },
  'AWS::ApiGatewayV2::Api': {
    ApiId: '{lower:10}',
    ApiEndpoint: (making) =>
      write(
        `${making.model['ProtocolType'] === 'WEBSOCKET' ? 'wss' : 'https'}://{ApiId}.execute-api.{r}.amazonaws.com`,
        making,
        'url',
      ),
    ExecuteApiArn: 'arn:{p}:execute-api:{r}:{a}:{ApiId}',
  },
  'AWS::ApiGatewayV2::Integration': { IntegrationId: '{lower:10}' },
  'AWS::ApiGatewayV2::Route': { RouteId: '{lower:10}' },
  'AWS::ApiGatewayV2::Deployment': { DeploymentId: '{lower:10}' },
  'AWS::ApiGatewayV2::Authorizer': { AuthorizerId: '{lower:10}' },
  'AWS::Cognito::UserPool': {
    UserPoolName: '{name}',
    UserPoolId: '{r}_{mixed:9}',
    Arn: 'arn:{p}:cognito-idp:{r}:{a}:userpool/{UserPoolId}',
    ProviderName: 'cognito-idp.{r}.amazonaws.com/{UserPoolId}',
    ProviderURL: 'https://{ProviderName}',
  },
  'AWS::Cognito::UserPoolClient': {
    ClientId: '{lower:26}',
    ClientName: '{name}',
    Name: '{ClientName}',
    ClientSecret: (making) =>
      making.model['GenerateSecret'] === true ? write('{lower:51}', making, 'secret') : undefined,
  },
  'AWS::Cognito::UserPoolDomain': { CloudFrontDistribution: '{lower:14:d}.cloudfront.net' },
  'AWS::Cognito::IdentityPool': { IdentityPoolName: '{name}', Id: '{r}:{uuid}', Name: '{IdentityPoolName}' },
  'AWS::Events::Rule': {
    Name: '{name}',
    RuleName: '{Name}',
    Arn: (making) => {
      const bus = tail(text(making, 'EventBusName'));
      return write(`arn:{p}:events:{r}:{a}:rule/${bus && bus !== 'default' ? `${bus}/` : ''}{Name}`, making, 'arn');
    },
  },
  'AWS::Events::EventBus': { Arn: 'arn:{p}:events:{r}:{a}:event-bus/{Name}' },
  'AWS::Scheduler::Schedule': {
    Name: '{name}',
    Arn: (making) =>
      write(`arn:{p}:scheduler:{r}:{a}:schedule/${text(making, 'GroupName') || 'default'}/{Name}`, making, 'arn'),
  },
  'AWS::StepFunctions::StateMachine': {
    StateMachineName: '{name}',
    Name: '{StateMachineName}',
    Arn: 'arn:{p}:states:{r}:{a}:stateMachine:{StateMachineName}',
    StateMachineRevisionId: '{uuid}',
  },
  'AWS::StepFunctions::Activity': { Arn: 'arn:{p}:states:{r}:{a}:activity:{Name}' },
  'AWS::Logs::LogGroup': { LogGroupName: '{name}', Arn: 'arn:{p}:logs:{r}:{a}:log-group:{LogGroupName}:*' },
  'AWS::Logs::LogStream': { LogStreamName: '{name}' },
  'AWS::Logs::QueryDefinition': { QueryDefinitionId: '{uuid}' },
  'AWS::Logs::MetricFilter': { FilterName: '{name}' },
  'AWS::Logs::SubscriptionFilter': { FilterName: '{name}' },
  'AWS::CloudWatch::Alarm': { AlarmName: '{name}', Arn: 'arn:{p}:cloudwatch:{r}:{a}:alarm:{AlarmName}' },
  'AWS::CloudWatch::Dashboard': { DashboardName: '{name}' },
  'AWS::CloudTrail::Trail': { TrailName: '{name}', Arn: 'arn:{p}:cloudtrail:{r}:{a}:trail/{TrailName}' },
  'AWS::ApplicationAutoScaling::ScalableTarget': { Id: '{ResourceId}|{ScalableDimension}|{ServiceNamespace}' },
  'AWS::ApplicationAutoScaling::ScalingPolicy': {
    Arn: 'arn:{p}:autoscaling:{r}:{a}:scalingPolicy:{uuid}:resource/{ServiceNamespace}/{ResourceId}:policyName/{PolicyName}',
  },
  'AWS::CodePipeline::Pipeline': {
    Name: '{name}',
    Version: () => '1',
    Arn: 'arn:{p}:codepipeline:{r}:{a}:{Name}',
  },
  'AWS::CodeCommit::Repository': {
    RepositoryId: '{uuid}',
    Name: '{RepositoryName}',
    Arn: 'arn:{p}:codecommit:{r}:{a}:{RepositoryName}',
    CloneUrlHttp: 'https://git-codecommit.{r}.amazonaws.com/v1/repos/{RepositoryName}',
    CloneUrlSsh: 'ssh://git-codecommit.{r}.amazonaws.com/v1/repos/{RepositoryName}',
  },
  'AWS::IoT::Policy': { PolicyName: '{name}', Id: '{PolicyName}', Arn: 'arn:{p}:iot:{r}:{a}:policy/{PolicyName}' },
  'AWS::IoT::Thing': { ThingName: '{name}', Id: '{uuid}', Arn: 'arn:{p}:iot:{r}:{a}:thing/{ThingName}' },
  'AWS::IoT::TopicRule': { RuleName: '{name}', Arn: 'arn:{p}:iot:{r}:{a}:rule/{RuleName}' },
  'AWS::AppRunner::Service': {
    ServiceName: '{name}',
    ServiceId: '{hex:32}',
    ServiceArn: 'arn:{p}:apprunner:{r}:{a}:service/{ServiceName}/{ServiceId}',
    ServiceUrl: '{lower:10}.{r}.awsapprunner.com',
    Status: () => 'RUNNING',
  },
};
