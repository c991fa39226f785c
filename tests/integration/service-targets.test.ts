// A deployment to several targets, by the steps of its workflow: over the memory store and a real sandbox, led as the state
// machine leads it (functions/deploy/machine.asl.json), but stopped and repeated where a test wants. Long, because it is one list
// of cases over one such lead.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { Memory, MemoryTable, openMemoryStore } from '../../src/adapters/memory/store.ts';
import { keys } from '../../src/adapters/table/keys.ts';
import { servicePortsOn } from '../../src/adapters/table/service.ts';
import { auditList, auditVerify, auditVerifyLog, shownLog } from '../../src/app/audit.ts';
import { ANSWER_WITHIN_MS } from '../../src/app/judge.ts';
import { keepValue } from '../../src/app/keep.ts';
import type { KeptBrief, TargetsSubmission, WorkflowState } from '../../src/app/ports/service.ts';
import { Caller } from '../../src/app/service/access.ts';
import { showProof } from '../../src/app/service/audit.ts';
import { briefStep, groupStep, MOST_BEGUN, settledStep } from '../../src/app/service/deployments.ts';
import { answerRun, cancelRun, requestTargets, resumeRun, showRun } from '../../src/app/service/requests.ts';
import {
  answeredStep,
  askStep,
  judgeStep,
  type Next,
  type Steps,
  stopStep,
  workStep,
} from '../../src/app/service/steps.ts';
import type { Local } from '../../src/app/session.ts';
import { status } from '../../src/app/status.ts';
import type { AccessPolicy } from '../../src/domain/access.ts';
import { revealed } from '../../src/domain/secret.ts';
import type { Target } from '../../src/domain/targets.ts';
import { openTarget } from '../../src/edge/cloud.ts';
import { type OpenSession, sessionOver } from '../../src/edge/session.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { AnyDocument } from '../support/cli.ts';
import { memoryDataKeys } from '../support/data-keys.ts';
import { aSigner } from '../support/signer.ts';

const policy: AccessPolicy = {
  rules: [
    { who: ['bob', 'ann'], may: ['read', 'deploy', 'approve'], stacks: ['*'] },
    { who: ['eve'], may: ['read', 'deploy', 'approve'], stacks: ['net', 'q*'] },
  ],
  ownApproval: false,
  unattended: [],
  digest: 'policy-digest',
};
const [BOB, ANN, EVE] = ['bob', 'ann', 'eve'].map((by) => new Caller(policy, by)) as [Caller, Caller, Caller];
const control = { emit: () => undefined };
const [ONE, TWO] = ['111111111111', '222222222222'];
const NET = `
Resources: {T: {Type: AWS::SNS::Topic}}
Outputs: {A: {Value: !Ref T, Export: {Name: topic}}}`;
const APP = `
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: topic, Value: !ImportValue topic}]}}}
Outputs: {O: {Value: !ImportValue topic}}`;
const QUEUE = 'Resources: {Q: {Type: AWS::SQS::Queue}}';
const BAD = 'Resources: {P: {Type: AWS::Cognito::UserPool, Properties: {MfaConfiguration: NEVER}}}';
/** A circle that sees this is split. */
const SPLIT = `Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub g
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}]
  Queue: {Type: AWS::SQS::Queue}`;
const BOUNDS = { maxConcurrency: 2, toleratedFailures: 0 };

let folder: string;
let sandbox: Sandbox;
let local: Local;
let steps: Steps;
let memory: Memory;
let table: MemoryTable;
let now: number;
let started: string[];
let woken: string[];
let states: Map<string, WorkflowState['status']>;
let news: AnyDocument[];
let sessions: Map<string, Promise<OpenSession>>;

const open = ({ account = ONE, region = 'us-east-1' }: Pick<Target, 'account' | 'region'>): Promise<OpenSession> => {
  const key = `${account} ${region}`;
  const credentials = { accessKeyId: account, secretAccessKey: 'x' };
  const session =
    sessions.get(key) ??
    openTarget({ region, endpoint: sandbox.url, credentials }, 'sandbox').then((cloud) =>
      sessionOver(local, cloud, { speed: 10_000, ownershipTags: true }),
    );
  sessions.set(key, session);
  return session;
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assent-targets-'));
  sandbox = await startSandbox({ dir: folder, speed: 10_000, rate: false });
  now = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + now };
  memory = new Memory();
  const store = openMemoryStore({ now: clock.now }, memory);
  local = { store, clock, signer: aSigner() };
  [started, woken, sessions, states, news] = [[], [], new Map(), new Map(), []];
  table = new MemoryTable(memory, clock.now);
  steps = {
    ...servicePortsOn(table, store.blobs, { now: clock.now, dataKeys: memoryDataKeys() }),
    fanOut: 50,
    tell: async (detailType, detail) => void news.push({ detailType, ...detail }),
    workflow: {
      start: async (name) => void started.push(name),
      wake: async (token) => void woken.push(token),
      state: async (name) => ({ status: states.get(name) ?? 'running' }) as WorkflowState,
    },
  };
});

afterEach(async () => {
  for (const session of sessions.values()) await (await session).close();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

const target = (stack: string, template: string, account = ONE) => ({ stack, template, account });

async function submitted(targets: TargetsSubmission['targets'], more: Partial<TargetsSubmission> = {}, caller = BOB) {
  return requestTargets(local, steps, { targets, bounds: BOUNDS, ...more }, { caller, runId: 'd' });
}
const briefed = () => briefStep(local, steps, open, 'd', control);
const shown = async (id = 'd'): Promise<AnyDocument> => showRun(local, steps, id, { caller: BOB, scope: 'read' });
const statuses = async () => (await shown()).targets.map(({ status }: AnyDocument) => status);

/** What the machine does for one target. */
async function lead(runId: string): Promise<void> {
  const head = await steps.submissions.head(runId);
  const session = await open(head ?? {});
  let said: Next = await judgeStep(session, steps, { runId, start: runId }, control);
  while (said.next === 'work' || said.next === 'wait') said = await workStep(session, steps, runId, control);
  await settledStep(local, steps, runId, said);
}

/** Group after group until it ends; what was begun together, in the order of the groups. */
async function led(): Promise<string[][]> {
  const groups: string[][] = [];
  for (;;) {
    const said = await groupStep(local, steps, 'd');
    if (said.next !== 'group') return groups;
    groups.push(said.begun.map(({ runId }) => runId));
    await Promise.all(said.begun.map(({ runId }) => lead(runId)));
  }
}

test('targets are begun in the order of their exports, each once, however often a step is called', async () => {
  await submitted([target('app', APP), target('net', NET), target('net', NET, TWO), target('app', APP, TWO)]);
  expect(started).toEqual(['d']);
  expect((await shown()).status).toBe('planning');
  expect(await briefed()).toEqual({ next: 'begin' });
  const { digest, targets } = await shown();
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(targets).toMatchObject([
    { stack: 'app', account: ONE, status: 'planned', open: ['topic'] },
    { stack: 'net', account: ONE, status: 'planned' },
    { stack: 'net', account: TWO, status: 'planned' },
    { stack: 'app', account: TWO, status: 'planned', open: ['topic'] },
  ]);
  expect(await briefed()).toEqual({ next: 'begin' });
  const first = await groupStep(local, steps, 'd');
  expect(first).toEqual({ next: 'group', begun: [{ runId: 'd-t2' }, { runId: 'd-t3' }], atOnce: 2 });
  // The worker ended before the machine heard of it.
  expect(await groupStep(local, steps, 'd')).toEqual(first);
  expect(await led()).toEqual([
    ['d-t2', 'd-t3'],
    ['d-t1', 'd-t4'],
  ]);
  const ended = await shown();
  expect(ended).toMatchObject({ status: 'succeeded', digest });
  expect(ended.targets).toMatchObject(Array(4).fill({ status: 'succeeded' }));
  const [one, other] = [(await shown('d-t1')).result.outputs.O, (await shown('d-t4')).result.outputs.O];
  expect([one, other]).toEqual([expect.stringContaining(ONE), expect.stringContaining(TWO)]);
  expect((await local.store.runs.list()).items).toHaveLength(4);
});

test('one that is refused, or cannot be planned, or another digest: nothing is begun', async () => {
  const open = 'Resources: {A: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}}';
  await submitted([target('q', QUEUE), target('b', open)], { failOn: 'high' });
  expect(await briefed()).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'refused', code: 'security_validation_failed' });
  expect(await statuses()).toEqual(['planned', 'refused']);
  expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
  expect((await local.store.runs.list()).items).toEqual([]);
});

test('what was shown is another deployment by now', async () => {
  await submitted([target('q', QUEUE)], { planDigest: 'f'.repeat(64) });
  expect(await briefed()).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'refused', code: 'plan_changed' });
});

test('targets that wait for each other are refused as a whole', async () => {
  const each = (exports: string, imports: string) =>
    `Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: k, Value: !ImportValue ${imports}}]}}}
Outputs: {A: {Value: !Ref Q, Export: {Name: ${exports}}}}`;
  await submitted([target('a', each('x', 'y')), target('b', each('y', 'x'))]);
  expect(await briefed()).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'refused', code: 'targets_wait', targets: [] });
});

test('too many fail: no other is begun, not even one of the same group', async () => {
  await submitted([target('q1', BAD), target('q2', QUEUE), target('q3', QUEUE)]);
  await briefed();
  const said = await groupStep(local, steps, 'd');
  if (said.next !== 'group') throw new Error(said.next);
  for (const { runId } of said.begun) await lead(runId);
  expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'failed' });
  expect(await statuses()).toEqual(['rolled_back', 'not_started', 'not_started']);
});

test('a failure that is tolerated stops only what imports from it', async () => {
  const bad = `${NET.replace('Resources: {', `Resources: {P: {Type: AWS::Cognito::UserPool, Properties: {MfaConfiguration: NEVER}}, `)}`;
  const bounds = { maxConcurrency: 2, toleratedFailures: 1 };
  await submitted([target('net', bad), target('app', APP), { ...target('q', QUEUE), wave: 2 }], { bounds });
  await briefed();
  await led();
  expect(await statuses()).toEqual(['rolled_back', 'not_started', 'succeeded']);
  expect((await shown()).targets[1]).toMatchObject({ code: 'import_not_made' });
});

test('one answer for all, by somebody else; it wakes the workflow', async () => {
  await submitted([target('net', NET), target('app', APP)], { askAlways: true });
  expect(await briefed()).toEqual({ next: 'ask' });
  await askStep(local, steps, 'd', 'token');
  expect(woken).toEqual([]);
  const own = answerRun(local, steps, 'd', { decision: 'approve', caller: BOB });
  await expect(own).rejects.toMatchObject({ code: 'own_run' });
  // She may not do this with every stack of it.
  const part = answerRun(local, steps, 'd', { decision: 'approve', caller: EVE });
  await expect(part).rejects.toMatchObject({ code: 'not_allowed' });
  expect(await answeredStep(local, steps, 'd')).toEqual({ next: 'ask' });
  await answerRun(local, steps, 'd', { decision: 'approve', caller: ANN, reason: 'looks right' });
  expect(woken).toEqual(['token']);
  expect(await answeredStep(local, steps, 'd')).toEqual({ next: 'begin' });
  await led();
  expect(await shown()).toMatchObject({ status: 'succeeded', answer: { by: 'ann', reason: 'looks right' } });
  const late = answerRun(local, steps, 'd', { decision: 'reject', caller: ANN });
  await expect(late).rejects.toMatchObject({ code: 'run_ended', kind: 'refused' });
});

test('nobody answers, or somebody says no: nothing is begun', async () => {
  await submitted([target('q', QUEUE)], { askAlways: true });
  await briefed();
  now += ANSWER_WITHIN_MS;
  expect(await shown()).toMatchObject({ status: 'expired' });
  expect(await answeredStep(local, steps, 'd')).toEqual({ next: 'end' });
  expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
  expect((await local.store.runs.list()).items).toEqual([]);
});

test('a cancelled deployment begins no other target, and one that was about to begin does not', async () => {
  await submitted([target('q1', QUEUE), { ...target('q2', QUEUE), wave: 2 }]);
  await briefed();
  await groupStep(local, steps, 'd');
  await cancelRun(local, steps, 'd', { caller: BOB });
  await lead('d-t1');
  expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
  expect(await shown()).toMatchObject({ status: 'cancelled' });
  expect(await statuses()).toEqual(['not_started', 'planned']);
  await expect(resumeRun(local, steps, 'd', BOB)).rejects.toMatchObject({ code: 'run_not_resumable' });
});

test('a target that is being judged when its deployment is cancelled is not begun either', async () => {
  await submitted([target('q1', QUEUE)]);
  await briefed();
  await groupStep(local, steps, 'd');
  const { submit } = local.store.runs;
  local.store.runs.submit = async (run) => {
    await cancelRun(local, steps, 'd', { caller: BOB });
    return submit.call(local.store.runs, run);
  };
  await lead('d-t1');
  local.store.runs.submit = submit;
  expect(await statuses()).toEqual(['rejected']);
  expect((await local.store.runs.get('d-t1'))?.startedAt).toBeUndefined();
});

test('what was drifted since it was judged is refused, and the rest is not begun', async () => {
  await submitted([target('q1', QUEUE), { ...target('q2', QUEUE), wave: 2 }]);
  await briefed();
  // Somebody deploys another template to the first stack meanwhile.
  const other = { targets: [target('q1', 'Resources: {R: {Type: AWS::SQS::Queue}}')], bounds: BOUNDS };
  await requestTargets(local, steps, other, { caller: BOB, runId: 'e' });
  await briefStep(local, steps, open, 'e', control);
  const said = await groupStep(local, steps, 'e');
  if (said.next === 'group') for (const { runId } of said.begun) await lead(runId);
  await led();
  expect(await statuses()).toEqual(['refused', 'not_started']);
  expect((await shown('d-t1')).status).toBe('refused');
});

test('an execution that failed is started again and goes on', async () => {
  await submitted([target('q1', QUEUE), target('q2', QUEUE)]);
  await briefed();
  await groupStep(local, steps, 'd');
  await lead('d-t1');
  await resumeRun(local, steps, 'd', BOB);
  expect(started).toEqual(['d', 'd-2']);
  expect(await briefed()).toEqual({ next: 'begin' });
  expect(await led()).toEqual([['d-t2']]);
  expect(await shown()).toMatchObject({ status: 'succeeded' });
});

test('a target whose workflow failed for good counts as failed, and its run can still be resumed', async () => {
  await submitted([target('q1', QUEUE), { ...target('q2', QUEUE), wave: 2 }]);
  await briefed();
  await groupStep(local, steps, 'd');
  await judgeStep(await open({}), steps, { runId: 'd-t1', start: 'd-t1' }, control);
  await settledStep(local, steps, 'd-t1', { next: 'stopped' });
  expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
  expect(await statuses()).toEqual(['failed', 'not_started']);
});

test('a target that nobody can settle is handed out ten times and no more; the others end as they do', async () => {
  await submitted([target('q1', QUEUE), target('q2', QUEUE), { ...target('q3', QUEUE), wave: 2 }]);
  await briefed();
  let handed = 0;
  for (;;) {
    const said = await groupStep(local, steps, 'd');
    if (said.next !== 'group') break;
    for (const { runId } of said.begun) {
      // Its workflow comes back each time, and has said nothing.
      if (runId === 'd-t1') handed += 1;
      else await lead(runId);
    }
    expect(handed).toBeLessThan(50);
  }
  expect(handed).toBe(MOST_BEGUN);
  const { status, targets } = await shown();
  expect(status).toBe('failed');
  expect(targets).toMatchObject([
    { status: 'failed', code: 'workflow_failed', runId: 'd-t1' },
    { status: 'succeeded' },
    { status: 'not_started' },
  ]);
  expect(targets[0]).not.toHaveProperty('begun');
});

describe('what is signed of a deployment', () => {
  const entries = async () => (await auditList(local)).entries.filter(({ runId }) => runId === 'd');
  /** Whoever can write the table, and has no key. */
  const alter = (fields: Record<string, string>) =>
    table.write([{ update: keys.deployment('d'), set: fields, if: {} }]);
  const alterBrief = async (change: (brief: KeptBrief) => void) => {
    const { brief } = (await steps.deployments.get('d')) ?? expect.fail();
    change(brief);
    await alter({ brief: await keepValue(local.store.blobs, 'document', brief) });
  };

  test('is what was planned, decided and answered, and by whom; the log holds', async () => {
    await submitted([target('net', NET), target('app', APP)], { askAlways: true });
    await briefed();
    expect(await entries()).toMatchObject([
      { says: 'plan', result: 'deploy' },
      { says: 'verdict', result: 'ask', by: 'circle' },
    ]);
    await answerRun(local, steps, 'd', { decision: 'approve', caller: ANN });
    const { digest } = await shown();
    expect(await entries()).toMatchObject([
      { planDigest: digest },
      { planDigest: digest },
      { says: 'approval', result: 'approve', by: 'ann', planDigest: digest },
    ]);
    await led();
    expect((await shown()).status).toBe('succeeded');
    const keysNow = await local.signer.trusted();
    expect(auditVerifyLog(await shownLog(local), keysNow)).toMatchObject({ valid: true });

    // One file proves the whole; the targets' own prove what became of each.
    const proof = await showProof(local, steps, 'd', BOB);
    expect(auditVerify(JSON.stringify(proof), keysNow)).toMatchObject({ valid: true });
    const parts = await Promise.all(['d-t1', 'd-t2'].map((runId) => showProof(local, steps, runId, BOB)));
    const listed = JSON.parse(proof.plan).map(([, planDigest]: [string, string]) => planDigest);
    expect(listed).toContain(parts[0]?.planDigest);
    const other = { ...proof, plan: proof.plan.replace(listed[0], 'f'.repeat(64)) };
    const broken = auditVerify(JSON.stringify(other), keysNow);
    expect(broken).toMatchObject({ valid: false });
    expect(JSON.stringify(broken)).toContain('plan_altered');
    await expect(showProof(local, steps, 'd', EVE)).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test('a deployment that could not be planned has no proof', async () => {
    await submitted([target('q', 'Resources: {Q: {Type: AWS::Nothing::Such}}')]);
    await briefed();
    await expect(showProof(local, steps, 'd', BOB)).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });

  test('no answer, or a no: who changes the status begins nothing', async () => {
    await submitted([target('q', QUEUE)], { askAlways: true });
    await briefed();
    const forged = JSON.stringify({ decision: 'approve', by: 'ann', at: 1 });
    await alter({ status: 'running', answer: forged });
    expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
    expect(await shown()).toMatchObject({ status: 'refused', code: 'not_approved' });
    await alter({ status: 'waiting_approval' });
    await answerRun(local, steps, 'd', { decision: 'reject', caller: ANN });
    await alter({ status: 'running' });
    expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
    expect(await statuses()).toEqual(['planned']);
    expect((await local.store.runs.list()).items).toEqual([]);
  });

  test('another digest, and another plan under the same digest', async () => {
    await submitted([target('q1', QUEUE), target('q2', NET)]);
    await briefed();
    const { targets } = await shown();
    const one = (brief: KeptBrief, index: number) => brief.targets[index]?.document ?? expect.fail();
    await alterBrief((brief) => {
      one(brief, 0).planDigest = targets[1].planDigest;
    });
    const said = await groupStep(local, steps, 'd');
    expect(said).toMatchObject({ next: 'group' });
    await lead('d-t1');
    expect((await shown()).targets[0]).toMatchObject({ status: 'not_planned', error: { code: 'wrong_subject' } });
    await alterBrief((brief) => {
      brief.digest = 'f'.repeat(64);
    });
    expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
    expect(await shown()).toMatchObject({ status: 'failed', code: 'wrong_subject' });
    expect((await local.store.runs.list()).items).toEqual([]);
  });

  test('a status that changes while targets are begun begins none of those that are left', async () => {
    await submitted([target('q', QUEUE)], { askAlways: true });
    await briefed();
    await alter({ status: 'running' });
    // As if the group had been begun before anybody looked.
    const submission = await steps.submissions.targets((await steps.submissions.head('d')) ?? expect.fail());
    const part = { of: 'd', index: 0 };
    const head = { ...((await steps.submissions.head('d')) ?? expect.fail()), runId: 'd-t1', stack: 'q', part };
    const { several: _, ...own } = head;
    await steps.submissions.keep(own, { mode: 'deploy', stack: 'q', template: submission.targets[0]?.template });
    await lead('d-t1');
    expect((await shown()).targets[0]).toMatchObject({ status: 'not_planned', error: { code: 'not_approved' } });
    expect((await local.store.runs.list()).items).toEqual([]);
  });

  test('a split circle is answered by the person', async () => {
    const may = [{ who: ['bob'], may: ['read', 'deploy', 'override'], stacks: ['*'] }] as const;
    const bob = new Caller({ ...policy, rules: [...policy.rules, ...may] as AccessPolicy['rules'] }, 'bob');
    await submitted([target('split', SPLIT)], { failOn: 'none' }, bob);
    expect(await briefed()).toEqual({ next: 'ask' });
    await answerRun(local, steps, 'd', { decision: 'approve', caller: ANN });
    await led();
    expect(await shown()).toMatchObject({ status: 'succeeded' });
    const run = await local.store.runs.get('d-t1');
    expect(run).toMatchObject({ answer: { by: 'ann' }, verdict: { by: 'person' } });
    expect(run?.verdict?.reasons.join()).toContain('ann approved');
  });

  test('a worker that ended between signing and writing is followed by one that signs nothing else', async () => {
    await submitted([target('q1', QUEUE)]);
    const { begin } = steps.deployments;
    steps.deployments.begin = async () => Promise.reject(new Error('killed'));
    await expect(briefed()).rejects.toThrow('killed');
    steps.deployments.begin = begin;
    const first = await entries();
    await requestTargets(local, steps, { targets: [target('q1', NET)], bounds: BOUNDS }, { caller: BOB, runId: 'e' });
    await briefStep(local, steps, open, 'e', control);
    const said = await groupStep(local, steps, 'e');
    if (said.next === 'group') for (const { runId } of said.begun) await lead(runId);
    expect(await briefed()).toEqual({ next: 'end' });
    expect(await shown()).toMatchObject({ status: 'refused', code: 'plan_changed' });
    expect(await entries()).toEqual(first);
  });
});

describe('a workflow that failed', () => {
  const stop = async () => {
    expect(await stopStep(local, steps, 'd')).toEqual({ next: 'end' });
    states.set('d', 'failed');
  };

  test('before anything was judged: it is over, also where its last step failed too, and can be said again', async () => {
    await submitted([target('q', QUEUE)]);
    await expect(resumeRun(local, steps, 'd', BOB)).rejects.toMatchObject({ message: /planning/ });
    await expect(cancelRun(local, steps, 'd', { caller: BOB })).rejects.toMatchObject({ code: 'resource_not_found' });
    states.set('d', 'failed');
    expect(await shown()).toMatchObject({ status: 'not_planned', code: 'workflow_failed' });
    await resumeRun(local, steps, 'd', BOB);
    expect(started).toEqual(['d', 'd-2']);
    expect(await shown()).toMatchObject({ status: 'planning' });
    states.set('d-2', 'failed');
    await cancelRun(local, steps, 'd', { caller: BOB });
    expect(await shown()).toMatchObject({ status: 'cancelled', code: 'workflow_failed', targets: [] });
    await expect(resumeRun(local, steps, 'd', BOB)).rejects.toMatchObject({ message: /cancelled/ });
  });

  test('while it was judged: it is called off', async () => {
    await submitted([target('q', QUEUE)]);
    await stop();
    expect(await shown()).toMatchObject({ status: 'cancelled', code: 'workflow_failed', targets: [] });
    expect(await briefed()).toEqual({ next: 'end' });
    expect(news).toEqual([]);
  });

  test('while it waited for a person: it is called off, and no answer counts', async () => {
    await submitted([target('q', QUEUE)], { askAlways: true });
    await briefed();
    await stop();
    expect(await shown()).toMatchObject({ status: 'cancelled', code: 'workflow_failed' });
    const late = answerRun(local, steps, 'd', { decision: 'approve', caller: ANN });
    await expect(late).rejects.toMatchObject({ code: 'run_ended' });
  });

  test('with targets under way: it shows as interrupted, tells so, and goes on when it is resumed', async () => {
    await submitted([target('q1', QUEUE), { ...target('q2', QUEUE), wave: 2 }]);
    await briefed();
    await groupStep(local, steps, 'd');
    await stop();
    expect(news).toMatchObject([{ detailType: 'Deployment status changed', runId: 'd', status: 'interrupted' }]);
    expect(await shown()).toMatchObject({ status: 'interrupted', code: 'workflow_failed' });
    expect(await statuses()).toEqual(['running', 'planned']);
    await resumeRun(local, steps, 'd', BOB);
    expect((await shown()).status).toBe('running');
    expect(await led()).toEqual([['d-t1'], ['d-t2']]);
    expect(await shown()).toMatchObject({ status: 'succeeded' });
  });

  test('with targets under way: it is cancelled, and so is each of them', async () => {
    await submitted([target('q1', QUEUE), target('q2', QUEUE), { ...target('q3', QUEUE), wave: 2 }]);
    await briefed();
    await groupStep(local, steps, 'd');
    await judgeStep(await open({}), steps, { runId: 'd-t1', start: 'd-t1' }, control);
    await workStep(await open({}), steps, 'd-t1', { ...control, signal: AbortSignal.abort() });
    await stop();
    expect(await shown('d-t1')).toMatchObject({ status: 'suspended', error: { code: 'workflow_failed' } });
    await cancelRun(local, steps, 'd', { caller: BOB });
    // Nobody would come and do it.
    expect(started).toEqual(['d', 'd-t1-2']);
    await workStep(await open({}), steps, 'd-t1', control);
    expect(await shown()).toMatchObject({ status: 'cancelled' });
    expect(await statuses()).toEqual(['cancelled', 'not_started', 'planned']);
  });
});

test('a target that could not be settled is what its run came to, and goes on where that has no end', async () => {
  await submitted([target('q1', QUEUE), target('q2', QUEUE)]);
  await briefed();
  const said = await groupStep(local, steps, 'd');
  const session = await open({});
  await judgeStep(session, steps, { runId: 'd-t1', start: 'd-t1' }, control);
  await judgeStep(session, steps, { runId: 'd-t2', start: 'd-t2' }, control);
  await workStep(session, steps, 'd-t1', control);
  expect(said).toMatchObject({ begun: [{ runId: 'd-t1' }, { runId: 'd-t2' }] });
  expect(await led()).toEqual([['d-t2']]);
  expect(await shown()).toMatchObject({ status: 'succeeded' });
});

describe('more at once than an inline Map runs', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => target(`q${n}`, QUEUE));
  const group = async () => {
    const said = await groupStep(local, steps, 'd');
    if (said.next !== 'spread') return said;
    const text = await local.store.blobs.get('list', said.list);
    return (JSON.parse(text ?? '') as { runId: string }[]).map(({ runId }) => runId);
  };

  test('are a list in a blob; the same list when the step is called again', async () => {
    await submitted(many(43), { bounds: { maxConcurrency: 50, toleratedFailures: 0 } });
    await briefed();
    const first = await group();
    expect(first).toEqual(Array.from({ length: 43 }, (_, n) => `d-t${n + 1}`));
    expect(await group()).toEqual(first);
    // Too many for this test to be led: one settles, and is not begun again.
    await lead('d-t1');
    expect(await group()).toEqual(Array.from({ length: 42 }, (_, n) => `d-t${n + 2}`));
  });

  test('fewer than the service is installed for are begun in batches, so that the bound is theirs', async () => {
    await submitted(many(45), { bounds: { maxConcurrency: 42, toleratedFailures: 0 } });
    await briefed();
    expect(await group()).toHaveLength(42);
    await Promise.all(Array.from({ length: 42 }, (_, n) => lead(`d-t${n + 1}`)));
    expect(await group()).toEqual(['d-t43', 'd-t44', 'd-t45']);
  });

  test('more than the service is installed for are refused, and as many as a Map runs never are', async () => {
    const asked = submitted(many(1), { bounds: { maxConcurrency: 51, toleratedFailures: 0 } });
    await expect(asked).rejects.toMatchObject({ code: 'too_many_at_once' });
    expect(started).toEqual([]);
    steps = { ...steps, fanOut: 1 };
    await submitted(many(1), { bounds: { maxConcurrency: 40, toleratedFailures: 0 } });
    await briefed();
    expect(await groupStep(local, steps, 'd')).toMatchObject({ next: 'group', atOnce: 40 });
  });
});

test('a caller who may not deploy to every stack may not deploy at all', async () => {
  const asked = submitted([target('net', NET), target('app', APP)], {}, EVE);
  await expect(asked).rejects.toMatchObject({ code: 'not_allowed' });
  expect(started).toEqual([]);
});

describe('NoEcho parameters', () => {
  const SECRET = `Parameters: {P: {Type: String, NoEcho: true}, Size: {Type: Number, Default: 0}}
Resources:
  A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref P}}
  Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Size}}`;
  // The same name, and nothing to hide.
  const OPEN =
    'Parameters: {P: {Type: String}, Size: {Type: Number, Default: 0}}\nResources: {A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref P}}}';
  const sealedOf = async (index: number) => (await table.get(keys.sealed(`d-t${index + 1}`))) !== undefined;
  const sentTo = async (account: string, logicalId = 'A') => {
    const { stacks } = await status(local, { account });
    const [{ physicalId = '' } = {}] = stacks[0]?.resources.filter((one) => one.logicalId === logicalId) ?? [];
    const session = await open({ account });
    const answer = await session.cloud.get({ typeName: 'AWS::SSM::Parameter', identifier: physicalId });
    return answer.ok ? (answer.value as AnyDocument).Value : answer;
  };
  /** All that is kept, as text. */
  const everything = () =>
    [
      ...memory.blobs.values(),
      ...[...memory.items.values()].flatMap((items) => JSON.stringify([...items.values()])),
    ].join();
  const common = { parameters: { P: 'canary-all', Size: '7' } };

  test('are sealed for each target, arrive there through an approval that asks for none, and are kept nowhere', async () => {
    const own = { ...target('s', SECRET, TWO), parameters: { P: 'canary-own' } };
    await submitted([target('s', SECRET), own], { ...common, askAlways: true });
    expect([await sealedOf(0), await sealedOf(1)]).toEqual([true, true]);
    expect(await briefed()).toEqual({ next: 'ask' });
    // Whatever is called out of turn: it still waits.
    expect(await groupStep(local, steps, 'd')).toEqual({ next: 'end' });
    await answerRun(local, steps, 'd', { decision: 'approve', caller: ANN });
    expect(await answeredStep(local, steps, 'd')).toEqual({ next: 'begin' });
    await led();
    expect(await statuses()).toEqual(['succeeded', 'succeeded']);
    expect([await sentTo(ONE), await sentTo(TWO)]).toEqual(['canary-all', 'canary-own']);
    expect([await sealedOf(0), await sealedOf(1)]).toEqual([false, false]);
    expect(everything()).toContain('"Size":"7"');
    expect(everything()).not.toContain('canary');
  });

  test('what one target hides and another shows', async () => {
    await submitted([target('hides', SECRET), target('shows', OPEN, TWO)], common);
    expect([await sealedOf(0), await sealedOf(1)]).toEqual([true, false]);
    const { parameters, targets } = await steps.submissions.targets(
      (await steps.submissions.head('d')) ?? { submission: '' },
    );
    expect({ parameters, own: targets.map((one) => one.parameters) }).toEqual({
      parameters: { Size: '7' },
      own: [{}, { P: 'canary-all' }],
    });
    await briefed();
    await led();
    expect(await statuses()).toEqual(['succeeded', 'succeeded']);
  });

  test('nothing to hide: what is kept is what was asked', async () => {
    const asked = [{ ...target('shows', OPEN), parameters: { P: 'x' } }];
    await submitted(asked, { parameters: { Size: '1' } });
    const head = (await steps.submissions.head('d')) ?? { submission: '' };
    expect(await steps.submissions.targets(head)).toEqual({
      targets: asked,
      bounds: BOUNDS,
      parameters: { Size: '1' },
    });
  });

  test('one target’s values open for no other, and not for another deployment', async () => {
    await submitted([target('s', SECRET), target('s', SECRET, TWO)], common);
    const digest = (await steps.submissions.head('d'))?.submission ?? '';
    expect(revealed(await steps.vault.open({ runId: 'd-t1', digest }))).toEqual({ P: 'canary-all' });
    await expect(steps.vault.open({ runId: 'd-t1', digest: 'f'.repeat(64) })).rejects.toThrow();
    const item = await table.get(keys.sealed('d-t1'));
    if (item === undefined) throw new Error('nothing was sealed');
    await table.write([{ put: { ...item, ...keys.sealed('d-t2') } }]);
    await expect(steps.vault.open({ runId: 'd-t2', digest })).rejects.toThrow();
  });

  test.each<[string, Partial<TargetsSubmission>, () => Promise<unknown>]>([
    ['refused', { planDigest: 'f'.repeat(64) }, briefed],
    [
      'rejected',
      { askAlways: true },
      async () => {
        await briefed();
        await answerRun(local, steps, 'd', { decision: 'reject', caller: ANN });
        return answeredStep(local, steps, 'd');
      },
    ],
    [
      'expired',
      { askAlways: true },
      async () => {
        await briefed();
        now += ANSWER_WITHIN_MS;
        return answeredStep(local, steps, 'd');
      },
    ],
    [
      'cancelled while it waits',
      { askAlways: true },
      async () => {
        await briefed();
        await cancelRun(local, steps, 'd', { caller: BOB });
        return answeredStep(local, steps, 'd');
      },
    ],
  ])('are forgotten when the deployment is %s', async (_, more, end) => {
    await submitted([target('s', SECRET), target('s', SECRET, TWO)], { ...common, ...more });
    expect(await sealedOf(1)).toBe(true);
    expect(await end()).toEqual({ next: 'end' });
    expect([await sealedOf(0), await sealedOf(1)]).toEqual([false, false]);
  });

  test('are forgotten when the workflow fails before anything was begun', async () => {
    await submitted([target('s', SECRET), target('s', SECRET, TWO)], common);
    await stopStep(local, steps, 'd');
    expect([await sealedOf(0), await sealedOf(1)]).toEqual([false, false]);
  });

  test('are forgotten when a target could not be judged', async () => {
    await submitted([target('s', SECRET)], common);
    await briefed();
    await groupStep(local, steps, 'd');
    await stopStep(local, steps, 'd-t1');
    expect(await sealedOf(0)).toBe(false);
  });

  test('are forgotten for the targets that are not begun', async () => {
    await submitted([target('bad', BAD), { ...target('s', SECRET, TWO), ...common, wave: 2 }]);
    await briefed();
    await led();
    expect(await statuses()).toEqual(['rolled_back', 'not_started']);
    expect(await sealedOf(1)).toBe(false);
  });
});
