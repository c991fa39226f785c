// One loaded core per process: what it promises is that a trap never poisons the next call.
//
// A trap (`WebAssembly.RuntimeError`) leaves linear memory in an unknown state, so the instance is dropped and the
// next call loads a fresh one. A malformed call throws a plain Error: our own bug, never retried.
import { createRequire } from 'node:module';
import { AssentError } from '../domain/errors.ts';

export type Wasm = typeof import('#wasm');

// A bare ESM import does not look in NODE_PATH, where a Lambda layer lives; `require` does.
const require = createRequire(import.meta.url);

let loaded: Wasm | undefined;

/** The core, loaded on first use. */
export function instance(): Wasm {
  loaded ??= require('#wasm') as Wasm;
  return loaded;
}

/** Forgets the instance; objects made by it must not be used again. */
export function drop(): void {
  delete require.cache[require.resolve('#wasm')];
  loaded = undefined;
}

/** Whether `error` says that the instance it came from is unusable. */
export function isTrap(error: unknown): boolean {
  return error instanceof Error && error.name === 'RuntimeError';
}

/** The error a caller sees when the core failed in a way it never should. */
export function coreFailed(call: string, cause: unknown): AssentError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new AssentError('internal_error', `The core failed in ${call}: ${detail}`, {
    help: 'This is a bug in Assent. Please report it with the template that led to it.',
    kind: 'failed',
    cause,
  });
}

/**
 * Makes a call that changes nothing in the instance: after a trap it is tried once more in a fresh one.
 * Rejections other than traps, and a second trap, become `internal_error`.
 */
export function pure<T>(name: string, call: (wasm: Wasm) => T): T {
  try {
    return call(instance());
  } catch (error) {
    if (!isTrap(error)) throw coreFailed(name, error);
    drop();
  }
  try {
    return call(instance());
  } catch (error) {
    if (isTrap(error)) drop();
    throw coreFailed(name, error);
  }
}
