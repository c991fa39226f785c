// Values for read-only properties that no recipe names: judged by the property's name and kind, so that every
// attribute of all 1,900 types has a plausible value of the right kind.

import type { Json, JsonObject } from '../json.ts';
import type { Shape } from '../shape.ts';
import { isoDate, type Making, text, write } from './recipe.ts';

/** The words of a type's noun with dashes, `LoadBalancer` to `load-balancer`. */
const kebab = (noun: string): string => noun.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

const BY_NAME: readonly [name: RegExp, value: (making: Making, name: string) => string][] = [
  [/arn$/i, (making, name) => arn(making, name)],
  [/(owner|account)(id)?$/i, (making) => making.account],
  [/hostedzoneid$/i, (making, name) => write('{upper:21:Z}', making, name)],
  [/(status|state)$/i, () => 'ACTIVE'],
  [/(url|uri)$/i, (making, name) => `https://${domain(making, name)}/`],
  [/(endpoint|address|domain|dnsname|domainname|host)$/i, domain],
  [/(time|date|timestamp|at)$/i, (making) => isoDate(making)],
  [/port$/i, () => '443'],
  [/version$/i, () => '1'],
  [/region$/i, (making) => making.region],
  [/(uuid|uid)$/i, (making, name) => write('{uuid}', making, name)],
  [/(id|identifier)$/i, (making, name) => write(`${kebab(noun(making))}-{hex:17:0}`, making, name)],
];

const noun = ({ type }: Making): string => type.typeName.split('::')[2] ?? '';
const service = ({ type }: Making): string => (type.typeName.split('::')[1] ?? '').toLowerCase();

function domain(making: Making, name: string): string {
  return write(`${kebab(noun(making))}-{lower:12}.${service(making)}.{r}.amazonaws.com`, making, name);
}

function arn(making: Making, name: string): string {
  const named = ['Name', `${noun(making)}Name`].map((property) => text(making, property)).find(Boolean);
  const id = named ?? write('{lower:16}', making, name);
  return write(`arn:{p}:${service(making)}:{r}:{a}:${kebab(noun(making))}/${id}`, making, name);
}

/** A value for the property `name` of this shape; undefined where nothing sensible can be said. */
export function generic(making: Making, name: string, shape: Shape | undefined, depth = 0): Json | undefined {
  if (shape?.anyOf) {
    const text = shape.anyOf.find((one) => one.kinds.includes('string'));
    return generic(making, name, text ?? shape.anyOf[0], depth + 1);
  }
  if (shape?.choices?.[0] !== undefined) return shape.choices[0];
  const kinds = shape?.kinds ?? [];
  if (kinds.length === 0 || kinds.includes('string')) {
    return BY_NAME.find(([pattern]) => pattern.test(name))?.[1](making, name) ?? write('{lower:12}', making, name);
  }
  if (kinds.includes('integer') || kinds.includes('number')) {
    return /(time|date|timestamp|at)$/i.test(name) ? Math.floor(making.now / 1000) : /port$/i.test(name) ? 443 : 1;
  }
  if (kinds.includes('boolean')) return false;
  if (kinds.includes('array')) return [];
  if (depth >= 3) return undefined;
  const object: JsonObject = {};
  for (const [key, part] of Object.entries(shape?.properties ?? {})) {
    const value = generic(making, key, part, depth + 1);
    if (value !== undefined) object[key] = value;
  }
  return object;
}
