// RFC 6902 JSON Patch, all six operations, atomically: either every operation applies or the document is unchanged.
// Stricter than the RFC where a client's mistake would hide: unknown operations and unknown members are refused.

import { isObject, type Json, type JsonObject, parsePointer, sameJson } from './json.ts';

/** One operation, its pointers parsed. */
export interface Operation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string[];
  from?: string[];
  value?: Json;
}

/** The document is not a patch at all: a malformed request. */
export class MalformedPatch extends Error {
  override name = 'MalformedPatch';
}

/** A well-formed patch does not apply to this document. `test` tells a failed test from a missing path. */
export class PatchFailed extends Error {
  override name = 'PatchFailed';
  readonly test: boolean;
  constructor(message: string, test = false) {
    super(message);
    this.test = test;
  }
}

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);
const MEMBERS: Record<string, readonly string[]> = { value: ['add', 'replace', 'test'], from: ['move', 'copy'] };

/** Reads a patch document. Throws MalformedPatch. */
export function parsePatch(document: Json): Operation[] {
  if (!Array.isArray(document)) throw new MalformedPatch('a patch document is an array of operations');
  return document.map((entry, index) => {
    const wrong = (why: string) => new MalformedPatch(`operation ${index}: ${why}`);
    if (!isObject(entry)) throw wrong('not an object');
    const { op, path, from } = entry;
    if (typeof op !== 'string' || !OPERATIONS.has(op)) throw wrong(`unknown op ${JSON.stringify(op)}`);
    const operation: Operation = { op: op as Operation['op'], path: pointer(path, 'path', wrong) };
    for (const key of Object.keys(entry)) {
      if (key !== 'op' && key !== 'path' && !MEMBERS[key]?.includes(op)) throw wrong(`${op} has no member ${key}`);
    }
    if (MEMBERS['from']?.includes(op)) operation.from = pointer(from, 'from', wrong);
    if (MEMBERS['value']?.includes(op)) {
      if (!Object.hasOwn(entry, 'value')) throw wrong(`${op} needs a value`);
      operation.value = entry['value'] as Json;
    }
    return operation;
  });
}

function pointer(text: Json | undefined, member: string, wrong: (why: string) => Error): string[] {
  const parsed = typeof text === 'string' ? parsePointer(text) : undefined;
  if (!parsed) throw wrong(`${member} is not a JSON pointer`);
  return parsed;
}

/** A new document with the operations applied in order; the given one is not changed. Throws PatchFailed. */
export function applyPatch(document: Json, operations: readonly Operation[]): Json {
  let root = structuredClone(document);
  for (const operation of operations) root = apply(root, operation);
  return root;
}

function apply(root: Json, { op, path, from = [], value = null }: Operation): Json {
  switch (op) {
    case 'add':
      return put(root, path, structuredClone(value), 'add');
    case 'replace':
      return put(root, path, structuredClone(value), 'replace');
    case 'remove':
      return take(root, path).root;
    case 'copy':
      return put(root, path, structuredClone(get(root, from)), 'add');
    case 'move': {
      if (from.length < path.length && from.every((token, index) => token === path[index])) {
        throw new PatchFailed(`cannot move ${show(from)} into itself`);
      }
      const taken = take(root, from);
      return put(taken.root, path, taken.value, 'add');
    }
    case 'test':
      if (!sameJson(get(root, path), value))
        throw new PatchFailed(`value at ${show(path)} differs from the test`, true);
      return root;
  }
}

const show = (path: readonly string[]): string => `"/${path.join('/')}"`;

/** The array index a token names, with `length` for `-`; undefined when it names none. */
function position(token: string, length: number): number | undefined {
  if (token === '-') return length;
  return /^(0|[1-9]\d*)$/.test(token) ? Number(token) : undefined;
}

function step(value: Json, token: string, path: readonly string[]): Json {
  if (Array.isArray(value)) {
    const index = token === '-' ? undefined : position(token, value.length);
    if (index !== undefined && index < value.length) return value[index] as Json;
  } else if (isObject(value) && Object.hasOwn(value, token)) {
    return value[token] as Json;
  }
  throw new PatchFailed(`there is no ${show(path)}`);
}

function get(root: Json, path: readonly string[]): Json {
  return path.reduce((value, token) => step(value, token, path), root);
}

function put(root: Json, path: readonly string[], value: Json, op: 'add' | 'replace'): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = get(root, path.slice(0, -1));
  if (op === 'replace') step(parent, last, path);
  if (Array.isArray(parent)) {
    const index = position(last, parent.length);
    if (index === undefined || index > parent.length) throw new PatchFailed(`there is no ${show(path)}`);
    parent.splice(index, op === 'replace' ? 1 : 0, value);
  } else if (isObject(parent)) {
    set(parent, last, value);
  } else {
    throw new PatchFailed(`there is no ${show(path)}`);
  }
  return root;
}

function take(root: Json, path: readonly string[]): { root: Json; value: Json } {
  const value = get(root, path);
  const last = path.at(-1);
  if (last === undefined) throw new PatchFailed('the whole document cannot be removed');
  const parent = get(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as JsonObject)[last];
  return { root, value };
}

/** `__proto__` as a plain key. */
function set(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
