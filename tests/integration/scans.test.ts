// Scans over HTTP are kept: through the handler with its middleware, over the embedded adapters.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { handler } from '../../functions/scan/handler.ts';
import { embeddedService } from '../../scripts/embedded-service.ts';
import { localContext } from '../../scripts/invocation.ts';
import { Caller } from '../../src/app/service/access.ts';
import { requestScan, showScan } from '../../src/app/service/scans.ts';
import type { AccessPolicy } from '../../src/domain/access.ts';
import type { ApiEvent } from '../../src/edge/http/api.ts';
import { scanAnswer } from '../../src/edge/http/schemas.ts';
import { serveWith } from '../../src/edge/service/open.ts';
import type { AnyDocument } from '../support/cli.ts';

const dir = mkdtempSync(join(tmpdir(), 'assent-scans-'));
let opened: Awaited<ReturnType<typeof embeddedService>>;
const captured: ApiEvent = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../events/api/post-scans.json'), 'utf8'),
);

beforeAll(async () => {
  vi.spyOn(console, 'info').mockImplementation(() => undefined);
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  opened = await embeddedService({ dir });
  serveWith(Promise.resolve(opened.service));
});
afterAll(async () => {
  await opened?.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Answered {
  status: number | undefined;
  location: string;
  document: AnyDocument;
}

async function call(change: Partial<ApiEvent>): Promise<Answered> {
  const { statusCode, headers, body } = await handler({ ...captured, ...change }, localContext('scan'));
  return { status: statusCode, location: String(headers?.['location'] ?? ''), document: JSON.parse(body ?? '') };
}
const post = (body: object) => call({ body: JSON.stringify(body) });
const get = (id: string) => call({ routeKey: 'GET /scans/{id}', pathParameters: { id } });

/** Everything that the store has in a file. */
const stored = (): string => readFileSync(join(dir, 'assent.db'), 'latin1') + wal();
const wal = (): string => readFileSync(join(dir, 'assent.db-wal'), 'latin1');

test('what a scan found can be read where `Location` says', async () => {
  const asked = await post({
    template: 'Resources: {A: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}}',
  });
  expect(asked).toMatchObject({ status: 200, location: expect.stringMatching(/^\/scans\/[\w-]{20,}$/) });
  expect(asked.document.findings.length).toBeGreaterThan(0);
  const again = await get(asked.location.split('/')[2] ?? '');
  expect(again).toMatchObject({ status: 200 });
  expect(scanAnswer.parse(again.document)).toEqual(asked.document);
  expect(await get('nope')).toMatchObject({ status: 404, document: { code: 'resource_not_found' } });
});

test('what is no template is refused, and nothing is kept of it', async () => {
  expect(await post({ template: 'canary-0815' })).toMatchObject({ status: 422, location: '' });
  expect(stored()).not.toContain('canary-0815');
});

test('no secret, no parameter and no template is kept', async () => {
  const template = `
Parameters:
  Hidden: {Type: String, NoEcho: true, Default: canary-4710}
  Password: {Type: String}
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {MasterUsername: admin, MasterUserPassword: !Ref Hidden, PubliclyAccessible: true}
  Other:
    Type: AWS::RDS::DBInstance
    Properties: {MasterUsername: admin, MasterUserPassword: canary-4711, DBName: !Ref Password}
  Key:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Ref Password, Description: ghp_canary47125w6EXAMPLEEXAMPLEEXAMPLE12}
`;
  const asked = await post({ template, parameters: { Hidden: 'canary-4713', Password: 'canary-4714' } });
  expect(asked.status).toBe(200);
  expect(asked.document.findings.map(({ ruleId }: AnyDocument) => ruleId)).toContain('database-plain-password');
  const kept = await get(asked.location.split('/')[2] ?? '');
  expect(kept.document).toEqual(asked.document);
  expect(stored()).not.toMatch(/canary/);
});

test('who may read the stack may read the scan; one of no stack is for who asked, and who may read all', async () => {
  const policy: AccessPolicy = {
    rules: [
      { who: ['bob'], may: ['read'], stacks: ['web*'] },
      { who: ['eve'], may: ['read'], stacks: ['eves-*'] },
      { who: ['ann'], may: ['read'], stacks: ['*'] },
    ],
    ownApproval: false,
    unattended: [],
    digest: '',
  };
  const [bob, eve, ann, nobody] = ['bob', 'eve', 'ann', 'nobody'].map((by) => new Caller(policy, by)) as [
    Caller,
    Caller,
    Caller,
    Caller,
  ];
  const { service } = opened;
  const sources = [{ text: 'Resources: {Q: {Type: AWS::SQS::Queue}}', name: 'template', named: true }];
  const ask = (caller: Caller, id: string, stack?: string) => requestScan(service, { sources }, { caller, id, stack });
  const notAllowed = { code: 'not_allowed' };
  await expect(ask(eve, 'a', 'web-app')).rejects.toMatchObject(notAllowed);
  await expect(ask(nobody, 'a')).rejects.toMatchObject(notAllowed);
  expect(await service.scans.head('a')).toBeUndefined();

  await ask(ann, 'of-web', 'web-app');
  await ask(bob, 'of-none');
  for (const caller of [bob, ann]) {
    expect(await showScan(service, 'of-web', caller)).toMatchObject({ kind: 'scan' });
    expect(await showScan(service, 'of-none', caller)).toMatchObject({ kind: 'scan' });
  }
  for (const id of ['of-web', 'of-none']) await expect(showScan(service, id, eve)).rejects.toMatchObject(notAllowed);
  await expect(showScan(service, 'of-web', nobody)).rejects.toMatchObject(notAllowed);
  await expect(showScan(service, 'unknown', bob)).rejects.toMatchObject({ code: 'resource_not_found' });
});
