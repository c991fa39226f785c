// Seals texts for where they are kept. Each is sealed under a data key of its own, bound to its place: a text that is moved
// elsewhere does not open. The data key is derived (HKDF, RFC 5869) from one that this process asked for not long ago, so
// that not every write waits for a key service; that one lies beside the text, wrapped.
import { hkdfSync, randomBytes } from 'node:crypto';
import { NONCE_BYTES, seal, unsealed } from '../../core/seal.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { corrupt } from './content.ts';
import type { DataKeys } from './data-keys.ts';

// No JSON text begins so.
const MARK = 'sealed:1:';
const SALT_BYTES = 32;
const KEY_BYTES = 32;
const CONTEXT = { purpose: 'assent-state-1' };

// A key in use is one that can be stolen from memory: each is used for a while only.
const USED_MS = 15 * 60_000;
// Every process that wrote what is read has one.
const MOST_OPENED = 256;

interface Wrapped {
  key: Buffer;
  wrapped: string;
}

/** What keeps no text in plain. */
export class Sealer {
  readonly #dataKeys: DataKeys;
  readonly #now: () => number;
  #current: { key: Promise<Wrapped>; until: number } | undefined;
  readonly #opened = new Map<string, Promise<Buffer>>();

  /** `now`: ms since the epoch. */
  constructor(dataKeys: DataKeys, now: () => number) {
    this.#dataKeys = dataKeys;
    this.#now = now;
  }

  /** The text, sealed for a place: a third longer, and less than a kilobyte. */
  async seal(text: string, place: string): Promise<string> {
    const { key, wrapped } = await this.#fresh();
    const [salt, plain] = [randomBytes(SALT_BYTES), Buffer.from(text)];
    const dataKey = derived(key, salt);
    const sealed = seal(dataKey, randomBytes(NONCE_BYTES), Buffer.from(place), plain);
    dataKey.fill(0);
    plain.fill(0);
    return `${MARK}${wrapped}:${Buffer.concat([salt, sealed]).toString('base64')}`;
  }

  /** The text that was sealed for this place. Rejects with `state_corrupt`, or as the key service does. */
  async open(sealed: string, place: string): Promise<string> {
    const [wrapped = '', body = ''] = sealed.slice(MARK.length).split(':');
    const bytes = Buffer.from(body, 'base64');
    const dataKey = derived(await this.#unwrapped(wrapped), bytes.subarray(0, SALT_BYTES));
    const text = unsealed(dataKey, Buffer.from(place), bytes.subarray(SALT_BYTES));
    dataKey.fill(0);
    if (text === undefined) throw corrupt(`${place} is not what was sealed`);
    return text;
  }

  #fresh(): Promise<Wrapped> {
    const now = this.#now();
    if (this.#current === undefined || now >= this.#current.until) {
      const key = this.#dataKeys.fresh(CONTEXT);
      const current = { key, until: now + USED_MS };
      this.#current = current;
      key.catch(() => {
        if (this.#current === current) this.#current = undefined;
      });
    }
    return this.#current.key;
  }

  #unwrapped(wrapped: string): Promise<Buffer> {
    const known = this.#opened.get(wrapped);
    if (known !== undefined) return known;
    const [oldest] = this.#opened.keys();
    if (this.#opened.size >= MOST_OPENED && oldest !== undefined) this.#opened.delete(oldest);
    const asked = this.#dataKeys.unwrapped(wrapped, CONTEXT);
    this.#opened.set(wrapped, asked);
    asked.catch(() => this.#opened.delete(wrapped));
    return asked;
  }
}

/** Whether a text that was kept is a sealed one. */
export function isSealed(text: string): boolean {
  return text.startsWith('sealed:');
}

/** The refusal where what is kept is sealed and no key, or another one, is at hand. */
export function stateSealed(what: string, cause?: unknown): InvalidInput {
  return new InvalidInput('state_sealed', `The state is sealed: ${what}.`, {
    help: 'Give the key that it was sealed with in ASSENT_STATE_KEY (docs/security.md). Without it nothing of it can be read.',
    cause,
  });
}

function derived(key: Buffer, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, CONTEXT.purpose, KEY_BYTES));
}
