// The circle that a configuration file asks for. What reads it is loaded only where there is something to read.
import { existsSync } from 'node:fs';
import type { Circle } from '../../app/gate/circle.ts';

/** Where a configuration is looked for when nobody names one. */
const USUAL = 'assent.config.yaml';

/** Of the named file; without a name, of the usual one in the working directory, and `undefined` where there is none. */
export async function configuredCircle(named: string | undefined): Promise<Circle | undefined> {
  if (named === undefined && !existsSync(USUAL)) return undefined;
  return circleIn(named ?? USUAL);
}

/** Of a file. Rejects with InvalidInput `invalid_config` or `file_not_found`. */
export async function circleIn(file: string): Promise<Circle | undefined> {
  const [{ readConfig }, { circleOf }] = await Promise.all([import('./file.ts'), import('./open.ts')]);
  return circleOf(readConfig(file).circle);
}
