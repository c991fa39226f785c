// A run over a cloud that never ends an operation can be cancelled, and says what is unclear.
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

/** A deployment whose first resource is stuck in the cloud, and the cloud. */
async function stuck(space: Workspace) {
  const rules = [{ match: { operation: 'create', type: 'AWS::SQS::Queue' }, fault: { kind: 'stuck' } }];
  const faults = ['--faults', space.file('f.json', { rules })];
  const server = space.start(['sandbox', '--format', 'json', '--speed', '1000', ...faults]);
  await server.says(/"url"/);
  Object.assign(space.env, {
    AWS_ENDPOINT_URL: JSON.parse(server.stdout()).url,
    AWS_ACCESS_KEY_ID: '123456789012',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_REGION: 'us-east-1',
  });
  const template = {
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue' },
      Later: { Type: 'AWS::SNS::Topic', DependsOn: 'Queue' },
    },
  };
  const file = space.file('t.json', template);
  const run = space.start(['deploy', file, '--cloud', 'aws', '--stack', 'web', '--yes', '--format', 'json']);
  await run.says(/Queue \(AWS::SQS::Queue\) creating/);
  const [{ runId }] = (await space.json('status')).document.runs;
  return { server, run, runId };
}

test('a run that nobody works on any more is ended by cancel, and what is unclear is named', TIMEOUT, async () => {
  using space = new Workspace();
  const { server, run, runId } = await stuck(space);
  run.child.kill('SIGKILL');
  await run.ended;
  const { code, document } = await space.json('cancel', runId, '--now', '--cloud', 'aws');
  expect({ code, document }).toMatchObject({
    code: 0,
    document: {
      kind: 'cancel',
      status: 'cancelled',
      requested: false,
      resources: [
        { logicalId: 'Later', status: 'cancelled' },
        { logicalId: 'Queue', errorCode: 'operation_cancelled' },
      ],
    },
  });
  expect((await space.json('status')).document.runs[0]).toMatchObject({ runId, status: 'cancelled' });
  expect((await space.json('cancel', runId)).document).toMatchObject({ status: 'cancelled', requested: false });
  server.child.kill('SIGTERM');
  await server.ended;
});

test('cancel --now cancels what is stuck in the cloud, and the run ends as cancelled', TIMEOUT, async () => {
  using space = new Workspace();
  const { server, run, runId } = await stuck(space);

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
