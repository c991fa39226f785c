// Data keys as KMS gives them: a wrapped one is unwrapped with the very context that it was wrapped with, or not at all.
import { randomBytes } from 'node:crypto';
import type { DataKeys } from '../../src/adapters/table/data-keys.ts';

export function memoryDataKeys(): DataKeys {
  const known = new Map<string, { key: Buffer; context: string }>();
  return {
    async fresh(context) {
      const key = randomBytes(32);
      const wrapped = `wrapped-${known.size}`;
      known.set(wrapped, { key: Buffer.from(key), context: JSON.stringify(context) });
      return { key, wrapped };
    },
    async unwrapped(wrapped, context) {
      const found = known.get(wrapped);
      if (found?.context !== JSON.stringify(context)) throw new Error('InvalidCiphertextException');
      return Buffer.from(found.key);
    },
  };
}
