// Takes every template of a folder through plan, deploy, plan again and destroy against the bundled sandbox, and says
// what became of each: `npm run corpus -- DIR [--only TEXT] [--json FILE]`. Parameters without a default get a value
// that fits their declaration. Every command is a process of its own, as a user would run it.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const { inspect } = createRequire(import.meta.url)('#wasm');
const assent = fileURLToPath(new URL('../bin/assent', import.meta.url));
const run = promisify(execFile);

const { values: options, positionals } = parseArgs({
  options: { only: { type: 'string', default: '' }, json: { type: 'string' }, jobs: { type: 'string', default: '2' } },
  allowPositionals: true,
});
const folder = positionals[0];
if (folder === undefined) {
  console.error('usage: corpus DIR [--only TEXT] [--json FILE] [--jobs N]');
  process.exit(2);
}

const byType = [
  [/VPC::Id/, 'vpc-0a1b2c3d4e5f60718'],
  [/Subnet::Id/, 'subnet-0a1b2c3d4e5f60718'],
  [/SecurityGroup::Id/, 'sg-0a1b2c3d4e5f60718'],
  [/KeyPair::KeyName/, 'operator'],
  [/Image::Id/, 'ami-0a1b2c3d4e5f60718'],
  [/AvailabilityZone::Name/, 'us-east-1a'],
  [/HostedZone::Id/, 'Z0123456789ABCDEFGHIJ'],
  [/Volume::Id/, 'vol-0a1b2c3d4e5f60718'],
  [/Instance::Id/, 'i-0a1b2c3d4e5f60718'],
];
const byName = [
  [/cidr|sshlocation/i, '10.0.0.0/16'],
  [/vpc/i, 'vpc-0a1b2c3d4e5f60718'],
  [/subnet/i, 'subnet-0a1b2c3d4e5f60718'],
  [/securitygroup/i, 'sg-0a1b2c3d4e5f60718'],
  [/email/i, 'someone@example.com'],
  [/arn/i, 'arn:aws:iam::123456789012:role/existing'],
  [/account/i, '123456789012'],
  [/domain/i, 'example.com'],
  [/bucket/i, 'a-bucket-of-mine'],
  [/ip(address)?$/i, '10.0.0.10'],
  [/password/i, 'Passw0rd1234'],
  [/port/i, '8080'],
  [/url/i, 'https://example.com/'],
  [/region/i, 'us-east-1'],
  [/id$/i, 'id-0a1b2c3d'],
];

/** A value for a parameter that has no default. */
const fitting = ({ name, type, allowedValues }) => {
  if (allowedValues.length > 0) return allowedValues[0];
  const known = byType.find(([pattern]) => pattern.test(type))?.[1];
  if (known !== undefined) return type.startsWith('List<') ? `${known},${known.slice(0, -1)}9` : known;
  if (/Number/.test(type)) return '1';
  return byName.find(([pattern]) => pattern.test(name))?.[1] ?? 'value1234';
};

const call = async (...parts) => {
  try {
    const { stdout } = await run(assent, [...parts, '--format', 'json'], {
      maxBuffer: 1 << 28,
      timeout: 300_000,
      env: { ...process.env, ASSENT_SANDBOX_SPEED: '2000' },
    });
    return { code: 0, document: JSON.parse(stdout) };
  } catch (error) {
    let document;
    try {
      document = JSON.parse(error.stdout);
    } catch {
      document = { kind: 'crash', message: `${error.stdout}\n${error.stderr}`.slice(0, 2000) };
    }
    return { code: error.code ?? String(error.signal), document };
  }
};

const reason = (document) =>
  [...new Set((document.problems ?? []).filter((one) => one.severity !== 'warning').map((one) => one.code))].join(
    '+',
  ) ||
  document.code ||
  document.outcome ||
  document.kind;

async function through(file, state) {
  const path = join(folder, file);
  const stack = `c-${file.replace(/[^A-Za-z0-9]+/g, '-')}`.slice(0, 120);
  const seen = inspect(readFileSync(path, 'utf8'));
  const declared = seen.type === 'inspected' ? seen.declared.parameters : [];
  const given = declared.filter((one) => one.default === undefined).map((one) => `${one.name}=${fitting(one)}`);
  const parameters = given.length > 0 ? ['--parameters', ...given] : [];
  const common = ['--stack', stack, '--state', state];
  const planned = await call('plan', path, ...common, ...parameters);
  if (planned.code !== 0)
    return { file, step: 'plan', code: planned.code, reason: reason(planned.document), document: planned.document };
  const deployed = await call('deploy', path, ...common, ...parameters, '--yes');
  const failed = (step, answer) => ({
    file,
    step,
    code: answer.code,
    reason: reason(answer.document),
    document: answer.document,
  });
  if (deployed.code !== 0) return failed('deploy', deployed);
  const noEcho = declared
    .filter((one) => one.noEcho && one.default === undefined)
    .map((one) => `${one.name}=${fitting(one)}`);
  const again = await call('plan', path, ...common, ...(noEcho.length > 0 ? ['--parameters', ...noEcho] : []));
  const changes = (again.document.actions ?? []).filter((one) => one.action !== 'noop');
  if (again.code !== 0 || changes.length > 0) return { ...failed('replan', again), changes };
  const destroyed = await call('destroy', ...common, '--yes');
  if (destroyed.code !== 0) return failed('destroy', destroyed);
  const left = await call('status', '--stack', stack, '--state', state);
  if (left.document.stacks?.length > 0) return failed('left', left);
  const retained = destroyed.document.resources.filter((one) => one.status === 'retained').length;
  return { file, step: 'done', code: 0, reason: '', resources: deployed.document.resources.length, retained };
}

const files = readdirSync(folder).filter((file) => /\.(ya?ml|json)$/.test(file) && file.includes(options.only));
const results = [];
const worker = async () => {
  const state = mkdtempSync(join(tmpdir(), 'assent-corpus-'));
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    const result = await through(file, state);
    results.push(result);
    console.error(`${result.step.padEnd(8)} ${String(result.code).padEnd(4)} ${file} ${result.reason}`);
  }
  rmSync(state, { recursive: true, force: true });
};
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));

const tally = new Map();
for (const { step, reason: why } of results) {
  const key = step === 'done' ? 'deployed, unchanged on the second plan, destroyed' : `${step}: ${why}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}
for (const [key, count] of [...tally].sort((left, right) => right[1] - left[1]))
  console.log(`${String(count).padStart(4)}  ${key}`);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 1));
const crashed = results.filter((one) => one.reason === 'crash' || !['plan', 'done'].includes(one.step));
process.exitCode = crashed.length > 0 ? 1 : 0;
