#!/usr/bin/env node
// The entry that bin/assent runs: gives the command line a process.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { terminalEnvironment } from '../edge/env.ts';
import { flush, processIo } from './io.ts';
import { run } from './run.ts';

const code = await run(process.argv.slice(2), processIo(terminalEnvironment()), version());
await flush();
// Not left to the event loop: a keep-alive connection must not hold a finished command.
process.exit(code);

/** From the package.json nearest above, so that it holds in a clone and in the bundled package. */
function version(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return String(version);
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}
