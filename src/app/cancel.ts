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
 * Sets the flag that whoever works on the run looks at, now or next; one that waits is called off at once. What is in flight
 * is waited for until its deadline; with `now` it is cancelled in the cloud at once.
 */
export async function cancel(local: Local, runId: string, now = false): Promise<CancelDocument> {
  const { runs } = local.store;
  const run = await callOffUnbegun(local, runId);
  if (run === undefined) throw unknownRun(runId);
  const { stack, status } = run;
  const document = { version: 1, kind: 'cancel', runId, stack: stack.name, status } as const;
  if (status !== 'running' && status !== 'suspended') return { ...document, requested: false };
  await runs.requestCancel(runId, now);
  return { ...document, requested: status === 'running' && (await runs.isHeld(stack)) };
}

/**
 * Calls a run off that nobody has begun; resolves with the run as it is then. `mayStayUnsigned`: also where that cannot be
 * signed; nothing was done by it.
 */
export async function callOffUnbegun(
  local: Local,
  runId: string,
  { mayStayUnsigned = false } = {},
): Promise<Run | undefined> {
  const { store, clock } = local;
  for (;;) {
    const run = await store.runs.get(runId);
    if (run === undefined || !PENDING.some((status) => status === run.status)) return run;
    const endedAt = clock.now();
    const result: RunDocument = stoppedDocument(run, 'rejected', 'cancelled');
    await attestEnd(local, run, result).catch((error: unknown) => {
      if (!mayStayUnsigned) throw error;
    });
    const ended = { status: 'rejected', endedAt, result } as const;
    if (await store.runs.move(runId, PENDING, ended)) return { ...run, ...ended };
    // Somebody has taken it up meanwhile.
  }
}
