// The cloud that the service on this machine deploys to: the bundled sandbox as a process of its own.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { root, runtime } from '../runtime.mjs';

/** How much faster than AWS operations end. */
export const SPEED = 60;

/** Starts one whose state is in `folder`; `started` is told its pid at once. It outlives this process. */
export async function startSandbox({ folder, started = () => {} }) {
  mkdirSync(folder, { recursive: true });
  const main = join(root, 'src/cli/main.ts');
  const args = ['sandbox', '--state', folder, '--speed', String(SPEED), '--format', 'json'];
  // Not ours to hand on: who waits for the end of our streams would wait for the sandbox's.
  const log = openSync(join(folder, 'sandbox.log'), 'a');
  const child = spawn(runtime(), ['--disable-warning=ExperimentalWarning', main, ...args], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', log],
    env: { PATH: process.env.PATH, HOME: folder },
  });
  closeSync(log);
  const { pid } = child;
  if (pid !== undefined) started({ pid });
  const said = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the sandbox ended with ${code}`)));
    child.stdout.once('data', resolve);
  });
  const { url } = JSON.parse(String(said));
  child.stdout.destroy();
  child.unref();
  return { url, pid };
}
