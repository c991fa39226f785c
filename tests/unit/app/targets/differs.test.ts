// A plan that was approved before its imports were there, against the plan that is made once they are.
import { expect, test } from 'vitest';
import type { Plan } from '#wasm';
import { differences } from '../../../../src/app/targets/differs.ts';

const plan = (desired: unknown, more: object = {}) =>
  ({
    digest: 'x',
    stack: 's',
    resources: [{ logicalId: 'A', action: 'create', estimateMs: 1, desired, ...more }],
  }) as unknown as Plan;
const open = { $import: 'topic' };
const join = (...items: unknown[]) => ({ $fn: ['join', ',', items] });

test.each<[string, unknown, unknown, string[]]>([
  ['nothing', { a: 1 }, { a: 1 }, []],
  ['what was open', { a: open }, { a: 'arn' }, []],
  ['a list where it was open', { a: { $fn: ['split', ',', open] } }, { a: ['x', 'y'] }, []],
  ['a function of what was open', { a: join('x', open) }, { a: 'x,arn' }, []],
  ['what was known', { a: open, b: 1 }, { a: 'arn', b: 2 }, ['resources/0/desired/b']],
  ['a property more', { a: open }, { a: 'arn', b: 2 }, ['resources/0/desired/b']],
  ['a property less', { a: open, b: 2 }, { a: 'arn' }, ['resources/0/desired/b']],
  ['an item more', { a: [open] }, { a: ['arn', 'other'] }, ['resources/0/desired/a/1']],
  ['a function of something else', { a: join('x', { $ref: 'B' }) }, { a: 'x' }, ['resources/0/desired/a']],
  ['an object that only looks like it', { a: { $import: 'x', b: 1 } }, { a: 1 }, ['resources/0/desired/a']],
])('differs: %s', (_, approved, now, expected) => {
  expect(differences(plan(approved), plan(now, { estimateMs: 9 }))).toEqual(expected);
});

test('another action is another plan', () => {
  expect(differences(plan({ a: open }), plan({ a: 'arn' }, { action: 'update' }))).toEqual(['resources/0/action']);
});
