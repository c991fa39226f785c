// Starts of a run's workflow after the first.
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

/** Stops a run in good order or calls it off; where nobody works on it, somebody is started who ends it. */
export async function cancelLed(
  local: Local,
  steps: Pick<Steps, 'submissions' | 'workflow'>,
  head: SubmissionHead,
  now: boolean,
): Promise<CancelDocument> {
  const document = await cancel(local, head.runId, now);
  const { status, requested } = document;
  if (requested || (status !== 'running' && status !== 'suspended')) return document;
  await startedAgain(steps, head);
  return { ...document, requested: true };
}
