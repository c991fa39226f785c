// What the service keeps and calls besides the store: what was asked of it, what its runs tell while they go on, and the
// workflow that leads both runs and inquiries.

import type { ErrorKind } from '../../domain/errors.ts';
import type { NoEchoValues } from '../../domain/secret.ts';
import type { StackKey } from '../../domain/stack.ts';
import type { Bounds } from '../../domain/targets.ts';
import type { ErrorDocument } from '../documents/documents.ts';
import type { RunEvent } from '../documents/events.ts';
import type { TargetDocument, TargetsDocument } from '../documents/targets.ts';
import type { ScanDocument } from '../scan.ts';
import type { RunAnswer } from './runs.ts';

/** What a caller wants to be deployed or destroyed. Kept in a blob; holds no NoEcho value. */
export interface Submission {
  mode: 'deploy' | 'destroy';
  stack: string;
  /** Absent for `destroy` and `reconcile`. */
  template?: string | undefined;
  /** The way back to what is recorded, in place of a template. */
  reconcile?: true | undefined;
  parameters?: Record<string, string> | undefined;
  tags?: Record<string, string> | undefined;
  imports?: Record<string, string> | undefined;
  moved?: Record<string, string> | undefined;
  failOn?: 'critical' | 'high' | 'medium' | 'low' | 'none' | undefined;
  skipExperts?: boolean | undefined;
  allowDataLoss?: string[] | undefined;
  onFailure?: 'rollback' | 'keep' | 'delete' | undefined;
  maxConcurrency?: number | undefined;
  /** Ask a person whatever the circle says. */
  askAlways?: boolean | undefined;
  /** Read what is recorded before planning; default true. */
  refresh?: boolean | undefined;
  /** False: no suppression of the template is honoured; default true. */
  suppressions?: boolean | undefined;
  allowSecretIdentifiers?: boolean | undefined;
  /** The plan that the caller has seen: another one is refused with `plan_changed`. It is no answer to any question. */
  planDigest?: string | undefined;
}

/** One target; which role is assumed there only the installation says. */
export interface SubmittedTarget extends Pick<Submission, 'stack' | 'template' | 'parameters' | 'tags'> {
  account?: string | undefined;
  region?: string | undefined;
  wave?: number | undefined;
}

/** The same for several targets: what is said for all of them, and what each says otherwise. */
export interface TargetsSubmission extends Omit<Submission, 'mode' | 'stack' | 'imports' | 'moved'> {
  targets: SubmittedTarget[];
  bounds: Bounds;
}

/** A submission as it is known before its run exists. */
export interface SubmissionHead {
  runId: string;
  /** SHA-256 of the submission's blob. */
  submission: string;
  /** Who asked. */
  by: string;
  stack: string;
  /** Of the access policy that let it in. */
  accessPolicy: string;
  /** ms since the epoch. */
  at: number;
  /** How often its workflow was started; a resumption is another start. */
  starts: number;
  /** Where it goes; absent: where the service's own target is. */
  account?: string;
  region?: string;
  /** `traceparent` of the request: its workers' spans are in that trace. */
  traceparent?: string;
  /** Of a deployment to several targets. */
  several?: true;
  /** Of a run that is one target of such a deployment: its id, and which of its targets. */
  part?: { of: string; index: number };
}

/** Submissions by run, and what a waiting workflow is woken with. */
export interface Submissions {
  /** Keeps one. With a `key`, the first of its caller counts for a day: resolves with that one. */
  keep(head: SubmissionHead, submission: Submission | TargetsSubmission, key?: string): Promise<SubmissionHead>;
  head(runId: string): Promise<SubmissionHead | undefined>;
  /** Rejects with `state_corrupt` when it is not what was kept. */
  submission(head: Pick<SubmissionHead, 'submission'>): Promise<Submission>;
  /** The same of a deployment to several targets. */
  targets(head: Pick<SubmissionHead, 'submission'>): Promise<TargetsSubmission>;
  /** Notes what wakes the workflow of a run that waits for a person. */
  waits(runId: string, token: string): Promise<void>;
  token(runId: string): Promise<string | undefined>;
  /** Counts one more start of a run's workflow; resolves with how many there are now. */
  startAgain(runId: string): Promise<number>;
}

/** What the gate said of a deployment to several targets. */
export interface KeptBrief {
  digest: string | null;
  /** Indexes of targets, in the order in which they are begun. */
  groups: number[][];
  targets: {
    document: TargetDocument;
    after: number[];
    /** Whether its circle was split. */
    split: boolean;
  }[];
}

/** `running`: targets are begun; else it waits, or how it ended. */
export type DeploymentStatus = TargetsDocument['outcome'] | 'expired' | 'running';

/** A deployment to several targets, once it is judged. */
export interface DeploymentState {
  status: DeploymentStatus;
  /** Why it is refused. */
  code?: string;
  expiresAt?: number;
  answer?: RunAnswer;
  brief: KeptBrief;
}

/** How a target stands, as far as its deployment knows. */
export type TargetNote = Pick<TargetDocument, 'status' | 'code' | 'error'> & {
  runId?: string;
  /** How often it was handed to the workflow; once, unless that came back without saying how it stands. */
  begun?: number;
};

/** Deployments to several targets. */
export interface Deployments {
  /** Keeps what was judged; the first stays. */
  begin(id: string, state: DeploymentState): Promise<void>;
  get(id: string): Promise<DeploymentState | undefined>;
  /** Changes its status if it is `from`; resolves with whether it was. */
  move(
    id: string,
    from: DeploymentStatus,
    change: Pick<DeploymentState, 'status' | 'code' | 'answer'>,
  ): Promise<boolean>;
  note(id: string, index: number, note: TargetNote): Promise<void>;
  /** By index; a target of which nothing is noted was not begun. */
  notes(id: string): Promise<Map<number, TargetNote>>;
}

/** A question that changes nothing: what would be done, what the circle says of it, or what somebody else has changed. */
export type Inquiry =
  | ({ kind: 'plan' } & Submission)
  | ({ kind: 'consult'; template: string } & Submission)
  /** `reconcile`: and what would lead back. */
  | { kind: 'drift' | 'review'; stack: string; reconcile?: true };

/** An error as it is kept and told to whoever asks later. */
export type KeptError = ErrorDocument & { errorKind: ErrorKind };

/** What came of an inquiry. */
export type InquiryAnswer = { document: object } | { error: KeptError };

/** An inquiry as it is known before it is answered. */
export interface InquiryHead {
  id: string;
  kind: Inquiry['kind'];
  stack: string;
  by: string;
  /** ms since the epoch. */
  at: number;
  /** Where the stack is; absent: where the service's own target is. */
  account?: string;
  region?: string;
  /** SHA-256 of what was asked; absent until it is kept. */
  digest?: string;
}

/** Inquiries by id, for a week; reports of drift by stack, and documents of plans by digest. */
export interface Inquiries {
  /** Resolves with the SHA-256 of what was asked. */
  keep(head: InquiryHead, inquiry: Inquiry): Promise<string>;
  head(id: string): Promise<InquiryHead | undefined>;
  /** Rejects with `state_corrupt` when it is not what was kept. */
  inquiry(id: string): Promise<Inquiry | undefined>;
  /** The first answer stays. */
  answer(id: string, answer: InquiryAnswer): Promise<void>;
  answered(id: string): Promise<InquiryAnswer | undefined>;
  /** Keeps the newest report of a stack. */
  report(stack: StackKey, document: object): Promise<void>;
  reported(stack: StackKey): Promise<object | undefined>;
  /** Keeps the newest review of a stack. */
  keepReview(stack: StackKey, document: object): Promise<void>;
  reviewed(stack: StackKey): Promise<object | undefined>;
  /** Keeps the document of a plan. */
  planned(digest: string, document: object): Promise<void>;
  plan(digest: string): Promise<object | undefined>;
}

/** A scan over HTTP, as it is kept: what was found, never what was scanned. */
export interface ScanHead {
  id: string;
  by: string;
  /** Whose template it was, where that was said. */
  stack?: string;
  /** ms since the epoch. */
  at: number;
}

/** Documents of scans by id, for a week. */
export interface Scans {
  keep(head: ScanHead, document: ScanDocument): Promise<void>;
  head(id: string): Promise<ScanHead | undefined>;
  /** Rejects with `state_corrupt` when it is not what was kept. */
  document(id: string): Promise<ScanDocument | undefined>;
}

/** What sealed values belong to: nothing else opens them. */
export interface SealedFor {
  /** Run or inquiry. */
  runId: string;
  /** SHA-256 of what was submitted. */
  digest: string;
}

/** NoEcho values from submission to the end of the run, sealed; for two days at most. */
export interface Vault {
  /** The first stay. */
  seal(sealedFor: SealedFor, values: NoEchoValues): Promise<void>;
  /** None: there are none (any more). Rejects with `state_corrupt` when they were altered or are another run's. */
  open(sealedFor: SealedFor): Promise<NoEchoValues>;
  forget(runId: string): Promise<void>;
}

/** What runs tell while they go on, in order; kept for a month, because it is only told for those who watch. */
export interface Feeds {
  append(runId: string, events: readonly RunEvent[]): Promise<void>;
  /** What was told behind `after` (0: from the beginning); `next` is what to ask behind the next time. */
  read(runId: string, after: number): Promise<{ events: RunEvent[]; next: number }>;
}

/** How a run's workflow stands; `output` once it has ended well. */
export type WorkflowState = { status: 'unknown' | 'running' | 'failed' } | { status: 'ended'; output: unknown };

/** `after`: a review goes on behind that place of the list of stacks. */
export type WorkflowInput = { runId: string; inquiry?: true; several?: true } | { review: true; after: string };

/** The workflow that leads runs through judging, asking and working, and inquiries to their answer. */
export interface Workflow {
  /** Starts it for a run, an inquiry or a review under this name; nothing happens when one of that name was started before. */
  start(name: string, input: WorkflowInput): Promise<void>;
  /** Wakes one that waits; nothing happens when it waits no more. */
  wake(token: string): Promise<void>;
  state(name: string): Promise<WorkflowState>;
}

/** The name of a run's `n`th start: the run's own, then `RUN-2`, `RUN-3`. */
export function startName(runId: string, n: number): string {
  return n === 1 ? runId : `${runId}-${n}`;
}
