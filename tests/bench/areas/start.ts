// Cold starts: fresh processes, as the operating system's caches leave them.
import { join } from 'node:path';
import { median, type Row } from '../measure.ts';
import { bundle, node, ROOT } from '../programs.ts';

const RUNS = 10;
const LOAD = `
const start = performance.now();
new (require(process.argv[1]).Template)('{}').declared();
process.stdout.write(String(performance.now() - start));
`;

async function repeated(work: () => Promise<number>): Promise<number> {
  await work();
  const all: number[] = [];
  for (let run = 0; run < RUNS; run++) all.push(await work());
  return median(all);
}

export async function run(): Promise<Row[]> {
  const area = 'start';
  const pkg = join(ROOT, 'layers/core/pkg/assent_core.js');
  const cli = await bundle('src/cli/main.ts');
  const clone = join(ROOT, 'src/cli/main.ts');
  const row = (what: string, value: number): Row => ({ area, what, value, unit: 'ms', runs: RUNS });
  const spawned = async (args: string[]) => (await node(args)).elapsedMs;
  return [
    {
      ...row('core loaded and called once', await repeated(async () => Number((await node(['-e', LOAD, pkg])).stdout))),
      target: { atMost: 60 },
    },
    { ...row('assent --help, the package', await repeated(() => spawned([cli, '--help']))), target: { atMost: 250 } },
    { ...row('assent --help, a clone', await repeated(() => spawned([clone, '--help']))), target: { atMost: 250 } },
    row('a bare Node process', await repeated(() => spawned(['-e', '0']))),
  ];
}
