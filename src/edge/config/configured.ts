// What a configuration file asks for: the circle, and the keys that proofs are verified against. What reads it is loaded only where there is something to read.
import { existsSync } from 'node:fs';
import type { TrustedKey } from '#wasm';
import type { Circle } from '../../app/gate/circle.ts';

/** Where a configuration is looked for when nobody names one. */
const USUAL = 'assent.config.yaml';

/** Of the named file; without a name, of the usual one in the working directory, and `undefined` where there is none. */
export async function configuredCircle(named: string | undefined): Promise<Circle | undefined> {
  if (named === undefined && !existsSync(USUAL)) return undefined;
  return circleIn(named ?? USUAL);
}

/** The keys that are pinned there; none where there is no file. Rejects with InvalidInput `invalid_config`. */
export async function configuredKeys(named: string | undefined): Promise<TrustedKey[]> {
  if (named === undefined && !existsSync(USUAL)) return [];
  const { readConfig } = await import('./file.ts');
  const { keys = [] } = readConfig(named ?? USUAL).audit ?? {};
  return keys.map(({ publicKey, validFrom, validUntil }) => ({
    publicKey,
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
  }));
}

/** Whether what is created is tagged with its stack. Rejects with InvalidInput `invalid_config`. */
export async function configuredTagging(named: string | undefined): Promise<boolean> {
  const file = named ?? USUAL;
  if (!existsSync(file)) return true;
  const { readConfig } = await import('./file.ts');
  return readConfig(file).ownershipTags;
}

/** Of a file. Rejects with InvalidInput `invalid_config` or `file_not_found`. */
export async function circleIn(file: string): Promise<Circle | undefined> {
  const [{ readConfig }, { circleOf }] = await Promise.all([import('./file.ts'), import('./open.ts')]);
  return circleOf(readConfig(file).circle);
}
