// The nouns of measurement: what a series is and which names are allowed (OpenMetrics 1.0, "Metric and label names").
//
// A name ends in its unit where it has one (`operation_duration_ms`); times are milliseconds here and seconds in the
// OpenMetrics exposition. All kinds merge in any order to the same result.
import { InvalidInput } from './errors.ts';

/** Name to value; the order of names does not matter. */
export type Labels = Readonly<Record<string, string>>;

/** `distribution`: values with quantiles; `counter`: a total that grows; `maximum`: the largest value seen. */
export type SeriesKind = 'distribution' | 'counter' | 'maximum';

/** What was measured of one series since it was last collected. */
export type Measured = { name: string; labels: Labels } & (
  | { kind: 'distribution' /** As the core encodes it. */; sketch: Uint8Array }
  | { kind: 'counter' | 'maximum'; value: number }
);

const NAME = /^[a-z][a-z0-9_]{0,99}$/;
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,99}$/;
// Written by the exposition itself.
const TAKEN = /_(total|count|sum|bucket|created|info)$/;
const TAKEN_LABELS = new Set(['quantile', 'le']);

/** One spelling for equal labels: JSON with sorted names. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Throws InvalidInput `invalid_metric` for a name or label that an exposition could not carry. */
export function checkSeries(name: string, labels: Labels): void {
  if (!NAME.test(name) || TAKEN.test(name)) throw invalid(`${JSON.stringify(name)} is not the name of a metric.`);
  for (const [label, value] of Object.entries(labels)) {
    if (!LABEL.test(label) || TAKEN_LABELS.has(label))
      throw invalid(`${JSON.stringify(label)} is not the name of a label.`);
    if (typeof value !== 'string') throw invalid(`Label ${label} of ${name} is not a string.`);
  }
}

/** The error for a metric that cannot be. */
export function invalid(message: string): InvalidInput {
  return new InvalidInput('invalid_metric', message, {
    help: 'Names are lower case letters, digits and underscores, with the unit last: operation_duration_ms.',
  });
}
