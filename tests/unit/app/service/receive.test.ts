// What lands in a bucket, or starts the workflow, becomes a submission: once, and never without a person unless that is said.
import { beforeEach, expect, test } from 'vitest';
import { Memory, MemoryTable, openMemoryStore } from '../../../../src/adapters/memory/store.ts';
import { TableSubmissions } from '../../../../src/adapters/table/submissions.ts';
import type { Submission, TargetsSubmission, Workflow } from '../../../../src/app/ports/service.ts';
import { type Received, receiveStep } from '../../../../src/app/service/receive.ts';
import type { Steps } from '../../../../src/app/service/steps.ts';
import type { Local } from '../../../../src/app/session.ts';
import type { AccessPolicy } from '../../../../src/domain/access.ts';
import { InvalidInput, Unreachable } from '../../../../src/domain/errors.ts';
import { aSigner } from '../../../support/signer.ts';

const template = 'Resources: {A: {Type: AWS::SQS::Queue}}';
const policy: AccessPolicy = {
  rules: [{ who: ['s3://b/*', 'execution:*'], may: ['deploy'], stacks: ['web*', 'night*'] }],
  ownApproval: false,
  unattended: ['s3://b/nightly/*'],
  digest: 'd',
};

let objects: Map<string, { text: string; metadata: Record<string, string> }>;
let local: Local;
let steps: Steps;
let started: string[];
let told: object[];
let runs: number;

beforeEach(() => {
  [objects, started, told, runs] = [new Map(), [], [], 0];
  const now = () => 1_000;
  const memory = new Memory();
  const store = openMemoryStore({ now }, memory);
  local = { store, signer: aSigner(), clock: { now, sleep: async () => undefined } as unknown as Local['clock'] };
  const workflow: Pick<Workflow, 'start' | 'state'> = {
    start: async (name) => void started.push(name),
    state: async (name) => ({ status: started.includes(name) ? 'running' : 'unknown' }),
  };
  steps = {
    submissions: new TableSubmissions(new MemoryTable(memory, now), store.blobs),
    workflow,
    tell: async (detailType: string, detail: object) => void told.push({ detailType, ...detail }),
  } as unknown as Steps;
});

const put = (key: string, text = template, metadata: Record<string, string> = {}) =>
  objects.set(key, { text, metadata });
const object = (key: string, sequencer = '1'): Received => ({ kind: 'object', bucket: 'b', key, sequencer });
const receive = (received: Received | InvalidInput, execution = 'e1') =>
  receiveStep(
    local,
    steps,
    () => {
      if (received instanceof InvalidInput) throw received;
      return received;
    },
    {
      read: async ({ key }) => objects.get(key),
      policy,
      newRunId: () => {
        runs += 1;
        return `r${runs}`;
      },
      execution,
    },
  );
async function submitted(runId = 'r1'): Promise<Submission & { by: string }> {
  const head = await steps.submissions.head(runId);
  if (head === undefined) throw new Error(`nothing was submitted as ${runId}`);
  return { ...(await steps.submissions.submission(head)), by: head.by };
}

test('an object is a stack of its name, and a person is asked', async () => {
  put('team/web.yaml');
  expect(await receive(object('team/web.yaml'))).toEqual({ next: 'end' });
  expect(started).toEqual(['r1']);
  const by = 's3://b/team/web.yaml';
  expect(await submitted()).toEqual({ mode: 'deploy', stack: 'web', template, parameters: {}, askAlways: true, by });
});

test('an event that comes twice is one run; another write of the object is another', async () => {
  put('web.yaml');
  for (const sequencer of ['1', '1', '2']) await receive(object('web.yaml', sequencer));
  expect(started).toEqual(['r1', 'r3']);
});

test('metadata counts more than what stands beside it, and that more than the name', async () => {
  put('x.yaml', template, { stack: 'web-2', parameters: '{"A": "metadata"}' });
  put('x.yaml.parameters.json', '{"A": "beside", "B": "beside"}');
  await receive(object('x.yaml'));
  expect(await submitted()).toMatchObject({ stack: 'web-2', parameters: { A: 'metadata', B: 'beside' } });
});

test('only what the policy names goes on without a person', async () => {
  put('nightly/night.yaml');
  await receive(object('nightly/night.yaml'));
  expect(await submitted()).not.toHaveProperty('askAlways');
});

test.each([
  ['a file of parameters', 'web.yaml.parameters.json'],
  ['a folder', 'team/'],
  ['an object that is gone', 'gone.yaml'],
])('%s is no template', async (_, key) => {
  if (key !== 'gone.yaml') put(key);
  expect(await receive(object(key))).toEqual({ next: 'end' });
  expect([started, told]).toEqual([[], []]);
});

test.each<[string, string, Record<string, string>, string | undefined, string]>([
  ['a name that is no stack', '1.yaml', {}, undefined, 'invalid_stack_name'],
  ['a stack that the policy does not name', 'prod.yaml', {}, undefined, 'not_allowed'],
  ['parameters that are no JSON', 'web.yaml', { parameters: '{' }, undefined, 'invalid_parameters_file'],
  ['parameters that are no texts', 'web.yaml', {}, '{"A": 1}', 'invalid_parameters_file'],
  ['parameters that are a list', 'web.yaml', {}, '[]', 'invalid_parameters_file'],
])('%s is refused, and told', async (_, key, metadata, beside, code) => {
  put(key, template, metadata);
  if (beside !== undefined) put(`${key}.parameters.json`, beside);
  expect(await receive(object(key))).toMatchObject({ next: 'refused', error: { code } });
  expect(told).toMatchObject([{ detailType: 'Submission refused', by: `s3://b/${key}`, code }]);
  expect(started).toEqual([]);
});

test('a submission by a start of the workflow: once, asked about, and whoever asks for it not to be is not heard', async () => {
  const submission = { mode: 'deploy', stack: 'web', template, askAlways: false } as const;
  for (const _ of [1, 2]) await receive({ kind: 'submission', submission });
  expect(started).toEqual(['r1']);
  expect(await submitted()).toMatchObject({ askAlways: true, by: 'execution:e1' });
  await receive({ kind: 'submission', submission: { ...submission, skipExperts: true } }, 'e2');
  expect(told).toMatchObject([{ by: 'execution:e2', code: 'not_allowed' }]);
});

test('a start that gives NoEcho values is refused: its history keeps them', async () => {
  const secret = `Parameters: {P: {Type: String, NoEcho: true}, Q: {Type: String}}\n${template}`;
  const one = { mode: 'deploy', stack: 'web', template: secret } as const;
  const several = { ...one, bounds: { maxConcurrency: 1, toleratedFailures: 0 } } as const;
  const given: (Submission | TargetsSubmission)[] = [
    { ...one, parameters: { P: 'canary', Q: 'open' } },
    { ...several, parameters: { P: 'canary' }, targets: [{ stack: 'web' }] },
    { ...several, targets: [{ stack: 'web-1' }, { stack: 'web-2', parameters: { P: 'canary' } }] },
    { ...several, template, targets: [{ stack: 'web', template: secret, parameters: { P: 'canary' } }] },
  ];
  for (const submission of given) {
    const refused = await receive({ kind: 'submission', submission });
    expect(refused).toMatchObject({ next: 'refused', error: { code: 'secret_in_start' } });
    expect(JSON.stringify([refused, told])).not.toContain('canary');
  }
  expect(told).toHaveLength(given.length);
  expect(started).toEqual([]);
  expect(await receive({ kind: 'submission', submission: { ...one, parameters: { Q: 'open' } } })).toEqual({
    next: 'end',
  });
});

test('what nobody understands is told; what cannot be read now is tried again', async () => {
  await receive(new InvalidInput('invalid_input', 'No.'));
  expect(told).toMatchObject([{ by: 'execution:e1', code: 'invalid_input' }]);
  steps.workflow.start = async () => {
    throw new Unreachable('Not now.');
  };
  put('web.yaml');
  await expect(receive(object('web.yaml'))).rejects.toThrow('Not now.');
});
