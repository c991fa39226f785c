// Which resources a desired state names. Two ways to know:
//
// 1. Minted runs (mint.ts) anywhere in any string, inside ARNs, URLs and names too. They cannot be known before the
//    resource was made, so one that belongs to nothing that stands is a mistake of the caller.
// 2. Positions where a service demands an existing resource by name (`POSITIONS`): a role of an instance profile, the
//    bucket of a bucket policy, the function of a permission. A plain name there must stand. An ARN there must not
//    be one whose resource is being made or deleted; an ARN of this account that was never seen here is let pass,
//    since templates name things they do not own.

import { type Caller, homeOf, scopeOf } from './caller.ts';
import { formatPointer, type Json, type JsonObject, matches, strings } from './json.ts';
import { tokensIn } from './mint.ts';
import type { ResourceType } from './shape.ts';
import type { Store } from './store.ts';

/** A resource of the store. */
export interface Key {
  home: string;
  type: string;
  identifier: string;
}

export interface Found {
  /** Resources that stand and are named. */
  targets: Key[];
  /** Why the first bad name is refused. */
  refusal?: string;
}

type Naming = (value: string) => string | undefined;
const name: Naming = (value) => (value.startsWith('arn:') ? undefined : value);
/** A name, or an ARN that ends in it. */
const nameOrArn: Naming = (value) => value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf(':')) + 1);
const functionName: Naming = (value) =>
  /^(?:arn:[^:]+:lambda:[^:]*:\d+:function:)?([\w-]+)(?::[\w$-]+)?$/.exec(value)?.[1];
const whole: Naming = (value) => value;

const POSITIONS: readonly [type: string, path: string, target: string, naming: Naming][] = [
  ['AWS::IAM::InstanceProfile', 'Roles/*', 'AWS::IAM::Role', name],
  ['AWS::IAM::Policy', 'Roles/*', 'AWS::IAM::Role', name],
  ['AWS::IAM::Policy', 'Users/*', 'AWS::IAM::User', name],
  ['AWS::IAM::Policy', 'Groups/*', 'AWS::IAM::Group', name],
  ['AWS::IAM::RolePolicy', 'RoleName', 'AWS::IAM::Role', name],
  ['AWS::IAM::ManagedPolicy', 'Roles/*', 'AWS::IAM::Role', name],
  ['AWS::IAM::ManagedPolicy', 'Users/*', 'AWS::IAM::User', name],
  ['AWS::IAM::ManagedPolicy', 'Groups/*', 'AWS::IAM::Group', name],
  ['AWS::IAM::UserToGroupAddition', 'GroupName', 'AWS::IAM::Group', name],
  ['AWS::EC2::Instance', 'IamInstanceProfile', 'AWS::IAM::InstanceProfile', name],
  ['AWS::S3::BucketPolicy', 'Bucket', 'AWS::S3::Bucket', name],
  ['AWS::SQS::QueuePolicy', 'Queues/*', 'AWS::SQS::Queue', whole],
  ['AWS::SNS::TopicPolicy', 'Topics/*', 'AWS::SNS::Topic', whole],
  ['AWS::SNS::Subscription', 'TopicArn', 'AWS::SNS::Topic', whole],
  ['AWS::Lambda::Function', 'Role', 'AWS::IAM::Role', nameOrArn],
  ['AWS::Lambda::Permission', 'FunctionName', 'AWS::Lambda::Function', functionName],
  ['AWS::Lambda::EventSourceMapping', 'FunctionName', 'AWS::Lambda::Function', functionName],
  ['AWS::Lambda::EventInvokeConfig', 'FunctionName', 'AWS::Lambda::Function', functionName],
  ['AWS::Lambda::Version', 'FunctionName', 'AWS::Lambda::Function', functionName],
  ['AWS::Lambda::Alias', 'FunctionName', 'AWS::Lambda::Function', functionName],
  ['AWS::Lambda::Url', 'TargetFunctionArn', 'AWS::Lambda::Function', functionName],
  ['AWS::StepFunctions::StateMachine', 'RoleArn', 'AWS::IAM::Role', nameOrArn],
  ['AWS::Logs::SubscriptionFilter', 'LogGroupName', 'AWS::Logs::LogGroup', name],
  ['AWS::Logs::MetricFilter', 'LogGroupName', 'AWS::Logs::LogGroup', name],
  ['AWS::Logs::LogStream', 'LogGroupName', 'AWS::Logs::LogGroup', name],
  ['AWS::ECS::Service', 'Cluster', 'AWS::ECS::Cluster', nameOrArn],
  ['AWS::ECS::TaskDefinition', 'ExecutionRoleArn', 'AWS::IAM::Role', nameOrArn],
  ['AWS::ECS::TaskDefinition', 'TaskRoleArn', 'AWS::IAM::Role', nameOrArn],
  ['AWS::RDS::DBInstance', 'DBSubnetGroupName', 'AWS::RDS::DBSubnetGroup', name],
  ['AWS::RDS::DBInstance', 'DBClusterIdentifier', 'AWS::RDS::DBCluster', name],
  ['AWS::RDS::DBCluster', 'DBSubnetGroupName', 'AWS::RDS::DBSubnetGroup', name],
  ['AWS::AutoScaling::AutoScalingGroup', 'LaunchConfigurationName', 'AWS::AutoScaling::LaunchConfiguration', name],
  ['AWS::AutoScaling::LaunchConfiguration', 'IamInstanceProfile', 'AWS::IAM::InstanceProfile', name],
  ['AWS::AutoScaling::ScalingPolicy', 'AutoScalingGroupName', 'AWS::AutoScaling::AutoScalingGroup', name],
  ['AWS::AutoScaling::ScheduledAction', 'AutoScalingGroupName', 'AWS::AutoScaling::AutoScalingGroup', name],
  ['AWS::ElastiCache::ReplicationGroup', 'CacheSubnetGroupName', 'AWS::ElastiCache::SubnetGroup', name],
  ['AWS::Events::EventBusPolicy', 'EventBusName', 'AWS::Events::EventBus', name],
];

/** A name that every account has something by: the ECS cluster, the event bus, the subnet group `default`. */
const ALWAYS_THERE = 'default';

/**
 * The resources that `model` names, and whether one of them is not there. Those of `self` do not count.
 * Only what stands counts as there: not what is being made or deleted.
 */
export function findReferences(store: Store, type: ResourceType, model: JsonObject, caller: Caller, self?: Key): Found {
  const found = new Map<string, Key>();
  const isSelf = (key: Key) =>
    self && key.type === self.type && key.identifier === self.identifier && key.home === self.home;
  const here = scopeOf(caller);

  for (const [path, value] of strings(model)) {
    for (const token of tokensIn(value)) {
      const owner = store.get('SELECT home, type, identifier FROM minted WHERE token = ?', token) as Key | undefined;
      if (owner && isSelf(owner)) continue;
      const state = owner && stateOf(store, owner);
      const away =
        owner && /\b[a-z]+-0[0-9a-f]{16}\b/.test(value) && !owner.home.endsWith('/global') && owner.home !== here;
      if (!owner || state !== 'there' || away) {
        return { targets: [], refusal: refusal(value, path, away ? 'absent' : (state ?? 'absent'), owner) };
      }
      found.set(`${owner.home} ${owner.type} ${owner.identifier}`, owner);
    }
  }

  for (const [typeName, pattern, target, naming] of POSITIONS) {
    if (typeName !== type.typeName) continue;
    for (const path of matches(model, pattern.split('/'))) {
      const value = path.reduce<Json | undefined>((part, key) => (part as JsonObject | undefined)?.[key], model);
      if (typeof value !== 'string' || value === ALWAYS_THERE) continue;
      const identifier = naming(value);
      if (identifier === undefined || identifier === '' || isForeign(value, caller.account)) continue;
      const key: Key = { home: homeOf(target, caller), type: target, identifier };
      if (isSelf(key)) continue;
      const state = stateOf(store, key);
      if (state === 'there') found.set(`${key.home} ${key.type} ${key.identifier}`, key);
      else if (state !== 'absent' || isPlain(value)) return { targets: [], refusal: refusal(value, path, state, key) };
    }
  }
  return { targets: [...found.values()] };
}

type State = 'there' | 'creating' | 'deleting' | 'absent';

function stateOf(store: Store, { home, type, identifier }: Key): State {
  const state = store.get(
    'SELECT state FROM resources WHERE home = ? AND type = ? AND identifier = ?',
    home,
    type,
    identifier,
  )?.['state'];
  if (state === undefined) return 'absent';
  return state === 'creating' || state === 'deleting' ? state : 'there';
}

/** Of another account, or made by AWS itself. */
function isForeign(value: string, account: string): boolean {
  const [scheme, , , , owner] = value.split(':');
  if (value.startsWith('https://')) return !value.includes(`/${account}/`);
  return scheme === 'arn' && (owner !== account || value.includes('/aws-service-role/'));
}

const isPlain = (value: string): boolean => !value.startsWith('arn:') && !value.startsWith('https://');

function refusal(value: string, path: readonly string[], state: State, key: Key | undefined): string {
  const what = key ? `${key.type} ` : '';
  const why = { creating: 'is still being created', deleting: 'is being deleted', absent: 'does not exist', there: '' };
  const shown = value.length > 120 ? `${value.slice(0, 120)}…` : value;
  return `The ${what}'${shown}' named at ${formatPointer(path)} ${why[state]}.`;
}

/** Remembers what a resource uses, under the request that made it so. */
export function recordUses(store: Store, user: Key, targets: readonly Key[], request: string): void {
  for (const target of targets) {
    store.run(
      'INSERT OR IGNORE INTO uses VALUES (?, ?, ?, ?, ?, ?, ?)',
      user.home,
      user.type,
      user.identifier,
      target.home,
      target.type,
      target.identifier,
      request,
    );
  }
}

/** What a resource uses. */
export function usedBy(store: Store, { home, type, identifier }: Key): Key[] {
  return store.all(
    `SELECT target_home AS home, target_type AS type, target_identifier AS identifier FROM uses
     WHERE home = ? AND type = ? AND identifier = ?`,
    home,
    type,
    identifier,
  ) as unknown as Key[];
}

/** Types that services delete, or schedule to be deleted, whatever uses them. */
const DELETED_IN_USE: ReadonlySet<string> = new Set(['AWS::KMS::Key']);

/** A resource (also one in the making) that keeps this one from being deleted, undefined when nothing does. */
export function userOf(store: Store, { home, type, identifier }: Key): Key | undefined {
  if (DELETED_IN_USE.has(type)) return undefined;
  return store.get(
    `SELECT home, type, identifier FROM uses WHERE target_home = ? AND target_type = ? AND target_identifier = ?
     AND NOT (home = target_home AND type = target_type AND identifier = target_identifier) LIMIT 1`,
    home,
    type,
    identifier,
  ) as Key | undefined;
}

/** Remembers which minted runs a new resource brought: those of its generated values that nothing else owns. */
export function recordMinted(store: Store, owner: Key, model: JsonObject): void {
  const texts = [owner.identifier, ...[...strings(model)].map(([, value]) => value)];
  for (const token of new Set(texts.flatMap(tokensIn))) {
    store.run('INSERT OR IGNORE INTO minted VALUES (?, ?, ?, ?)', token, owner.home, owner.type, owner.identifier);
  }
}
