// Takes every template of a folder through plan, deploy, plan again, drift (none), a change of one updatable and one create-only
// property (plan, deploy, plan again) and destroy against the bundled sandbox, and says what became of each:
// `npm run corpus -- DIR [--real] [--only TEXT] [--json FILE] [--jobs N]`. With `--real` the sandbox does all that real accounts do
// and nobody documents (docs/sandbox.md). Parameters without a default get a value that fits their
// declaration. Every command is a process of its own, as a user would run it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { asJson, change } from './corpus-change.mjs';
import { constraints, fitting } from './corpus-values.mjs';

const { Template } = createRequire(import.meta.url)('#wasm');
const assent = fileURLToPath(new URL('../bin/assent', import.meta.url));
const run = promisify(execFile);

const { values: options, positionals } = parseArgs({
  options: {
    real: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    jobs: { type: 'string', default: '2' },
  },
  allowPositionals: true,
});
const folder = positionals[0];
if (folder === undefined) {
  console.error('usage: corpus DIR [--real] [--only TEXT] [--json FILE] [--jobs N]');
  process.exit(2);
}

/** What some templates presuppose: another stack, its template of this folder or `account`, and values that name it. */
const account = { path: fileURLToPath(new URL('corpus-account.yaml', import.meta.url)), stack: 'account' };
const needs = [
  [/AmazonCloudWatchAgent|DirectoryService_DirectoryService|DirectoryADClients|ManagedAD|NeptuneDB/, account],
  [/ECS_EC2LaunchType_services_private/, { file: 'ECS_EC2LaunchType_clusters_private-vpc.yaml', stack: 'production' }],
  [/ECS_EC2LaunchType_services_public/, { file: 'ECS_EC2LaunchType_clusters_public-vpc.yaml', stack: 'production' }],
  [
    /ECS_FargateLaunchType_services_private/,
    { file: 'ECS_FargateLaunchType_clusters_private-vpc.yaml', stack: 'production' },
  ],
  [
    /ECS_FargateLaunchType_services_public/,
    { file: 'ECS_FargateLaunchType_clusters_public-vpc.yaml', stack: 'production' },
  ],
  [
    /ServiceCatalog_Product/,
    {
      file: 'ServiceCatalog_Portfolio.yaml',
      stack: 'portfolio',
      given: ['ServiceCatalogPortfolioStackName=portfolio'],
    },
  ],
];

// What deploys is the question here, not whether it should.
const UNGATED = ['--yes', '--fail-on', 'none', '--skip-experts'];

/** Sandboxes that do as real accounts do, by state folder: bucket names are everybody's, so each template has one of its own. */
const sandboxes = new Map();

async function startSandbox(state) {
  const args = ['sandbox', '--speed', '2000', '--real', 'all', '--state', state, '--format', 'json'];
  const child = spawn(assent, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout, 'data');
  const stop = async () => {
    child.kill();
    await once(child, 'close');
  };
  sandboxes.set(state, { url: JSON.parse(String(said)).url, stop });
}

/** Where a command goes: to the sandbox of its state folder, or to one that it brings itself. */
function where(parts) {
  const sandbox = sandboxes.get(parts[parts.indexOf('--state') + 1]);
  if (sandbox === undefined) return { args: parts, env: { ASSENT_SANDBOX_SPEED: '2000' } };
  const keys = { AWS_ACCESS_KEY_ID: '123456789012', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
  return { args: [...parts, '--cloud', 'aws'], env: { AWS_ENDPOINT_URL: sandbox.url, ...keys } };
}

const call = async (...parts) => {
  const { args, env } = where(parts);
  try {
    const { stdout } = await run(assent, [...args, '--format', 'json'], {
      maxBuffer: 1 << 28,
      timeout: 300_000,
      env: { ...process.env, ...env },
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

/** The parameters of a template that have no default, with values; `only` those that this accepts. */
function values(path, only = () => true) {
  const text = readFileSync(path, 'utf8');
  const template = new Template(text);
  const seen = template.declared();
  template.free();
  const declared = seen.type === 'inspected' ? seen.declared.parameters : [];
  const demanded = constraints(text);
  return declared
    .filter((one) => one.default === undefined && only(one))
    .map((one) => `${one.name}=${fitting(one, demanded[one.name])}`);
}

/** As arguments of a command. */
const flags = (given) => (given.length > 0 ? ['--parameters', ...given] : []);

async function through(file, state) {
  const path = join(folder, file);
  const stack = `c-${file.replace(/[^A-Za-z0-9]+/g, '-')}`.slice(0, 120);
  const needed = needs.find(([pattern]) => pattern.test(file))?.[1];
  if (needed) {
    const other = needed.path ?? join(folder, needed.file);
    const base = await call(
      'deploy',
      other,
      '--stack',
      needed.stack,
      '--state',
      state,
      ...UNGATED,
      ...flags(values(other)),
    );
    if (base.code !== 0)
      return { file, step: 'needs', code: base.code, reason: reason(base.document), document: base.document };
  }
  const given = [...values(path), ...(needed?.given ?? [])];
  const parameters = flags(given);
  const common = ['--stack', stack, '--state', state];
  const planned = await call('plan', path, ...common, ...parameters);
  if (planned.code !== 0)
    return { file, step: 'plan', code: planned.code, reason: reason(planned.document), document: planned.document };
  const deployed = await call('deploy', path, ...common, ...parameters, ...UNGATED);
  const failed = (step, answer) => ({
    file,
    step,
    code: answer.code,
    reason: reason(answer.document),
    document: answer.document,
  });
  if (deployed.code !== 0) return failed('deploy', deployed);
  const again = await call('plan', path, ...common, ...flags(values(path, (one) => one.noEcho)));
  const changes = (again.document.actions ?? []).filter((one) => one.action !== 'noop');
  if (again.code !== 0 || changes.length > 0) return { ...failed('replan', again), changes };
  const drifted = await call('drift', ...common);
  if (drifted.code !== 0) return failed('drift', drifted);
  const { problem, ...edits } = await changed(
    path,
    common,
    values(path, (one) => one.noEcho),
    deployed.document,
    state,
  );
  if (problem !== undefined) return { file, ...problem };
  const destroyed = await call('destroy', ...common, '--yes', '--allow-data-loss', 'all');
  if (destroyed.code !== 0) return failed('destroy', destroyed);
  const left = await call('status', '--stack', stack, '--state', state);
  if (left.document.stacks?.length > 0) return failed('left', left);
  const retained = destroyed.document.resources.filter((one) => one.status === 'retained').length;
  return { file, step: 'done', code: 0, reason: '', resources: deployed.document.resources.length, retained, ...edits };
}

/**
 * Changes what is deployed: the plan must say `update` and `replace` of the two resources, with the property as reason,
 * and touch nothing else but what depends on the replaced one. The template comes as JSON this time, which alone must
 * change nothing.
 */
async function changed(path, common, noEcho, deployed, state) {
  const template = asJson(readFileSync(path, 'utf8'));
  const next = join(state, 'changed.json');
  const step = async (command, ...more) => call(command, next, ...common, ...flags(noEcho), ...more);
  const wrong = (name, answer, reason_) => ({
    problem: { step: name, code: answer.code, reason: reason_ ?? reason(answer.document), document: answer.document },
  });
  writeFileSync(next, JSON.stringify(template));
  const same = await step('plan');
  const moved = (same.document.actions ?? []).filter((one) => one.action !== 'noop');
  if (same.code !== 0 || moved.length > 0) return wrong('as JSON', same, moved.map((one) => one.logicalId).join());

  const { update, replace } = change(template, deployed.resources);
  if (update === undefined && replace === undefined) return {};
  writeFileSync(next, JSON.stringify(template));
  const plan = await step('plan');
  if (plan.code !== 0) return wrong('change', plan);
  const actions = new Map(plan.document.actions.map((one) => [one.logicalId, one]));
  for (const [action, one] of Object.entries({ update, replace })) {
    if (one === undefined) continue;
    const said = actions.get(one.logicalId);
    // What depends on the replaced one may have to be replaced with it.
    const with_ = action === 'update' && said.action === 'replace' && reaches(said, replace, actions);
    if (said.action !== action && !with_)
      return wrong('change', plan, `${one.logicalId}: ${said.action}, not ${action}`);
    if (!with_ && !said.reasons.some((text) => text.includes(one.property))) {
      return wrong('change', plan, `${one.logicalId}: ${said.reasons} without ${one.property}`);
    }
  }
  for (const said of actions.values()) {
    const meant = [update, replace].some((one) => one?.logicalId === said.logicalId);
    if (said.action !== 'noop' && !meant && !reaches(said, replace, actions)) {
      return wrong('change', plan, `${said.logicalId}: ${said.action} for no reason`);
    }
  }
  const done = await step('deploy', ...UNGATED, '--allow-data-loss', 'all');
  if (done.code !== 0) return wrong('change deploy', done);
  const after = await step('plan');
  const left = (after.document.actions ?? []).filter((one) => one.action !== 'noop');
  if (after.code !== 0 || left.length > 0)
    return wrong('change replan', after, left.map((one) => one.logicalId).join());
  return { update, replace };
}

/** Whether `one` depends on the resource `target`, through others perhaps. */
function reaches(one, target, actions, seen = new Set()) {
  if (target === undefined || seen.has(one.logicalId)) return false;
  seen.add(one.logicalId);
  return one.dependsOn.some(
    (id) => id === target.logicalId || (actions.has(id) && reaches(actions.get(id), target, actions, seen)),
  );
}

const files = readdirSync(folder).filter((file) => /\.(ya?ml|json)$/.test(file) && file.includes(options.only));
const results = [];
const worker = async () => {
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    // An account of its own for each.
    const state = mkdtempSync(join(tmpdir(), 'assent-corpus-'));
    if (options.real) await startSandbox(state);
    const result = await through(file, state);
    await sandboxes.get(state)?.stop();
    rmSync(state, { recursive: true, force: true });
    results.push(result);
    console.error(`${result.step.padEnd(8)} ${String(result.code).padEnd(4)} ${file} ${result.reason}`);
  }
};
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));

const tally = new Map();
for (const { step, reason: why } of results) {
  const key = step === 'done' ? 'deployed, unchanged on the second plan, destroyed' : `${step}: ${why}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}
for (const [key, count] of [...tally].sort((left, right) => right[1] - left[1]))
  console.log(`${String(count).padStart(4)}  ${key}`);
for (const kind of ['update', 'replace']) {
  console.log(
    `${String(results.filter((one) => one[kind] !== undefined).length).padStart(4)}  with a property changed: ${kind}`,
  );
}
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 1));
const crashed = results.filter((one) => one.reason === 'crash' || !['plan', 'done'].includes(one.step));
process.exitCode = crashed.length > 0 ? 1 : 0;
