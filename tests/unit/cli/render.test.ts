// What people read, on documents written down here.
import { expect, test } from 'vitest';
import type { Action, StepStatus } from '#wasm';
import type { ActionDocument, PlanDocument, RunDocument } from '../../../src/app/documents/documents.ts';
import type { ResourceDocument } from '../../../src/app/documents/events.ts';
import { shell } from '../../../src/cli/again.ts';
import { exitCodeOf } from '../../../src/cli/exit.ts';
import { mermaid } from '../../../src/cli/render/mermaid.ts';
import { inOrder, planText } from '../../../src/cli/render/plan.ts';
import { runText } from '../../../src/cli/render/run.ts';
import { duration, painter, plain, table } from '../../../src/cli/render/style.ts';

const paint = painter(false);

const action = (logicalId: string, what: Action, dependsOn: string[] = [], more: Partial<ActionDocument> = {}) => ({
  logicalId,
  type: 'AWS::SQS::Queue',
  action: what,
  reasons: [],
  changes: [],
  irreversible: [],
  dependsOn,
  estimateMs: 1_000,
  ...more,
});

const planOf = (...actions: ActionDocument[]): PlanDocument => ({
  version: 1,
  kind: 'plan',
  digest: 'd1g35t',
  stack: 'web',
  actions,
  forecast: { makespanMs: 61_000, criticalPath: ['A', 'B'] },
  problems: [],
});

test('a plan lists what comes first first, says why, and counts', () => {
  const document = planOf(
    action('A', 'create', ['Z']),
    action('Gone', 'delete', [], {
      reasons: ['it is no longer in the template'],
      irreversible: ['Gone and its messages are deleted'],
    }),
    action('Same', 'noop'),
    action('Z', 'create'),
  );
  document.problems = [{ code: 'odd', severity: 'warning', message: 'Odd.', line: 3, column: 5, help: 'Even it.' }];
  expect(planText(document, { where: 'sandbox', file: 'web.yaml', speed: 1 }, paint)).toBe(
    [
      'Plan for stack web (sandbox)',
      '',
      '  - Gone  AWS::SQS::Queue  it is no longer in the template',
      '  + Z     AWS::SQS::Queue',
      '  + A     AWS::SQS::Queue  after Z',
      '',
      'Cannot be undone',
      '  ! Gone and its messages are deleted',
      '',
      'Warnings',
      '  web.yaml:3:5  warning  Odd. [odd]',
      '      Even it.',
      '',
      'Plan: 2 to create, 0 to update, 0 to replace, 1 to delete, 1 unchanged.',
      'Forecast: about 1 min 1 s',
      'Critical path: A → B',
      'Digest: d1g35t',
      '',
    ].join('\n'),
  );
});

test('what a rollback would do is counted, and told of each that is not as before then', () => {
  const undo = (how: NonNullable<ActionDocument['undo']>['action'], ...reasons: string[]) => ({
    undo: { action: how, reasons },
  });
  const document = planOf(
    action('New', 'create', [], undo('delete')),
    action('Log', 'create', [], undo('retain', 'its DeletionPolicy is Retain')),
    action('Queue', 'update', [], undo('restore')),
    action('Db', 'replace', [], undo('recreate', 'what it was is gone, so it is created anew')),
    action('Same', 'noop'),
  );
  const text = planText(document, { where: 'sandbox', file: 'web.yaml', speed: 1 }, paint);
  expect(text).toContain('If it fails: 1 deleted again, 1 as before, 1 made anew, 1 kept but forgotten\n');
  expect(text).toContain(
    [
      'If it fails',
      '  ! Db is made anew: what it was is gone, so it is created anew',
      '  ! Log stays, and the stack forgets it: its DeletionPolicy is Retain',
      '',
    ].join('\n'),
  );
});

test('a plan without changes says so in one sentence', () => {
  const text = planText(planOf(action('A', 'noop')), { where: 'sandbox', file: 'web.yaml', speed: 1 }, paint);
  expect(text.split('\n')[0]).toBe('No changes. Stack web is as its template says (1 resource).');
});

test('a long critical path is shortened in the middle', () => {
  const document = planOf(action('A', 'create'));
  document.forecast.criticalPath = Array.from({ length: 30 }, (_, n) => `R${n}`);
  expect(planText(document, { where: 'x', file: 'y', speed: 20 }, paint)).toContain('R3 → … 22 more … → R26');
  expect(planText(document, { where: 'x', file: 'y', speed: 20 }, paint)).toContain(
    'about 1 min 1 s here, 20 min 20 s on AWS',
  );
});

test.each([60, 30, 10])(
  'on a terminal of %d columns remarks are cut, and no line of the table is wrapped by them',
  (columns) => {
    const document = planOf(
      action('First', 'create'),
      action('Second', 'create', ['First', 'Another', 'AndOneMore', 'Last']),
    );
    const shown = { where: 'x', file: 'y', speed: 1 };
    const line = (text: string) => text.split('\n').find((one) => one.includes('Second')) ?? '';
    const whole = line(planText(document, shown, paint));
    expect(whole).toContain('after First, Another, AndOneMore and 1 more');
    const cut = line(planText(document, { ...shown, columns }, paint));
    expect(cut.length).toBeLessThanOrEqual(Math.max(columns, whole.indexOf('  after')));
    expect(cut).toContain('AWS::SQS::Queue');
  },
);

test('order survives cycles and references to what is not there', () => {
  const listed = inOrder([
    action('A', 'create', ['B']),
    action('B', 'create', ['A']),
    action('C', 'create', ['Nowhere']),
  ]);
  expect(listed.map(({ logicalId }) => logicalId)).toEqual(['C', 'A', 'B']);
});

test('a flowchart has one node per resource, one arrow per dependency, and no way to break out of a label', () => {
  const chart = mermaid(planOf(action('A', 'create', ['B']), action('B', 'noop', [], { type: 'a"]<b>#&\n%%' })));
  expect(chart).toContain('r1 --> r0');
  expect(chart).toContain('r1["B<br/><small>a#34;]#60;b#62;#35;#38; %%</small>"]:::noop');
  expect(chart.match(/classDef/g)).toHaveLength(2);
});

const resource = (logicalId: string, status: StepStatus, more: Partial<ResourceDocument> = {}): ResourceDocument => ({
  logicalId,
  type: 'AWS::SQS::Queue',
  physicalId: null,
  action: 'create',
  status,
  startedAt: null,
  elapsedMs: 0,
  attempts: 1,
  ...more,
});

const runOf = (
  outcome: RunDocument['outcome'],
  resources: ResourceDocument[],
  more: Partial<RunDocument> = {},
): RunDocument => ({
  version: 1,
  kind: 'deploy',
  runId: 'r1',
  planDigest: 'd',
  outcome,
  resources,
  outputs: {},
  verdict: null,
  elapsedMs: 4_200,
  calls: { create: 2, update: 0, delete: 0, get: 1, poll: 3, throttled: 1 },
  ...more,
});

const asked = { stack: 'web', again: 'assent deploy web.yaml --stack web', options: '' };

test('a success shows its outputs and what to do next', () => {
  const text = runText(
    runOf('succeeded', [resource('A', 'succeeded')], { outputs: { Url: 'https://x', L: [1] } }),
    asked,
    paint,
  );
  expect(text).toContain('Deployed stack web in 4.2 s (1 created).');
  expect(text).toContain('  Url  https://x\n  L    [1]\n');
  expect(text).toContain('Calls: 2 create, 1 get, 3 poll; 1 of them throttled');
  expect(text).toContain('assent destroy --stack web');
});

test('a failure names what failed, what was not started, and how to go on', () => {
  const failed = resource('Q', 'failed', { errorCode: 'AlreadyExists', message: 'it exists\u001b[2J', attempts: 3 });
  const text = runText(runOf('failed', [resource('A', 'succeeded'), failed, resource('B', 'blocked')]), asked, paint);
  expect(text).toContain('Deployment failed: stack web, after 4.2 s (1 created, 1 failed, 1 not started).');
  expect(text).toContain('✗ Q (AWS::SQS::Queue) after 3 attempts\n      AlreadyExists: it exists\n');
  expect(text).toContain('Not started, because something they need failed\n  B\n');
  expect(text).toContain('What was done is kept. Next:\n  assent deploy web.yaml --stack web');
});

test('a cancelled run says how to resume it', () => {
  expect(runText(runOf('cancelled', []), { ...asked, options: ' --state s' }, paint)).toContain(
    'assent resume r1 --state s',
  );
});

test.each<[RunDocument['outcome'], number]>([
  ['succeeded', 0],
  ['no_changes', 0],
  ['refused', 1],
  ['rolled_back', 3],
  ['failed', 4],
  ['waiting_approval', 7],
  ['cancelled', 130],
])('%s ends with %i', (outcome, code) => {
  expect(exitCodeOf({ outcome })).toBe(code);
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [9_960, '10 s'],
  [59_960, '1 min 0 s'],
  [3_599_600, '1 h 0 min'],
  [7_500_000, '2 h 5 min'],
])('%i ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('text from elsewhere cannot move the cursor, ring, or turn the line around', () => {
  expect(plain('a\u001b[31mb\u0007\r\nc\u202ed\u009b2J')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(plain('a\r\nb')).toBe('a b');
});

test('a table counts letters, not escape sequences', () => {
  const colour = painter(true);
  expect(
    table(
      [
        [colour('red', 'a'), 'x'],
        ['bbb', 'y'],
      ],
      '',
    ),
  ).toBe(`${colour('red', 'a')}    x\nbbb  y\n`);
});

test.each([
  [['assent', 'deploy', 'a b.yaml'], "assent deploy 'a b.yaml'"],
  [["it's"], "'it'\\''s'"],
  [['$(rm)'], "'$(rm)'"],
  [['./web-app.yaml'], './web-app.yaml'],
])('%j is pasted as %s', (words, line) => {
  expect(shell(words)).toBe(line);
});
