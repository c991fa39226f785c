// What a model is told of a plan: the shape of each change in a closed vocabulary, and nothing that somebody could have
// written into a template. A model obeys what it reads, so what it must not obey it does not get to read: names,
// descriptions, tags and free text are replaced by `text-1`, `text-2`, ..., equal ones by the same. A secret cannot leave
// either, for the same reason. What is kept is what a reviewer needs: types, actions, properties of the type's schema, IAM
// effects and wildcards, networks, ports, numbers and switches.
import type { ExpertQuestion } from '../../app/ports/experts.ts';
import { resourceSchemaText } from '../../core/calls.ts';

/** A change as a model sees it. */
export interface ShownChange {
  property: string;
  before: unknown;
  after: unknown;
}

export interface ModelBrief {
  resources: { resource: string; type: string; action: string; changes: ShownChange[]; losesData: boolean }[];
  findings: { rule: string; severity: string; resource: string }[];
  /** Left out, because there are too many. */
  more: number;
}

const MOST_RESOURCES = 60;
const MOST_CHANGES = 40;
const MOST_ITEMS = 30;
const DEEPEST = 8;

/** Keys inside properties that every policy, rule or network has. */
const KEYS = new Set(
  (
    'Version Statement Effect Action NotAction Resource NotResource Principal NotPrincipal Condition AWS Service Federated ' +
    'IpProtocol FromPort ToPort CidrIp CidrIpv6 Enabled Status Type Protocol Port Ports Encrypted KmsKeyId SSEAlgorithm ' +
    'BlockPublicAcls BlockPublicPolicy IgnorePublicAcls RestrictPublicBuckets DeletionProtection MultiAZ PolicyDocument'
  ).split(' '),
);

const VALUES = new Set(
  'true false Allow Deny * tcp udp icmp all -1 Enabled Disabled Active Inactive Suspended aws:kms AES256 PUBLIC PRIVATE'.split(
    ' ',
  ),
);

const SERVICES = new Set(
  (
    'acm apigateway athena autoscaling cloudformation cloudfront cloudtrail cloudwatch cognito-idp dynamodb ec2 ecr ecs eks ' +
    'elasticache elasticfilesystem elasticloadbalancing events execute-api firehose glue iam kinesis kms lambda logs ' +
    'organizations rds redshift route53 s3 secretsmanager ses sns sqs ssm states sts wafv2 xray'
  ).split(' '),
);

const VERBS =
  /^(Add|Associate|Attach|Create|Delete|Describe|Detach|Get|Invoke|List|Pass|Put|Remove|Send|Set|Tag|Update)/;

/** What is told of it, and how to say the names again in what comes back. */
export function briefOf({ actions, findings }: ExpertQuestion): { brief: ModelBrief; named: (text: string) => string } {
  const names = new Map<string, string>();
  const alias = (kind: string, text: string) => {
    const key = `${kind} ${text}`;
    const found =
      names.get(key) ?? `${kind}-${[...names.keys()].filter((one) => one.startsWith(`${kind} `)).length + 1}`;
    names.set(key, found);
    return found;
  };
  const shown = (value: unknown, depth = 0): unknown => {
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
    if (typeof value === 'string') return plainValue(value) ?? alias('text', value);
    if (depth >= DEEPEST) return 'more';
    if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => shown(item, depth + 1));
    const entries = Object.entries(value as object).slice(0, MOST_ITEMS);
    return Object.fromEntries(
      entries.map(([key, item]) => [KEYS.has(key) ? key : alias('key', key), shown(item, depth + 1)]),
    );
  };
  const resources = actions.slice(0, MOST_RESOURCES).map(({ logicalId, type, action, changes, irreversible }) => {
    const known = propertiesOf(type);
    return {
      resource: alias('resource', logicalId),
      // A type that the registry does not know was written by somebody.
      type: known === undefined ? alias('type', type) : type,
      action,
      losesData: irreversible.length > 0,
      changes: changes.slice(0, MOST_CHANGES).map(({ path, before, after, secret }) => ({
        property: path
          .split('/')
          .filter((part) => part !== '')
          .map((part) => (known?.has(part) || KEYS.has(part) || /^\d{1,6}$/.test(part) ? part : alias('key', part)))
          .join('/'),
        before: secret === true ? 'a secret' : shown(before),
        after: secret === true ? 'a secret' : shown(after),
      })),
    };
  });
  const brief = {
    resources,
    findings: findings.slice(0, MOST_RESOURCES).map(({ ruleId, severity, resource }) => ({
      // Rules of the user's own may have any name.
      rule:
        /^[A-Z0-9-]{1,24}$/.test(ruleId) || /^assent[-/.][a-z0-9-]{1,40}$/.test(ruleId)
          ? ruleId
          : alias('rule', ruleId),
      severity,
      resource: alias('resource', resource ?? ''),
    })),
    more: Math.max(actions.length - MOST_RESOURCES, 0),
  };
  const logicalIds = new Map(
    [...names].flatMap(([key, placeholder]) => (key.startsWith('resource ') ? [[placeholder, key.slice(9)]] : [])) as [
      string,
      string,
    ][],
  );
  return { brief, named: (text) => text.replace(/\bresource-\d+\b/g, (one) => logicalIds.get(one) ?? one) };
}

/** A text in which nobody can say anything, as it is; `undefined` for every other one. */
function plainValue(text: string): string | undefined {
  if (VALUES.has(text) || /^-?\d{1,12}(\.\d{1,6})?$/.test(text)) return text;
  if (/^(\d{1,3}\.){3}\d{1,3}(\/\d{1,2})?$/.test(text) || /^[0-9a-f:]{2,39}\/\d{1,3}$/.test(text)) return text;
  const [, service = '', operation = ''] = /^([a-z0-9-]{1,24}):([A-Za-z*]{1,64})$/.exec(text) ?? [];
  if (SERVICES.has(service)) {
    const [verb] = VERBS.exec(operation) ?? [];
    if (operation === '*') return text;
    if (verb !== undefined) return `${service}:${verb}${operation.endsWith('*') ? '*' : '...'}`;
  }
  if (/^arn:aws[a-z-]*:/.test(text)) return text.endsWith('*') ? 'an ARN that ends in *' : 'an ARN';
  return undefined;
}

/** Every word of the type's schema that may be a part of a path. */
function propertiesOf(type: string): Set<string> | undefined {
  const text = resourceSchemaText(type);
  if (text === undefined) return undefined;
  return new Set(text.match(/[A-Za-z][A-Za-z0-9]{1,60}/g));
}
