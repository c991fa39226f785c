// Every payload of events/ through the handler that it is for, in the order in which they were captured, over the embedded
// adapters and the sandbox. Runs and inquiries have new ids here: each captured one stands for what took its place.
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { embeddedService } from '../../scripts/embedded-service.ts';
import { handlerOf, localContext } from '../../scripts/invocation.ts';
import { routes } from '../../src/edge/http/routes.ts';
import { serveWith } from '../../src/edge/service/open.ts';
import { type AnyDocument, Workspace } from '../support/cli.ts';

const events = join(import.meta.dirname, '../../events');
const dir = mkdtempSync(join(tmpdir(), 'assent-events-'));
let opened: Awaited<ReturnType<typeof embeddedService>>;
/** By captured id. */
const ids = new Map<string, string>();
const played = new Set<string>();

beforeAll(async () => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('AWS_ACCESS_KEY_ID', '111111111111');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'sandbox');
  for (const level of ['info', 'log'] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  const objects: Record<string, string> = { 'team/files.yaml': 'Resources: {Queue: {Type: AWS::SQS::Queue}}' };
  const readObject = async ({ key }: { key: string }) => {
    const text = objects[key];
    return text === undefined ? undefined : { text, metadata: {} };
  };
  opened = await embeddedService({ dir, readObject });
  serveWith(Promise.resolve(opened.service));
});
afterAll(async () => {
  await opened?.close();
  rmSync(dir, { recursive: true, force: true });
});

function event(name: string): AnyDocument {
  played.add(name);
  let text = readFileSync(join(events, `${name}.json`), 'utf8');
  for (const [captured, here] of ids) text = text.replaceAll(captured, here);
  return JSON.parse(text);
}

interface Answered {
  status: number;
  type: string;
  location: string;
  document: AnyDocument;
}

/** What a route answers, held to its schema. */
async function api(name: string): Promise<Answered> {
  const request = event(`api/${name}`);
  const route = routes.find(({ method, path }) => request.routeKey === `${method.toUpperCase()} ${path}`);
  if (route === undefined) throw new Error(`${name} is of no route`);
  const handler = await handlerOf(route.function);
  const { statusCode: status, headers, body } = (await handler(request, localContext(route.function))) as AnyDocument;
  const type = headers['content-type'];
  const document = type.includes('json') ? JSON.parse(body) : body;
  if (status === route.status && !type.startsWith(route.type ?? type)) throw new Error(`${name}: ${type}`);
  if (status === route.status) route.answer.parse(document);
  else if (status === 202) route.pending?.parse(document);
  return { status, type, location: headers.location ?? '', document };
}

/** Begins what later events ask for: `captured` are the events that name it. */
async function begun(name: string, captured: string, kind: 'runId' | 'id' = 'runId'): Promise<Answered> {
  const answer = await api(name);
  const first = idIn(captured);
  ids.set(first, answer.document[kind] ?? answer.location.split('/')[2]);
  return answer;
}

function idIn(name: string): string {
  const { runId, rawPath = '', rawQueryString = '' } = JSON.parse(readFileSync(join(events, `${name}.json`), 'utf8'));
  const found = /\d{8}-\d{6}-[0-9a-f]{10}/.exec(`${runId ?? ''} ${rawPath} ${rawQueryString}`)?.[0];
  if (found === undefined) throw new Error(`${name} names no run`);
  return found;
}

const worker = async (name: string): Promise<AnyDocument> =>
  (await handlerOf('worker'))(event(name), localContext('worker', 300_000));

/** A task for which there is no event of its own: that of `name`, about another run. */
const workerFor = async (name: string, runId: string): Promise<AnyDocument> => {
  const task = { ...event(name), runId };
  const named = 'start' in task ? { ...task, start: runId } : task;
  return (await handlerOf('worker'))(named, localContext('worker', 300_000));
};

test('scans and votes', async () => {
  const asked = await begun('post-scans', 'api/get-scans-id');
  expect(asked).toMatchObject({ status: 200, location: expect.stringMatching(/^\/scans\//) });
  expect((await api('get-scans-id')).document).toEqual(asked.document);
  expect(await api('post-consensus')).toMatchObject({ status: 200, document: { outcome: expect.any(String) } });
});

test('a plan and a consultation are asked for, answered by the worker and read', async () => {
  for (const [post, get, digest] of [
    ['post-plans', 'get-plans-digest', /^[0-9a-f]{64}$/],
    ['post-consultations', 'get-consultations-id', undefined],
  ] as const) {
    expect(await begun(post, `api/${get}`, 'id')).toMatchObject({ status: 202 });
    expect((await api(get)).status).toBe(202);
    const id = ids.get(idIn(`api/${get}`)) ?? '';
    expect(await (post === 'post-plans' ? worker('machine/inquire') : workerFor('machine/inquire', id))).toEqual({
      next: 'end',
    });
    const { status, document } = await api(get);
    expect(status).toBe(200);
    if (digest !== undefined) expect(document.digest).toMatch(digest);
  }
});

test('a run: submitted, judged, asked about, approved by somebody else, worked on and looked at', async () => {
  expect(await begun('post-deployments', 'api/get-deployments-run')).toMatchObject({ status: 202 });
  const runId = ids.get(idIn('api/get-deployments-run')) ?? '';
  expect(opened.asked.started.at(-1)).toEqual({ name: runId, input: event('start/run') });
  expect((await api('get-deployments-run')).document.status).toBe('planning');
  // The same request again, by its key.
  expect((await api('post-deployments')).document.runId).toBe(runId);
  expect(await worker('machine/judge')).toEqual({ next: 'ask' });
  expect(await worker('machine/ask')).toEqual({ next: 'ask' });
  expect((await api('get-deployments')).document.runs).toMatchObject([{ runId, status: 'waiting_approval' }]);
  const approved = await api('post-deployments-run-approval');
  expect(approved).toMatchObject({ status: 200, document: { status: 'approved', answer: { by: expect.any(String) } } });
  expect(opened.asked.woken).toEqual([event('machine/ask').token]);
  expect(await worker('machine/answered')).toEqual({ next: 'work' });
  expect(await worker('machine/work')).toEqual({ next: 'end' });
  expect((await api('get-deployments-run')).document).toMatchObject({ status: 'succeeded' });
  expect((await api('get-deployments-run-events')).document.events.length).toBeGreaterThan(3);
  expect((await api('get-audit-runs-run-proof')).document.run).toBe(runId);
  expect((await api('get-audit-checkpoint')).document).toContain('assent/');
  expect((await api('get-metrics')).document).toContain('assent_runs_total');
  expect(await api('post-deployments-run-resume')).toMatchObject({ status: 409 });
  expect(await api('delete-deployments-run')).toMatchObject({ status: 200, document: { requested: false } });
});

test('what stands is shown, and compared with the cloud', async () => {
  expect((await api('get-stacks')).document.stacks).toMatchObject([{ stack: 'web' }]);
  expect((await api('get-stacks-stack')).document.stacks).toMatchObject([{ stack: 'web', status: 'complete' }]);
  expect(await begun('post-stacks-stack-drift', 'api/get-stacks-stack-drift-inquiry', 'id')).toMatchObject({
    status: 202,
  });
  await workerFor('machine/inquire', ids.get(idIn('api/get-stacks-stack-drift-inquiry')) ?? '');
  expect((await api('get-stacks-stack-drift-inquiry')).document.inSync).toBe(true);
  expect((await api('get-stacks-stack-drift')).document.inSync).toBe(true);
});

test('several targets: briefed, begun as a group, each judged, worked on and settled', async () => {
  expect(await begun('post-deployments-targets', 'machine/brief')).toMatchObject({ status: 202 });
  const id = ids.get(idIn('machine/brief')) ?? '';
  expect(opened.asked.started.at(-1)).toEqual({ name: id, input: event('start/targets') });
  expect(await worker('machine/brief')).toEqual({ next: 'begin' });
  const group = await worker('machine/group');
  expect(group).toMatchObject({ next: 'group', begun: [{ runId: `${id}-t1` }, { runId: `${id}-t2` }] });
  expect(await worker('machine/judge-target')).toEqual({ next: 'work' });
  expect(await worker('machine/work-target')).toEqual({ next: 'end' });
  expect(await worker('machine/settled')).toEqual({ next: 'end' });
  await workerFor('machine/judge-target', `${id}-t2`);
  await workerFor('machine/work-target', `${id}-t2`);
  await workerFor('machine/settled', `${id}-t2`);
  expect(await worker('machine/group')).toEqual({ next: 'end' });
});

test('an object, a start and the schedule', async () => {
  for (const [name, stack, by] of [
    ['object', 'files', /^s3:\/\/assent-local-templates[\w-]*\/team\/files\.yaml$/],
    ['submission', 'direct', /^execution:nightly-7$/],
  ] as const) {
    const task = event(`machine/receive-${name}`);
    // The machine hands on what it was started with.
    expect(task.input).toEqual(event(`start/${name === 'object' ? 'object-created' : name}`));
    expect(await worker(`machine/receive-${name}`)).toEqual({ next: 'end' });
    const runId = opened.asked.started.at(-1)?.name ?? '';
    expect(await opened.service.submissions.head(runId)).toMatchObject({ stack, by: expect.stringMatching(by) });
  }
  expect(event('start/schedule')).toEqual({ review: true });
  const said = await worker('machine/review');
  expect(said).toMatchObject({ next: 'review', stacks: { length: 3 } });
  expect(await workerFor('machine/inquire', said.stacks[0].runId)).toEqual({ next: 'end' });
});

test('a token says who asks; what its workflow cannot do is called off', async () => {
  const { status, document } = await begun('post-deployments-token', 'machine/stop');
  expect({ status, by: document.submittedBy }).toEqual({ status: 202, by: 'ann' });
  await workerFor('machine/judge', document.runId);
  expect(await worker('machine/stop')).toEqual({ next: 'end' });
  expect(await opened.service.store.runs.get(document.runId)).toMatchObject({ status: 'rejected' });
});

test('what was deployed is deleted', async () => {
  const { document } = await api('delete-stacks-stack');
  await workerFor('machine/judge', document.runId);
  await workerFor('machine/work', document.runId);
  expect((await api('get-stacks-stack')).document.stacks).toEqual([]);
});

test('every route, every task and every way in has its event, and every event was played', () => {
  const there = globSync('*/*.json', { cwd: events }).map((file) => file.replace(/\.json$/, ''));
  // Inquiries have the runs' ids: what starts them differs in nothing but a flag.
  expect(event('start/inquiry')).toMatchObject({ inquiry: true });
  expect([...played].sort()).toEqual(there.sort());
  const of = (name: string) => JSON.parse(readFileSync(join(events, `${name}.json`), 'utf8'));
  const asked = new Set(there.filter((one) => one.startsWith('api/')).map((one) => of(one).routeKey));
  expect([...asked].sort()).toEqual(routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort());
  const machine = readFileSync(join(events, '../functions/deploy/machine.asl.json'), 'utf8');
  const tasks = new Set([...machine.matchAll(/"task": "(\w+)"/g)].map(([, task]) => task));
  const told = new Set(there.filter((one) => one.startsWith('machine/')).map((one) => of(one).task));
  expect([...told].sort()).toEqual([...tasks].sort());
});

test('npm run invoke runs a handler on a captured event and prints what it returns', () => {
  using space = new Workspace();
  const script = join(import.meta.dirname, '../../scripts/invoke.ts');
  const event = join(import.meta.dirname, '../../events/api/post-scans.json');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [script, ...args, '--state', space.dir], { encoding: 'utf8', timeout: 60_000 });
  const { status, stdout } = run('scan', event);
  expect(status).toBe(0);
  const answer = JSON.parse(stdout);
  expect(answer.statusCode).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ version: 1, kind: 'scan' });
  for (const wrong of [[], ['no-such-function', event], ['scan', 'no-such-event.json']]) {
    const refused = run(...wrong);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('usage: npm run invoke');
  }
});
