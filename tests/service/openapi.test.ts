// The running service, held to docs/openapi.json: whatever is asked, well or badly, what comes back has a status, a type and a
// shape that the document names for the operation. Requests are made from the document's own schemas, and from mutations of
// them, by a seed that a failure prints.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { beforeAll, expect, inject, test } from 'vitest';
import type { AnyDocument } from '../support/cli.ts';
import { call, ENDS, SIGNED, until } from './support/call.ts';

const document: AnyDocument = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8'));
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, 'api');

interface Operation {
  method: string;
  path: string;
  said: AnyDocument;
}

const operations: Operation[] = Object.entries<AnyDocument>(document.paths).flatMap(([path, methods]) =>
  Object.entries<AnyDocument>(methods).map(([method, said]) => ({ method, path, said })),
);

/** Things that exist, so that not every answer is 404. */
let known: Record<string, string>;
beforeAll(async () => {
  const template = 'Resources: {Q: {Type: AWS::SQS::Queue}}';
  const deployed = await call('POST', '/deployments', { stack: 'held', template });
  const planned = await call('POST', '/plans', { stack: 'held', template });
  const consulted = await call('POST', '/consultations', { stack: 'held', template });
  await until(deployed.location ?? '', ENDS);
  const compared = await call('POST', '/stacks/held/drift');
  while ((await call('GET', compared.location ?? '')).status === 202) await pause(200);
  const { runId: run } = deployed.document;
  const scanned = await call('POST', '/scans', { template });
  known = { run, stack: 'held', digest: planned.document.id, id: consulted.document.id };
  known['scan'] = scanned.location?.split('/')[2] ?? '';
});

/** Where the document says what a status answers. */
function schemaOf({ path, method }: Operation, status: number, type: string): string | undefined {
  const pointer = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'];
  const found = pointer.reduce<AnyDocument>((at, part) => at?.[part], document);
  if (found === undefined) return undefined;
  return `api#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
}

async function hold(operation: Operation, request: { path: string; headers?: Record<string, string>; body?: string }) {
  const { method, path } = operation;
  const answer = await fetch(`${inject('service')}${request.path}`, {
    method: method.toUpperCase(),
    headers: { ...SIGNED, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const text = await answer.text();
  const asked = `${method} ${request.path} ${request.body ?? ''}`.slice(0, 500);
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  expect(Object.keys(operation.said.responses), `${asked}\n${text}`).toContain(String(answer.status));
  expect(answer.status, `${asked}\n${text}`).toBeLessThan(500);
  if (!type.includes('json')) return answer.status;
  const schema = schemaOf(operation, answer.status, type);
  expect(schema, `${path}: ${answer.status} ${type} is not in the document`).toBeDefined();
  const isValid = ajv.validate(schema ?? '', JSON.parse(text));
  expect(isValid, `${asked}\n${text.slice(0, 500)}\n${ajv.errorsText()}`).toBe(true);
  return answer.status;
}

const encoded = (path: string, values: Record<string, string>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent((path === '/scans/{id}' ? values['scan'] : undefined) ?? values[name] ?? 'x'),
  );

/** Bodies that mean something, by what the operation is about. */
const template = 'Resources: {Q: {Type: AWS::SQS::Queue}}';
const GOOD: Record<string, object> = {
  'post /scans': { template },
  'post /consensus': { votes: [{ expert: 'a', option: 'x' }] },
  'post /plans': { stack: 'held', template },
  'post /consultations': { stack: 'held', template },
  'post /deployments': { stack: 'held', template, askAlways: true },
  'post /deployments/{run}/approval': { decision: 'reject' },
  'delete /stacks/{stack}': { planDigest: '0'.repeat(64) },
};
const JSON_TYPE = { 'content-type': 'application/json' };

test.each(operations)('$method $path: what is asked well', async (operation) => {
  const good = GOOD[`${operation.method} ${operation.path}`];
  const request = { path: encoded(operation.path, known) };
  const body = good === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(good) };
  const status = await hold(operation, { ...request, ...body });
  expect([200, 202, 409, 422]).toContain(status);
});

/** A good body with one thing wrong with it. */
const mutation = fc.record({
  at: fc.nat(20),
  how: fc.constantFrom('drop', 'null', 'number', 'list', 'text', 'empty', 'extra', 'deep'),
});
function mutated(good: object, { at, how }: { at: number; how: string }): object {
  const copy: Record<string, unknown> = { ...good };
  const names = Object.keys(copy);
  const name = names[at % names.length] ?? 'x';
  switch (how) {
    case 'drop':
      delete copy[name];
      break;
    case 'extra':
      copy['unknown'] = 1;
      break;
    case 'deep':
      copy[name] = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`);
      break;
    default:
      copy[name] = { null: null, number: 1e308, list: [[]], text: '\u0000\ud800', empty: '' }[how];
  }
  return copy;
}

const withBody = operations.filter(({ said }) => said.requestBody !== undefined);
test.each(withBody)('$method $path: bodies with something wrong', async (operation) => {
  const good = GOOD[`${operation.method} ${operation.path}`] ?? {};
  // What deploys or deletes for good is not asked in earnest.
  const safe = { ...good, ...(operation.path === '/deployments' ? { askAlways: true } : {}) };
  const unknown = encoded(operation.path, { ...known, run: 'x', stack: 'y' });
  const bodies = fc.oneof(
    mutation.map((how) => JSON.stringify(mutated(safe, how))),
    fc.json({ maxDepth: 2 }),
    fc.string({ maxLength: 40 }),
  );
  const types = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/plain', 'application/xml');
  await fc.assert(
    fc.asyncProperty(bodies, types, async (body, type) => {
      await hold(operation, { path: unknown, headers: { 'content-type': type }, body });
    }),
    { numRuns: 12 },
  );
});

const asked = operations.filter(
  ({ method, path, said }) => method === 'get' && (path.includes('{') || said.parameters),
);
test.each(asked)('$method $path: names and queries that nobody expects', async (operation) => {
  const names = fc.oneof(
    fc.constantFrom('..', '%', 'x'.repeat(500), "a'b", '{run}', '0'.repeat(64)),
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }).filter((text) => /^[^/?#]+$/.test(text)),
  );
  const queries = fc.dictionary(
    fc.constantFrom('after', 'limit', 'account', 'region', 'inquiry', 'other'),
    fc.string({ maxLength: 12 }),
    {
      maxKeys: 2,
    },
  );
  await fc.assert(
    fc.asyncProperty(names, queries, async (name, query) => {
      // "." and ".." are no names: clients and gateways resolve them before anybody sees them.
      if (/^\.{1,2}$/.test(name)) return;
      const values = { run: name, stack: name, digest: name, id: name };
      await hold(operation, { path: `${encoded(operation.path, values)}?${new URLSearchParams(query)}` });
    }),
    { numRuns: 10 },
  );
});
