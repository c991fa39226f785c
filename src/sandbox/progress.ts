// A request's row as the ProgressEvent that the service shows at this moment.

import type { Json, JsonObject } from './json.ts';
import { fraction } from './mint.ts';
import type { Row } from './store.ts';

/** Seconds with milliseconds, as timestamps go over the wire. */
export const seconds = (ms: number): number => Math.round(ms) / 1000;

/** The event of a request; `model` is shown where the service shows one. */
export function progressEvent(row: Row, now: number, model?: string): JsonObject {
  const status = statusOf(row, now);
  const identifier = identifierShown(row, now, status);
  const event: Record<string, Json | undefined> = {
    TypeName: row['type'] as string,
    Identifier: identifier,
    RequestToken: row['token'] as string,
    Operation: row['operation'] as string,
    OperationStatus: status,
    EventTime: seconds(Number(row['ended_at'] ?? row['started_at'])),
    ResourceModel: status === 'SUCCESS' && row['shows_model'] === 1 ? model : undefined,
    StatusMessage: status === 'FAILED' ? String(row['message'] ?? '') : undefined,
    ErrorCode: status === 'FAILED' ? String(row['error_code']) : undefined,
    RetryAfter: row['ended_at'] === null ? seconds(Number(row['next_poll_at'])) : undefined,
  };
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** Some requests wait a little before they are worked on. */
export function statusOf(row: Row, now: number): string {
  const status = String(row['status']);
  if (status !== 'IN_PROGRESS') return status;
  const started = Number(row['started_at']);
  const token = String(row['token']);
  const wait = fraction(`pending ${token}`) < 0.3 ? (Number(row['due_at']) - started) / 10 : 0;
  return now - started < Math.min(wait, Number(row['pause'])) ? 'PENDING' : status;
}

/** A create tells its identifier at the end, or earlier for some; after a failure only when something is left. */
function identifierShown(row: Row, now: number, status: string): string | undefined {
  const identifier = row['identifier'] as string | null;
  if (identifier === null || row['operation'] !== 'CREATE') return identifier ?? undefined;
  if (status === 'SUCCESS') return identifier;
  if (status === 'FAILED' || status === 'CANCEL_COMPLETE') return row['remnant'] === 1 ? identifier : undefined;
  return row['early_at'] !== null && now >= Number(row['early_at']) ? identifier : undefined;
}
