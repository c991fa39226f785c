// What a NoEcho parameter fills cannot be asked for as an attribute: reads of it are dropped, and who waits waits in vain.
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const Resources = { P: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: { Ref: 'Pw' } } } };
const Parameters = { Pw: { Type: 'String', NoEcho: true } };
const value = { 'Fn::GetAtt': ['P', 'Value'] };

test.each<[string, object]>([
  ['an output', { Outputs: { Out: { Value: value } } }],
  [
    'another resource',
    { Resources: { ...Resources, T: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: value } } } },
  ],
  ['text that is put together', { Outputs: { Out: { Value: { 'Fn::Join': ['', ['x', value]] } } } }],
])('by %s: refused by name before any call', async (_, more) => {
  using space = new Workspace();
  space.file('t.json', { Parameters, Resources, ...more });
  for (const command of ['plan', 'deploy']) {
    const yes = command === 'deploy' ? ['--yes'] : [];
    const args = [command, 't.json', '--stack', 'web', '--parameters', 'Pw=canary-4711', ...yes];
    const { code, document } = await space.json(...args);
    expect({ code, document }).toMatchObject({ code: 2, document: { kind: 'error', code: 'secret_attribute' } });
    expect(document.message).toContain('P.Value');
    expect(document.message).toContain('parameter:Pw');
    expect(document.help).toContain('parameter itself');
    expect(JSON.stringify(document)).not.toContain('canary');
  }
  expect((await space.json('status')).document.runs).toEqual([]);
});

test('other attributes of it, and the parameter itself, may be asked for', async () => {
  using space = new Workspace();
  const DisplayName = { 'Fn::Join': ['', [{ Ref: 'P' }, { 'Fn::GetAtt': ['P', 'Type'] }]] };
  const all = { ...Resources, T: { Type: 'AWS::SNS::Topic', Properties: { DisplayName } } };
  space.file('t.json', { Parameters, Resources: all });
  const args = ['deploy', 't.json', '--stack', 'web', '--parameters', 'Pw=canary-4711', '--yes'];
  expect(await space.json(...args)).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
});
