// What the schedule's look measures for alarms: runs that nobody goes on with, and types that have become slower. Values of
// today, not sums: they are told, and not kept.
import type { Measured } from '../../domain/metrics.ts';
import { compare } from '../compare.ts';
import { allOf, type RunHead, type Store } from '../ports.ts';
import type { Local } from '../session.ts';

// Older ones were looked at when they were new.
const MOST_RUNS = 500;
/** No operation takes so long; a run that is suspended for longer was forgotten by its workflow. */
const SUSPENDED_MS = 24 * 60 * 60_000;

/** `unfinished_runs`, `slower_types`. Rejects where what is kept is damaged. */
export async function watch(local: Pick<Local, 'store' | 'clock'>): Promise<Measured[]> {
  const { store, clock } = local;
  let [unfinished, looked] = [0, 0];
  for await (const head of allOf((next) => store.runs.list({ next }))) {
    looked += 1;
    if (looked > MOST_RUNS) break;
    if (await isLeft(store, head, clock.now())) unfinished += 1;
  }
  const { grown } = await compare(local);
  return [
    { kind: 'maximum', name: 'unfinished_runs', labels: {}, value: unfinished },
    { kind: 'maximum', name: 'slower_types', labels: {}, value: grown },
  ];
}

/** A worker has died over it, or its workflow has. */
async function isLeft({ runs }: Store, { status, stack, startedAt = 0 }: RunHead, now: number): Promise<boolean> {
  if (status === 'suspended') return now - startedAt > SUSPENDED_MS;
  return status === 'running' && !(await runs.isHeld(stack));
}
