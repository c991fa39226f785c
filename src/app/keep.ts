// JSON values as blobs under their SHA-256, for whoever is told that and nothing more.
import { createHash } from 'node:crypto';
import type { Blobs } from './ports.ts';

/** Keeps one; resolves with its digest. */
export async function keepValue(blobs: Blobs, kind: 'document' | 'list', value: unknown): Promise<string> {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  await blobs.put(kind, digest, text);
  return digest;
}
