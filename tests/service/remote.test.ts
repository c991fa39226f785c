// `assent --service`: the command line as a process, sent to the installed service. What it prints and how it exits is what
// it would be without.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';
import { drifted } from './support/aws.ts';
import { call, signedByUser } from './support/call.ts';

const webApp = readFileSync(join(import.meta.dirname, '../../examples/web-app.yaml'), 'utf8');
const queue = (more = '') => `Resources: {Queue: {Type: AWS::SQS::Queue${more}}}\nOutputs: {Url: {Value: !Ref Queue}}`;

const at = new Workspace({}, { pace: 1 });
afterAll(() => at[Symbol.dispose]());
let ANN: Record<string, string>;
beforeAll(async () => {
  ANN = await signedByUser('ann-remote');
  at.file('web.yaml', webApp);
  at.file('queue.yaml', queue());
  at.file('changed.yaml', queue(', Properties: {DelaySeconds: 7}'));
});

async function assent(...args: string[]) {
  const { code, stdout, stderr } = await at.start([...args, '--service', inject('service')]).ended;
  return { code, stdout, stderr };
}

async function document(...args: string[]): Promise<{ code: number | null; document: AnyDocument }> {
  const { code, stdout } = await assent(...args, '--format', 'json');
  return { code, document: JSON.parse(stdout) };
}

test('a stack is planned, deployed with its progress, looked at, changed, compared and destroyed', async () => {
  const planned = await document('plan', 'web.yaml', '--stack', 'remote');
  expect(planned).toMatchObject({ code: 0, document: { kind: 'plan', stack: 'remote' } });
  const deployed = await assent('deploy', 'web.yaml', '--stack', 'remote', '--approve', planned.document.digest);
  expect(deployed.stderr).toMatch(/Run \S+ of stack remote started\.\n[\s\S]*SitePolicy .* created in/);
  expect(deployed.stderr.match(/started/g)).toHaveLength(1);
  expect(deployed.stdout).toMatch(/^Deployed stack remote[\s\S]*assent status --stack remote --service http/);
  expect(deployed.code).toBe(0);

  const again = await document('deploy', 'web.yaml', '--stack', 'remote');
  expect(again).toMatchObject({ code: 0, document: { kind: 'deploy', outcome: 'no_changes' } });
  const outputs = (await document('outputs', '--stack', 'remote')).document;
  expect(outputs).toMatchObject({ kind: 'outputs', outputs: again.document.outputs });
  expect(Object.keys(outputs.outputs).length).toBeGreaterThan(2);
  expect((await document('status', '--stack', 'remote')).document.stacks).toMatchObject([{ status: 'complete' }]);
  expect(await document('drift', '--stack', 'remote')).toMatchObject({ code: 0, document: { inSync: true } });
  const back = ['drift', '--stack', 'remote', '--reconcile'];
  expect(await document(...back, '--yes')).toMatchObject({ code: 0, document: { kind: 'drift', inSync: true } });

  const kept = await document('destroy', '--stack', 'remote', '--yes');
  expect(kept).toMatchObject({ code: 1, document: { outcome: 'refused', code: 'data_loss' } });
  const gone = await assent('destroy', '--stack', 'remote', '--yes', '--allow-data-loss', 'all', '--format', 'jsonl');
  expect(gone.code).toBe(0);
  const lines = gone.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({ kind: 'destroy', outcome: 'succeeded' });
  expect(lines.slice(0, -1).every(({ kind }) => kind === 'event')).toBe(true);
  expect((await assent('destroy', '--stack', 'remote', '--yes')).code).toBe(0);
}, 120_000);

test('what somebody else has changed is led back to what is recorded', async () => {
  const { document: deployed } = await document('deploy', 'changed.yaml', '--stack', 'backed', '--yes');
  const identifier = deployed.resources[0].physicalId;
  const type = 'AWS::SQS::Queue';
  await drifted(inject('sandbox'), { type, identifier, path: '/DelaySeconds', value: 9 });
  const back = ['drift', '--stack', 'backed', '--reconcile'];
  const shown = await document(...back);
  expect(shown).toMatchObject({ code: 1, document: { inSync: false, plan: { actions: [{ action: 'update' }] } } });
  expect((await assent(...back)).stdout).toMatch(/Go this way: assent drift --stack backed --reconcile --yes/);
  expect(await document('drift', '--stack', 'backed', '--yes')).toMatchObject({
    code: 2,
    document: { code: 'yes_without_reconcile' },
  });
  const went = await document(...back, '--yes');
  expect(went).toMatchObject({ code: 0, document: { kind: 'deploy', outcome: 'succeeded' } });
  expect(went.document.planDigest).toBe(shown.document.plan.digest);
  expect(await document('drift', '--stack', 'backed')).toMatchObject({ code: 0, document: { inSync: true } });
});

test('a plan that is not the one that was shown is not deployed', async () => {
  const { document: shown } = await document('plan', 'queue.yaml', '--stack', 'shown');
  expect((await assent('deploy', 'queue.yaml', '--stack', 'shown', '--yes')).code).toBe(0);
  const late = await document('deploy', 'changed.yaml', '--stack', 'shown', '--approve', shown.digest);
  expect(late).toMatchObject({ code: 1, document: { outcome: 'refused', code: 'plan_changed' } });
});

test('somebody else answers a run that waits; who watches sees it go on', async () => {
  const submitted = await call('POST', '/deployments', { stack: 'waits', template: queue(), askAlways: true }, ANN);
  const path = submitted.location ?? '';
  await expect
    .poll(async () => (await call('GET', path)).document.status, { timeout: 30_000 })
    .toBe('waiting_approval');
  const runId = submitted.document.runId;
  const approved = await assent('approve', runId, '--reason', 'looks right');
  expect(approved).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Deployed stack waits/) });
  const late = await document('reject', runId);
  expect(late).toMatchObject({ code: 1, document: { kind: 'error' } });
  expect((await document('cancel', runId)).document).toMatchObject({ status: 'succeeded', requested: false });
  expect((await document('resume', runId)).document).toMatchObject({ code: 'run_not_resumable' });
});

test('a scan, a circle, votes and metrics', async () => {
  at.file('open.yaml', 'Resources: {A: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}}');
  at.file('votes.json', { votes: [{ expert: 'a', option: 'yes' }] });
  const here = await at.start(['scan', 'open.yaml', 'web.yaml', '--format', 'json', '--fail-on', 'high']).ended;
  const there = await assent('scan', 'open.yaml', 'web.yaml', '--format', 'json', '--fail-on', 'high');
  const anyTime = (text: string) => ({ ...JSON.parse(text), summary: { ...JSON.parse(text).summary, elapsedMs: 0 } });
  expect([there.code, anyTime(there.stdout)]).toEqual([here.code, anyTime(here.stdout)]);
  expect(there.code).toBe(1);
  expect(await document('consult', 'queue.yaml', '--stack', 'asked')).toMatchObject({
    code: 0,
    document: { kind: 'consult', verdict: { decision: 'approve' } },
  });
  expect((await document('consensus', 'votes.json')).document).toMatchObject({ outcome: 'yes' });
  expect((await document('metrics')).document.series.length).toBeGreaterThan(3);
});

test.each<[string, string[], number, RegExp]>([
  ['a template that cannot be planned', ['plan', 'bad.yaml', '--stack', 'b'], 2, /invalid_template|AWS::SQS::Quee/],
  ['one that cannot be deployed', ['deploy', 'bad.yaml', '--stack', 'b', '--yes'], 2, /AWS::SQS::Quee/],
  ['nobody to ask', ['deploy', 'queue.yaml', '--stack', 'c'], 2, /confirmation_required/],
  ['a stack that is not there', ['outputs', '--stack', 'nope'], 2, /resource_not_found/],
  ['a run that is not there', ['approve', 'nope'], 2, /resource_not_found/],
  [
    'a gate that is to be skipped',
    ['deploy', 'queue.yaml', '--stack', 'c', '--skip-experts', '--yes'],
    1,
    /not_allowed/,
  ],
])('%s', async (_, args, code, said) => {
  at.file('bad.yaml', 'Resources: {A: {Type: AWS::SQS::Quee}}');
  const ended = await assent(...args);
  expect(ended.stderr).toMatch(said);
  expect(ended.code).toBe(code);
});

test('a service that is not there, or not to be reached safely', async () => {
  const nobody = await at.start(['status', '--service', 'http://127.0.0.1:9']).ended;
  expect(nobody).toMatchObject({ code: 5, stderr: expect.stringContaining('does not answer') });
  for (const url of ['http://example.org', 'ftp://x', 'x', 'https://a:b@example.org']) {
    const refused = await at.start(['status', '--service', url]).ended;
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('service_invalid') });
  }
});
