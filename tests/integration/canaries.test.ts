// Canaries: secrets through every door, to every outcome. Nothing that Assent or its sandbox prints or writes may hold
// one, in whatever form; the files that the user wrote are the only ones that do.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forms } from '../../src/app/run/cleaner.ts';
import { type Ended, type Started, Workspace } from '../support/cli.ts';

const SLOW = { timeout: 300_000 };
const ACCOUNT = '123456789012';

/** Text that every way of writing changes; told apart by the number. */
const canary = (n: number) => `kAn"${n}/q<é&+Zw'${n}`;
const [OPTION, FILE, DEFAULT, WHOLE, MEMBER, PLAIN] = [1, 2, 3, 4, 5, 6].map(canary) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
/** Members of a list cannot hold what separates them. */
const LISTED = 'kAnListedOne7q';
const CHANGED = canary(8);
const ALL = [OPTION, FILE, DEFAULT, WHOLE, MEMBER, PLAIN, LISTED, CHANGED];

let space: Workspace;
let server: Started | undefined;
beforeEach(() => {
  space = new Workspace();
});
afterEach(async () => {
  server?.child.kill('SIGKILL');
  await server?.ended;
  server = undefined;
  space[Symbol.dispose]();
});

/** Inputs of the user: they hold what they hold. */
const INPUTS = new Set(['source.json', 'web.json', 'parameters.json', 'faults.json']);

function* filesBelow(dir: string, below = ''): Generator<string> {
  for (const name of readdirSync(join(dir, below))) {
    const path = join(below, name);
    if (statSync(join(dir, path)).isDirectory()) yield* filesBelow(dir, path);
    else if (!INPUTS.has(path)) yield path;
  }
}

function expectNone(bytes: Buffer, where: string): void {
  for (const secret of ALL) {
    for (const form of forms(secret)) {
      // The first characters of base64 and the like are no secret by themselves.
      if (form.length >= 8 && bytes.includes(form)) throw new Error(`${where} holds ${secret} as ${form}`);
    }
  }
}

/** Everything written so far. */
function expectClean(...ended: Ended[]): void {
  for (const { stdout, stderr } of ended) {
    expectNone(Buffer.from(stdout), 'stdout');
    expectNone(Buffer.from(stderr), 'stderr');
  }
  const files = [...filesBelow(space.dir)];
  expect(files).toEqual(expect.arrayContaining(['.assent/assent.db', '.assent/sandbox.db']));
  for (const file of files) expectNone(readFileSync(join(space.dir, file)), file);
}

/** A sandbox of its own, whose handlers quote all they know. */
async function open(...rules: object[]): Promise<void> {
  const faults = space.file('faults.json', { rules });
  server = space.start(['sandbox', '--speed', '1000', '--format', 'json', '--faults', faults]);
  await server.says(/"url"/);
  const { url } = JSON.parse(server.stdout());
  const keys = { AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
  Object.assign(space.env, { AWS_ENDPOINT_URL: url, ...keys });
}

const text = (value: object | string) => ({
  Type: 'AWS::SSM::Parameter',
  Properties: { Type: 'String', Value: value },
});

/** Where dynamic references lead to. */
const source = {
  Parameters: {
    W: { Type: 'String', NoEcho: true },
    M: { Type: 'String', NoEcho: true },
    P: { Type: 'String', NoEcho: true },
  },
  Resources: {
    Whole: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'whole', SecretString: { Ref: 'W' } } },
    Json: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'json', SecretString: { Ref: 'M' } } },
    Plain: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/plain', Type: 'String', Value: { Ref: 'P' } } },
  },
};

/** Every door, every function a secret may stand in. */
const web = {
  Parameters: {
    Option: { Type: 'String', NoEcho: true },
    File: { Type: 'String', NoEcho: true },
    Preset: { Type: 'String', NoEcho: true, Default: DEFAULT },
    Listed: { Type: 'CommaDelimitedList', NoEcho: true },
  },
  Resources: {
    Raw: text({ Ref: 'Option' }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of CloudFormation.
    Json: text({ 'Fn::Sub': '{"p":"${File}"}' }),
    Preset: text({ 'Fn::Join': ['-', ['a', { Ref: 'Preset' }, 'b']] }),
    Listed: text({ 'Fn::Select': [0, { Ref: 'Listed' }] }),
    Encoded: {
      Type: 'AWS::EC2::LaunchTemplate',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: of CloudFormation.
      Properties: { LaunchTemplateData: { UserData: { 'Fn::Base64': { 'Fn::Sub': 'pw=${Option} x' } } } },
    },
    Whole: text('{{resolve:secretsmanager:whole}}'),
    Member: text('x-{{resolve:secretsmanager:json:SecretString:p}}-y'),
    Plain: text('{{resolve:ssm-secure:/plain}}'),
  },
  Outputs: {
    Shown: { Value: { Ref: 'Option' } },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of CloudFormation.
    Within: { Value: { 'Fn::Sub': 'is ${File}' } },
  },
};

const given = (option = OPTION) => [
  '--parameters-file',
  'parameters.json',
  '--parameters',
  `Option=${option}`,
  `Listed=${LISTED},other`,
];

/** Files, and the stack that dynamic references lead to. */
async function prepare(): Promise<string[]> {
  space.file('source.json', source);
  space.file('web.json', web);
  space.file('parameters.json', { File: FILE });
  const secrets = [`W=${WHOLE}`, `M=${JSON.stringify({ p: MEMBER })}`, `P=${PLAIN}`];
  const cloud = server === undefined ? [] : ['--cloud', 'aws'];
  const made = await space.run(
    'deploy',
    'source.json',
    '--stack',
    'source',
    '--yes',
    '--parameters',
    ...secrets,
    ...cloud,
  );
  expect({ code: made.code, stderr: made.stderr }).toMatchObject({ code: 0 });
  return ['--stack', 'web', ...cloud];
}

test('planned, deployed, changed, looked at, destroyed', SLOW, async () => {
  const stack = await prepare();
  const ran: Ended[] = [];
  const run = async (code: number, ...args: string[]) => {
    const ended = await space.run(...args);
    expect({ args, ended }).toMatchObject({ ended: { code } });
    ran.push(ended);
  };
  await run(0, 'plan', 'web.json', ...stack, ...given());
  await run(0, 'plan', 'web.json', ...stack, ...given(), '--format', 'json');
  await run(0, 'plan', 'web.json', ...stack, ...given(), '--format', 'mermaid');
  await run(0, 'consult', 'web.json', ...stack, ...given(), '--explain');
  await run(0, 'deploy', 'web.json', ...stack, ...given(), '--yes', '--format', 'jsonl');
  await run(0, 'deploy', 'web.json', ...stack, ...given(), '--yes');
  await run(0, 'deploy', 'web.json', ...stack, ...given(CHANGED), '--yes');
  for (const format of ['text', 'json']) {
    await run(0, 'status', ...stack, '--format', format);
    await run(0, 'outputs', ...stack, '--format', format);
    await run(0, 'drift', ...stack, '--format', format);
    await run(0, 'metrics', '--format', format);
  }
  expectClean(...ran);
  await run(0, 'destroy', ...stack, '--yes', '--format', 'json');
  expectClean(...ran);
});

test('refused before anything is called', SLOW, async () => {
  const stack = await prepare();
  const ran = [
    await space.run(
      'deploy',
      'web.json',
      ...stack,
      '--yes',
      '--parameters',
      `Option=${OPTION}`,
      '--parameters-file',
      'none',
    ),
    await space.run('deploy', 'web.json', ...stack, '--yes', '--parameters', `Option=${OPTION}`),
    await space.run('deploy', 'web.json', ...stack, '--yes', '--parameters', OPTION),
    await space.run('deploy', 'web.json', ...stack, ...given(), '--yes', '--approve', 'another-digest'),
    await space.run('deploy', 'web.json', ...stack, ...given(), '--format', 'json'),
  ];
  space.file('parameters.json', `{"File": "${JSON.stringify(FILE).slice(1)}`);
  ran.push(await space.run('plan', 'web.json', ...stack, ...given(), '--format', 'json'));
  space.file('parameters.json', `File=${FILE}\n`);
  ran.push(await space.run('plan', 'web.json', ...stack, ...given()));
  expect(ran.map(({ code }) => code)).toEqual([2, 2, 2, 1, 2, 2, 2]);
  expectClean(...ran);
});

const base64 = (value: string) => Buffer.from(value).toString('base64');

/** All that a handler could say, in every form it could say it. */
const QUOTE = [
  ...[OPTION, FILE, DEFAULT, LISTED, WHOLE, MEMBER, PLAIN].flatMap((secret) => [
    secret,
    JSON.stringify(secret),
    JSON.stringify(JSON.stringify({ secret })),
    encodeURIComponent(secret),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    base64(secret),
    base64(`a${secret}`),
    base64(`ab${secret}c`),
    Buffer.from(secret).toString('hex'),
  ]),
].join(' ');

const says = (type: string, nth: number) => ({
  match: { operation: 'create', type, nth },
  fault: { kind: 'fail', errorCode: 'InvalidRequest', message: QUOTE },
});

test.each(['rollback', 'keep', 'delete'])(
  'failed by handlers that quote everything, then --on-failure %s',
  SLOW,
  async (on) => {
    await open(says('AWS::SSM::Parameter', 4), says('AWS::EC2::LaunchTemplate', 1), says('AWS::SSM::Parameter', 6));
    const stack = await prepare();
    const failed = await space.run(
      'deploy',
      'web.json',
      ...stack,
      ...given(),
      '--yes',
      '--on-failure',
      on,
      '--format',
      'jsonl',
    );
    expect(failed.code).toBe(on === 'keep' ? 4 : 3);
    expect(failed.stdout).toMatch(/\*{8}|withheld/);
    expectClean(failed, await space.run('status', ...stack, '--format', 'json'), await space.run('status', ...stack));
  },
);

test('killed in the middle and resumed', SLOW, async () => {
  await open(
    { match: { operation: 'create', type: 'AWS::SSM::Parameter', nth: 5 }, fault: { kind: 'delay', delayMs: 3_000 } },
    says('AWS::EC2::LaunchTemplate', 1),
  );
  const stack = await prepare();
  const started = space.start(['deploy', 'web.json', ...stack, ...given(), '--yes', '--format', 'jsonl']);
  await started.says(/"status":"in_progress"/);
  started.child.kill('SIGKILL');
  const killed = await started.ended;
  expectClean(killed);
  const [, , ...cloud] = stack;
  const without = await space.run('resume', ...cloud);
  expect(without.code).toBe(2);
  const again = [...given(), `Preset=${DEFAULT}`];
  const resumed = await space.run('resume', ...cloud, ...again, '--format', 'jsonl');
  expect([3, 4], `${resumed.stdout}\n${resumed.stderr}`).toContain(resumed.code);
  expectClean(killed, without, resumed);
});
