// What leaves the house of a function's process: opened once, kept while it is warm, sent at the end of each invocation.
import { Logger } from '@aws-lambda-powertools/logger';
import type { Telemetry } from '../../adapters/otlp/telemetry.ts';
import { NO_TRACER, type Tracer } from '../../app/ports/tracer.ts';
import { openTelemetry } from '../telemetry/open.ts';

const logger = new Logger();

let opened: Promise<Telemetry | undefined> | undefined;

/** Of this process; `undefined` where nobody asked for any, or it does not open, which is logged. Never rejects. */
export function functionTelemetry(): Promise<Telemetry | undefined> {
  opened ??= openTelemetry({ warn: (message) => logger.warn(message), byInterval: false }).catch((error: unknown) => {
    logger.warn('no telemetry', { error: error as Error });
    return undefined;
  });
  return opened;
}

/** Its tracer, or one that makes no spans. */
export async function functionTracer(): Promise<Tracer> {
  return (await functionTelemetry())?.tracer ?? NO_TRACER;
}
