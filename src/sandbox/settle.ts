// Operations end by the clock: whenever anybody looks, everything that is due by then is carried out, in the order
// in which it fell due. Nothing runs in between, so a sandbox that was killed for an hour is right at its next call.

import { takeEffect } from './effects.ts';
import type { JsonObject } from './json.ts';
import type { Key } from './references.ts';
import { emptySlots, takeSlots } from './slots.ts';
import type { Row, Store } from './store.ts';

/** Ends what is due. Call it inside a transaction, before looking at anything. */
export function settle(store: Store, now: number): void {
  for (const row of store.all(
    'SELECT * FROM requests WHERE ended_at IS NULL AND due_at <= ? ORDER BY due_at, seq',
    now,
  )) {
    const cancelled = row['status'] === 'CANCEL_IN_PROGRESS';
    const failed = row['error_code'] !== null;
    // Of what failed or was cancelled, nothing or everything stays: `remnant` was decided before.
    const undone = (failed || cancelled) && row['remnant'] === 0;
    if (row['operation'] === 'CREATE') endCreate(store, row, undone);
    else if (row['operation'] === 'UPDATE') endUpdate(store, row, undone);
    else endDelete(store, row, failed || cancelled);
    store.run(
      'UPDATE requests SET status = ?, ended_at = due_at WHERE token = ?',
      cancelled ? 'CANCEL_COMPLETE' : failed ? 'FAILED' : 'SUCCESS',
      row['token'] as string,
    );
  }
}

const keyOf = (row: Row): Key => ({
  home: row['home'] as string,
  type: row['type'] as string,
  identifier: row['identifier'] as string,
});

/** The resource this request works on, undefined when it was refused from the start. */
function held(store: Store, row: Row): JsonObject | undefined {
  const { home, type, identifier } = keyOf(row);
  const resource = store.get(
    'SELECT properties FROM resources WHERE home = ? AND type = ? AND identifier = ? AND request = ?',
    home,
    type,
    identifier,
    row['token'] as string,
  );
  return resource && (JSON.parse(resource['properties'] as string) as JsonObject);
}

function endCreate(store: Store, row: Row, undone: boolean): void {
  const model = held(store, row);
  if (!model) return;
  const key = keyOf(row);
  if (undone) {
    forget(store, key);
  } else {
    stand(store, key);
    takeSlots(store, key, model);
    takeEffect(store, key, model, true);
  }
}

function endUpdate(store: Store, row: Row, undone: boolean): void {
  const model = held(store, row);
  if (!model) return;
  const key = keyOf(row);
  const { home, type, identifier } = key;
  const token = row['token'] as string;
  const ours = 'DELETE FROM uses WHERE home = ? AND type = ? AND identifier = ? AND request';
  store.run(`${ours} ${undone ? '=' : '<>'} ?`, home, type, identifier, token);
  if (!undone) {
    emptySlots(store, key, model);
    const after = row['after'] as string;
    store.run(
      'UPDATE resources SET properties = ?, named = ? WHERE home = ? AND type = ? AND identifier = ?',
      store.sealed(after, 'properties'),
      store.named(type, JSON.parse(after) as JsonObject),
      home,
      type,
      identifier,
    );
    takeSlots(store, key, JSON.parse(after) as JsonObject);
    takeEffect(store, key, JSON.parse(after) as JsonObject, true, model);
  }
  stand(store, key);
}

function endDelete(store: Store, row: Row, undone: boolean): void {
  const model = held(store, row);
  if (!model) return;
  const key = keyOf(row);
  if (undone) {
    stand(store, key);
  } else {
    emptySlots(store, key, model);
    takeEffect(store, key, model, false);
    forget(store, key);
  }
}

function stand(store: Store, { home, type, identifier }: Key): void {
  store.run(
    "UPDATE resources SET state = 'live', request = NULL WHERE home = ? AND type = ? AND identifier = ?",
    home,
    type,
    identifier,
  );
}

function forget(store: Store, { home, type, identifier }: Key): void {
  for (const table of ['resources', 'minted', 'uses']) {
    store.run(`DELETE FROM ${table} WHERE home = ? AND type = ? AND identifier = ?`, home, type, identifier);
  }
}
