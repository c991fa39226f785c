// The steps of a run's workflow, one by one and again: over the memory store and a real sandbox, without any machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { Memory, MemoryTable, openMemoryStore } from '../../src/adapters/memory/store.ts';
import { TableSubmissions } from '../../src/adapters/table/submissions.ts';
import { ANSWER_WITHIN_MS } from '../../src/app/judge.ts';
import type { Submission, WorkflowState } from '../../src/app/ports/service.ts';
import { answerRun, requestRun, showRun } from '../../src/app/service/requests.ts';
import { answeredStep, askStep, judgeStep, type Steps, stopStep, workStep } from '../../src/app/service/steps.ts';
import type { Local } from '../../src/app/session.ts';
import { openTarget } from '../../src/edge/cloud.ts';
import { type OpenSession, sessionOver } from '../../src/edge/session.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';

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
let state: WorkflowState;
let steps: Steps;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assent-steps-'));
  sandbox = await startSandbox({ dir: folder, speed: 10_000, rate: false });
  now = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + now };
  const memory = new Memory();
  const store = openMemoryStore({ now: clock.now }, memory);
  local = { store, clock };
  const credentials = { accessKeyId: '111111111111', secretAccessKey: 'x' };
  const cloud = await openTarget({ region: 'us-east-1', endpoint: sandbox.url, credentials }, 'sandbox');
  session = sessionOver(local, cloud, { speed: 10_000 });
  started = [];
  woken = [];
  state = { status: 'running' };
  steps = {
    submissions: new TableSubmissions(new MemoryTable(memory, clock.now), store.blobs),
    workflow: {
      start: async (runId) => void started.push(runId),
      wake: async (token) => void woken.push(token),
      state: async () => state,
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
  return requestRun(local, steps, submission, { by: 'bob', runId, ...(key === undefined ? {} : { key }) });
}

const judged = (runId = 'r1') => judgeStep(session, steps, runId, control);
const worked = (runId = 'r1', signal?: AbortSignal) => workStep(session, runId, { ...control, signal });
const shown = (runId = 'r1') => showRun(local, steps, runId);

test('every step may be called again', async () => {
  await submitted();
  expect(started).toEqual(['r1']);
  expect(await shown()).toMatchObject({ status: 'planning', submittedBy: 'bob' });
  expect(await judged()).toEqual({ next: 'work' });
  expect(await judged()).toEqual({ next: 'work' });
  expect(await worked()).toEqual({ next: 'end' });
  expect(await worked()).toEqual({ next: 'end' });
  expect(await judged()).toEqual({ next: 'end' });
  expect(await stopStep(local, 'r1')).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'succeeded', result: { calls: { create: 1 } } });
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

test('a stack that somebody else works on is waited for', async () => {
  await submitted();
  await judged();
  const run = await local.store.runs.get('r1');
  const lease = await local.store.runs.acquire(run?.stack ?? expect.fail());
  expect(await worked()).toEqual({ next: 'wait', waitSeconds: 5 });
  await local.store.runs.release(lease);
  expect(await worked()).toEqual({ next: 'end' });
});

test('an answer that comes before the workflow waits wakes it all the same', async () => {
  await submitted({ askAlways: true });
  expect(await judged()).toEqual({ next: 'ask' });
  await answerRun(local, steps, 'r1', { decision: 'approve', by: 'ann' });
  expect(woken).toEqual([]);
  await askStep(local, steps, 'r1', 'token');
  expect(woken).toEqual(['token']);
  expect(await answeredStep(local, 'r1')).toEqual({ next: 'work' });
});

test('a token alone approves nothing', async () => {
  await submitted({ askAlways: true });
  await judged();
  await askStep(local, steps, 'r1', 'token');
  expect(woken).toEqual([]);
  // Somebody woke the machine: it asks again.
  expect(await answeredStep(local, 'r1')).toEqual({ next: 'ask' });
  await expect(worked()).rejects.toMatchObject({ code: 'run_not_approved' });
  expect((await shown()).status).toBe('waiting_approval');
});

test('whoever submitted may reject, but not approve', async () => {
  await submitted({ askAlways: true });
  await judged();
  const own = answerRun(local, steps, 'r1', { decision: 'approve', by: 'bob' });
  await expect(own).rejects.toMatchObject({ code: 'own_run' });
  await answerRun(local, steps, 'r1', { decision: 'reject', by: 'bob' });
  expect(await answeredStep(local, 'r1')).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('rejected');
});

test('nobody answers in time: the run ends as expired', async () => {
  await submitted({ askAlways: true });
  await judged();
  now += ANSWER_WITHIN_MS;
  expect(await answeredStep(local, 'r1')).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('expired');
});

test('a workflow that failed leaves nothing approved behind', async () => {
  await submitted();
  await judged();
  expect(await stopStep(local, 'r1')).toEqual({ next: 'end' });
  expect((await shown()).status).toBe('rejected');
  // A machine that had not noticed.
  expect(await worked()).toEqual({ next: 'end' });
  expect((await shown()).result?.calls.create).toBe(0);
});

test('what cannot be planned is told with every problem, and has no run', async () => {
  await submitted({ template: 'Resources: {A: {Type: AWS::SQS::Quee}, B: {Type: Custom::X}}' });
  const next = await judged();
  expect(next).toMatchObject({ next: 'refused', error: { code: 'invalid_template' } });
  state = { status: 'ended', output: next };
  const document = await shown();
  expect(document.status).toBe('not_planned');
  expect(document.error?.problems).toHaveLength(2);
});

test('a workflow that failed before there was a run shows as such', async () => {
  await submitted();
  state = { status: 'failed' };
  expect((await shown()).status).toBe('not_planned');
});

test('the same key is the same run for a day; the workflow is started again, which is harmless', async () => {
  expect(await submitted({}, 'r1', 'k')).toBe('r1');
  expect(await submitted({}, 'r2', 'k')).toBe('r1');
  expect(started).toEqual(['r1', 'r1']);
  await expect(submitted({ stack: 'other' }, 'r3', 'k')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  now += 25 * 60 * 60_000;
  expect(await submitted({}, 'r4', 'k')).toBe('r4');
});

test('a NoEcho value is refused and kept nowhere', async () => {
  const noEcho = 'Parameters: {P: {Type: String, NoEcho: true}}\nResources: {A: {Type: AWS::SQS::Queue}}';
  const wanted = submitted({ template: noEcho, parameters: { P: 'canary-4711' } });
  await expect(wanted).rejects.toMatchObject({ code: 'no_echo_not_kept' });
  expect(started).toEqual([]);
  await expect(shown()).rejects.toMatchObject({ code: 'resource_not_found' });
});
