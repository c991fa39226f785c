// Whether a process exports what it measures and does: what sends is loaded only where OpenTelemetry's variables ask for it.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../adapters/embedded/clock.ts';
import type { Telemetry } from '../../adapters/otlp/telemetry.ts';
import { telemetryVariables } from '../env.ts';
import { telemetrySettings } from './settings.ts';

export interface TelemetryChoice {
  /** Told what is not understood, or not taken, once each. */
  warn: (message: string) => void;
  /** False where the process is frozen between two flushes. */
  byInterval?: boolean;
}

/** A collector that does not answer holds no command that has ended, and no function, for longer. */
export const FLUSH_MS = 5_000;

/** To be closed; `undefined` where nobody asked for it. */
export async function openTelemetry({ warn, byInterval = true }: TelemetryChoice): Promise<Telemetry | undefined> {
  const settings = telemetrySettings(telemetryVariables());
  if (settings === undefined) return undefined;
  const { problems, resource, ...options } = settings;
  for (const problem of problems) warn(problem);
  if (options.metrics === undefined && options.traces === undefined) return undefined;
  const { Telemetry } = await import('../../adapters/otlp/telemetry.ts');
  return new Telemetry({
    ...options,
    // Processes of one service are told apart: the sums of each only grow.
    resource: { 'service.instance.id': randomUUID(), ...resource },
    clock: systemClock,
    warn,
    byInterval,
  });
}
