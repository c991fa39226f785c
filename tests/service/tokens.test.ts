// Installed for tokens instead of signatures: who is let in; and after `osls remove` nothing of it is left.
// An emulator of its own, for it holds another installation.
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '../../src/edge/http/routes.ts';
import { type Emulator, HOME_ACCOUNT, install, remove, startEmulator, stopEmulator } from './support/scripts.ts';

const folder = mkdtempSync(join(tmpdir(), 'assent-tokens-'));
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const start = Math.floor(Date.now() / 1000);

const CONFIG = `
access:
  - { who: [ann], may: [read] }
  - { who: [bob], may: [read, plan, deploy, approve], stacks: ["web-*"] }
`;
const ALL_SCOPES = 'read plan deploy approve';

let issuers: Server;
let issuer: string;
let emulator: Emulator;
let service: string;
let args: string[];

beforeAll(async () => {
  issuers = createServer((request, response) => {
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }];
    const answer = request.url?.includes('openid') ? { jwks_uri: `${issuer}/keys` } : { keys };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => issuers.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${(issuers.address() as AddressInfo).port}`;
  emulator = await startEmulator({ folder });
  const config = join(folder, 'assent.config.yaml');
  writeFileSync(config, CONFIG);
  const params = { authorizer: 'jwt', issuer, audience: 'assent', config };
  args = Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  service = await install(emulator.url, { args });
});

afterAll(async () => {
  issuers?.close();
  if (emulator !== undefined) await stopEmulator(emulator.pid);
  rmSync(folder, { recursive: true, force: true });
});

function token(claims: object, key: KeyObject = privateKey): string {
  const all = { iss: issuer, aud: 'assent', sub: 'ann', scope: 'read', iat: start - 10, exp: start + 3600, ...claims };
  const parts = [{ alg: 'RS256', kid: 'one' }, all].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = createSign('RSA-SHA256').update(parts.join('.')).sign(key, 'base64url');
  return [...parts, signature].join('.');
}

async function status(authorization?: string): Promise<number> {
  const answer = await fetch(`${service}/consensus`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    body: JSON.stringify({ votes: [{ expert: 'a', option: 'approve' }] }),
  });
  return answer.status;
}

test('a token with the scope is let in', async () => {
  expect(await status(`Bearer ${token({})}`)).toBe(200);
  expect(await status(`Bearer ${token({ scope: 'other read' })}`)).toBe(200);
});

test.each<[string, () => string | undefined, number]>([
  ['no token', () => undefined, 401],
  ['no token at all', () => 'Bearer x', 401],
  ['of another key', () => `Bearer ${token({}, other.privateKey)}`, 401],
  ['expired', () => `Bearer ${token({ exp: start - 1 })}`, 401],
  ['for somebody else', () => `Bearer ${token({ aud: 'another' })}`, 401],
  ['of another issuer', () => `Bearer ${token({ iss: 'https://example.org' })}`, 401],
  ['without the scope', () => `Bearer ${token({ scope: 'plan' })}`, 403],
])('%s: refused', async (_, authorization, expected) => {
  expect(await status(authorization())).toBe(expected);
});

async function ask(method: string, path: string, sub: string, body?: object) {
  const answer = await fetch(`${service}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token({ sub, scope: ALL_SCOPES })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

const desired = { stack: 'prod', template: 'Resources: {A: {Type: AWS::SQS::Queue}}' };
const BODIES: Record<string, object> = {
  'post /scans': { template: desired.template },
  'post /consensus': { votes: [{ expert: 'a', option: 'approve' }] },
  'post /deployments': desired,
  'post /plans': desired,
  'post /consultations': desired,
  'post /deployments/{run}/approval': { decision: 'approve' },
  'delete /stacks/{stack}': {},
};

test.each(routes)(
  'whom no rule of the access policy names may not $method $path, whatever the token says',
  async (route) => {
    const { method, path } = route;
    const named = path.replaceAll(/\{stack\}/g, 'prod').replaceAll(/\{\w+\}/g, 'x');
    const { status, text } = await ask(method.toUpperCase(), named, 'eve', BODIES[`${method} ${path}`]);
    expect(status).toBe(403);
    expect(JSON.parse(text)).toMatchObject({ code: 'not_allowed', errorKind: 'refused' });
  },
);

test.each<[string, string, string, object | undefined, number]>([
  ['ann', 'GET', '/stacks', undefined, 200],
  ['ann', 'POST', '/plans', desired, 403],
  ['ann', 'POST', '/deployments', desired, 403],
  ['bob', 'POST', '/deployments', desired, 403],
  ['bob', 'POST', '/deployments', { ...desired, stack: 'web-1' }, 202],
  ['bob', 'POST', '/deployments', { ...desired, stack: 'web-1', skipExperts: true }, 403],
  ['bob', 'POST', '/deployments', { ...desired, stack: 'web-1', failOn: 'none' }, 403],
  ['bob', 'GET', '/stacks/prod', undefined, 403],
  ['bob', 'DELETE', '/stacks/prod', {}, 403],
  ['bob', 'GET', '/stacks/web-2', undefined, 404],
])('%s: %s %s %j answers %5$i', async (sub, method, path, body, expected) => {
  expect(await ask(method, path, sub, body)).toMatchObject({ status: expected });
});

test('osls remove leaves nothing', async () => {
  expect(await left()).not.toEqual([]);
  await remove(emulator.url, { args });
  expect(await left()).toEqual([]);
});

/** Names of all that the service could have left in the account. */
async function left(): Promise<string[]> {
  const call = async (service: string, path: string, headers: Record<string, string> = {}, body?: string) => {
    const credential = `${HOME_ACCOUNT}/20260101/us-east-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`;
    const answer = await fetch(`${emulator.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(200);
    return answer.text();
  };
  const json = (target: string) => ({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const answers = await Promise.all([
    call('lambda', '/2015-03-31/functions'),
    call('lambda', '/2018-10-31/layers'),
    call('apigateway', '/v2/apis'),
    call('s3', '/'),
    call('iam', '/', form, 'Action=ListRoles&Version=2010-05-08'),
    call('monitoring', '/', form, 'Action=DescribeAlarms&Version=2010-08-01'),
    call('monitoring', '/', form, 'Action=ListDashboards&Version=2010-08-01'),
    call('dynamodb', '/', json('DynamoDB_20120810.ListTables'), '{}'),
    call('states', '/', json('AWSStepFunctions.ListStateMachines'), '{}'),
    call('events', '/', json('AWSEvents.ListRules'), '{}'),
    call('logs', '/', json('Logs_20140328.DescribeLogGroups'), '{}'),
  ]);
  return answers.flatMap((text) => [...text.matchAll(/[\w/-]*assent[\w/-]*/g)].map(([name]) => name));
}
