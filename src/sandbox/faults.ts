// Faults on demand: rules read from a file decide which calls go wrong and how. docs/sandbox.md describes the format.
// How often a rule has matched is kept in the store, so "the first create" stays the first across restarts.

import { HANDLER_ERRORS, type HandlerError } from './errors.ts';
import { isObject, type Json, type JsonObject, sameJson } from './json.ts';
import { fraction } from './mint.ts';
import type { Store } from './store.ts';

export type Fault =
  /** ThrottlingException, nothing done. */
  | { kind: 'throttle' }
  /** HTTP 500, nothing done, or everything done with `afterWork`. */
  | { kind: 'error500'; afterWork?: boolean }
  /** Everything done, then the socket is closed without an answer. */
  | { kind: 'drop' }
  /** The socket is closed, nothing done. */
  | { kind: 'dropBefore' }
  /** The operation is accepted and ends FAILED; with `leaveRemnant` what it did is in force all the same. */
  | { kind: 'fail'; errorCode: HandlerError; message?: string; leaveRemnant?: boolean }
  /** Everything done, the answer held back. */
  | { kind: 'delay'; delayMs: number }
  /** The operation is accepted and never ends; with `pending` it does not even begin. */
  | { kind: 'stuck'; pending?: boolean }
  /** The created resource is not found by its first `reads` reads. */
  | { kind: 'notFoundAfterCreate'; reads: number };

export interface FaultRule {
  match: {
    operation: string;
    /** Exact, or a prefix ending in `*`. */
    type?: string;
    /** Every property given here has this value. */
    properties?: JsonObject;
    /** Only these matches, counted from 1. */
    nth?: number | number[];
    probability?: number;
    seed?: string | number;
  };
  fault: Fault;
}

export interface FaultsFile {
  rules: FaultRule[];
  /** Behaviours of real accounts (real.ts). */
  real?: string[];
}

/** The faults file is wrong; the message says where. */
export class BadFaults extends Error {
  override name = 'BadFaults';
}

const OPERATIONS: Readonly<Record<string, string>> = {
  create: 'CreateResource',
  update: 'UpdateResource',
  delete: 'DeleteResource',
  get: 'GetResource',
  list: 'ListResources',
  poll: 'GetResourceRequestStatus',
  cancel: 'CancelResourceRequest',
  requests: 'ListResourceRequests',
};
const MUTATIONS = ['CreateResource', 'UpdateResource', 'DeleteResource'];

const MEMBERS: Readonly<Record<Fault['kind'], Readonly<Record<string, string>>>> = {
  throttle: {},
  error500: { afterWork: 'boolean?' },
  drop: {},
  dropBefore: {},
  fail: { errorCode: 'string', message: 'string?', leaveRemnant: 'boolean?' },
  delay: { delayMs: 'number' },
  stuck: { pending: 'boolean?' },
  notFoundAfterCreate: { reads: 'number' },
};
const MATCH: Readonly<Record<string, string>> = {
  operation: 'string',
  type: 'string?',
  properties: 'object?',
  nth: 'any?',
  probability: 'number?',
  seed: 'any?',
};

/** Checks everything, so that a typing error in a rule is an error and not a rule that never matches. Throws BadFaults. */
export function parseFaults(value: unknown): FaultRule[] {
  const file = members(value, 'faults file', { rules: 'array', real: 'array?' });
  return (file['rules'] as Json[]).map((entry, index) => {
    const where = `rules[${index}]`;
    const rule = members(entry, where, { match: 'object', fault: 'object', name: 'string?' });
    const match = members(rule['match'], `${where}.match`, MATCH);
    const name = String(match['operation']);
    const operation = OPERATIONS[name] ?? (Object.values(OPERATIONS).includes(name) ? name : undefined);
    if (!operation) throw new BadFaults(`${where}.match.operation: unknown operation ${JSON.stringify(name)}`);
    checkNumbers(match, where);
    return {
      match: { ...(match as unknown as FaultRule['match']), operation },
      fault: parseFault(rule['fault'], operation, where),
    };
  });
}

function checkNumbers(match: JsonObject, where: string): void {
  const { nth, probability } = match;
  const counts = nth === undefined ? [] : Array.isArray(nth) ? nth : [nth];
  if (!counts.every((count) => Number.isInteger(count) && Number(count) >= 1)) {
    throw new BadFaults(`${where}.match.nth: whole numbers from 1 are wanted`);
  }
  if (typeof probability === 'number' && !(probability >= 0 && probability <= 1)) {
    throw new BadFaults(`${where}.match.probability: between 0 and 1`);
  }
}

function parseFault(value: Json | undefined, operation: string, where: string): Fault {
  const kind = isObject(value) ? value['kind'] : undefined;
  const wanted = typeof kind === 'string' && Object.hasOwn(MEMBERS, kind) ? MEMBERS[kind as Fault['kind']] : undefined;
  if (!wanted) {
    throw new BadFaults(`${where}.fault.kind: ${JSON.stringify(kind)} is none of ${Object.keys(MEMBERS).join(', ')}`);
  }
  const fault = members(value, `${where}.fault`, { kind: 'string', ...wanted }) as unknown as Fault;
  if ((fault.kind === 'fail' || fault.kind === 'stuck') && !MUTATIONS.includes(operation)) {
    throw new BadFaults(
      `${where}: only create, update and delete can be ${fault.kind === 'fail' ? 'failed' : 'stuck'}`,
    );
  }
  if (fault.kind === 'fail' && !HANDLER_ERRORS.includes(fault.errorCode)) {
    throw new BadFaults(`${where}.fault.errorCode: ${fault.errorCode} is none of ${HANDLER_ERRORS.join(', ')}`);
  }
  if (fault.kind === 'notFoundAfterCreate' && operation !== 'CreateResource') {
    throw new BadFaults(`${where}: notFoundAfterCreate needs operation create`);
  }
  if (fault.kind === 'fail' && fault.leaveRemnant && operation === 'DeleteResource') {
    throw new BadFaults(`${where}: a failed delete leaves everything anyway`);
  }
  return fault;
}

function members(value: unknown, where: string, wanted: Readonly<Record<string, string>>): JsonObject {
  if (!isObject(value)) throw new BadFaults(`${where}: an object is wanted`);
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(wanted, key)) throw new BadFaults(`${where}: unknown member ${JSON.stringify(key)}`);
  }
  for (const [key, kind] of Object.entries(wanted)) {
    const given = value[key];
    const plain = kind.replace('?', '');
    if (given === undefined) {
      if (!kind.endsWith('?')) throw new BadFaults(`${where}: member ${key} is missing`);
    } else if (plain !== 'any' && (Array.isArray(given) ? 'array' : typeof given) !== plain) {
      throw new BadFaults(`${where}.${key}: ${plain} is wanted`);
    }
  }
  return value;
}

/** What a call is about, as far as rules look at it. */
export interface Subject {
  operation: string;
  type?: string | undefined;
  properties?: JsonObject | undefined;
}

/** The fault that hits this call: that of the first rule that matches. Counts the call for every rule it matches. */
export function chooseFault(store: Store, rules: readonly FaultRule[], subject: Subject): Fault | undefined {
  let chosen: Fault | undefined;
  rules.forEach((rule, index) => {
    if (!concerns(rule.match, subject)) return;
    // A rule may name values of properties, which the database does not hold in plain text.
    const key = store.hash(`${index} ${JSON.stringify(rule)}`);
    const hits = Number(store.get('SELECT hits FROM fault_hits WHERE rule = ?', key)?.['hits'] ?? 0) + 1;
    store.run('INSERT OR REPLACE INTO fault_hits VALUES (?, ?)', key, hits);
    const { nth, probability = 1, seed = 0 } = rule.match;
    if (nth !== undefined && ![nth].flat().includes(hits)) return;
    if (fraction(`${seed} ${index} ${hits}`) >= probability) return;
    chosen ??= rule.fault;
  });
  return chosen;
}

function concerns({ operation, type, properties }: FaultRule['match'], subject: Subject): boolean {
  if (operation !== subject.operation) return false;
  if (type !== undefined) {
    const name = subject.type ?? '';
    if (type.endsWith('*') ? !name.startsWith(type.slice(0, -1)) : name !== type) return false;
  }
  return Object.entries(properties ?? {}).every(([key, value]) => sameJson(subject.properties?.[key], value));
}
