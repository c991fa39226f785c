// Identifiers made by the sandbox are recognised anywhere, and others are not.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Alphabet, isMinted, mint, mintUuid, tokensIn } from '../../../src/sandbox/mint.ts';

const kinds: [alphabet: Alphabet, length: number, prefix: string][] = [
  ['hex', 17, '0'],
  ['hex', 32, ''],
  ['lower', 10, ''],
  ['lower', 14, 'd'],
  ['upper', 14, 'E'],
  ['upper', 21, 'AROA'],
  ['mixed', 9, ''],
  ['digits', 10, ''],
];

test.each(kinds)('a minted %s run of %i characters is found wherever it stands', (alphabet, length, prefix) => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const run = mint(alphabet, length, seed, prefix);
      expect(run).toHaveLength(length);
      expect(run.startsWith(prefix)).toBe(true);
      expect(mint(alphabet, length, seed, prefix)).toBe(run);
      expect(tokensIn(`arn:aws:x:us-east-1:123456789012:thing/${run}/*`)).toEqual([run]);
      expect(tokensIn(`https://name-${run}.example.com`)).toEqual([run]);
    }),
  );
});

test('a minted UUID is found, and is one', () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const uuid = mintUuid(seed);
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(tokensIn(`key/${uuid}`)).toEqual([uuid.replaceAll('-', '')]);
    }),
  );
});

test('any changed character makes it foreign, but for one chance in many thousand', () => {
  let passed = 0;
  let tried = 0;
  for (let seed = 0; seed < 200; seed++) {
    const run = mint('hex', 17, String(seed), '0');
    for (let at = 0; at < run.length; at++) {
      const other = run[at] === 'a' ? 'b' : 'a';
      tried += 1;
      if (isMinted(run.slice(0, at) + other + run.slice(at + 1))) passed += 1;
    }
  }
  expect(passed / tried).toBeLessThan(0.001);
});

test('what templates and AWS write passes for foreign', () => {
  const foreign = [
    'vpc-12345678',
    'vpc-0123456789abcdef0',
    'ami-0abcdef1234567890',
    'arn:aws:iam::123456789012:role/service-role/MyRole',
    'Z2FDTNDATAQYW2',
    'E1PA6795UKMFR9',
    '658327ea-f89d-4fab-a63d-7e88639e58f6',
    'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
    '2012-10-17',
    'application/vnd.apache.thrift.compact1234567890',
    'echo aGVsbG8gd29ybGQxMjM0NTY3ODkw | base64 -d',
  ];
  expect(foreign.flatMap(tokensIn)).toEqual([]);
});
