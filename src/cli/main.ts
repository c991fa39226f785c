#!/usr/bin/env node
// The entry that bin/assent runs: gives the command line a process.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { terminalEnvironment } from '../edge/env.ts';
import { flush, processIo } from './io.ts';
import { run } from './run.ts';

const io = processIo(terminalEnvironment());
let code = await run(process.argv.slice(2), io, version());
await flush();
const lost = io.lost();
if (lost !== undefined) {
  // A script that reads half a document must not take it for the whole.
  io.err(`The output could not be written: ${lost}\n`);
  if (code === 0) code = 2;
  await flush();
}
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
