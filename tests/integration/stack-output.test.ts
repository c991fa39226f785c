// Fn::GetStackOutput: a weak reference to what another stack has put out.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const giving = (name: string) => ({
  Parameters: { Word: { Type: 'String', NoEcho: true, Default: 'c4nary-word' } },
  Resources: { T: { Type: 'AWS::SNS::Topic', Properties: { TopicName: name } } },
  Outputs: { A: { Value: { 'Fn::GetAtt': ['T', 'TopicName'] } }, Hidden: { Value: { Ref: 'Word' } } },
});
const taking = (more: object = {}) => ({
  Resources: {
    U: {
      Type: 'AWS::SNS::Topic',
      Properties: { DisplayName: { 'Fn::GetStackOutput': { StackName: 'giver', OutputName: 'A', ...more } } },
    },
  },
});
const file = (template: object) => space.file('t.json', template);
const deploy = (stack: string, template: object, ...more: string[]) =>
  space.json('deploy', file(template), '--stack', stack, '--yes', '--fail-on', 'none', '--skip-experts', ...more);

test('the output is read when the plan is made, and holds nobody', TIMEOUT, async () => {
  expect(await deploy('taker', taking())).toMatchObject({
    code: 2,
    document: { problems: [{ code: 'unknown_output', message: expect.stringContaining('`giver` in us-east-1') }] },
  });
  expect(await deploy('giver', giving('one'))).toMatchObject({ code: 0 });
  const planned = await space.json('plan', file(taking()), '--stack', 'taker');
  expect(planned.document.actions[0].changes).toContainEqual({ path: 'DisplayName', before: null, after: 'one' });
  expect(await deploy('taker', taking())).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect(await deploy('taker', taking())).toMatchObject({ document: { outcome: 'no_changes' } });

  // Another value is no business of whoever uses it, until it is planned again.
  expect(await deploy('giver', giving('two'))).toMatchObject({ code: 0 });
  const again = await space.json('plan', file(taking()), '--stack', 'taker');
  expect(again.document.actions[0].changes).toEqual([{ path: 'DisplayName', before: 'one', after: 'two' }]);
  expect(await space.json('destroy', '--stack', 'giver', '--yes')).toMatchObject({ code: 0 });
  expect(await deploy('taker', taking())).toMatchObject({ document: { problems: [{ code: 'unknown_output' }] } });
});

test('a stack of another region is read; a secret and another account are not', TIMEOUT, async () => {
  expect(await deploy('giver', giving('far'), '--region', 'eu-west-1')).toMatchObject({ code: 0 });
  expect(await deploy('taker', taking({ Region: 'eu-west-1' }))).toMatchObject({ code: 0 });
  const refused = (document: object) => ({ code: 2, document });
  expect(await deploy('taker', taking({ Region: 'eu-west-1', OutputName: 'Hidden' }))).toMatchObject(
    refused({ code: 'output_secret', message: 'Output Hidden of stack giver holds a secret, which is not kept.' }),
  );
  expect(await deploy('taker', taking({ RoleArn: 'arn:aws:iam::111111111111:role/r' }))).toMatchObject(
    refused({ problems: [{ code: 'output_of_another_account' }] }),
  );
});

test('scan, simulate and permissions know it', TIMEOUT, async () => {
  const { document } = await space.json('scan', file(taking()));
  expect(document.findings.filter((one: { category: string }) => one.category === 'template')).toEqual([]);
  for (const command of ['simulate', 'permissions']) {
    expect({ command, code: (await space.json(command, file(taking()))).code }).toEqual({ command, code: 0 });
  }
});
