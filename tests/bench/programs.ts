// Programs that a bench runs as processes of their own. They are bundled as the package is: the type stripper that runs
// a clone's sources costs tens of MB and ms that no user of the package pays.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

export const ROOT = join(import.meta.dirname, '../..');

const { leanHttp }: { leanHttp: Plugin } = await import(pathToFileURL(join(ROOT, 'scripts/lean-http.mjs')).href);

const launcher = readFileSync(join(ROOT, 'bin/assent'), 'utf8');
const flags = (name: string) => new RegExp(`^${name}='(.*)'$`, 'm').exec(launcher)?.[1]?.split(' ') ?? [];

/** As bin/assent runs the Node that comes with the package, to work on a run. */
const TUNED: readonly string[] = [...flags('tuned'), ...flags('worker')];
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

// Inside the clone, because `#wasm` is looked up from there.
const BUNDLES = join(ROOT, 'target/bench');

const BANNER =
  "import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);";

/** Path of the bundle of a source file of the clone. */
export async function bundle(source: string): Promise<string> {
  const outdir = join(BUNDLES, source.replace(/\W+/g, '-'));
  await build({
    entryPoints: { main: join(ROOT, source) },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node22.13',
    format: 'esm',
    // As scripts/build.mjs does.
    mainFields: ['module', 'main'],
    external: ['#wasm'],
    plugins: [leanHttp],
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: BANNER },
    logLevel: 'warning',
  });
  return join(outdir, 'main.mjs');
}

export interface Ended {
  stdout: string;
  /** From spawn to the last byte. */
  elapsedMs: number;
}

/** Runs Node to its end; rejects unless it ends with 0. */
export function node(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...TUNED, ...args], {
      env: { ...process.env, ...MALLOC, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve({ stdout, elapsedMs: performance.now() - start });
      else reject(new Error(`${args[0]} ended with code ${code}`));
    });
  });
}

/** A sandbox without a rate limit in a process and folder of its own, and the environment that leads to it. */
export async function withSandbox<T>(speed: number, work: (env: Record<string, string>, dir: string) => Promise<T>) {
  const program = await bundle('tests/bench/sandbox-program.ts');
  const dir = mkdtempSync(join(tmpdir(), 'assent-bench-'));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, dir, String(speed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
      child.once('close', () => reject(new Error('the sandbox ended')));
    });
    const env = {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: '123456789012',
      AWS_SECRET_ACCESS_KEY: 'bench',
    };
    return await work(env, dir);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}
