// Says whether a secret is the same as last time, or as when it was judged, without storing it.
//
// scrypt (RFC 7914) salted with where the value is used: the same on every machine, so a plan made here and approved
// there agree, and slow enough that a stored fingerprint is no shortcut to a guessable password.
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context } from '#wasm';
import type { NoEchoValues, Secret } from '../../domain/secret.ts';

const PARAMETER = 'parameter:';
const derive = promisify<string, string, number, Buffer>(scrypt);

/** Where a secret is used. */
export interface Use {
  stack: string;
  context: Pick<Context, 'account' | 'region' | 'partition'>;
}

/** Secret id (`parameter:Name`) to hex, for the given NoEcho values. */
export async function fingerprints(use: Use, values: NoEchoValues): Promise<Record<string, string>> {
  const pairs = await Promise.all(
    Object.entries(values).map(async ([name, value]) => {
      const id = `parameter:${name}`;
      return [id, await fingerprint(use, id, value)] as const;
    }),
  );
  return Object.fromEntries(pairs);
}

/** The fingerprint of one secret: a NoEcho parameter (`parameter:Name`) or a dynamic reference, as in the plan. */
export async function fingerprint({ stack, context }: Use, id: string, secret: Secret): Promise<string> {
  const { account, region, partition } = context;
  // A parameter goes by its name alone, as it did before references had fingerprints; no name is a reference's id.
  const name = id.startsWith(PARAMETER) ? id.slice(PARAMETER.length) : id;
  const salt = JSON.stringify(['assent-fingerprint-1', partition, account, region, stack, name]);
  const value = secret.reveal();
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (await derive(text, salt, 32)).toString('hex');
}
