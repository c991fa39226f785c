// Signing with KMS: the private key never leaves it. Ed25519 there takes a message of at most 4,096 bytes, raw.
// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>
import { createPublicKey } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TrustedKey } from '#wasm';
import type { Signer } from '../../app/ports.ts';
import { InvalidInput, Unreachable } from '../../domain/errors.ts';
import { type JsonService, jsonCall } from './json-call.ts';

export interface KmsSignerOptions extends Omit<JsonService, 'service' | 'target'> {
  /** Keys (`ECC_NIST_EDWARDS25519`) by id or ARN: the first signs, the others did before it. */
  keyIds: readonly string[];
}

interface PublicKey {
  pem: string;
  raw: Uint8Array;
}

const TRIES = 4;
const PAUSE_MS = 200;

/** Nothing is called before the first use. */
export function kmsSigner({ keyIds, ...service }: KmsSignerOptions): Signer {
  const kms: JsonService = { ...service, service: 'kms', target: 'TrentService' };
  /** They never change: asked for once. */
  const known = new Map<string, Promise<PublicKey>>();
  const read = (id: string): Promise<PublicKey> => {
    const key = known.get(id) ?? publicKeyOf(kms, id);
    known.set(id, key);
    // One that failed is asked for anew.
    key.catch(() => known.delete(id));
    return key;
  };
  const signing = (): string => {
    const [first] = keyIds;
    if (first === undefined) throw new InvalidInput('environment_invalid', 'ASSENT_SIGNING_KEYS is not set.');
    return first;
  };
  return {
    publicKey: async () => (await read(signing())).raw,
    trusted: async () => {
      const keys = await Promise.all(keyIds.map(read));
      return keys.map(({ pem }): TrustedKey => ({ publicKey: pem }));
    },
    sign: async (message) => {
      const Message = Buffer.from(message).toString('base64');
      const wanted = { KeyId: signing(), Message, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' };
      const { Signature } = await answered<{ Signature: string }>(kms, 'Sign', wanted);
      return Buffer.from(Signature, 'base64');
    },
  };
}

async function publicKeyOf(kms: JsonService, id: string): Promise<PublicKey> {
  const answer = await answered<{ PublicKey: string }>(kms, 'GetPublicKey', { KeyId: id });
  const key = createPublicKey({ key: Buffer.from(answer.PublicKey, 'base64'), format: 'der', type: 'spki' });
  const { x = '' } = key.export({ format: 'jwk' });
  return { pem: key.export({ type: 'spki', format: 'pem' }) as string, raw: Buffer.from(x, 'base64url') };
}

/** Signing the same again does no harm, so what may pass is tried again. */
async function answered<Answer>(kms: JsonService, operation: string, input: object): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await jsonCall<Answer>(kms, operation, input);
    } catch (error) {
      const { name, message, status = 0 } = error as Error & { status?: number };
      const passes = status === 0 || status >= 500 || name === 'ThrottlingException';
      if (!passes || tries === TRIES) {
        throw new Unreachable(`The key that signs did not answer: ${name}: ${message}`, {
          help: 'Without it nothing is deployed. Look at the key in KMS, and at kms:Sign and kms:GetPublicKey of the role.',
          cause: error,
        });
      }
      await pause(PAUSE_MS * 2 ** (tries - 1));
    }
  }
}
