// What a run's workflow calls, one step after the other. Each step may be called again after a crash, and says by a tag what
// comes next; only infrastructure that fails is an exception. Nothing is decided here: submit, judge, answer and work are
// the use cases of the command line.

import { AssentError, LeaseHeld } from '../../domain/errors.ts';
import { revealed } from '../../domain/secret.ts';
import { expire } from '../answer.ts';
import { callOffUnbegun } from '../cancel.ts';
import { told } from '../documents/errors.ts';
import type { Circle } from '../gate/circle.ts';
import { judge } from '../judge.ts';
import { makePlan } from '../planning/planning.ts';
import type {
  Deployments,
  Feeds,
  Inquiries,
  KeptError,
  Submission,
  SubmissionHead,
  Submissions,
  Vault,
  Workflow,
} from '../ports/service.ts';
import { LEASE_MS, type Run } from '../ports.ts';
import { BACK_ON_FAILURE } from '../reconcile.ts';
import { isResumable } from '../resume.ts';
import type { Control, Local, Session } from '../session.ts';
import { submit } from '../submit.ts';
import { work } from '../work.ts';
import { answeredDeployment, heldBack, isCancelled, meantFor, stoppedDeployment } from './deployments.ts';
import { failedInquiry } from './inquiries.ts';
import { sealedFor } from './sealing.ts';
import { judgeOptions, wantedFor } from './submission.ts';

/** What every step works with. */
export interface Steps {
  submissions: Submissions;
  deployments: Deployments;
  inquiries: Inquiries;
  feeds: Feeds;
  vault: Vault;
  workflow: Workflow;
  /** Targets of a deployment at once, as the service is installed. */
  fanOut: number;
  /** An event for whoever listens; never rejects. */
  tell(detailType: string, detail: object): Promise<void>;
  /** As configured when the service was installed. */
  circle?: Circle | undefined;
}

/**
 * What comes next. `refused`: there is no run, for this reason. `begin`: targets are to be begun; `group`: these are, so many
 * at once; `spread`: those of this list in a blob, as many at once as the service is installed for. `review`: these inquiries
 * are to be answered. `held`: somebody else works on the stack.
 */
export type Next =
  | { next: 'ask' | 'work' | 'end' | 'begin' }
  | { next: 'group'; begun: { runId: string }[]; atOnce: number }
  | { next: 'spread'; list: string }
  | { next: 'refused'; error: KeptError }
  | { next: 'review'; stacks: { runId: string }[] }
  | { next: 'wait'; waitSeconds: number; held?: true };

// Somebody else works on the stack: look again after so long, then after twice that, and so on. Each look is 12 events of
// the execution's history (docs/scaling.md).
const HELD_S = 5;
const MOST_HELD_S = 300;

/**
 * Plans and judges a submission: the run exists from here on. Called again, it goes on where it stopped. `start`: the name
 * of this start of the workflow; a later one than the first resumes a run that was cancelled.
 */
export async function judgeStep(
  session: Session,
  steps: Steps,
  { runId, start = runId }: { runId: string; start?: string },
  control: Control,
): Promise<Next> {
  const head = await steps.submissions.head(runId);
  if (head === undefined) throw new Error(`nothing was submitted as ${runId}`);
  const found = await session.store.runs.get(runId);
  if (found?.status === 'cancelled' && start !== runId) return { next: 'work' };
  if (found !== undefined && found.status !== 'submitted') return nextOf(found);
  const isHeldBack = found === undefined && (await heldBack(steps, head));
  const next: Next = isHeldBack ? { next: 'end' } : await judged(session, steps, { found, head }, control);
  if (next.next === 'refused') {
    const { code, message } = next.error;
    await steps.tell('Submission refused', { version: 1, runId, stack: head.stack, by: head.by, code, message });
  }
  // Nobody works on it any more.
  if (next.next === 'end' || next.next === 'refused') await steps.vault.forget(runId);
  return next;
}

async function judged(
  session: Session,
  steps: Steps,
  { found, head }: { found: Run | undefined; head: SubmissionHead },
  control: Control,
): Promise<Next> {
  const kept = await steps.submissions.submission(head);
  const sealed = await steps.vault.open(await sealedFor(steps, head));
  const submission = { ...kept, parameters: { ...kept.parameters, ...revealed(sealed) } };
  try {
    return await onceFree(session, control, () =>
      found === undefined
        ? begin(session, steps, head, submission, control)
        : goOn(session, steps, { run: found, head }, submission, control),
    );
  } catch (error) {
    if (!(error instanceof AssentError) || (error.retryable && !(error instanceof LeaseHeld))) throw error;
    return { next: 'refused', error: told(error) };
  }
}

/** Waits for a lease to run out that a worker may have left behind; one that is renewed is somebody's. */
async function onceFree<T>({ clock }: Session, { signal }: Control, work: () => Promise<T>): Promise<T> {
  const until = clock.now() + LEASE_MS + HELD_S * 1_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LeaseHeld) || clock.now() >= until || signal?.aborted === true) throw error;
      await clock.sleep(clock.now() + HELD_S * 1_000, signal ?? new AbortController().signal);
    }
  }
}

async function begin(
  session: Session,
  steps: Steps,
  head: SubmissionHead,
  submission: Submission,
  control: Control,
): Promise<Next> {
  const { runId, accessPolicy } = head;
  const meant = await meantFor(session, steps, head, submission, control);
  const { onFailure = submission.reconcile === true ? BACK_ON_FAILURE : 'rollback' } = submission;
  const wanted = { ...(await wantedFor(session, submission, control)), onFailure };
  const submitted = await submit({ ...session, newRunId: () => runId }, wanted, control);
  using _planner = submitted.planned.inCore;
  const options = { ...judgeOptions(submission, accessPolicy), ...meant, circle: steps.circle };
  const { run } = await judge(session, submitted, options, control);
  return nextOf(run);
}

/** A worker ended between writing the run down and judging it: the same plan is made again, or it is not the same run. */
async function goOn(
  session: Session,
  steps: Steps,
  { run, head }: { run: Run; head: SubmissionHead },
  submission: Submission,
  control: Control,
): Promise<Next> {
  const planned = await makePlan(session, await wantedFor(session, submission, control), control);
  using _planner = planned.inCore;
  if (planned.plan.digest !== run.planDigest) {
    await callOffUnbegun(session, run.runId);
    return { next: 'end' };
  }
  const meant = await meantFor(session, steps, head, submission, control);
  const options = { ...judgeOptions(submission, head.accessPolicy), ...meant, circle: steps.circle };
  const judged = await judge(session, { run, planned }, options, control);
  return nextOf(judged.run);
}

/** Leaves behind what wakes the workflow once a person has answered; that may have happened by now. */
export async function askStep(
  local: Local,
  { submissions, deployments, workflow }: Steps,
  runId: string,
  token: string,
): Promise<void> {
  await submissions.waits(runId, token);
  const waiting = (await deployments.get(runId)) ?? (await local.store.runs.get(runId));
  if (waiting?.status !== 'waiting_approval') await workflow.wake(token);
}

/** After the answer, or when nobody has answered in time. */
export async function answeredStep(local: Local, steps: Steps, runId: string): Promise<Next> {
  const several = await answeredDeployment(local, steps, runId);
  if (several !== undefined) return several;
  const run = await local.store.runs.get(runId);
  const next: Next = run === undefined ? { next: 'end' } : nextOf(await expire(local, run));
  if (next.next === 'end') await steps.vault.forget(runId);
  return next;
}

/** Works until the run ends or `control.signal` says that this worker's time is over. `said`: what the step before it said. */
export async function workStep(
  session: Session,
  steps: Steps,
  runId: string,
  control: Control,
  said?: Next,
): Promise<Next> {
  const { submissions, vault } = steps;
  try {
    const head = await submissions.head(runId);
    if (head?.part !== undefined && (await isCancelled(steps, head.part.of))) await callOffUnbegun(session, runId);
    const secretParameters = head === undefined ? {} : await vault.open(await sealedFor(steps, head));
    const { outcome, resumeInMs = 0 } = await work(session, { runId, secretParameters }, control);
    if (outcome === 'suspended') return { next: 'wait', waitSeconds: Math.ceil(resumeInMs / 1_000) };
    // A run that was cancelled may be resumed.
    if (outcome !== 'cancelled') await vault.forget(runId);
    return { next: 'end' };
  } catch (error) {
    if (error instanceof LeaseHeld) return { next: 'wait', waitSeconds: heldFor(said), held: true };
    throw error;
  }
}

function heldFor(said: Next | undefined): number {
  if (said?.next !== 'wait' || said.held !== true) return HELD_S;
  return Math.min(2 * said.waitSeconds, MOST_HELD_S);
}

/** The workflow has failed: what nobody has begun is called off; what was begun can be resumed. */
export async function stopStep(local: Local, steps: Steps, runId: string): Promise<Next> {
  const { submissions, inquiries, vault } = steps;
  if ((await submissions.head(runId))?.several === true) {
    await stoppedDeployment(steps, runId);
    return { next: 'end' };
  }
  // It may have failed because nothing can be signed: the run is over all the same.
  const run = await callOffUnbegun(local, runId, { mayStayUnsigned: true });
  const inquiry = await inquiries.head(runId);
  if (inquiry !== undefined) await failedInquiry(steps, inquiry);
  if (run === undefined || !isResumable(run)) await vault.forget(runId);
  return { next: 'end' };
}

function nextOf({ status }: Pick<Run, 'status'>): Next {
  switch (status) {
    case 'waiting_approval':
      return { next: 'ask' };
    case 'approved':
    case 'running':
    case 'suspended':
      return { next: 'work' };
    default:
      return { next: 'end' };
  }
}
