// A run over a cloud that never ends an operation can be cancelled, and says what is unclear.
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

test('cancel --now cancels what is stuck in the cloud, and the run ends as cancelled', TIMEOUT, async () => {
  using space = new Workspace();
  const rules = [{ match: { operation: 'create', type: 'AWS::SQS::Queue' }, fault: { kind: 'stuck' } }];
  const server = space.start([
    'sandbox',
    '--format',
    'json',
    '--speed',
    '1000',
    '--faults',
    space.file('f.json', { rules }),
  ]);
  await server.says(/"url"/);
  const url = JSON.parse(server.stdout()).url;
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: '123456789012',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_REGION: 'us-east-1',
  };
  Object.assign(space.env, env);
  const template = {
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue' },
      Later: { Type: 'AWS::SNS::Topic', DependsOn: 'Queue' },
    },
  };
  const file = space.file('t.json', template);
  const options = ['--cloud', 'aws', '--stack', 'web'];
  const run = space.start(['deploy', file, ...options, '--yes', '--format', 'json']);
  await run.says(/Queue \(AWS::SQS::Queue\) creating/);
  const [{ runId }] = (await space.json('status')).document.runs;

  // Gently, it goes on waiting for what may still end, and says so.
  expect(await space.json('cancel', runId)).toMatchObject({ code: 0, document: { requested: true } });
  await run.says(/waiting for Queue \(AWS::SQS::Queue\), .* already/);
  expect((await space.json('status')).document.runs[0]).toMatchObject({ status: 'running' });

  expect(await space.json('cancel', runId, '--now')).toMatchObject({ code: 0, document: { requested: true } });
  const ended = await run.ended;
  expect(ended.code).toBe(130);
  const document = JSON.parse(ended.stdout);
  expect(document).toMatchObject({ outcome: 'cancelled' });
  const of = (id: string) => document.resources.find(({ logicalId }: { logicalId: string }) => logicalId === id);
  expect(of('Queue')).toMatchObject({ status: 'failed', errorCode: 'operation_cancelled' });
  expect(of('Queue').message).toContain('cancelled');
  expect(of('Later')).toMatchObject({ status: 'cancelled' });
  server.child.kill('SIGTERM');
  await server.ended;
});
