import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { concealed, revealed, Secret } from '../../../src/domain/secret.ts';

const CANARY = 'canary-51c0';

test.each<[string, (secret: Secret<string>) => string]>([
  ['in a text', (secret) => `${secret}`],
  ['joined', (secret) => ['a', secret].join()],
  ['inspected', (secret) => inspect(secret)],
  ['inspected with all there is', (secret) => inspect({ secret }, { showHidden: true, depth: 9, getters: true })],
  ['its members', (secret) => JSON.stringify([Object.entries(secret), { ...secret }])],
  ['in an error', (secret) => String(new Error('failed', { cause: secret }).cause)],
  ['cloned', (secret) => inspect(structuredClone({ secret }))],
])('%s it is not shown', (_, shown) => {
  expect(shown(new Secret(CANARY))).not.toContain(CANARY);
});

test('it has no JSON form, at any depth: a mask would be read back as the value', () => {
  expect(() => JSON.stringify(new Secret(CANARY))).toThrow(TypeError);
  expect(() => JSON.stringify({ deep: [concealed({ P: CANARY })] })).toThrow(TypeError);
});

test('it is read by name only', () => {
  expect(new Secret({ user: CANARY }).reveal()).toEqual({ user: CANARY });
  const given = { P: CANARY, Q: '' };
  expect(revealed(concealed(given))).toEqual(given);
});
