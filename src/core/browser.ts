// The core in a browser, in place of instance.ts (scripts/verify-page.mjs): nothing loads it from a file, and after a trap
// the page has to be loaded again.
import { AssentError } from '../domain/errors.ts';
import type { Wasm } from './instance.ts';

/** The bundler's; the module is run when it is called. */
declare const require: (name: string) => unknown;

let loaded: Wasm | undefined;

/** Makes the call; whatever it throws becomes `internal_error`. */
export function pure<T>(name: string, call: (wasm: Wasm) => T): T {
  try {
    loaded ??= require('#wasm') as Wasm;
    return call(loaded);
  } catch (error) {
    throw new AssentError('internal_error', `The core failed in ${name}: ${error}`, { kind: 'failed', cause: error });
  }
}
