// What a person is shown first of both sides.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sidesOf } from '../../../src/domain/sides.ts';
import type { VoteDocument } from '../../../src/domain/verdict.ts';

const vote = (expert: string, option: string | null, confidence: number | null, more: Partial<VoteDocument> = {}) => ({
  expert,
  option,
  confidence,
  reasons: [`${expert} sums up`, `${expert} names A`, `${expert} names B`],
  costUsd: 0,
  elapsedMs: 0,
  status: 'ok' as const,
  ...more,
});

const names = (reasons: readonly { expert: string }[]) => reasons.map(({ expert }) => expert);

test('the three strongest of each side, by weight times the log-odds of the confidence', () => {
  const { approve, refuse } = sidesOf([
    vote('weak', 'approve', 0.55),
    vote('sure', 'approve', 0.9),
    vote('heavy', 'approve', 0.75, { weight: 3 }),
    vote('light', 'approve', 0.95, { weight: 0.1 }),
    vote('even', 'approve', 0.7),
    vote('no', 'refuse', 0.9),
  ]);
  expect(names(approve)).toEqual(['heavy', 'sure', 'even']);
  expect(approve[1]).toEqual({ expert: 'sure', confidence: 0.9, reason: 'sure sums up' });
  expect(refuse).toEqual([
    { expert: 'no', confidence: 0.9, reason: 'no sums up: no names A' },
    { expert: 'no', confidence: 0.9, reason: 'no names B' },
  ]);
});

test('every objection is heard once before one is heard twice', () => {
  const { refuse } = sidesOf([vote('a', 'refuse', 0.95), vote('b', 'refuse', 0.6)]);
  expect(refuse.map(({ reason }) => reason)).toEqual(['a sums up: a names A', 'b sums up: b names A', 'a names B']);
});

test('who abstains, fails or gives no reason is on no side', () => {
  const none = { approve: [], refuse: [] };
  expect(sidesOf([])).toEqual(none);
  expect(
    sidesOf([
      vote('a', null, null, { status: 'abstained' }),
      vote('b', 'approve', 0.9, { status: 'failed' }),
      vote('c', 'approve', 0.9, { reasons: [] }),
      vote('d', 'refuse', 0.9, { reasons: [] }),
    ]),
  ).toEqual(none);
});

test('probabilities stand for an option and its confidence', () => {
  const { approve, refuse } = sidesOf([
    { expert: 'a', probabilities: { approve: 0.7, refuse: 0.3 }, reasons: ['calm'] },
    { expert: 'b', probabilities: { approve: 0.2, refuse: 0.8 }, reasons: ['worried'] },
    { expert: 'c', probabilities: { approve: 0.5, refuse: 0.5 }, reasons: ['torn'] },
    { expert: 'd', probabilities: {}, reasons: ['silent'] },
  ]);
  expect(approve).toEqual([{ expert: 'a', confidence: 0.7, reason: 'calm' }]);
  expect(refuse).toEqual([{ expert: 'b', confidence: 0.8, reason: 'worried' }]);
});

test('certainty stays a number, and the order of votes decides nothing', () => {
  const votes = fc.uniqueArray(
    fc.record({
      expert: fc.string({ minLength: 1, maxLength: 3 }),
      option: fc.constantFrom('approve', 'refuse'),
      confidence: fc.constantFrom(0, 0.2, 0.8, 1, null),
    }),
    { selector: ({ expert }) => expert, maxLength: 8 },
  );
  fc.assert(
    fc.property(votes, fc.nat(8), (raw, by) => {
      const all = raw.map(({ expert, option, confidence }) => vote(expert, option, confidence));
      expect(sidesOf([...all.slice(by), ...all.slice(0, by)])).toEqual(sidesOf(all));
    }),
  );
});
