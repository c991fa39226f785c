// Resource operation requests: accepted under their client token, timed by their type, remembered for seven days.

import { randomUUID } from 'node:crypto';
import { homeOf, scopeOf } from './caller.ts';
import { ApiError, type HandlerError } from './errors.ts';
import { fingerprint } from './input.ts';
import { canonical, isObject, type Json, type JsonObject, removeAt } from './json.ts';
import { notYet } from './late.ts';
import { fraction, mintUuid } from './mint.ts';
import { progressEvent } from './progress.ts';
import { asAnswered } from './real.ts';
import type { Key } from './references.ts';
import { type ResourceType, type Shape, shapeAt } from './shape.ts';
import type { Row } from './store.ts';
import type { Answer, World } from './world.ts';

const HOUR = 3_600_000;
/** How long a client token protects against a repetition. */
export const TOKEN_MEMORY = 36 * HOUR;
/** How long a request can be asked about. */
export const REQUEST_MEMORY = 7 * 24 * HOUR;
const NEVER = 8.64e15;

/** How an accepted operation will end, decided when it is accepted. */
export interface Outcome {
  identifier?: string | undefined;
  refused?: { code: HandlerError; message: string };
  /** Of an update: the properties once it has ended. */
  after?: string;
}

/** The answer of an earlier request under the same client token. Throws ClientTokenConflictException. */
export function replay(world: World, operation: string, input: JsonObject): Answer | undefined {
  const token = input['ClientToken'];
  if (typeof token !== 'string') return undefined;
  const row = world.store.get(
    'SELECT * FROM requests WHERE scope = ? AND client_token = ? AND started_at > ? ORDER BY seq DESC LIMIT 1',
    scopeOf(world.caller),
    token,
    world.now - TOKEN_MEMORY,
  );
  if (!row) return undefined;
  if (row['fingerprint'] !== world.store.hash(fingerprint(operation, input))) {
    throw new ApiError(
      'ClientTokenConflictException',
      'The specified client token has already been used in another resource request.',
    );
  }
  world.note.request = row['token'] as string;
  return { ProgressEvent: progressEvent(row, world.now, modelOf(world, row)) };
}

/** What generated values of this request are made from: the same client token anew gives other values only after it was forgotten. */
export function seedOf(world: World, typeName: string, clientToken: unknown): string {
  if (typeof clientToken !== 'string') return randomUUID();
  const scope = scopeOf(world.caller);
  const before = world.store.get(
    'SELECT count(*) AS n FROM requests WHERE scope = ? AND client_token = ?',
    scope,
    clientToken,
  );
  return `${scope} ${typeName} ${clientToken} ${before?.['n']}`;
}

/** Writes an accepted request down and answers its first event. */
export function accept(
  world: World,
  operation: 'CREATE' | 'UPDATE' | 'DELETE',
  type: ResourceType,
  input: JsonObject,
  seed: string,
  { identifier, refused, after }: Outcome,
): Answer {
  const { store, now, caller, speed, fault } = world;
  const token = mintUuid(`${seed} ${operation} request`);
  const typical = type.seconds[operation.toLowerCase() as 'create' | 'update' | 'delete'];
  const varied = typical * (0.9 + 0.2 * fraction(`${type.typeName} ${identifier ?? seed} ${operation}`));
  const duration = (Math.max(varied, 0.5) * 1000) / speed;
  const pause = (Math.max(1, varied / 10) * 1000) / speed;
  const failed =
    refused ??
    (fault?.kind === 'fail' ? { code: fault.errorCode, message: fault.message ?? 'A fault was injected.' } : undefined);
  const remnant = !refused && fault?.kind === 'fail' && fault.leaveRemnant === true;
  const share = fraction(`early ${seed}`);
  const never = fault?.kind === 'stuck' && !refused;
  const row: Row = {
    token,
    scope: scopeOf(caller),
    home: homeOf(type.typeName, caller),
    client_token: typeof input['ClientToken'] === 'string' ? input['ClientToken'] : null,
    fingerprint: store.hash(fingerprint(`${operation[0]}${operation.slice(1).toLowerCase()}Resource`, input)),
    operation,
    type: type.typeName,
    identifier: identifier ?? null,
    status: never && fault.pending ? 'PENDING' : 'IN_PROGRESS',
    started_at: now,
    due_at: never ? NEVER : now + (refused ? duration * 0.3 : duration),
    early_at: share < 0.5 && !failed ? now + duration * share : null,
    pause,
    next_poll_at: now + pause,
    ended_at: null,
    error_code: failed?.code ?? null,
    message: failed?.message ?? null,
    remnant: remnant || refused?.code === 'AlreadyExists' ? 1 : 0,
    shows_model: fraction(`model ${type.typeName}`) < 0.5 ? 1 : 0,
    after: after ?? null,
  };
  store.insert('requests', row);
  world.note.request = token;
  world.note.identifier = identifier;
  return { ProgressEvent: progressEvent(row, now) };
}

/** The request of a token. Throws RequestTokenNotFoundException. */
export function findRequest(world: World, token: string): Row {
  const row = world.store.get('SELECT * FROM requests WHERE token = ? AND scope = ?', token, scopeOf(world.caller));
  if (!row || Number(row['started_at']) <= world.now - REQUEST_MEMORY) {
    throw new ApiError('RequestTokenNotFoundException', `Request with token ${token} was not found.`);
  }
  world.note.type = row['type'] as string;
  world.note.identifier = (row['identifier'] as string | null) ?? undefined;
  world.note.request = token;
  return row;
}

/** Forgets requests that nobody may ask about any more. */
export function forgetOldRequests(world: World): void {
  world.store.run(
    'DELETE FROM requests WHERE ended_at IS NOT NULL AND scope = ? AND started_at <= ?',
    scopeOf(world.caller),
    world.now - REQUEST_MEMORY,
  );
}

/** The model a SUCCESS event may show: what a read would return. */
export function modelOf(world: World, row: Row): string | undefined {
  if (row['status'] !== 'SUCCESS' || row['operation'] === 'DELETE') return undefined;
  const key: Key = {
    home: row['home'] as string,
    type: row['type'] as string,
    identifier: row['identifier'] as string,
  };
  const type = world.schemas(key.type);
  const resource = world.store.get(
    "SELECT properties FROM resources WHERE home = ? AND type = ? AND identifier = ? AND state <> 'creating'",
    key.home,
    key.type,
    key.identifier,
  );
  return type && resource
    ? JSON.stringify(shown(world, type, JSON.parse(resource['properties'] as string) as JsonObject, key))
    : undefined;
}

/** What a read returns of a stored model. */
export function shown(world: World, type: ResourceType, stored: JsonObject, key: Key): JsonObject {
  const model = asAnswered(world, type, readable(type, stored));
  for (const name of notYet(world, key)) delete model[name];
  return model;
}

/** No write-only property, and lists without an order in one of its own. */
function readable(type: ResourceType, stored: JsonObject): JsonObject {
  const model = structuredClone(stored);
  for (const pattern of type.writeOnly) removeAt(model, pattern);
  return reorder(type.root, model) as JsonObject;
}

/** Sorts by a hash: the same list always comes back the same way, and rarely as it was given. */
function reorder(shape: Shape | undefined, value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => reorder(shape?.items, item));
    if (!shape?.unordered) return items;
    return items
      .map((item) => [fraction(`order ${canonical(item)}`), item] as const)
      .sort(([left], [right]) => left - right)
      .map(([, item]) => item);
  }
  if (!isObject(value) || !shape) return value;
  const inside = (key: string) => shapeAt(shape, [key]) ?? shape.values;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reorder(inside(key), item)]));
}
