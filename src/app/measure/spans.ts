// Spans of what is over when it is heard of.
import type { VoteStatus } from '#wasm';
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

/** Votes that have spans: any number of them may be sent in. */
const MOST_VOTES = 256;

/** One span for each of votes that were counted in one go, which took so long. `startedAt`: ms since the epoch. */
export function traceVotes(
  tracer: Tracer,
  votes: readonly { expert: string; status?: VoteStatus | undefined }[],
  startedAt: number,
  elapsedMs: number,
): void {
  for (const { expert, status = 'ok' } of votes.slice(0, MOST_VOTES)) {
    tracer.past('expert', { expert, outcome: status }, { startedAt, endedAt: startedAt + elapsedMs });
  }
}
