// OpenTelemetry's variables, as far as they mean something here.
// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>,
// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
//
// Exporting is asked for by naming an endpoint or an exporter; nothing is sent to a port that merely might be there. A value
// that cannot be meant is told and taken as if it was not there, as the specification wants it.

import type { SamplerName } from '../../adapters/otlp/sampler.ts';
import type { Destination } from '../../adapters/otlp/sender.ts';
import type { TelemetryOptions } from '../../adapters/otlp/telemetry.ts';
import type { Signal } from '../../adapters/otlp/wire.ts';

export interface TelemetrySettings extends Pick<TelemetryOptions, 'metrics' | 'traces' | 'parent'> {
  resource: Record<string, string>;
  /** What was not understood. */
  problems: string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Their names; what they do is not loaded here. */
export const SAMPLERS: readonly SamplerName[] = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
];

const DEFAULT_ENDPOINT = 'http://localhost:4318';

/** `undefined` where nothing is to be exported. */
export function telemetrySettings(variables: Variables): TelemetrySettings | undefined {
  const read = new Reader(variables);
  if (/^true$/i.test(read.text('OTEL_SDK_DISABLED') ?? '')) return undefined;
  const [metrics, traces] = [read.destination('metrics'), read.destination('traces')];
  if (metrics === undefined && traces === undefined && read.problems.length === 0) return undefined;
  const preference = read.oneOf(
    'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
    ['cumulative', 'delta', 'lowmemory'] as const,
    'cumulative',
  );
  const sampler = read.oneOf('OTEL_TRACES_SAMPLER', SAMPLERS, 'parentbased_always_on');
  return {
    metrics: metrics && {
      ...metrics,
      // All that is exported is recorded as it happens, for which low memory means deltas.
      temporality: preference === 'cumulative' ? 'cumulative' : 'delta',
      intervalMs: read.number('OTEL_METRIC_EXPORT_INTERVAL', 60_000, { least: 1 }),
    },
    traces: traces && {
      ...traces,
      sampler,
      ratio: sampler.endsWith('ratio') ? read.number('OTEL_TRACES_SAMPLER_ARG', 1, { least: 0, most: 1 }) : 1,
      intervalMs: read.number('OTEL_BSP_SCHEDULE_DELAY', 5_000, { least: 1 }),
    },
    parent: read.text('TRACEPARENT'),
    resource: {
      'service.name': 'assent',
      ...read.pairs('OTEL_RESOURCE_ATTRIBUTES'),
      ...(read.text('OTEL_SERVICE_NAME') && { 'service.name': read.text('OTEL_SERVICE_NAME') as string }),
    },
    problems: read.problems,
  };
}

class Reader {
  readonly problems: string[] = [];
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** An empty value is none. */
  text(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined;
  }

  oneOf<T extends string>(name: string, values: readonly T[], preset: T): T {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return preset;
    const found = values.find((value) => value === text);
    if (found === undefined) this.#problem(name, `${text} is none of ${values.join(', ')}`);
    return found ?? preset;
  }

  number(name: string, preset: number, { least, most = 2 ** 31 - 1 }: { least: number; most?: number }): number {
    const text = this.text(name);
    if (text === undefined) return preset;
    const value = Number(text);
    if (value >= least && value <= most) return value;
    this.#problem(name, `${text} is no number from ${least} to ${most}`);
    return preset;
  }

  /** `key=value,…`, percent-encoded as in W3C Baggage. */
  pairs(name: string): Record<string, string> {
    const pairs: Record<string, string> = {};
    for (const part of (this.text(name) ?? '').split(',')) {
      if (part.trim() === '') continue;
      const at = part.indexOf('=');
      try {
        const [key, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()].map(decodeURIComponent);
        if (at <= 0 || !key) throw new Error('no pair');
        pairs[key] = value ?? '';
      } catch {
        // The value may be a token.
        this.#problem(name, 'it is not key=value, with commas between');
      }
    }
    return pairs;
  }

  /** Of a signal; `undefined` where it is not to be exported. */
  destination(signal: Signal): Destination | undefined {
    const exporter = this.text(`OTEL_${signal.toUpperCase()}_EXPORTER`)?.toLowerCase();
    if (exporter !== undefined && exporter !== 'otlp' && exporter !== 'none') {
      this.#problem(`OTEL_${signal.toUpperCase()}_EXPORTER`, `${exporter} is not known here, only otlp and none are`);
    }
    const own = (what: string) => `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${what}`;
    const either = (what: string) => (this.text(own(what)) === undefined ? `OTEL_EXPORTER_OTLP_${what}` : own(what));
    const endpoint = this.text(own('ENDPOINT'));
    const base = this.text('OTEL_EXPORTER_OTLP_ENDPOINT');
    const asked = exporter === 'otlp' || (exporter === undefined && (endpoint ?? base) !== undefined);
    if (!asked) return undefined;
    const protocol = this.oneOf(either('PROTOCOL'), ['http/protobuf', 'http/json'] as const, 'http/protobuf');
    const url = endpoint ?? `${(base ?? DEFAULT_ENDPOINT).replace(/\/+$/, '')}/v1/${signal}`;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      this.#problem(either('ENDPOINT'), 'it is no http or https URL, so nothing is sent');
      return undefined;
    }
    return {
      url,
      headers: this.pairs(either('HEADERS')),
      protocol,
      gzip: this.oneOf(either('COMPRESSION'), ['gzip', 'none'] as const, 'none') === 'gzip',
      timeoutMs: this.number(either('TIMEOUT'), 10_000, { least: 1 }),
    };
  }

  #problem(name: string, why: string): void {
    this.problems.push(`${name}: ${why}.`);
  }
}
