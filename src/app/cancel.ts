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
  /**
   * Whether somebody was asked who works on it. False: the run has ended, or nobody works on it at the moment (`status` says
   * which); then whoever takes it up next ends it.
   */
  requested: boolean;
}

const PENDING = ['submitted', 'waiting_approval', 'approved'] as const;

/**
 * Sets the flag that whoever works on the run looks at, now or next. What is in flight is waited for until its deadline; with
 * `now` it is cancelled in the cloud at once. `mayStayUnsigned`: a run that waits is called off also where that cannot be
 * signed; nothing was done by it.
 */
export async function cancel(
  local: Local,
  runId: string,
  now = false,
  { mayStayUnsigned = false } = {},
): Promise<CancelDocument> {
  const { store, clock } = local;
  for (;;) {
    const run = await store.runs.get(runId);
    if (run === undefined) throw unknownRun(runId);
    const { stack, status } = run;
    const document = { version: 1, kind: 'cancel', runId, stack: stack.name, status } as const;
    if (status === 'running' || status === 'suspended') {
      await store.runs.requestCancel(runId, now);
      return { ...document, requested: status === 'running' && (await store.runs.isHeld(stack)) };
    }
    if (!PENDING.some((pending) => pending === status)) return { ...document, requested: false };
    const endedAt = clock.now();
    const result: RunDocument = stoppedDocument(run, 'rejected', 'cancelled');
    await attestEnd(local, run, result).catch((error: unknown) => {
      if (!mayStayUnsigned) throw error;
    });
    const moved = await store.runs.move(runId, PENDING, { status: 'rejected', endedAt, result });
    if (moved) return { ...document, status: 'rejected', requested: false };
    // Somebody has taken it up meanwhile.
  }
}
