// Before anything new is planned for a stack, what an earlier run left in flight is brought to a known end
// (DESIGN, "Unfinished runs"): answers that were lost are asked for again with the same token, requests are polled to
// their end, nothing new is started.
import { AssentError } from '../../domain/errors.ts';
import { iso } from '../documents/events.ts';
import { type Control, checkBinding, contextOf, type Session } from '../session.ts';
import type { Held } from './lease.ts';
import { goOn, loadRun } from './run.ts';

/** Settles the stack's unfinished run, if it has one. */
export async function settle(
  session: Session,
  held: Held,
  secretParameters: Readonly<Record<string, string>>,
  control: Control,
): Promise<void> {
  const { store, clock, endpoint } = session;
  const { stack } = held.lease;
  const run = await store.unfinished(stack);
  if (run === undefined) return;
  const record = await store.stack(stack);
  if (record !== undefined) checkBinding(record, endpoint, await contextOf(session, { emit: () => undefined }));
  control.emit({ event: 'settling', at: iso(clock.now()), runId: run.runId });
  const left = await loadRun(session, run, secretParameters);
  const ended = await goOn(session, held, { ...left, settleOnly: true }, { ...control, emit: () => undefined });
  // What was planned now would create it a second time.
  const unclear = ended.resources.filter(({ errorCode }) => errorCode === 'intent_expired');
  if (unclear.length === 0) return;
  throw new AssentError('intent_expired', unclear.map(({ message }) => message).join('\n'), {
    help: 'This stops once only: the next deploy creates what was not imported.',
    exitCode: 4,
  });
}
