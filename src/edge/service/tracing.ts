// An invocation of a function as a span: in the trace of whoever asked for it, linked with X-Ray's; where nobody said one, in
// X-Ray's. What leaves the house goes before the function is frozen.

import type { SpanAttributes } from '../../app/ports.ts';
import { parseTraceparent, parseXray, traceparentOf } from '../../domain/trace-context.ts';
import { xrayHeader } from '../env.ts';
import type { ApiEvent, ApiHandler } from '../http/api.ts';
import { FLUSH_MS } from '../telemetry/open.ts';
import type { Service } from './open.ts';
import { functionTelemetry } from './telemetry.ts';

/** What an invocation is about. */
export interface Traced {
  name: string;
  attributes: SpanAttributes;
  /** Of what asked for it. */
  traceparent: () => Promise<string | undefined>;
  outcome: (result: unknown) => string;
  /** Until the invocation is ended from outside; sending ends before. */
  leftMs: () => number;
}

/** What is left for the answer itself. */
const ANSWER_MS = 500;

/** Does the work, then sends what is there to send. */
export async function traced<T>(
  { telemetry }: Pick<Service, 'telemetry'>,
  { name, attributes, traceparent, outcome, leftMs }: Traced,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const tracer = telemetry?.tracer;
    if (tracer === undefined) return await work();
    const [given, xray] = [parseTraceparent(await traceparent()), parseXray(xrayHeader())];
    const entry = given === undefined ? { parent: xray } : { parent: given, link: xray };
    return await tracer.entered(name, attributes, entry, async (span) => {
      const result = await work();
      span.set({ outcome: outcome(result) });
      return result;
    });
  } finally {
    await telemetry?.flush(Math.max(Math.min(FLUSH_MS, leftMs() - ANSWER_MS), 0));
  }
}

/** The same of an API's function. */
export function tracedApi(handler: ApiHandler): ApiHandler {
  return async (event, context) => {
    const telemetry = await functionTelemetry();
    const about: Traced = {
      name: event.routeKey,
      attributes: {},
      traceparent: async () => event.headers['traceparent'],
      outcome: (result) => String((result as { statusCode?: number }).statusCode ?? 0),
      leftMs: () => context.getRemainingTimeInMillis(),
    };
    return traced({ telemetry }, about, () => handler(event, context));
  };
}

/** What is handed on to those who work on what is asked for. */
export function traceparentFor({ telemetry }: Pick<Service, 'telemetry'>, event: ApiEvent): string | undefined {
  const given = parseTraceparent(event.headers['traceparent']);
  return telemetry?.tracer?.traceparent() ?? (given && traceparentOf(given));
}
