// `cancel`: asks the process that works on a run to stop in good order; a run that still waits is called off at once.
import { type RunDocument, stoppedDocument } from './documents/documents.ts';
import type { Run } from './ports.ts';
import { attestEnd } from './proof/attest.ts';
import type { Local } from './session.ts';
import { unknownRun } from './status.ts';

export interface CancelDocument {
  version: 1;
  kind: 'cancel';
  runId: string;
  stack: string;
  status: Run['status'];
  /** Whether a live process was asked. False: the run has ended, or nobody works on it (`status` says which). */
  requested: boolean;
}

const PENDING = ['submitted', 'waiting_approval', 'approved'] as const;

/**
 * Sets the flag a working process looks at every few seconds; where no process works, nothing is changed. What is in flight
 * is waited for until its deadline; with `now` it is cancelled in the cloud at once. `mayStayUnsigned`: a run that waits is
 * called off also where that cannot be signed; nothing was done by it.
 */
export async function cancel(
  local: Local,
  runId: string,
  now = false,
  { mayStayUnsigned = false } = {},
): Promise<CancelDocument> {
  const { store, clock } = local;
  const run = await store.runs.get(runId);
  if (run === undefined) throw unknownRun(runId);
  const document = { version: 1, kind: 'cancel', runId, stack: run.stack.name, status: run.status } as const;
  if (PENDING.some((status) => status === run.status)) {
    const endedAt = clock.now();
    const result: RunDocument = stoppedDocument(run, 'rejected', 'cancelled');
    await attestEnd(local, run, result).catch((error: unknown) => {
      if (!mayStayUnsigned) throw error;
    });
    const moved = await store.runs.move(runId, PENDING, { status: 'rejected', endedAt, result });
    if (moved) return { ...document, status: 'rejected', requested: false };
  }
  if (run.status !== 'running' || !(await store.runs.isHeld(run.stack))) return { ...document, requested: false };
  await store.runs.requestCancel(runId, now);
  return { ...document, requested: true };
}
