// Members of requests, checked as the service's model constrains them; unknown members are refused too.

import { createHash } from 'node:crypto';
import { invalidRequest, validation } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

interface Member {
  kind: 'string' | 'number' | 'object';
  required?: boolean;
  pattern?: RegExp;
  /** Longest text, or largest number. */
  max?: number;
}

const TYPE_NAME: Member = {
  kind: 'string',
  required: true,
  pattern: /^[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}$/,
  max: 196,
};
const TOKEN: Member = { kind: 'string', pattern: /^[-A-Za-z0-9+/=]+$/, max: 128 };
const DOCUMENT: Member = { kind: 'string', required: true, max: 262_144 };
const IDENTIFIER: Member = { kind: 'string', required: true, max: 1024 };
const ROLE: Member = { kind: 'string', pattern: /^arn:.+:iam::\d{12}:role\/.+$/, max: 2048 };
const VERSION: Member = { kind: 'string', max: 128 };
const PAGE: Member = { kind: 'string', max: 2048 };
const SIZE: Member = { kind: 'number', max: 100 };
const COMMON = { TypeName: TYPE_NAME, TypeVersionId: VERSION, RoleArn: ROLE };

export const MEMBERS = {
  CreateResource: { ...COMMON, ClientToken: TOKEN, DesiredState: DOCUMENT },
  UpdateResource: { ...COMMON, ClientToken: TOKEN, Identifier: IDENTIFIER, PatchDocument: DOCUMENT },
  DeleteResource: { ...COMMON, ClientToken: TOKEN, Identifier: IDENTIFIER },
  GetResource: { ...COMMON, Identifier: IDENTIFIER },
  ListResources: { ...COMMON, MaxResults: SIZE, NextToken: PAGE, ResourceModel: { kind: 'string', max: 262_144 } },
  GetResourceRequestStatus: { RequestToken: { ...TOKEN, required: true } },
  ListResourceRequests: { MaxResults: SIZE, NextToken: PAGE, ResourceRequestStatusFilter: { kind: 'object' } },
  CancelResourceRequest: { RequestToken: { ...TOKEN, required: true } },
} as const satisfies Record<string, Record<string, Member>>;

export type OperationName = keyof typeof MEMBERS;

/** Checks a request of the operation. Throws ValidationException naming every member that is wrong. */
export function checkInput(operation: OperationName, input: Json): JsonObject {
  if (!isObject(input)) throw validation('The request is not a JSON object');
  const members: Record<string, Member> = MEMBERS[operation];
  const problems: string[] = [];
  for (const key of Object.keys(input)) {
    if (!Object.hasOwn(members, key)) problems.push(`'${key}' is not a member of ${operation}`);
  }
  for (const [key, member] of Object.entries(members)) {
    const value = input[key];
    const problem =
      value === undefined || value === null ? member.required && 'must not be null' : wrong(member, value);
    if (problem)
      problems.push(`Value at '${key[0]?.toLowerCase()}${key.slice(1)}' failed to satisfy constraint: ${problem}`);
  }
  if (problems.length > 0) {
    const [plural, verb] = problems.length === 1 ? ['error', 'was'] : ['errors', 'were'];
    throw validation(`${problems.length} validation ${plural} detected (${verb} refused): ${problems.join('; ')}`);
  }
  return input;
}

function wrong({ kind, pattern, max = Number.POSITIVE_INFINITY }: Member, value: Json): string | undefined {
  const found = Array.isArray(value) ? 'array' : typeof value;
  if (found !== kind) return `Member must be a ${kind}`;
  if (typeof value === 'number' && !(Number.isInteger(value) && value >= 1 && value <= max)) {
    return `Member must be a whole number between 1 and ${max}`;
  }
  if (typeof value !== 'string') return undefined;
  if (value.length === 0) return 'Member must have length greater than or equal to 1';
  if (value.length > max) return `Member must have length less than or equal to ${max}`;
  return pattern && !pattern.test(value)
    ? `Member must satisfy regular expression pattern: ${pattern.source}`
    : undefined;
}

/** JSON text of a member. Throws InvalidRequestException. */
export function readJson(text: string, member: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw invalidRequest(`${member} is not valid JSON`);
  }
}

/** Equal for requests that ask for the same thing; the client token does not count. */
export function fingerprint(operation: string, input: JsonObject): string {
  const { ClientToken: _, ...rest } = input;
  const members = Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([operation, members]))
    .digest('base64');
}

/** An opaque page mark, bound to the question it continues. */
export function pageMark(question: string, after: string): string {
  return Buffer.from(JSON.stringify([question, after])).toString('base64url');
}

/** Where the page starts. Throws when the mark belongs to another question or is none. */
export function readPageMark(question: string, mark: Json | undefined): string | undefined {
  if (typeof mark !== 'string') return undefined;
  try {
    const [of, after] = JSON.parse(Buffer.from(mark, 'base64url').toString()) as unknown[];
    if (of === question && typeof after === 'string') return after;
  } catch {
    // Not a mark of ours: refused below.
  }
  throw validation('NextToken is not valid for this request');
}
