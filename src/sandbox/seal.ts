// Property values at rest: sealed by AES-256-GCM under `sandbox.key`, a file beside the database that only its owner can
// read. A copy of the database alone tells no value; what SQL looks for is kept as a keyed hash.

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MARK = 'sealed:';

/** Makes the folder, for its owner alone; one that is there stays as it is. */
export function privateFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

/** Makes the file where there is none; either way only its owner may read it from now on. */
export function privateFile(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/** Seals and opens texts under one key. */
export class Seal {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** `place` is bound in: what was sealed for one place opens in no other. */
  close(text: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return MARK + sealed.toString('base64');
  }

  /** Throws when the key is another one or the text was changed. */
  open(sealed: string, place: string): string {
    const bytes = Buffer.from(sealed.slice(MARK.length), 'base64');
    const [body, tag] = [bytes.subarray(NONCE_BYTES, -TAG_BYTES), bytes.subarray(-TAG_BYTES)];
    const cipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(Buffer.from(place)).setAuthTag(tag);
    return Buffer.concat([cipher.update(body), cipher.final()]).toString('utf8');
  }

  /** The same for equal texts, and telling nothing of them without the key. */
  hash(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}

export const isSealed = (text: string): boolean => text.startsWith(MARK);

/** The seal of a state folder; its key is made on first use, by one of any number of processes. */
export function openSeal(dir: string): Seal {
  const path = join(dir, 'sandbox.key');
  for (;;) {
    try {
      const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
      if (key.length !== KEY_BYTES) throw new Error(`${path} is damaged: it holds no key of ${KEY_BYTES} bytes`);
      privateFile(path);
      return new Seal(key);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      make(path);
    }
  }
}

/** Whole or not at all: written beside, then linked, which only one process can. */
function make(path: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
