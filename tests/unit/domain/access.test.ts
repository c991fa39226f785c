// The one rule over an access policy.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AccessPolicy, allows, SCOPES } from '../../../src/domain/access.ts';

const policy = (...rules: AccessPolicy['rules']): AccessPolicy => ({
  rules,
  ownApproval: false,
  unattended: [],
  digest: '',
});

test.each<[string, string, boolean]>([
  ['*', '', true],
  ['*', 'anything', true],
  ['web', 'web', true],
  ['web', 'web2', false],
  ['web', 'aweb', false],
  ['web-*', 'web-', true],
  ['web-*', 'web', false],
  ['*-prod', 'a-prod', true],
  ['*-prod', '-prod', true],
  ['*-prod', 'prod', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*a', 'aba', true],
  ['a*b*a', 'aa', false],
  ['ab*ba', 'aba', false],
  ['a.c', 'abc', false],
  ['A', 'a', false],
  ['a**', 'ab', true],
])('pattern %s, name %s: %s', (pattern, name, expected) => {
  const rule = { who: ['bob'], may: ['read'], stacks: [pattern] } as const;
  expect(allows(policy(rule), 'bob', 'read', name)).toBe(expected);
  const other = { who: [pattern], may: ['read'], stacks: ['*'] } as const;
  expect(allows(policy(other), name, 'read', 'x')).toBe(expected);
});

test('a pattern matches what the same regular expression does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, name) => {
      const slow = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
      expect(allows(policy({ who: ['*'], may: ['read'], stacks: [pattern] }), 'x', 'read', name)).toBe(slow);
    }),
  );
});

test('rights of different rules do not add up to one that none of them gives', () => {
  const two = policy(
    { who: ['bob'], may: ['deploy'], stacks: ['dev'] },
    { who: ['bob'], may: ['read'], stacks: ['prod'] },
    { who: ['ann'], may: ['deploy'], stacks: ['prod'] },
  );
  expect(allows(two, 'bob', 'deploy', 'dev')).toBe(true);
  expect(allows(two, 'bob', 'deploy', 'prod')).toBe(false);
  expect(allows(two, 'bob', 'read', 'dev')).toBe(false);
  expect(allows(two, 'bob', 'deploy')).toBe(true);
  expect(allows(two, 'bob', 'approve')).toBe(false);
});

test('without a rule nothing is allowed', () => {
  for (const scope of SCOPES) expect(allows(policy(), 'bob', scope)).toBe(false);
});
