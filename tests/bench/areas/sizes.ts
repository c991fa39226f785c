// Makespans against what no schedule can beat, by size, concurrency, rate and certainty of durations: random graphs of four
// shapes on the virtual clock, deterministic. Polls are part of it where there is a rate: nothing tells by itself that it ended.
import type { Plan } from '#wasm';
import { simulate } from '../../../src/core/calls.ts';
import { randomPlan, SHAPES } from '../graphs.ts';
import { median, type Row } from '../measure.ts';

const COUNTS = [40, 150, 400];
const CONCURRENCY = [5, 10, 20, 40];
const SEEDS = 10;
const RATES: readonly (number | undefined)[] = [undefined, 25];
const NOISES = [0, 0.2];

const ratio = (plan: Plan, maxConcurrency: number, noise: number, rate: number | undefined, seed: number) =>
  simulate(plan, { maxConcurrency, noise, seed: String(seed), ...(rate === undefined ? {} : { rate }) }).ratio;

export function run(): Row[] {
  const rows: Row[] = [];
  for (const count of COUNTS) {
    const plans = Array.from({ length: SEEDS }, (_, seed) =>
      SHAPES.map((shape) => randomPlan(shape, count, seed)),
    ).flat();
    for (const rate of RATES) {
      for (const noise of NOISES) {
        for (const p of CONCURRENCY) {
          const ratios = plans.map((plan, at) => ratio(plan, p, noise, rate, at));
          const [limit, vary] = [
            rate === undefined ? 'known at once' : `${rate} requests/s`,
            noise === 0 ? 'exact' : '± 20 %',
          ];
          rows.push({
            area: 'sizes',
            what: `${count} resources, ${limit}, ${vary}, P = ${p}, median of ${plans.length}`,
            value: median(ratios),
            unit: 'x',
            runs: 1,
            note: `worst ${Math.max(...ratios).toFixed(3)}`,
          });
        }
      }
    }
  }
  return rows;
}
