// Others' histograms behind one shape: what is recorded, merged, encoded and read back.
import { DDSketch } from '@datadog/sketches-js';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  type ExponentialHistogram,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import * as hdr from 'hdr-histogram-js';

/** One series of somebody else's. */
export interface Opponent {
  name: string;
  record: (value: number) => void;
  /** Adds all of another one of the same kind; absent: it has no such call. */
  merge?: (other: Opponent) => void;
  encode?: () => Uint8Array;
  quantile: (q: number) => number;
}

/** DDSketch of Datadog, made for 1 %. */
export function ddsketch(): Opponent & { sketch: DDSketch } {
  const sketch = new DDSketch({ relativeAccuracy: 0.01 });
  return {
    name: 'sketches-js',
    sketch,
    record: (value) => sketch.accept(value),
    merge: (other) => sketch.merge((other as ReturnType<typeof ddsketch>).sketch),
    encode: () => sketch.toProto(),
    quantile: (q) => sketch.getValueAtQuantile(q),
  };
}

/** HDR Histogram with two digits, which is 1 %; whole numbers only. */
export function hdrHistogram(): Opponent & { histogram: hdr.Histogram } {
  const histogram = hdr.build({ bitBucketSize: 64, numberOfSignificantValueDigits: 2, autoResize: true });
  return {
    name: 'hdr-histogram-js',
    histogram,
    record: (value) => histogram.recordValue(value),
    merge: (other) => histogram.add((other as ReturnType<typeof hdrHistogram>).histogram),
    encode: () => Buffer.from(hdr.encodeIntoCompressedBase64(histogram), 'base64'),
    quantile: (q) => histogram.getValueAtPercentile(q * 100),
  };
}

class Reader extends MetricReader {
  protected override onForceFlush = async () => undefined;
  protected override onShutdown = async () => undefined;
}

/** OpenTelemetry's exponential histogram of 160 buckets, as its SDK makes them by default, of `series` label sets. */
export function openTelemetry(series: number) {
  const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench' }),
    readers: [reader],
    views: [{ instrumentName: 'bench_ms', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const histogram = provider.getMeter('bench').createHistogram('bench_ms');
  const labels = Array.from({ length: series }, (_, at) => ({ series: String(at) }));
  return {
    record: (value: number, at = 0) => histogram.record(value, labels[at]),
    collect: async () => (await reader.collect()).resourceMetrics,
    encode: async () => {
      const { resourceMetrics } = await reader.collect();
      return ProtobufMetricsSerializer.serializeRequest(resourceMetrics) ?? new Uint8Array();
    },
    /** Of the first series: middles of its buckets. */
    quantiles: async (qs: readonly number[]) => {
      const { resourceMetrics } = await reader.collect();
      const [metric] = resourceMetrics.scopeMetrics[0]?.metrics ?? [];
      if (metric?.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM) throw new Error('no exponential histogram');
      return quantilesOf(metric.dataPoints[0]?.value as ExponentialHistogram, qs);
    },
  };
}

function quantilesOf({ scale, positive, count }: ExponentialHistogram, qs: readonly number[]): number[] {
  const base = 2 ** (2 ** -scale);
  return qs.map((q) => {
    let seen = 0;
    const at = positive.bucketCounts.findIndex((one) => {
      seen += one;
      return seen >= Math.max(1, Math.ceil(q * count));
    });
    const [low, high] = [base ** (positive.offset + at), base ** (positive.offset + at + 1)];
    return (2 * low * high) / (low + high);
  });
}
