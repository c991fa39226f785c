// How every number of the benches is taken: medians of repeated runs after a warm-up; whatever is compared is run
// turn and turn about in one process, and the ratio is the median of the ratios of neighbouring runs, so that a machine
// that is busy for a while slows both sides of a pair.

/** One measured number. */
export interface Row {
  area: string;
  what: string;
  value: number;
  unit: string;
  /** Of DESIGN.md, "Numbers to hold"; absent where it names none. */
  target?: { atMost: number } | { atLeast: number };
  runs: number;
  note?: string;
}

/** Times of single runs, ms. */
export interface Times {
  median: number;
  runs: number;
}

export interface Effort {
  /** Runs before the clock counts. */
  warmUp?: number;
  runs?: number;
}

const NORMAL = { warmUp: 5, runs: 31 };

/** Median time of one call, ms. */
export function time(work: () => unknown, effort: Effort = {}): Times {
  const { warmUp, runs } = { ...NORMAL, ...effort };
  for (let run = 0; run < warmUp; run++) work();
  const times = Array.from({ length: runs }, () => once(work));
  return { median: median(times), runs };
}

/** Two ways to the same end, in turn; `ratio` is other / one: how many times faster `one` is. */
export function paired(one: () => unknown, other: () => unknown, effort: Effort = {}) {
  const { warmUp, runs } = { ...NORMAL, ...effort };
  for (let run = 0; run < warmUp; run++) {
    one();
    other();
  }
  const [ones, others]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    if (run % 2 === 0) ones.push(once(one));
    others.push(once(other));
    if (run % 2 === 1) ones.push(once(one));
  }
  const ratio = median(ones.map((time, run) => (others[run] as number) / time));
  return { one: median(ones), other: median(others), ratio, runs };
}

/** Repeats short work so often that the clock's grain does not matter; ns per call. */
export function nanoseconds(work: (times: number) => void, effort: Effort & { batch?: number } = {}): Times {
  const { batch = 1_000_000 } = effort;
  const { median, runs } = time(() => work(batch), effort);
  return { median: (median * 1e6) / batch, runs };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** `true`, `false`, or `undefined` where nothing is demanded. */
export function held({ value, target }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}

/** A generator that gives the same numbers in [0, 1) everywhere (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function once(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
