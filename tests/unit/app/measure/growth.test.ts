// The comparison of p95: named where it has grown, and not for a bad day, for noise, or for many questions at once.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALPHA, type Counted, growths, type Runs } from '../../../../src/app/measure/growth.ts';

/** Numbers in [0, 1) from a seed (SplitMix32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

const counted = (values: readonly number[]): Counted =>
  values.toSorted((a, b) => a - b).map((value) => ({ value, count: 1 }));

/** Log-normal durations; every run has a day of its own. Newest run first. */
function series(
  seed: number,
  { runs, operations, factor = () => 1 }: { runs: number; operations: number; factor?: (age: number) => number },
): Runs {
  const next = chance(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    key: `series ${seed}`,
    runs: Array.from({ length: runs }, (_, age) => {
      const day = 0.3 * normal();
      return counted(Array.from({ length: operations }, () => factor(age) * Math.exp(8 + day + 0.4 * normal())));
    }),
  };
}

const judge = (one: Runs) => growths([one])[0];

describe('growth', () => {
  test('of 300 reports of 8 series each, nothing changed and every run with a day of its own, 1 in 100 names any', () => {
    const named = Array.from({ length: 300 }, (_, report) =>
      growths(
        Array.from({ length: 8 }, (_, at) =>
          series(1 + report * 8 + at, { runs: 15 + ((report + at) % 40), operations: 5 }),
        ),
      ).some(({ verdict }) => verdict === 'grown'),
    ).filter(Boolean).length;
    // Binomial(300, 1 %): more than 9 of them in 1 of 1,000 such tests.
    expect(named).toBeLessThanOrEqual(9);
  });

  test('a type that needs three times as long is found among fifty that do not', () => {
    let [found, others] = [0, 0];
    for (let report = 0; report < 20; report += 1) {
      const slow = series(10_000 + report, { runs: 40, operations: 5, factor: (age) => (age < 10 ? 3 : 1) });
      const rest = Array.from({ length: 50 }, (_, at) =>
        series(20_000 + report * 50 + at, { runs: 40, operations: 5 }),
      );
      const [first, ...judged] = growths([slow, ...rest]);
      if (first?.verdict === 'grown') found += 1;
      others += judged.filter(({ verdict }) => verdict === 'grown').length;
    }
    expect(found).toBeGreaterThanOrEqual(19);
    // 1,000 of them, in 20 reports of which 1 in 100 may name any.
    expect(others).toBeLessThanOrEqual(2);
  });

  test('one bad run among the newest is a bad day, however bad', () => {
    const named = Array.from({ length: 200 }, (_, seed) =>
      judge(series(seed + 1, { runs: 40, operations: 8, factor: (age) => (age === 3 ? 50 : 1) })),
    ).filter((one) => one?.verdict === 'grown').length;
    // 4 on the day this was written; 8 if the worst run were not left out.
    expect(named).toBeLessThanOrEqual(5);
  });

  test('what is sure but small is not named, nor what has become quicker', () => {
    const steady = (factor: (age: number) => number): Runs => ({
      key: 'steady',
      runs: Array.from({ length: 60 }, (_, age) =>
        counted([100, 101, 102, 103, 104].map((value) => value * factor(age))),
      ),
    });
    const small = judge(steady((age) => (age < 10 ? 1.09 : 1)));
    expect(small).toMatchObject({ verdict: 'not_grown', ratio: expect.closeTo(1.09) });
    expect(small?.pValue).toBeLessThan(ALPHA);
    expect(judge(steady((age) => (age < 10 ? 1.11 : 1)))?.verdict).toBe('grown');
    expect(judge(steady((age) => (age < 10 ? 0.5 : 1)))).toMatchObject({ verdict: 'not_grown', pValue: 1 });
    expect(judge(steady(() => 1))).toMatchObject({ verdict: 'not_grown', ratio: 1, pValue: 1 });
  });

  test.each([
    ['no runs', 0, 10],
    ['14 runs', 14, 10],
    ['15 runs of 3', 15, 3],
  ])('%s are too few', (_, runs, operations) => {
    expect(judge(series(1, { runs, operations, factor: (age) => (age < 5 ? 9 : 1) }))).toMatchObject({
      verdict: 'too_few',
      pValue: null,
    });
  });

  test('15 runs of 4 are enough', () => {
    const one = judge(series(1, { runs: 15, operations: 4, factor: (age) => (age < 5 ? 9 : 1) }));
    expect(one).toMatchObject({ verdict: 'grown', recent: { runs: 5, count: 20 }, before: { runs: 10, count: 40 } });
  });

  test('runs beyond the 60 newest do not matter', () => {
    const { key, runs } = series(5, { runs: 60, operations: 4 });
    const older = series(6, { runs: 20, operations: 4, factor: () => 100 }).runs;
    expect(judge({ key, runs: [...runs, ...older] })).toEqual(judge({ key, runs }));
  });

  test('zeros have no ratio and are never named', () => {
    const runs = Array.from({ length: 30 }, (_, age) => [{ value: age < 10 ? 5 : 0, count: 10 }]);
    expect(judge({ key: 'zero', runs })).toMatchObject({ verdict: 'not_grown', ratio: null });
  });

  test('the quantile is that of all operations together, whatever runs they came in', () => {
    const runs = fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 9 }), {
      minLength: 3,
      maxLength: 40,
    });
    fc.assert(
      fc.property(runs, (runs) => {
        const one = judge({ key: 'x', runs: runs.map(counted) });
        const split = Math.min(10, Math.floor(runs.length / 3));
        for (const [side, part] of [
          [one?.recent, runs.slice(0, split)],
          [one?.before, runs.slice(split, split + 50)],
        ] as const) {
          const sorted = part.flat().sort((a, b) => a - b);
          expect(side).toEqual({
            runs: part.length,
            count: sorted.length,
            p95: sorted[Math.max(1, Math.ceil(0.95 * sorted.length)) - 1] ?? 0,
          });
        }
      }),
    );
  });

  test('the same store gives the same answer', () => {
    const all = Array.from({ length: 5 }, (_, at) => series(at, { runs: 30, operations: 5 }));
    expect(growths(all)).toEqual(growths(all));
  });
});
