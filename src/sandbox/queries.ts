// The operations that only look: resources, requests, and lists of both.

import { homeOf, scopeOf } from './caller.ts';
import { ApiError, invalidRequest, validation } from './errors.ts';
import { pageMark, readJson, readPageMark } from './input.ts';
import { isObject, type Json, type JsonObject, sameJson } from './json.ts';
import { absent, find, keyOf, typeOf } from './locate.ts';
import { progressEvent, statusOf } from './progress.ts';
import { isNotSeenYet, parentsMissing } from './real.ts';
import { findRequest, forgetOldRequests, modelOf, shown } from './requests.ts';
import type { ResourceType } from './shape.ts';
import type { Answer, World } from './world.ts';

const STATUSES = ['PENDING', 'IN_PROGRESS', 'SUCCESS', 'FAILED', 'CANCEL_IN_PROGRESS', 'CANCEL_COMPLETE'];
const KINDS = ['CREATE', 'DELETE', 'UPDATE'];

export function getResource(world: World, input: JsonObject): Answer {
  const type = typeOf(world, input, 'read');
  const key = keyOf(world, type, input);
  const resource = find(world, key);
  const hidden = Number(resource?.['hidden_reads'] ?? 0);
  if (!resource || resource['state'] === 'creating' || hidden > 0 || isNotSeenYet(world, key)) {
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
  const properties = shown(world, type, JSON.parse(resource['properties'] as string) as JsonObject, key);
  return {
    TypeName: type.typeName,
    ResourceDescription: { Identifier: key.identifier, Properties: JSON.stringify(properties) },
  };
}

export function listResources(world: World, input: JsonObject): Answer {
  const type = typeOf(world, input, 'list');
  const asked = typeof input['ResourceModel'] === 'string' ? readJson(input['ResourceModel'], 'ResourceModel') : {};
  if (!isObject(asked)) throw validation('ResourceModel must be a JSON object');
  const missing = parentsMissing(world, type, asked);
  if (missing) throw invalidRequest(missing);
  const question = `list ${scopeOf(world.caller)} ${type.typeName} ${JSON.stringify(asked)}`;
  const size = Number(input['MaxResults'] ?? 20);
  const all = world.store.all(
    `SELECT identifier, properties FROM resources WHERE home = ? AND type = ? AND state <> 'creating' AND identifier > ?
     ORDER BY identifier`,
    homeOf(type.typeName, world.caller),
    type.typeName,
    readPageMark(question, input['NextToken']) ?? '',
  );
  const parents = (type.listedBy ?? []).flat().filter((name) => asked[name] !== undefined);
  const rows = all.filter((row) => {
    const model = JSON.parse(row['properties'] as string) as JsonObject;
    return parents.every((name) => sameJson(model[name], asked[name]));
  });
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

export function getResourceRequestStatus(world: World, input: JsonObject): Answer {
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

export function listResourceRequests(world: World, input: JsonObject): Answer {
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

function onlyIdentifier(type: ResourceType, model: JsonObject): JsonObject {
  const entries = type.primaryIdentifier
    .filter((path) => path.length === 1 && model[path[0] as string] !== undefined)
    .map((path) => [path[0] as string, model[path[0] as string] as Json]);
  return Object.fromEntries(entries) as JsonObject;
}
