// The sandbox's only tie to the rest of Assent: the core's table of resource types. Turns its JSON into the shapes
// the sandbox works with, once per type.

import { createRequire } from 'node:module';
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
  const core = createRequire(import.meta.url)('#wasm') as { resourceSchema(typeName: string): string | undefined };
  return schemasFrom((typeName) => core.resourceSchema(typeName));
}

function read(schema: JsonObject): ResourceType {
  const definitions = schema['definitions'];
  const shapes = new Shapes(isObject(definitions) ? definitions : {});
  const handlers = isObject(schema['handlers']) ? schema['handlers'] : {};
  const durations = isObject(schema['durations']) ? schema['durations'] : {};
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
    root: { ...shapes.object(schema), kinds: ['object'] },
    seconds: {
      create: Number(durations['createS'] ?? 1),
      update: Number(durations['updateS'] ?? 1),
      delete: Number(durations['deleteS'] ?? 1),
    },
  };
}

/** Property paths: `Endpoint/Address`, `/properties/Endpoint/Address` or `Endpoint.Address`. */
function paths(list: Json | undefined): string[][] {
  if (!Array.isArray(list)) return [];
  return list.map((path) =>
    String(path)
      .replace(/^\/properties\//, '')
      .replace(/^\//, '')
      .split('/'),
  );
}

const KINDS: ReadonlySet<string> = new Set(['string', 'integer', 'number', 'boolean', 'array', 'object']);

/** Shapes of one type; a definition becomes one object however often it is referred to, itself included. */
class Shapes {
  readonly #definitions: JsonObject;
  readonly #made = new Map<string, Shape>();

  constructor(definitions: JsonObject) {
    this.#definitions = definitions;
  }

  read(node: Json | undefined): Shape {
    if (!isObject(node)) return { kinds: [] };
    const reference = node['$ref'];
    if (typeof reference !== 'string') return this.#fresh(node);
    const name = reference.replace('#/definitions/', '');
    const known = this.#made.get(name);
    if (known) return known;
    const shape: Shape = { kinds: [] };
    this.#made.set(name, shape);
    const target = this.#definitions[name];
    return isObject(target) ? Object.assign(shape, this.read(target)) : shape;
  }

  #fresh(node: JsonObject): Shape {
    const kinds = [node['type']].flat().filter((kind): kind is Kind => typeof kind === 'string' && KINDS.has(kind));
    const shape: Shape = { ...this.object(node), kinds };
    if (node['items'] !== undefined) shape.items = this.read(node['items']);
    if (Array.isArray(node['enum'])) shape.choices = node['enum'];
    return shape;
  }

  object(node: JsonObject): Omit<Shape, 'kinds'> {
    const shape: Omit<Shape, 'kinds'> = {};
    const { properties, required, additionalProperties, patternProperties } = node;
    if (isObject(properties)) {
      shape.properties = Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, this.read(part)]));
    }
    if (Array.isArray(required)) shape.required = required.map(String);
    const values = isObject(patternProperties) ? Object.values(patternProperties)[0] : additionalProperties;
    if (isObject(values)) shape.values = this.read(values);
    if (additionalProperties === true) shape.open = true;
    return shape;
  }
}
