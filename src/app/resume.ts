// `resume`: goes on with a run that was killed, interrupted or cancelled, from its journal.
import { AssentError, ResourceNotFound } from '../domain/errors.ts';
import { nothingToDo, type RunDocument } from './documents/documents.ts';
import type { Run, Store } from './ports.ts';
import { withLease } from './run/lease.ts';
import { goOn, loadRun } from './run/run.ts';
import { bindingOf, type Control, checkBinding, contextOf, type Session } from './session.ts';

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
  const { store, endpoint } = session;
  const found = await runToResume(store, options.runId);
  if (found === undefined) return { document: nothingToDo('deploy'), ended: true };
  if (!isResumable(found)) return hadEnded(found);
  return withLease(session, found.stack, async (held) => {
    // It may have ended while another process held the lease.
    const run = (await store.run(found.runId)) ?? found;
    if (!isResumable(run)) return hadEnded(run);
    const context = await contextOf(session, control);
    const record = await store.stack(run.stack);
    if (record !== undefined) checkBinding(record, endpoint, context);
    else if (run.binding !== bindingOf(endpoint, context)) throw new ResourceNotFound(`Stack ${run.stack} is gone.`);
    const left = await loadRun(session, run, options.parameters ?? {});
    await store.reopen(held.lease, run.runId);
    const again = { ...left, run: { ...run, status: 'running', cancelRequested: false } as const };
    return { document: await goOn(session, held, again, control), stack: run.stack, ended: false };
  });
}

function hadEnded({ result, stack }: Run): Resumed {
  // INVARIANT: `finish` stores the document together with a status other than `running`.
  return { document: result as RunDocument, stack, ended: true };
}

/** Whether there is something to go on with. */
export function isResumable({ status }: Run): boolean {
  return status === 'running' || status === 'cancelled';
}

/** Only a stack's newest run can be resumed: what a later one did is not in an older one's journal. */
async function runToResume(store: Store, runId: string | undefined): Promise<Run | undefined> {
  if (runId === undefined) {
    const newest = new Map<string, Run>();
    for (const run of await store.runs()) if (!newest.has(run.stack)) newest.set(run.stack, run);
    return [...newest.values()].find(isResumable);
  }
  const run = await store.run(runId);
  if (run === undefined) throw unknownRun(runId);
  const [latest] = await store.runs(run.stack);
  if (isResumable(run) && latest !== undefined && latest.runId !== runId) {
    throw new AssentError('run_superseded', `Run ${runId} was followed by run ${latest.runId} of stack ${run.stack}.`, {
      help: `assent deploy or destroy the stack, or resume ${latest.runId} if it is unfinished.`,
    });
  }
  return run;
}

/** The rejection for a run id that is not in the store. */
export function unknownRun(runId: string): ResourceNotFound {
  return new ResourceNotFound(`There is no run ${runId}.`, { help: 'assent status lists the runs.' });
}
