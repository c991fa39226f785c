// Authenticated encryption in the core's own buffers, which are wiped after each call (wasm-core/src/seal.rs).
import { pure } from './instance.ts';

/** Of a nonce; one may be used once with a key. */
export const NONCE_BYTES = 12;

/** AES-256-GCM: nonce, tag and ciphertext. `key`: 32 bytes; it opens only with the same context. */
export function seal(key: Uint8Array, nonce: Uint8Array, context: Uint8Array, plain: Uint8Array): Uint8Array {
  return pure('seal', (wasm) => wasm.seal(key, nonce, context, plain));
}

/** The text that was sealed; `undefined` where key, context or a bit is another one. */
export function unsealed(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): string | undefined {
  return pure('unsealed', (wasm) => wasm.unsealed(key, context, sealed));
}
