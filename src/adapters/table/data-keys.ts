// Envelope encryption: what is kept is sealed under a data key, the data key is kept wrapped by a key that is elsewhere.

/** Where data keys come from; what is wrapped can be unwrapped only with the same context. */
export interface DataKeys {
  /** 32 bytes, and the same wrapped: printable ASCII without a colon. */
  fresh(context: Record<string, string>): Promise<{ key: Buffer; wrapped: string }>;
  /** Rejects where it was wrapped by another key, or for another context. */
  unwrapped(wrapped: string, context: Record<string, string>): Promise<Buffer>;
}

/** A context as what is authenticated with a ciphertext. */
export function contextBytes(context: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify(context));
}
