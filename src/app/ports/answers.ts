// Answers of experts that cost money, kept for a while so that the same question is paid for once.

/** Texts by the digest of what was asked. */
export interface Answers {
  /** `undefined`: none is kept, or its time is over. */
  get(key: string): Promise<string | undefined>;
  /** Keeps a text until then (ms since the epoch); replaces one that is kept. */
  keep(key: string, text: string, expiresAt: number): Promise<void>;
}
