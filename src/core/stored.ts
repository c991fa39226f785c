// Plans as text, the form in which they are stored and executed. A stored plan is believed only if it is, to the byte
// of its meaning, the one that its digest was made of.
import type { Plan } from '#wasm';
import { AssentError } from '../domain/errors.ts';
import { isTrap, pure } from './instance.ts';

/** The core's own text of plans that came from one: an integer that a double cannot hold is exact in it. */
const texts = new WeakMap<Plan, string>();

/** The plan of a text that the core wrote. */
export function planOf(text: string): Plan {
  const plan = JSON.parse(text) as Plan;
  texts.set(plan, text);
  return plan;
}

/** The text to store of a plan. */
export function textOf(plan: Plan): string {
  return texts.get(plan) ?? JSON.stringify(plan);
}

/**
 * A plan that was stored under `digest`. Throws AssentError `plan_altered` when the text is no plan, not that one, or not
 * what it was when the digest was made: whoever approved it approved something else.
 */
export function storedPlan(text: string, digest: string): Plan {
  // What cannot be read is not what was stored.
  const computed = pure('planDigest', (wasm) => {
    try {
      return wasm.planDigest(text);
    } catch (error) {
      if (isTrap(error)) throw error;
      return undefined;
    }
  });
  if (computed !== digest) throw planAltered(digest);
  const plan = planOf(text);
  if (plan.digest !== digest) throw planAltered(digest);
  return plan;
}

/** The refusal of a plan that is not the one that was approved. */
export function planAltered(digest: string): AssentError {
  return new AssentError('plan_altered', `The stored plan ${digest} is not what it was when it was made.`, {
    help: 'Somebody or something has changed it in the store. Nothing is done with it: plan anew.',
    kind: 'refused',
  });
}
