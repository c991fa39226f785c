// Documents under their SHA-256, for whoever is told that and nothing more.
import { createHash } from 'node:crypto';
import type { Blobs } from './ports.ts';

/** Keeps a JSON value; resolves with its digest. */
export async function keepDocument(blobs: Blobs, value: unknown): Promise<string> {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  await blobs.put('document', digest, text);
  return digest;
}
