// Whether a plan is the one that was approved before the exports it imports were there: everything is the same, but where
// the approved one said that a value is not known yet.
import type { Plan } from '#wasm';

/** Not part of a plan's digest. */
const ASIDE = new Set(['digest', 'estimateMs']);

/** Slash-separated paths at which `now` is not what was approved. */
export function differences(approved: Plan, now: Plan): string[] {
  const found: string[] = [];
  compare(approved, now, '', found);
  return found;
}

function compare(approved: unknown, now: unknown, path: string, found: string[]): void {
  if (isUnmade(approved)) return;
  if (!isObject(approved) || !isObject(now) || Array.isArray(approved) !== Array.isArray(now)) {
    if (approved !== now) found.push(path);
    return;
  }
  for (const key of new Set([...Object.keys(approved), ...Object.keys(now)])) {
    if (!ASIDE.has(key)) compare(approved[key], now[key], path === '' ? key : `${path}/${key}`, found);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether it is an import that was not made yet, or a function of one: the core's form of expressions. */
function isUnmade(value: unknown): boolean {
  if (!isObject(value) || Array.isArray(value)) return false;
  const [key, ...more] = Object.keys(value);
  if (more.length > 0) return false;
  return key === '$import' || (key === '$fn' && holdsImport(value['$fn']));
}

function holdsImport(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.hasOwn(value, '$import') || Object.values(value).some(holdsImport);
}
