// Exports what was measured. Cumulative: all since the exporter was opened, each time. Delta: what came since the last export
// that was taken; what was not taken is merged with what comes next, so nothing is lost and nothing counts twice.
import { Bounded } from '../../app/measure/bounded.ts';
import type { Labels, Measured } from '../../domain/metrics.ts';
import { metricsRequest, type Temporality } from './metrics.ts';
import { NotTaken, type Send } from './sender.ts';

export interface MetricExporterOptions {
  send: Send;
  resource: Labels;
  temporality: Temporality;
  /** ms since the epoch. */
  now: () => number;
}

export class MetricExporter {
  readonly #options: MetricExporterOptions;
  #all = new Bounded();
  #startedAt: number;
  #isNew = false;

  constructor(options: MetricExporterOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  /** Throws InvalidInput where a series is of another kind than before. */
  take(measured: readonly Measured[]): void {
    for (const part of measured) this.#all.add(part);
    if (measured.length > 0) this.#isNew = true;
  }

  /** Sends what there is. Rejects with NotTaken; it may be called again then. Calls must not overlap. */
  async flush(signal: AbortSignal): Promise<void> {
    if (!this.#isNew) return;
    const { send, resource, temporality, now } = this.#options;
    const [offered, startedAt, at] = [this.#all, this.#startedAt, now()];
    if (temporality === 'delta') {
      this.#all = new Bounded();
      this.#startedAt = at;
    }
    this.#isNew = false;
    try {
      await send(metricsRequest(offered.parts(), resource, { startedAt, at, temporality }), signal);
    } catch (error) {
      // What is refused for good would be refused again.
      if (!(error instanceof NotTaken) || !error.mayRepeat) throw error;
      this.#isNew = true;
      if (temporality === 'delta') {
        const since = this.#all.parts();
        this.#all = offered;
        for (const part of since) this.#all.add(part);
        this.#startedAt = startedAt;
      }
      throw error;
    }
  }
}
