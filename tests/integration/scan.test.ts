// `scan` and `rules` as a user runs them: folders, formats, exit codes, baselines.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const OPEN = `Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties:
      AccessControl: PublicRead
      VersioningConfiguration: {Status: Enabled}
`;
const FINE = `Resources:
  Queue: {Type: AWS::SQS::Queue}
`;

function folder(): Workspace {
  const space = new Workspace();
  for (const dir of ['stacks/deep', 'stacks/node_modules/x', 'stacks/.hidden']) {
    mkdirSync(join(space.dir, dir), { recursive: true });
  }
  const files: Record<string, string> = {
    'stacks/fine.yml': FINE,
    'stacks/deep/open.template': OPEN,
    'stacks/package.json': '{"name": "x"}',
    'stacks/chart.yaml': 'name: {{ .Values.name }}\n',
    'stacks/empty.yaml': '',
    'stacks/readme.md': OPEN,
    'stacks/node_modules/x/open.yaml': OPEN,
    'stacks/.hidden/open.yaml': OPEN,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(space.dir, name), text);
  return space;
}

test('a folder is searched for templates, and what is none passes quietly', async () => {
  using space = folder();
  const { code, document } = await space.json('scan', 'stacks');
  expect(code).toBe(1);
  expect(document).toMatchObject({ version: 1, kind: 'scan', summary: { critical: 1, filesScanned: 2 } });
  expect(document.findings).toHaveLength(1);
  expect(document.findings[0]).toMatchObject({
    ruleId: 's3-public-read-acl',
    category: 'policy',
    severity: 'critical',
    resource: 'Data',
    path: 'Resources/Data/Properties/AccessControl',
    line: 5,
    column: 7,
  });
  expect(document.findings[0].file).toBe('stacks/deep/open.template');
});

test.each([
  ['critical', 1],
  ['none', 0],
])('--fail-on %s ends with %i', async (failOn, expected) => {
  using space = folder();
  const { code } = await space.run('scan', 'stacks', '--fail-on', failOn);
  expect(code).toBe(expected);
});

test.each([
  ['package.json', 'no_template'],
  ['chart.yaml', 'no_template'],
  ['empty.yaml', 'file_empty'],
  ['missing.yaml', 'file_not_found'],
])('%s by name ends with 2 and %s', async (name, expected) => {
  using space = folder();
  const { code, document } = await space.json('scan', `stacks/${name}`);
  expect({ code, kind: document.kind, reason: document.code }).toEqual({ code: 2, kind: 'error', reason: expected });
});

test('a folder without templates is an error: nothing looked at is not nothing found', async () => {
  using space = folder();
  mkdirSync(join(space.dir, 'nothing'));
  expect(await space.json('scan', 'nothing')).toMatchObject({ code: 2, document: { code: 'no_template' } });
});

test('what cannot be read is a finding and ends with 2, unless that is allowed', async () => {
  using space = folder();
  writeFileSync(join(space.dir, 'stacks/odd.yaml'), Uint8Array.of(1, 0, 2, 0, 0, 3));
  const refused = await space.json('scan', 'stacks', '--fail-on', 'none');
  expect(refused).toMatchObject({ code: 2, document: { summary: { critical: 1, high: 1 } } });
  const finding = { ruleId: 'unreadable', severity: 'high', file: 'stacks/odd.yaml', line: 0 };
  expect(refused.document.findings).toContainEqual(expect.objectContaining(finding));
  const allowed = await space.json('scan', 'stacks', '--fail-on', 'none', '--allow-unreadable');
  expect(allowed).toMatchObject({ code: 0, document: { summary: { info: 1 } } });
  expect((await space.run('scan', 'stacks', '--write-baseline', 'known.json')).code).toBe(2);
  expect(readFileSync(join(space.dir, 'known.json'), 'utf8')).not.toContain('unreadable');
  rmSync(join(space.dir, 'stacks'), { recursive: true });
  mkdirSync(join(space.dir, 'stacks'));
  writeFileSync(join(space.dir, 'stacks/odd.yaml'), Uint8Array.of(1, 0, 2, 0, 0, 3));
  for (const format of ['text', 'sarif', 'junit', 'markdown']) {
    const { code, stdout } = await space.run('scan', 'stacks', '--format', format);
    expect({ code, format }).toEqual({ code: 2, format });
    expect(stdout).toContain('odd.yaml');
  }
});

test('a baseline that cannot be written is refused by name', async () => {
  using space = folder();
  const { code, document } = await space.json('scan', 'stacks', '--write-baseline', 'nowhere/known.json');
  expect(code).toBe(2);
  expect(document).toMatchObject({ kind: 'error', code: 'file_not_writable' });
});

test('a baseline is written once and silences what it holds', async () => {
  using space = folder();
  expect((await space.run('scan', 'stacks', '--write-baseline', 'known.json')).code).toBe(0);
  expect(JSON.parse(readFileSync(join(space.dir, 'known.json'), 'utf8')).findings).toHaveLength(1);
  expect((await space.run('scan', 'stacks', '--baseline', 'known.json')).code).toBe(0);
  writeFileSync(join(space.dir, 'stacks/new.yaml'), OPEN);
  const after = await space.json('scan', 'stacks', '--baseline', 'known.json');
  expect(after).toMatchObject({ code: 1, document: { summary: { critical: 1, suppressed: 1 } } });
});

test.each([
  ['text', /open\.template:5:7 {2}critical {2}Data: The ACL is PublicRead \[s3-public-read-acl\]/],
  ['sarif', /"version": "2\.1\.0"/],
  ['junit', /^<\?xml version="1\.0"/],
  ['markdown', /^## Assent scan\n\n1 critical/],
])('--format %s goes to stdout alone', async (format, expected) => {
  using space = folder();
  const { stdout, stderr, code } = await space.run('scan', 'stacks', '--format', format);
  expect(stdout).toMatch(expected);
  expect({ stderr, code }).toEqual({ stderr: '', code: 1 });
});

test('the examples have no finding', async () => {
  using space = new Workspace();
  const { code, document } = await space.json('scan', join(import.meta.dirname, '../../examples'));
  expect(code).toBe(0);
  expect(document.findings).toEqual([]);
});

test('rules lists all, explains one by either name, and refuses one that is not there', async () => {
  using space = new Workspace();
  const all = await space.json('rules');
  expect(all.document.rules.length).toBeGreaterThanOrEqual(12);
  const one = await space.run('rules', 's3-public-read-acl');
  expect(one.stdout).toMatch(/Fails:[\s\S]*PublicRead[\s\S]*Passes:/);
  expect((await space.json('rules', 'CKV_AWS_20')).document.rules[0].id).toBe('s3-public-read-acl');
  expect(await space.json('rules', 'nothing')).toMatchObject({ code: 2, document: { code: 'unknown_rule' } });
});
