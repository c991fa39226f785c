// Keeps secrets out of what the cloud answers, before the engine or the journal sees it.
//
// Two nets, because either alone has holes. By place: a property that was made from a secret is dropped from every
// model, whatever the cloud returned there; this works after a restart too, when the value is no longer known. By
// value: messages are free text, so a known value is masked in them (cleaner.ts), and a property that echoes one is
// dropped; where the value is not known the text of a step that used secrets is withheld.
import type { Cleaner } from './cleaner.ts';

/** Whether a planned value (JSON form of `Expr`) contains a secret anywhere, or a reference that may turn out as one. */
export function hasSecret(desired: unknown): boolean {
  if (Array.isArray(desired)) return desired.some(hasSecret);
  if (typeof desired !== 'object' || desired === null) return false;
  const entries = Object.entries(desired);
  const [only] = entries;
  if (only !== undefined && entries.length === 1) {
    const [key, value] = only;
    if (key === '$secret') return true;
    if (key === '$fn' && Array.isArray(value) && value[0] === 'dynamic') return true;
  }
  return entries.some(([, value]) => hasSecret(value));
}

/**
 * The model without the properties that `desired` makes from secrets. A list is dropped whole when any item of it
 * holds one, for the cloud may answer in another order.
 */
export function withoutSecrets(model: unknown, desired: unknown): unknown {
  if (!isObject(model) || !isObject(desired)) return model;
  const wanted = isObject(desired['$map']) ? desired['$map'] : desired;
  const kept = Object.entries(model).flatMap(([key, value]) => {
    const part = Object.hasOwn(wanted, key) ? wanted[key] : undefined;
    if (part === undefined || !hasSecret(part)) return [[key, value] as const];
    const isInside = isObject(value) && isObject(part) && !isSymbolic(part);
    return isInside ? [[key, withoutSecrets(value, part)] as const] : [];
  });
  return Object.fromEntries(kept);
}

/**
 * The model without the properties that hold a known secret in any form: what a cloud echoes at another property than
 * the one it was sent in.
 */
export function withoutEchoes(model: unknown, cleaner: Cleaner): unknown {
  if (!isObject(model)) return model;
  const kept = Object.entries(model).filter(([, value]) => !cleaner.finds(JSON.stringify(value) ?? ''));
  return Object.fromEntries(kept);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSymbolic(value: Record<string, unknown>): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === '$secret' || keys[0] === '$fn');
}
