// The operations that change something. They are accepted or refused here; `settle` carries them out when their time
// has passed. What the service checks before it answers is an ApiError, what its handlers find is a FAILED event.

import { bring } from './attributes/index.ts';
import { homeOf } from './caller.ts';
import { itselfAfter } from './effects.ts';
import { ApiError, invalidRequest, validation } from './errors.ts';
import { readJson } from './input.ts';
import { at, formatPointer, isObject, type Json, type JsonObject, matches, removeAt } from './json.ts';
import { noteLate, notYet } from './late.ts';
import { findLeftover } from './leftovers.ts';
import { absent, exists, hold, keyOf, lookup, standing, typeOf } from './locate.ts';
import { nameClash } from './names.ts';
import { applyPatch, MalformedPatch, type Operation, PatchFailed, parsePatch } from './patch.ts';
import { progressEvent, statusOf } from './progress.ts';
import { hiddenRequired, leftInjected, neverEnds, notText, refusalNow, remnant } from './real.ts';
import { findReferences, type Key, recordMinted, recordUses, userOf } from './references.ts';
import { accept, findRequest, type Outcome, replay, seedOf, shown } from './requests.ts';
import { type ResourceType, touches, within } from './shape.ts';
import type { Row } from './store.ts';
import { validateDesired, validateUpdated } from './validate.ts';
import type { Answer, World } from './world.ts';

export function createResource(world: World, input: JsonObject): Answer {
  const earlier = replay(world, 'CreateResource', input);
  if (earlier) return earlier;
  const type = typeOf(world, input, 'create');
  const desired = readJson(input['DesiredState'] as string, 'DesiredState');
  if (!isObject(desired)) throw validation('DesiredState must be a JSON object');
  const leftover = findLeftover(desired);
  if (leftover) throw invalidRequest(leftover);
  refuse([...validateDesired(type, desired), ...notText(world, type, desired)]);

  const { store, caller, now } = world;
  const seed = seedOf(world, type.typeName, input['ClientToken']);
  const home = homeOf(type.typeName, caller);
  const { targets, refusal } = findReferences(store, type, desired, caller);
  const model = structuredClone(desired);
  const randomNames = world.real.has('random-names');
  const identifier = bring({ type, model, ...caller, seed, randomNames, now, lookup: (...of) => lookup(world, ...of) });
  if (refusal)
    return accept(world, 'CREATE', type, input, seed, { refused: { code: 'InvalidRequest', message: refusal } });
  const key: Key = { home, type: type.typeName, identifier };
  if (exists(world, key) || nameClash(store, key, model)) {
    const message = `Resource of type '${type.typeName}' with identifier '${identifier}' already exists.`;
    return accept(world, 'CREATE', type, input, seed, { identifier, refused: { code: 'AlreadyExists', message } });
  }
  const refused = refusalNow(world, { operation: 'CREATE', type, key, model, targets });
  if (refused) return accept(world, 'CREATE', type, input, seed, { refused });
  world.fault ??= remnant(world) ?? neverEnds(world);
  const answer = accept(world, 'CREATE', type, input, seed, { identifier });
  const token = world.note.request as string;
  store.insert('resources', {
    ...key,
    state: 'creating',
    properties: JSON.stringify(model),
    named: store.named(key.type, model),
    request: token,
    hidden_reads: world.fault?.kind === 'notFoundAfterCreate' ? world.fault.reads : 0,
    created_at: now,
  });
  recordMinted(store, key, model);
  recordUses(store, key, targets, token);
  return answer;
}

export function updateResource(world: World, input: JsonObject): Answer {
  const earlier = replay(world, 'UpdateResource', input);
  if (earlier) return earlier;
  const type = typeOf(world, input, 'update', 'read');
  const operations = readPatch(type, input['PatchDocument'] as string);
  const key = keyOf(world, type, input);
  const seed = seedOf(world, type.typeName, input['ClientToken']);
  const { store, caller } = world;
  const resource = standing(world, key);
  if (!resource) {
    return accept(world, 'UPDATE', type, input, seed, notFound(key));
  }
  const stored = JSON.parse(resource['properties'] as string) as JsonObject;
  let patched: Json;
  try {
    patched = applyPatch(shown(world, type, stored, key), operations);
  } catch (error) {
    if (!(error instanceof PatchFailed)) throw error;
    return accept(world, 'UPDATE', type, input, seed, {
      identifier: key.identifier,
      refused: { code: 'InvalidRequest', message: `The patch does not apply: ${error.message}` },
    });
  }
  if (!isObject(patched)) throw validation('The patched resource is not a JSON object');
  const unseen = Object.fromEntries(notYet(world, key).flatMap((name) => pick(stored, name)));
  const after = itselfAfter(type.typeName, withWriteOnly(type, stored, { ...patched, ...unseen }), world.now);
  refuse(validateUpdated(type, after));
  const asRead = [...hiddenRequired(world, type, patched), ...notText(world, type, patched)];
  refuse([...leftInjected(world, type, stored, patched), ...asRead]);
  const { targets, refusal } = findReferences(store, type, withoutReadOnly(type, after), caller, key);
  const outcome: Outcome = { identifier: key.identifier, after: JSON.stringify(after) };
  const refused = refusal
    ? ({ code: 'InvalidRequest', message: refusal } as const)
    : refusalNow(world, { operation: 'UPDATE', type, key, model: after, targets });
  if (refused) outcome.refused = refused;
  else world.fault ??= neverEnds(world);
  const answer = accept(world, 'UPDATE', type, input, seed, outcome);
  if (!refused) {
    const token = world.note.request as string;
    hold(world, key, 'updating', token);
    recordUses(store, key, targets, token);
    noteLate(world, key, stored, after, token);
  }
  return answer;
}

export function deleteResource(world: World, input: JsonObject): Answer {
  const earlier = replay(world, 'DeleteResource', input);
  if (earlier) return earlier;
  const type = typeOf(world, input, 'delete');
  const key = keyOf(world, type, input);
  const seed = seedOf(world, type.typeName, input['ClientToken']);
  const resource = standing(world, key);
  if (!resource) return accept(world, 'DELETE', type, input, seed, notFound(key));
  const { identifier } = key;
  const user = userOf(world.store, key);
  if (user) {
    const message = `DependencyViolation: ${key.type} '${key.identifier}' is in use by ${user.type} '${user.identifier}'.`;
    return accept(world, 'DELETE', type, input, seed, {
      identifier: key.identifier,
      refused: { code: 'InvalidRequest', message },
    });
  }
  const model = JSON.parse(resource['properties'] as string) as JsonObject;
  const refused = refusalNow(world, { operation: 'DELETE', type, key, model, targets: [] });
  if (refused) return accept(world, 'DELETE', type, input, seed, { identifier, refused });
  world.fault ??= neverEnds(world);
  const answer = accept(world, 'DELETE', type, input, seed, { identifier });
  hold(world, key, 'deleting', world.note.request as string);
  return answer;
}

/**
 * What was pending leaves nothing. What was in progress stops half-way, which is the worse case for the caller: the
 * resource of a create is left behind, named in the event; an update is in force; a delete has not happened.
 */
export function cancelResourceRequest(world: World, input: JsonObject): Answer {
  const row = findRequest(world, input['RequestToken'] as string);
  const status = statusOf(row, world.now);
  if (status !== 'PENDING' && status !== 'IN_PROGRESS') {
    throw validation(`Request ${row['token']} is ${status}: only PENDING or IN_PROGRESS requests can be cancelled.`);
  }
  const changed: Row = {
    ...row,
    status: 'CANCEL_IN_PROGRESS',
    due_at: world.now + Number(row['pause']),
    remnant: status === 'IN_PROGRESS' && row['error_code'] === null ? 1 : 0,
  };
  world.store.run(
    'UPDATE requests SET status = ?, due_at = ?, remnant = ? WHERE token = ?',
    changed['status'] as string,
    changed['due_at'] as number,
    changed['remnant'] as number,
    row['token'] as string,
  );
  return { ProgressEvent: progressEvent(changed, world.now) };
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw validation(`Model validation failed (${problems.join('\n')})`);
}

/** Reads a patch and refuses what it may not touch, changed or not, as the service does. */
function readPatch(type: ResourceType, text: string): Operation[] {
  const document = readJson(text, 'PatchDocument');
  const leftover = findLeftover(document);
  if (leftover) throw invalidRequest(leftover);
  let operations: Operation[];
  try {
    operations = parsePatch(document);
  } catch (error) {
    if (error instanceof MalformedPatch) throw validation(`Invalid patch document: ${error.message}`);
    throw error;
  }
  if (operations.length === 0) throw validation('Invalid patch document: it has no operation');
  const written = operations
    .filter(({ op }) => op !== 'test')
    .flatMap(({ op, path, from }) => (op === 'move' && from ? [path, from] : [path]));
  const named = (patterns: readonly (readonly string[])[], hit: typeof touches) =>
    patterns
      .filter((pattern) => written.some((path) => hit(path, pattern)))
      .map((pattern) => `/properties${formatPointer(pattern)}`);
  const readOnly = named(type.readOnly, within);
  if (readOnly.length > 0)
    throw validation(`Invalid patch update: readOnlyProperties [${readOnly.join(', ')}] cannot be updated`);
  // A parent that is written without the create-only member leaves it as it is.
  const sets = ({ op, path, from, value }: Operation, pattern: readonly string[]) => {
    if (op === 'move' && from && touches(from, pattern)) return true;
    if (!touches(path, pattern)) return false;
    const whole = path.length >= pattern.length || (op !== 'add' && op !== 'replace');
    return whole || matches(value, pattern.slice(path.length)).length > 0;
  };
  const createOnly = type.createOnly
    .filter((pattern) => operations.some((operation) => operation.op !== 'test' && sets(operation, pattern)))
    .map((pattern) => `/properties${formatPointer(pattern)}`);
  if (createOnly.length > 0) {
    throw new ApiError(
      'NotUpdatableException',
      `Invalid patch update: createOnlyProperties [${createOnly.join(', ')}] cannot be updated`,
    );
  }
  return operations;
}

const pick = (model: JsonObject, name: string): [string, Json][] =>
  model[name] === undefined ? [] : [[name, model[name]]];

/** Write-only values that the patch did not give again stay as they were; a read-only one never changes. */
function withWriteOnly(type: ResourceType, stored: JsonObject, patched: JsonObject): JsonObject {
  const after = structuredClone(patched);
  const hidden = type.createOnly.filter((path) => type.writeOnly.some((parent) => within(path, parent)));
  for (const pattern of [...type.writeOnly, ...hidden]) {
    for (const path of matches(stored, pattern)) {
      const parent = at(after, path.slice(0, -1));
      const last = path.at(-1) as string;
      if (isObject(parent) && parent[last] === undefined) parent[last] = at(stored, path) as Json;
    }
  }
  return after;
}

function withoutReadOnly(type: ResourceType, model: JsonObject): JsonObject {
  const desired = structuredClone(model);
  for (const pattern of type.readOnly) removeAt(desired, pattern);
  return desired;
}

const notFound = (key: Key): Outcome => ({
  identifier: key.identifier,
  refused: { code: 'NotFound', message: absent(key) },
});
