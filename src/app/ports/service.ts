// What the service keeps and calls besides the store: what was asked of it, and the workflow that drives a run.

/** What a caller wants to be deployed or destroyed. Kept in a blob; holds no NoEcho value. */
export interface Submission {
  mode: 'deploy' | 'destroy';
  stack: string;
  /** Absent for `destroy`. */
  template?: string | undefined;
  parameters?: Record<string, string> | undefined;
  tags?: Record<string, string> | undefined;
  imports?: Record<string, string> | undefined;
  failOn?: 'critical' | 'high' | 'medium' | 'low' | undefined;
  allowDataLoss?: string[] | undefined;
  onFailure?: 'rollback' | 'keep' | 'delete' | undefined;
  maxConcurrency?: number | undefined;
  /** Ask a person whatever the circle says. */
  askAlways?: boolean | undefined;
}

/** A submission as it is known before its run exists. */
export interface SubmissionHead {
  runId: string;
  /** SHA-256 of the submission's blob. */
  submission: string;
  /** Who asked. */
  by: string;
  /** ms since the epoch. */
  at: number;
}

/** Submissions by run, and what a waiting workflow is woken with. */
export interface Submissions {
  /** Keeps one. With a `key`, the first of its caller counts for a day: resolves with that one. */
  keep(head: SubmissionHead, submission: Submission, key?: string): Promise<SubmissionHead>;
  head(runId: string): Promise<SubmissionHead | undefined>;
  /** Rejects with `state_corrupt` when it is not what was kept. */
  submission(head: Pick<SubmissionHead, 'submission'>): Promise<Submission>;
  /** Notes what wakes the workflow of a run that waits for a person. */
  waits(runId: string, token: string): Promise<void>;
  token(runId: string): Promise<string | undefined>;
}

/** How a run's workflow stands; `output` once it has ended well. */
export type WorkflowState = { status: 'unknown' | 'running' | 'failed' } | { status: 'ended'; output: unknown };

/** The workflow that leads runs through judging, asking and working. */
export interface Workflow {
  /** Starts a run's workflow; nothing happens when it was started before. */
  start(runId: string): Promise<void>;
  /** Wakes one that waits; nothing happens when it waits no more. */
  wake(token: string): Promise<void>;
  state(runId: string): Promise<WorkflowState>;
}
