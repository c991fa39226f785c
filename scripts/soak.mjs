// What takes too long for every run of the tests: `npm run soak` does all of it, one after the other, `npm run soak -- NAME...`
// what is named. Ends with 1 when one of them failed.
//   kills      a hundred `kill -9` (ASSENT_KILLS, ASSENT_SEED)
//   fan-out    120 targets with 1,000 resources through the state machine (ASSENT_TARGETS, ASSENT_RESOURCES; needs Python 3.10)
//   drift      every template of the folder ASSENT_CORPUS, on a sandbox that does all that accounts do; without it twelve of ours
//   fuzz       what others wrote, changed for ten minutes (ASSENT_FUZZ_S)
//   mutants    some ten changes of the core, which its tests must see (ASSENT_SEED says which; needs Rust)
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { root, runtime } from './runtime.mjs';

const { ASSENT_CORPUS: corpus, ASSENT_SEED: seed = '1' } = process.env;

const vitest = (...args) => [runtime(), join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args];
// As many shards as scripts/mutants.sh makes by itself.
const SHARDS = 400;

const SOAKS = {
  kills: { command: vitest('tests/integration/kills.test.ts'), sizes: { ASSENT_KILLS: '100' } },
  'fan-out': {
    command: vitest('tests/service/fan-out.test.ts', '--config', 'tests/service/vitest.config.ts'),
    sizes: { ASSENT_TARGETS: '120', ASSENT_RESOURCES: '1000' },
  },
  drift: {
    command:
      corpus === undefined
        ? vitest('tests/integration/in-sync.test.ts')
        : [runtime(), join(root, 'scripts/corpus.mjs'), corpus, '--real'],
  },
  fuzz: { command: vitest('tests/unit/fuzz.test.ts'), sizes: { ASSENT_FUZZ_S: '600' } },
  mutants: { command: ['bash', join(root, 'scripts/mutants.sh'), `${Number(seed) % SHARDS}/${SHARDS}`] },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(SOAKS, name));
if (unknown !== undefined) {
  console.error(`soak: nothing is named ${unknown}\nusage: npm run soak -- [${Object.keys(SOAKS).join('|')}]...`);
  process.exit(2);
}

/** Resolves with the exit code. */
function run({ command: [program, ...args], sizes = {} }) {
  // Tests that start programs must find the pinned Node, as they do under npm.
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...sizes, ...process.env, PATH: path } });
  return new Promise((done) => {
    child.on('error', () => done(127));
    child.on('close', (code) => done(code ?? 1));
  });
}

const codes = new Map();
for (const name of asked.length > 0 ? asked : Object.keys(SOAKS)) {
  console.error(`\nsoak: ${name}`);
  codes.set(name, await run(SOAKS[name]));
}
for (const [name, code] of codes) console.error(`soak: ${name} ${code === 0 ? 'passed' : `failed (exit ${code})`}`);
process.exitCode = [...codes.values()].some((code) => code !== 0) ? 1 : 0;
