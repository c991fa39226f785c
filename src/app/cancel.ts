// `cancel`: asks the process that works on a run to stop in good order.
import type { Run } from './ports.ts';
import { unknownRun } from './resume.ts';
import type { Local } from './session.ts';

export interface CancelDocument {
  version: 1;
  kind: 'cancel';
  runId: string;
  stack: string;
  status: Run['status'];
  /** Whether a live process was asked. False: the run has ended, or its process is gone (`status` says which). */
  requested: boolean;
}

/** Sets the flag a working process looks at every few seconds; where no process works, nothing is changed. */
export async function cancel({ store }: Pick<Local, 'store'>, runId: string): Promise<CancelDocument> {
  const run = await store.run(runId);
  if (run === undefined) throw unknownRun(runId);
  const document = { version: 1, kind: 'cancel', runId, stack: run.stack, status: run.status } as const;
  if (run.status !== 'running' || !(await store.isHeld(run.stack))) return { ...document, requested: false };
  await store.requestCancel(runId);
  return { ...document, requested: true };
}
