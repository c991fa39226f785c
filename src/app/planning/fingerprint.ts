// Says whether a NoEcho value is the same as last time, without storing it.
//
// scrypt (RFC 7914) salted with where the value is used: the same on every machine, so a plan made here and approved
// there agree, and slow enough that a stored fingerprint is no shortcut to a guessable password.
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context } from '#wasm';

const derive = promisify<string, string, number, Buffer>(scrypt);

/** Secret id (`parameter:Name`) to hex, for the given NoEcho values. */
export async function fingerprints(
  stack: string,
  { account, region, partition }: Context,
  values: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const pairs = await Promise.all(
    Object.entries(values).map(async ([name, value]) => {
      const salt = JSON.stringify(['assent-fingerprint-1', partition, account, region, stack, name]);
      return [`parameter:${name}`, (await derive(value, salt, 32)).toString('hex')] as const;
    }),
  );
  return Object.fromEntries(pairs);
}
