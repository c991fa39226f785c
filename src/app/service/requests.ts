// What the service's API does: takes a submission and starts its workflow, shows a run, passes an answer on.
import { TemplateInCore } from '../../core/template.ts';
import { AssentError, InvalidInput, ResourceNotFound } from '../../domain/errors.ts';
import { approve, expire, reject } from '../answer.ts';
import { type CancelDocument, cancel } from '../cancel.ts';
import { type ErrorDocument, type RunDocument, type RunSummary, runSummary } from '../documents/documents.ts';
import type { Submission } from '../ports/service.ts';
import type { Local } from '../session.ts';
import { unknownRun } from '../status.ts';
import { askedAbout } from '../waiting.ts';
import type { Next, Steps } from './steps.ts';

/** A run as the API shows it, from the moment it was asked for. */
export interface DeploymentDocument extends Partial<Omit<RunSummary, 'runId' | 'status'>> {
  version: 1;
  kind: 'deployment';
  runId: string;
  /** `planning`: there is no run yet. `not_planned`: there will be none, `error` says why. */
  status: RunSummary['status'] | 'planning' | 'not_planned';
  submittedBy: string;
  /** Of a run that has ended. */
  result?: RunDocument;
  error?: ErrorDocument;
}

/** Who asks, and how a repeated request is known. */
export interface Asking {
  by: string;
  runId: string;
  key?: string;
}

/**
 * Takes a submission; its workflow is under way when this resolves. The same key again is the same run, and another
 * submission under it is refused with `idempotency_key_reused`.
 */
export async function requestRun(local: Local, steps: Steps, submission: Submission, asking: Asking): Promise<string> {
  refuseNoEcho(submission);
  const { by, runId, key } = asking;
  const wanted = { runId, submission: '', by, at: local.clock.now() };
  const head = await steps.submissions.keep(wanted, submission, key);
  if (head.runId !== runId) {
    const first = await steps.submissions.submission(head);
    if (JSON.stringify(first) !== JSON.stringify(submission)) {
      throw new AssentError('idempotency_key_reused', 'This idempotency key was used for something else.', {
        kind: 'refused',
      });
    }
  }
  await steps.workflow.start(head.runId);
  return head.runId;
}

/** A run, or what is known before there is one. Rejects with ResourceNotFound. */
export async function showRun(
  local: Local,
  { submissions, workflow }: Steps,
  runId: string,
): Promise<DeploymentDocument> {
  const head = await submissions.head(runId);
  if (head === undefined) throw unknownRun(runId);
  const document = { version: 1, kind: 'deployment', runId, submittedBy: head.by } as const;
  const found = await local.store.runs.get(runId);
  if (found !== undefined) {
    const run = await expire(local, found);
    const held = run.status === 'running' && (await local.store.runs.isHeld(run.stack));
    const { result } = run;
    const summary = runSummary(run, held, local.clock.now());
    const asked = await askedAbout(local, run);
    return { ...document, ...summary, ...asked, ...(result === undefined ? {} : { result }) };
  }
  const state = await workflow.state(runId);
  if (state.status !== 'ended' && state.status !== 'failed') return { ...document, status: 'planning' };
  const output = state.status === 'ended' ? (state.output as Partial<Extract<Next, { next: 'refused' }>>) : {};
  return { ...document, status: 'not_planned', ...(output.error === undefined ? {} : { error: output.error }) };
}

/** A person's answer; whoever submitted a run may not approve it. The workflow is woken, and checks the answer itself. */
export async function answerRun(
  local: Local,
  { submissions, workflow }: Steps,
  runId: string,
  { decision, by, reason }: { decision: 'approve' | 'reject'; by: string; reason?: string | undefined },
): Promise<void> {
  const head = await submissions.head(runId);
  if (head === undefined) throw unknownRun(runId);
  if (decision === 'approve' && head.by === by) {
    throw new AssentError('own_run', `Run ${runId} was submitted by ${by}, who may not approve it.`, {
      kind: 'refused',
      help: 'Somebody else has to.',
    });
  }
  const answering = { runId, by, ...(reason === undefined ? {} : { reason }) };
  await (decision === 'approve' ? approve(local, answering) : reject(local, answering));
  const token = await submissions.token(runId);
  if (token !== undefined) await workflow.wake(token);
}

/** Stops a run in good order, or calls it off; a workflow that waits for an answer is woken. */
export async function cancelRun(
  local: Local,
  { submissions, workflow }: Steps,
  runId: string,
): Promise<CancelDocument> {
  if ((await submissions.head(runId)) === undefined) throw unknownRun(runId);
  if ((await local.store.runs.get(runId)) === undefined) {
    throw new ResourceNotFound(`Run ${runId} is not planned yet.`, { help: 'Try again in a moment.' });
  }
  const document = await cancel(local, runId);
  const token = await submissions.token(runId);
  if (token !== undefined) await workflow.wake(token);
  return document;
}

/** Their values would have to be kept until the work, and nothing keeps them sealed yet. */
function refuseNoEcho({ template: text }: Submission): void {
  if (text === undefined) return;
  using template = new TemplateInCore(text);
  const secret = template.declared().flatMap(({ name, noEcho }) => (noEcho ? [name] : []));
  if (secret.length === 0) return;
  throw new InvalidInput('no_echo_not_kept', `${secret.join(', ')}: the service takes no NoEcho parameters.`, {
    help: 'Put the value into Secrets Manager and use a dynamic reference.',
  });
}
