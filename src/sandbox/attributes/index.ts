// Turns a validated desired state into the resource the services would have made: automatic names, generated
// identifiers, every read-only attribute, service defaults.

import { at, isObject, type Json, type JsonObject, matches } from '../json.ts';
import { type ResourceType, type Shape, shapeAt } from '../shape.ts';
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
      put(model, pattern, make('{name}', making, pattern.join('/')) as Json);
    }
  }
  fillDefaults(type.typeName, model, (property) => shapeAt(type.root, [property]) !== undefined);
  return identifierOf(type, model);
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
  if (parents.length === 0 && pattern.length === 2 && allReadOnly(type, first)) parents.push([first]);
  for (const parent of parents) {
    const path = [...parent, last];
    if (at(model, path) !== undefined) continue;
    const value = generic(making, last, shape);
    if (value !== undefined) put(model, path, value);
  }
}

/** Whether everything under a property is read-only, so that it exists without having been asked for. */
function allReadOnly(type: ResourceType, property: string): boolean {
  const shape: Shape | undefined = type.root.properties?.[property];
  const covered = (key: string) =>
    type.readOnly.some((path) => path[0] === property && (path.length === 1 || path[1] === key));
  return Object.keys(shape?.properties ?? {}).every(covered);
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
