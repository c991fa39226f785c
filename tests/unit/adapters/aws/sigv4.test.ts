// Signatures against AWS's own test suite (aws-sig-v4-test-suite: get-vanilla, get-vanilla-query-order-key-case,
// get-header-value-trim, post-x-www-form-urlencoded is of another body type and left out).
import { expect, test } from 'vitest';
import { signed } from '../../../../src/adapters/aws/sigv4.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const scope = { region: 'us-east-1', service: 'service', at: Date.UTC(2015, 7, 30, 12, 36, 0) };
const sign = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
  signed({ method, url: new URL(`https://example.amazonaws.com${path}`), headers, body }, credentials, scope);
const signature = (...given: Parameters<typeof sign>) => sign(...given)['authorization']?.split('Signature=')[1];

test.each([
  ['GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['GET', '/?Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ['POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
])('%s %s', (method, path, expected) => {
  expect(signature(method, path)).toBe(expected);
});

test('everything that is sent is under the signature', () => {
  const one = signature('POST', '/plans?a=1', { 'content-type': 'application/json' }, '{}');
  const others = [
    signature('GET', '/plans?a=1', { 'content-type': 'application/json' }, '{}'),
    signature('POST', '/plan?a=1', { 'content-type': 'application/json' }, '{}'),
    signature('POST', '/plans?a=2', { 'content-type': 'application/json' }, '{}'),
    signature('POST', '/plans?a=1', { 'content-type': 'text/plain' }, '{}'),
    signature('POST', '/plans?a=1', { 'content-type': 'application/json' }, '{ }'),
  ];
  expect(new Set([one, ...others]).size).toBe(6);
});

test('a session token is sent and signed', () => {
  const temporary = { ...credentials, sessionToken: 'token' };
  const url = new URL('https://example.amazonaws.com/');
  const headers = signed({ method: 'GET', url, headers: {}, body: '' }, temporary, scope);
  expect(headers).toMatchObject({ 'x-amz-security-token': 'token', 'x-amz-date': '20150830T123600Z' });
  expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token');
});
