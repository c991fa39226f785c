// osls, the open fork of the Serverless Framework 3, at the version that package-lock.json beside this file pins; it is
// installed on first use, because nothing but installing the service needs it. `npm run osls -- deploy --stage prod`.
import { spawn, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { root, runtime } from '../runtime.mjs';
import { installed } from '../setup.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Runs osls on the serverless.yml of `folder`, the clone's unless said otherwise; resolves with its exit code and what it wrote
 * (`quiet`: shown on failure).
 */
export async function osls(args, { env = process.env, quiet = false, folder = root } = {}) {
  install();
  const child = spawn(runtime(), [`${here}node_modules/osls/bin/serverless.js`, ...args], {
    cwd: folder,
    env: { ...env, SLS_TELEMETRY_DISABLED: '1' },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
  return { code, text };
}

function install() {
  if (installed(here.slice(0, -1))) return;
  console.error('service: installing osls (once, about 100 MB) ...');
  const { status } = spawnSync('npm ci --no-fund --no-audit --loglevel=error', {
    cwd: here,
    shell: true,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('osls could not be installed: `npm ci` in scripts/service failed');
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = (await osls(process.argv.slice(2))).code;
}
