// `approve` and `reject`: a person's answer to a run that waits. Bound to the plan the run was submitted with, and to
// the time it may wait; the first answer counts. Nothing is called and no lease is held: work.ts goes on from here.

import { AssentError } from '../domain/errors.ts';
import { type NoEchoValues, Secret } from '../domain/secret.ts';
import { type RunDocument, stoppedDocument } from './documents/documents.ts';
import { answered } from './gate/gate.ts';
import { fingerprints } from './planning/fingerprint.ts';
import { keptPlan } from './planning/planning.ts';
import type { Run, RunAnswer } from './ports.ts';
import { attest, attestEnd, type Saying } from './proof/attest.ts';
import { changedSecrets, missingParameters } from './run/secrets.ts';
import type { Local } from './session.ts';
import { unknownRun } from './status.ts';

/** A folder that may only be read, or whose key is lost: what is over is over all the same. */
const UNWRITTEN: ReadonlySet<string> = new Set(['state_not_writable', 'signing_key_unreadable']);

/** Who answers, and what for. */
export interface Answering {
  runId: string;
  by: string;
  reason?: string;
  /** NoEcho values are kept sealed for the run: whoever works on it compares them before any is sent. */
  sealed?: boolean;
}

/**
 * Approves. `parameters`: the values of its NoEcho parameters again, which are never kept; other values than those of the
 * plan are refused with `secret_changed`. Rejects with `run_expired`, `run_superseded` or `run_ended` when it is too late.
 */
export async function approve(
  local: Local,
  { parameters = {}, ...answering }: Answering & { parameters?: NoEchoValues },
): Promise<Run> {
  const run = await waiting(local, answering.runId);
  if (answering.sealed !== true) await checkSecrets(local, run, parameters);
  const answer = answerOf(local, answering, 'approve');
  const verdict = run.verdict === null ? null : answered(run.verdict, true, answer.by);
  await attest(local, run, [sayingOf(answer)]);
  if (!(await local.store.runs.move(run.runId, ['waiting_approval'], { status: 'approved', answer, verdict }))) {
    throw tooLate((await local.store.runs.get(run.runId)) ?? run);
  }
  return { ...run, status: 'approved', answer, verdict };
}

/** Rejects the plan: the run ends as rejected, and its document says who and why. */
export async function reject(local: Local, answering: Answering): Promise<RunDocument> {
  const { store, clock } = local;
  const run = await waiting(local, answering.runId);
  const answer = answerOf(local, answering, 'reject');
  const verdict = run.verdict === null ? null : answered(run.verdict, false, answer.by, answer.reason);
  const endedAt = clock.now();
  const ended: Run = { ...run, status: 'rejected', answer, verdict, endedAt };
  const result = stoppedDocument(ended, 'rejected', 'rejected');
  const change = { status: ended.status, answer, verdict, endedAt, result };
  await attest(local, run, [sayingOf(answer), { says: 'outcome', result: ended.status, details: result }]);
  if (!(await store.runs.move(run.runId, ['waiting_approval'], change))) {
    throw tooLate((await store.runs.get(run.runId)) ?? run);
  }
  return result;
}

/** Ends a waiting run whose time is over; resolves with the run as it is now, also where nothing can be written or signed. */
export async function expire(local: Local, run: Run): Promise<Run> {
  const { store, clock } = local;
  if (run.status !== 'waiting_approval' || run.expiresAt === undefined || clock.now() < run.expiresAt) return run;
  const ended: Run = { ...run, status: 'expired', endedAt: run.expiresAt };
  const result = stoppedDocument(ended, 'expired', 'run_expired');
  try {
    await attestEnd(local, ended, result);
    await store.runs.move(run.runId, ['waiting_approval'], { status: 'expired', endedAt: run.expiresAt, result });
  } catch (error) {
    if (!UNWRITTEN.has((error as Partial<AssentError> | null)?.code ?? '')) throw error;
    return ended;
  }
  return (await store.runs.get(run.runId)) ?? ended;
}

async function waiting(local: Local, runId: string): Promise<Run> {
  const found = await local.store.runs.get(runId);
  if (found === undefined) throw unknownRun(runId);
  const run = await expire(local, found);
  if (run.status !== 'waiting_approval') throw tooLate(run);
  return run;
}

async function checkSecrets({ store }: Local, run: Run, parameters: NoEchoValues): Promise<void> {
  const missing = run.noEcho.filter((name) => !Object.hasOwn(parameters, name));
  if (missing.length > 0) throw missingParameters(missing);
  const plan = await keptPlan(store.blobs, run.planDigest);
  if (plan === undefined) throw new AssentError('plan_missing', `The plan of run ${run.runId} is not in the store.`);
  const given = Object.fromEntries(run.noEcho.map((name) => [name, parameters[name] ?? new Secret('')]));
  const prints = await fingerprints(plan, given);
  const changed = Object.entries(prints).filter(([id, print]) => run.fingerprints[id] !== print);
  if (changed.length === 0) return;
  throw changedSecrets(changed.map(([id]) => id));
}

function answerOf({ clock }: Local, { by, reason }: Answering, decision: RunAnswer['decision']): RunAnswer {
  return { decision, by, at: clock.now(), ...(reason === undefined ? {} : { reason }) };
}

function sayingOf(answer: RunAnswer): Saying {
  return { says: 'approval', result: answer.decision, by: answer.by, details: answer };
}

/** Why a run that does not wait cannot be answered. */
function tooLate({ runId, status, answer }: Run): AssentError {
  switch (status) {
    case 'expired':
      return new AssentError('run_expired', `Run ${runId} waited too long for an answer.`, {
        help: 'Deploy again to make a new plan.',
        kind: 'refused',
      });
    case 'superseded':
      return new AssentError('run_superseded', `A later run has taken the place of run ${runId}.`, {
        ways: [{ action: 'status' }],
        kind: 'refused',
      });
    default: {
      const who =
        answer === undefined
          ? ''
          : ` It was ${answer.decision === 'approve' ? 'approved' : 'rejected'} by ${answer.by}.`;
      return new AssentError('run_not_waiting', `Run ${runId} does not wait for approval: it is ${status}.${who}`, {
        ways: [{ action: 'status' }],
        kind: 'refused',
      });
    }
  }
}
