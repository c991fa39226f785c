// Finds what a deployment engine forgot to resolve: intrinsic functions, symbolic parts, dynamic references.
// AWS would store most of these as they stand and fail much later, so here they end the request.
//
// Left alone on purpose, because real payloads have them: `${Name}` of shell scripts, Step Functions substitutions,
// VTL and IAM policy variables (`${aws:username}`); `$ref` with a JSON Schema pointer or URL (API Gateway models);
// everything in a TemplateBody, which is a template of its own; the plain text `AWS::NoValue`, which some templates
// write without a Ref.

import { formatPointer, isObject, type Json } from './json.ts';

const MARKS = new Set(['$att', '$secret', '$fn', '$map']);

/** A sentence about the first leftover, undefined when there is none. */
export function findLeftover(value: Json, path: readonly string[] = []): string | undefined {
  if (typeof value === 'string') {
    const what = inText(value);
    return what && `${what} was left unresolved at ${formatPointer(path) || '/'}`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (isObject(value)) {
    const what = inKeys(value);
    if (what) return `${what} was left unresolved at ${formatPointer(path) || '/'}`;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === 'TemplateBody') continue;
    const found = findLeftover(item as Json, [...path, key]);
    if (found) return found;
  }
  return undefined;
}

function inKeys(object: Record<string, Json>): string | undefined {
  const keys = Object.keys(object);
  const intrinsic = keys.find((key) => key.startsWith('Fn::') || MARKS.has(key));
  if (intrinsic) return intrinsic;
  const [only] = keys;
  if (keys.length !== 1 || only === undefined || typeof object[only] !== 'string') return undefined;
  if (only === 'Ref') return 'Ref';
  return only === '$ref' && !/^(#|https?:|\.{0,2}\/)/.test(object[only]) ? '$ref' : undefined;
}

function inText(text: string): string | undefined {
  if (text.includes('{{resolve:')) return 'a dynamic reference';
  if (text.includes('[object Object]')) return 'an object written as text';
  const pseudo = /(?<!\$)\$\{AWS::\w+\}/.exec(text);
  return pseudo ? pseudo[0] : undefined;
}
