// Signing with KMS: the private key never leaves it. Ed25519 there takes a message of at most 4,096 bytes, raw.
// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>
import { createPublicKey } from 'node:crypto';
import type { KMS } from '@aws-sdk/client-kms';
import type { TrustedKey } from '#wasm';
import type { Signer } from '../../app/ports.ts';
import { InvalidInput, Unreachable } from '../../domain/errors.ts';

/** Opens a signer over KMS keys (`ECC_NIST_EDWARDS25519`), by id or ARN: the first signs, the others did before it. */
export async function openKmsSigner({
  region,
  keyIds,
}: {
  region: string;
  keyIds: readonly string[];
}): Promise<Signer> {
  const { KMS } = await import('@aws-sdk/client-kms');
  return new KmsSigner(new KMS({ region, maxAttempts: 8 }), keyIds);
}

export class KmsSigner implements Signer {
  readonly #client: KMS;
  readonly #keyIds: readonly string[];
  /** Public keys never change: asked for once. */
  readonly #public = new Map<string, Promise<{ pem: string; raw: Uint8Array }>>();

  constructor(client: KMS, keyIds: readonly string[]) {
    this.#client = client;
    this.#keyIds = keyIds;
  }

  async publicKey(): Promise<Uint8Array> {
    return (await this.#read(this.#signing())).raw;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    const wanted = { MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' } as const;
    const { Signature } = await answered(this.#client.sign({ KeyId: this.#signing(), Message: message, ...wanted }));
    return Signature ?? new Uint8Array();
  }

  async trusted(): Promise<TrustedKey[]> {
    const keys = await Promise.all(this.#keyIds.map((id) => this.#read(id)));
    return keys.map(({ pem }) => ({ publicKey: pem }));
  }

  #signing(): string {
    const [first] = this.#keyIds;
    if (first === undefined) throw new InvalidInput('environment_invalid', 'ASSENT_SIGNING_KEYS is not set.');
    return first;
  }

  #read(id: string): Promise<{ pem: string; raw: Uint8Array }> {
    const known = this.#public.get(id) ?? this.#ask(id);
    this.#public.set(id, known);
    // One that failed is asked for anew.
    known.catch(() => this.#public.delete(id));
    return known;
  }

  async #ask(id: string): Promise<{ pem: string; raw: Uint8Array }> {
    const { PublicKey = new Uint8Array() } = await answered(this.#client.getPublicKey({ KeyId: id }));
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    const { x = '' } = key.export({ format: 'jwk' });
    return { pem: key.export({ type: 'spki', format: 'pem' }) as string, raw: Buffer.from(x, 'base64url') };
  }
}

async function answered<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { name, message } = error as Error;
    throw new Unreachable(`The key that signs did not answer: ${name}: ${message}`, {
      help: 'Without it nothing is deployed. Look at the key in KMS, and at kms:Sign and kms:GetPublicKey of the role.',
      cause: error,
    });
  }
}
