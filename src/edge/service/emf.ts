// What is measured, for CloudWatch as well: one line of the log is one document of the embedded metric format, read out of
// the log by CloudWatch itself. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//
// Each combination of dimensions is a metric that costs, so a series keeps at most two labels here; the types of resources
// are in `GET /metrics`. What a run that is ended twice after a crash counts once in the store is counted twice here.
import { valuesOf } from '../../core/sketch.ts';
import type { Measured } from '../../domain/metrics.ts';

/** Labels that become dimensions, most telling first. */
const DIMENSIONS = ['outcome', 'operation', 'call', 'mode', 'code', 'expert', 'status', 'function'] as const;
const MOST_DIMENSIONS = 2;
// Without the service it says what `operation_duration_ms` says.
const UNTOLD: ReadonlySet<string> = new Set(['service_duration_ms']);
/** Values that one metric of a document may hold. */
const MOST_VALUES = 100;

/** Documents, one a set of dimensions. `at`: ms since the epoch. */
export function emf(measured: readonly Measured[], at: number): string[] {
  const sets = new Map<string, { dimensions: Record<string, string>; metrics: Map<string, Told> }>();
  for (const one of measured) {
    if (UNTOLD.has(one.name)) continue;
    const dimensions = dimensionsOf(one);
    const key = JSON.stringify(dimensions);
    const set = sets.get(key) ?? { dimensions, metrics: new Map<string, Told>() };
    sets.set(key, set);
    set.metrics.set(one.name, together(set.metrics.get(one.name), toldOf(one)));
  }
  return [...sets.values()].map(({ dimensions, metrics }) =>
    JSON.stringify({
      _aws: {
        Timestamp: at,
        CloudWatchMetrics: [
          {
            Namespace: 'Assent',
            Dimensions: [Object.keys(dimensions)],
            Metrics: [...metrics.keys()].map((name) => ({ Name: name, Unit: unitOf(name) })),
          },
        ],
      },
      ...dimensions,
      ...Object.fromEntries([...metrics].map(([name, told]) => [name, bounded(told)])),
    }),
  );
}

/** Values and how often each was there, or one number. */
type Told = number | { Values: number[]; Counts: number[] };

function dimensionsOf({ labels }: Measured): Record<string, string> {
  const known = DIMENSIONS.filter((name) => labels[name] !== undefined).slice(0, MOST_DIMENSIONS);
  return Object.fromEntries(known.map((name) => [name, labels[name] ?? '']));
}

function toldOf(one: Measured): Told {
  if (one.kind === 'distribution') {
    const values = valuesOf(one.sketch);
    return { Values: values.map(({ value }) => value), Counts: values.map(({ count }) => count) };
  }
  return one.kind === 'counter' ? one.value : { Values: [one.value], Counts: [1] };
}

/** Series whose labels differ in what is no dimension are one metric. */
function together(one: Told | undefined, other: Told): Told {
  if (one === undefined) return other;
  if (typeof one === 'number' || typeof other === 'number') return Number(one) + Number(other);
  return { Values: [...one.Values, ...other.Values], Counts: [...one.Counts, ...other.Counts] };
}

/** Neighbours are put together, at the larger value, until they are few enough. */
function bounded(told: Told): Told {
  if (typeof told === 'number') return told;
  const pairs = told.Values.map((value, at) => ({ value, count: told.Counts[at] ?? 0 })).sort(
    (a, b) => a.value - b.value,
  );
  const size = Math.ceil(pairs.length / MOST_VALUES);
  const kept: { value: number; count: number }[] = [];
  for (let at = 0; at < pairs.length; at += size) {
    const some = pairs.slice(at, at + size);
    kept.push({ value: some.at(-1)?.value ?? 0, count: some.reduce((sum, { count }) => sum + count, 0) });
  }
  return { Values: kept.map(({ value }) => Number(value.toPrecision(6))), Counts: kept.map(({ count }) => count) };
}

function unitOf(name: string): string {
  if (name.endsWith('_ms')) return 'Milliseconds';
  if (name.endsWith('_us')) return 'Microseconds';
  if (name.endsWith('_bytes')) return 'Bytes';
  if (name.endsWith('_per_second')) return 'Count/Second';
  if (name.endsWith('_usd')) return 'None';
  return name.endsWith('_ratio') ? 'None' : 'Count';
}
