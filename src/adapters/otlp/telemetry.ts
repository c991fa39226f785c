// What leaves the house of one process: its exporter and its tracer, flushed by interval, on demand, and a last time at the
// end. Nothing here fails anybody's work: what could not be sent is said once.
import type { Clock } from '../../app/ports.ts';
import type { Labels, Measured } from '../../domain/metrics.ts';
import { parseTraceparent } from '../../domain/trace-context.ts';
import { MetricExporter } from './metric-exporter.ts';
import type { Temporality } from './metrics.ts';
import { type SamplerName, samplerOf } from './sampler.ts';
import { type Destination, NotTaken, sender } from './sender.ts';
import { OtlpTracer } from './tracer.ts';

export interface TelemetryOptions {
  clock: Clock;
  resource: Labels;
  metrics?: (Destination & { temporality: Temporality; intervalMs: number }) | undefined;
  traces?: (Destination & { sampler: SamplerName; ratio: number; intervalMs: number }) | undefined;
  /** `traceparent` of what started this process. */
  parent?: string | undefined;
  /** Told once for what goes wrong, and why. */
  warn: (message: string) => void;
  /** Without, only `flush` and `close` send: where a process is frozen in between. */
  byInterval: boolean;
}

export class Telemetry {
  readonly tracer: OtlpTracer | undefined;
  readonly #exporter: MetricExporter | undefined;
  readonly #options: TelemetryOptions;
  readonly #over = new AbortController();
  readonly #warned = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(options: TelemetryOptions) {
    this.#options = options;
    const { clock, resource, metrics, traces, parent, byInterval } = options;
    if (metrics !== undefined) {
      const { temporality, intervalMs } = metrics;
      this.#exporter = new MetricExporter({
        send: sender('metrics', metrics),
        resource,
        temporality,
        now: clock.now,
      });
      if (byInterval) void this.#flushBy(intervalMs);
    }
    if (traces !== undefined) {
      this.tracer = new OtlpTracer({
        send: sender('traces', traces),
        resource,
        sampler: samplerOf(traces.sampler, traces.ratio),
        clock,
        parent: parseTraceparent(parent),
        dropped: () => this.#warn('dropped', 'Some spans were dropped: nobody took them.'),
      });
      if (byInterval) void this.#flushBy(traces.intervalMs);
    }
  }

  /** Measurements that are on their way out from now on. Never throws. */
  take(measured: readonly Measured[]): void {
    try {
      this.#exporter?.take(measured);
    } catch (error) {
      this.#warn('metrics', `Measurements cannot be exported: ${(error as Error).message}`);
    }
  }

  /** Sends what there is, within the time that its destination is given, and within `mostMs`; never rejects. */
  flush(mostMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#last = this.#last.then(() => this.#flushNow(mostMs));
    return this.#last;
  }

  /** A last flush; never rejects. */
  close(mostMs: number): Promise<void> {
    this.#over.abort();
    return this.flush(mostMs);
  }

  async #flushNow(mostMs: number): Promise<void> {
    const signal = Number.isFinite(mostMs) ? AbortSignal.timeout(mostMs) : new AbortController().signal;
    const { metrics, traces } = this.#options;
    await Promise.all([
      this.#exporter?.flush(signal).catch((error: unknown) => this.#failed('Measurements', metrics, error)),
      this.tracer?.flush(signal).catch((error: unknown) => this.#failed('Spans', traces, error)),
    ]);
  }

  #failed(what: string, destination: Destination | undefined, error: unknown): void {
    const why = error instanceof NotTaken ? error.message : (error as Error).name;
    // Whoever wrote a password into the URL does not want to read it here.
    const { origin, pathname } = new URL(destination?.url ?? 'http://localhost');
    this.#warn(what, `${what} were not taken by ${origin}${pathname}: ${why}.`);
  }

  #warn(kind: string, message: string): void {
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    this.#options.warn(message);
  }

  async #flushBy(intervalMs: number): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#over;
    while (!signal.aborted) {
      await clock.sleep(clock.now() + intervalMs, signal);
      if (!signal.aborted) await this.flush();
    }
  }
}
