// The whole thing as a user meets it: processes, the real core, the real SDK, the bundled sandbox.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AnyDocument, queues, Workspace } from '../support/cli.ts';

test('plan, deploy, outputs, status, deploy again, destroy, destroy again', { timeout: 120_000 }, async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(2, 3));
  const common = ['--stack', 'web'];

  const planned = await space.json('plan', file, ...common);
  expect(planned.code).toBe(0);
  expect(planned.document).toMatchObject({ version: 1, kind: 'plan', stack: 'web', problems: [] });
  expect(planned.document.actions).toHaveLength(6);
  expect(planned.document.digest).toMatch(/^[0-9a-f]{64}$/);

  const deployed = await space.json('deploy', file, ...common, '--approve', planned.document.digest);
  expect(deployed.code).toBe(0);
  expect(deployed.document).toMatchObject({
    version: 1,
    kind: 'deploy',
    outcome: 'succeeded',
    planDigest: planned.document.digest,
    verdict: { decision: 'approve', by: 'circle', skipped: [] },
    calls: { create: 6, update: 0, delete: 0 },
  });
  expect(deployed.document.outputs.First).toMatch(/^arn:aws:sqs:us-east-1:\d{12}:/);
  for (const resource of deployed.document.resources) {
    expect(resource).toMatchObject({ action: 'create', status: 'succeeded', attempts: 1 });
    expect(resource.startedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  }

  const outputs = await space.json('outputs', ...common);
  expect(outputs.document).toMatchObject({ kind: 'outputs', stack: 'web', outputs: deployed.document.outputs });
  const status = await space.json('status', ...common);
  expect(status.document.stacks).toMatchObject([
    { stack: 'web', status: 'complete', lastRun: deployed.document.runId },
  ]);
  expect(status.document.stacks[0].resources).toHaveLength(6);

  // Nothing to do needs no answer, so neither a terminal nor --yes.
  const again = await space.json('deploy', file, ...common);
  expect(again).toMatchObject({ code: 0, document: { outcome: 'no_changes', outputs: deployed.document.outputs } });

  const destroyed = await space.json('destroy', ...common, '--yes');
  expect(destroyed).toMatchObject({
    code: 0,
    document: { kind: 'destroy', outcome: 'succeeded', calls: { delete: 6 } },
  });
  expect((await space.json('status')).document.stacks).toEqual([]);
  const gone = await space.run('destroy', ...common);
  expect(gone.code).toBe(0);
  expect(gone.stdout + gone.stderr).toContain('does not exist');
  expect(await space.json('destroy', ...common)).toMatchObject({
    code: 0,
    document: { outcome: 'no_changes', runId: null },
  });
});

test('without a terminal and without --yes nothing is called', async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(1, 2));
  expect(await space.json('deploy', file, '--stack', 'web')).toMatchObject({
    code: 2,
    document: { kind: 'error', code: 'confirmation_required' },
  });
  expect((await space.json('status')).document).toMatchObject({
    stacks: [],
    runs: [{ status: 'rejected', answer: { decision: 'reject', by: 'nobody' } }],
  });
});

test('an approval of another plan is refused', async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(1, 1));
  const { code, document } = await space.json('deploy', file, '--stack', 'web', '--approve', 'f'.repeat(64));
  expect(code).toBe(1);
  expect(document).toMatchObject({ kind: 'error', code: 'plan_changed' });
});

test('a bad template is refused with every problem and its place, and nothing is called', async () => {
  using space = new Workspace();
  const file = space.file(
    't.yaml',
    'Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties:\n      Nope: 1\n  B:\n    Type: AWS::No::Such\n',
  );
  const { code, document } = await space.json('deploy', file, '--stack', 'web', '--yes');
  expect(code).toBe(2);
  expect(document).toMatchObject({ kind: 'error', code: 'invalid_template' });
  expect(document.problems.length).toBeGreaterThanOrEqual(2);
  for (const problem of document.problems) expect(problem.line).toBeGreaterThan(0);
  const text = await space.run('deploy', file, '--stack', 'web', '--yes');
  expect(text).toMatchObject({ code: 2, stdout: '' });
  expect(text.stderr).toMatch(/t\.yaml:\d+:\d+/);
});

test('one name in two regions is two stacks, and ambiguity is refused by name', async () => {
  using space = new Workspace();
  const [one, two] = [space.file('one.json', queues(1, 1)), space.file('two.json', queues(1, 2))];
  const web = ['--stack', 'web'];
  expect(await space.json('deploy', one, ...web, '--yes')).toMatchObject({ code: 0 });
  expect(await space.json('deploy', two, ...web, '--yes', '--region', 'eu-west-1')).toMatchObject({ code: 0 });
  const { document } = await space.json('status', ...web);
  expect(document.stacks).toMatchObject([
    { stack: 'web', region: 'eu-west-1', resources: [{}, {}] },
    { stack: 'web', region: 'us-east-1', resources: [{}] },
  ]);
  expect((await space.json('status', '--region', 'eu-west-1')).document.stacks).toHaveLength(1);
  const asked = await space.json('outputs', ...web);
  expect(asked).toMatchObject({ code: 2, document: { code: 'stack_ambiguous' } });
  expect(asked.document.message).toContain('eu-west-1');
  expect(await space.json('outputs', ...web, '--region', 'us-east-1')).toMatchObject({ code: 0 });
  expect(await space.json('destroy', ...web, '--yes', '--region', 'eu-west-1')).toMatchObject({ code: 0 });
  const left = (await space.json('status')).document.stacks;
  expect(left).toMatchObject([{ stack: 'web', region: 'us-east-1', status: 'complete' }]);
});

test('a stack that is elsewhere is not taken for gone, unless the place was said', async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(1, 1));
  const web = ['--stack', 'web'];
  expect(await space.json('deploy', file, ...web, '--yes', '--region', 'eu-west-1')).toMatchObject({ code: 0 });
  for (const command of ['destroy', 'drift']) {
    const answer = await space.json(command, ...web, ...(command === 'destroy' ? ['--yes'] : []));
    expect(answer).toMatchObject({ code: 2, document: { kind: 'error', code: 'stack_elsewhere' } });
    expect(answer.document.message).toContain('eu-west-1');
  }
  expect(await space.json('destroy', ...web, '--yes', '--region', 'us-east-1')).toMatchObject({
    code: 0,
    document: { outcome: 'no_changes', runId: null },
  });
});

test('jsonl is one event per line and ends with the document', async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(1, 2));
  const { code, stdout, stderr } = await space.run('deploy', file, '--stack', 'web', '--yes', '--format', 'jsonl');
  expect(code).toBe(0);
  expect(stderr).toBe('');
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({ kind: 'deploy', outcome: 'succeeded' });
  expect(
    lines.slice(0, -1).every(({ version, kind, at }) => version === 1 && kind === 'event' && at.endsWith('Z')),
  ).toBe(true);
  expect(lines.filter(({ event, status }) => event === 'resource' && status === 'succeeded')).toHaveLength(2);
});

test('a template comes from stdin, and a reader that leaves does not stop the deployment', async () => {
  using space = new Workspace();
  const args = ['deploy', '-', '--stack', 'web', '--yes', '--format', 'jsonl'];
  const { child, ended, says } = space.start(args, { input: JSON.stringify(queues(2, 2)) });
  await says(/"event":"started"/);
  child.stdout?.destroy();
  expect((await ended).code).toBe(0);
  expect((await space.json('status')).document.stacks[0].resources).toHaveLength(4);
});

test('killed anywhere, a run is resumed to its end: nothing lost, nothing twice', { timeout: 180_000 }, async () => {
  for (const after of [1, 4, 8]) {
    using space = new Workspace({ ASSENT_SANDBOX_SPEED: '150' });
    const file = space.file('t.json', queues(4, 3));
    const { child, ended, says } = space.start(['deploy', file, '--stack', 'web', '--yes', '--format', 'jsonl']);
    await says(new RegExp(`("status":"succeeded".*\\n[^]*){${after}}`));
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const before = await space.json('status');
    expect(before.document.stacks[0].status).toBe('interrupted');
    const { code, document } = await space.json('resume');
    expect({ code, outcome: document.outcome }).toEqual({ code: 0, outcome: 'succeeded' });
    expect(document.resources).toHaveLength(12);
    const identifiers = (await space.json('status')).document.stacks[0].resources.map(
      (one: AnyDocument) => one.physicalId,
    );
    expect(new Set(identifiers).size).toBe(12);
    expect(await space.json('deploy', file, '--stack', 'web')).toMatchObject({
      code: 0,
      document: { outcome: 'no_changes' },
    });
    expect(await space.json('destroy', '--stack', 'web', '--yes')).toMatchObject({ code: 0 });
  }
});

test('over a killed run, deploy and destroy settle it first', { timeout: 120_000 }, async () => {
  using space = new Workspace({ ASSENT_SANDBOX_SPEED: '150' });
  const file = space.file('t.json', queues(3, 2));
  const kill = async () => {
    const { child, ended, says } = space.start(['deploy', file, '--stack', 'web', '--yes', '--format', 'jsonl']);
    await says(/"status":"in_progress"/);
    child.kill('SIGKILL');
    await ended;
  };
  await kill();
  expect(await space.json('deploy', file, '--stack', 'web', '--yes')).toMatchObject({
    code: 0,
    document: { outcome: 'succeeded' },
  });
  expect(await space.json('destroy', '--stack', 'web', '--yes')).toMatchObject({ code: 0 });
  await kill();
  expect(await space.json('destroy', '--stack', 'web', '--yes')).toMatchObject({ code: 0 });
  expect((await space.json('status')).document.stacks).toEqual([]);
});

test('Ctrl-C ends in good order with 130, and resume goes on', { timeout: 120_000 }, async () => {
  using space = new Workspace({ ASSENT_SANDBOX_SPEED: '150' });
  const file = space.file('t.json', queues(4, 2));
  const { child, ended, says } = space.start(['deploy', file, '--stack', 'web', '--yes']);
  await says(/Q0x0.*creating/);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toContain('nothing new is started');
  expect(stdout).toMatch(/assent resume \S+/);
  const { document } = await space.json('resume');
  expect(document.outcome).toBe('succeeded');
  expect(await space.json('resume', document.runId)).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect((await space.run('resume')).stderr).toContain('no unfinished run');
});

test('a second Ctrl-C stops at once, and resume goes on all the same', { timeout: 120_000 }, async () => {
  using space = new Workspace({ ASSENT_SANDBOX_SPEED: '30' });
  const file = space.file('t.json', queues(2, 2));
  const { child, ended, says } = space.start(['deploy', file, '--stack', 'web', '--yes']);
  await says(/Q0x0.*creating/);
  child.kill('SIGINT');
  await says(/Press Ctrl-C again/);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(130);
  expect((await space.json('resume')).document.outcome).toBe('succeeded');
});

test('another process cannot write the stack meanwhile, and can cancel the run', { timeout: 120_000 }, async () => {
  using space = new Workspace({ ASSENT_SANDBOX_SPEED: '30' });
  const file = space.file('t.json', queues(6, 1));
  const { ended, says } = space.start(['deploy', file, '--stack', 'web', '--yes', '--format', 'jsonl']);
  await says(/"event":"resource"/);
  for (const command of [
    ['deploy', file, '--yes'],
    ['destroy', '--yes'],
  ]) {
    expect(await space.json(...command, '--stack', 'web')).toMatchObject({ code: 6, document: { code: 'lease_held' } });
  }
  const { runId } = (await space.json('status')).document.runs[0];
  expect(await space.json('resume', runId)).toMatchObject({ code: 6 });
  expect(await space.json('cancel', runId)).toMatchObject({ code: 0, document: { kind: 'cancel', requested: true } });
  expect((await ended).code).toBe(130);
  expect(await space.json('cancel', runId)).toMatchObject({
    code: 0,
    document: { requested: false, status: 'cancelled' },
  });
  expect(await space.json('cancel', 'no-such-run')).toMatchObject({
    code: 2,
    document: { code: 'resource_not_found' },
  });
});

test('a failure keeps what exists, exits 4, and the next deploy goes on from there', { timeout: 120_000 }, async () => {
  using space = new Workspace();
  const file = space.file('t.json', queues(3, 2));
  const rules = [
    { match: { operation: 'create', nth: 3 }, fault: { kind: 'fail', errorCode: 'AccessDenied', message: 'not you' } },
  ];
  const faults = space.file('faults.json', { rules });
  const server = space.start(['sandbox', '--faults', faults, '--speed', '1000', '--format', 'json']);
  await server.says(/"url"/);
  const { url } = JSON.parse(server.stdout());
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: '123456789012',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_REGION: 'us-east-1',
  };
  const deploy = () =>
    space.start(['deploy', file, '--stack', 'web', '--yes', '--on-failure', 'keep', '--cloud', 'aws'], { env }).ended;
  const failed = await deploy();
  expect(failed.code).toBe(4);
  expect(failed.stdout).toContain('AccessDenied: not you');
  expect(failed.stdout).toContain('What was done is kept.');
  expect(failed.stdout).toContain('assent deploy t.json --stack web --cloud aws');
  const again = await deploy();
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('unchanged');
  server.child.kill('SIGINT');
  expect((await server.ended).code).toBe(0);
});

test('credentials that lead nowhere are told from a failure: 5', { timeout: 240_000 }, async () => {
  using space = new Workspace({ AWS_EC2_METADATA_DISABLED: 'true' });
  const file = space.file('t.json', queues(1, 1));
  const args = ['deploy', file, '--stack', 'web', '--yes', '--cloud', 'aws', '--region', 'us-east-1'];
  expect(await space.json(...args)).toMatchObject({ code: 5, document: { kind: 'error', code: 'unreachable' } });
});

test('a NoEcho value reaches the cloud and nothing that is kept or shown', { timeout: 240_000 }, async () => {
  using space = new Workspace();
  const secret = 'correct-horse-battery';
  const file = space.file('t.json', {
    Parameters: { Pw: { Type: 'String', NoEcho: true } },
    Resources: {
      P: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Name: '/p', Value: { Ref: 'Pw' } } },
    },
  });
  expect(await space.json('deploy', file, '--stack', 'web', '--yes')).toMatchObject({ code: 2 });
  const args = ['deploy', file, '--stack', 'web', '--yes', '--parameters', `Pw=${secret}`, '--format', 'jsonl'];
  const { code, stdout, stderr } = await space.run(...args);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain(secret);
  const state = join(space.dir, '.assent');
  for (const name of readdirSync(state).filter((one) => !one.startsWith('sandbox'))) {
    expect(readFileSync(join(state, name), 'latin1'), name).not.toContain(secret);
  }
});
