// `assent --service` follows what has been begun there: over a service that answers what a test tells it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AnyDocument, Workspace } from '../support/cli.ts';

let space: Workspace;
let service: Server;
/** By method and path; the last one stays. */
let answers: Record<string, AnyDocument[]>;

beforeEach(async () => {
  space = new Workspace();
  answers = {};
  service = createServer(({ method, url = '' }, response) => {
    const [path = ''] = url.split('?');
    const left = answers[`${method} ${path}`] ?? [{ events: [], next: 0 }];
    const body = left.length > 1 ? left.shift() : left[0];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  service.closeAllConnections();
  service.close();
  space[Symbol.dispose]();
});

const assent = (...args: string[]) =>
  space.start([...args, '--service', `http://127.0.0.1:${(service.address() as AddressInfo).port}`]).ended;
const deployment = (more: object) => ({ version: 1, kind: 'deployment', runId: 'd', submittedBy: 'bob', ...more });
const one = (status: string) => ({ stack: 'web', account: '111111111111', region: 'us-east-1', wave: 1, status });

test('a deployment to several targets whose workflow has failed is not watched for ever', async () => {
  const targets = [one('running')];
  answers = {
    'POST /deployments': [deployment({ status: 'planning' })],
    'GET /deployments/d': [
      deployment({ status: 'running', targets }),
      deployment({ status: 'interrupted', code: 'workflow_failed', targets }),
    ],
  };
  const file = space.file('t.yaml', 'targets: [{stack: web, account: "111111111111"}]');
  const template = space.file('q.yaml', 'Resources: {Q: {Type: AWS::SQS::Queue}}');
  const { code, stderr } = await assent('deploy', template, '--targets', file, '--yes');
  expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('`assent resume d`') });
});

test('nor is a run that nobody goes on with', async () => {
  const error = { version: 1, kind: 'error', code: 'workflow_failed', message: 'It failed.', help: '', problems: [] };
  answers = {
    'POST /deployments': [deployment({ status: 'planning' })],
    'GET /deployments/d': [
      // A worker died, and is about to be followed by another.
      deployment({ status: 'interrupted' }),
      deployment({ status: 'interrupted', error: { ...error, errorKind: 'interrupted' } }),
    ],
  };
  const template = space.file('q.yaml', 'Resources: {Q: {Type: AWS::SQS::Queue}}');
  const { code, stderr } = await assent('deploy', template, '--stack', 'web', '--yes');
  expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('`assent resume d`') });
});

test('a deployment to several targets is resumed, and followed to its end', async () => {
  const ended = deployment({ status: 'succeeded', digest: 'f'.repeat(64), targets: [one('succeeded')] });
  answers = {
    'POST /deployments/d/resume': [deployment({ status: 'running', targets: [one('running')] })],
    'GET /deployments/d': [deployment({ status: 'running', targets: [one('running')] }), ended],
  };
  const { code, stdout } = await assent('resume', 'd', '--format', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'targets', outcome: 'succeeded' });
});

describe('each target tells what it does, as it would embedded', () => {
  const running = { ...one('running'), runId: 'd-t1' };
  const ended = { ...one('rolled_back'), runId: 'd-t1' };
  const failed = { logicalId: 'Queue', type: 'AWS::SQS::Queue', action: 'create', status: 'failed', message: 'no' };
  const at = '2026-11-27T00:00:00.000Z';
  const started = { event: 'started', at, runId: 'd-t1', stack: 'web', resources: 2 };
  const back = { event: 'rolling_back', at, runId: 'd-t1', resources: 1, unrestored: 0 };
  const events = (list: object[], next: number) => ({ version: 1, kind: 'events', runId: 'd-t1', events: list, next });
  const deploy = (...more: string[]) => {
    answers = {
      'POST /deployments': [deployment({ status: 'planning' })],
      'GET /deployments/d': [
        deployment({ status: 'running', targets: [running] }),
        deployment({ status: 'failed', targets: [ended] }),
      ],
      'GET /deployments/d-t1': [deployment({ runId: 'd-t1', stack: 'web', status: 'rolled_back' })],
      'GET /deployments/d-t1/events': [
        events([started], 1),
        // Its worker's time was over.
        events([{ event: 'suspending', at, graceMs: 1 }, started, { event: 'resource', at, ...failed }], 2),
        events([back], 3),
        events([], 3),
      ],
    };
    const file = space.file('t.yaml', 'targets: [{stack: web, account: "111111111111"}]');
    const template = space.file('q.yaml', 'Resources: {Q: {Type: AWS::SQS::Queue}}');
    return assent('deploy', template, '--targets', file, '--yes', ...more);
  };

  test('for people', async () => {
    const { code, stderr } = await deploy();
    const name = 'web in 111111111111, us-east-1';
    expect(stderr.trim().split('\n')).toEqual([
      `${name}: running`,
      `${name}: run d-t1 started, 2 resources`,
      `${name}: Queue failed: no`,
      `${name}: rolling back`,
      `${name}: rolled back`,
    ]);
    expect(code).toBe(3);
  });

  test('for programs', async () => {
    const { stdout } = await deploy('--format', 'jsonl');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line): AnyDocument => JSON.parse(line));
    expect(lines.slice(0, -1).map(({ event }) => event)).toEqual([
      'target',
      'started',
      'suspending',
      'started',
      'resource',
      'rolling_back',
      'target',
    ]);
    for (const { target } of lines.slice(0, -1)) expect(target).toMatchObject({ index: 0, stack: 'web' });
    expect(lines.at(-1)).toMatchObject({ kind: 'targets', outcome: 'failed' });
  });
});
