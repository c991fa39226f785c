// What the use cases need from the outside, cut by what is kept. Adapters implement these; one contract suite per port
// runs against every implementation (tests/contract).
//
// Each can be kept by DynamoDB and S3: items stay below 400 KB, writes are conditional and small, lists come in pages,
// and no method reads everything.
import type { Answers } from './ports/answers.ts';
import type { Blobs } from './ports/blobs.ts';
import type { Exports } from './ports/exports.ts';
import type { Log } from './ports/log.ts';
import type { Measures } from './ports/measures.ts';
import type { Drifts, Estimates, Limits } from './ports/notes.ts';
import type { Runs } from './ports/runs.ts';
import type { Stacks } from './ports/stacks.ts';

export type { Answers } from './ports/answers.ts';
export type { BlobKind, Blobs } from './ports/blobs.ts';
export type { Clock } from './ports/clock.ts';
export type { Answer, CallError, Cloud, Facts, OutsideLookup, Progress } from './ports/cloud.ts';
export type { Export, Exports } from './ports/exports.ts';
export type { Log, LogAppend, LogEntry, LogHead } from './ports/log.ts';
export type { MeasuredRun, Measures } from './ports/measures.ts';
export type { ChangeNote, Drifts, Estimates, Limits, Notes } from './ports/notes.ts';
export { allOf, type Page, type PageOf } from './ports/page.ts';
export {
  type Brief,
  END_STATUSES,
  type Ended,
  type EndStatus,
  LEASE_MS,
  type Lease,
  LeaseLost,
  type OnFailure,
  type PendingStatus,
  type Rollback,
  type Run,
  type RunAnswer,
  type RunHead,
  type RunStatus,
  type Runs,
  type Tally,
  type Turn,
} from './ports/runs.ts';
export type { Signer } from './ports/signer.ts';
export type { StackHead, StackRecord, Stacks } from './ports/stacks.ts';
export type { Span, SpanAttributes, Tracer } from './ports/tracer.ts';
export { NO_TRACER } from './ports/tracer.ts';

/** Everything that is kept. One that a newer version wrote is refused: `state_too_new`, when it is opened or first used. */
export interface Store {
  stacks: Stacks;
  runs: Runs;
  blobs: Blobs;
  measures: Measures;
  limits: Limits;
  estimates: Estimates;
  drifts: Drifts;
  answers: Answers;
  exports: Exports;
  log: Log;
  close(): Promise<void>;
}
