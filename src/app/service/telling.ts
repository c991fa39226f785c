// What a run tells is kept for those who watch it from elsewhere: in batches, while the work goes on. A feed that cannot be
// written fails no run; it is tried again with the next batch.
import type { Emit, RunEvent } from '../documents/events.ts';
import type { Feeds } from '../ports/service.ts';
import type { Clock } from '../ports.ts';

// One write each; who watches does not ask more often.
const BATCH_MS = 500;

/** Does the work; what it emitted is kept when this resolves or rejects. */
export async function told<T>(
  { feeds, clock }: { feeds: Pick<Feeds, 'append'>; clock: Clock },
  runId: string,
  work: (emit: Emit) => Promise<T>,
): Promise<T> {
  let pending: RunEvent[] = [];
  const over = new AbortController();
  const keep = async (): Promise<void> => {
    const batch = pending;
    if (batch.length === 0) return;
    pending = [];
    await feeds.append(runId, batch).catch(() => {
      pending = [...batch, ...pending];
    });
  };
  const keeping = (async () => {
    while (!over.signal.aborted) {
      await clock.sleep(clock.now() + BATCH_MS, over.signal);
      await keep();
    }
  })();
  try {
    return await work((event) => void pending.push(event));
  } finally {
    over.abort();
    await keeping;
    await keep();
  }
}
