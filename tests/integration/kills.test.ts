// Killed at any moment, and gone on with: nothing is lost and nothing is there twice. Ten kills, a hundred in `npm run soak -- kills`
// (ASSENT_KILLS, ASSENT_SEED). And a worker that slept past the end of its lease changes nothing when it wakes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnyDocument, type Ended, type Started, Workspace } from '../support/cli.ts';

const KILLS = Number(process.env['ASSENT_KILLS'] ?? 10);
const SEED = Number(process.env['ASSENT_SEED'] ?? 1);
const ACCOUNT = '123456789012';

let space: Workspace;
let server: Started;
let url: string;

beforeAll(async () => {
  space = new Workspace();
  server = space.start(['sandbox', '--speed', '100', '--format', 'json']);
  await server.says(/"url"/);
  ({ url } = JSON.parse(server.stdout()));
  const keys = { AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
  Object.assign(space.env, { AWS_ENDPOINT_URL: url, ...keys });
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  space[Symbol.dispose]();
});

const cloud = ['--cloud', 'aws', '--stack', 'soak'];
const gate = ['--yes', '--skip-experts', '--fail-on', 'none', '--allow-data-loss', 'all'];

/** Named by the plan, named by the service and named by the template; in layers; `more` differs in every kind of way. */
function template(version: 1 | 2, more: object = {}): string {
  const trust = { Version: '2012-10-17', Statement: [] };
  const topic = (n: number) => ({
    Type: 'AWS::SNS::Topic',
    Properties: { DisplayName: `version ${version}` },
    DependsOn: n < 3 ? ['Role'] : [`T${n - 3}`],
  });
  const topics = Array.from({ length: 6 }, (_, n) => [`T${n}`, topic(n)]);
  const Resources = {
    Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: trust, Path: `/v${version}/` } },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: version === 1 ? 7 : 14 } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: `soak-${version}`, VisibilityTimeout: 30 + version } },
    ...Object.fromEntries(topics),
    ...(version === 1 ? { Gone: { Type: 'AWS::SQS::Queue' } } : { New: { Type: 'AWS::SQS::Queue' } }),
    ...more,
  };
  return space.file('soak.json', { Resources });
}

// Its creation fails after everything else has been changed.
const failing = () =>
  template(2, {
    Pool: { Type: 'AWS::Cognito::UserPool', Properties: { MfaConfiguration: 'NEVER' }, DependsOn: ['T3', 'T4', 'T5'] },
  });
const deploy = (file: string) => ['deploy', file, ...cloud, ...gate];
const destroy = ['destroy', ...cloud, '--yes', '--allow-data-loss', 'all'];

/** A command that is killed; what there was before, and what there is to be after it has been gone on with. */
interface Phase {
  name: string;
  before: (() => string) | undefined;
  command: () => string[];
  after: (() => string) | undefined;
}
const one = () => template(1);
const two = () => template(2);
const PHASES: readonly Phase[] = [
  { name: 'deploy', before: undefined, command: () => deploy(one()), after: one },
  { name: 'update', before: one, command: () => deploy(two()), after: two },
  { name: 'rollback', before: one, command: () => deploy(failing()), after: one },
  { name: 'destroy', before: one, command: () => destroy, after: undefined },
];

async function done(args: string[], codes: number[] = [0]): Promise<Ended> {
  const ended = await space.run(...args);
  if (!codes.includes(ended.code ?? -1))
    throw new Error(`${args.join(' ')}: ${ended.code}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

const there = async (): Promise<AnyDocument[]> =>
  ((await (await fetch(`${url}/_sandbox/resources`)).json()) as AnyDocument).resources;

/** What the store knows is what there is: nothing besides it, nothing twice. */
async function agrees(): Promise<number> {
  const { document } = await space.json('status', '--stack', 'soak');
  const recorded = document.stacks.flatMap((stack: AnyDocument) => stack.resources);
  const words = (list: AnyDocument[], id: string) => list.map((item) => `${item.type} ${item[id]}`).sort();
  const real = await there();
  expect(words(real, 'identifier')).toEqual(words(recorded, 'physicalId'));
  return real.length;
}

/** mulberry32. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kills the command after a while; whether it was still at it. */
async function killed(args: string[], afterMs: number): Promise<boolean> {
  const started = space.start(args);
  const timer = setTimeout(() => started.child.kill('SIGKILL'), afterMs);
  const { signal } = await started.ended;
  clearTimeout(timer);
  return signal === 'SIGKILL';
}

/** Goes on with whatever was left, to its end. */
async function resumed(): Promise<void> {
  const { code, document } = await space.json('resume', '--cloud', 'aws');
  // Nothing was left, or it was done, or it was rolled back.
  expect({ code, document }).toMatchObject({ code: expect.toSatisfy((code) => code === 0 || code === 3) });
}

test(`${KILLS} kills lose nothing and leave nothing twice`, { timeout: 120_000 + KILLS * 60_000 }, async () => {
  const next = random(SEED);
  const lasts = new Map<string, number>();
  let kills = 0;
  for (let round = 0; kills < KILLS; round += 1) {
    const phase = PHASES[round % PHASES.length] as Phase;
    const { name, before, command, after } = phase;
    if (before !== undefined) await done(deploy(before()));
    const longest = lasts.get(name);
    if (longest === undefined) {
      // Once undisturbed, to know how long it takes.
      const start = performance.now();
      await done(command(), name === 'rollback' ? [3] : [0]);
      lasts.set(name, performance.now() - start);
    } else if (await killed(command(), longest * (0.15 + 0.85 * next()))) {
      kills += 1;
      await resumed();
      if (name !== 'rollback') await done(command());
    }
    const where = { seed: SEED, round, phase: name };
    const left = await agrees();
    expect({ ...where, left }).toEqual({ ...where, left: after === undefined ? 0 : 10 });
    if (after !== undefined) {
      const { document } = await space.json('plan', after(), ...cloud);
      const changing = document.actions.filter(({ action }: AnyDocument) => action !== 'noop');
      expect({ ...where, changing }).toEqual({ ...where, changing: [] });
      await done(destroy);
      expect({ ...where, left: await there() }).toEqual({ ...where, left: [] });
    }
    if (round % PHASES.length === PHASES.length - 1 && KILLS > 10) console.log(`${kills} kills`);
  }
});

test('a worker that slept past the end of its lease changes nothing', { timeout: 180_000 }, async () => {
  const stale = space.start([...deploy(one()), '--format', 'jsonl']);
  await stale.says(/"status":"in_progress"/);
  stale.child.kill('SIGSTOP');
  try {
    // Until the lease is over another may not; then it goes on.
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { code, document } = await space.json('resume', '--cloud', 'aws');
      if (code === 0) break;
      expect({ code, kind: document.kind }).toEqual({ code: 6, kind: 'error' });
      expect(Date.now()).toBeLessThan(deadline);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    await done(deploy(two()));
    const calls = async () => ((await (await fetch(`${url}/_sandbox/calls`)).json()) as AnyDocument).counts;
    const changes = (counts: AnyDocument) =>
      JSON.stringify(['create', 'update', 'delete'].map((operation) => counts[operation] ?? 0));
    const before = changes(await calls());
    stale.child.kill('SIGCONT');
    const ended = await stale.ended;
    expect(ended.code).not.toBe(0);
    expect(changes(await calls())).toBe(before);
    expect(await agrees()).toBe(10);
  } finally {
    stale.child.kill('SIGKILL');
  }
  await done(destroy);
  expect(await there()).toEqual([]);
});
