// Warnings of what "was changed outside": not of what the service itself rewrote when it was given.
import { expect, test } from 'vitest';
import type { Live, Problem } from '#wasm';
import { withoutRewritten } from '../../../../src/app/planning/rewritten.ts';

const drifted = (path: string): Problem => ({
  code: 'drifted',
  severity: 'warning',
  message: 'was changed outside of Assent',
  line: 1,
  column: 1,
  path: `Resources/R/Properties/${path}`,
});
const live = (properties: object): Record<string, Live> => ({ R: { status: 'present', properties } });
const seen = async (problems: Problem[], now: Record<string, Live>, then: object) => {
  const left = await withoutRewritten(problems, now, async (ids) => {
    expect([...ids]).toEqual(['R']);
    return { R: then };
  });
  return left.map(({ path }) => path?.split('/').slice(3).join('/'));
};

test('what is as it was read at once is no change; what is otherwise, or was never read, is one', async () => {
  const both = [drifted('Protocol'), drifted('A/B')];
  expect(await seen(both, live({ Protocol: 'https', A: { B: 2 } }), { Protocol: 'https', A: { B: 1 } })).toEqual([
    'A/B',
  ]);
  expect(await seen(both, live({ Protocol: 'https' }), {})).toEqual(['Protocol', 'A/B']);
  expect(await seen(both, { R: { status: 'absent' } }, { Protocol: 'https' })).toEqual(['Protocol', 'A/B']);
});

test('other warnings stay, and ask for nothing', async () => {
  const other: Problem = { ...drifted('X'), code: 'maybe_replaced' };
  expect(await withoutRewritten([other], {}, () => expect.fail())).toEqual([other]);
});
