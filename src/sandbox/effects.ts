// What the end of an operation changes in another resource, as a read of that one then shows it; and what an update changes
// in the values that the resource itself is given.

import { isObject, type Json, type JsonObject } from './json.ts';
import { fraction } from './mint.ts';
import type { Key } from './references.ts';
import type { Store } from './store.ts';

/** Carries it out; `there`: the resource stands now as `model`, else it is gone; `before`: of an update, what it was. */
export function takeEffect(store: Store, key: Key, model: JsonObject, there: boolean, before?: JsonObject): void {
  const { home, type, identifier } = key;
  if (type === 'AWS::EC2::VPCCidrBlock' && model['AmazonProvidedIpv6CidrBlock'] === true) {
    listed(store, { home, type: 'AWS::EC2::VPC', identifier: String(model['VpcId']) }, block(identifier), there);
  } else if (type === 'AWS::EC2::SubnetCidrBlock' && typeof model['Ipv6CidrBlock'] === 'string') {
    const subnet = { home, type: 'AWS::EC2::Subnet', identifier: String(model['SubnetId']) };
    listed(store, subnet, model['Ipv6CidrBlock'], there);
  } else if (LISTENERS.includes(type)) {
    for (const group of new Set([...targetGroups(model), ...targetGroups(before ?? {})])) {
      const changed: Key = { home, type: 'AWS::ElasticLoadBalancingV2::TargetGroup', identifier: group };
      write(store, changed, 'LoadBalancerArns', balancersOf(store, home, group, there ? undefined : key));
    }
  }
}

/** A block of the documentation's prefix for every association. */
const block = (identifier: string): string =>
  `2001:db8:${Math.floor(fraction(identifier) * 0xff00 + 0x100).toString(16)}::/56`;

/** Puts a block into the list of its VPC or subnet, or takes it out. */
function listed(store: Store, key: Key, item: string, there: boolean): void {
  const others = ((read(store, key)?.['Ipv6CidrBlocks'] ?? []) as string[]).filter((one) => one !== item);
  write(store, key, 'Ipv6CidrBlocks', there ? [...others, item] : others);
}

const LISTENERS = ['AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::ListenerRule'];

/** The target groups that a listener or a rule of one forwards to. */
function targetGroups(model: JsonObject): string[] {
  const actions = [model['DefaultActions'], model['Actions']].flat().filter(isObject);
  const forwards = actions.map((action) => action['ForwardConfig']).filter(isObject);
  const tuples = forwards.flatMap((forward) => forward['TargetGroups'] ?? []).filter(isObject);
  const named = [...actions, ...tuples].map((one) => one['TargetGroupArn']);
  return named.filter((arn) => typeof arn === 'string');
}

/** The load balancers that forward to a target group, but for what is about to go. */
function balancersOf(store: Store, home: string, group: string, going: Key | undefined): string[] {
  const rows = store.all(
    `SELECT identifier, properties FROM resources
     WHERE home = ? AND type IN (?, ?) AND state <> 'creating' ORDER BY identifier`,
    home,
    ...LISTENERS,
  );
  const staying = rows.filter(({ identifier }) => identifier !== going?.identifier);
  const models = staying.map(({ properties }) => JSON.parse(properties as string) as JsonObject);
  const balancers = models.filter((model) => targetGroups(model).includes(group)).map(balancerOf);
  return [...new Set(balancers)];
}

/** A rule names its listener, whose ARN is that of its load balancer and one part more. */
function balancerOf(model: JsonObject): string {
  const own = model['LoadBalancerArn'] ?? model['ListenerArn'];
  return String(own).replace(/:listener\/(.*)\/[^/]*$/, ':loadbalancer/$1');
}

function read(store: Store, { home, type, identifier }: Key): JsonObject | undefined {
  const found = 'SELECT properties FROM resources WHERE home = ? AND type = ? AND identifier = ?';
  const row = store.get(found, home, type, identifier);
  return row && (JSON.parse(row['properties'] as string) as JsonObject);
}

function write(store: Store, key: Key, property: string, value: Json): void {
  const model = read(store, key);
  if (!model) return;
  const text = store.sealed(JSON.stringify({ ...model, [property]: value }), 'properties');
  const changed = 'UPDATE resources SET properties = ? WHERE home = ? AND type = ? AND identifier = ?';
  store.run(changed, text, key.home, key.type, key.identifier);
}

/** The resource as its update leaves it: a table has a stream as long as one is asked for. */
export function itselfAfter(typeName: string, after: JsonObject, now: number): JsonObject {
  if (typeName !== 'AWS::DynamoDB::Table') return after;
  const { StreamArn: standing, ...rest } = after;
  if (after['StreamSpecification'] === undefined) return rest;
  const label = new Date(now).toISOString().slice(0, 23);
  return { ...rest, StreamArn: standing ?? `${after['Arn']}/stream/${label}` };
}
