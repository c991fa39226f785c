// NoEcho values between their submission and the end of their run: AES-256-GCM under a data key of their own, bound to the run
// and to what was submitted, gone at the end or after two days. Nothing else keeps them.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealedFor, Vault } from '../../app/ports/service.ts';
import { corrupt } from './content.ts';
import { keys } from './keys.ts';
import { ConditionFailed, type Table } from './table.ts';

/** Where keys come from; what is wrapped can be unwrapped only with the same context. */
export interface DataKeys {
  /** 32 bytes, and the same wrapped. */
  fresh(context: Record<string, string>): Promise<{ key: Buffer; wrapped: string }>;
  unwrapped(wrapped: string, context: Record<string, string>): Promise<Buffer>;
}

// A day to be approved in, and as long to be worked on.
const LIVES_S = 2 * 24 * 60 * 60;
// NIST SP 800-38D: 96 bits, and a tag of 128.
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class TableVault implements Vault {
  readonly #table: Table;
  readonly #dataKeys: DataKeys;
  readonly #now: () => number;

  constructor(table: Table, dataKeys: DataKeys, now: () => number) {
    this.#table = table;
    this.#dataKeys = dataKeys;
    this.#now = now;
  }

  async seal(sealedFor: SealedFor, values: Readonly<Record<string, string>>): Promise<void> {
    const context = contextOf(sealedFor);
    const { key, wrapped } = await this.#dataKeys.fresh(context);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(JSON.stringify(context)));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(values), 'utf8'), cipher.final()]);
    key.fill(0);
    const body = Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    const expiresAt = Math.ceil(this.#now() / 1_000) + LIVES_S;
    try {
      const put = { ...keys.sealed(sealedFor.runId), fields: { wrapped }, body, expiresAt };
      await this.#table.write([{ put, if: 'absent' }]);
    } catch (error) {
      // The first stays, as the first submission does.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  async open(sealedFor: SealedFor): Promise<Record<string, string>> {
    const item = await this.#table.get(keys.sealed(sealedFor.runId));
    if (item === undefined) return {};
    const context = contextOf(sealedFor);
    const key = await this.#dataKeys.unwrapped(String(item.fields['wrapped']), context);
    const bytes = Buffer.from(item.body ?? '', 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(JSON.stringify(context)));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      return JSON.parse(text) as Record<string, string>;
    } catch {
      // Without the cause, which may quote.
      throw corrupt(`the sealed values of ${sealedFor.runId} are not what was sealed`);
    } finally {
      key.fill(0);
    }
  }

  async forget(runId: string): Promise<void> {
    await this.#table.write([{ delete: keys.sealed(runId) }]);
  }
}

function contextOf({ runId, digest }: SealedFor): Record<string, string> {
  return { run: runId, submission: digest };
}
