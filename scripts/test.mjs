// Every suite, and one sum: the last line is `N passed, N failed, N skipped`. Behind `npm test`; arguments go to
// vitest (`npm test -- tests/unit`, `npm test -- tests/service`) and leave the other suites out.
// A suite whose tool is missing is skipped by name with the reason; with CI=true a skip is a failure, and a run in
// which no test ran is a failure everywhere. Installs nothing but the emulator, osls and what checks the service, for
// tests/service, in the clone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { countCargo, countVitest, none } from './count.mjs';
import { root, runtime } from './runtime.mjs';
import { checksPython, emulatorPython } from './service/python.mjs';

/** Runs a program in the clone, its stdout shown and returned. Never rejects: a program not found has code 127. */
function run(program, args, env = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      process.stdout.write(chunk);
    });
    child.on('error', () => done({ code: 127, text }));
    child.on('close', (code) => done({ code: code ?? 1, text }));
  });
}

async function vitest(filters, options = []) {
  const folder = mkdtempSync(join(tmpdir(), 'assent-test-'));
  const report = join(folder, 'vitest.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...options, ...filters];
  // Tests that start programs must find the pinned Node, as they do under npm.
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const { code } = await run(runtime(), [join(root, 'node_modules/vitest/vitest.mjs'), ...args], { PATH: path });
  const sum = existsSync(report) ? countVitest(JSON.parse(readFileSync(report, 'utf8'))) : none;
  rmSync(folder, { recursive: true });
  return code !== 0 && sum.failed === 0 ? { ...sum, failed: 1 } : sum;
}

/** The service on an emulator of AWS, which needs Python. */
async function service(filters) {
  try {
    emulatorPython();
    checksPython();
  } catch (error) {
    console.log(`\nskipped: tests/service (${error.message})`);
    return { ...none, skipped: 1 };
  }
  return vitest(filters, ['--config', 'tests/service/vitest.config.ts']);
}

async function cargo() {
  const found = toolchain();
  if (found.reason !== undefined) {
    console.log(`\nskipped: cargo test (${found.reason})`);
    return { ...none, skipped: 1 };
  }
  const { code, text } = await run('cargo', ['test', '--locked'], found.env);
  const sum = countCargo(text);
  return code !== 0 && sum.failed === 0 ? { ...sum, failed: 1 } : sum;
}

/** Environment in which cargo works here: the pinned toolchain if rustup has it, else its stable one. */
function toolchain() {
  let reason = 'cargo is not installed';
  for (const env of [{ RUSTUP_AUTO_INSTALL: '0' }, { RUSTUP_AUTO_INSTALL: '0', RUSTUP_TOOLCHAIN: 'stable' }]) {
    const tried = spawnSync('cargo', ['--version'], { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8' });
    if (tried.status === 0) return { env };
    if (tried.error === undefined) reason = tried.stderr.trim().split('\n')[0];
  }
  return { reason };
}

async function main() {
  const filters = process.argv.slice(2);
  const [ofService, others] = [true, false].map((its) =>
    filters.filter((filter) => /^(\.[\\/])?tests[\\/]service\b/.test(filter) === its),
  );
  const all = filters.length === 0;
  const sums = [];
  if (all || others.length > 0) sums.push(await vitest(others));
  if (all || ofService.length > 0) sums.push(await service(ofService));
  if (all) sums.push(await cargo());
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map((key) =>
    sums.reduce((n, sum) => n + sum[key], 0),
  );
  const refused = process.env.CI === 'true' && skipped > 0;
  if (passed + failed === 0) console.log('\nno test ran');
  if (refused) console.log('\nCI=true: a skipped test is a failure');
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  // Not process.exit: a pipe behind us must get the line.
  process.exitCode = failed > 0 || refused || passed === 0 ? 1 : 0;
}

await main();
