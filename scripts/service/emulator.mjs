// The emulator that stands in for the user's AWS account: started and stopped by its process group, bound to loopback,
// with an environment that holds nothing of the caller's (its Lambda workers inherit it) and all files in one folder.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runtime } from '../runtime.mjs';
import { emulatorPython } from './python.mjs';

/** The account that the service is installed in. */
export const HOME_ACCOUNT = '111111111111';

const READY_WITHIN_MS = 60_000;

/**
 * Starts one on a free port, in `folder`, and waits until it answers. `auth`: IAM policies are evaluated.
 * It outlives this process: whoever starts it stops it by `stopEmulator(pid)`. `started` is told `{url, pid}` at once, before
 * it answers, so that a caller that is interrupted meanwhile can be followed by one who stops it.
 */
export async function startEmulator({ folder, auth = false, started = () => {} }) {
  const python = emulatorPython();
  const port = await freePort();
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp, { recursive: true });
  // Its workers' scripts are CommonJS; a package.json above the folder may say otherwise.
  writeFileSync(join(folder, 'package.json'), '{}');
  const log = join(folder, 'emulator.log');
  const out = openSync(log, 'a');
  const child = spawn(python, ['-m', 'ministack'], {
    cwd: folder,
    // A group of its own: its workers end with it.
    detached: true,
    stdio: ['ignore', out, out],
    env: {
      // The functions run on the `node` found here.
      PATH: `${dirname(runtime())}:${dirname(python)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: folder,
      TMPDIR: tmp,
      LANG: 'C.UTF-8',
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      // A request without credentials reaches the API of this account, as on AWS it would reach any.
      MINISTACK_ACCOUNT_ID: HOME_ACCOUNT,
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      // It tidies containers away; ours it shall not find.
      DOCKER_HOST: 'unix:///nonexistent',
      AUTH: String(auth),
    },
  });
  closeSync(out);
  const url = `http://127.0.0.1:${port}`;
  const { pid } = child;
  if (pid !== undefined) started({ url, pid });
  let ended;
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (code, signal) => {
    ended = `it ended with ${signal ?? code}`;
  });
  const until = Date.now() + READY_WITHIN_MS;
  while (ended === undefined && Date.now() < until) {
    if (await answers(url)) {
      child.unref();
      return { url, pid };
    }
    await pause(50);
  }
  if (pid !== undefined) await stopEmulator(pid);
  throw new Error(`the emulator did not start (${ended ?? 'no answer'}): ${tail(log)}`);
}

/** Whether an emulator answers there. */
export async function answers(url) {
  try {
    const response = await fetch(`${url}/_ministack/health`, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Ends the process group that `startEmulator` made and waits until it is gone. */
export async function stopEmulator(pid) {
  for (const [signal, patience] of [
    ['SIGTERM', 5_000],
    ['SIGKILL', 5_000],
  ]) {
    if (!signalled(pid, signal)) return;
    const until = Date.now() + patience;
    while (signalled(pid, 0) && Date.now() < until) await pause(50);
  }
  if (signalled(pid, 0)) throw new Error(`the emulator (process ${pid}) does not end`);
}

function signalled(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function tail(file) {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' | ');
}
