// The journal of calls, for tests: what was called, how often it was throttled, how many operations ran at once.

import type { JsonObject } from './json.ts';
import { holdsSlots, slotsOf } from './slots.ts';
import type { Row, Store } from './store.ts';

const KEPT = 100_000;

/** Operations in flight in this account and region. */
export function inFlight(store: Store, scope: string): number {
  return Number(store.get('SELECT count(*) AS n FROM requests WHERE ended_at IS NULL AND scope = ?', scope)?.['n']);
}

export function logCall(store: Store, row: Row): void {
  store.insert('calls', row);
  if (Math.random() < 0.001) {
    store.run('DELETE FROM calls WHERE seq <= (SELECT max(seq) FROM calls) - ?', KEPT);
  }
}

/** Counts of everything after a call, and the last thousand calls themselves. */
export function calls(store: Store, after: number): JsonObject {
  const counts: Record<string, number> = {};
  const outcomes: Record<string, number> = {};
  for (const row of store.all(
    'SELECT operation, outcome, count(*) AS n FROM calls WHERE seq > ? GROUP BY operation, outcome',
    after,
  )) {
    const [operation, outcome, n] = [String(row['operation']), String(row['outcome']), Number(row['n'])];
    counts[operation] = (counts[operation] ?? 0) + n;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + n;
  }
  const sums = store.get(
    'SELECT max(seq) AS last, max(in_flight) AS top, sum(early_poll) AS early, count(*) AS n FROM calls WHERE seq > ?',
    after,
  );
  return {
    last: Number(sums?.['last'] ?? after),
    total: Number(sums?.['n']),
    counts,
    outcomes,
    throttled: outcomes['ThrottlingException'] ?? 0,
    maxInFlight: Number(sums?.['top'] ?? 0),
    earlyPolls: Number(sums?.['early'] ?? 0),
    calls: store.all(
      'SELECT * FROM (SELECT * FROM calls WHERE seq > ? ORDER BY seq DESC LIMIT 1000) ORDER BY seq',
      after,
    ),
  };
}

/** Everything there is; `effective` is false for a policy that another one has overwritten or taken along. */
export function resources(store: Store): JsonObject {
  const rows = store.all('SELECT * FROM resources ORDER BY created_at, type, identifier');
  return {
    resources: rows.map((row) => {
      const [home, type, identifier] = [String(row['home']), String(row['type']), String(row['identifier'])];
      const properties = JSON.parse(row['properties'] as string) as JsonObject;
      const slots = slotsOf(type, properties);
      return {
        home,
        type,
        identifier,
        state: row['state'] as string,
        properties,
        ...(slots.length > 0 && { effective: holdsSlots(store, { home, type, identifier }, properties) }),
      };
    }),
  };
}
