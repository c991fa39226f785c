// `resume`: goes on with a run that was killed, suspended, interrupted or cancelled, from its journal.

import { AssentError } from '../domain/errors.ts';
import { concealed } from '../domain/secret.ts';
import { stackText } from '../domain/stack.ts';
import { nothingToDo, type RunDocument } from './documents/documents.ts';
import { allOf, type RunHead, type Store } from './ports.ts';
import type { Control, Session } from './session.ts';
import { unknownRun } from './status.ts';
import { work } from './work.ts';

/** What `resume` takes. */
export interface ResumeOptions {
  /** Default: the latest unfinished one. */
  runId?: string;
  /** NoEcho values, which are never stored. */
  parameters?: Readonly<Record<string, string>>;
}

/** How the run ended that was resumed. */
export interface Resumed {
  document: RunDocument;
  /** Absent: there was no unfinished run. */
  stack?: string;
  /** It had ended before; the document is the stored one. */
  ended: boolean;
}

/** Resolves as the run itself would have; with the stored document when the run had already ended. */
export async function resume(session: Session, options: ResumeOptions, control: Control): Promise<Resumed> {
  const run = await runToResume(session.store, options.runId);
  if (run === undefined) return { document: nothingToDo('deploy'), ended: true };
  if (run.status === 'submitted' || run.status === 'waiting_approval') throw notApproved(run);
  const wanted = { runId: run.runId, secretParameters: concealed(options.parameters ?? {}) };
  const ended = !isResumable(run);
  await session.store.runs.withdrawCancel(run.runId);
  return { document: await work(session, wanted, control), stack: run.stack.name, ended };
}

/** Whether there is something to go on with. */
export function isResumable({ status }: Pick<RunHead, 'status'>): boolean {
  return status === 'running' || status === 'suspended' || status === 'cancelled' || status === 'approved';
}

/**
 * The run of that id, or the latest unfinished one. Only a stack's newest run can be resumed: what a later one did is not
 * in an older one's journal.
 */
export async function runToResume(store: Store, runId: string | undefined): Promise<RunHead | undefined> {
  if (runId === undefined) {
    const seen = new Set<string>();
    for await (const run of allOf((next) => store.runs.list({ next }))) {
      // What waits or was refused has not touched the stack.
      if (run.startedAt === undefined && run.status !== 'approved') continue;
      const stack = stackText(run.stack);
      if (!seen.has(stack) && isResumable(run)) return run;
      seen.add(stack);
    }
    return undefined;
  }
  const run = await store.runs.get(runId);
  if (run === undefined) throw unknownRun(runId);
  if (!isResumable(run)) return run;
  for await (const later of allOf((next) => store.runs.list({ stack: run.stack, next }))) {
    if (later.runId === runId) break;
    if (later.startedAt === undefined) continue;
    throw new AssentError(
      'run_superseded',
      `Run ${runId} was followed by run ${later.runId} of stack ${run.stack.name}.`,
      {
        help: 'Deploy or destroy the stack, or go on with the later run if it is unfinished.',
        ways: [{ action: 'resume', runId: later.runId }],
        kind: 'refused',
      },
    );
  }
  return run;
}

function notApproved({ runId, status }: RunHead): AssentError {
  return new AssentError('run_not_approved', `Run ${runId} is not approved: it is ${status}.`, {
    help: 'Somebody has to answer first.',
    ways: [
      { action: 'approve', runId },
      { action: 'reject', runId },
    ],
    kind: 'waiting',
  });
}
