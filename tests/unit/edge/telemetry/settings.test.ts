// OpenTelemetry's variables: what each means, and what is said of a value that means nothing.
import { describe, expect, test } from 'vitest';
import { telemetrySettings } from '../../../../src/edge/telemetry/settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('off', () => {
  test.each([
    [{}],
    [{ TRACEPARENT: 'x', OTEL_SERVICE_NAME: 'y', OTEL_RESOURCE_ATTRIBUTES: 'broken' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
    [{ ...ENDPOINT, OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
  ])('%j asks for nothing', (variables) => {
    expect(telemetrySettings(variables)).toBeUndefined();
  });
});

describe('on', () => {
  test('an endpoint is enough: both signals, each under its path', () => {
    expect(telemetrySettings(ENDPOINT)).toEqual({
      metrics: {
        url: 'http://collector:4318/v1/metrics',
        headers: {},
        protocol: 'http/protobuf',
        gzip: false,
        timeoutMs: 10_000,
        temporality: 'cumulative',
        intervalMs: 60_000,
      },
      traces: {
        url: 'http://collector:4318/v1/traces',
        headers: {},
        protocol: 'http/protobuf',
        gzip: false,
        timeoutMs: 10_000,
        sampler: 'parentbased_always_on',
        ratio: 1,
        intervalMs: 5_000,
      },
      parent: undefined,
      resource: { 'service.name': 'assent' },
      problems: [],
    });
  });

  test('an exporter without an endpoint goes to the port that the specification names', () => {
    const settings = telemetrySettings({ OTEL_TRACES_EXPORTER: 'otlp' });
    expect(settings).toMatchObject({ traces: { url: 'http://localhost:4318/v1/traces' }, metrics: undefined });
  });

  test('what is said of one signal goes before what is said of all, and its endpoint is taken as it is', () => {
    const settings = telemetrySettings({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://all/otlp/',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://some/where',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=x%2Cy',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'authorization=Basic%20eDp5',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '700',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'LowMemory',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_SERVICE_NAME: 'mine',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=prod',
      TRACEPARENT: '00-x',
    });
    expect(settings?.metrics).toMatchObject({
      url: 'https://some/where',
      headers: { authorization: 'Basic eDp5' },
      protocol: 'http/protobuf',
      gzip: true,
      timeoutMs: 500,
      temporality: 'delta',
      intervalMs: 1_000,
    });
    expect(settings?.traces).toMatchObject({
      url: 'https://all/otlp/v1/traces',
      headers: { a: '1', b: 'x,y' },
      protocol: 'http/json',
      timeoutMs: 700,
      sampler: 'parentbased_traceidratio',
      ratio: 0.25,
    });
    expect(settings).toMatchObject({
      parent: '00-x',
      resource: { 'service.name': 'mine', 'deployment.environment.name': 'prod' },
      problems: [],
    });
  });

  test.each<[Record<string, string>, string]>([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }, 'OTEL_EXPORTER_OTLP_TIMEOUT'],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' }, 'OTEL_EXPORTER_OTLP_TIMEOUT'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'tokenhunter2' }, 'OTEL_EXPORTER_OTLP_HEADERS'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%hunter2' }, 'OTEL_EXPORTER_OTLP_HEADERS'],
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 'OTEL_TRACES_SAMPLER'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1.1' }, 'OTEL_TRACES_SAMPLER_ARG'],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector:4317' }, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    [{ OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'x' }, 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'],
  ])('%j is told by its name, not by a value that may be a token, and the rest goes on', (variables, name) => {
    const settings = telemetrySettings({ ...ENDPOINT, ...variables });
    expect(settings?.problems.length).toBeGreaterThan(0);
    for (const problem of settings?.problems ?? []) expect(problem).toMatch(new RegExp(`^${name}: `));
    expect(JSON.stringify(settings?.problems)).not.toContain('hunter2');
    expect(settings?.metrics?.url).toBe('http://collector:4318/v1/metrics');
  });
});
