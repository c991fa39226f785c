// Data keys from KMS: a fresh one to seal with, and the same again from its wrapped form and its context.
// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>
import type { DataKeys } from '../table/data-keys.ts';
import { type JsonService, jsonCall } from './json-call.ts';

export interface DataKeyOptions extends Omit<JsonService, 'service' | 'target'> {
  /** ARN of the key that wraps them. */
  keyArn: string;
}

export function kmsDataKeys({ keyArn: KeyId, ...service }: DataKeyOptions): DataKeys {
  const kms: JsonService = { ...service, service: 'kms', target: 'TrentService' };
  return {
    async fresh(EncryptionContext) {
      const input = { KeyId, KeySpec: 'AES_256', EncryptionContext };
      type Answer = { Plaintext: string; CiphertextBlob: string };
      const { Plaintext, CiphertextBlob } = await jsonCall<Answer>(kms, 'GenerateDataKey', input);
      return { key: Buffer.from(Plaintext, 'base64'), wrapped: CiphertextBlob };
    },
    async unwrapped(CiphertextBlob, EncryptionContext) {
      const input = { KeyId, CiphertextBlob, EncryptionContext };
      const { Plaintext } = await jsonCall<{ Plaintext: string }>(kms, 'Decrypt', input);
      return Buffer.from(Plaintext, 'base64');
    },
  };
}
