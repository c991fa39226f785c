// Makes a clone runnable: `npm ci`, when what the lock file names is not what node_modules holds. Idempotent and
// quick when there is nothing to do. Called by `npm start` and `npm test`; plain JavaScript for the machine's Node 20.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { root, runtime } from './runtime.mjs';

/**
 * True when node_modules holds every package of the lock file at its version. Contents are compared, not times:
 * a checkout touches the lock file without changing it. Optional packages of other platforms may be absent.
 */
export function installed(dir) {
  const [wanted, found] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) => {
    const path = `${dir}/${file}`;
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
  });
  if (wanted === undefined || found === undefined) return false;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || found[path]?.version === entry.version || (entry.optional && !(path in found)),
  );
}

function main() {
  if (installed(root) && existsSync(runtime())) return 0;
  if (lstatSync(`${root}/node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error('setup: node_modules is a link and does not match package-lock.json: run `npm ci` where it leads to');
    return 1;
  }
  console.error('setup: installing the packages of package-lock.json into node_modules (once, about 400 MB) ...');
  // npm needs a shell on Windows, where it is a .cmd; the command holds nothing that needs quoting.
  const npm = spawnSync('npm ci --no-fund --no-audit --loglevel=error', {
    cwd: root,
    shell: true,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status === 0 && !existsSync(runtime())) {
    console.error(
      'setup: the `node` package has not installed its binary; run `npm rebuild node` and look at its output',
    );
    return 1;
  }
  return npm.status ?? 1;
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) process.exit(main());
