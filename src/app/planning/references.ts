// Reads the dynamic references of a plan, so that it is judged and approved with their values.
//
// They are read once more when they are sent (run/secrets.ts), and a value that has changed since is refused there. One
// that cannot be read now (no permission, or its secret is yet to be made by hand) is no error: the plan says so.
import type { Reference } from '#wasm';
import { InvalidInput } from '../../domain/errors.ts';
import type { Session } from '../session.ts';
import { fingerprint, type Use } from './fingerprint.ts';

/** What came of reading each id. Rejects with Unreachable, and with InvalidInput where an id is malformed. */
export function readReferences(session: Session, use: Use, ids: readonly string[]): Promise<Reference[]> {
  return Promise.all(ids.map((id) => readReference(session, use, id)));
}

async function readReference({ facts }: Session, use: Use, id: string): Promise<Reference> {
  try {
    const secret = await facts.secret(id);
    return { id, read: { value: secret.reveal(), fingerprint: await fingerprint(use, id, secret) } };
  } catch (error) {
    if (error instanceof InvalidInput && error.code !== 'secret_reference_invalid') return { id };
    throw error;
  }
}
