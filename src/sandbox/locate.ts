// Finds what a request names: the type that can do it, the resource by its identifier.

import { homeOf } from './caller.ts';
import { ApiError, validation } from './errors.ts';
import { readJson } from './input.ts';
import { isObject, type JsonObject } from './json.ts';
import { isMissing } from './real.ts';
import type { Key } from './references.ts';
import type { ResourceType } from './shape.ts';
import type { Row } from './store.ts';
import type { World } from './world.ts';

type Action = keyof ResourceType['handlers'];

/** The type, when it can do this. Throws TypeNotFoundException or UnsupportedActionException. */
export function typeOf(world: World, input: JsonObject, ...actions: Action[]): ResourceType {
  const typeName = input['TypeName'] as string;
  world.note.type = typeName;
  const type = isMissing(world, typeName) ? undefined : world.schemas(typeName);
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

/** The resource a request names: by its identifier, or by an object of exactly the identifying properties. */
export function keyOf(world: World, type: ResourceType, input: JsonObject): Key {
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

export function find(world: World, { home, type, identifier }: Key): Row | undefined {
  return world.store.get(
    'SELECT * FROM resources WHERE home = ? AND type = ? AND identifier = ?',
    home,
    type,
    identifier,
  );
}

/** A resource that nothing is being done to. Throws ConcurrentOperationException for one with an operation in flight. */
export function standing(world: World, key: Key): Row | undefined {
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
export function exists(world: World, key: Key): boolean {
  if (key.type !== 'AWS::S3::Bucket') return find(world, key) !== undefined;
  return (
    world.store.get('SELECT 1 FROM resources WHERE type = ? AND identifier = ? LIMIT 1', key.type, key.identifier) !==
    undefined
  );
}

export function lookup(world: World, typeName: string, identifier: string): JsonObject | undefined {
  const row = find(world, { home: homeOf(typeName, world.caller), type: typeName, identifier });
  return row && (JSON.parse(row['properties'] as string) as JsonObject);
}

export function hold(world: World, { home, type, identifier }: Key, state: string, token: string): void {
  world.store.run(
    'UPDATE resources SET state = ?, request = ? WHERE home = ? AND type = ? AND identifier = ?',
    state,
    token,
    home,
    type,
    identifier,
  );
}

export const absent = ({ type, identifier }: Key): string =>
  `Resource of type '${type}' with identifier '${identifier}' was not found.`;
