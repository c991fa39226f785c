// What the sandbox knows of a resource type, in the form the rest of it works with. `schema.ts` makes it from the
// core's schema table; tests make it by hand.

import type { Json } from './json.ts';

export type Kind = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';

/** What a value may be. Shapes of recursive types refer to themselves, so walk them along a value only. */
export interface Shape {
  /** Empty: anything. */
  kinds: readonly Kind[];
  properties?: Readonly<Record<string, Shape>>;
  required?: readonly string[];
  /** Of array items. */
  items?: Shape;
  /** Of members without a declared name; absent where there may be none beside `properties`. */
  values?: Shape;
  choices?: readonly Json[];
  /** The order of items means nothing: a read may return another one. */
  unordered?: boolean;
  /** One of these instead. */
  anyOf?: readonly Shape[];
}

export interface ResourceType {
  typeName: string;
  /** Property paths, split: `['Endpoint', 'Address']`; `*` stands for every array item. */
  primaryIdentifier: readonly (readonly string[])[];
  createOnly: readonly (readonly string[])[];
  readOnly: readonly (readonly string[])[];
  writeOnly: readonly (readonly string[])[];
  handlers: Readonly<Record<'create' | 'read' | 'update' | 'delete' | 'list', boolean>>;
  root: Shape;
  /** What a list has to be asked with: property names, each set is enough. */
  listedBy?: readonly (readonly string[])[];
  /** Typical seconds of an operation. */
  seconds: Readonly<Record<'create' | 'update' | 'delete', number>>;
}

/** Looks a type up; undefined for one the registry does not know. */
export type Schemas = (typeName: string) => ResourceType | undefined;

/** Whether `path` lies at or under `pattern` (with `*`). */
export function within(path: readonly string[], pattern: readonly string[]): boolean {
  return pattern.length <= path.length && pattern.every((key, index) => key === '*' || key === path[index]);
}

/** Whether a change at `path` changes something `pattern` names: at it, under it or above it. */
export function touches(path: readonly string[], pattern: readonly string[]): boolean {
  const shared = Math.min(path.length, pattern.length);
  for (let index = 0; index < shared; index++) {
    if (pattern[index] !== '*' && pattern[index] !== path[index]) return false;
  }
  return true;
}

/** The shape at a property path, undefined when the schema does not go that far. */
export function shapeAt(shape: Shape | undefined, path: readonly string[]): Shape | undefined {
  let here = shape;
  for (const key of path) here = here && inside(here, key);
  return here;
}

function inside(shape: Shape, key: string): Shape | undefined {
  if (shape.properties && Object.hasOwn(shape.properties, key)) return shape.properties[key];
  if (key === '*' && (shape.items ?? shape.values)) return shape.items ?? shape.values;
  return shape.anyOf?.map((one) => inside(one, key)).find((found) => found !== undefined);
}
