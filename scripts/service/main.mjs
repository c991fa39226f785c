// `npm run service`: installs the service into an emulator of AWS on this machine, and prints its URL as the last line.
// Run again it installs what changed. `npm run service -- --stop` ends it and leaves nothing behind.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../runtime.mjs';
import { answers, startEmulator, stopEmulator } from './emulator.mjs';
import { install } from './local.mjs';

const folder = join(root, '.assent/service');
const record = join(folder, 'emulator.json');

/** What an earlier call started and what still runs of it. */
async function running() {
  if (!existsSync(record)) return undefined;
  const { url, pid } = JSON.parse(readFileSync(record, 'utf8'));
  return { url, pid, ours: isEmulator(pid), answers: await answers(url) };
}

// A process id may be another program's by now.
function isEmulator(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return (stdout ?? '').includes('ministack');
}

async function stop() {
  const found = await running();
  if (found?.ours) await stopEmulator(found.pid);
  for (const gone of [folder, join(root, '.osls'), join(root, '.serverless')]) {
    rmSync(gone, { recursive: true, force: true });
  }
  console.error(found === undefined ? 'service: none is running' : 'service: stopped');
}

async function start() {
  const found = await running();
  if (found?.ours && !found.answers) await stopEmulator(found.pid);
  let url = found?.ours && found.answers ? found.url : undefined;
  if (url === undefined) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    ({ url } = await startEmulator({ folder, started: (one) => writeFileSync(record, JSON.stringify(one)) }));
  }
  console.error('service: installing ...');
  console.log(await install(url));
}

try {
  const { values } = parseArgs({ options: { stop: { type: 'boolean', default: false } } });
  await (values.stop ? stop() : start());
} catch (error) {
  console.error(`service: ${error.message}`);
  process.exitCode = 1;
}
