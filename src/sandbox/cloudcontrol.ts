// The eight operations of Cloud Control: https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference
// Each takes a checked request and answers, or throws ApiError; the server has opened a transaction and settled
// what was due. Mutations are accepted here and take effect in `settle`.

import { bring } from './attributes/index.ts';
import { homeOf, scopeOf } from './caller.ts';
import { ApiError, invalidRequest, validation } from './errors.ts';
import { type OperationName, pageMark, readJson, readPageMark } from './input.ts';
import { at, formatPointer, isObject, type Json, type JsonObject, matches, removeAt } from './json.ts';
import { findLeftover } from './leftovers.ts';
import { nameClash } from './names.ts';
import { applyPatch, MalformedPatch, type Operation, PatchFailed, parsePatch } from './patch.ts';
import { progressEvent, statusOf } from './progress.ts';
import { findReferences, type Key, recordMinted, recordUses, userOf } from './references.ts';
import { accept, findRequest, forgetOldRequests, modelOf, type Outcome, readable, replay, seedOf } from './requests.ts';
import { type ResourceType, touches, within } from './shape.ts';
import type { Row } from './store.ts';
import { validateDesired, validateUpdated } from './validate.ts';
import type { Answer, World } from './world.ts';

type Handler = (world: World, input: JsonObject) => Answer;
type Action = keyof ResourceType['handlers'];

export const OPERATIONS: Readonly<Record<OperationName, Handler>> = {
  CreateResource: createResource,
  UpdateResource: updateResource,
  DeleteResource: deleteResource,
  GetResource: getResource,
  ListResources: listResources,
  GetResourceRequestStatus: getResourceRequestStatus,
  ListResourceRequests: listResourceRequests,
  CancelResourceRequest: cancelResourceRequest,
};

/** The type, when it can do this. Throws TypeNotFoundException or UnsupportedActionException. */
function typeOf(world: World, input: JsonObject, ...actions: Action[]): ResourceType {
  const typeName = input['TypeName'] as string;
  world.note.type = typeName;
  const type = world.schemas(typeName);
  if (!type) throw new ApiError('TypeNotFoundException', `The type '${typeName}' cannot be found.`);
  const missing = actions.find((action) => !type.handlers[action]);
  if (missing) {
    throw new ApiError(
      'UnsupportedActionException',
      `Resource type ${typeName} does not support ${missing.toUpperCase()} action`,
    );
  }
  return type;
}

function createResource(world: World, input: JsonObject): Answer {
  const earlier = replay(world, 'CreateResource', input);
  if (earlier) return earlier;
  const type = typeOf(world, input, 'create');
  const desired = readJson(input['DesiredState'] as string, 'DesiredState');
  if (!isObject(desired)) throw validation('DesiredState must be a JSON object');
  const leftover = findLeftover(desired);
  if (leftover) throw invalidRequest(leftover);
  refuse(validateDesired(type, desired));

  const { store, caller, now } = world;
  const seed = seedOf(world, type.typeName, input['ClientToken']);
  const home = homeOf(type.typeName, caller);
  const { targets, refusal } = findReferences(store, type, desired, caller);
  const model = structuredClone(desired);
  const identifier = bring({ type, model, ...caller, seed, now, lookup: (...of) => lookup(world, ...of) });
  if (refusal)
    return accept(world, 'CREATE', type, input, seed, { refused: { code: 'InvalidRequest', message: refusal } });
  const key: Key = { home, type: type.typeName, identifier };
  if (exists(world, key) || nameClash(store, key, model)) {
    const message = `Resource of type '${type.typeName}' with identifier '${identifier}' already exists.`;
    return accept(world, 'CREATE', type, input, seed, { identifier, refused: { code: 'AlreadyExists', message } });
  }
  const answer = accept(world, 'CREATE', type, input, seed, { identifier });
  const token = world.note.request as string;
  store.insert('resources', {
    ...key,
    state: 'creating',
    properties: JSON.stringify(model),
    request: token,
    hidden_reads: world.fault?.kind === 'notFoundAfterCreate' ? world.fault.reads : 0,
    created_at: now,
  });
  recordMinted(store, key, model);
  recordUses(store, key, targets, token);
  return answer;
}

function updateResource(world: World, input: JsonObject): Answer {
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
    patched = applyPatch(readable(type, stored), operations);
  } catch (error) {
    if (!(error instanceof PatchFailed)) throw error;
    return accept(world, 'UPDATE', type, input, seed, {
      identifier: key.identifier,
      refused: { code: 'InvalidRequest', message: `The patch does not apply: ${error.message}` },
    });
  }
  if (!isObject(patched)) throw validation('The patched resource is not a JSON object');
  refuse(validateUpdated(type, patched));
  const after = withWriteOnly(type, stored, patched);
  const { targets, refusal } = findReferences(store, type, withoutReadOnly(type, after), caller, key);
  const outcome: Outcome = { identifier: key.identifier, after: JSON.stringify(after) };
  if (refusal) outcome.refused = { code: 'InvalidRequest', message: refusal };
  const answer = accept(world, 'UPDATE', type, input, seed, outcome);
  if (!refusal) {
    const token = world.note.request as string;
    hold(world, key, 'updating', token);
    recordUses(store, key, targets, token);
  }
  return answer;
}

function deleteResource(world: World, input: JsonObject): Answer {
  const earlier = replay(world, 'DeleteResource', input);
  if (earlier) return earlier;
  const type = typeOf(world, input, 'delete');
  const key = keyOf(world, type, input);
  const seed = seedOf(world, type.typeName, input['ClientToken']);
  if (!standing(world, key)) return accept(world, 'DELETE', type, input, seed, notFound(key));
  const user = userOf(world.store, key);
  if (user) {
    const message = `DependencyViolation: ${key.type} '${key.identifier}' is in use by ${user.type} '${user.identifier}'.`;
    return accept(world, 'DELETE', type, input, seed, {
      identifier: key.identifier,
      refused: { code: 'InvalidRequest', message },
    });
  }
  const answer = accept(world, 'DELETE', type, input, seed, { identifier: key.identifier });
  hold(world, key, 'deleting', world.note.request as string);
  return answer;
}

function getResource(world: World, input: JsonObject): Answer {
  const type = typeOf(world, input, 'read');
  const key = keyOf(world, type, input);
  const resource = find(world, key);
  const hidden = Number(resource?.['hidden_reads'] ?? 0);
  if (!resource || resource['state'] === 'creating' || hidden > 0) {
    if (hidden > 0 && resource?.['state'] !== 'creating') {
      world.store.run(
        'UPDATE resources SET hidden_reads = hidden_reads - 1 WHERE home = ? AND type = ? AND identifier = ?',
        key.home,
        key.type,
        key.identifier,
      );
    }
    throw new ApiError('ResourceNotFoundException', absent(key));
  }
  const properties = readable(type, JSON.parse(resource['properties'] as string) as JsonObject);
  return {
    TypeName: type.typeName,
    ResourceDescription: { Identifier: key.identifier, Properties: JSON.stringify(properties) },
  };
}

function listResources(world: World, input: JsonObject): Answer {
  const type = typeOf(world, input, 'list');
  const question = `list ${scopeOf(world.caller)} ${type.typeName}`;
  const size = Number(input['MaxResults'] ?? 20);
  const rows = world.store.all(
    `SELECT identifier, properties FROM resources WHERE home = ? AND type = ? AND state <> 'creating' AND identifier > ?
     ORDER BY identifier LIMIT ?`,
    homeOf(type.typeName, world.caller),
    type.typeName,
    readPageMark(question, input['NextToken']) ?? '',
    size + 1,
  );
  const page = rows.slice(0, size);
  const answer: Answer = {
    TypeName: type.typeName,
    // Of each resource only what identifies it, as many list handlers do: whoever wants more must read.
    ResourceDescriptions: page.map((row) => ({
      Identifier: row['identifier'] as string,
      Properties: JSON.stringify(onlyIdentifier(type, JSON.parse(row['properties'] as string) as JsonObject)),
    })),
  };
  if (rows.length > size) answer['NextToken'] = pageMark(question, page.at(-1)?.['identifier'] as string);
  return answer;
}

function getResourceRequestStatus(world: World, input: JsonObject): Answer {
  const row = findRequest(world, input['RequestToken'] as string);
  const due = Number(row['next_poll_at']);
  if (row['ended_at'] === null || world.now < due) {
    // A millisecond of grace: the wire carries RetryAfter in milliseconds.
    if (world.now + 1 < due) world.note.earlyPoll = true;
    else if (row['ended_at'] === null) {
      row['next_poll_at'] = world.now + Number(row['pause']);
      world.store.run(
        'UPDATE requests SET next_poll_at = ? WHERE token = ?',
        row['next_poll_at'],
        row['token'] as string,
      );
    }
  }
  return { ProgressEvent: progressEvent(row, world.now, modelOf(world, row)) };
}

const STATUSES = ['PENDING', 'IN_PROGRESS', 'SUCCESS', 'FAILED', 'CANCEL_IN_PROGRESS', 'CANCEL_COMPLETE'];
const KINDS = ['CREATE', 'DELETE', 'UPDATE'];

function listResourceRequests(world: World, input: JsonObject): Answer {
  forgetOldRequests(world);
  const filter = (input['ResourceRequestStatusFilter'] ?? {}) as JsonObject;
  const operations = choices(filter, 'Operations', KINDS);
  const statuses = choices(filter, 'OperationStatuses', STATUSES);
  const question = JSON.stringify([scopeOf(world.caller), operations, statuses]);
  const size = Number(input['MaxResults'] ?? 20);
  const rows = world.store.all(
    'SELECT * FROM requests WHERE scope = ? AND seq < ? ORDER BY seq DESC',
    scopeOf(world.caller),
    Number(readPageMark(question, input['NextToken']) ?? Number.MAX_SAFE_INTEGER),
  );
  const chosen = rows.filter(
    (row) => operations.includes(row['operation'] as string) && statuses.includes(statusOf(row, world.now)),
  );
  const page = chosen.slice(0, size);
  const answer: Answer = { ResourceRequestStatusSummaries: page.map((row) => progressEvent(row, world.now)) };
  if (chosen.length > size) answer['NextToken'] = pageMark(question, String(page.at(-1)?.['seq']));
  return answer;
}

function choices(filter: JsonObject, member: string, all: readonly string[]): readonly string[] {
  const unknown = Object.keys(filter).find((key) => key !== 'Operations' && key !== 'OperationStatuses');
  if (unknown) throw validation(`'${unknown}' is not a member of ResourceRequestStatusFilter`);
  const given = filter[member];
  if (given === undefined) return all;
  if (!Array.isArray(given) || !given.every((item) => all.includes(String(item)))) {
    throw validation(`Value at 'resourceRequestStatusFilter.${member}' must be a list of ${all.join(', ')}`);
  }
  return given.length === 0 ? all : (given as string[]);
}

/**
 * What was pending leaves nothing. What was in progress stops half-way, which is the worse case for the caller: the
 * resource of a create is left behind, named in the event; an update is in force; a delete has not happened.
 */
function cancelResourceRequest(world: World, input: JsonObject): Answer {
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
  const createOnly = named(type.createOnly, touches);
  if (createOnly.length > 0) {
    throw new ApiError(
      'NotUpdatableException',
      `Invalid patch update: createOnlyProperties [${createOnly.join(', ')}] cannot be updated`,
    );
  }
  return operations;
}

/** Write-only values that the patch did not give again stay as they were; a read-only one never changes. */
function withWriteOnly(type: ResourceType, stored: JsonObject, patched: JsonObject): JsonObject {
  const after = structuredClone(patched);
  for (const pattern of type.writeOnly) {
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

function onlyIdentifier(type: ResourceType, model: JsonObject): JsonObject {
  const entries = type.primaryIdentifier
    .filter((path) => path.length === 1 && model[path[0] as string] !== undefined)
    .map((path) => [path[0] as string, model[path[0] as string] as Json]);
  return Object.fromEntries(entries) as JsonObject;
}

/** The resource a request names: by its identifier, or by an object of exactly the identifying properties. */
function keyOf(world: World, type: ResourceType, input: JsonObject): Key {
  let identifier = input['Identifier'] as string;
  if (identifier.startsWith('{')) {
    const parts = readJson(identifier, 'Identifier');
    const names = type.primaryIdentifier.map((path) => path.join('/'));
    const given = isObject(parts) ? Object.keys(parts) : [];
    if (!isObject(parts) || given.length !== names.length || !names.every((part) => typeof parts[part] === 'string')) {
      throw validation(
        `When specifying the identifier as JSON, you must specify exactly one identifier from [[${names
          .map((part) => `/properties/${part}`)
          .join(', ')}]], and no additional properties can be specified`,
      );
    }
    identifier = names.map((part) => parts[part]).join('|');
  }
  world.note.identifier = identifier;
  return { home: homeOf(type.typeName, world.caller), type: type.typeName, identifier };
}

function find(world: World, { home, type, identifier }: Key): Row | undefined {
  return world.store.get(
    'SELECT * FROM resources WHERE home = ? AND type = ? AND identifier = ?',
    home,
    type,
    identifier,
  );
}

/** A resource that nothing is being done to. Throws ConcurrentOperationException for one with an operation in flight. */
function standing(world: World, key: Key): Row | undefined {
  const resource = find(world, key);
  if (resource && resource['state'] !== 'live') {
    throw new ApiError(
      'ConcurrentOperationException',
      `Resource ${key.identifier} is already being changed by the request ${resource['request']}`,
    );
  }
  return resource;
}

/** Bucket names are one namespace for everybody. */
function exists(world: World, key: Key): boolean {
  if (key.type !== 'AWS::S3::Bucket') return find(world, key) !== undefined;
  return (
    world.store.get('SELECT 1 FROM resources WHERE type = ? AND identifier = ? LIMIT 1', key.type, key.identifier) !==
    undefined
  );
}

function lookup(world: World, typeName: string, identifier: string): JsonObject | undefined {
  const row = find(world, { home: homeOf(typeName, world.caller), type: typeName, identifier });
  return row && (JSON.parse(row['properties'] as string) as JsonObject);
}

function hold(world: World, { home, type, identifier }: Key, state: string, token: string): void {
  world.store.run(
    'UPDATE resources SET state = ?, request = ? WHERE home = ? AND type = ? AND identifier = ?',
    state,
    token,
    home,
    type,
    identifier,
  );
}

const absent = ({ type, identifier }: Key): string =>
  `Resource of type '${type}' with identifier '${identifier}' was not found.`;

const notFound = (key: Key): Outcome => ({
  identifier: key.identifier,
  refused: { code: 'NotFound', message: absent(key) },
});
