// What a run tells while it goes on, for people, for `--format jsonl` and for the library's iterator.
import type { Action, ReplacedReport, ResourceReport, StepStatus } from '#wasm';
import type { Verdict } from '../../domain/verdict.ts';

/** A resource as documents show it (INTERFACE.md, `deploy`): a report with times as ISO 8601. */
export interface ResourceDocument {
  logicalId: string;
  type: string;
  physicalId: string | null;
  action: Action;
  /** `rolled_back`, `rollback_failed`: it was changed, and then the deployment failed. */
  status: StepStatus | 'rolled_back' | 'rollback_failed';
  startedAt: string | null;
  elapsedMs: number;
  attempts: number;
  errorCode?: string;
  message?: string;
  /** What became of the resources it takes the place of. */
  replaced?: ReplacedReport[];
}

/** Requests to Cloud Control by kind; `throttled` of them were turned away and are counted in their kind too. */
export interface Calls {
  create: number;
  update: number;
  delete: number;
  get: number;
  poll: number;
  throttled: number;
}

/** One thing that happened in a run; `at` is ISO 8601. */
export type RunEvent = { at: string } & (
  | { event: 'warning'; message: string }
  | { event: 'settling'; runId: string }
  | { event: 'refreshing'; resources: number }
  | { event: 'planned'; digest: string; changes: number; makespanMs: number }
  | ({ event: 'decided' } & Verdict)
  | { event: 'started'; runId: string; stack: string; resources: number }
  | ({ event: 'resource' } & ResourceDocument)
  | { event: 'rolling_back'; runId: string; resources: number; unrestored: number }
  | { event: 'cancelling' }
  | { event: 'suspending'; graceMs: number }
);

/** Takes events as they happen; must not throw. */
export type Emit = (event: RunEvent) => void;

/** ISO 8601 of a time in ms since the epoch. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** The report as documents show it. */
export function resourceDocument(report: ResourceReport): ResourceDocument {
  const { startedAt, ...rest } = report;
  return { ...rest, startedAt: startedAt === null ? null : iso(startedAt) };
}

/** No calls yet. */
export function noCalls(): Calls {
  return { create: 0, update: 0, delete: 0, get: 0, poll: 0, throttled: 0 };
}
