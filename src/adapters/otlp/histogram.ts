// A sketch as an exponential histogram of OpenTelemetry.
// <https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram>
//
// A sketch has 64 buckets an octave, linear within it; scale 6 has 64, of equal ratio (2^(1/64)). Each bucket goes with
// all it counts into the one that holds its middle: counts, sum, extremes and zeros stay exact. A value is within 0.79 % of
// the middle of its bucket, and the middle within 0.55 % of the middle of its new one: 1.4 % together at scale 6. Where the
// values span more octaves than fit, each lower scale doubles the second part.
import { summarizeSketch, valuesOf } from '../../core/sketch.ts';

/** The finest scale that says more than the sketch knows. */
export const FINEST_SCALE = 6;
/** Buckets at most: at scale 6 from 1 ms to 9 h. */
export const MOST_BUCKETS = 1_600;

export interface ExponentialHistogram {
  count: number;
  sum: number;
  min: number;
  max: number;
  zeroCount: number;
  scale: number;
  /** Index of the first bucket; bucket i holds values above 2^(i / 2^scale), up to the next one's bound. */
  offset: number;
  counts: number[];
}

/** Values are multiplied by `factor`: a sketch of milliseconds is a histogram of seconds. Throws for what is no sketch. */
export function exponentialOf(sketch: Uint8Array, factor: number): ExponentialHistogram {
  const summary = summarizeSketch(sketch, []);
  if (summary === undefined) throw new Error('not a sketch');
  const { count, sum, min, max } = summary;
  // What is too small once multiplied is zero, too.
  const values = valuesOf(sketch);
  const positive = values.filter(({ value }) => value * factor > 0);
  const zeroCount = values.reduce((zeros, one) => zeros + (one.value * factor > 0 ? 0 : one.count), 0);
  const exponents = positive.map(({ value }) => Math.log2(value * factor));
  const [lowest, highest] = [exponents[0] ?? 0, exponents.at(-1) ?? 0];
  let scale = FINEST_SCALE;
  while (indexOf(highest, scale) - indexOf(lowest, scale) >= MOST_BUCKETS) scale -= 1;
  const offset = indexOf(lowest, scale);
  const counts: number[] = positive.length === 0 ? [] : new Array(indexOf(highest, scale) - offset + 1).fill(0);
  for (const [at, exponent] of exponents.entries()) {
    const index = indexOf(exponent, scale) - offset;
    counts[index] = (counts[index] ?? 0) + (positive[at]?.count ?? 0);
  }
  return { count, sum: sum * factor, min: min * factor, max: max * factor, zeroCount, scale, offset, counts };
}

/** Of the bucket of 2^exponent; its upper bound is part of it. */
function indexOf(exponent: number, scale: number): number {
  return Math.ceil(exponent * 2 ** scale) - 1;
}
