// Which events must survive a crash. The rules stand with the events in the core (`model.rs`, "Durable").
//
// What is left out can be asked for again after a replay: throttling, lost answers, and progress that says nothing new.
import type { Event } from '#wasm';
import { allOf, type Runs } from '../ports.ts';

/** Picks durable events out of what happens; remembers per step whether its identifier is already in the journal. */
export class Journal {
  readonly #identified = new Set<string>();

  /** Takes note of entries that are already durable. */
  replay(entries: readonly Event[]): void {
    for (const entry of entries) this.isDurable(entry);
  }

  /** Whether the event goes into the journal. Each event is to be asked about once, in order. */
  isDurable(event: Event): boolean {
    switch (event.type) {
      case 'intentRecorded':
        this.#identified.delete(event.step);
        return true;
      case 'accepted':
        if (event.identifier !== undefined) this.#identified.add(event.step);
        return true;
      case 'progress': {
        const first = event.identifier !== undefined && !this.#identified.has(event.step);
        if (first) this.#identified.add(event.step);
        return first || isTerminal(event.status);
      }
      case 'read':
      case 'requestsListed':
      case 'resourcesListed':
      case 'rejected':
        return true;
      case 'started':
      case 'throttled':
      case 'lost':
      case 'timerFired':
      case 'rateShare':
      case 'cancelRequested':
      case 'suspendRequested':
        return false;
    }
  }
}

/** Whether a request in this status has ended. */
export function isTerminal(status: string): boolean {
  return status === 'SUCCESS' || status === 'FAILED' || status === 'CANCEL_COMPLETE';
}

/** Everything that a run's journal says happened, in order, from turn `after` on. */
export async function eventsOf(runs: Pick<Runs, 'journal'>, runId: string, after = 0): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { entries } of allOf((next) => runs.journal(runId, { after, next }))) events.push(...entries);
  return events;
}
