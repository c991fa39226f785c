// Starts of a run's workflow after the first, and what makes them necessary.
import { type CancelDocument, cancel } from '../cancel.ts';
import { type SubmissionHead, startName, type Workflow } from '../ports/service.ts';
import type { Local } from '../session.ts';
import type { Steps } from './steps.ts';

/** What a run's workflow is started with. */
export function inputOf({ runId, several }: SubmissionHead): Parameters<Workflow['start']>[1] {
  return { runId, ...(several === undefined ? {} : { several }) };
}

/** Another start. Where an earlier one is still under way both work on it, one after the other. */
export async function startedAgain(
  { submissions, workflow }: Pick<Steps, 'submissions' | 'workflow'>,
  head: SubmissionHead,
): Promise<void> {
  const starts = await submissions.startAgain(head.runId);
  await workflow.start(startName(head.runId, starts), inputOf(head));
}

/**
 * Whether a run's workflow, or that of the deployment it is a target of, has failed: nobody goes on with it unless it is
 * started again.
 */
export async function hasFailed(
  { submissions, workflow }: Pick<Steps, 'submissions' | 'workflow'>,
  head: SubmissionHead,
): Promise<boolean> {
  const whole = head.part === undefined || head.starts > 1 ? undefined : await submissions.head(head.part.of);
  const { runId, starts } = whole ?? head;
  return (await workflow.state(startName(runId, starts))).status === 'failed';
}

/** Stops a run in good order or calls it off; where nobody works on it, somebody is started who ends it. */
export async function cancelLed(
  local: Local,
  steps: Pick<Steps, 'submissions' | 'workflow'>,
  head: SubmissionHead,
  now: boolean,
): Promise<CancelDocument> {
  const document = await cancel(local, head.runId, now);
  const { status, requested } = document;
  if (status !== 'running' && status !== 'suspended') return document;
  // A worker that has just died still looks alive.
  if (requested && !(await hasFailed(steps, head))) return document;
  await startedAgain(steps, head);
  return { ...document, requested: true };
}
