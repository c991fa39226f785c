// The sandbox's only tie to the rest of Assent: the core's table of resource types. Turns its JSON into the shapes
// the sandbox works with, once per type.

import { resourceSchemaText } from '../core/calls.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Kind, ResourceType, Schemas, Shape } from './shape.ts';

/** Schemas from a function that answers a type's JSON text. */
export function schemasFrom(resourceSchema: (typeName: string) => string | undefined): Schemas {
  const cache = new Map<string, ResourceType | undefined>();
  return (typeName) => {
    if (!cache.has(typeName)) {
      const text = resourceSchema(typeName);
      cache.set(typeName, text === undefined ? undefined : read(JSON.parse(text) as JsonObject));
    }
    return cache.get(typeName);
  };
}

/** The built core's table; loaded at the first use. */
export function coreSchemas(): Schemas {
  return schemasFrom(resourceSchemaText);
}

function read(schema: JsonObject): ResourceType {
  const definitions = schema['definitions'];
  const shapes = new Shapes(isObject(definitions) ? definitions : {});
  const handlers = isObject(schema['handlers']) ? schema['handlers'] : {};
  const durations = isObject(schema['durations']) ? schema['durations'] : {};
  const seconds = (name: string) => Number(durations[name] ?? 1);
  return {
    typeName: String(schema['typeName']),
    primaryIdentifier: paths(schema['primaryIdentifier']),
    createOnly: paths(schema['createOnly']),
    readOnly: paths(schema['readOnly']),
    writeOnly: paths(schema['writeOnly']),
    handlers: {
      create: handlers['create'] === true,
      read: handlers['read'] === true,
      update: handlers['update'] === true,
      delete: handlers['delete'] === true,
      list: handlers['list'] === true,
    },
    listedBy: paths(schema['listedBy'], (set) => (set as Json[]).map(String)),
    root: shapes.read({ type: 'object', ...pick(schema, 'properties', 'required', 'additional') }),
    seconds: { create: seconds('createS'), update: seconds('updateS'), delete: seconds('deleteS') },
  };
}

const pick = (object: JsonObject, ...keys: string[]): JsonObject =>
  Object.fromEntries(keys.flatMap((key) => (object[key] === undefined ? [] : [[key, object[key] as Json]])));

/** Slash-separated property paths. */
const paths = (list: Json | undefined, parts = (path: Json) => String(path).split('/')): string[][] =>
  Array.isArray(list) ? list.map(parts) : [];

const SCALARS: ReadonlySet<Json> = new Set(['string', 'integer', 'number', 'boolean']);

/** Shapes of one type; a definition becomes one object however often it is referred to, itself included. */
class Shapes {
  readonly #definitions: JsonObject;
  readonly #made = new Map<string, Shape>();

  constructor(definitions: JsonObject) {
    this.#definitions = definitions;
  }

  read(node: Json | undefined): Shape {
    if (!isObject(node)) return { kinds: [] };
    if (typeof node['$ref'] === 'string') return this.#definition(node['$ref']);
    const { type, items, values, anyOf } = node;
    if (Array.isArray(anyOf)) return { kinds: [], anyOf: anyOf.map((one) => this.read(one)) };
    if (type === 'list') return { kinds: ['array'], items: this.read(items), unordered: node['ordered'] === false };
    if (type === 'map') return { kinds: ['object'], values: this.read(values) };
    if (type === 'object') return this.#object(node);
    const shape: Shape = { kinds: type !== undefined && SCALARS.has(type) ? [type as Kind] : [] };
    if (Array.isArray(node['enum'])) shape.choices = node['enum'];
    return shape;
  }

  #definition(name: string): Shape {
    const known = this.#made.get(name);
    if (known) return known;
    const shape: Shape = { kinds: [] };
    this.#made.set(name, shape);
    return Object.assign(shape, this.read(this.#definitions[name]));
  }

  #object({ properties, required, additional }: JsonObject): Shape {
    const shape: Shape = { kinds: ['object'], properties: {} };
    if (isObject(properties)) {
      shape.properties = Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, this.read(part)]));
    }
    if (Array.isArray(required)) shape.required = required.map(String);
    if (additional !== undefined) shape.values = this.read(additional);
    return shape;
  }
}
