// The way back to what is recorded (decision 0026), for programs and for callers of the service: the same plan and the same
// run as `drift --reconcile`. What drifts is changed in the sandbox behind Assent's back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { embeddedService } from '../../scripts/embedded-service.ts';
import { capturedEvent, handlerOf, localContext } from '../../scripts/invocation.ts';
import { Caller } from '../../src/app/service/access.ts';
import { requestRun } from '../../src/app/service/requests.ts';
import type { ApiEvent } from '../../src/edge/http/api.ts';
import { driftAnswer } from '../../src/edge/http/schemas.ts';
import { serveWith } from '../../src/edge/service/open.ts';
import { AssentError, deploy, drift } from '../../src/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import type { AnyDocument } from '../support/cli.ts';

const ACCOUNT = '111111111111';
const template = 'Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: mine}}, Q: {Type: AWS::SQS::Queue}}';
const dir = mkdtempSync(join(tmpdir(), 'assent-reconcile-'));
let opened: Awaited<ReturnType<typeof embeddedService>>;

beforeAll(async () => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('AWS_ACCESS_KEY_ID', ACCOUNT);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'sandbox');
  for (const level of ['info', 'log'] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  opened = await embeddedService({ dir });
  serveWith(Promise.resolve(opened.service));
});
afterAll(async () => {
  await opened?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Somebody else gives the topic another name. */
async function rename(url: string, Identifier: string): Promise<void> {
  const credential = `${ACCOUNT}/20260101/us-east-1/cloudcontrolapi/aws4_request`;
  const PatchDocument = JSON.stringify([{ op: 'replace', path: '/DisplayName', value: 'somebody else’s' }]);
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'CloudApiService.UpdateResource',
    },
    body: JSON.stringify({ TypeName: 'AWS::SNS::Topic', Identifier, PatchDocument }),
  });
  expect(answer.status).toBe(200);
}

async function api(
  routeKey: string,
  request: Partial<ApiEvent> = {},
): Promise<{ status: number; document: AnyDocument }> {
  const base = capturedEvent(join(import.meta.dirname, '../../events/api/post-deployments.json')) as ApiEvent;
  const { 'idempotency-key': _, ...headers } = base.headers;
  const event = { ...base, headers, body: undefined, ...request, routeKey };
  const answer = (await (await handlerOf('deploy'))(event, localContext('deploy'))) as AnyDocument;
  return { status: answer.statusCode, document: JSON.parse(answer.body) };
}
const worker = async (task: string, runId: string): Promise<AnyDocument> =>
  (await (
    await handlerOf('worker')
  )({ task, runId, start: runId }, localContext('worker', 300_000))) as AnyDocument;

const ofWeb = { pathParameters: { stack: 'web' } };

/** Asks for the drift of the stack, has it answered and reads it. */
async function compared(body?: object): Promise<AnyDocument> {
  const asked = await api('POST /stacks/{stack}/drift', {
    ...ofWeb,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(asked.status).toBe(202);
  const { id } = asked.document;
  expect(await worker('inquire', id)).toEqual({ next: 'end' });
  const query = { queryStringParameters: { inquiry: id } };
  const { status, document } = await api('GET /stacks/{stack}/drift', { ...ofWeb, ...query });
  expect(status).toBe(200);
  return driftAnswer.parse(document);
}

/** Led to its end, as the machine does. */
async function led(runId: string): Promise<AnyDocument> {
  let said = await worker('judge', runId);
  while (said['next'] === 'work') said = await worker('work', runId);
  return (await api('GET /deployments/{run}', { pathParameters: { run: runId } })).document;
}

test('by the service: planned with the drift, gone as a run, and only by the plan that was shown', async () => {
  const begun = await api('POST /deployments', { body: JSON.stringify({ stack: 'web', template }) });
  const first = await led(begun.document.runId);
  const topic = first.result.resources.find(({ logicalId }: AnyDocument) => logicalId === 'T').physicalId;
  // In sync there is no way back, asked for or not.
  expect(await compared({ reconcile: true })).toMatchObject({ inSync: true });
  expect((await compared({ reconcile: true }))['plan']).toBeUndefined();

  await rename(opened.service.environment.targetEndpoint ?? '', topic);
  expect((await compared())['plan']).toBeUndefined();
  const found = await compared({ reconcile: true });
  expect(found).toMatchObject({ inSync: false, plan: { actions: [{ logicalId: 'T', action: 'update' }] } });
  expect((await api('GET /stacks/{stack}/drift', ofWeb)).document).toMatchObject({ inSync: false });
  expect((await api('GET /stacks/{stack}/drift', ofWeb)).document.plan).toBeUndefined();

  const back = { stack: 'web', reconcile: true };
  const other = await api('POST /deployments', { body: JSON.stringify({ ...back, planDigest: '0'.repeat(64) }) });
  expect(await worker('judge', other.document.runId)).toMatchObject({
    next: 'refused',
    error: { code: 'plan_changed' },
  });
  expect((await compared()).inSync).toBe(false);

  const { digest: planDigest } = found.plan as { digest: string };
  const asked = await api('POST /deployments', { body: JSON.stringify({ ...back, planDigest, account: ACCOUNT }) });
  expect(asked).toMatchObject({ status: 202, document: { kind: 'deployment' } });
  const went = await led(asked.document.runId);
  expect(went).toMatchObject({ status: 'succeeded', planDigest, result: { verdict: null } });
  expect((await compared()).inSync).toBe(true);
  // What was deployed is remembered as it was: the same template changes nothing.
  const again = await api('POST /deployments', { body: JSON.stringify({ stack: 'web', template }) });
  expect(await led(again.document.runId)).toMatchObject({ status: 'no_changes' });
});

test('by the service: a person is asked where that is said, and what is not meant is refused', async () => {
  const { document: stacks } = await api('GET /stacks/{stack}', ofWeb);
  const topic = stacks.stacks[0].resources.find(({ logicalId }: AnyDocument) => logicalId === 'T').physicalId;
  await rename(opened.service.environment.targetEndpoint ?? '', topic);
  const asked = await api('POST /deployments', {
    body: JSON.stringify({ stack: 'web', reconcile: true, askAlways: true }),
  });
  expect(await worker('judge', asked.document.runId)).toEqual({ next: 'ask' });

  for (const body of [
    { stack: 'web', reconcile: false },
    { stack: 'web', reconcile: true, template },
    { stack: 'web', reconcile: true, parameters: { A: 'b' } },
    { stack: 'web', reconcile: true, onFailure: 'delete' },
  ]) {
    expect(await api('POST /deployments', { body: JSON.stringify(body) }), JSON.stringify(body)).toMatchObject({
      status: 400,
    });
  }
  const unknown = await api('POST /deployments', { body: JSON.stringify({ stack: 'other', reconcile: true }) });
  expect(unknown).toMatchObject({ status: 404, document: { code: 'resource_not_found' } });
  const elsewhere = { stack: 'web', reconcile: true, account: '222222222222' };
  expect((await api('POST /deployments', { body: JSON.stringify(elsewhere) })).status).toBe(404);
});

test('by the service: who may only plan does not go it', async () => {
  const rules = [{ who: ['bob'], may: ['read', 'plan'] as const, stacks: ['*'] }];
  const caller = new Caller({ rules, ownApproval: false, unattended: [], digest: '' }, 'bob');
  const { service } = opened;
  const asked = requestRun(service, service, { mode: 'deploy', stack: 'web', reconcile: true }, { caller, runId: 'r' });
  await expect(asked).rejects.toMatchObject({ code: 'not_allowed' });
});

test('by the library: planned, and gone where that is said', { timeout: 120_000 }, async () => {
  const state = join(dir, 'library');
  const sandbox = await startSandbox({ dir: join(dir, 'other-sandbox'), speed: 1_000 });
  vi.stubEnv('AWS_ENDPOINT_URL', sandbox.url);
  try {
    const place = { stack: 'lib', state, cloud: 'aws', region: 'us-east-1' } as const;
    const { resources } = await deploy({ ...place, template });
    expect(await drift({ ...place, reconcile: true, yes: true })).toEqual(await drift(place));
    await expect(drift({ ...place, yes: true })).rejects.toMatchObject({ code: 'yes_without_reconcile' });

    await rename(sandbox.url, resources.find(({ logicalId }) => logicalId === 'T')?.physicalId ?? '');
    const shown = await drift({ ...place, reconcile: true });
    expect(shown).toMatchObject({ inSync: false, plan: { actions: [{ logicalId: 'T', action: 'update' }] } });
    expect(shown.run).toBeUndefined();
    expect((await drift(place)).inSync).toBe(false);
    const went = await drift({ ...place, reconcile: true, yes: true });
    expect(went).toMatchObject({ inSync: false, run: { outcome: 'succeeded', planDigest: shown.plan?.digest } });
    expect((await drift(place)).inSync).toBe(true);
    await expect(drift({ ...place, stack: 'other', reconcile: true })).rejects.toBeInstanceOf(AssentError);
  } finally {
    vi.stubEnv('AWS_ENDPOINT_URL', undefined);
    await sandbox.close();
  }
});
