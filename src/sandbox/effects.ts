// What the end of a creation or deletion changes in another resource, as a read of that one then shows it.

import type { JsonObject } from './json.ts';
import { fraction } from './mint.ts';
import type { Key } from './references.ts';
import type { Store } from './store.ts';

/** A block of the documentation's prefix for every association. */
const block = (identifier: string): string =>
  `2001:db8:${Math.floor(fraction(identifier) * 0xff00 + 0x100).toString(16)}::/56`;

/** Carries it out; `there`: the resource stands now, else it is gone. */
export function takeEffect(store: Store, { home, type, identifier }: Key, model: JsonObject, there: boolean): void {
  if (type !== 'AWS::EC2::VPCCidrBlock' || model['AmazonProvidedIpv6CidrBlock'] !== true) return;
  const key = [home, 'AWS::EC2::VPC', String(model['VpcId'])];
  const row = store.get('SELECT properties FROM resources WHERE home = ? AND type = ? AND identifier = ?', ...key);
  if (!row) return;
  const vpc = JSON.parse(row['properties'] as string) as JsonObject;
  const others = ((vpc['Ipv6CidrBlocks'] ?? []) as string[]).filter((one) => one !== block(identifier));
  vpc['Ipv6CidrBlocks'] = there ? [...others, block(identifier)] : others;
  const text = JSON.stringify(vpc);
  store.run('UPDATE resources SET properties = ? WHERE home = ? AND type = ? AND identifier = ?', text, ...key);
}
