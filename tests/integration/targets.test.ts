// `deploy --targets`: several stacks in several accounts and regions, one answer for all, in the order of their exports.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };
const NET = {
  Resources: { T: { Type: 'AWS::SNS::Topic' } },
  Outputs: {
    A: { Value: { Ref: 'T' }, Export: { Name: 'topic' } },
    B: { Value: 'fixed', Export: { Name: 'word' } },
  },
};
const name = { 'Fn::Select': [5, { 'Fn::Split': [':', { 'Fn::ImportValue': 'topic' }] }] };
const APP = {
  Resources: { U: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: name } } },
  Outputs: { O: { Value: { 'Fn::ImportValue': 'word' } }, N: { Value: name } },
};
const QUEUE = { Resources: { Q: { Type: 'AWS::SQS::Queue' } } };
// The sandbox refuses it, as Cognito does; its schema does not.
const BAD = { Resources: { P: { Type: 'AWS::Cognito::UserPool', Properties: { MfaConfiguration: 'NEVER' } } } };
const OPEN = { Resources: { A: { Type: 'AWS::S3::Bucket', Properties: { AccessControl: 'PublicRead' } } } };
const [ONE, TWO] = ['111111111111', '222222222222'];

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
  for (const [file, template] of Object.entries({ net: NET, app: APP, queue: QUEUE, bad: BAD, open: OPEN })) {
    space.file(`${file}.json`, template);
  }
});
afterEach(() => space[Symbol.dispose]());

const target = (stack: string, template: string, more: object = {}) => ({
  stack,
  template: `${template}.json`,
  account: ONE,
  region: 'eu-west-1',
  ...more,
});
const deploy = (targets: object[], ...args: string[]) => {
  const { options = {}, rest } = { options: (targets[0] as AnyDocument)?.bounds, rest: targets };
  const list = rest.map(({ bounds: _, ...one }: AnyDocument) => one);
  return space.json('deploy', '--targets', space.file('targets.json', { ...options, targets: list }), ...args);
};
const statuses = ({ targets }: AnyDocument) => targets.map((one: AnyDocument) => one.status);

test('what is imported is made first, in each account; again, nothing changes', TIMEOUT, async () => {
  // The importers stand first: only their imports say that they come later.
  const both = [ONE, TWO].flatMap((account) => [target('app', 'app', { account }), target('net', 'net', { account })]);
  const { code, document } = await deploy(both, '--yes');
  expect({ code, outcome: document.outcome, statuses: statuses(document) }).toEqual({
    code: 0,
    outcome: 'succeeded',
    statuses: ['succeeded', 'succeeded', 'succeeded', 'succeeded'],
  });
  const [app, net, elsewhere] = document.targets;
  expect(app).toMatchObject({ stack: 'app', account: ONE, open: ['topic'], result: { outputs: { O: 'fixed' } } });
  expect(net.open).toBeUndefined();
  expect(elsewhere).toMatchObject({ account: TWO });
  // The topic's name, which only its creation brought about.
  expect(app.result.outputs.N).toBe(net.result.outputs.A.split(':')[5]);
  expect(elsewhere.result.outputs.N).not.toBe(app.result.outputs.N);
  // What was open when it was judged is another digest than what was deployed.
  expect(app.planDigest).not.toBe(app.result.planDigest);
  expect(net.planDigest).toBe(net.result.planDigest);
  const again = await deploy(both, '--yes');
  expect(again).toMatchObject({ code: 0, document: { outcome: 'no_changes' } });
});

test('a deployment is approved by its digest, and only that one', TIMEOUT, async () => {
  const targets = [target('app', 'app'), target('net', 'net')];
  const asked = await space.run('deploy', '--targets', space.file('targets.json', { targets }));
  expect(asked.code).toBe(2);
  const digest = /[0-9a-f]{64}/.exec(asked.stderr)?.[0] ?? '';
  const other = await deploy([target('app', 'queue'), target('net', 'net')], '--approve', digest);
  expect(other).toMatchObject({ code: 1, document: { outcome: 'refused', code: 'plan_changed' } });
  expect(statuses(other.document)).toEqual(['planned', 'planned']);
  expect((await space.json('status')).document.stacks).toEqual([]);
  expect(await deploy(targets.toReversed(), '--approve', digest)).toMatchObject({
    code: 0,
    document: { digest, outcome: 'succeeded' },
  });
});

test('one that is refused, or cannot be planned: nothing is called anywhere', TIMEOUT, async () => {
  const refused = await deploy([target('a', 'queue'), target('b', 'open')], '--yes', '--fail-on', 'high');
  expect(refused).toMatchObject({ code: 1, document: { outcome: 'refused', code: 'security_validation_failed' } });
  expect(statuses(refused.document)).toEqual(['planned', 'refused']);
  const unplanned = await deploy([target('a', 'queue'), target('app', 'app')], '--yes');
  expect(unplanned).toMatchObject({ code: 2, document: { outcome: 'refused', code: 'target_not_planned' } });
  expect(unplanned.document.targets[1].error).toMatchObject({
    code: 'invalid_template',
    problems: Array(3).fill({ code: 'unknown_export' }),
  });
  expect((await space.json('status')).document).toMatchObject({ stacks: [], runs: [] });
});

test('too many fail: no other is begun; what succeeded stays', TIMEOUT, async () => {
  const targets = (toleratedFailures: number) => [
    target('a', 'queue', { wave: 1, bounds: { maxConcurrency: 1, toleratedFailures } }),
    target('b', 'bad', { wave: 1 }),
    target('c', 'queue', { wave: 1 }),
    target('d', 'queue', { wave: 2 }),
  ];
  const stopped = await deploy(targets(0), '--yes');
  expect(stopped).toMatchObject({ code: 3, document: { outcome: 'failed' } });
  expect(statuses(stopped.document)).toEqual(['succeeded', 'rolled_back', 'not_started', 'not_started']);
  expect(stopped.document.targets[3]).toMatchObject({ code: 'too_many_failures' });
  const tolerated = await deploy(targets(1), '--yes');
  expect(statuses(tolerated.document)).toEqual(['no_changes', 'rolled_back', 'succeeded', 'succeeded']);
});

test('what needs a target that failed is not begun, however many failures are tolerated', TIMEOUT, async () => {
  const { Outputs } = NET;
  space.file('badnet.json', { Resources: { ...NET.Resources, ...BAD.Resources }, Outputs });
  const bounds = { toleratedFailures: 5 };
  const { document } = await deploy([target('net', 'badnet', { bounds }), target('app', 'app')], '--yes');
  expect(statuses(document)).toEqual(['rolled_back', 'not_started']);
  expect(document.targets[1]).toMatchObject({ code: 'import_not_made' });
});

test('no more targets at once than asked for', TIMEOUT, async () => {
  const targets = Array.from({ length: 6 }, (_, n) => target(`s${n}`, 'queue', { bounds: { maxConcurrency: 2 } }));
  const { stdout } = await space.run(
    'deploy',
    ...[
      '--targets',
      space.file('targets.json', {
        maxConcurrency: 2,
        targets: targets.map(({ bounds: _, ...one }: AnyDocument) => one),
      }),
    ],
    ...['--yes', '--format', 'jsonl'],
  );
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const document = events.pop();
  expect(document).toMatchObject({ kind: 'targets', outcome: 'succeeded' });
  expect(new Set(events.map(({ target: { index } }: AnyDocument) => index)).size).toBe(6);
  // By the times of the runs themselves.
  const { runs } = (await space.json('status')).document;
  const most = Math.max(
    ...runs.map(
      ({ startedAt }: AnyDocument) =>
        runs.filter((other: AnyDocument) => other.startedAt <= startedAt && startedAt < other.endedAt).length,
    ),
  );
  expect(most).toBe(2);
});

test.each<[string, object[], string]>([
  ['a stack twice', [target('a', 'queue'), target('a', 'queue')], 'target_twice'],
  ['an export twice', [target('a', 'net'), target('b', 'net')], 'export_taken'],
  ['an import of a later wave', [target('app', 'app', { wave: 1 }), target('net', 'net', { wave: 2 })], 'targets_wait'],
  ['no target', [], 'invalid_targets'],
  ['an unknown field', [target('a', 'queue', { acount: ONE })], 'invalid_targets'],
  ['no template', [{ stack: 'a' }], 'invalid_targets'],
])('%s is refused', async (_, targets, code) => {
  expect(await deploy(targets, '--yes')).toMatchObject({ code: 2, document: { kind: 'error', code } });
});

test('what a target tells names where it is, though the file does not say', TIMEOUT, async () => {
  const targets = [
    { stack: 'a', template: 'queue.json' },
    { stack: 'b', template: 'queue.json', region: 'eu-west-1' },
  ];
  const file = space.file('targets.json', { targets });
  const { code, stderr } = await space.run('deploy', '--targets', file, '--yes');
  expect(code).toBe(0);
  expect(stderr).toMatch(/^a in 123456789012, us-east-1: run \S+ started/m);
  expect(stderr).toMatch(/^b in 123456789012, eu-west-1: run \S+ started/m);
  targets.push({ stack: 'c', template: 'queue.json' });
  const more = await space.run('deploy', '--targets', space.file('t.json', { targets }), '--yes', '--format', 'jsonl');
  expect(JSON.parse(more.stdout.split('\n')[0] ?? '').target).toMatchObject({
    account: '123456789012',
    region: expect.stringMatching(/-1$/),
  });
  const unplanned = await space.run(
    'deploy',
    '--targets',
    space.file('t.json', { targets: [{ stack: 'c', template: 'app.json' }] }),
  );
  expect(unplanned.stdout).toMatch(/^ {2}c {2}not planned/m);
  expect((await space.run('resume')).stderr).toContain('`deploy --targets`');
});

test('killed in the middle, the same command again goes on', TIMEOUT, async () => {
  const resources = { A: { Type: 'AWS::SQS::Queue' }, B: { Type: 'AWS::SQS::Queue', DependsOn: 'A' } };
  using slow = new Workspace({ ASSENT_SANDBOX_SPEED: '60' });
  slow.file('two.json', { Resources: resources });
  const targets = ['a', 'b'].map((stack) => ({ stack, template: 'two.json' }));
  const file = slow.file('targets.json', { maxConcurrency: 1, targets });
  const { child, ended, says } = slow.start(['deploy', '--targets', file, '--yes', '--format', 'jsonl']);
  await says(/"logicalId":"A".*"in_progress"/);
  child.kill('SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
  const again = await slow.json('deploy', '--targets', file, '--yes');
  expect(again).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  // What was in flight was not made a second time.
  expect(again.document.targets[0].result).toMatchObject({ calls: { create: 1 } });
  expect(again.document.targets[1].result).toMatchObject({ calls: { create: 2 } });
});

test('an account that is not in quotes is a number to YAML, and the message says what to do', async () => {
  const file = space.file('t.yaml', 'targets:\n  - { stack: a, template: queue.json, account: 012345678901 }\n');
  const { code, document } = await space.json('deploy', '--targets', file, '--yes');
  expect(code).toBe(2);
  expect(document.problems).toMatchObject([
    { path: 'targets/0/account', message: expect.stringMatching(/received number; put it in quotes$/) },
  ]);
  // Of anything else quotes make nothing right.
  const other = await deploy([target('a', 'queue', { account: null })], '--yes');
  expect(other.document.problems[0].message).not.toContain('quotes');
});

test('--stack and --targets are not meant together', async () => {
  const { code, stderr } = await space.run('deploy', 'queue.json', '--targets', 'x', '--stack', 's');
  expect(code).toBe(2);
  expect(stderr).toContain('--stack: with --targets the file says which stacks are meant.');
});
