// A resource that was deleted behind a stack's back and that another stack has made anew under the same name is the other
// stack's: the first neither changes nor deletes it, and says so.
import { CloudControlClient, DeleteResourceCommand } from '@aws-sdk/client-cloudcontrol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnyDocument, type Started, Workspace } from '../support/cli.ts';
import { config } from '../support/sandbox.ts';

const ACCOUNT = '123456789012';
const TEMPLATE = {
  Resources: {
    Orders: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'orders',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      },
    },
    Topic: { Type: 'AWS::SNS::Topic' },
  },
};

let space: Workspace;
let server: Started;
let url: string;

beforeAll(async () => {
  space = new Workspace();
  server = space.start(['sandbox', '--speed', '1000', '--format', 'json']);
  await server.says(/"url"/);
  ({ url } = JSON.parse(server.stdout()));
  const keys = { AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
  Object.assign(space.env, { AWS_ENDPOINT_URL: url, ...keys });
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  space[Symbol.dispose]();
});

const at = (stack: string) => ['--stack', stack, '--cloud', 'aws'];
const deploy = (stack: string, template: object = TEMPLATE) =>
  space.json('deploy', space.file('t.json', template), ...at(stack), '--yes', '--skip-experts');
const destroy = (stack: string) => space.json('destroy', ...at(stack), '--yes', '--allow-data-loss', 'all');
const tables = async (): Promise<AnyDocument[]> => {
  const { resources } = (await (await fetch(`${url}/_sandbox/resources`)).json()) as AnyDocument;
  return resources.filter(({ type }: AnyDocument) => type === 'AWS::DynamoDB::Table');
};

test('a table that another stack has made anew is left to it', { timeout: 240_000 }, async () => {
  expect(await deploy('first')).toMatchObject({ code: 0 });
  const client = new CloudControlClient(config(url, 'us-east-1', ACCOUNT));
  await client.send(new DeleteResourceCommand({ TypeName: 'AWS::DynamoDB::Table', Identifier: 'orders' }));
  client.destroy();
  await expect.poll(tables).toEqual([]);
  expect(await deploy('second')).toMatchObject({ code: 0 });

  const drift = await space.json('drift', ...at('first'));
  const [orders] = drift.document.resources;
  expect({ code: drift.code, orders }).toMatchObject({
    code: 1,
    orders: {
      logicalId: 'Orders',
      status: 'modified',
      differences: [{ path: 'Tags', recorded: { 'assent:stack': 'first' }, live: { 'assent:stack': 'second' } }],
    },
  });
  for (const command of [
    ['plan', space.file('t.json', TEMPLATE)],
    ['drift', '--reconcile', '--yes'],
  ]) {
    const { code, document } = await space.json(...command, ...at('first'));
    expect(code).not.toBe(0);
    expect(JSON.stringify(document)).toContain('made_anew');
  }

  // Taken out of the template it is forgotten; so it is where the whole stack goes.
  const { Orders: _, ...rest } = TEMPLATE.Resources;
  const without = await deploy('first', { Resources: rest });
  expect(without).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect(without.document.resources).toMatchObject([
    { status: 'retained' },
    { logicalId: 'Topic', status: 'unchanged' },
  ]);
  expect(await tables()).toHaveLength(1);
  expect(await destroy('first')).toMatchObject({ code: 0 });
  expect(await space.json('drift', ...at('second'))).toMatchObject({ code: 0, document: { inSync: true } });
});

test('a whole stack goes without what is another one’s now; its own goes', { timeout: 240_000 }, async () => {
  expect(await destroy('second')).toMatchObject({ code: 0 });
  expect(await tables()).toEqual([]);
  expect(await deploy('third')).toMatchObject({ code: 0 });
  const client = new CloudControlClient(config(url, 'us-east-1', ACCOUNT));
  await client.send(new DeleteResourceCommand({ TypeName: 'AWS::DynamoDB::Table', Identifier: 'orders' }));
  client.destroy();
  await expect.poll(tables).toEqual([]);
  expect(await deploy('fourth')).toMatchObject({ code: 0 });
  const gone = await destroy('third');
  expect(gone).toMatchObject({ code: 0 });
  const statuses = gone.document.resources.map(({ logicalId, status }: AnyDocument) => [logicalId, status]);
  expect(statuses.sort()).toEqual([
    ['Orders', 'retained'],
    ['Topic', 'succeeded'],
  ]);
  expect(await tables()).toHaveLength(1);
});

test('what was imported from another stack bears its tags, and is this stack’s all the same', {
  timeout: 240_000,
}, async () => {
  const keep = { ...TEMPLATE.Resources.Orders, DeletionPolicy: 'Retain' };
  expect(await deploy('fourth', { Resources: { ...TEMPLATE.Resources, Orders: keep } })).toMatchObject({ code: 0 });
  expect(await destroy('fourth')).toMatchObject({ code: 0 });
  const { Orders } = TEMPLATE.Resources;
  const file = space.file('i.json', { Resources: { Orders } });
  const taken = await space.json(
    'deploy',
    file,
    ...at('fifth'),
    '--import',
    'Orders=orders',
    '--yes',
    '--skip-experts',
  );
  expect(taken).toMatchObject({ code: 0 });
  expect(await space.json('drift', ...at('fifth'))).toMatchObject({ code: 0, document: { inSync: true } });
  const gone = await destroy('fifth');
  expect(gone.document.resources).toMatchObject([{ logicalId: 'Orders', status: 'succeeded' }]);
  expect(await tables()).toEqual([]);
});
