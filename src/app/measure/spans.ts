// Spans of what is over when it is heard of.
import type { Vote } from '#wasm';
import type { ResourceDocument } from '../documents/events.ts';
import type { Tracer } from '../ports.ts';

const UNDER_WAY: ReadonlySet<string> = new Set(['in_progress', 'retrying']);

/**
 * One span for each operation on a resource, once it has ended; its name is one of few: the action and the type. `traced`:
 * logical ids that have theirs, for the end may be told again.
 */
export function traceOperation(tracer: Tracer, resource: ResourceDocument, traced: Set<string>): void {
  const { logicalId, type, action, status, startedAt, elapsedMs, attempts } = resource;
  if (startedAt === null || UNDER_WAY.has(status) || traced.has(resource.logicalId)) return;
  traced.add(logicalId);
  const began = Date.parse(startedAt);
  tracer.past(
    `${action} ${type}`,
    { logicalId, type, operation: action, outcome: status, attempts },
    { startedAt: began, endedAt: began + elapsedMs, failed: status === 'failed' },
  );
}

/** One span for each built-in expert; all of them vote in one go, which took so long. `startedAt`: ms since the epoch. */
export function traceBuiltIn(tracer: Tracer, votes: readonly Vote[], startedAt: number, elapsedMs: number): void {
  for (const { expert, status = 'ok' } of votes) {
    tracer.past('expert', { expert, outcome: status }, { startedAt, endedAt: startedAt + elapsedMs });
  }
}
