// A suppression is honoured, and everybody who answers for the deployment sees it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const bucket = (metadata: string) => `Resources:
  Data:
    Type: AWS::S3::Bucket
    Metadata: ${metadata}
    Properties:
      AccessControl: PublicRead
      VersioningConfiguration: {Status: Enabled}
`;
const reasoned = bucket('{assent: {ignore: [{id: s3-public-read-acl, reason: a web site, author: Ada}]}}');
const options = ['--stack', 'web'];

test('what is suppressed stands in the verdict, the output of every format and the stored run', TIMEOUT, async () => {
  const file = space.file('t.yaml', reasoned);
  const expected = {
    ruleId: 's3-public-read-acl',
    resource: 'Data',
    file: 't.yaml',
    line: 6,
    by: 'assent',
    reason: 'a web site',
    author: 'Ada',
  };
  expect((await space.json('consult', file, ...options)).document.verdict.suppressed).toMatchObject([expected]);

  const text = await space.run('deploy', file, ...options, '--yes');
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(
    /Suppressed by the template\n {2}t\.yaml:6 +\w+ +Data: .*\[s3-public-read-acl\]\n +suppressed by assent: a web site \(Ada\)\n/,
  );
  const json = await space.json('deploy', file, '--stack', 'second', '--yes');
  expect(json).toMatchObject({ code: 0, document: { verdict: { decision: 'approve', suppressed: [expected] } } });
  const lines = await space.run('deploy', file, '--stack', 'third', '--yes', '--format', 'jsonl');
  const events = lines.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.find(({ event }) => event === 'decided')).toMatchObject({ suppressed: [expected] });
  expect(events.at(-1)).toMatchObject({ verdict: { suppressed: [expected] } });
  // What the store kept of the run is what resuming it tells.
  expect(await space.json('resume', json.document.runId)).toMatchObject({
    document: { runId: json.document.runId, verdict: { suppressed: [expected] } },
  });
});

test('--no-suppressions honours none, in no form, by no command', TIMEOUT, async () => {
  for (const metadata of [
    '{assent: {ignore: [{id: s3-public-read-acl, reason: a web site}]}}',
    '{cfn_nag: {rules_to_suppress: [{id: W31, reason: a web site}]}, checkov: {skip: [{id: CKV_AWS_20}]}}',
    '{guard: {SuppressedRules: [S3_BUCKET_PUBLIC_READ_PROHIBITED]}}',
  ]) {
    const file = space.file('t.yaml', bucket(metadata));
    const strict = ['--no-suppressions', '--fail-on', 'high'];
    expect(await space.json('scan', file, '--fail-on', 'high')).toMatchObject({ code: 0 });
    expect(await space.json('scan', file, ...strict)).toMatchObject({ code: 1 });
    expect(await space.json('consult', file, ...options, ...strict)).toMatchObject({
      code: 1,
      document: { verdict: { decision: 'refuse', by: 'policy' } },
    });
    const refused = await space.json('deploy', file, ...options, ...strict, '--yes');
    expect(refused).toMatchObject({ code: 1, document: { outcome: 'refused' } });
    expect(refused.document.verdict).not.toHaveProperty('suppressed');
  }
});
