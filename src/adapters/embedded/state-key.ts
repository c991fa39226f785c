// The key that data keys of the embedded store are wrapped with: 32 bytes that whoever runs it holds elsewhere.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { NONCE_BYTES, seal, unsealed } from '../../core/seal.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { contextBytes, type DataKeys } from '../table/data-keys.ts';
import { stateSealed } from '../table/sealer.ts';

const KEY_BYTES = 32;

/** `given`: 32 bytes in Base64, or a file of them. Throws InvalidInput `state_key_unreadable`. */
export function localDataKeys(given: string): DataKeys {
  const key = keyIn(given) ?? keyIn(read(given));
  if (key === undefined) throw unreadable('it is not 32 bytes in Base64, nor a file of them');
  return {
    async fresh(context) {
      const fresh = randomBytes(KEY_BYTES);
      const text = Buffer.from(fresh.toString('base64'));
      const wrapped = seal(key, randomBytes(NONCE_BYTES), contextBytes(context), text);
      text.fill(0);
      return { key: fresh, wrapped: Buffer.from(wrapped).toString('base64') };
    },
    async unwrapped(wrapped, context) {
      const text = unsealed(key, contextBytes(context), Buffer.from(wrapped, 'base64'));
      if (text === undefined) throw stateSealed('with another key');
      return Buffer.from(text, 'base64');
    },
  };
}

/** Canonical Base64 of exactly so many bytes. */
function keyIn(text: string): Buffer | undefined {
  const trimmed = text.trim();
  const bytes = Buffer.from(trimmed, 'base64');
  return bytes.length === KEY_BYTES && bytes.toString('base64') === trimmed ? bytes : undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // Without what was given: it may be a key with a slip in it.
    throw unreadable('it is not 32 bytes in Base64, and no file of that name can be read', error);
  }
}

function unreadable(what: string, cause?: unknown): InvalidInput {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return new InvalidInput(
    'state_key_unreadable',
    `ASSENT_STATE_KEY is not usable: ${what}${code === undefined ? '' : ` (${code})`}.`,
    {
      help: 'Make one with `openssl rand -base64 32`, and keep it where the state is not.',
    },
  );
}
