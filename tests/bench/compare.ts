// `npm run bench:compare [-- COMMIT]`: the core in the working tree (build it first) against the one committed at COMMIT,
// HEAD when none is named. Ends with 1 when a case has become slower beyond the noise.
//
// Both cores are loaded in processes of their own and run turn and turn about, the order changing from pair to pair, so
// a busy machine slows both sides of a pair. Of a case, the ratio new / old is the median over the pairs, and its 95 %
// interval is bootstrapped over them (2,000 resamples, seeded). Slower means: the whole interval lies above 1.03.
// A case that only one of the two cores knows is named, not judged.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chance, median } from './measure.ts';
import { ROOT } from './programs.ts';

const CASES = ['parse-yaml', 'parse-json', 'plan-yaml', 'plan-json', 'simulate', 'consensus'];
const FILES = ['assent_core.js', 'assent_core_bg.wasm', 'package.json'];
const PAIRS = 31;
const WARM_UP = 6;
/** Of one run of a pair. */
const LENGTH_MS = 25;
const RESAMPLES = 2_000;
const BEYOND_NOISE = 1.03;

/** A core in its process. */
class Side implements Disposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(core: string) {
    const program = join(import.meta.dirname, 'compare-program.ts');
    const args = ['--disable-warning=ExperimentalWarning', program, join(core, 'assent_core.js')];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** ms of `times` runs; `undefined` when this core cannot. */
  async run(name: string, times: number): Promise<number | undefined> {
    this.#child.stdin?.write(`${JSON.stringify({ case: name, times })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('a core ended');
    return (JSON.parse(value) as { ms?: number }).ms;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

/** The committed package in a folder. */
function committed(commit: string, folder: string): string {
  mkdirSync(folder);
  for (const file of FILES) {
    const args = ['-C', ROOT, 'show', `${commit}:layers/core/pkg/${file}`];
    writeFileSync(join(folder, file), execFileSync('git', args, { maxBuffer: 64 << 20 }));
  }
  return folder;
}

async function compare(name: string, old: Side, fresh: Side) {
  let single = 0;
  for (let turn = 0; turn < WARM_UP; turn++) {
    const [before, after] = [await old.run(name, 1), await fresh.run(name, 1)];
    if (before === undefined || after === undefined) return undefined;
    single = Math.max(before, after);
  }
  const times = Math.max(1, Math.round(LENGTH_MS / single));
  const ratios: number[] = [];
  const olds: number[] = [];
  const news: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const sides = pair % 2 === 0 ? [old, fresh] : [fresh, old];
    const [first = Number.NaN, second = Number.NaN] = [
      await sides[0]?.run(name, times),
      await sides[1]?.run(name, times),
    ];
    const [before, after] = pair % 2 === 0 ? [first, second] : [second, first];
    olds.push(before / times);
    news.push(after / times);
    ratios.push(after / before);
  }
  return { old: median(olds), fresh: median(news), ratio: median(ratios), ...interval(ratios) };
}

/** 95 % interval of the median. */
function interval(values: readonly number[]): { low: number; high: number } {
  const next = chance(1);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(next() * values.length)] as number)),
  ).sort((a, b) => a - b);
  const at = (share: number) => medians[Math.floor(share * (RESAMPLES - 1))] as number;
  return { low: at(0.025), high: at(0.975) };
}

const [commit = 'HEAD'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'assent-compare-'));
let slower = 0;
try {
  using old = new Side(committed(commit, join(folder, 'old')));
  using fresh = new Side(join(ROOT, 'layers/core/pkg'));
  console.log('| case | old, ms | new, ms | new / old | 95 % | |\n| --- | ---: | ---: | ---: | ---: | --- |');
  for (const name of CASES) {
    const found = await compare(name, old, fresh);
    if (found === undefined) {
      console.log(`| ${name} | | | | | not in both |`);
      continue;
    }
    const { ratio, low, high } = found;
    const verdict = low > BEYOND_NOISE ? '**slower**' : high < 1 / BEYOND_NOISE ? 'faster' : 'as before';
    if (low > BEYOND_NOISE) slower += 1;
    const numbers = [found.old.toFixed(3), found.fresh.toFixed(3), ratio.toFixed(3)];
    console.log(`| ${name} | ${numbers.join(' | ')} | ${low.toFixed(3)} to ${high.toFixed(3)} | ${verdict} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = slower > 0 ? 1 : 0;
