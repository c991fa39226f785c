// Names that the plan gives where the template gives none: as CloudFormation makes them, kept as long as what has them.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const stack = (more: object = {}) => ({
  Resources: {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] }, ...more },
    },
    Logs: { Type: 'AWS::Logs::LogGroup' },
    Files: { Type: 'AWS::S3::Bucket' },
    Topic: { Type: 'AWS::SNS::Topic' },
    Jobs: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
    Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'of the names' } },
    Access: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { PolicyDocument: { Version: '2012-10-17', Statement: [] }, Roles: [{ Ref: 'Role' }] },
    },
    Uses: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: { 'Fn::GetAtt': ['Jobs', 'Arn'] } } },
    Chosen: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'chosen' } },
  },
});
const given = ['--stack', 'shop', '--skip-experts', '--fail-on', 'none', '--yes', '--allow-data-loss', 'all'];
const deploy = (template: object) => space.json('deploy', space.file('t.json', template), ...given);
const destroy = () => space.json('destroy', '--stack', 'shop', '--yes', '--allow-data-loss', 'all');
const idsOf = (document: AnyDocument): Record<string, string> =>
  Object.fromEntries(document.resources.map((one: AnyDocument) => [one.logicalId, one.physicalId]));

test('a name is known at plan, kept, and another one for what is made again', TIMEOUT, async () => {
  const planned = await space.json('plan', space.file('t.json', stack()), '--stack', 'shop');
  const action = planned.document.actions.find((one: AnyDocument) => one.logicalId === 'Role');
  const name = action.changes.find((one: AnyDocument) => one.path === 'RoleName').after;
  expect(name).toMatch(/^shop-Role-[A-Z0-9]{12}$/);
  const again = await space.json('plan', space.file('t.json', stack()), '--stack', 'shop');
  expect(again.document.digest).toBe(planned.document.digest);

  const first = await deploy(stack());
  expect(first).toMatchObject({ code: 0, document: { planDigest: planned.document.digest } });
  const ids = idsOf(first.document);
  expect(ids).toMatchObject({ Role: name, Chosen: 'chosen' });
  expect(ids['Logs']).toMatch(/^shop-Logs-[A-Z0-9]{12}$/);
  expect(ids['Files']).toMatch(/^shop-files-[a-z0-9]{12}$/);
  // What a service identifies by an ARN, a URL or a number is named as well.
  expect(ids['Topic']).toMatch(/:shop-Topic-[A-Z0-9]{12}$/);
  expect(ids['Jobs']).toMatch(/\/shop-Jobs-[A-Z0-9]{12}\.fifo$/);
  expect(ids['Access']).toMatch(/:policy\/shop-Access-[A-Z0-9]{12}$/);
  expect(ids['Group']).toMatch(/^sg-[0-9a-f]+$/);
  const group = planned.document.actions.find((one: AnyDocument) => one.logicalId === 'Group');
  expect(group.changes.find((one: AnyDocument) => one.path === 'GroupName').after).toMatch(/^shop-Group-[A-Z0-9]{12}$/);

  // Runs come and go; what exists keeps its name.
  expect(await deploy(stack())).toMatchObject({ code: 0, document: { outcome: 'no_changes' } });
  const updated = await deploy(stack({ MaxSessionDuration: 7200 }));
  expect(updated).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect(idsOf(updated.document)['Role']).toBe(name);
  expect((await space.json('drift', '--stack', 'shop')).document).toMatchObject({ inSync: true });

  // What can only be set at creation: another role beside the old one, which goes afterwards.
  const replaced = await deploy(stack({ Path: '/other/' }));
  expect(replaced).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  const other = idsOf(replaced.document)['Role'];
  expect(other).toMatch(/^shop-Role-[A-Z0-9]{12}$/);
  expect(other).not.toBe(name);

  // The same stack after its end is another one.
  expect(await destroy()).toMatchObject({ code: 0 });
  const anew = idsOf((await deploy(stack())).document);
  expect(anew['Role']).toMatch(/^shop-Role-/);
  expect([name, other]).not.toContain(anew['Role']);
  for (const id of ['Files', 'Topic', 'Jobs', 'Access', 'Group']) expect(anew[id], id).not.toBe(ids[id]);
});
