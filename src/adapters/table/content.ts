// Values as blobs under their SHA-256: what is too large for an item, or never changes.
import { createHash } from 'node:crypto';
import type { BlobKind, Blobs } from '../../app/ports.ts';
import { InvalidInput } from '../../domain/errors.ts';

/** Keeps a JSON value; resolves with its digest. */
export async function keep(blobs: Blobs, kind: Exclude<BlobKind, 'plan'>, value: unknown): Promise<string> {
  const text = JSON.stringify(value);
  const digest = sha256(text);
  await blobs.put(kind, digest, text);
  return digest;
}

/** The value kept under a digest. Rejects with `state_corrupt` when it is not there, or not what was kept. */
export async function kept<T>(blobs: Blobs, kind: Exclude<BlobKind, 'plan'>, digest: string): Promise<T> {
  const text = await blobs.get(kind, digest);
  if (text === undefined) throw corrupt(`${kind} ${digest} is missing`);
  if (sha256(text) !== digest) throw corrupt(`${kind} ${digest} was changed`);
  return JSON.parse(text) as T;
}

/** The error for content that this program never wrote. */
export function corrupt(what: string, cause?: unknown): InvalidInput {
  return new InvalidInput('state_corrupt', `The state is damaged: ${what}.`, {
    help: 'Restore it from a backup, or start with another one. Deployed resources are not affected.',
    cause,
  });
}

/** JSON that was read from an item. */
export function parsed<T>(text: string | number | undefined, what: string): T {
  try {
    return JSON.parse(String(text)) as T;
  } catch (error) {
    throw corrupt(`${what} is not JSON`, error);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
