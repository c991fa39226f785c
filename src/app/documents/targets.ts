// The document of a deployment to several targets: `deploy --targets`, and the service's deployments of that kind.
import type { KeptError } from '../ports/service.ts';
import type { RunDocument } from './documents.ts';

/**
 * How a target stands. `planned`: not begun, and nothing stands against it; `not_planned`: `error` says why; `not_started`:
 * what it imports was not made, or too many others had failed; else how its run ended.
 */
export type TargetStatus = RunDocument['outcome'] | 'planned' | 'not_planned' | 'not_started' | 'running';

export interface TargetDocument {
  stack: string;
  account: string | null;
  region: string | null;
  wave: number;
  status: TargetStatus;
  /** Of the plan that was judged. */
  planDigest: string | null;
  /** Why it is refused, or was not started. */
  code?: string;
  reasons?: string[];
  /** Imports whose values others were still to make when it was judged. */
  open?: string[];
  /** Its run, where one was begun. */
  result?: RunDocument;
  /** What it could not be planned or worked on for. */
  error?: KeptError;
}

export interface TargetsDocument {
  version: 1;
  kind: 'targets';
  /** What a person approves; `null` where a target cannot be planned. */
  digest: string | null;
  /** `failed`: a target failed; those that succeeded stay. */
  outcome: 'succeeded' | 'no_changes' | 'refused' | 'rejected' | 'waiting_approval' | 'failed' | 'cancelled';
  code?: string;
  targets: TargetDocument[];
  elapsedMs: number;
}

/** What all targets together come to, once nothing more is begun. */
export function outcomeOf(targets: readonly Pick<TargetDocument, 'status'>[]): TargetsDocument['outcome'] {
  const any = (...statuses: TargetStatus[]) => targets.some(({ status }) => statuses.includes(status));
  if (targets.every(({ status }) => status === 'no_changes')) return 'no_changes';
  if (targets.every(({ status }) => status === 'no_changes' || status === 'succeeded')) return 'succeeded';
  if (any('failed', 'rolled_back', 'not_planned')) return 'failed';
  if (any('refused', 'rejected', 'expired', 'superseded')) return 'refused';
  if (any('waiting_approval')) return 'waiting_approval';
  return 'cancelled';
}
