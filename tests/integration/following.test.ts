// `assent --service` follows what has been begun there: over a service that answers what a test tells it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
