// Programs in Python: environments of their own beside this file, each made on first use, one per set of pinned versions.
// Nothing is installed outside the clone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Why there can be none on this machine, one line; undefined where there can. */
export function pythonMissing() {
  const asked = ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'];
  const { error, status } = spawnSync('python3', asked, { stdio: 'ignore' });
  if (error !== undefined) return 'python3 is not installed; the emulator needs Python 3.10 or newer';
  if (status !== 0) return 'python3 is older than 3.10 or has no venv and pip (Debian: python3-venv)';
  return undefined;
}

/** The emulator's Python, installed where it was not. Throws an Error of one line. */
export function emulatorPython() {
  return environment('emulator', 'the emulator', 'requirements.txt');
}

/** The Python of what others check us with: their parsers and linters. Installed where it was not; throws an Error of one line. */
export function checksPython() {
  return environment('checks', 'what the service is checked with', 'requirements-checks.txt');
}

function environment(name, what, file) {
  const requirements = join(here, file);
  const versions = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = `${here}.${name}-${versions}`;
  const python = join(folder, 'bin/python');
  if (existsSync(join(folder, 'complete'))) return python;
  const missing = pythonMissing();
  if (missing !== undefined) throw new Error(missing);
  console.error(`service: installing ${what} (once, about 100 MB) ...`);
  rmSync(folder, { recursive: true, force: true });
  const run = (program, args) => {
    const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
    if (status === 0) return;
    const why = error?.message ?? stderr.trim().split('\n').at(-1);
    throw new Error(`${what} could not be installed: ${why}`);
  };
  run('python3', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements]);
  // Written last: a half-made environment is made anew.
  mkdirSync(join(folder, 'complete'));
  return python;
}
