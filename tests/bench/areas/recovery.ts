// The way back beside the way there, and what a kill costs: the command line against a sandbox a hundred times as fast as AWS,
// whose journal says when which call came.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../measure.ts';
import { ROOT, withSandbox } from '../programs.ts';

const SPEED = 100;
const LAYERS = 5;
const WIDE = 30;

/** Layers of topics, each built on one of the layer before; with `fails`, one that is refused after all of them. */
function template(fails: boolean): string {
  const topic = (layer: number, at: number) => [
    `L${layer}N${at}`,
    { Type: 'AWS::SNS::Topic', ...(layer === 0 ? {} : { DependsOn: `L${layer - 1}N${at}` }) },
  ];
  const topics = Array.from({ length: LAYERS }, (_, layer) =>
    Array.from({ length: WIDE }, (_, at) => topic(layer, at)),
  );
  const last = Array.from({ length: WIDE }, (_, at) => `L${LAYERS - 1}N${at}`);
  const bad = { Type: 'AWS::Cognito::UserPool', Properties: { MfaConfiguration: 'NEVER' }, DependsOn: last };
  return JSON.stringify({ Resources: { ...Object.fromEntries(topics.flat()), ...(fails ? { Bad: bad } : {}) } });
}

interface Call {
  at: number;
  operation: string;
}

function command(args: readonly string[], env: Record<string, string>) {
  const child = spawn(join(ROOT, 'bin/assent'), [...args, '--format', 'json'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const ended = new Promise<string>((resolve) => child.on('close', () => resolve(text)));
  return { child, ended };
}

export async function run(): Promise<Row[]> {
  const row = (what: string, value: number, unit = 's'): Row => ({ area: 'recovery', what, value, unit, runs: 1 });
  return withSandbox(SPEED, async (env, dir) => {
    const journal = async (after: number): Promise<{ last: number; counts: Record<string, number>; calls: Call[] }> =>
      (await (await fetch(`${env['AWS_ENDPOINT_URL']}/_sandbox/calls?after=${after}`)).json()) as never;
    const seconds = (calls: readonly Call[]) => ((calls.at(-1)?.at ?? 0) - (calls[0]?.at ?? 0)) / 1_000;
    const file = (name: string, fails: boolean) => {
      const path = join(dir, name);
      writeFileSync(path, template(fails));
      return path;
    };
    const [good, bad] = [file('good.json', false), file('bad.json', true)];
    const common = (stack: string) => ['--stack', stack, '--cloud', 'aws', '--state', join(dir, stack)];
    const deploy = (path: string, stack: string) =>
      command(['deploy', path, ...common(stack), '--yes', '--skip-experts', '--max-concurrency', '25'], env);

    const began = (await journal(0)).last;
    await deploy(bad, 'back').ended;
    const { calls } = await journal(began);
    const turn = calls.findIndex(({ operation }) => operation === 'DeleteResource');
    if (turn === -1) throw new Error('nothing was rolled back');
    const [there, back] = [seconds(calls.slice(0, turn)), seconds(calls.slice(turn))];

    const before = (await journal(0)).last;
    await deploy(good, 'whole').ended;
    const whole = seconds((await journal(before)).calls);

    const from = (await journal(0)).last;
    const { child, ended } = deploy(good, 'killed');
    while (((await journal(from)).counts['CreateResource'] ?? 0) < (LAYERS * WIDE) / 2)
      await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGKILL');
    await ended;
    const killed = await journal(from);
    const { runs } = JSON.parse(await command(['status', '--state', join(dir, 'killed')], env).ended);
    const resumed = Date.now();
    await command(['resume', runs[0].runId, '--cloud', 'aws', '--state', join(dir, 'killed')], env).ended;
    const after = await journal(killed.last);
    const first = after.calls.find(({ operation }) => operation === 'CreateResource');
    const creations = (killed.counts['CreateResource'] ?? 0) + (after.counts['CreateResource'] ?? 0);
    const count = LAYERS * WIDE;
    return [
      row(`${count} resources created, until one failed`, there),
      row(`${count} resources rolled back`, back),
      row('rolled back / created', back / there, 'x'),
      row(`${count} resources, nothing killed`, whole),
      {
        ...row(
          'killed at half: from the start of resume to the first creation that goes on',
          ((first?.at ?? Number.NaN) - resumed) / 1_000,
        ),
      },
      row(
        'killed at half: calls before and after together / nothing killed',
        (seconds(killed.calls) + seconds(after.calls)) / whole,
        'x',
      ),
      row('killed at half: creations asked for (a lost answer is asked for again under its token)', creations, ''),
    ];
  });
}
