// Values that services give to a resource and show some seconds after the operation has succeeded (docs/sandbox.md,
// `late-attributes`; cdkd #381).

import type { JsonObject } from './json.ts';
import { madeWithin, span } from './real.ts';
import type { Key } from './references.ts';
import type { World } from './world.ts';

const LATE: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['StreamArn'],
  'AWS::Events::Connection': ['Arn', 'ArnForPolicy', 'SecretArn'],
  'AWS::RDS::DBCluster': ['Endpoint', 'ReadEndpoint'],
  'AWS::RDS::DBInstance': ['Endpoint'],
};
const LATE_MS = 6_000;
const mark = ({ home, type, identifier }: Key): string => `real late ${home} ${type} ${identifier}`;

/** Names of the properties that do not show yet. */
export function notYet(world: World, key: Key): readonly string[] {
  const names = world.real.has('late-attributes') ? (LATE[key.type] ?? []) : [];
  if (names.length === 0 || madeWithin(world, key, LATE_MS)) return names;
  const row = world.store.get('SELECT hits FROM fault_hits WHERE rule = ?', mark(key));
  return world.now < Number(row?.['hits'] ?? 0) ? names : [];
}

/** Takes down that an update gives the resource a value it did not have. It was accepted as `token`. */
export function noteLate(world: World, key: Key, before: JsonObject, after: JsonObject, token: string): void {
  const names = world.real.has('late-attributes') ? (LATE[key.type] ?? []) : [];
  if (!names.some((name) => before[name] === undefined && after[name] !== undefined)) return;
  const due = Number(world.store.get('SELECT due_at FROM requests WHERE token = ?', token)?.['due_at']);
  const until = Math.ceil(due + span(world, LATE_MS));
  world.store.run('INSERT OR REPLACE INTO fault_hits VALUES (?, ?)', mark(key), until);
}
