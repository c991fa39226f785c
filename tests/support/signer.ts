// A key for tests that sign in memory.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { Signer } from '../../src/app/ports.ts';

/** Signs with a fresh key. */
export function aSigner(): Signer & { pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    pem,
    publicKey: async () => Buffer.from(x, 'base64url'),
    sign: async (message) => sign(null, message, privateKey),
    trusted: async () => [{ publicKey: pem }],
  };
}
