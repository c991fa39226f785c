// How long a stack's deployments had been failing: what "time to restore" is measured from.
import { allOf, type Run, type Store } from '../ports.ts';

// So many runs are looked at: nobody fails more often in one go, and if so, the time is that of the last hundred.
const MOST_RUNS = 100;

/**
 * When the first of those deployments ended that have failed since the last success before `run`, ms since the epoch;
 * `undefined` where there is none. One that was refused, rejected or cancelled is no failure.
 */
export async function failingSince(
  { runs }: Pick<Store, 'runs'>,
  { runId, stack }: Pick<Run, 'runId' | 'stack'>,
): Promise<number | undefined> {
  let since: number | undefined;
  let looked = 0;
  for await (const head of allOf((next) => runs.list({ stack, next }))) {
    looked += 1;
    if (looked > MOST_RUNS) break;
    const { mode, status, endedAt } = head;
    if (head.runId === runId || mode !== 'deploy') continue;
    if (status === 'succeeded' || status === 'no_changes') break;
    if (status === 'failed' || status === 'rolled_back') since = endedAt ?? since;
  }
  return since;
}
