// Votes by columns: the same answer as vote by vote, whatever is in them, and whatever is wrong with them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConsensusCall, Vote } from '#wasm';
import { METHODS, SEVERITIES, STATUSES } from '../../../src/app/consensus.ts';
import { instance } from '../../../src/core/instance.ts';
import { consensusByColumns } from '../../../src/core/votes.ts';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const rarely = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: odd });
/** Mostly what it may be; seldom anything that a number can be. */
const number = rarely<number>(unit, fc.double());
const name = fc.oneof(
  fc.constantFrom('approve', 'refuse', 'später', '投票', 'a', 'a very long name that begins alike', 'ab'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
);
const rows = fc.dictionary(fc.constantFrom('approve', 'refuse'), number, { maxKeys: 2 });
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 3 });

const vote = (sound: boolean): fc.Arbitrary<Vote> =>
  fc
    .record({
      expert: name,
      option: sound ? fc.constantFrom('approve', 'refuse') : optional(name),
      confidence: optional(sound ? unit : number),
      weight: optional(sound ? fc.double({ min: 1e-9, max: 1e9, noNaN: true }) : number),
      reliability: optional(sound ? unit : number),
      lineage: optional(fc.oneof(fc.constantFrom('m', 'n', 'a'), name)),
      status: rarely(fc.constant('ok' as const), fc.constantFrom(...STATUSES)),
      veto: rarely(fc.constant(false), fc.constant(true)),
      probabilities: rarely(fc.constant({}), rows),
      confusion: rarely(fc.constant({}), fc.dictionary(fc.constantFrom('approve', 'refuse'), rows, { maxKeys: 2 })),
      costUsd: optional(sound ? fc.double({ min: 0, max: 9, noNaN: true }) : number),
      elapsedMs: optional(sound ? fc.double({ min: 0, max: 9, noNaN: true }) : number),
      severity: optional(fc.constantFrom(...SEVERITIES)),
      reasons: fc.array(name, { maxLength: 2 }),
    })
    .map((given): Vote => {
      const vote = Object.fromEntries(
        Object.entries(given).filter(([, value]) => value !== undefined),
      ) as unknown as Vote;
      if (!sound || Object.keys(given.probabilities).length === 0) return vote;
      const { option: _, confidence: __, ...rest } = vote;
      return { ...rest, probabilities: { approve: 0.75, refuse: 0.25 } };
    });

const call = (sound: boolean): fc.Arbitrary<ConsensusCall> => {
  const free: fc.Arbitrary<ConsensusCall> = fc.record({
    votes: sound
      ? fc.uniqueArray(vote(true), { selector: ({ expert }) => expert, maxLength: 30 })
      : fc.array(vote(false), { maxLength: 12 }),
    options: fc.constantFrom([], ['approve', 'refuse'], ['refuse', 'approve', 'later']),
    roster: fc.array(name, { maxLength: 4 }),
    quorum: fc.oneof(unit, fc.record({ count: fc.nat(4), lineages: fc.nat(3) })),
    threshold: fc.constantFrom(0, 0.5, 0.9),
    loss: fc.constantFrom({}, { approve: { refuse: 3 }, ask: { approve: 0.2, refuse: 0.2 } }),
    prior: fc.constantFrom({}, { approve: 0.7 }),
    method: fc.constantFrom(...METHODS),
  });
  // Who votes is in the roster, where there is one.
  const joined = ({ roster = [], votes, ...rest }: ConsensusCall): ConsensusCall => ({
    ...rest,
    votes,
    roster: roster.length === 0 ? [] : [...roster, ...votes.map(({ expert }) => expert)],
  });
  return sound ? free.map(joined) : free;
};

describe('votes by columns', () => {
  test.each([
    { sound: true, what: 'sound votes are answered', least: 0.5 },
    { sound: false, what: 'votes with mistakes are refused', least: 0 },
  ])('$what as vote by vote, to the last digit', ({ sound, least }) => {
    let [answered, all] = [0, 0];
    fc.assert(
      fc.property(call(sound), (given) => {
        const byVote = instance().consensus(given);
        answered += byVote.type === 'aggregated' ? 1 : 0;
        all += 1;
        expect(consensusByColumns(given)).toStrictEqual(byVote);
      }),
      { numRuns: 1_000 },
    );
    expect(answered / all).toBeGreaterThan(least);
    expect(answered / all).toBeLessThan(sound ? 1.1 : 0.9);
  });

  test('no votes, and names that no column can hold', () => {
    expect(consensusByColumns({ votes: [] })).toStrictEqual(instance().consensus({ votes: [] }));
    const vote = (expert: string): Vote => ({ expert, option: 'x' });
    expect(consensusByColumns({ votes: [vote('a\0'), vote('b')] })).toBeUndefined();
    expect(consensusByColumns({ votes: [{ ...vote('a'), lineage: '\0' }] })).toBeUndefined();
    // Empty names are names here: who refuses them is the reader.
    const empty = { votes: [vote(''), vote('a')] };
    expect(consensusByColumns(empty)).toStrictEqual(instance().consensus(empty));
  });

  test('100,000 experts of as many lineages, each with a veto, take no longer than they have to', () => {
    const votes = Array.from({ length: 100_000 }, (_, at): Vote => {
      return { expert: `e${at}`, option: 'refuse', lineage: `m${at}`, veto: true };
    });
    const answer = consensusByColumns({ votes, options: ['approve', 'refuse'] });
    expect(answer).toMatchObject({ type: 'aggregated', consensus: { outcome: 'refuse', nEff: 100_000 } });
  });
});
