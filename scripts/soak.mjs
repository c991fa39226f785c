// What takes too long for every run of the tests, with the same tests: `npm run soak` kills a hundred times,
// `npm run soak -- fuzz` changes what others wrote for ten minutes, `npm run soak -- fan-out` leads 120 targets with 1,000
// resources through the state machine (needs Python 3.10).
// ASSENT_KILLS, ASSENT_TARGETS and ASSENT_RESOURCES say other sizes.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { root, runtime } from './runtime.mjs';

const SOAKS = {
  kills: { args: ['tests/integration/kills.test.ts'], sizes: { ASSENT_KILLS: '100' } },
  fuzz: { args: ['tests/unit/fuzz.test.ts'], sizes: { ASSENT_FUZZ_S: '600' } },
  'fan-out': {
    args: ['tests/service/fan-out.test.ts', '--config', 'tests/service/vitest.config.ts'],
    sizes: { ASSENT_TARGETS: '120', ASSENT_RESOURCES: '1000' },
  },
};

const [name = 'kills'] = process.argv.slice(2);
const soak = SOAKS[name];
if (soak === undefined) {
  console.error(`usage: npm run soak -- ${Object.keys(SOAKS).join('|')}`);
  process.exit(2);
}
const child = spawn(runtime(), [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...soak.args], {
  cwd: root,
  stdio: 'inherit',
  // Tests that start programs must find the pinned Node, as they do under npm.
  env: { ...soak.sizes, ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` },
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
