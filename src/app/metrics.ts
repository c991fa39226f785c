// `metrics`: what has been measured over all runs. No call is made.
import { summarizeSketch, valuesOf } from '../core/sketch.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Labels, Measured } from '../domain/metrics.ts';
import { Bounded, seriesKey } from './measure/bounded.ts';
import { boundsOf } from './measure/bounds.ts';
import { allOf, type Store } from './ports.ts';

/** Quantiles that every form of the document shows, beside the largest value. */
export const QUANTILES = [0.5, 0.9, 0.99] as const;

/** One series. */
export type SeriesDocument = { name: string; labels: Labels } & (
  | {
      kind: 'distribution';
      count: number;
      sum: number;
      min: number;
      max: number;
      p50: number;
      p90: number;
      p99: number;
      /** How many values are at most `le` (values within 1 %); absent in what an earlier version answers. */
      buckets?: { le: number; count: number }[];
    }
  | { kind: 'counter' | 'maximum'; value: number }
);

export interface MetricsDocument {
  version: 1;
  kind: 'metrics';
  /** Sorted by name, then labels. Times are milliseconds where the name ends in `_ms`. */
  series: SeriesDocument[];
}

/** Reads the store's measurements. Rejects with InvalidInput `state_corrupt` where one is damaged. */
export async function metrics({ store }: { store: Pick<Store, 'measures'> }): Promise<MetricsDocument> {
  const all = new Bounded();
  for await (const part of allOf((next) => store.measures.list({ next }))) together(all, part);
  const sorted = all
    .parts()
    .map((part) => [seriesKey(part), part] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return { version: 1, kind: 'metrics', series: sorted.map(([, measured]) => seriesDocument(measured)) };
}

/** Parts of one series were taken as one when they were kept, so what does not merge is damaged. */
function together(all: Bounded, part: Measured): void {
  try {
    all.add(part);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw damaged(part.name, error);
  }
}

/** The error for a measurement that cannot be read. */
export function damaged(name: string, cause?: unknown): InvalidInput {
  return new InvalidInput('state_corrupt', `What is kept of ${name} is damaged.`, { cause });
}

/** One series as the document shows it. */
export function seriesDocument(measured: Measured): SeriesDocument {
  if (measured.kind !== 'distribution') return measured;
  const { name, labels, kind, sketch } = measured;
  const summary = summarizeSketch(sketch, QUANTILES);
  if (summary === undefined) throw damaged(name);
  const { count, sum, min, max, quantiles } = summary;
  const [p50 = 0, p90 = 0, p99 = 0] = quantiles;
  return { name, labels, kind, count, sum, min, max, p50, p90, p99, buckets: bucketsOf(name, sketch) };
}

function bucketsOf(name: string, sketch: Uint8Array): { le: number; count: number }[] {
  const values = valuesOf(sketch);
  let [count, next] = [0, 0];
  return boundsOf(name).map((le) => {
    for (let at = values[next]; at !== undefined && at.value <= le; at = values[next]) {
      count += at.count;
      next += 1;
    }
    return { le, count };
  });
}
