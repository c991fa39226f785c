// The replay bench: its histories are always the same and know nothing of experts, and its arithmetic is right.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Vote } from '#wasm';
import { histories } from '../bench/replay/histories.ts';
import { alone, knowing, majority, score } from '../bench/replay/judges.ts';
import { briers, CORRELATIONS } from '../bench/replay/pools.ts';
import { replay } from '../bench/replay/replay.ts';
import { ask, questions, RULES, type Rule, verdict } from '../bench/replay/stopping.ts';

test('histories are the same for the same seed, and one change in five ends badly', () => {
  const [some, again, others] = [histories(50, 10, 7), histories(50, 10, 7), histories(50, 10, 8)];
  expect(some).toEqual(again);
  expect(some).not.toEqual(others);
  const changes = histories(500, 10, 2026).flatMap((history) => history.changes);
  const bad = changes.filter(({ good }) => !good).length / changes.length;
  expect(bad).toBeGreaterThan(0.15);
  expect(bad).toBeLessThan(0.25);
  const digest = createHash('sha256').update(JSON.stringify(changes)).digest('hex');
  expect(digest).toBe('b11a282674daf0fcc725c7ccce33ad33d8e6d3175e05a63ca6a42a397fb54da4');
});

test('outcomes come from a file that imports nothing but random numbers', () => {
  const text = readFileSync(new URL('../bench/replay/histories.ts', import.meta.url), 'utf8');
  expect(text.match(/from '[^']+'|import\([^)]+\)/g)).toEqual(["from '../measure.ts'"]);
});

test('a score counts what was let through, turned away and asked', () => {
  const good = [true, true, true, false, false];
  expect(score(['approve', 'refuse', 'ask', 'approve', 'refuse'], good)).toEqual({
    accuracy: 0.5,
    wrongApprovals: 0.5,
    asked: 0.2,
    cost: (100 + 20 + 10) / 5,
  });
  expect(score(['ask', 'ask'], [true, false])).toMatchObject({ accuracy: Number.NaN, wrongApprovals: 0, cost: 10 });
});

const vote = (expert: string, option?: string, status: 'ok' | 'abstained' = 'ok') => ({
  expert,
  status,
  reasons: [],
  ...(option === undefined ? {} : { option }),
});

test('whoever has no opinion asks, and a tie is asked', () => {
  const votes = [vote('a', 'approve'), vote('b', 'refuse'), vote('c', undefined, 'abstained')];
  expect(['a', 'b', 'c', 'nobody'].map((expert) => alone(votes, expert))).toEqual(['approve', 'refuse', 'ask', 'ask']);
  expect(majority(votes)).toBe('ask');
  expect(majority([...votes, vote('d', 'refuse')])).toBe('refuse');
});

test('whoever knows the odds takes the cheapest way', () => {
  expect([0, 0.09, 0.11, 0.49, 0.51, 1].map(knowing)).toEqual(['approve', 'approve', 'ask', 'ask', 'refuse', 'refuse']);
});

test('the odds of the generator are those of its outcomes', () => {
  const changes = histories(500, 10, 5).flatMap((history) => history.changes);
  for (const [low, high] of [
    [0, 0.1],
    [0.1, 0.4],
    [0.4, 1],
  ] as const) {
    const some = changes.filter(({ risk }) => risk >= low && risk < high);
    const expected = some.reduce((sum, { risk }) => sum + risk, 0);
    const bad = some.filter(({ good }) => !good).length;
    // Three standard deviations.
    const deviation = Math.sqrt(some.reduce((sum, { risk }) => sum + risk * (1 - risk), 0));
    expect(Math.abs(bad - expected)).toBeLessThan(3 * deviation);
  }
});

test('changes are judged by what was known before them', () => {
  const [history] = histories(1, 6, 3);
  if (history === undefined) throw new Error('no history');
  const all = replay([history]);
  // The future changes nothing: a shorter history is judged as the beginning of the longer one.
  expect(replay([{ ...history, changes: history.changes.slice(0, 3) }])).toEqual(all.slice(0, 3));
  const past = all.map(({ votes }) => votes.find(({ expert }) => expert === 'history')?.status);
  expect(past[0]).toBe('abstained');
  expect(past.slice(1)).not.toContain('abstained');
});

test.each([false, true])('lossless stopping saves votes and changes no verdict (lineages: %s)', (related) => {
  const all = questions(100, related, 11);
  for (const asked of all) {
    const given = ask(asked, RULES['lossless'] as Rule);
    expect(verdict(given)).toBe(verdict(asked.votes));
    // One vote fewer would not have been enough: some answer of the others would have turned the verdict.
    const before = given.slice(0, -1);
    const rest = asked.votes.slice(before.length);
    const ends = ['approve', 'refuse'].map((option) =>
      verdict([...before, ...rest.map((vote) => ({ ...vote, option }))]),
    );
    if (before.length > 0) expect(new Set(ends).size).toBe(2);
  }
});

test('what was believed before anybody voted is evidence to a posterior, and none to Wald’s test', () => {
  const [first, ...left] = questions(1, false, 11)[0]?.votes ?? [];
  const enough = (rule: string, option: string) => RULES[rule]?.([{ ...first, option } as Vote], left);
  // One vote of an expert that is right in 88 %, where four of five changes are good.
  const rules = ['posterior, 95 %', 'sprt, 5 %'];
  expect(rules.map((rule) => enough(rule, 'approve'))).toEqual([true, false]);
  expect(rules.map((rule) => enough(rule, 'refuse'))).toEqual([false, false]);
});

test('simulated experts are as reliable as they say, and err together only where they are related', () => {
  for (const related of [false, true]) {
    const all = questions(4_000, related, 12);
    const wrong = (at: number) => all.map(({ votes, right }) => votes[at]?.option !== right);
    const both = (one: number, other: number) => {
      const [ones, others] = [wrong(one), wrong(other)];
      return ones.filter((is, at) => is && others[at]).length / all.length;
    };
    const share = (at: number) => both(at, at);
    expect(Math.abs(share(0) - 0.12)).toBeLessThan(0.02);
    expect(Math.abs(share(8) - 0.38)).toBeLessThan(0.02);
    // Experts 0 and 3 are of one lineage, 0 and 1 are not.
    const excess = (one: number, other: number) => both(one, other) - share(one) * share(other);
    expect(Math.abs(excess(0, 1))).toBeLessThan(0.012);
    if (related) expect(excess(0, 3)).toBeGreaterThan(0.015);
    else expect(Math.abs(excess(0, 3))).toBeLessThan(0.012);
  }
});

test.each(CORRELATIONS)(
  'the logarithmic pool is no worse than the mean where errors correlate by %d',
  (correlation) => {
    for (const seed of [1, 2, 3]) {
      const { weighted, ...pools } = briers(correlation, seed);
      // Everybody saying the same thing is one forecaster: there is nothing to extremise, and it costs a hundredth.
      // Within a millionth: log-odds of nought and one are cut off, so that one wild forecaster does not decide all.
      expect(pools['log-pool']).toBeLessThanOrEqual(weighted + 1e-6);
      if (correlation <= 0.5) expect(pools.bayesian).toBeLessThan(pools['log-pool']);
    }
  },
);
