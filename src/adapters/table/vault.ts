// NoEcho values between their submission and the end of their run: AES-256-GCM under a data key of their own, bound to the run
// and to what was submitted, gone at the end or after two days. Nothing else keeps them.
import { randomBytes } from 'node:crypto';
import type { SealedFor, Vault } from '../../app/ports/service.ts';
import { NONCE_BYTES, seal, unsealed } from '../../core/seal.ts';
import { concealed, type NoEchoValues, revealed } from '../../domain/secret.ts';
import { corrupt } from './content.ts';
import { contextBytes, type DataKeys } from './data-keys.ts';
import { keys } from './keys.ts';
import { ConditionFailed, type Table } from './table.ts';

// A day to be approved in, and as long to be worked on.
const LIVES_S = 2 * 24 * 60 * 60;

export class TableVault implements Vault {
  readonly #table: Table;
  readonly #dataKeys: DataKeys;
  readonly #now: () => number;

  constructor(table: Table, dataKeys: DataKeys, now: () => number) {
    this.#table = table;
    this.#dataKeys = dataKeys;
    this.#now = now;
  }

  async seal(sealedFor: SealedFor, values: NoEchoValues): Promise<void> {
    const context = contextOf(sealedFor);
    const { key, wrapped } = await this.#dataKeys.fresh(context);
    const plain = Buffer.from(JSON.stringify(revealed(values)));
    const body = Buffer.from(seal(key, randomBytes(NONCE_BYTES), contextBytes(context), plain)).toString('base64');
    key.fill(0);
    plain.fill(0);
    const expiresAt = Math.ceil(this.#now() / 1_000) + LIVES_S;
    try {
      const put = { ...keys.sealed(sealedFor.runId), fields: { wrapped }, body, expiresAt };
      await this.#table.write([{ put, if: 'absent' }]);
    } catch (error) {
      // The first stays, as the first submission does.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  async open(sealedFor: SealedFor): Promise<NoEchoValues> {
    const item = await this.#table.get(keys.sealed(sealedFor.runId));
    if (item === undefined) return {};
    const context = contextOf(sealedFor);
    const key = await this.#dataKeys.unwrapped(String(item.fields['wrapped']), context);
    const text = unsealed(key, contextBytes(context), Buffer.from(item.body ?? '', 'base64'));
    key.fill(0);
    if (text === undefined) throw corrupt(`the sealed values of ${sealedFor.runId} are not what was sealed`);
    return concealed(JSON.parse(text) as Record<string, string>);
  }

  async forget(runId: string): Promise<void> {
    await this.#table.write([{ delete: keys.sealed(runId) }]);
  }
}

function contextOf({ runId, digest }: SealedFor): Record<string, string> {
  return { run: runId, submission: digest };
}
