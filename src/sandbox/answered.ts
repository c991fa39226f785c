// What reads show otherwise than it was given (docs/sandbox.md: `twins`, `injected-items`, `rewritten`), and what is said of
// an update that leaves it as it was shown.

import { at, isObject, type Json, type JsonObject, matches } from './json.ts';
import type { ResourceType } from './shape.ts';

// cloudformation-coverage-roadmap #2537, terraform-provider-awscc #3243: whichever is given, both are shown.
const [PLAIN, ENCODED] = ['SearchString', 'SearchStringBase64'];
const HAVE_TWINS = ['AWS::WAFv2::RuleGroup', 'AWS::WAFv2::WebACL'];

/** A model in which both show. */
export function withTwins(type: ResourceType, model: JsonObject): JsonObject {
  return HAVE_TWINS.includes(type.typeName) ? (twinned(model) as JsonObject) : model;
}

function twinned(value: Json): Json {
  if (Array.isArray(value)) return value.map(twinned);
  if (!isObject(value)) return value;
  const inside = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, twinned(item)]));
  const { [PLAIN]: plain, [ENCODED]: encoded } = inside;
  if (typeof plain === 'string') return { [ENCODED]: Buffer.from(plain).toString('base64'), ...inside };
  if (typeof encoded === 'string') return { [PLAIN]: Buffer.from(encoded, 'base64').toString(), ...inside };
  return inside;
}

/** What the service says of twins that come back both. */
export function twinsLeft(type: ResourceType, model: Json): string | undefined {
  if (!HAVE_TWINS.includes(type.typeName) || !hasBoth(model)) return undefined;
  return `You must only specify exactly one of ${PLAIN} and ${ENCODED}`;
}

function hasBoth(value: Json): boolean {
  if (Array.isArray(value)) return value.some(hasBoth);
  if (!isObject(value)) return false;
  return (value[PLAIN] !== undefined && value[ENCODED] !== undefined) || Object.values(value).some(hasBoth);
}

/** Lists with at least one item that are shown as `[]` in the items of another list: which list, what in its items. */
const IN_ITEMS: Readonly<Record<string, readonly [list: string, name: string]>> = {
  'AWS::EC2::LaunchTemplate': ['TagSpecifications', 'Tags'],
  'AWS::ECS::TaskDefinition': ['ContainerDefinitions', 'Ulimits'],
  'AWS::WAFv2::RuleGroup': ['Rules', 'RuleLabels'],
  'AWS::WAFv2::WebACL': ['Rules', 'RuleLabels'],
};

/** A model whose items show them. */
export function withItemsInjected(type: ResourceType, model: JsonObject): JsonObject {
  const place = IN_ITEMS[type.typeName];
  const items = place && model[place[0]];
  if (!place || !Array.isArray(items)) return model;
  return { ...model, [place[0]]: items.map((item) => (isObject(item) ? { [place[1]]: [], ...item } : item)) };
}

/** What validation says of those that come back. */
export function itemsLeft(type: ResourceType, model: JsonObject): string[] {
  const [list, name] = IN_ITEMS[type.typeName] ?? [];
  const items = list === undefined || name === undefined ? undefined : model[list];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item, index) => {
    const value = isObject(item) ? item[String(name)] : undefined;
    const empty = Array.isArray(value) && value.length === 0;
    return empty ? [`#/${list}/${index}/${name}: expected minimum item count: 1, found: 0`] : [];
  });
}

const lower = (text: string): string => text.toLowerCase();
const upper = (text: string): string => text.toUpperCase();

/** Values whose case their service chooses, by type and path. */
const REWRITTEN: readonly (readonly [type: string, path: string, write: (text: string) => string])[] = [
  ['AWS::EC2::DHCPOptions', 'DomainName', lower],
  ['AWS::EC2::SecurityGroup', 'SecurityGroupEgress/*/IpProtocol', lower],
  ['AWS::EC2::SecurityGroup', 'SecurityGroupIngress/*/IpProtocol', lower],
  ['AWS::EC2::SecurityGroupEgress', 'IpProtocol', lower],
  ['AWS::EC2::SecurityGroupIngress', 'IpProtocol', lower],
  ['AWS::ElasticLoadBalancingV2::Listener', 'Protocol', upper],
  ['AWS::ElasticLoadBalancingV2::TargetGroup', 'Protocol', upper],
  ['AWS::Route53::HostedZone', 'Name', lower],
  ['AWS::SNS::Subscription', 'Protocol', lower],
];

/** A model as the service writes it. */
export function rewritten(type: ResourceType, model: JsonObject): JsonObject {
  const rules = REWRITTEN.filter(([name]) => name === type.typeName);
  if (rules.length === 0) return model;
  const written = structuredClone(model);
  for (const [, pattern, write] of rules) {
    for (const path of matches(written, pattern.split('/'))) {
      const parent = at(written, path.slice(0, -1));
      const last = path.at(-1) as string;
      if (isObject(parent) && typeof parent[last] === 'string') parent[last] = write(parent[last]);
    }
  }
  return written;
}
