// What is large and never changes, by name: the digest of its content.

/** What a blob is; each kind has names of its own. `plan`: under the plan's digest, the others under their
 * SHA-256. `list`: ids of runs, which the workflow itself reads; never sealed. */
export type BlobKind = 'plan' | 'brief' | 'document' | 'state' | 'turn' | 'list';

/** Texts that are kept once and read many times (on AWS: objects in S3). */
export interface Blobs {
  /** Keeps a text; one that is there stays. What it resolved with survives `kill -9`. */
  put(kind: BlobKind, digest: string, text: string): Promise<void>;
  get(kind: BlobKind, digest: string): Promise<string | undefined>;
}
