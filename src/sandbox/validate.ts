// Desired state against the schema, as the service's model validation does it and stricter: no value is coerced.
// Answers problems in the words of the service ("#/Path: extraneous key [X] is not permitted").

import { at, formatPointer, isObject, type Json, type JsonObject, matches, removeAt, sameJson } from './json.ts';
import type { Kind, ResourceType, Shape } from './shape.ts';

/** Every reason to refuse this desired state of a create. */
export function validateDesired(type: ResourceType, model: JsonObject): string[] {
  const problems: string[] = [];
  const required = new Set(type.root.required ?? []);
  for (const pattern of type.readOnly) {
    if (pattern.length === 1 && required.has(pattern[0] as string)) continue;
    for (const path of matches(model, pattern)) {
      problems.push(`#${formatPointer(path)}: read-only property cannot be specified`);
    }
  }
  walk(type.root, model, [], problems);
  return problems;
}

/** Every reason to refuse this outcome of an update; read-only values that a read returned may stand in it. */
export function validateUpdated(type: ResourceType, model: JsonObject): string[] {
  const desired = structuredClone(model);
  const required = new Set(type.root.required ?? []);
  for (const pattern of type.readOnly) {
    if (pattern.length > 1 || !required.has(pattern[0] as string)) removeAt(desired, pattern);
  }
  return validateWhole(type, desired);
}

/** Every reason why a complete model, read-only values included, is none of this type. */
export function validateWhole(type: ResourceType, model: JsonObject): string[] {
  const problems: string[] = [];
  walk(type.root, model, [], problems);
  return problems;
}

function kindOf(value: Json): Kind | 'null' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as Kind;
}

function walk(shape: Shape, value: Json, path: readonly string[], problems: string[]): void {
  if (problems.length >= 50) return;
  if (shape.anyOf) {
    problems.push(...fewest(shape.anyOf, value, path));
    return;
  }
  const here = `#${formatPointer(path)}`;
  const kind = kindOf(value);
  if (shape.kinds.length > 0 && !allowed(shape.kinds, kind)) {
    problems.push(`${here}: expected type: ${shape.kinds.join(' or ')}, found: ${kind}`);
    return;
  }
  if (kind === 'null' && path.length === 1) {
    problems.push(`${here}: null is not permitted`);
    return;
  }
  if (shape.choices && !shape.choices.some((choice) => sameJson(choice, value))) {
    problems.push(`${here}: ${JSON.stringify(value)} is not a valid enum value`);
  }
  if (Array.isArray(value)) {
    const { items } = shape;
    if (items) for (const [index, item] of value.entries()) walk(items, item, [...path, String(index)], problems);
  } else if (isObject(value)) {
    walkObject(shape, value, path, problems);
  }
}

/** Nothing when one alternative fits, else what is wrong by the one that comes nearest. */
function fewest(alternatives: readonly Shape[], value: Json, path: readonly string[]): string[] {
  let nearest: string[] | undefined;
  for (const shape of alternatives) {
    const problems: string[] = [];
    walk(shape, value, path, problems);
    if (!nearest || problems.length < nearest.length) nearest = problems;
  }
  return nearest ?? [];
}

function walkObject(shape: Shape, value: JsonObject, path: readonly string[], problems: string[]): void {
  const here = `#${formatPointer(path)}`;
  for (const key of shape.required ?? []) {
    if (at(value, [key]) === undefined) problems.push(`${here}: required key [${key}] not found`);
  }
  for (const [key, item] of Object.entries(value)) {
    const known = shape.properties && Object.hasOwn(shape.properties, key) ? shape.properties[key] : shape.values;
    if (known) walk(known, item, [...path, key], problems);
    else if (shape.properties) problems.push(`${here}: extraneous key [${key}] is not permitted`);
  }
}

const allowed = (kinds: readonly Kind[], kind: Kind | 'null'): boolean =>
  kinds.includes(kind as Kind) || (kind === 'integer' && kinds.includes('number'));
