// What the command line takes and refuses, before any command does its work.
import { expect, test } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import { captured } from '../../support/io.ts';

const call = async (line: string) => {
  const io = captured();
  const words = line.split(' ').filter((word) => word !== '');
  const code = await run(words, io, '1.2.3');
  return { code, stdout: io.stdout, stderr: io.stderr };
};

test('help and version go to stdout and end with 0', async () => {
  expect(await call('--version')).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  const help = await call('--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['plan', 'deploy', 'destroy', 'status', 'outputs', 'resume', 'cancel', 'simulate', 'sandbox']) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    const own = await call(`${command} --help`);
    expect(own).toMatchObject({ code: 0, stderr: '' });
    expect(own.stdout).toContain(`assent ${command}`);
    expect(await call(`--help ${command}`)).toEqual(own);
  }
});

test('nothing at all shows the help on stderr and is no success', async () => {
  const { code, stdout, stderr } = await call('');
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('Usage: assent');
});

test.each([
  ['plann t.yaml --stack s', /unknown command 'plann'/i, /plan/],
  ['bogus t.yaml', /unknown command 'bogus'/i, /assent --help/],
  ['plan t.yaml --stak s', /unknown option '--stak'/i, /--stack/],
  ['plan t.yaml --stack s --skip-experts', /unknown option '--skip-experts'/i, /assent/],
  ['plan t.yaml --stack s --fail-on none', /unknown option '--fail-on'/i, /assent/],
  ['plan --stack s', /missing required argument 'template'/i, /assent/],
  ['plan t.yaml', /option '--stack <name>' is required/i, /assent/],
  ['plan a.yaml b.yaml --stack s', /too many arguments/i, /assent/],
  ['plan t.yaml --stack', /argument missing/i, /assent/],
  ['plan t.yaml --stack s --parameters', /argument missing/i, /assent/],
  ['plan t.yaml --stack 1s', /stack name is a letter/i, /assent/],
  ['plan t.yaml --stack s --max-concurrency 0', /whole number from 1/i, /assent/],
  ['plan t.yaml --stack s --max-concurrency 1e3', /whole number from 1/i, /assent/],
  ['plan t.yaml --stack s --cloud gcp', /Allowed choices are sandbox, aws/i, /assent/],
  ['plan t.yaml --stack s --format yaml', /Allowed choices are text, json, mermaid/i, /assent/],
  ['deploy t.yaml --stack s --format mermaid', /Allowed choices are text, json, jsonl/i, /assent/],
  ['sandbox --port 99999', /whole number from 0 to 65535/i, /assent/],
  ['simulate t.yaml --rate 0', /number above 0/i, /assent/],
  ['simulate t.yaml --seed 18446744073709551616', /below 2\^64/i, /assent/],
  ['simulate', /missing required argument/i, /assent/],
  ['cancel', /missing required argument 'run'/i, /assent/],
])('"%s" is refused with 2 and a way out', async (line, message, help) => {
  const { code, stdout, stderr } = await call(line);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(help);
  expect(stderr.trimEnd().split('\n')).toHaveLength(2);
});

test.each(['plan --stack s --format json', '--format=json bogus', 'deploy --bogus --format jsonl'])(
  '"%s" answers with one document on stdout',
  async (line) => {
    const { code, stdout, stderr } = await call(line);
    expect(code).toBe(2);
    expect(stderr).toBe('');
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ version: 1, kind: 'error', code: 'invalid_usage', problems: [] });
    expect(Object.keys(document).sort()).toEqual(['code', 'help', 'kind', 'message', 'problems', 'version']);
  },
);
