// Who signs: a key that never leaves its place.
import type { TrustedKey } from '#wasm';

/** Rejects with InvalidInput `signing_key_unreadable`, or Unreachable where the key is elsewhere. */
export interface Signer {
  /** The 32 bytes of the Ed25519 key that signs now (RFC 8032). */
  publicKey(): Promise<Uint8Array>;
  /** Signs at most 4,096 bytes; 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
  /** Keys whose statements are believed here: the one that signs, and those before it. */
  trusted(): Promise<TrustedKey[]>;
}
