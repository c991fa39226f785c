// Small texts that all who share the store share: the core's own, changed by many at once.

/** Makes the new text of a note out of the one that is kept. Pure: it may be called more than once. */
export type ChangeNote = (kept: string | undefined) => string;

/** Notes by name. */
export interface Notes {
  get(name: string): Promise<string | undefined>;
  /** Replaces a note, atomically towards all who share the store. What `change` throws rejects and changes nothing. */
  change(name: string, change: ChangeNote): Promise<void>;
}

/**
 * The rate that an account and region accept, and who has which share of it; a share that is not claimed again within
 * seconds is free. Named by place.
 */
export interface Limits extends Notes {}

/** Whose changes somebody has changed by hand since, named by stack key: see gate/drifts.ts. */
export interface Drifts extends Notes {}

/** How long operations take; named by place, and by speed where that is not AWS's. */
export interface Estimates extends Notes {}
