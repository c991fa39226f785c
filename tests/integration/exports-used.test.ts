// An export that another stack uses is a promise: it is neither changed nor taken away, and whoever tries reads who uses it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const exporting = (topic: string, outputs: object = {}) => ({
  Resources: { T: { Type: 'AWS::SNS::Topic', Properties: { TopicName: topic } } },
  Outputs: {
    A: { Value: { 'Fn::GetAtt': ['T', 'TopicName'] }, Export: { Name: 'topic' } },
    B: { Value: 'constant', Export: { Name: 'word' } },
    ...outputs,
  },
});
const importing = (name: string) => ({
  Resources: { U: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::ImportValue': name } } } },
});
const deploy = (stack: string, template: object) =>
  space.json('deploy', space.file('t.json', template), '--stack', stack, '--yes');
const used = (message: string) => ({ code: 1, document: { kind: 'error', code: 'export_in_use', message } });

test('an export in use is not changed, not removed, and its stack not destroyed', TIMEOUT, async () => {
  expect(await deploy('expo', exporting('one'))).toMatchObject({ code: 0 });
  expect(await deploy('b-user', importing('topic'))).toMatchObject({ code: 0 });
  expect(await deploy('a-user', importing('topic'))).toMatchObject({ code: 0 });

  const both = 'a-user, b-user use it.';
  expect(await deploy('expo', exporting('two'))).toMatchObject(
    used(`Export topic cannot be given another value: ${both}`),
  );
  expect(await deploy('expo', exporting('one', { A: { Value: 'x' } }))).toMatchObject(
    used(`Export topic cannot be removed: ${both}`),
  );
  expect(await space.json('destroy', '--stack', 'expo', '--yes')).toMatchObject(
    used(`Export topic cannot be removed: ${both}`),
  );
  expect((await space.run('outputs', '--stack', 'expo')).stdout).toMatch(/one/);
  // What nobody uses may change, and what is used may stay.
  const other = exporting('one', { B: { Value: 'changed', Export: { Name: 'word' } } });
  expect(
    await deploy('expo', { ...other, Resources: { ...other.Resources, V: { Type: 'AWS::SNS::Topic' } } }),
  ).toMatchObject({ code: 0 });

  // One goes, the other uses something else: then nobody does any more.
  expect(await space.json('destroy', '--stack', 'a-user', '--yes')).toMatchObject({ code: 0 });
  expect(await deploy('b-user', importing('word'))).toMatchObject({ code: 0 });
  expect(await space.json('destroy', '--stack', 'expo', '--yes')).toMatchObject(
    used('Export word cannot be removed: b-user uses it.'),
  );
  expect(await deploy('b-user', { Resources: { U: { Type: 'AWS::SNS::Topic' } } })).toMatchObject({ code: 0 });
  expect(await space.json('destroy', '--stack', 'expo', '--yes')).toMatchObject({ code: 0 });
});

test('a deployment that fails uses nothing', TIMEOUT, async () => {
  expect(await deploy('expo', exporting('one'))).toMatchObject({ code: 0 });
  const pool = { Type: 'AWS::Cognito::UserPool', Properties: { MfaConfiguration: 'NEVER' } };
  const { Resources } = importing('topic');
  expect(await deploy('user', { Resources: { ...Resources, P: pool } })).toMatchObject({ code: 3 });
  expect(await space.json('destroy', '--stack', 'expo', '--yes')).toMatchObject({ code: 0 });
});
