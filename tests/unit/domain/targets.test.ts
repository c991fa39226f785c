import { expect, test } from 'vitest';
import { deploymentDigest, groupsOf } from '../../../src/domain/targets.ts';

const placed = (...targets: [wave: number, ...after: number[]][]) =>
  groupsOf(targets.map(([wave, ...after]) => ({ wave, after: new Set(after) })));

test.each<[string, [number, ...number[]][], number[][] | undefined]>([
  ['no order but their own', [[1], [1], [1]], [[0, 1, 2]]],
  ['waves by number, not by place', [[3], [1], [2]], [[1], [2], [0]]],
  ['after what they import', [[1, 2], [1], [1, 1]], [[1], [2], [0]]],
  ['as soon as all of it is there', [[1], [1, 0], [1, 0], [1, 1, 2]], [[0], [1, 2], [3]]],
  ['across waves', [[2, 1], [1], [2]], [[1], [0, 2]]],
  ['in a circle', [[1, 1], [1, 0], [1]], undefined],
  ['of a later wave', [[1, 1], [2]], undefined],
  ['of itself', [[1, 0]], undefined],
  ['none', [], []],
])('groups: %s', (_, targets, groups) => {
  expect(placed(...targets)).toEqual(groups);
});

const plan = (name: string, planDigest: string, account = '1') => ({
  stack: { endpoint: 'aws', account, region: 'r', name },
  planDigest,
});

test('a deployment is the same whatever the order of its targets, and another when any of it is', () => {
  const digest = deploymentDigest([plan('a', 'x'), plan('b', 'y')]);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(deploymentDigest([plan('b', 'y'), plan('a', 'x')])).toBe(digest);
  const others = [
    [plan('a', 'y'), plan('b', 'x')],
    [plan('a', 'x')],
    [plan('a', 'x', '2'), plan('b', 'y')],
    [plan('a', 'x'), plan('b', 'y'), plan('b', 'y')],
  ];
  for (const other of others) expect(deploymentDigest(other)).not.toBe(digest);
});
