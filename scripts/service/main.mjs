// `npm run service`: installs the service into an emulator of AWS on this machine, with the sandbox as the cloud that it
// deploys to, and prints the URL of its API as the last line. Run again it installs what changed.
// `npm run service -- --stop` ends all of it and leaves nothing behind.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../runtime.mjs';
import { answers, startEmulator, stopEmulator as stopGroup } from './emulator.mjs';
import { install } from './local.mjs';
import { SPEED, startSandbox } from './sandbox.mjs';

const { values } = parseArgs({
  options: {
    stop: { type: 'boolean', default: false },
    // Where it keeps what it needs while it runs.
    state: { type: 'string', default: join(root, '.assent/service') },
  },
});
const folder = values.state;
const record = join(folder, 'processes.json');

/** What earlier calls started: by name, `{pid, url, word}`; `word` is in the command line of the process. */
function recorded() {
  return existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : {};
}

function remember(name, process) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(record, JSON.stringify({ ...recorded(), [name]: process }));
}

// A process id may be another program's by now.
function isOurs({ pid, word }) {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return (stdout ?? '').includes(word);
}

async function stop() {
  const processes = Object.values(recorded()).filter(isOurs);
  for (const { pid } of processes) await stopGroup(pid);
  rmSync(folder, { recursive: true, force: true });
  console.error(processes.length === 0 ? 'service: none is running' : 'service: stopped');
}

/** URL of a process that still answers, else of one that is started. */
async function ensure(name, word, start, alive) {
  const found = recorded()[name];
  if (found !== undefined && isOurs(found)) {
    if (found.url !== undefined && (await alive(found.url))) return found.url;
    await stopGroup(found.pid);
  }
  const { url, pid } = await start((one) => remember(name, { ...one, word }));
  remember(name, { url, pid, word });
  return url;
}

async function start() {
  const target = await ensure(
    'sandbox',
    'sandbox',
    (started) => startSandbox({ folder: join(folder, 'sandbox'), started }),
    listens,
  );
  const url = await ensure(
    'emulator',
    'ministack',
    (started) => startEmulator({ folder: join(folder, 'emulator'), started }),
    answers,
  );
  console.error('service: installing ...');
  const wanted = { targetEndpoint: target, targetName: 'sandbox', targetSpeed: SPEED };
  const args = Object.entries(wanted).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  console.log(await install(url, { args }));
}

/** Whether anything answers there, whatever it says. */
async function listens(url) {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
}

try {
  await (values.stop ? stop() : start());
} catch (error) {
  console.error(`service: ${error.message}`);
  process.exitCode = 1;
}
