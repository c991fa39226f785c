// JSON values as blobs under their SHA-256, for whoever is told that and nothing more.
import { createHash } from 'node:crypto';
import type { Blobs } from './ports.ts';

/** Keeps one; resolves with its digest. */
export async function keepValue(blobs: Blobs, kind: 'document' | 'list', value: unknown): Promise<string> {
  const text = JSON.stringify(value);
  const digest = sha256(text);
  await blobs.put(kind, digest, text);
  return digest;
}

/** One that was kept; `undefined` where it is gone or was changed. */
export async function keptValue<T>(blobs: Blobs, kind: 'document' | 'list', digest: string): Promise<T | undefined> {
  const text = await blobs.get(kind, digest);
  return text === undefined || sha256(text) !== digest ? undefined : (JSON.parse(text) as T);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
