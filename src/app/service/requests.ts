// What the service's API does: takes a submission and starts its workflow, shows a run, passes an answer on.

import type { Scope } from '../../domain/access.ts';
import { AssentError, InvalidInput, ResourceNotFound } from '../../domain/errors.ts';
import { approve, expire, reject } from '../answer.ts';
import type { CancelDocument } from '../cancel.ts';
import { type RunDocument, type RunSummary, runSummary, stoppedDocument } from '../documents/documents.ts';
import { told } from '../documents/errors.ts';
import type { RunEvent } from '../documents/events.ts';
import {
  type KeptError,
  type Submission,
  type SubmissionHead,
  startName,
  type TargetsSubmission,
} from '../ports/service.ts';
import type { PageOf, Run } from '../ports.ts';
import { isResumable, runToResume } from '../resume.ts';
import type { Local } from '../session.ts';
import { unknownRun } from '../status.ts';
import { askedAbout } from '../waiting.ts';
import type { Caller } from './access.ts';
import {
  answerDeployment,
  cancelDeployment,
  demandAll,
  isResumableDeployment,
  MOST_INLINE,
  showDeployment,
  type TargetsDeployment,
} from './deployments.ts';
import { apart, apartByTarget } from './no-echo.ts';
import { sealedFor, sealTargets } from './sealing.ts';
import { cancelLed, hasFailed, inputOf, startedAgain } from './starts.ts';
import type { Next, Steps } from './steps.ts';

/** A run as the API shows it, from the moment it was asked for. */
export interface DeploymentDocument extends Partial<Omit<RunSummary, 'runId' | 'status'>> {
  version: 1;
  kind: 'deployment';
  runId: string;
  /** `planning`: there is no run yet. `not_planned`: there will be none, `error` says why. */
  status: RunSummary['status'] | 'planning' | 'not_planned';
  submittedBy: string;
  /** Of a run that has ended, or waits for a person. */
  result?: RunDocument;
  /** Why there is no run, or `workflow_failed`: nobody goes on with it unless it is resumed. */
  error?: KeptError;
}

/** Who asks, and how a repeated request is known. */
export interface Asking {
  caller: Caller;
  runId: string;
  key?: string;
  /** Where in which trace it is asked for. */
  traceparent?: string | undefined;
}

/**
 * Takes a submission; its workflow is under way when this resolves. The same key again is the same run, and another
 * submission under it is refused with `idempotency_key_reused`.
 */
export async function requestRun(
  local: Local,
  steps: Steps,
  submission: Submission,
  { place = {}, ...asking }: Asking & { place?: Pick<SubmissionHead, 'account' | 'region'> },
): Promise<string> {
  const { stack } = submission;
  demandSubmission(asking.caller, submission, stack);
  const { open, secret } = apart(submission);
  return submitted(local, steps, open, {
    ...asking,
    seal: async (head) => {
      if (Object.keys(secret).length > 0) await steps.vault.seal(await sealedFor(steps, head), secret);
    },
    about: { stack, ...place },
  });
}

/** The same for several targets: one deployment, whose targets are runs of their own. */
export async function requestTargets(
  local: Local,
  steps: Steps,
  submission: TargetsSubmission,
  asking: Asking,
): Promise<string> {
  for (const { stack } of submission.targets) demandSubmission(asking.caller, submission, stack);
  const most = Math.max(MOST_INLINE, steps.fanOut);
  if (submission.bounds.maxConcurrency > most) {
    throw new InvalidInput('too_many_at_once', `This service is installed for ${most} targets at once.`, {
      help: 'Ask for as many, or have it installed with a larger `fanOut`.',
    });
  }
  const { open, secrets } = apartByTarget(submission);
  return submitted(local, steps, open, {
    ...asking,
    seal: (head) => sealTargets(steps, head, secrets),
    about: { stack: '', several: true },
  });
}

function demandSubmission(
  caller: Caller,
  { skipExperts, failOn }: Pick<Submission, 'skipExperts' | 'failOn'>,
  stack: string,
): void {
  caller.demand('deploy', stack);
  if (skipExperts === true || failOn === 'none') caller.demand('override', stack);
}

async function submitted(
  local: Local,
  steps: Steps,
  submission: Submission | TargetsSubmission,
  {
    caller,
    runId,
    key,
    traceparent,
    seal,
    about,
  }: Asking & {
    /** Keeps the values that are no part of the submission. */
    seal: (head: SubmissionHead) => Promise<void>;
    about: Pick<SubmissionHead, 'stack' | 'account' | 'region' | 'several'>;
  },
): Promise<string> {
  const accessPolicy = caller.policy.digest;
  const wanted = { runId, submission: '', by: caller.by, accessPolicy, at: local.clock.now(), starts: 1, ...about };
  if (traceparent !== undefined) Object.assign(wanted, { traceparent });
  const head = await steps.submissions.keep(wanted, submission, key);
  if (head.runId !== runId) {
    const first = await steps.submissions.submission(head);
    if (asked(head, first) !== asked(about, submission)) {
      throw new AssentError('idempotency_key_reused', 'This idempotency key was used for something else.', {
        kind: 'refused',
      });
    }
    // What was sealed for it is there, or not needed any more.
    if ((await steps.workflow.state(startName(head.runId, head.starts))).status !== 'unknown') return head.runId;
  }
  await seal(head);
  await steps.workflow.start(head.runId, inputOf(head));
  return head.runId;
}

/** What a request asks for, and where; secrets are not in it. */
function asked(
  { stack, account, region, several }: Pick<SubmissionHead, 'stack' | 'account' | 'region' | 'several'>,
  submission: Submission | TargetsSubmission,
): string {
  return JSON.stringify([stack, account ?? '', region ?? '', several === true, submission]);
}

/** Nobody works on it at the moment, and somebody should soon. */
const LEFT: ReadonlySet<string> = new Set(['submitted', 'approved', 'suspended', 'interrupted']);

function workflowFailed(runId: string): AssentError {
  return new AssentError('workflow_failed', `The workflow of run ${runId} has failed.`, {
    help: 'What it has done is kept: it can be resumed.',
    kind: 'interrupted',
  });
}

/** A run, or what is known before there is one. Rejects with ResourceNotFound. */
export async function showRun(
  local: Local,
  steps: Steps,
  runId: string,
  { caller, scope }: { caller: Caller; scope: Scope },
): Promise<DeploymentDocument | TargetsDeployment> {
  const { submissions, workflow } = steps;
  const head = await headFor(submissions, runId, caller, scope);
  if (head.several === true) return showDeployment(local, steps, head);
  const document = { version: 1, kind: 'deployment', runId, submittedBy: head.by } as const;
  const found = await local.store.runs.get(runId);
  if (found !== undefined) {
    const run = await expire(local, found);
    const { summary, asked } = await summaryOf(local, run);
    const result = run.status === 'waiting_approval' ? waitingDocument(run, asked) : run.result;
    const isLeft = LEFT.has(summary.status) && (await hasFailed(steps, head));
    const error = isLeft ? { error: told(workflowFailed(runId)) } : {};
    return { ...document, ...summary, ...asked, ...(result === undefined ? {} : { result }), ...error };
  }
  const state = await workflow.state(startName(runId, head.starts));
  if (state.status !== 'ended' && state.status !== 'failed') return { ...document, status: 'planning' };
  const output = state.status === 'ended' ? (state.output as Partial<Extract<Next, { next: 'refused' }>>) : {};
  return { ...document, status: 'not_planned', ...(output.error === undefined ? {} : { error: output.error }) };
}

/** What a run has told so far, as `assent deploy --format jsonl` would have. */
export interface EventsDocument {
  version: 1;
  kind: 'events';
  runId: string;
  events: RunEvent[];
  /** What to ask behind the next time. */
  next: number;
}

/** What a run told behind `after`. Rejects with ResourceNotFound. */
export async function tellRun(
  { submissions, feeds }: Steps,
  runId: string,
  after: number,
  caller: Caller,
): Promise<EventsDocument> {
  await headFor(submissions, runId, caller, 'read');
  return { version: 1, kind: 'events', runId, ...(await feeds.read(runId, after)) };
}

/** Runs, newest first. */
export interface DeploymentsDocument {
  version: 1;
  kind: 'deployments';
  runs: RunSummary[];
  /** Where the list goes on. */
  next?: string;
}

/** A page of them; those of stacks that the caller may not read are left out of it. */
export async function listRuns(local: Local, page: PageOf, caller: Caller): Promise<DeploymentsDocument> {
  caller.demand('read');
  const { items: all, next } = await local.store.runs.list(page);
  const items = all.filter(({ stack }) => caller.may('read', stack.name));
  const found = await Promise.all(items.map(({ runId }) => local.store.runs.get(runId)));
  const runs = await Promise.all(
    found
      .filter((run) => run !== undefined)
      .map(async (run) => (await summaryOf(local, await expire(local, run))).summary),
  );
  return { version: 1, kind: 'deployments', runs, ...(next === undefined ? {} : { next }) };
}

/** Goes on with a run that was left, cancelled, or whose workflow has failed: another start of its workflow. */
export async function resumeRun(local: Local, steps: Steps, runId: string, caller: Caller): Promise<void> {
  const head = await headFor(steps.submissions, runId, caller, 'deploy');
  const run = head.several === true ? undefined : await runToResume(local.store, runId);
  const resumable = run === undefined ? await isResumableDeployment(steps, head) : isResumable(run);
  if (!resumable) {
    const status = run?.status ?? (await steps.deployments.get(runId))?.status ?? 'planning';
    throw new AssentError('run_not_resumable', `Run ${runId} is ${status}: there is nothing to go on with.`, {
      kind: 'refused',
    });
  }
  await local.store.runs.withdrawCancel(runId);
  await startedAgain(steps, head);
}

/** What was submitted as a run, for whoever may do this with its stack. Rejects with ResourceNotFound, and with NotAllowed. */
export async function headFor(
  submissions: Steps['submissions'],
  runId: string,
  caller: Caller,
  scope: Scope,
): Promise<SubmissionHead> {
  caller.demand(scope);
  const head = await submissions.head(runId);
  if (head === undefined) throw unknownRun(runId);
  if (head.several === true) await demandAll({ submissions }, head, caller, scope);
  else caller.demand(scope, head.stack);
  return head;
}

async function summaryOf(local: Local, run: Run) {
  const held = run.status === 'running' && (await local.store.runs.isHeld(run.stack));
  const asked = await askedAbout(local, run);
  return { summary: runSummary(run, held, local.clock.now()), asked };
}

function waitingDocument(run: Run, asked: Awaited<ReturnType<typeof askedAbout>>): RunDocument {
  return { ...stoppedDocument(run, 'waiting_approval', 'approval_required'), ...asked };
}

/** A person's answer; whoever submitted a run may not approve it. The workflow is woken, and checks the answer itself. */
export async function answerRun(
  local: Local,
  steps: Steps,
  runId: string,
  { decision, caller, reason }: { decision: 'approve' | 'reject'; caller: Caller; reason?: string | undefined },
): Promise<void> {
  const { by, policy } = caller;
  const { submissions, workflow } = steps;
  const head = await headFor(submissions, runId, caller, 'approve');
  if (decision === 'approve' && head.by === by && !policy.ownApproval) {
    throw new AssentError('own_run', `Run ${runId} was submitted by ${by}, who may not approve it.`, {
      kind: 'refused',
      help: 'Somebody else has to.',
    });
  }
  const answering = { runId, by, sealed: true, ...(reason === undefined ? {} : { reason }) };
  if (head.several === true) await answerDeployment(local, steps, runId, { decision, by, reason });
  else await (decision === 'approve' ? approve(local, answering) : reject(local, answering));
  const token = await submissions.token(runId);
  if (token !== undefined) await workflow.wake(token);
  // A target that waited by itself has no workflow any more that could be woken.
  else if (head.part !== undefined) await startedAgain(steps, head);
}

/** Stops a run in good order, or calls it off; a workflow that waits for an answer is woken. */
export async function cancelRun(
  local: Local,
  steps: Steps,
  runId: string,
  { caller, now = false }: { caller: Caller; now?: boolean },
): Promise<CancelDocument> {
  const { submissions, workflow } = steps;
  const head = await headFor(submissions, runId, caller, 'deploy');
  if (head.several === true) {
    const status = await cancelDeployment(local, steps, head, now);
    const token = await submissions.token(runId);
    if (token !== undefined) await workflow.wake(token);
    return { version: 1, kind: 'cancel', runId, stack: '', status, requested: true } as CancelDocument;
  }
  if ((await local.store.runs.get(runId)) === undefined) {
    throw new ResourceNotFound(`Run ${runId} is not planned yet.`, { help: 'Try again in a moment.' });
  }
  const document = await cancelLed(local, steps, head, now);
  const token = await submissions.token(runId);
  if (token !== undefined) await workflow.wake(token);
  return document;
}
