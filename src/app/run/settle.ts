// Before anything new is planned for a stack, what an earlier run left in flight is brought to a known end
// (DESIGN, "Unfinished runs"): answers that were lost are asked for again with the same token, requests are polled to
// their end, nothing new is started.

import { AssentError } from '../../domain/errors.ts';
import type { NoEchoValues } from '../../domain/secret.ts';
import type { StackKey } from '../../domain/stack.ts';
import { iso } from '../documents/events.ts';
import { type Control, interrupted, type Session } from '../session.ts';
import { withLease } from './lease.ts';
import { goOn, loadRun } from './run.ts';

/** Settles the stack's unfinished run, if it has one. Rejects with LeaseHeld while somebody works on the stack. */
export async function settle(
  session: Session,
  stack: StackKey,
  secretParameters: NoEchoValues,
  control: Control,
): Promise<void> {
  const { store, clock } = session;
  await withLease(session, stack, async (held) => {
    const runId = (await store.stacks.get(stack))?.unfinished;
    const run = runId === undefined ? undefined : await store.runs.get(runId);
    if (run === undefined) return;
    control.emit({ event: 'settling', at: iso(clock.now()), runId: run.runId });
    const left = await loadRun(session, run, secretParameters);
    await store.runs.reopen(held.lease, run.runId);
    const wanted = { ...left, run: { ...run, status: 'running' as const }, settleOnly: true };
    const ended = await session.tracer.within('settle unfinished', { runId: run.runId, stack: stack.name }, () =>
      goOn(session, held, wanted, { ...control, emit: () => undefined }),
    );
    if (ended.outcome === 'suspended') throw interrupted();
    // Whoever led it goes on with it only if asked to.
    if (ended.outcome === 'cancelled') await store.runs.requestCancel(run.runId);
    // What was planned now would create it a second time.
    const unclear = ended.resources.filter(({ errorCode }) => errorCode === 'intent_expired');
    if (unclear.length === 0) return;
    throw new AssentError('intent_expired', unclear.map(({ message }) => message).join('\n'), {
      help: 'This stops once only: the next deploy creates what was not imported.',
      kind: 'failed',
    });
  });
}
