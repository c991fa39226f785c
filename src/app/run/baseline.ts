// What each resource was like after it was deployed, where the answer that ended its operation had no model: read at the end
// of the run, at its rate, and kept in its journal, where `drift` finds it (docs/decisions/0009-baseline-of-drift.md).
//
// Nothing waits for these reads and nothing fails for them. They end with what they have when the time for them is over.
import type { Event, ResourceReport } from '#wasm';
import { resourceSchema } from '../../core/calls.ts';
import type { Calls } from '../documents/events.ts';
import type { Clock, Cloud, Runs, Tally } from '../ports.ts';
import { eventsOf } from './journal.ts';
import type { Held } from './lease.ts';
import { logicalIdOf, type Secrets } from './secrets.ts';

const CONCURRENCY = 20;
/** At least so long, in a long run a twentieth of it. */
const AT_LEAST_MS = 3_000;
const SHARE = 0.05;
/** Pauses before what was made a moment ago is looked for again; all of them end before the shortest time for it does. */
const PAUSES_MS = [0, 500, 1_000, 1_000];

/** A run that is over but for this. */
export interface Ended {
  runs: Pick<Runs, 'append' | 'journal'>;
  cloud: Pick<Cloud, 'get'>;
  clock: Clock;
  /** Waits for a token of the rate. */
  take: (stop: AbortSignal) => Promise<void>;
  speed: number;
  secrets: Pick<Secrets, 'clean'>;
  held: Held;
  runId: string;
  /** Turns in the journal, and the one after which this part of the run begins. */
  seq: number;
  after: number;
  /** When this part of the run began. */
  since: number;
  resources: readonly ResourceReport[];
  tally: Tally & { calls: Calls };
  signal?: AbortSignal | undefined;
}

/** Reads what is missing and appends it; resolves with the new sequence. Rejects with LeaseLost. */
export async function readBaselines(ended: Ended): Promise<number> {
  const { runs, clock, held, runId, seq, tally, signal } = ended;
  const open = unread(await eventsOf(runs, runId, ended.after), ended.resources);
  if (open.length === 0 || signal?.aborted === true) return seq;
  const over = new AbortController();
  const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const now = clock.now();
  const until = now + Math.max(AT_LEAST_MS, (now - ended.since) * SHARE);
  void clock.sleep(until, stop).then(() => over.abort());
  const found: Event[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = open[next++]; one !== undefined && !stop.aborted; one = open[next++]) {
      const event = await read(one, ended, stop);
      if (event !== undefined) found.push(event);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, open.length) }, worker));
  } finally {
    over.abort();
  }
  if (found.length === 0 || held.lost.aborted) return seq;
  return runs.append(held.lease, runId, seq, { entries: found, record: [], forget: [] }, structuredClone(tally));
}

interface Unread {
  step: string;
  typeName: string;
  identifier: string;
}

/** Steps that have created or updated something readable of which nothing has told what it became. */
function unread(journal: readonly Event[], resources: readonly ResourceReport[]): Unread[] {
  const silent = new Set<string>();
  for (const event of journal) {
    if (!('step' in event) || !/^(create|update):/.test(event.step)) continue;
    const { step } = event;
    if (event.type === 'read' || event.type === 'intentRecorded') silent.delete(step);
    else if (event.type === 'progress' && event.status === 'SUCCESS' && event.model === undefined) silent.add(step);
  }
  const reports = new Map(resources.map((report) => [report.logicalId, report]));
  return [...silent].flatMap((step) => {
    const { type: typeName, physicalId, status } = reports.get(logicalIdOf(step)) ?? {};
    if (typeName === undefined || typeof physicalId !== 'string' || status !== 'succeeded') return [];
    return resourceSchema(typeName)?.handlers.read === true ? [{ step, typeName, identifier: physicalId }] : [];
  });
}

/** The read as an event; undefined where there is none to be had. */
async function read(
  { step, typeName, identifier }: Unread,
  { cloud, clock, take, speed, secrets, tally }: Ended,
  stop: AbortSignal,
): Promise<Event | undefined> {
  for (const pause of PAUSES_MS) {
    if (pause > 0) await clock.sleep(clock.now() + pause / speed, stop);
    await take(stop);
    if (stop.aborted) return undefined;
    tally.calls.get += 1;
    const answer = await cloud.get({ typeName, identifier });
    if (answer.ok) return secrets.clean({ type: 'read', step, properties: answer.value, at: clock.now() });
    if (answer.error.kind === 'rejected') return undefined;
  }
  return undefined;
}
