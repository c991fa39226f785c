// The steps of a run's workflow, one by one and again: over the memory store and a real sandbox, without any machine.
// Long, because it is one list of steps over one set-up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { Memory, MemoryTable, openMemoryStore } from '../../src/adapters/memory/store.ts';
import { servicePortsOn } from '../../src/adapters/table/service.ts';
import { nothingToDo } from '../../src/app/documents/documents.ts';
import type { RunEvent } from '../../src/app/documents/events.ts';
import { ANSWER_WITHIN_MS } from '../../src/app/judge.ts';
import type { Inquiry, Submission, WorkflowInput, WorkflowState } from '../../src/app/ports/service.ts';
import { Caller } from '../../src/app/service/access.ts';
import { announcedRuns } from '../../src/app/service/announcing.ts';
import { answerTo, inquire, inquireStep, lastDrift, planOf } from '../../src/app/service/inquiries.ts';
import {
  answerRun,
  cancelRun,
  listRuns,
  requestRun,
  resumeRun,
  showRun,
  tellRun,
} from '../../src/app/service/requests.ts';
import { reviewStep } from '../../src/app/service/review.ts';
import { showStacks, stackFor } from '../../src/app/service/stacks.ts';
import {
  answeredStep,
  askStep,
  judgeStep,
  type Next,
  type Steps,
  stopStep,
  workStep,
} from '../../src/app/service/steps.ts';
import { told } from '../../src/app/service/telling.ts';
import type { Local } from '../../src/app/session.ts';
import type { AccessPolicy } from '../../src/domain/access.ts';
import type { StackKey } from '../../src/domain/stack.ts';
import { openTarget } from '../../src/edge/cloud.ts';
import { problemOf } from '../../src/edge/http/problem.ts';
import { type OpenSession, sessionOver } from '../../src/edge/session.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { circleFrom } from '../support/circle.ts';
import type { AnyDocument } from '../support/cli.ts';
import { memoryDataKeys } from '../support/data-keys.ts';
import { aSigner } from '../support/signer.ts';

const policy: AccessPolicy = {
  rules: [
    { who: ['bob', 'ann'], may: ['read', 'plan', 'deploy', 'approve'], stacks: ['*'] },
    { who: ['eve'], may: ['read', 'plan', 'deploy', 'approve', 'override'], stacks: ['eves-*'] },
  ],
  ownApproval: false,
  unattended: [],
  digest: 'policy-digest',
};
const [BOB, ANN, EVE, NOBODY] = ['bob', 'ann', 'eve', 'nobody'].map((by) => new Caller(policy, by)) as [
  Caller,
  Caller,
  Caller,
  Caller,
];
const control = { emit: () => undefined };
const template = 'Resources: {Queue: {Type: AWS::SQS::Queue}}';

let folder: string;
let sandbox: Sandbox;
let session: OpenSession;
let local: Local;
let now: number;
/** What the workflow was asked to do. */
let started: string[];
let woken: string[];
let news: AnyDocument[];
let state: WorkflowState;
let steps: Steps;
let memory: Memory;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assent-steps-'));
  sandbox = await startSandbox({ dir: folder, speed: 10_000, rate: false });
  now = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + now };
  memory = new Memory();
  const store = openMemoryStore({ now: clock.now }, memory);
  local = { store, clock, signer: aSigner() };
  const credentials = { accessKeyId: '111111111111', secretAccessKey: 'x' };
  const cloud = await openTarget({ region: 'us-east-1', endpoint: sandbox.url, credentials }, 'sandbox');
  session = sessionOver(local, cloud, { speed: 10_000, ownershipTags: true });
  started = [];
  woken = [];
  news = [];
  state = { status: 'running' };
  const table = new MemoryTable(memory, clock.now);
  steps = {
    ...servicePortsOn(table, store.blobs, { now: clock.now, dataKeys: memoryDataKeys() }),
    fanOut: 100,
    tell: async (detailType, detail) => void news.push({ detailType, ...detail }),
    workflow: {
      start: async (runId) => void started.push(runId),
      wake: async (token) => void woken.push(token),
      state: async (name) => (started.includes(name) ? state : { status: 'unknown' }),
    },
  };
});

afterEach(async () => {
  await session.close();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

async function submitted(more: Partial<Submission> = {}, runId = 'r1', key?: string): Promise<string> {
  const submission = { mode: 'deploy', stack: 'web', template, ...more } as const;
  return requestRun(local, steps, submission, { caller: BOB, runId, ...(key === undefined ? {} : { key }) });
}

const judged = (runId = 'r1', start = runId) => judgeStep(session, steps, { runId, start }, control);
const worked = (runId = 'r1', signal?: AbortSignal) => workStep(session, steps, runId, { ...control, signal });
const shown = async (runId = 'r1'): Promise<AnyDocument> =>
  showRun(local, steps, runId, { caller: BOB, scope: 'read' });

test('a run keeps in whose trace it was asked for, and one that does not say it keeps nothing', async () => {
  const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
  const wanted = { mode: 'deploy', stack: 'web', template } as const;
  await requestRun(local, steps, wanted, { caller: BOB, runId: 'r1', traceparent });
  await requestRun(local, steps, wanted, { caller: BOB, runId: 'r2', traceparent: undefined });
  expect((await steps.submissions.head('r1'))?.traceparent).toBe(traceparent);
  expect(await steps.submissions.head('r2')).not.toHaveProperty('traceparent');
});

test('every step may be called again', async () => {
  await submitted();
  expect(started).toEqual(['r1']);
  expect(await shown()).toMatchObject({ status: 'planning', submittedBy: 'bob' });
  expect(await judged()).toEqual({ next: 'work' });
  expect(await judged()).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  expect(await worked()).toEqual({ next: 'end' });
  expect(await judged()).toEqual({ next: 'end' });
  expect(await stopStep(local, steps, 'r1')).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'succeeded', result: { calls: { create: 1 } } });
});

test('what nobody has begun is called off also where that cannot be signed', async () => {
  await submitted();
  expect(await judged()).toEqual({ next: 'work' });
  const unsigned = { ...local, signer: { ...local.signer, publicKey: () => Promise.reject(new Error('KMS')) } };
  await expect(cancelRun(unsigned, steps, 'r1', { caller: BOB })).rejects.toThrow('KMS');
  expect((await local.store.runs.get('r1'))?.status).toBe('approved');
  expect(await stopStep(unsigned, steps, 'r1')).toEqual({ next: 'end' });
  expect(await local.store.runs.get('r1')).toMatchObject({ status: 'rejected', result: { code: 'cancelled' } });
});

test('a worker that ended between planning and judging is followed by one that judges', async () => {
  await submitted();
  const { move } = local.store.runs;
  local.store.runs.move = async () => {
    throw new Error('killed');
  };
  await expect(judged()).rejects.toThrow('killed');
  local.store.runs.move = move;
  expect((await local.store.runs.get('r1'))?.status).toBe('submitted');
  expect(await judged()).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('succeeded');
});

test('a worker whose time is over lets go, and the next one ends the run with the same calls', async () => {
  await submitted();
  await judged();
  const next = await worked('r1', AbortSignal.abort());
  expect(next).toMatchObject({ next: 'wait', waitSeconds: expect.any(Number) });
  expect((await shown()).status).toBe('suspended');
  expect(await worked()).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'succeeded', result: { calls: { create: 1 } } });
});

test('a run that was let go of is called off by whoever takes it up next, and stays so whoever comes after', async () => {
  await submitted();
  await judged();
  await worked('r1', AbortSignal.abort());
  const asked = await cancelRun(local, steps, 'r1', { caller: BOB });
  expect(asked).toMatchObject({ status: 'suspended', requested: true });
  // Its workflow waits, or there is none any more: another one begins at once.
  expect(started).toEqual(['r1', 'r1-2']);
  expect(await judged('r1', 'r1-2')).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  const ended = await shown();
  expect(ended).toMatchObject({ status: 'cancelled', result: { calls: { create: 0 } } });
  // The first workflow wakes up, a task is tried again: nobody has asked for the run to go on.
  expect(await worked()).toEqual({ next: 'end' });
  expect(await judged('r1', 'r1-2')).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  expect(await shown()).toEqual(ended);
  await resumeRun(local, steps, 'r1', BOB);
  expect(await judged('r1', 'r1-3')).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'succeeded', result: { calls: { create: 1 } } });
});

test('a request in the last seconds of a worker is honoured by the next one', async () => {
  await submitted();
  await judged();
  const stop = new AbortController();
  const { suspend } = local.store.runs;
  local.store.runs.suspend = async (...letGo) => {
    expect(await cancelRun(local, steps, 'r1', { caller: BOB, now: true })).toMatchObject({ requested: true });
    return suspend.apply(local.store.runs, letGo);
  };
  stop.abort();
  expect(await worked('r1', stop.signal)).toMatchObject({ next: 'wait' });
  local.store.runs.suspend = suspend;
  // Somebody worked on it: nobody else had to be started.
  expect(started).toEqual(['r1']);
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('cancelled');
});

test('a run whose worker died is called off, by a workflow that is started for it', async () => {
  await submitted({ template: SECRET, parameters: { P: 'canary-4711' } });
  await judged();
  const { append } = local.store.runs;
  local.store.runs.append = async () => Promise.reject(new Error('killed'));
  await expect(worked()).rejects.toThrow('killed');
  local.store.runs.append = append;
  expect((await shown()).status).toBe('interrupted');
  // Its sealed values are gone: nothing is begun any more.
  await steps.vault.forget('r1');
  expect(await cancelRun(local, steps, 'r1', { caller: BOB })).toMatchObject({ requested: true });
  expect(started).toEqual(['r1', 'r1-2']);
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('cancelled');
});

test('a worker that died a moment ago still looks alive: where its workflow has failed, too, another is started', async () => {
  await submitted();
  await judged();
  await worked('r1', AbortSignal.abort());
  const { stack } = (await local.store.runs.get('r1')) ?? expect.fail();
  const lease = await local.store.runs.acquire(stack);
  await local.store.runs.reopen(lease, 'r1');
  expect(await cancelRun(local, steps, 'r1', { caller: BOB })).toMatchObject({ status: 'running', requested: true });
  expect(started).toEqual(['r1']);
  state = { status: 'failed' };
  expect(await cancelRun(local, steps, 'r1', { caller: BOB })).toMatchObject({ status: 'running', requested: true });
  expect(started).toEqual(['r1', 'r1-2']);
});

test('a run that is taken up while it is called off is asked to stop', async () => {
  await submitted();
  await judged();
  const { move } = local.store.runs;
  local.store.runs.move = async (...change) => {
    local.store.runs.move = move;
    await worked('r1', AbortSignal.abort());
    return move.apply(local.store.runs, change);
  };
  expect(await cancelRun(local, steps, 'r1', { caller: BOB })).toMatchObject({ status: 'suspended', requested: true });
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('cancelled');
});

test('a stack that somebody else works on is waited for, longer and longer', async () => {
  await submitted();
  await judged();
  const run = await local.store.runs.get('r1');
  const lease = await local.store.runs.acquire(run?.stack ?? expect.fail());
  const held = (waitSeconds: number): Next => ({ next: 'wait', waitSeconds, held: true });
  // A stack that is at work is not waited for on the spot.
  const { get } = local.store.stacks;
  local.store.stacks.get = async () => ({ unfinished: 'other' }) as never;
  const after = (said?: Next) => workStep(session, steps, 'r1', control, said);
  expect(await after()).toEqual(held(5));
  expect(await after({ next: 'work' })).toEqual(held(5));
  expect(await after(held(5))).toEqual(held(10));
  expect(await after(held(160))).toEqual(held(300));
  expect(await after(held(300))).toEqual(held(300));
  // A wait for what is in flight says nothing of somebody else.
  expect(await after({ next: 'wait', waitSeconds: 100 })).toEqual(held(5));
  local.store.stacks.get = get;
  await local.store.runs.release(lease);
  expect(await worked()).toEqual({ next: 'end' });
});

test('an answer that comes before the workflow waits wakes it all the same', async () => {
  await submitted({ askAlways: true });
  expect(await judged()).toEqual({ next: 'ask' });
  await answerRun(local, steps, 'r1', { decision: 'approve', caller: ANN });
  expect(woken).toEqual([]);
  await askStep(local, steps, 'r1', 'token');
  expect(woken).toEqual(['token']);
  expect(await answeredStep(local, steps, 'r1')).toEqual({ next: 'work' });
});

test('a deletion is left to a person where the circle of the service always does, and goes on after the answer', async () => {
  await submitted();
  await judged();
  await worked();
  steps = { ...steps, circle: circleFrom({ environments: [{ stacks: ['we*'], alwaysAsk: true }] }) };
  await requestRun(local, steps, { mode: 'destroy', stack: 'web' }, { caller: BOB, runId: 'r2' });
  expect(await judged('r2')).toEqual({ next: 'ask' });
  expect(await shown('r2')).toMatchObject({ status: 'waiting_approval', verdict: { decision: 'ask', by: 'policy' } });
  await expect(worked('r2')).rejects.toMatchObject({ code: 'run_not_approved' });
  await answerRun(local, steps, 'r2', { decision: 'approve', caller: ANN });
  expect(await answeredStep(local, steps, 'r2')).toEqual({ next: 'work' });
  expect(await worked('r2')).toEqual({ next: 'end' });
  expect((await shown('r2')).status).toBe('succeeded');
});

test('a token alone approves nothing', async () => {
  await submitted({ askAlways: true });
  await judged();
  await askStep(local, steps, 'r1', 'token');
  expect(woken).toEqual([]);
  // Somebody woke the machine: it asks again.
  expect(await answeredStep(local, steps, 'r1')).toEqual({ next: 'ask' });
  await expect(worked()).rejects.toMatchObject({ code: 'run_not_approved' });
  expect((await shown()).status).toBe('waiting_approval');
});

test('what comes too late stands against what has become of the run, and is no malformed request', async () => {
  await submitted();
  await judged();
  await worked('r1', AbortSignal.abort());
  const answer = answerRun(local, steps, 'r1', { decision: 'approve', caller: ANN });
  expect(problemOf(await answer.catch((error: unknown) => error))).toMatchObject({
    status: 409,
    code: 'run_not_waiting',
  });
  // A later run settles it and goes on.
  await submitted({}, 'r2');
  await judged('r2');
  await worked('r2');
  const resumed = resumeRun(local, steps, 'r1', BOB);
  expect(problemOf(await resumed.catch((error: unknown) => error))).toMatchObject({
    status: 409,
    code: 'run_superseded',
  });
});

test('whoever submitted may reject, but not approve', async () => {
  await submitted({ askAlways: true });
  await judged();
  const own = answerRun(local, steps, 'r1', { decision: 'approve', caller: BOB });
  await expect(own).rejects.toMatchObject({ code: 'own_run' });
  await answerRun(local, steps, 'r1', { decision: 'reject', caller: BOB });
  expect(await answeredStep(local, steps, 'r1')).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('rejected');
});

test('nobody answers in time: the run ends as expired', async () => {
  await submitted({ askAlways: true });
  await judged();
  now += ANSWER_WITHIN_MS;
  expect(await answeredStep(local, steps, 'r1')).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('expired');
});

test('a workflow that failed leaves nothing approved behind', async () => {
  await submitted();
  await judged();
  expect(await stopStep(local, steps, 'r1')).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('rejected');
  // A machine that had not noticed.
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).result?.calls.create).toBe(0);
});

test('a workflow that failed leaves what was begun to be resumed, and whoever looks is told so', async () => {
  await submitted(secret);
  await judged();
  await worked('r1', AbortSignal.abort());
  expect(await stopStep(local, steps, 'r1')).toEqual({ next: 'end' });
  expect(isSealed()).toBe(true);
  expect(await shown()).not.toHaveProperty('error');
  state = { status: 'failed' };
  expect(await shown()).toMatchObject({ status: 'suspended', error: { code: 'workflow_failed' } });
  await resumeRun(local, steps, 'r1', BOB);
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('succeeded');
});

test('a workflow that failed before there was a run, or after it was called off, leaves no value behind', async () => {
  await submitted(secret);
  expect(await stopStep(local, steps, 'r1')).toEqual({ next: 'end' });
  expect(isSealed()).toBe(false);
  await submitted(secret, 'r2');
  await judged('r2');
  expect(await stopStep(local, steps, 'r2')).toEqual({ next: 'end' });
  expect(isSealed()).toBe(false);
});

test('what cannot be planned is told with every problem, and has no run', async () => {
  await submitted({ template: 'Resources: {A: {Type: AWS::SQS::Quee}, B: {Type: Custom::X}}' });
  const next = await judged();
  expect(next).toMatchObject({ next: 'refused', error: { code: 'invalid_template' } });
  state = { status: 'ended', output: next };
  const document = await shown();
  expect(document.status).toBe('not_planned');
  expect(document.error?.problems).toHaveLength(2);
  const about = { runId: 'r1', stack: 'web', by: 'bob', code: 'invalid_template' };
  expect(news).toMatchObject([{ detailType: 'Submission refused', ...about }]);
});

test('a workflow that failed before there was a run shows as such', async () => {
  await submitted();
  state = { status: 'failed' };
  expect((await shown()).status).toBe('not_planned');
});

test('the same key is the same run for a day, whatever has become of it', async () => {
  expect(await submitted({}, 'r1', 'k')).toBe('r1');
  expect(await submitted({}, 'r2', 'k')).toBe('r1');
  expect(started).toEqual(['r1']);
  await expect(submitted({ stack: 'other' }, 'r3', 'k')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  now += 25 * 60 * 60_000;
  expect(await submitted({}, 'r4', 'k')).toBe('r4');
});

test('the same key for another place is another request', async () => {
  const wanted = { mode: 'destroy', stack: 'web' } as const;
  const asking = { caller: BOB, key: 'k' };
  const place = { account: '222222222222', region: 'us-east-1' };
  await requestRun(local, steps, wanted, { ...asking, runId: 'r1', place });
  for (const other of [{ ...place, account: '333333333333' }, { ...place, region: 'eu-west-1' }, {}]) {
    const again = requestRun(local, steps, wanted, { ...asking, runId: 'r2', place: other });
    await expect(again).rejects.toMatchObject({ code: 'idempotency_key_reused', kind: 'refused' });
  }
  expect(await requestRun(local, steps, wanted, { ...asking, runId: 'r2', place })).toBe('r1');
});

test('a request that died before its workflow began is taken up by the same key', async () => {
  const { workflow } = steps;
  const fails = async () => {
    throw new Error('no answer');
  };
  steps = { ...steps, workflow: { ...workflow, start: fails } };
  await expect(submitted(secret, 'r1', 'k')).rejects.toThrow('no answer');
  steps = { ...steps, workflow };
  expect(await submitted(secret, 'r2', 'k')).toBe('r1');
  expect(started).toEqual(['r1']);
  expect(isSealed()).toBe(true);
});

const SECRET = `
Parameters: {P: {Type: String, NoEcho: true}, Q: {Type: String, NoEcho: true, Default: preset}}
Resources:
  A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref P}}
  B: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Q}}`;
const secret = { template: SECRET, parameters: { P: 'canary-4711' } };
/** Whether anything that is kept, in the table or in blobs, has the text in it, as a thief would find it. */
const keeps = (text: string) =>
  JSON.stringify([[...memory.items.values()].map((items) => [...items.values()]), [...memory.blobs]]).includes(text);
const isSealed = () => keeps('"sk":"sealed"');

test('NoEcho values go through an approval, sealed; at the end nothing of them is there', async () => {
  const wanted = { ...secret, askAlways: true };
  await submitted(wanted, 'r1', 'k');
  expect(isSealed()).toBe(true);
  expect(await judged()).toEqual({ next: 'ask' });
  await answerRun(local, steps, 'r1', { decision: 'approve', caller: ANN });
  expect(await answeredStep(local, steps, 'r1')).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('succeeded');
  expect(isSealed()).toBe(false);
  expect(keeps('canary')).toBe(false);
  // Nor when the same request comes once more.
  state = { status: 'ended', output: { next: 'end' } };
  expect(await submitted(wanted, 'r2', 'k')).toBe('r1');
  expect(isSealed()).toBe(false);
});

test('they outlive a worker whose time is over, and a run that is cancelled and resumed', async () => {
  await submitted(secret);
  await judged();
  expect(await worked('r1', AbortSignal.abort())).toMatchObject({ next: 'wait' });
  expect(isSealed()).toBe(true);
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('succeeded');
  expect(isSealed()).toBe(false);
});

test.each<[string, () => Promise<unknown>]>([
  ['refused', async () => judged()],
  [
    'rejected',
    async () => {
      await judged();
      await answerRun(local, steps, 'r1', { decision: 'reject', caller: ANN });
      await answeredStep(local, steps, 'r1');
    },
  ],
  [
    'expired',
    async () => {
      await judged();
      now += ANSWER_WITHIN_MS;
      await answeredStep(local, steps, 'r1');
    },
  ],
])('of a run that is %s nothing stays', async (status, lead) => {
  const more = status === 'refused' ? { planDigest: 'f'.repeat(64) } : { askAlways: true };
  await submitted({ ...secret, ...more });
  await lead();
  expect(isSealed()).toBe(false);
  expect(keeps('canary')).toBe(false);
});

test('a plan and a consultation take them too', async () => {
  for (const kind of ['plan', 'consult'] as const) {
    await inquire(local, steps, { kind, mode: 'deploy', stack: 'web', ...secret }, { caller: BOB, id: kind });
    await inquireStep(session, steps, kind, control);
    expect(await answerTo(steps, kind, { kind, caller: BOB })).toHaveProperty('document');
  }
  expect(keeps('canary')).toBe(false);
  expect(isSealed()).toBe(false);
});

test('what a run tells while it is judged and worked on can be read from elsewhere, and read on', async () => {
  await submitted();
  const telling = (step: (emit: (event: RunEvent) => void) => Promise<unknown>) =>
    told({ ...steps, ...local }, 'r1', step);
  await telling((emit) => judgeStep(session, steps, { runId: 'r1' }, { emit }));
  const first = await tellRun(steps, 'r1', 0, BOB);
  expect(first.events.map(({ event }) => event)).toEqual(['planned', 'decided']);
  await telling((emit) => workStep(session, steps, 'r1', { emit }));
  const rest = await tellRun(steps, 'r1', first.next, BOB);
  expect(rest.events.map(({ event }) => event)).toEqual(['started', 'resource', 'resource']);
  await expect(tellRun(steps, 'unknown', 0, BOB)).rejects.toMatchObject({ code: 'resource_not_found' });
});

test('a feed that cannot be written fails no run, and what was told comes with the next batch', async () => {
  const kept: RunEvent[] = [];
  let broken = true;
  const feeds = {
    append: async (_: string, events: readonly RunEvent[]) => {
      if (broken) throw new Error('throttled');
      kept.push(...events);
    },
  };
  const warning = (message: string) => ({ event: 'warning', at: '', message }) as const;
  let turn = 0;
  const sleep = async () => {
    turn += 1;
    await setImmediate();
  };
  const clock = { ...local.clock, sleep };
  const result = await told({ feeds, clock }, 'r', async (emit) => {
    emit(warning('one'));
    const before = turn;
    await expect.poll(() => turn).toBeGreaterThan(before + 2);
    broken = false;
    emit(warning('two'));
    return 'done';
  });
  expect(result).toBe('done');
  expect(kept).toEqual([warning('one'), warning('two')]);
});

test('what fails is told all the same', async () => {
  const kept: RunEvent[] = [];
  const feeds = { append: async (_: string, events: readonly RunEvent[]) => void kept.push(...events) };
  const failing = told({ feeds, clock: local.clock }, 'r', async (emit) => {
    emit({ event: 'cancelling', at: '' });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(kept).toHaveLength(1);
});

test('a run that was cancelled goes on under another name of its workflow, and only then', async () => {
  await submitted();
  await judged();
  await worked('r1', AbortSignal.abort());
  // It ends as cancelled, as a worker that was asked to stop would have left it.
  const run = (await local.store.runs.get('r1')) ?? expect.fail();
  const lease = await local.store.runs.acquire(run.stack);
  await local.store.runs.reopen(lease, 'r1');
  const stack = (await local.store.stacks.get(run.stack)) ?? expect.fail();
  const result = { ...nothingToDo('deploy'), outcome: 'cancelled' as const };
  await local.store.runs.finish(lease, 'r1', run.seq, { status: 'cancelled', endedAt: 1, result, stack });
  await local.store.runs.release(lease);
  expect(await judged()).toEqual({ next: 'end' });
  await resumeRun(local, steps, 'r1', BOB);
  await resumeRun(local, steps, 'r1', BOB);
  expect(started).toEqual(['r1', 'r1-2', 'r1-3']);
  expect(await judged('r1', 'r1-2')).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  expect(await judged('r1', 'r1-3')).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'succeeded', result: { calls: { create: 1 } } });
  await expect(resumeRun(local, steps, 'r1', BOB)).rejects.toMatchObject({ code: 'run_not_resumable' });
  await expect(resumeRun(local, steps, 'r9', BOB)).rejects.toMatchObject({ code: 'resource_not_found' });
});

test('a plan that was shown is the only one that is deployed, and approves nothing by itself', async () => {
  const other = 'f'.repeat(64);
  await submitted({ planDigest: other });
  expect(await judged()).toMatchObject({ next: 'refused', error: { code: 'plan_changed', errorKind: 'refused' } });
  expect((await shown()).status).toBe('refused');
  const planDigest = (await local.store.runs.get('r1'))?.planDigest;
  await submitted({ planDigest, askAlways: true }, 'r2');
  expect(await judged('r2')).toEqual({ next: 'ask' });
  expect(await shown('r2')).toMatchObject({
    status: 'waiting_approval',
    result: { outcome: 'waiting_approval', actions: [{ logicalId: 'Queue' }] },
  });
});

test('a stack that is held is waited for as long as a lease lasts, then the run is refused', async () => {
  await submitted();
  await judged();
  const run = (await local.store.runs.get('r1')) ?? expect.fail();
  const lease = await local.store.runs.acquire(run.stack);
  await local.store.runs.begin(lease, 'r1', 1, {
    key: run.stack,
    state: {
      stack: 'web',
      context: { account: '', region: '', partition: '', stackId: '' },
      parameters: {},
      resources: [],
    },
    outputs: {},
  });
  let slept = 0;
  const sleep = async (until: number) => {
    slept += until - local.clock.now();
    now += until - local.clock.now();
    await local.store.runs.renew(lease);
  };
  await submitted({}, 'r2');
  const held = { ...session, clock: { ...local.clock, sleep } };
  expect(await judgeStep(held, steps, { runId: 'r2' }, control)).toMatchObject({
    next: 'refused',
    error: { code: 'lease_held', errorKind: 'held' },
  });
  expect(slept).toBeGreaterThan(15_000);
});

test('runs are listed, newest first', async () => {
  await submitted();
  await judged();
  await submitted({ stack: 'other' }, 'r2');
  await judged('r2');
  const first = await listRuns(local, { limit: 1 }, BOB);
  expect(first.runs.map(({ runId }) => runId)).toEqual(['r2']);
  expect((await listRuns(local, { limit: 1, next: first.next }, BOB)).runs.map(({ runId }) => runId)).toEqual(['r1']);
});

const asks = (inquiry: Inquiry, id = 'i1') => inquire(local, steps, inquiry, { caller: BOB, id });
const answers = (id = 'i1') => inquireStep(session, steps, id, control);

test('a plan is asked for, answered later, and found by its digest', async () => {
  expect(await asks({ kind: 'plan', mode: 'deploy', stack: 'web', template })).toMatchObject({ status: 'running' });
  expect(started).toEqual(['i1']);
  expect(await answerTo(steps, 'i1', { kind: 'plan', caller: BOB })).toMatchObject({ running: { id: 'i1' } });
  expect(await answers()).toEqual({ next: 'end' });
  expect(await answers()).toEqual({ next: 'end' });
  const answer = await answerTo(steps, 'i1', { kind: 'plan', caller: BOB });
  const { document } = 'document' in answer ? answer : expect.fail();
  expect(document).toMatchObject({
    kind: 'plan',
    actions: [{ logicalId: 'Queue', action: 'create' }],
    target: { account: '111111111111', speed: 10_000 },
  });
  expect(await planOf(steps, (document as { digest: string }).digest, BOB)).toEqual(document);
  await expect(planOf(steps, 'f'.repeat(64), BOB)).rejects.toMatchObject({ code: 'resource_not_found' });
  // Nothing was done, and the id of one kind is none of another.
  expect((await listRuns(local, {}, BOB)).runs).toEqual([]);
  await expect(answerTo(steps, 'i1', { kind: 'consult', caller: BOB })).rejects.toMatchObject({
    code: 'resource_not_found',
  });
});

test('what cannot be answered is refused later as it would have been at once', async () => {
  await asks({ kind: 'plan', mode: 'deploy', stack: 'web', template: 'Resources: {A: {Type: AWS::SQS::Quee}}' });
  await answers();
  await expect(answerTo(steps, 'i1', { kind: 'plan', caller: BOB })).rejects.toMatchObject({
    code: 'invalid_template',
    kind: 'invalid',
    problems: [{ line: 1 }],
  });
});

test('a workflow that failed answers too', async () => {
  await asks({ kind: 'drift', stack: 'web' });
  expect(await stopStep(local, steps, 'i1')).toEqual({ next: 'end' });
  await expect(answerTo(steps, 'i1', { kind: 'drift', caller: BOB })).rejects.toMatchObject({ kind: 'unreachable' });
});

test('the circle is asked, and a stack compared with the cloud', async () => {
  await asks({ kind: 'consult', mode: 'deploy', stack: 'web', template });
  await answers();
  const answer = await answerTo(steps, 'i1', { kind: 'consult', caller: BOB });
  expect(answer).toMatchObject({ document: { kind: 'consult', verdict: { decision: 'approve' } } });
  await submitted();
  await judged();
  await worked();
  const { stack } = (await local.store.runs.get('r1')) ?? expect.fail();
  await expect(lastDrift(steps, stack, BOB)).rejects.toMatchObject({ code: 'resource_not_found' });
  await asks({ kind: 'drift', stack: 'web' }, 'i2');
  await answers('i2');
  expect(await answerTo(steps, 'i2', { kind: 'drift', caller: BOB })).toMatchObject({
    document: { kind: 'drift', inSync: true },
  });
  expect(await lastDrift(steps, stack, BOB)).toMatchObject({ kind: 'drift', inSync: true });
});

test('the digest of the access policy stands in the verdict, refused or not', async () => {
  await submitted();
  await judged();
  expect((await local.store.runs.get('r1'))?.verdict).toMatchObject({ accessPolicy: 'policy-digest' });
  await submitted({ planDigest: 'f'.repeat(64), stack: 'other' }, 'r3');
  await judged('r3');
  expect(await shown('r3')).toMatchObject({ status: 'refused', verdict: { accessPolicy: 'policy-digest' } });
});

test('nothing is done, shown or kept for those whom no rule allows it, on any way in', async () => {
  await submitted({ askAlways: true });
  await judged();
  await asks({ kind: 'plan', mode: 'deploy', stack: 'web', template });
  await answers();
  const answer = await answerTo(steps, 'i1', { kind: 'plan', caller: BOB });
  const { digest } = ('document' in answer ? answer.document : expect.fail()) as { digest: string };
  const { stack } = (await local.store.runs.get('r1')) ?? expect.fail();
  const wanted = { mode: 'deploy', stack: 'web', template } as const;
  const before = started.length;
  for (const caller of [EVE, NOBODY]) {
    const ways: Record<string, () => Promise<unknown>> = {
      requestRun: () => requestRun(local, steps, wanted, { caller, runId: 'r7' }),
      showRun: () => showRun(local, steps, 'r1', { caller, scope: 'read' }),
      tellRun: () => tellRun(steps, 'r1', 0, caller),
      approve: () => answerRun(local, steps, 'r1', { decision: 'approve', caller }),
      reject: () => answerRun(local, steps, 'r1', { decision: 'reject', caller }),
      cancel: () => cancelRun(local, steps, 'r1', { caller }),
      resume: () => resumeRun(local, steps, 'r1', caller),
      inquire: () => inquire(local, steps, { kind: 'plan', ...wanted }, { caller, id: 'i7' }),
      answerTo: () => answerTo(steps, 'i1', { kind: 'plan', caller }),
      planOf: () => planOf(steps, digest, caller),
      lastDrift: () => lastDrift(steps, stack, caller),
      showStack: () => showStacks(local, { name: 'web' }, caller),
      stackFor: () => stackFor(local, { name: 'web' }, { caller, scope: 'deploy' }),
    };
    for (const [way, refused] of Object.entries(ways)) {
      await expect(refused(), way).rejects.toMatchObject({ code: 'not_allowed', kind: 'refused' });
    }
  }
  expect(started).toHaveLength(before);
  expect((await shown()).status).toBe('waiting_approval');
  expect(await steps.submissions.head('r7')).toBeUndefined();
  // Lists hold what may be read.
  expect((await listRuns(local, {}, EVE)).runs).toEqual([]);
  expect(await showStacks(local, {}, EVE)).toMatchObject({ stacks: [], runs: [] });
  await expect(listRuns(local, {}, NOBODY)).rejects.toMatchObject({ code: 'not_allowed' });
  // Whoever may do nothing is not even told what there is.
  const unknown = showRun(local, steps, 'r9', { caller: NOBODY, scope: 'read' });
  await expect(unknown).rejects.toMatchObject({ code: 'not_allowed' });
});

test('the gate is skipped by those who may override, and the verdict says so', async () => {
  const skipping = { mode: 'deploy', stack: 'eves-web', template, skipExperts: true } as const;
  const open = { ...skipping, skipExperts: false, failOn: 'none' } as const;
  for (const wanted of [skipping, open]) {
    const refused = requestRun(local, steps, wanted, { caller: BOB, runId: 'r1' });
    await expect(refused).rejects.toMatchObject({ code: 'not_allowed' });
  }
  await requestRun(local, steps, skipping, { caller: EVE, runId: 'r2' });
  expect(await judged('r2')).toEqual({ next: 'work' });
  expect((await local.store.runs.get('r2'))?.verdict).toMatchObject({ skipped: ['experts'], by: 'nobody' });
});

test('who may approve their own run where the policy says so', async () => {
  await submitted({ askAlways: true });
  await judged();
  const own = new Caller({ ...policy, ownApproval: true }, 'bob');
  await answerRun(local, steps, 'r1', { decision: 'approve', caller: own });
  expect((await shown()).status).toBe('approved');
});

test('a review tells findings that are new, once', async () => {
  await submitted({ stack: 'web', template: 'Resources: {T: {Type: AWS::SNS::Topic}}' });
  await judged();
  await worked();
  const { stack } = (await local.store.runs.get('r1')) as { stack: StackKey };
  const look = async (n: number) => {
    const said = await reviewStep(local, steps, { name: `look-${n}` });
    expect(said).toEqual({ next: 'review', stacks: [{ runId: `look-${n}-1` }] });
    await inquireStep(session, steps, `look-${n}-1`, control);
    return (await steps.inquiries.reviewed(stack)) as AnyDocument;
  };
  const first = await look(1);
  // What the run was judged with is not new.
  expect(first.news).toEqual({ drifted: [], findings: [] });
  expect(first.findings.length).toBeGreaterThan(0);
  expect(news).toEqual([]);
  // As if a rule had been added since.
  await steps.inquiries.keepReview(stack, { ...first, findings: first.findings.slice(1) });
  expect((await look(2)).news.findings).toEqual(first.findings.slice(0, 1));
  expect(news).toMatchObject([{ detailType: 'Findings appeared', stack: 'web', count: 1 }]);
  await look(3);
  expect(news).toHaveLength(1);
  expect(await steps.inquiries.reported(stack)).toMatchObject({ kind: 'drift', inSync: true });
});

const PLACE = { endpoint: 'sandbox', account: '111111111111', region: 'us-east-1' };

test('a review of more stacks than one execution holds is left to another, and misses none', async () => {
  const stacks = Array.from({ length: 1_050 }, (_, n) => ({
    key: { ...PLACE, name: `s-${String(n).padStart(4, '0')}` },
  }));
  // As a store answers: pages that name the next.
  const list = async ({ next = '0', limit = 25 } = {}) => {
    const [from, to] = [Number(next), Number(next) + limit];
    return { items: stacks.slice(from, to), ...(to < stacks.length ? { next: `${to}` } : {}) };
  };
  const many = { ...local, store: { ...local.store, stacks: { ...local.store.stacks, list } } } as unknown as Local;
  const rest: WorkflowInput[] = [];
  steps.workflow.start = async (name, input) => {
    started.push(name);
    rest.push(input);
  };
  const asked = async (next: Next) => {
    const ids = next.next === 'review' ? next.stacks.map(({ runId }) => runId) : [];
    return Promise.all(ids.map(async (id) => (await steps.inquiries.head(id))?.stack));
  };
  for (const _ of ['', 'tried again'])
    expect(await asked(await reviewStep(many, steps, { name: 'look' }))).toHaveLength(1_000);
  expect(new Set(started).size).toBe(1);
  expect(rest).toEqual([
    { review: true, after: '1000' },
    { review: true, after: '1000' },
  ]);
  const last = await asked(await reviewStep(many, steps, { name: started[0] ?? '', after: '1000' }));
  expect(last).toEqual(stacks.slice(1_000).map(({ key }) => key.name));
  expect(rest).toHaveLength(2);
});

test('every change of a run is told, after it is written down', async () => {
  const changes: AnyDocument[] = [];
  const { runs } = local.store;
  const tellingRuns = announcedRuns(runs, async (change) => {
    expect((await runs.get(change.runId))?.status).toBe(change.status);
    changes.push(change);
  });
  const store = { ...local.store, runs: tellingRuns };
  const telling = { ...session, store };
  await requestRun(
    { ...local, store },
    steps,
    { mode: 'deploy', stack: 'web', template, askAlways: true },
    { caller: BOB, runId: 'r1' },
  );
  await judgeStep(telling, steps, { runId: 'r1' }, control);
  await answerRun({ ...local, store }, steps, 'r1', { decision: 'approve', caller: ANN });
  await workStep(telling, steps, 'r1', control);
  expect(changes.map(({ status }) => status)).toEqual([
    'submitted',
    'waiting_approval',
    'approved',
    'running',
    'succeeded',
  ]);
  expect(changes[0]).toMatchObject({ version: 1, runId: 'r1', stack: 'web', account: '111111111111', mode: 'deploy' });
});
