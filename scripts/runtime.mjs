// Where the clone is and which Node its scripts run on: the one the `node` package pins, not the machine's.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The clone's folder, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** Path of the pinned Node. It need not exist yet. */
export function runtime() {
  const bin = `${root}/node_modules/node/bin/node`;
  return existsSync(`${bin}.exe`) ? `${bin}.exe` : bin;
}
