// What real accounts do and the documentation does not say (docs/sandbox.md, "As AWS is"). Each behaviour has a name and is
// off unless asked for. They depend on what was called and when, never on chance, so a test meets them every time.
//
// Spans are AWS's, divided by the speed, but never shorter than a second and a half: an engine that asks once a second must
// meet them at any speed.

import { itemsLeft, rewritten, twinsLeft, withItemsInjected, withTwins } from './answered.ts';
import { scopeOf } from './caller.ts';
import type { Fault } from './faults.ts';
import { isObject, type Json, type JsonObject, sameJson } from './json.ts';
import { fraction } from './mint.ts';
import { type Key, usedBy } from './references.ts';
import type { Outcome } from './requests.ts';
import type { ResourceType } from './shape.ts';
import { take } from './throttle.ts';
import type { World } from './world.ts';

export const REAL = [
  'bucket-conflict',
  'fresh-iam',
  'hidden-required',
  'injected-arrays',
  'injected-items',
  'json-as-text',
  'late-attributes',
  'late-reads',
  'list-parents',
  'missing-types',
  'network-interfaces',
  'random-names',
  'remnants',
  'reshaped',
  'rewritten',
  'secret-deletions',
  'serial',
  'service-throttles',
  'stuck-operations',
  'token-hiccup',
  'twins',
] as const;
export type Real = (typeof REAL)[number];

/** Not in `all`: who meets it waits for hours of real time. */
const APART: readonly Real[] = ['stuck-operations'];

/** Names of behaviours, `all` among them. Throws a RangeError that names the unknown one. */
export function parseReal(names: readonly string[]): ReadonlySet<Real> {
  const unknown = names.find((name) => name !== 'all' && !REAL.includes(name as Real));
  if (unknown !== undefined) throw new RangeError(`${JSON.stringify(unknown)} is none of all, ${REAL.join(', ')}`);
  const chosen = names.filter((name) => name !== 'all') as Real[];
  return new Set(names.includes('all') ? [...REAL.filter((name) => !APART.includes(name)), ...chosen] : chosen);
}

const SHORTEST_MS = 1_500;
export const span = (world: World, ms: number): number => Math.max(ms / world.speed, SHORTEST_MS);

/** An operation that is about to be accepted. */
export interface Attempt {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  type: ResourceType;
  key: Key;
  model: JsonObject;
  /** What the model names; of a deletion nothing. */
  targets: readonly Key[];
}

type Refused = NonNullable<Outcome['refused']>;

/** Why its handler will refuse it for now, as AWS words it. */
export function refusalNow(world: World, attempt: Attempt): Refused | undefined {
  const on = (name: Real) => world.real.has(name);
  return (
    (on('token-hiccup') ? hiccup(world, attempt) : undefined) ??
    (on('fresh-iam') ? freshIam(world, attempt) : undefined) ??
    (on('service-throttles') ? serviceThrottle(world, attempt) : undefined) ??
    (on('serial') ? serial(world, attempt) : undefined) ??
    (on('bucket-conflict') ? bucketConflict(world, attempt) : undefined) ??
    (on('secret-deletions') ? secretDeletion(world, attempt) : undefined) ??
    (on('network-interfaces') ? networkInterfaces(world, attempt) : undefined) ??
    (on('twins') ? twins(attempt) : undefined)
  );
}

function twins({ operation, type, model }: Attempt): Refused | undefined {
  const message = operation === 'UPDATE' ? twinsLeft(type, model) : undefined;
  return message === undefined ? undefined : { code: 'GeneralServiceException', message };
}

/** Counts in the store how often this has happened. */
function counted(world: World, what: string): number {
  const rule = `real ${what} ${scopeOf(world.caller)}`;
  const hits = Number(world.store.get('SELECT hits FROM fault_hits WHERE rule = ?', rule)?.['hits'] ?? 0) + 1;
  world.store.run('INSERT OR REPLACE INTO fault_hits VALUES (?, ?)', rule, hits);
  return hits;
}

// aws-cdk-cli #194: the second operation and every seventh after it.
function hiccup(world: World, { type }: Attempt): Refused | undefined {
  if (counted(world, 'token-hiccup') % 7 !== 2) return undefined;
  const service = type.typeName.split('::')[1];
  return {
    code: 'AccessDenied',
    message: `The security token included in the request is invalid (Service: ${service}, Status Code: 403, Request ID: 0)`,
  };
}

const USES_OF_IAM: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'The role defined for the function cannot be assumed by Lambda.',
  'AWS::ECS::Service': 'Caught ServiceAccessDeniedException',
  'AWS::EC2::Instance': 'Invalid IAM Instance Profile name',
  'AWS::KMS::Key': 'Policy contains a statement with one or more invalid principals.',
  'AWS::S3::BucketPolicy': 'Invalid principal in policy',
  'AWS::SNS::TopicPolicy': 'Invalid parameter: Policy Error: PrincipalNotFound',
  'AWS::SQS::QueuePolicy': 'Invalid value for the parameter Policy.',
  'AWS::StepFunctions::StateMachine':
    'Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.',
};
const PROPAGATION_MS = 10_000;

// pulumi-aws-native #148, cdkd #805 #839 #2018: what is new in IAM is not known everywhere at once.
function freshIam(world: World, { operation, type, targets }: Attempt): Refused | undefined {
  const message = USES_OF_IAM[type.typeName];
  if (operation === 'DELETE' || message === undefined) return undefined;
  const fresh = targets.some(
    (target) => target.type.startsWith('AWS::IAM::') && madeWithin(world, target, PROPAGATION_MS),
  );
  return fresh ? { code: 'InvalidRequest', message } : undefined;
}

/** Whether it was created within so long. */
export function madeWithin(world: World, { home, type, identifier }: Key, ms: number): boolean {
  const row = world.store.get(
    `SELECT max(ended_at) AS at FROM requests
     WHERE home = ? AND type = ? AND identifier = ? AND operation = 'CREATE' AND status = 'SUCCESS'`,
    home,
    type,
    identifier,
  );
  return typeof row?.['at'] === 'number' && world.now < row['at'] + span(world, ms);
}

// roadmap #1095, aws-cdk #15573 #5637: services throttle their own writes, whatever Cloud Control accepts.
const WRITES_PER_SECOND: Readonly<Record<string, number>> = { ApiGateway: 5, Lambda: 15, SES: 1 };

function serviceThrottle(world: World, { type }: Attempt): Refused | undefined {
  const service = type.typeName.split('::')[1] ?? '';
  const perSecond = WRITES_PER_SECOND[service];
  if (perSecond === undefined) return undefined;
  const bucket = `${scopeOf(world.caller)} ${service}`;
  if (take(world.store, bucket, { perSecond, burst: perSecond }, world.now)) return undefined;
  const code = service === 'ApiGateway' ? 'GeneralServiceException' : 'Throttling';
  return { code, message: `Too Many Requests (Service: ${service}, Status Code: 429, Request ID: 0)` };
}

/** Whether another operation on a resource of these types with this value of a property is in flight. */
function underWay(world: World, home: string, types: readonly string[], property: string, value: Json | undefined) {
  if (typeof value !== 'string') return false;
  const marks = types.map(() => '?').join(', ');
  return (
    world.store.get(
      `SELECT 1 FROM resources WHERE home = ? AND type IN (${marks}) AND state <> 'live'
       AND json_extract(properties, '$.${property}') = ? LIMIT 1`,
      home,
      ...types,
      value,
    ) !== undefined
  );
}

// sst #6923: permissions of one function go one at a time.
function serial(world: World, { type, key, model }: Attempt): Refused | undefined {
  const of = 'AWS::Lambda::Permission';
  if (type.typeName !== of || !underWay(world, key.home, [of], 'FunctionName', model['FunctionName'])) return undefined;
  return {
    code: 'GeneralServiceException',
    message:
      'The statement could not be added due to a concurrent update operation. (Service: Lambda, Status Code: 409, Request ID: 0)',
  };
}

// cloudformation-coverage-roadmap #1954: two operations on one bucket.
const OF_BUCKETS = ['AWS::S3::BucketPolicy', 'AWS::S3::Bucket'];

function bucketConflict(world: World, { type, key, model }: Attempt): Refused | undefined {
  if (!OF_BUCKETS.includes(type.typeName)) return undefined;
  const name = type.typeName === 'AWS::S3::Bucket' ? key.identifier : model['Bucket'];
  const busy =
    underWay(world, key.home, ['AWS::S3::BucketPolicy'], 'Bucket', name) ||
    (type.typeName !== 'AWS::S3::Bucket' && underWay(world, key.home, ['AWS::S3::Bucket'], 'BucketName', name));
  if (!busy) return undefined;
  return {
    code: 'GeneralServiceException',
    message:
      'A conflicting conditional operation is currently in progress against this resource. Please try again. (Service: S3, Status Code: 409, Request ID: 0)',
  };
}

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html (ForceDeleteWithoutRecovery): the
// deletion goes on in the background. The words are those of terraform-aws-eks-blueprints #1733.
const SECRET_ENDS_MS = 30_000;

function secretDeletion(world: World, { operation, type, key, model }: Attempt): Refused | undefined {
  if (operation !== 'CREATE' || type.typeName !== 'AWS::SecretsManager::Secret') return undefined;
  // No character of a name is special in a GLOB; what follows it is random.
  const row = world.store.get(
    `SELECT max(ended_at) AS at FROM requests
     WHERE home = ? AND type = ? AND identifier GLOB ? AND operation = 'DELETE' AND status = 'SUCCESS'`,
    key.home,
    key.type,
    `*:secret:${model['Name']}-?????????`,
  );
  if (typeof row?.['at'] !== 'number' || world.now >= row['at'] + span(world, SECRET_ENDS_MS)) return undefined;
  return {
    code: 'InvalidRequest',
    message:
      "You can't create this secret because a secret with this name is already scheduled for deletion. (Service: SecretsManager, Status Code: 400, Request ID: 0)",
  };
}

// aws-cdk #14456: the interfaces of a function in a VPC outlive it and hold its security groups and subnets.
const INTERFACES_MS = 20 * 60_000;
const HELD = ['AWS::EC2::SecurityGroup', 'AWS::EC2::Subnet'];

function networkInterfaces(world: World, { operation, type, key }: Attempt): Refused | undefined {
  if (operation !== 'DELETE') return undefined;
  const mark = (identifier: string) => `real interface ${key.home} ${identifier}`;
  if (type.typeName === 'AWS::Lambda::Function') {
    const until = Math.ceil(world.now + span(world, INTERFACES_MS));
    for (const { type: target, identifier } of usedBy(world.store, key)) {
      if (HELD.includes(target))
        world.store.run('INSERT OR REPLACE INTO fault_hits VALUES (?, ?)', mark(identifier), until);
    }
    return undefined;
  }
  if (!HELD.includes(type.typeName)) return undefined;
  const row = world.store.get('SELECT hits FROM fault_hits WHERE rule = ?', mark(key.identifier));
  if (world.now >= Number(row?.['hits'] ?? 0)) return undefined;
  const message = `resource ${key.identifier} has a dependent object (Service: Ec2, Status Code: 400, Request ID: 0)`;
  return { code: 'InvalidRequest', message };
}

/** A fault of its own where the handler of a creation stumbles after its work (cdkd PR #957): the third and every ninth. */
export function remnant(world: World): Fault | undefined {
  if (!world.real.has('remnants') || counted(world, 'remnants') % 9 !== 3) return undefined;
  return {
    kind: 'fail',
    errorCode: 'GeneralServiceException',
    message: 'The resource was created, but its state could not be confirmed.',
    leaveRemnant: true,
  };
}

/** A fault of its own where an operation never ends (pulumi-aws-native #1251): the fifth and every twelfth after it. */
export function neverEnds(world: World): Fault | undefined {
  if (!world.real.has('stuck-operations') || counted(world, 'stuck-operations') % 12 !== 5) return undefined;
  return { kind: 'stuck', pending: true };
}

// aws-list-resources #7. App Runner is in eleven regions, and Stockholm is none of them.
const MISSING: Readonly<Record<string, string>> = { 'AWS::AppRunner::Service': 'eu-north-1' };

/** Whether the caller's region does not have the type. */
export function isMissing(world: World, typeName: string): boolean {
  return world.real.has('missing-types') && MISSING[typeName] === world.caller.region;
}

/** Whether reads do not find it yet (pulumi-aws-native #1139): half of what was created within the last seconds. */
export function isNotSeenYet(world: World, key: Key): boolean {
  return world.real.has('late-reads') && fraction(`late ${key.identifier}`) < 0.5 && madeWithin(world, key, 6_000);
}

/**
 * Required properties that a patched read lacks because they are write-only, and that must not be added because they are
 * create-only (cloudformation-coverage-roadmap #2205).
 */
export function hiddenRequired(world: World, type: ResourceType, patched: JsonObject): string[] {
  if (!world.real.has('hidden-required')) return [];
  const has = (paths: readonly (readonly string[])[], name: string) =>
    paths.some((path) => path.length === 1 && path[0] === name);
  const hidden = (type.root.required ?? []).filter((name) => has(type.createOnly, name) && has(type.writeOnly, name));
  return hidden.filter((name) => patched[name] === undefined).map((name) => `#: required key [${name}] not found`);
}

/** What a list of a child type lacks when it does not name the parents (awslabs/mcp #403). */
export function parentsMissing(world: World, type: ResourceType, asked: JsonObject): string | undefined {
  const { listedBy = [] } = type;
  const lacking = (names: readonly string[]) => names.filter((name) => asked[name] === undefined);
  const first = listedBy[0];
  if (!world.real.has('list-parents') || first === undefined) return undefined;
  if (listedBy.some((names) => lacking(names).length === 0)) return undefined;
  const keys = lacking(first).map((name) => `[#: required key [${name}] not found]`);
  const input = `${type.typeName} list handler request input`;
  return `Missing or invalid ResourceModel property in ${input}. Required property: ${keys.join(', ')}`;
}

// cdkd, cloud-control-provider.ts
const TEXT_ONLY: Readonly<Record<string, string>> = { 'AWS::Events::Rule': 'EventPattern' };

/** What is declared as JSON and taken only as text. */
export function notText(world: World, type: ResourceType, model: JsonObject): string[] {
  const property = world.real.has('json-as-text') ? TEXT_ONLY[type.typeName] : undefined;
  if (property === undefined || !isObject(model[property])) return [];
  return [`#/${property}: expected type: String, found: JSONObject`];
}

/** Properties as a read gives them back. */
export function asAnswered(world: World, type: ResourceType, model: JsonObject): JsonObject {
  let answer = model;
  if (world.real.has('reshaped')) answer = reshaped(answer) as JsonObject;
  if (world.real.has('rewritten')) answer = rewritten(type, answer);
  if (world.real.has('twins')) answer = withTwins(type, answer);
  if (world.real.has('injected-items')) answer = withItemsInjected(type, answer);
  if (world.real.has('injected-arrays')) answer = { ...injected(type, answer), ...answer };
  return answer;
}

/** The empty lists that reads of this type show although nobody declared them (terraform-provider-awscc #3186). */
function injected(type: ResourceType, model: JsonObject): JsonObject {
  const undeclared = Object.entries(type.root.properties ?? {}).filter(([name, shape]) => {
    const special = [...type.readOnly, ...type.writeOnly, ...type.createOnly].some((path) => path[0] === name);
    return shape.items !== undefined && model[name] === undefined && !special;
  });
  return Object.fromEntries(undeclared.slice(0, 2).map(([name]) => [name, []]));
}

/** What validation says of lists that a read shows although nobody declared them, when they come back. */
export function leftInjected(world: World, type: ResourceType, stored: JsonObject, patched: JsonObject): string[] {
  const { real } = world;
  const names = real.has('injected-arrays') ? Object.keys(injected(type, stored)) : [];
  const left = names.filter((name) => sameJson(patched[name], []));
  const said = left.map((name) => `#/${name}: expected minimum item count: 1, found: 0`);
  return [...said, ...(real.has('injected-items') ? itemsLeft(type, patched) : [])];
}

// aws-controllers-k8s/community #2875: lists of one as their item, other orders, accounts as the ARN of their root. A property
// that is one statement (AWS::Events::EventBusPolicy) stays one.
function reshaped(value: Json): Json {
  if (Array.isArray(value)) return value.map(reshaped);
  if (!isObject(value)) return value;
  const inside = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reshaped(item)]));
  if (inside['Statement'] === undefined) return inside;
  const isLone = inside['Version'] === undefined && isObject(inside['Statement']);
  return { ...inside, Statement: isLone ? statement(inside['Statement']) : statements(inside['Statement']) };
}

const statements = (value: Json): Json => list(value).map(statement).reverse();

const list = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);
const unlisted = (value: Json): Json => (Array.isArray(value) && value.length === 1 ? (value[0] as Json) : value);

function statement(value: Json): Json {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    if (/^(Not)?(Action|Resource)$/.test(key)) return [key, unlisted(Array.isArray(item) ? [...item].reverse() : item)];
    if (key === 'Principal' && isObject(item)) return [key, { ...item, ...principals(item) }];
    return [key, item];
  });
  return Object.fromEntries(entries);
}

function principals({ AWS: named }: JsonObject): JsonObject {
  if (named === undefined) return {};
  const root = (name: Json) => (/^\d{12}$/.test(String(name)) ? `arn:aws:iam::${name}:root` : name);
  return { AWS: unlisted(list(named).map(root)) };
}
