// Whether the p95 of a type's durations has grown: a permutation test over runs, so that it does not cry wolf.
//
// Operations of one run share a good or a bad day; only runs may be taken for exchangeable. So the question is: were the
// runs dealt out to "recent" and "before" by chance, how often would the recent p95 stand as far above the earlier one as
// it does? (Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005, 3.) Many series are asked about at
// once: Holm's procedure keeps the chance that a report names any series though none has changed at 1 %. And what one run
// alone has done is not named: the growth must be there, at 1 %, without the recent run that adds the most to it. A trend
// that every run follows is growth; whether somebody made it or AWS did is not known here.

/** Values and how often each was there, rising. */
export type Counted = readonly { readonly value: number; readonly count: number }[];

/** One side of a comparison. */
export interface Side {
  runs: number;
  count: number;
  p95: number;
}

export interface Growth {
  recent: Side;
  before: Side;
  /** Recent p95 divided by that of before; `null` where that is 0. */
  ratio: number | null;
  /** Of the permutation test; `null` where there is too little to tell. */
  pValue: number | null;
  verdict: 'grown' | 'not_grown' | 'too_few';
}

/** The chance of naming anything where nothing has changed. */
export const ALPHA = 0.01;
/** Growth that is worth a word; a sketch is within 1 %, so two of them differ by 2 % for nothing. */
export const GROWTH = 1.1;
/** The newest runs of a series, as far as they are at most a third of them; and how many of before are looked at. */
export const RECENT_RUNS = 10;
export const BEFORE_RUNS = 50;
/** Fewer say nothing: runs and operations of the recent side, and twice as many of the one before. */
export const LEAST_RUNS = 5;
export const LEAST_COUNT = 20;

const QUANTILE = 0.95;
const LEAST_DEALS = 10_000;
const MOST_DEALS = 200_000;
// A series that so many deals have beaten is not going to be named (Besag and Clifford, "Sequential Monte Carlo
// p-values", 1991).
const ENOUGH = 100;

/** One series: each run's durations, newest run first. */
export interface Runs {
  /** Different for different series; its deals are drawn from it, so the same store gives the same answer. */
  key: string;
  runs: readonly Counted[];
}

/** Judges all series of a report together, in their order. */
export function growths(series: readonly Runs[]): Growth[] {
  const split = series.map(splitOf);
  const tested = split.filter(({ isEnough }) => isEnough).length;
  const deals = Math.min(Math.max(LEAST_DEALS, Math.ceil((2 * tested) / ALPHA)), MOST_DEALS);
  const found = split.map(({ isEnough, recent, before, key }): Growth => {
    const [one, other] = [sideOf(recent), sideOf(before)];
    const ratio = other.p95 > 0 ? one.p95 / other.p95 : null;
    const pValue = isEnough ? permuted(recent, before, deals, key) : null;
    return { recent: one, before: other, ratio, pValue, verdict: isEnough ? 'not_grown' : 'too_few' };
  });
  // Holm: the smallest is held to alpha / tests, the next to alpha / (tests - 1), until one fails.
  const rising = found.filter(({ pValue }) => pValue !== null).sort((a, b) => Number(a.pValue) - Number(b.pValue));
  for (const [at, one] of rising.entries()) {
    if (Number(one.pValue) > ALPHA / (tested - at)) break;
    if (standsWithoutWorst(split[found.indexOf(one)], deals)) one.verdict = 'grown';
  }
  return found;
}

function splitOf({ runs, key }: Runs) {
  const recentRuns = Math.min(RECENT_RUNS, Math.floor(runs.length / 3));
  const recent = runs.slice(0, recentRuns);
  const before = runs.slice(recentRuns, recentRuns + BEFORE_RUNS);
  const isEnough =
    recent.length >= LEAST_RUNS &&
    before.length >= 2 * LEAST_RUNS &&
    countOf(recent) >= LEAST_COUNT &&
    countOf(before) >= 2 * LEAST_COUNT;
  return { isEnough, recent, before, key };
}

/** Whether it has grown without the recent run that adds the most to it: one bad run is a bad day. */
function standsWithoutWorst(split: ReturnType<typeof splitOf> | undefined, deals: number): boolean {
  if (split === undefined) return false;
  const { recent, before, key } = split;
  const without = recent
    .map((_, left) => recent.filter((_, at) => at !== left))
    .map((runs) => ({ runs, p95: sideOf(runs).p95 }))
    .reduce((least, one) => (one.p95 < least.p95 ? one : least));
  const earlier = sideOf(before).p95;
  return earlier > 0 && without.p95 >= GROWTH * earlier && permuted(without.runs, before, deals, key) <= ALPHA;
}

function countOf(runs: readonly Counted[]): number {
  return runs.reduce((sum, run) => sum + run.reduce((inner, { count }) => inner + count, 0), 0);
}

function sideOf(runs: readonly Counted[]): Side {
  const all = runs.flat().sort((a, b) => a.value - b.value);
  const count = countOf(runs);
  const rank = Math.max(1, Math.ceil(QUANTILE * count));
  let seen = 0;
  const at = all.find((one) => {
    seen += one.count;
    return seen >= rank;
  });
  return { runs: runs.length, count, p95: at?.value ?? 0 };
}

/** The share of deals whose ratio is at least the one that was found, that one counted in. */
function permuted(recent: readonly Counted[], before: readonly Counted[], deals: number, key: string): number {
  const runs = [...recent, ...before];
  const values = [...new Set(runs.flatMap((run) => run.map(({ value }) => value)))].sort((a, b) => a - b);
  const at = new Map(values.map((value, index) => [value, index]));
  // Pairs of index and count, one array a run.
  const cells = runs.map((run) => Float64Array.from(run.flatMap(({ value, count }) => [at.get(value) ?? 0, count])));
  const sizes = runs.map((run) => countOf([run]));
  const total = new Float64Array(values.length);
  for (const cell of cells) add(total, cell);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const some = new Float64Array(values.length);
  const order = runs.map((_, index) => index);
  const ratio = (): number => {
    some.fill(0);
    let size = 0;
    for (const run of order.slice(0, recent.length)) {
      add(some, cells[run] as Float64Array);
      size += sizes[run] as number;
    }
    const [one, other] = [ranked(some, undefined, size), ranked(total, some, all - size)];
    return (values[one] as number) / (values[other] as number);
  };
  const observed = ratio();
  const next = chance(key);
  let [asFar, dealt] = [1, 1];
  for (; dealt <= deals && asFar <= ENOUGH; dealt += 1) {
    for (let to = 0; to < recent.length; to += 1) {
      const from = to + Math.floor(next() * (order.length - to));
      [order[to], order[from]] = [order[from] as number, order[to] as number];
    }
    // Not below: a type whose earlier p95 is 0 has no ratio, and is never named.
    if (!(ratio() < observed)) asFar += 1;
  }
  return asFar / dealt;
}

function add(into: Float64Array, cells: Float64Array): void {
  for (let pair = 0; pair < cells.length; pair += 2) {
    const index = cells[pair] as number;
    into[index] = (into[index] as number) + (cells[pair + 1] as number);
  }
}

/** Index of the value at p95 of `counts` less `without`. */
function ranked(counts: Float64Array, without: Float64Array | undefined, size: number): number {
  // From the end, which is nearer.
  const beyond = size - Math.max(1, Math.ceil(QUANTILE * size));
  let seen = 0;
  for (let index = counts.length - 1; index > 0; index -= 1) {
    seen += (counts[index] as number) - (without === undefined ? 0 : (without[index] as number));
    if (seen > beyond) return index;
  }
  return 0;
}

/** Numbers in [0, 1) that a text decides: FNV-1a into mulberry32. */
function chance(text: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
