// The work of `plan` in plain TypeScript, written only to be measured against: parse (with the `yaml` package, or
// JSON.parse), resolve references and functions, check properties (check.ts), order, compare with what is recorded,
// digest. Unlike the core it coerces no value and forecasts no time; that is in its favour.
import { createHash } from 'node:crypto';
import { parse as parseYaml, type ScalarTag } from 'yaml';
import type { Check, Mistake } from './check.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What is recorded of a resource, as far as the comparison needs it. */
export interface Recorded {
  logicalId: string;
  type: string;
  attributes?: Record<string, unknown>;
  applied: unknown;
}

export interface OpponentResource {
  logicalId: string;
  type: string;
  action: 'create' | 'update' | 'noop' | 'replace' | 'delete';
  changed: string[];
  dependsOn: string[];
  desired?: Json;
}

export interface OpponentPlan {
  /** Of a template with mistakes there is nothing else. */
  mistakes: Mistake[];
  resources: OpponentResource[];
  digest: string;
}

const FUNCTIONS = 'And Base64 Cidr Equals FindInMap GetAZs If ImportValue Join Not Or Select Split Sub Transform'.split(
  ' ',
);

/** Short forms (`!GetAtt A.B`) become long ones. */
const TAGS = ['', 'seq', 'map'].flatMap((collection) =>
  ['Ref', 'Condition', 'GetAtt', ...FUNCTIONS].map((name) => ({
    tag: `!${name}`,
    ...(collection === '' ? {} : { collection: collection as 'seq' | 'map' }),
    resolve(value: string | { toJSON(): unknown }) {
      const plain = typeof value === 'string' ? value : (value.toJSON() as Json);
      if (name === 'Ref' || name === 'Condition') return { [name]: plain };
      if (name === 'GetAtt' && typeof plain === 'string') {
        const dot = plain.indexOf('.');
        return { 'Fn::GetAtt': [plain.slice(0, dot), plain.slice(dot + 1)] };
      }
      return { [`Fn::${name}`]: plain };
    },
  })),
) as unknown as ScalarTag[];

/** A YAML template as an object in long form. */
export function parseTemplate(text: string): Json {
  return parseYaml(text, { customTags: TAGS, maxAliasCount: 0 }) as Json;
}

const PSEUDO: Record<string, string> = {
  'AWS::AccountId': '123456789012',
  'AWS::Region': 'us-east-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'bench',
};

interface Declared {
  Type: string;
  Properties?: { [key: string]: Json };
  DependsOn?: string | string[];
}

/** Plans a parsed template against the recorded resources. */
export function planTemplate(
  template: Json,
  parameters: Record<string, string>,
  recorded: readonly Recorded[],
  check: Check,
): OpponentPlan {
  const { Resources: declared, Parameters: defaults = {} } = template as unknown as {
    Resources: Record<string, Declared>;
    Parameters?: Record<string, { Default?: Json }>;
  };
  const before = new Map(recorded.map((resource) => [resource.logicalId, resource]));
  const values = new Map<string, Json>(Object.entries(PSEUDO));
  for (const [name, { Default }] of Object.entries(defaults)) {
    const value = parameters[name] ?? Default;
    if (value !== undefined) values.set(name, value);
  }
  const resolved = new Map<string, { desired: Json; dependsOn: string[] }>();
  const mistakes: Mistake[] = [];
  for (const [id, { Type, Properties = {}, DependsOn = [] }] of Object.entries(declared)) {
    const references = new Set<string>(typeof DependsOn === 'string' ? [DependsOn] : DependsOn);
    const desired = resolve(Properties, { declared, values, references });
    mistakes.push(...check(id, Type, desired));
    resolved.set(id, { desired, dependsOn: [...references].sort() });
  }
  if (mistakes.length > 0) return { mistakes, resources: [], digest: '' };
  const stays = new Set<string>();
  const resources: OpponentResource[] = [];
  for (const logicalId of order(resolved)) {
    const { desired: symbolic, dependsOn } = resolved.get(logicalId) as { desired: Json; dependsOn: string[] };
    const desired = settle(symbolic, stays, before);
    const type = (declared[logicalId] as Declared).Type;
    const old = before.get(logicalId);
    const changed: string[] = [];
    if (old !== undefined) compare(old.applied as Json, desired, '', changed);
    const action = old === undefined ? 'create' : changed.length > 0 ? 'update' : 'noop';
    if (old !== undefined) stays.add(logicalId);
    resources.push({ logicalId, type, action, changed, dependsOn, desired });
  }
  for (const { logicalId, type } of recorded) {
    if (!resolved.has(logicalId)) resources.push({ logicalId, type, action: 'delete', changed: [], dependsOn: [] });
  }
  resources.sort((a, b) => (a.logicalId < b.logicalId ? -1 : 1));
  return { mistakes, resources, digest: createHash('sha256').update(canonical(resources)).digest('hex') };
}

interface World {
  declared: Record<string, Declared>;
  values: Map<string, Json>;
  references: Set<string>;
}

function resolve(value: Json, world: World): Json {
  if (Array.isArray(value)) return value.map((item) => resolve(item, world));
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value);
  const [name] = keys;
  if (keys.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    return call(name, value[name] as Json, world);
  }
  const object: { [key: string]: Json } = {};
  for (const key of keys) object[key] = resolve(value[key] as Json, world);
  return object;
}

function call(name: string, argument: Json, world: World): Json {
  switch (name) {
    case 'Ref':
      return reference(argument as string, world);
    case 'Fn::GetAtt': {
      const [id, attribute] = argument as [string, string];
      world.references.add(id);
      return { $att: [id, attribute] };
    }
    case 'Fn::Join': {
      const [delimiter, items] = argument as [string, Json];
      const parts = resolve(items, world) as Json[];
      if (parts.every((part) => typeof part === 'string')) return parts.join(delimiter);
      return { $fn: ['join', delimiter, parts] };
    }
    case 'Fn::Sub': {
      const [text, given] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Record<string, Json>];
      const parts = text.split(/\$\{([^}]+)\}/).map((part, index) => {
        if (index % 2 === 0) return part;
        if (part in given) return resolve(given[part] as Json, world);
        const dot = part.indexOf('.');
        if (dot < 0) return reference(part, world);
        return call('Fn::GetAtt', [part.slice(0, dot), part.slice(dot + 1)], world);
      });
      if (parts.every((part) => typeof part === 'string')) return parts.join('');
      return { $fn: ['concat', parts.filter((part) => part !== '')] };
    }
    default:
      throw new Error(`the bench's templates use no ${name}`);
  }
}

function reference(id: string, { declared, values, references }: World): Json {
  const value = values.get(id);
  if (value !== undefined) return value;
  if (!(id in declared)) throw new Error(`nothing is called ${id}`);
  references.add(id);
  return { $ref: id };
}

/** References to resources that stay become their values. */
function settle(value: Json, stays: ReadonlySet<string>, recorded: ReadonlyMap<string, Recorded>): Json {
  if (stays.size === 0 || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => settle(item, stays, recorded));
  const { $ref, $att } = value as { $ref?: string; $att?: [string, string] };
  const [id, attribute] = $ref === undefined ? ($att ?? []) : [$ref, 'Ref'];
  if (id !== undefined && attribute !== undefined && stays.has(id)) {
    return (recorded.get(id)?.attributes?.[attribute] as Json | undefined) ?? value;
  }
  const object: { [key: string]: Json } = {};
  for (const key of Object.keys(value)) object[key] = settle(value[key] as Json, stays, recorded);
  return object;
}

/** Kahn's algorithm; throws at a cycle. */
function order(resources: ReadonlyMap<string, { dependsOn: string[] }>): string[] {
  const missing = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  const ready: string[] = [];
  for (const [id, { dependsOn }] of resources) {
    missing.set(id, dependsOn.length);
    if (dependsOn.length === 0) ready.push(id);
    for (const other of dependsOn) {
      const list = dependents.get(other);
      if (list === undefined) dependents.set(other, [id]);
      else list.push(id);
    }
  }
  for (const id of ready) {
    for (const dependent of dependents.get(id) ?? []) {
      const left = (missing.get(dependent) as number) - 1;
      missing.set(dependent, left);
      if (left === 0) ready.push(dependent);
    }
  }
  if (ready.length < resources.size) throw new Error('a cycle');
  return ready;
}

/** Paths of the smallest parts that differ. */
function compare(before: Json, after: Json, path: string, changed: string[]): void {
  if (before === after) return;
  const objects = before !== null && after !== null && typeof before === 'object' && typeof after === 'object';
  if (!objects || Array.isArray(before) !== Array.isArray(after)) {
    changed.push(path);
  } else if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) changed.push(path);
    else for (const [at, item] of before.entries()) compare(item, after[at] as Json, `${path}/${at}`, changed);
  } else {
    const [left, right] = [before, after] as { [key: string]: Json }[] as [Record<string, Json>, Record<string, Json>];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      if (!(key in left) || !(key in right)) changed.push(`${path}/${key}`);
      else compare(left[key] as Json, right[key] as Json, `${path}/${key}`, changed);
    }
  }
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`).join(',')}}`;
}
