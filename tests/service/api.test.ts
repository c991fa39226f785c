// The installed service, called over HTTP: what it answers is what the same use cases answer in this process.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BODY_BYTES } from '../../src/edge/http/api.ts';
import { consensusAnswer, problemDetails, scanAnswer } from '../../src/edge/http/schemas.ts';
import { aggregate, scan } from '../../src/index.ts';
import { call, post, SIGNED } from './support/call.ts';

const template = readFileSync(join(import.meta.dirname, '../../examples/web-app.yaml'), 'utf8');
const open = 'Resources: {A: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}}';

test('a scan finds what the library finds', async () => {
  for (const text of [template, open]) {
    const { status, type, location, document } = await call('POST', '/scans', { template: text });
    expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
    const here = await scan({ template: text });
    const summary = { ...here.summary, elapsedMs: expect.any(Number) };
    expect(scanAnswer.parse(document)).toEqual({ ...here, summary });
    const kept = await call('GET', location ?? '');
    expect({ status: kept.status, document: kept.document }).toEqual({ status: 200, document });
  }
});

test('a known finding is suppressed', async () => {
  const { document } = await post('/scans', { template: open });
  const baseline = document.findings.map(({ fingerprint }: { fingerprint: string }) => fingerprint);
  const again = await post('/scans', { template: open, baseline });
  expect(scanAnswer.parse(again.document).summary).toMatchObject({ high: 0, suppressed: baseline.length });
  expect(baseline.length).toBeGreaterThan(0);
});

test('votes are aggregated as the library does', async () => {
  const question = {
    votes: [
      { expert: 'a', option: 'approve', confidence: 0.9 },
      { expert: 'b', option: 'refuse', confidence: 0.7 },
    ],
    method: 'bayesian' as const,
  };
  const { status, document } = await post('/consensus', question);
  expect(status).toBe(200);
  expect(consensusAnswer.parse(document)).toEqual(await aggregate(question));
});

test.each([
  ['no JSON', '/scans', '{"template":', 400, 'malformed_body'],
  ['a template that is no text', '/scans', { template: 1 }, 400, 'invalid_body'],
  ['an unknown field', '/scans', { template, wieght: 1 }, 400, 'invalid_body'],
  ['no template', '/scans', { template: 'just a text' }, 422, 'no_template'],
  ['no votes', '/consensus', { votes: [] }, 400, 'invalid_body'],
  ['one expert twice', '/consensus', { votes: [vote('a'), vote('a')] }, 422, 'invalid_votes'],
  ['too much', '/scans', { template: ' '.repeat(BODY_BYTES) }, 413, 'body_too_large'],
])('%s is refused', async (_, path, body, status, code) => {
  const answer = await post(path, body);
  expect(answer).toMatchObject({ status, type: 'application/problem+json', document: { status, code } });
  problemDetails.parse(answer.document);
});

test('another type of body is refused', async () => {
  const answer = await post('/scans', template, { ...SIGNED, 'content-type': 'text/yaml' });
  expect(answer).toMatchObject({ status: 415, document: { code: 'unsupported_media_type' } });
});

test('who is nobody is refused before any function', async () => {
  for (const path of ['/scans', '/consensus']) {
    expect(await post(path, { template }, {})).toMatchObject({ status: 403, document: { message: 'Forbidden' } });
  }
});

function vote(expert: string) {
  return { expert, option: 'approve' };
}
