// `npm run bench [-- AREA...]`: measures, prints one Markdown table, and keeps the rows as results/<machine>/<date>.csv.
//
// Nothing here passes or fails: a target that is missed is printed as missed. What a change did to the numbers is
// answered by compare.ts, on one machine in one run.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { held, type Row } from './measure.ts';

const AREAS = [
  'plan',
  'engine',
  'makespan',
  'sizes',
  'deploy',
  'flight',
  'stacks',
  'recovery',
  'start',
  'consensus',
  'metrics',
  'proof',
  'service',
  'crowds',
];
// Installs what it needs, and needs Python: only when it is asked for.
const BY_NAME = ['service', 'crowds'];
const RESULTS = join(import.meta.dirname, 'results');

/** What is measured on, without the name of any host: `amd-epyc-2-cores`. */
function machine(): string {
  const [first] = cpus();
  const model = (first?.model ?? process.arch).toLowerCase().replace(/\((r|tm)\)|@.*|\bprocessor\b|\bcpu\b/g, ' ');
  const words = model.split(/[^a-z0-9]+/).filter((word) => word !== '');
  return `${words.join('-')}-${cpus().length}-cores`;
}

function measure(area: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const program = [
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'area.ts'),
      area,
    ];
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text) as Row[]);
      else reject(new Error(`area ${area} ended with code ${code}`));
    });
  });
}

function markdown(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const verdict = { true: 'held', false: '**missed**', undefined: '' }[String(held(row))] ?? '';
    return [
      row.area,
      row.note === undefined ? row.what : `${row.what} (${row.note})`,
      number(row),
      limit(row),
      verdict,
    ];
  });
  const lines = [['area', 'what', 'measured', 'target', ''], ['---', '---', '---:', '---:', '---'], ...cells];
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('');
}

function number({ value, unit }: Row): string {
  const digits =
    unit === 'x' ? 3 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  const text = Number.isInteger(value) ? String(value) : value.toFixed(digits);
  return unit === '' ? text : `${text} ${unit}`;
}

function limit({ target, unit }: Row): string {
  if (target === undefined) return '';
  return `${'atMost' in target ? `<= ${target.atMost}` : `>= ${target.atLeast}`} ${unit}`.trim();
}

function csv(rows: readonly Row[]): string {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map((row) =>
    [row.area, row.what, String(row.value), row.unit, limit(row), String(row.runs), row.note ?? '']
      .map(quoted)
      .join(','),
  );
  return `${['area,what,value,unit,target,runs,note', ...lines].join('\n')}\n`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((area) => !AREAS.includes(area));
if (unknown.length > 0) {
  console.error(`bench: unknown area ${unknown.join(', ')}; there are ${AREAS.join(', ')}`);
  process.exit(2);
}
const rows: Row[] = [];
for (const area of wanted.length > 0 ? wanted : AREAS.filter((area) => !BY_NAME.includes(area))) {
  console.error(`bench: ${area}, load ${loadavg()[0]?.toFixed(1)}`);
  rows.push(...(await measure(area)));
}
console.log(markdown(rows));
if (wanted.length === 0) {
  const folder = join(RESULTS, machine());
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${new Date().toISOString().slice(0, 10)}.csv`);
  writeFileSync(file, csv(rows));
  console.error(`bench: kept in ${file}`);
}
