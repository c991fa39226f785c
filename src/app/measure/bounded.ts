// Bounded cardinality: a metric has at most so many series; what would be one more is folded into one series of its own, and
// counted. Labels hold what users name (types, experts, endpoints), and one careless name must not cost a dashboard, a bill
// or a table its life. Nothing is lost in totals: the folded series is exact as a sum, only no longer told apart.
//
// The limit and the label are OpenTelemetry's ("Cardinality limits" of its metrics SDK): 2,000, `otel.metric.overflow`.
import { summarizeSketch } from '../../core/sketch.ts';
import { type Labels, labelsKey, type Measured } from '../../domain/metrics.ts';
import { merged } from './merged.ts';
import { Counter, Distribution, Maximum } from './recorder.ts';

/** Label sets that one metric may have, beside the folded series. */
export const MOST_SERIES = 2_000;

/** Labels of the folded series. */
export const OVERFLOW: Labels = { otel_metric_overflow: 'true' };

const OVERFLOW_KEY = labelsKey(OVERFLOW);

/** The counter of what was folded, by `metric`: values recorded, or parts of another process. */
export const FOLDED = 'overflow_records';

/** Takes parts of series in any number, and has at most `most` series a metric; those that come first stay. */
export class Bounded {
  readonly #most: number;
  readonly #kept = new Map<string, Measured>();
  readonly #sizes = new Map<string, number>();

  constructor(most = MOST_SERIES) {
    this.#most = most;
  }

  /** Throws where a part is not of its series' kind, or damaged. */
  add(part: Measured): void {
    const { name, labels } = part;
    const isNew = !this.#kept.has(seriesKey(part)) && name !== FOLDED && labelsKey(labels) !== OVERFLOW_KEY;
    const size = this.#sizes.get(name) ?? 0;
    if (isNew && size >= this.#most) {
      this.#put({ ...part, labels: OVERFLOW });
      this.#put({ kind: 'counter', name: FOLDED, labels: { metric: name }, value: recordsIn(part) });
      return;
    }
    if (isNew) this.#sizes.set(name, size + 1);
    this.#put(part);
  }

  /** What was added, one part a series, in the order in which they came. */
  parts(): Measured[] {
    return [...this.#kept.values()];
  }

  #put(part: Measured): void {
    const key = seriesKey(part);
    const before = this.#kept.get(key);
    this.#kept.set(key, before === undefined ? part : merged(before, part));
  }
}

/** One spelling for a name with its labels. */
export function seriesKey({ name, labels }: Pick<Measured, 'name' | 'labels'>): string {
  return `${name}${labelsKey(labels)}`;
}

function recordsIn(part: Measured): number {
  return part.kind === 'distribution' ? (summarizeSketch(part.sketch, [])?.count ?? 0) : 1;
}

/** Recorders of the folded series: each record is counted in `folded`. */
export class FoldedDistribution extends Distribution {
  readonly #folded: Counter;

  constructor(folded: Counter) {
    super();
    this.#folded = folded;
  }

  override record(value: number): void {
    super.record(value);
    if (Number.isFinite(value)) this.#folded.add();
  }
}

export class FoldedCounter extends Counter {
  readonly #folded: Counter;

  constructor(folded: Counter) {
    super();
    this.#folded = folded;
  }

  override add(n = 1): void {
    super.add(n);
    if (n > 0 && Number.isFinite(n)) this.#folded.add();
  }
}

export class FoldedMaximum extends Maximum {
  readonly #folded: Counter;

  constructor(folded: Counter) {
    super();
    this.#folded = folded;
  }

  override record(value: number): void {
    super.record(value);
    if (Number.isFinite(value)) this.#folded.add();
  }
}
