// Models of crowds that are not in the product, written to be tried against those that are: Dawid and Skene as published,
// independent Bayesian classifier combination, and a pairwise model of workers who err together.
import type { Table } from '../opponents/tables.ts';

/** Probability per option, tasks one after another. */
export type Posterior = Float64Array;

const ROUNDS = 100;
const TOLERANCE = 1e-6;

interface Rows {
  tasks: number;
  workers: number;
  options: number;
  /** Worker and label of each row of a task. */
  of: { worker: number; label: number }[][];
}

function rowsOf({ tasks, workers, labels, counts }: Table): Rows {
  const of: Rows['of'] = Array.from({ length: counts[0] }, () => []);
  for (const [row, task] of tasks.entries()) {
    of[task]?.push({ worker: workers[row] as number, label: labels[row] as number });
  }
  return { tasks: counts[0], workers: counts[1], options: counts[2], of };
}

const at = (values: Float64Array, index: number) => values[index] as number;

/** Fractions of votes. */
function fractions({ tasks, options, of }: Rows): Posterior {
  const posterior = new Float64Array(tasks * options);
  for (const [task, rows] of of.entries()) {
    for (const { label } of rows)
      posterior[task * options + label] = at(posterior, task * options + label) + 1 / rows.length;
  }
  return posterior;
}

/** Logarithms per task to probabilities in `posterior`; the largest change. */
function settle(posterior: Posterior, task: number, logs: Float64Array): number {
  const top = Math.max(...logs);
  const sum = logs.reduce((all, log) => all + Math.exp(log - top), 0);
  let most = 0;
  for (const [k, log] of logs.entries()) {
    const p = Math.exp(log - top) / sum;
    const cell = task * logs.length + k;
    most = Math.max(most, Math.abs(p - at(posterior, cell)));
    posterior[cell] = p;
  }
  return most;
}

/** What workers were seen to say per true option: worker, option, label. */
function countsOf({ workers, options, of }: Rows, posterior: Posterior): Float64Array {
  const counts = new Float64Array(workers * options * options);
  for (const [task, rows] of of.entries()) {
    for (const { worker, label } of rows) {
      for (let k = 0; k < options; k++) {
        const cell = (worker * options + k) * options + label;
        counts[cell] = at(counts, cell) + at(posterior, task * options + k);
      }
    }
  }
  return counts;
}

function sharesOf({ tasks, options }: Rows, posterior: Posterior): Float64Array {
  const shares = new Float64Array(options);
  for (let task = 0; task < tasks; task++) {
    for (let k = 0; k < options; k++) shares[k] = at(shares, k) + at(posterior, task * options + k);
  }
  return shares;
}

/** Rounds of one kind: logarithms of shares and of confusions from what was counted, then what a task's rows give. */
function rounds(rows: Rows, learn: Learn, weight: (task: number, row: number) => number = () => 1): Posterior {
  const { options, of } = rows;
  const posterior = fractions(rows);
  for (let round = 0; round < ROUNDS; round++) {
    const { logs, logShares } = learn(countsOf(rows, posterior), sharesOf(rows, posterior));
    let most = 0;
    for (const [task, labelled] of of.entries()) {
      const sums = logShares.slice();
      for (const [row, { worker, label }] of labelled.entries()) {
        const counts = weight(task, row);
        for (let k = 0; k < options; k++)
          sums[k] = at(sums, k) + counts * at(logs, (worker * options + k) * options + label);
      }
      most = Math.max(most, settle(posterior, task, sums));
    }
    if (most <= TOLERANCE) break;
  }
  return posterior;
}

/** Dawid & Skene (1979) with 0.01 on every count, as others have it, in place of a prior. */
export function published(table: Table): Posterior {
  const rows = rowsOf(table);
  return rounds(rows, smoothed(rows));
}

type Learn = (counts: Float64Array, shares: Float64Array) => { logs: Float64Array; logShares: Float64Array };

function smoothed({ options }: Rows): Learn {
  return (counts, shares) => ({
    logs: counts.map((count, cell) => {
      const first = cell - (cell % options);
      const all = counts.subarray(first, first + options).reduce((sum, one) => sum + one + 0.01, 0);
      return Math.log((count + 0.01) / all);
    }),
    logShares: logOf(shares, 0.01),
  });
}

function logOf(shares: Float64Array, smoothing: number): Float64Array {
  const all = shares.reduce((sum, share) => sum + share + smoothing, 0);
  return shares.map((share) => Math.log((share + smoothing) / all));
}

/** Kim & Ghahramani (2012), variational as in Simpson et al. (2013): Dirichlet posteriors of confusions and shares. */
export function ibcc(table: Table): Posterior {
  const rows = rowsOf(table);
  const { options } = rows;
  return rounds(rows, (counts, shares) => {
    const prior = (cell: number) => (isRight(cell, options) ? 2 : 1);
    const logs = counts.map((count, cell) => {
      const first = cell - (cell % options);
      let all = 0;
      for (let label = 0; label < options; label++) all += at(counts, first + label) + prior(first + label);
      return digamma(count + prior(cell)) - digamma(all);
    });
    const all = shares.reduce((sum, share) => sum + share + 1, 0);
    return { logs, logShares: shares.map((share) => digamma(share + 1) - digamma(all)) };
  });
}

/** Asymptotic series after a few steps of the recurrence (Abramowitz & Stegun 6.3.5, 6.3.18). */
function digamma(x: number): number {
  let [value, from] = [0, x];
  for (; from < 6; from += 1) value -= 1 / from;
  const square = 1 / (from * from);
  return value + Math.log(from) - 1 / (2 * from) - square * (1 / 12 - square * (1 / 120 - square / 252));
}

/** One reliability per worker, mixed with two labels of an average one, by expectation maximisation. */
export function oneCoin(table: Table): Posterior {
  const rows = rowsOf(table);
  const { options } = rows;
  return rounds(rows, (counts, shares) => {
    const [right, all] = [new Float64Array(rows.workers), new Float64Array(rows.workers)];
    for (const [cell, count] of counts.entries()) {
      const worker = Math.floor(cell / (options * options));
      all[worker] = at(all, worker) + count;
      if (isRight(cell, options)) right[worker] = at(right, worker) + count;
    }
    const mean = right.reduce((sum, one) => sum + one, 0) / all.reduce((sum, one) => sum + one, 0);
    const logs = counts.map((_, cell) => {
      const worker = Math.floor(cell / (options * options));
      const own = Math.min(Math.max((at(right, worker) + 2 * mean) / (at(all, worker) + 2), 0.01), 0.99);
      return Math.log(isRight(cell, options) ? own : (1 - own) / (options - 1));
    });
    return { logs, logShares: logOf(shares, 2) };
  });
}

function isRight(cell: number, options: number): boolean {
  return cell % options === Math.floor(cell / options) % options;
}

/**
 * Pairwise dependence, Ising-like: the pair terms of a model of who errs with whom, taken at their mean field. Two workers go
 * together by as much as they are wrong in the same way more often than their own error rates say, on the tasks that both
 * labelled; in a task a label counts as one over one plus its correlations with all who gave the same. Who is wrong is
 * judged once, by the majority: judged by the model itself, whoever it believes drowns out the others (tried).
 */
export function pairwise(table: Table): Posterior {
  const rows = rowsOf(table);
  const { of } = rows;
  const weight = independence(rows, fractions(rows));
  const weights = of.map((labelled, task) => labelled.map((_, row) => weight(task, row)));
  return rounds(rows, smoothed(rows), (task, row) => weights[task]?.[row] ?? 1);
}

/** Tasks that draw a correlation to 0. */
const DRAWN = 10;

/** What a row of a task counts. */
function independence(rows: Rows, posterior: Posterior): (task: number, row: number) => number {
  const { workers, options, of } = rows;
  const [wrong, seen] = [new Float64Array(workers), new Float64Array(workers)];
  const pairs = new Map<number, { met: number; both: number }>();
  const pair = (a: number, b: number) => (a < b ? a * workers + b : b * workers + a);
  const isWrong = (task: number, label: number) => {
    const own = posterior.subarray(task * options, (task + 1) * options);
    return Math.max(...own) - at(own, label) > 1e-9 ? 1 : 0;
  };
  for (const [task, labelled] of of.entries()) {
    for (const [one, { worker, label }] of labelled.entries()) {
      wrong[worker] = at(wrong, worker) + isWrong(task, label);
      seen[worker] = at(seen, worker) + 1;
      for (const other of labelled.slice(one + 1)) {
        const kept = pairs.get(pair(worker, other.worker)) ?? { met: 0, both: 0 };
        kept.met += 1;
        if (other.label === label) kept.both += isWrong(task, label);
        pairs.set(pair(worker, other.worker), kept);
      }
    }
  }
  const rate = (worker: number) => (at(wrong, worker) + 1) / (at(seen, worker) + 2);
  const correlation = (a: number, b: number) => {
    const { met, both } = pairs.get(pair(a, b)) ?? { met: 0, both: 0 };
    const [p, q] = [rate(a), rate(b)];
    const excess = both - (met * p * q) / (options - 1);
    return Math.min(Math.max(excess / (met + DRAWN) / Math.sqrt(p * (1 - p) * q * (1 - q)), 0), 1);
  };
  return (task, row) => {
    const labelled = of[task] ?? [];
    const own = labelled[row];
    if (own === undefined) return 0;
    let together = 1;
    for (const [other, { worker, label }] of labelled.entries()) {
      if (other !== row && label === own.label) together += correlation(own.worker, worker);
    }
    return 1 / together;
  };
}

/** Share of right labels in per cent; a tie of n with the true one among them is right by 1/n. */
export function accuracy(posterior: Posterior, options: number, truth: Int32Array): number {
  let [right, known] = [0, 0];
  for (const [task, label] of truth.entries()) {
    if (label < 0) continue;
    const own = posterior.subarray(task * options, (task + 1) * options);
    const best = Math.max(...own);
    const ahead = own.filter((p) => best - p <= 1e-9).length;
    known += 1;
    if (label < options && best - at(own, label) <= 1e-9) right += 1 / ahead;
  }
  return (100 * right) / known;
}
