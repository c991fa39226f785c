// The key that signs: Ed25519 in a PEM file beside the store, made on first use for its owner alone. A file may hold
// several keys: the first signs, the others (public ones will do) are those before it, whose statements stay believed.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrustedKey } from '#wasm';
import type { Signer } from '../../app/ports.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { addFile, KEY_FILE } from './folder.ts';

const PEM = /-----BEGIN (PUBLIC|PRIVATE) KEY-----[^-]*-----END \1 KEY-----/g;

export interface KeyFileOptions {
  dir: string;
  /** In its place: a PEM text, or a file of one. */
  given?: string | undefined;
  /** Whether nothing has been signed here yet: only then a key is made. */
  mayMake: () => Promise<boolean>;
}

/** Nothing is read before the first use; rejects with InvalidInput `signing_key_unreadable`. */
export class KeyFile implements Signer {
  readonly #options: KeyFileOptions;
  #keys: Promise<Keys> | undefined;

  constructor(options: KeyFileOptions) {
    this.#options = options;
  }

  async publicKey(): Promise<Uint8Array> {
    return (await this.#read()).raw;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    return sign(null, message, (await this.#read()).signing);
  }

  async trusted(): Promise<TrustedKey[]> {
    return (await this.#read()).trusted;
  }

  #read(): Promise<Keys> {
    this.#keys ??= read(this.#options);
    return this.#keys;
  }
}

interface Keys {
  signing: KeyObject;
  trusted: TrustedKey[];
  raw: Uint8Array;
}

async function read({ dir, given, mayMake }: KeyFileOptions): Promise<Keys> {
  if (given?.includes('-----BEGIN')) return keysOf(given, 'ASSENT_KEY');
  const file = given ?? join(dir, KEY_FILE);
  try {
    if (given === undefined && !existsSync(file) && (await mayMake())) make(dir);
    return keysOf(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw unreadable(`${file} cannot be read`, error);
  }
}

/** Whichever process is first makes it. */
function make(dir: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  addFile(dir, KEY_FILE, (draft) => writeFileSync(draft, pem));
}

function keysOf(text: string, name: string): Keys {
  const blocks = text.match(PEM) ?? [];
  const [first] = blocks;
  try {
    if (first === undefined) throw new Error('there is no key in it');
    const signing = createPrivateKey(first);
    const publics = blocks.map((block) => createPublicKey(block));
    const other = publics.find(({ asymmetricKeyType }) => asymmetricKeyType !== 'ed25519');
    if (other !== undefined) throw new Error(`a key in it is ${other.asymmetricKeyType}`);
    const trusted = publics.map((key) => ({ publicKey: key.export({ type: 'spki', format: 'pem' }) as string }));
    const { x = '' } = createPublicKey(signing).export({ format: 'jwk' });
    return { signing, trusted, raw: Buffer.from(x, 'base64url') };
  } catch (error) {
    throw unreadable(`${name} holds no Ed25519 private key in PEM`, error);
  }
}

function unreadable(what: string, cause: unknown): InvalidInput {
  return new InvalidInput('signing_key_unreadable', `The key that signs is not usable: ${what}.`, {
    help: 'Without it nothing is deployed. Restore it; or begin with another key, and earlier runs are not believed any more: `openssl genpkey -algorithm ed25519`, in that file or in one that ASSENT_KEY names.',
    cause,
  });
}
