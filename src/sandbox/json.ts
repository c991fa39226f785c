// JSON values and RFC 6901 pointers, as every other file of the sandbox uses them.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Structural equality; the order of object keys does not matter, that of array items does. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, at) => sameJson(item, right[at]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  );
}

/** JSON text that is equal for equal values: keys sorted. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/** Splits a JSON pointer; undefined when it is none. */
export function parsePointer(pointer: string): string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function formatPointer(path: readonly (string | number)[]): string {
  return path.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The value at a property path such as `Endpoint/Address`, undefined when there is none. */
export function at(model: Json | undefined, path: readonly string[]): Json | undefined {
  let value = model;
  for (const key of path) {
    if (isObject(value)) value = Object.hasOwn(value, key) ? value[key] : undefined;
    else if (Array.isArray(value) && /^(0|[1-9]\d*)$/.test(key)) value = value[Number(key)];
    else return undefined;
  }
  return value;
}

/** Removes what a property path names; `*` stands for every item or key. Changes the model in place. */
export function removeAt(model: Json | undefined, path: readonly string[]): void {
  const [key, ...rest] = path;
  if (key === undefined || typeof model !== 'object' || model === null) return;
  const keys = key === '*' ? Object.keys(model) : [key];
  for (const each of keys) {
    if (rest.length > 0) removeAt((model as JsonObject)[each], rest);
    else if (isObject(model)) delete model[each];
  }
}

/** Every concrete path that a pattern with `*` matches in the model. */
export function matches(model: Json | undefined, pattern: readonly string[]): string[][] {
  const [key, ...rest] = pattern;
  if (key === undefined) return model === undefined ? [] : [[]];
  if (typeof model !== 'object' || model === null) return [];
  const keys = key === '*' ? Object.keys(model) : Object.hasOwn(model, key) ? [key] : [];
  return keys.flatMap((each) => matches((model as JsonObject)[each], rest).map((tail) => [each, ...tail]));
}

/** Every string in a value, with where it stands. */
export function* strings(
  value: Json,
  path: readonly string[] = [],
): Generator<[path: readonly string[], text: string]> {
  if (typeof value === 'string') yield [path, value];
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* strings(item as Json, [...path, key]);
  }
}
