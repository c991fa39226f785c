// Measures a process: series are recorded in place, collected as encoded parts, and handed to a sink by interval and at
// the end. Used by sessions (edge) over the store, and by programs through the library.
//
// Nothing is lost and nothing counts twice: a series is emptied only when it has been encoded, and what a sink refused
// is merged with what comes next and offered again. A sink that rejects must have kept nothing (the store's is one
// transaction). What was recorded and not yet flushed dies with the process; hence the interval.
import { checkSeries, invalid, type Labels, type Measured, type SeriesKind } from '../../domain/metrics.ts';
import type { Clock } from '../ports.ts';
import {
  FOLDED,
  FoldedCounter,
  FoldedDistribution,
  FoldedMaximum,
  MOST_SERIES,
  OVERFLOW,
  seriesKey,
} from './bounded.ts';
import { merged } from './merged.ts';
import { Counter, Distribution, Maximum } from './recorder.ts';

/** Takes what was measured: all of it, or it rejects and has kept nothing. */
export type Sink = (measured: readonly Measured[]) => Promise<void>;

export interface MonitorOptions {
  clock: Pick<Clock, 'now' | 'sleep'>;
  /** Absent: the caller collects. */
  sink?: Sink | undefined;
  /** Between two flushes; default 10 s. */
  intervalMs?: number | undefined;
  /** Series that one metric may have; what is more is folded into one and counted. Default 2,000. */
  mostSeries?: number | undefined;
}

interface Recorders {
  distribution: Distribution;
  counter: Counter;
  maximum: Maximum;
}

type Series = { name: string; labels: Labels } & {
  [Kind in SeriesKind]: { kind: Kind; recorder: Recorders[Kind] };
}[SeriesKind];

const INTERVAL_MS = 10_000;

/** Records, collects, flushes. */
export class Monitor {
  readonly #sink: Sink | undefined;
  readonly #series = new Map<string, Series>();
  /** The same series by name and labels as they were given, in whatever order: found without sorting. */
  readonly #given = new Map<string, Series>();
  readonly #kinds = new Map<string, SeriesKind>();
  readonly #sizes = new Map<string, number>();
  readonly #mostSeries: number;
  readonly #over = new AbortController();
  /** Taken from the recorders and not yet taken by the sink. */
  #pending = new Map<string, Measured>();
  /** Flushes follow each other: two at once would offer the same part twice. */
  #last: Promise<void> = Promise.resolve();

  constructor({ clock, sink, intervalMs = INTERVAL_MS, mostSeries = MOST_SERIES }: MonitorOptions) {
    this.#sink = sink;
    this.#mostSeries = mostSeries;
    if (!(mostSeries >= 0)) throw invalid('A monitor must have a number of series from 0.');
    if (sink === undefined) return;
    if (!(intervalMs > 0)) throw invalid('The interval of a monitor must be above 0 ms.');
    void this.#flushBy(clock, intervalMs);
  }

  /** Records one value of a distribution. For hot paths keep what {@link series} gives. */
  record(name: string, value: number, labels: Labels = {}): void {
    this.series(name, labels).record(value);
  }

  /** The distribution of that name and those labels, made at first use. Throws InvalidInput `invalid_metric`. */
  series(name: string, labels: Labels = {}): Distribution {
    return this.#find('distribution', name, labels, () => new Distribution());
  }

  counter(name: string, labels: Labels = {}): Counter {
    return this.#find('counter', name, labels, () => new Counter());
  }

  maximum(name: string, labels: Labels = {}): Maximum {
    return this.#find('maximum', name, labels, () => new Maximum());
  }

  /** Everything recorded since the last collection; it is the caller's now. */
  collect(): Measured[] {
    this.#drain();
    const measured = [...this.#pending.values()];
    this.#pending = new Map();
    return measured;
  }

  /** Gives the sink what has been recorded. Rejects as the sink does; the values are then kept for the next flush. */
  flush(): Promise<void> {
    const flushed = this.#last.then(() => this.#flushNow());
    this.#last = flushed.catch(() => undefined);
    return flushed;
  }

  /** Ends the interval and flushes a last time. Rejects as the sink does; it may be called again then. */
  close(): Promise<void> {
    this.#over.abort();
    return this.flush();
  }

  async #flushNow(): Promise<void> {
    if (this.#sink === undefined) return;
    const offered = this.collect();
    if (offered.length === 0) return;
    try {
      await this.#sink(offered);
    } catch (error) {
      for (const part of offered) this.#keep(part);
      throw error;
    }
  }

  async #flushBy(clock: Pick<Clock, 'now' | 'sleep'>, intervalMs: number): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await clock.sleep(clock.now() + intervalMs, signal);
      if (signal.aborted) return;
      // Kept and offered again at the next flush; the last one tells whoever closes.
      await this.flush().catch(() => undefined);
    }
  }

  #drain(): void {
    for (const series of this.#series.values()) {
      const { name, labels } = series;
      if (series.kind === 'distribution') {
        const sketch = series.recorder.drain();
        if (sketch !== undefined) this.#keep({ kind: series.kind, name, labels, sketch });
      } else {
        const value = series.recorder.drain();
        if (value !== undefined) this.#keep({ kind: series.kind, name, labels, value });
      }
    }
  }

  #keep(part: Measured): void {
    const key = seriesKey(part);
    const before = this.#pending.get(key);
    this.#pending.set(key, before === undefined ? part : merged(before, part));
  }

  #find<Kind extends SeriesKind>(
    kind: Kind,
    name: string,
    labels: Labels,
    make: () => Recorders[Kind],
  ): Recorders[Kind] {
    const given = givenAs(name, labels);
    const met = this.#given.get(given);
    if (met?.kind === kind) return met.recorder as Recorders[Kind];
    checkSeries(name, labels);
    const key = seriesKey({ name, labels });
    const known = this.#series.get(key);
    if (known?.kind === kind) {
      this.#given.set(given, known);
      return known.recorder as Recorders[Kind];
    }
    const before = this.#kinds.get(name);
    if (before !== undefined && before !== kind) throw invalid(`${name} is a ${before} already, not a ${kind}.`);
    this.#kinds.set(name, kind);
    // The folded series and its counter are beyond the limit; what is folded is not remembered, for it has no end.
    const size = this.#sizes.get(name) ?? 0;
    if (name !== FOLDED && labels !== OVERFLOW) {
      if (size >= this.#mostSeries) return this.#find(kind, name, OVERFLOW, () => this.#folded(kind, name));
      this.#sizes.set(name, size + 1);
    }
    const recorder = make();
    const series = { kind, name, labels: { ...labels }, recorder } as Series;
    this.#series.set(key, series);
    this.#given.set(given, series);
    return recorder;
  }

  #folded<Kind extends SeriesKind>(kind: Kind, metric: string): Recorders[Kind] {
    const folded = this.counter(FOLDED, { metric });
    const recorders: { [Kind in SeriesKind]: new (folded: Counter) => Recorders[Kind] } = {
      distribution: FoldedDistribution,
      counter: FoldedCounter,
      maximum: FoldedMaximum,
    };
    return new recorders[kind](folded);
  }
}

/** Different for different names and labels: every part says how long it is. */
function givenAs(name: string, labels: Labels): string {
  let key = name;
  for (const label in labels) {
    const value = labels[label] ?? '';
    key += `|${label.length}|${label}|${value.length}|${value}`;
  }
  return key;
}
