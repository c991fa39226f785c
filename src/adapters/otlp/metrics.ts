// Measurements as OTLP's metrics: distributions are exponential histograms, counters monotonic sums, maxima gauges.
import type { Labels, Measured } from '../../domain/metrics.ts';
import { exponentialOf } from './histogram.ts';
import type { Message } from './wire.ts';

/** Values since the exporter was opened, or since the last export. */
export type Temporality = 'cumulative' | 'delta';

/** Between which times what is exported was measured, ms since the epoch. */
export interface Window {
  startedAt: number;
  at: number;
  temporality: Temporality;
}

const TEMPORALITY: Readonly<Record<Temporality, number>> = { delta: 1, cumulative: 2 };

/** `ExportMetricsServiceRequest` in JSON's form. */
export function metricsRequest(measured: readonly Measured[], resource: Labels, window: Window): Message {
  const metrics = new Map<string, { unit: string; kind: Measured['kind']; dataPoints: Message[] }>();
  for (const one of measured) {
    const { name, unit, factor } = exported(one.name);
    // A name of two kinds is two metrics.
    const key = `${name} ${one.kind}`;
    const metric = metrics.get(key) ?? { unit, kind: one.kind, dataPoints: [] };
    metrics.set(key, metric);
    metric.dataPoints.push(pointOf(one, factor, window));
  }
  const aggregationTemporality = TEMPORALITY[window.temporality];
  const messages = [...metrics].map(([key, { unit, kind, dataPoints }]) => {
    const common = { name: key.split(' ')[0], unit };
    if (kind === 'maximum') return { ...common, gauge: { dataPoints } };
    if (kind === 'counter') return { ...common, sum: { dataPoints, aggregationTemporality, isMonotonic: true } };
    return { ...common, exponentialHistogram: { dataPoints, aggregationTemporality } };
  });
  const scopeMetrics = [{ scope: { name: 'assent' }, metrics: messages }];
  return { resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics }] };
}

/** ms since the epoch as OTLP has times. */
export function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)));
}

/** Labels as attributes; the mark of a folded series as OpenTelemetry's own. */
export function attributesOf(labels: Labels): Message[] {
  return Object.entries(labels).map(([key, value]) =>
    key === 'otel_metric_overflow'
      ? { key: 'otel.metric.overflow', value: { boolValue: true } }
      : { key, value: { stringValue: value } },
  );
}

/** Name, UCUM unit and factor of a series outside. */
function exported(name: string): { name: string; unit: string; factor: number } {
  const [, bare = name, suffix = ''] = /^(.*)_(ms|us|bytes|ratio|per_second|usd)$/.exec(name) ?? [];
  const as = (unit: string, factor = 1) => ({ name: `assent.${bare}`, unit, factor });
  switch (suffix) {
    case 'ms':
      return as('s', 1e-3);
    case 'us':
      return as('s', 1e-6);
    case 'bytes':
      return as('By');
    case 'per_second':
      return as('1/s');
    case 'usd':
      return as('USD');
    default:
      return { name: `assent.${name}`, unit: '1', factor: 1 };
  }
}

function pointOf(one: Measured, factor: number, { startedAt, at }: Window): Message {
  const common = {
    attributes: attributesOf(one.labels),
    startTimeUnixNano: nanoseconds(startedAt),
    timeUnixNano: nanoseconds(at),
  };
  if (one.kind !== 'distribution') return { ...common, asDouble: one.value * factor };
  const { count, sum, min, max, zeroCount, scale, offset, counts } = exponentialOf(one.sketch, factor);
  const positive = counts.length === 0 ? {} : { positive: { offset, bucketCounts: counts.map(String) } };
  return { ...common, count: String(count), sum, min, max, zeroCount: String(zeroCount), scale, ...positive };
}
