// Turns a validated desired state into the resource the services would have made: automatic names, generated
// identifiers, every read-only attribute, service defaults.

import { at, isObject, type Json, type JsonObject, matches } from '../json.ts';
import { type ResourceType, type Shape, shapeAt, within } from '../shape.ts';
import { app } from './app.ts';
import { data } from './data.ts';
import { fillDefaults } from './defaults.ts';
import { generic } from './generic.ts';
import { network } from './network.ts';
import { type Making, make, type Recipes } from './recipe.ts';

export type { Making } from './recipe.ts';

const RECIPES: Recipes = { ...network, ...data, ...app };

/** Completes `making.model` in place and returns its primary identifier, parts joined by `|`. */
export function bring(making: Making): string {
  const { type, model } = making;
  const recipes = RECIPES[type.typeName] ?? {};
  for (const [path, recipe] of Object.entries(recipes)) {
    const keys = path.split('/');
    if (at(model, keys) !== undefined && path !== 'MasterUserSecret') continue;
    const value = shapeAt(type.root, keys) === undefined ? undefined : make(recipe, making, path);
    if (value !== undefined) put(model, keys, value);
  }
  for (const pattern of type.readOnly) fillReadOnly(making, pattern, recipes);
  for (const pattern of type.primaryIdentifier) {
    if (at(model, pattern) === undefined && recipes[pattern.join('/')] === undefined) {
      put(model, pattern, namePart(making, pattern));
    }
  }
  fillDefaults(type.typeName, model, (property) => shapeAt(type.root, [property]) !== undefined);
  return identifierOf(type, model);
}

/** A part of the identifier that was optional and not given: a name, or the first of the values it may have. */
function namePart(making: Making, path: readonly string[]): Json {
  const shape = shapeAt(making.type.root, path);
  const isText = !shape || shape.kinds.length === 0 || shape.kinds.includes('string');
  const value = isText && !shape?.choices ? undefined : generic(making, path.at(-1) ?? '', shape);
  return value ?? (make('{name}', making, path.join('/')) as Json);
}

/** The primary identifier of a complete model. */
export function identifierOf(type: ResourceType, model: JsonObject): string {
  return type.primaryIdentifier
    .map((path) => at(model, path))
    .filter((part) => part !== undefined)
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    .join('|');
}

/** Read-only values that no recipe made. A nested one is made where its parent stands, or is itself read-only. */
function fillReadOnly(making: Making, pattern: readonly string[], recipes: Readonly<Record<string, unknown>>): void {
  const { type, model } = making;
  const [first = ''] = pattern;
  const last = pattern.at(-1) ?? '';
  if (recipes[first] !== undefined || recipes[pattern.join('/')] !== undefined) return;
  const shape = shapeAt(type.root, pattern);
  const parents =
    pattern.length === 1 ? [[]] : matches(model, pattern.slice(0, -1)).filter((path) => isObject(at(model, path)));
  if (parents.length === 0 && !pattern.includes('*') && allReadOnly(type, [first], type.root.properties?.[first])) {
    parents.push(pattern.slice(0, -1));
  }
  for (const parent of parents) {
    const path = [...parent, last];
    if (at(model, path) !== undefined) continue;
    const value = generic(making, last, shape);
    if (value !== undefined) put(model, path, value);
  }
}

/** Whether everything at and under a property is read-only, so that it exists without having been asked for. */
function allReadOnly(type: ResourceType, path: readonly string[], shape: Shape | undefined): boolean {
  if (type.readOnly.some((pattern) => within(path, pattern))) return true;
  const properties = Object.entries(shape?.properties ?? {});
  return (
    properties.length > 0 &&
    path.length < 6 &&
    properties.every(([key, part]) => allReadOnly(type, [...path, key], part))
  );
}

function put(model: JsonObject, path: readonly string[], value: Json): void {
  let here = model;
  for (const key of path.slice(0, -1)) {
    const next = here[key];
    if (isObject(next)) here = next;
    else if (Array.isArray(next)) here = next as unknown as JsonObject;
    else {
      const made: JsonObject = {};
      here[key] = made;
      here = made;
    }
  }
  here[path.at(-1) as string] = value;
}
