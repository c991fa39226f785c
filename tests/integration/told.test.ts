// What a deployment is told once it remembers, and what its plan warns about reaches whoever asks, by every door.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

test('tags are remembered like parameters; an empty value removes one', TIMEOUT, async () => {
  const file = space.file('t.json', { Resources: { T: { Type: 'AWS::SNS::Topic' } } });
  const deploy = (...more: string[]) => space.json('deploy', file, '--stack', 'web', '--yes', ...more);
  expect(await deploy('--tags', 'team=red', 'cost=1')).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect(await deploy()).toMatchObject({ document: { outcome: 'no_changes' } });
  const { document } = await space.json('plan', file, '--stack', 'web', '--tags', 'team=');
  expect(document.actions[0]).toMatchObject({ action: 'update' });
  expect(await deploy('--tags', 'team=')).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect(await deploy('--tags', 'cost=1')).toMatchObject({ document: { outcome: 'no_changes' } });
  expect(await deploy('--tags', 'AWS:x=1')).toMatchObject({
    code: 2,
    document: { problems: [{ code: 'reserved_tag' }] },
  });
});

test('warnings of the plan are told by deploy and consult, in every format', TIMEOUT, async () => {
  const file = space.file('t.yaml', 'Resources:\n  T:\n    Type: AWS::SNS::Topic\n    UpdatePolicy: {}\n');
  const line = /t\.yaml:2:3 +warning +UpdatePolicy of T is not honoured/;
  const options = [file, '--stack', 'web'];
  expect((await space.run('consult', ...options)).stdout).toMatch(line);
  expect((await space.json('consult', ...options)).document.problems).toMatchObject([
    { code: 'update_policy_ignored' },
  ]);
  const first = await space.run('deploy', ...options, '--yes');
  expect(first.code).toBe(0);
  expect(first.stdout.match(new RegExp(line, 'g'))).toHaveLength(1);
  // Nothing to do, and still told.
  expect((await space.run('deploy', ...options, '--yes')).stdout).toMatch(line);
  const again = await space.json('deploy', ...options, '--yes');
  expect(again.document).toMatchObject({ outcome: 'no_changes', problems: [{ code: 'update_policy_ignored' }] });
  const { stdout } = await space.run('deploy', ...options, '--yes', '--format', 'jsonl');
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
    problems: [{ code: 'update_policy_ignored' }],
  });
});

test('a changed default that is not taken is told', TIMEOUT, async () => {
  const template = (word: string) => ({
    Parameters: { Word: { Type: 'String', Default: word } },
    Resources: { T: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { Ref: 'Word' } } } },
  });
  const deploy = (word: string, ...more: string[]) =>
    space.json('deploy', space.file('t.json', template(word)), '--stack', 'web', '--yes', ...more);
  expect((await deploy('one')).document.problems).toBeUndefined();
  const { document } = await deploy('two');
  expect(document).toMatchObject({ outcome: 'no_changes', problems: [{ code: 'default_not_taken' }] });
  expect(document.problems[0].message).toContain('Word ("one", default "two")');
  expect((await deploy('two', '--parameters', 'Word=two')).document.problems).toBeUndefined();
});
