// Rules that ask the account, and rules over SSM parameters: processes, the real SDK, a sandbox of its own per folder.
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const network = (zones: string[]) => ({
  Resources: {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', Tags: [{ Key: 'Team', Value: 'data' }] } },
    Other: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16' } },
    ...Object.fromEntries(
      zones.map((zone, n) => [
        `Net${n}`,
        {
          Type: 'AWS::EC2::Subnet',
          Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: `10.0.${n}.0/24`, AvailabilityZone: zone },
        },
      ]),
    ),
  },
  Outputs: {
    Vpc: { Value: { Ref: 'Vpc' } },
    Other: { Value: { Ref: 'Other' } },
    Nets: { Value: { 'Fn::Join': [',', zones.map((_, n) => ({ Ref: `Net${n}` }))] } },
  },
});

const guarded = {
  Parameters: { Vpc: { Type: 'AWS::EC2::VPC::Id' }, Nets: { Type: 'List<AWS::EC2::Subnet::Id>' } },
  Rules: {
    InVpc: {
      Assertions: [
        {
          Assert: { 'Fn::EachMemberEquals': [{ 'Fn::ValueOf': ['Nets', 'VpcId'] }, { Ref: 'Vpc' }] },
          AssertDescription: 'All subnets are in the VPC',
        },
        { Assert: { 'Fn::EachMemberIn': [[{ Ref: 'Vpc' }], { 'Fn::RefAll': 'AWS::EC2::VPC::Id' }] } },
        {
          Assert: {
            'Fn::Contains': [{ 'Fn::ValueOfAll': ['AWS::EC2::Subnet::Id', 'AvailabilityZone'] }, 'us-east-1b'],
          },
        },
        { Assert: { 'Fn::Equals': [{ 'Fn::ValueOf': ['Vpc', 'Tags.Team'] }, 'data'] } },
      ],
    },
  },
  Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
};

test('rules over resources of the account hold, fail, and refuse what is not there', async () => {
  using space = new Workspace();
  const base = space.file('network.json', network(['us-east-1a', 'us-east-1b']));
  const deployed = await space.json(
    'deploy',
    base,
    '--stack',
    'network',
    '--yes',
    '--fail-on',
    'none',
    '--skip-experts',
  );
  expect(deployed.document).toMatchObject({ outcome: 'succeeded' });
  const { Vpc, Other, Nets } = deployed.document.outputs;
  const file = space.file('guarded.json', guarded);
  const plan = (...parameters: string[]) =>
    space.json('plan', file, '--stack', 'guarded', ...parameters.flatMap((one) => ['--parameters', one]));

  expect(await plan(`Vpc=${Vpc}`, `Nets=${Nets}`)).toMatchObject({ code: 0, document: { problems: [] } });

  const wrong = await plan(`Vpc=${Other}`, `Nets=${Nets}`);
  expect(wrong.code).toBe(2);
  expect(wrong.document.problems).toMatchObject([
    { code: 'rule_failed', help: 'All subnets are in the VPC', line: expect.any(Number) },
    { code: 'rule_failed', message: expect.stringContaining('InVpc') },
  ]);

  const absent = await plan(`Vpc=${Vpc}`, 'Nets=subnet-0a1b2c3d4e5f60718');
  expect(absent).toMatchObject({ code: 2 });
  expect(absent.document.problems[0]).toMatchObject({ code: 'unknown_resource' });
  expect(absent.document.problems[0].message).toContain('subnet-0a1b2c3d4e5f60718');
});

const cdk = (parameter: string) => ({
  Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: parameter } },
  Rules: {
    CheckBootstrapVersion: {
      Assertions: [
        {
          Assert: { 'Fn::Not': [{ 'Fn::Contains': [['1', '2', '3'], { Ref: 'BootstrapVersion' }] }] },
          AssertDescription: 'run cdk bootstrap',
        },
      ],
    },
  },
  Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
});

test('the bootstrap version of a CDK template is checked where there is one', async () => {
  using space = new Workspace();
  const plan = (parameter: string) => space.json('plan', space.file('cdk.json', cdk(parameter)), '--stack', 'app');
  expect(await plan('/cdk-bootstrap/hnb659fds/version')).toMatchObject({ code: 0, document: { problems: [] } });

  const none = await plan('/cdk-bootstrap/other/version');
  expect(none.code).toBe(0);
  expect(none.document.problems).toMatchObject([{ code: 'rule_not_checked', path: expect.stringContaining('Rules/') }]);

  const old = {
    Resources: { P: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/old', Type: 'String', Value: '2' } } },
  };
  const base = space.file('old.json', old);
  expect((await space.json('deploy', base, '--stack', 'old', '--yes')).code).toBe(0);
  const refused = await plan('/old');
  expect(refused.code).toBe(2);
  expect(refused.document.problems).toMatchObject([{ code: 'rule_failed', help: 'run cdk bootstrap' }]);
});
