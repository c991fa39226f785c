// `assent permissions` as a process: what goes to IAM is all of stdout, what people should know is on stderr.
import { expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

test('stdout is a policy that IAM takes', async () => {
  using space = new Workspace();
  const file = space.file('f.yaml', 'Resources: {F: {Type: AWS::Lambda::Function}}');
  const { code, stdout, stderr } = await space.run('permissions', file);
  expect(code).toBe(0);
  const policy = JSON.parse(stdout);
  expect(Object.keys(policy)).toEqual(['Version', 'Statement']);
  expect(policy.Statement[0].Sid).toBe('CloudControl');
  expect(stderr).toContain('narrow the Resource of PassRole');
});

test('the document has the policy, its size and the types', async () => {
  using space = new Workspace();
  const file = space.file('q.yaml', 'Resources: {Q: {Type: AWS::SQS::Queue}}');
  const { code, stdout, stderr } = await space.run('permissions', file, '--format', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ version: 1, kind: 'permissions', problems: [] });
  expect(document.types.map(({ typeName }: { typeName: string }) => typeName)).toEqual(['AWS::SQS::Queue']);
});

test('a template that cannot be deployed is exit 2', async () => {
  using space = new Workspace();
  const file = space.file('bad.yaml', 'Resources: {Q: {Type: AWS::SQS::Quee}}');
  const { code, stdout, stderr } = await space.run('permissions', file);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('unknown_resource_type');
  expect(stderr).toContain('did you mean AWS::SQS::Queue');
});
