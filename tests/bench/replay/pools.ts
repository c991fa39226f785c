// Pools of probabilities on simulated forecasters whose errors go together: the core's three against the plain mean.
//
// A question is yes or no, evenly. A forecaster sees the answer with an error of a standard deviation of 1.5, of which a
// share (the correlation) is everybody's, and gives the probability that Bayes' rule makes of what it sees.
// Target, fixed on 26 November 2026 beforehand: the logarithmic pool, which is the default, is nowhere worse than the mean.
import { poolForecasts } from '../../../src/core/tables.ts';
import { chance, type Row } from '../measure.ts';

const [QUESTIONS, FORECASTERS, DEVIATION] = [4_000, 9, 1.5];
export const CORRELATIONS = [0, 0.25, 0.5, 0.75, 1] as const;
const POOLS = ['log-pool', 'bayesian', 'dawid-skene', 'majority'] as const;

/** Brier score of each pool, and of the plain mean, at a correlation of errors. */
export function briers(correlation: number, seed = 1986): Record<(typeof POOLS)[number] | 'weighted', number> {
  const next = chance(seed);
  // Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const outcomes = Array.from({ length: QUESTIONS }, () => (next() < 0.5 ? 1 : 0));
  const p = outcomes.flatMap((outcome) => {
    const shared = normal();
    return Array.from({ length: FORECASTERS }, () => {
      const error = Math.sqrt(correlation) * shared + Math.sqrt(1 - correlation) * normal();
      const seen = 2 * outcome - 1 + DEVIATION * error;
      return 1 / (1 + Math.exp((-2 * seen) / DEVIATION ** 2));
    });
  });
  const questions = Uint32Array.from(p.keys(), (row) => Math.floor(row / FORECASTERS));
  const of = (method: (typeof POOLS)[number] | 'weighted') => {
    const { p: pooled } = poolForecasts({
      questions,
      forecasters: questions.map((_, row) => row % FORECASTERS),
      p: Float64Array.from(p),
      counts: [QUESTIONS, FORECASTERS],
      method,
      outcomes: new Float64Array(0),
    });
    return pooled.reduce((sum, p, at) => sum + (p - (outcomes[at] as number)) ** 2, 0) / QUESTIONS;
  };
  return {
    weighted: of('weighted'),
    'log-pool': of('log-pool'),
    bayesian: of('bayesian'),
    'dawid-skene': of('dawid-skene'),
    majority: of('majority'),
  };
}

/** Brier scores as ratios to the mean's. */
export function pools(): Row[] {
  return CORRELATIONS.flatMap((correlation) => {
    const { weighted, ...others } = briers(correlation);
    return POOLS.map((method) => ({
      area: 'consensus',
      what: `pools, errors correlated by ${correlation}, Brier score, ${method} / mean`,
      value: others[method] / weighted,
      unit: 'x',
      runs: QUESTIONS,
      ...(method === 'log-pool' ? { target: { atMost: 1 } } : {}),
      note: `mean ${weighted.toFixed(3)}`,
    }));
  });
}
