// Names that are members of every JavaScript object, places that are none, and devices that are full.

import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/cli.ts';

const TIMEOUT = { timeout: 120_000 };

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const NAMES = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];

test('parameters, resources, mappings, conditions and outputs may have them', TIMEOUT, async () => {
  const each = <T>(make: (name: string) => T) => Object.fromEntries(NAMES.map((name) => [name, make(name)]));
  const file = space.file('t.json', {
    Parameters: each((name) => ({ Type: 'String', NoEcho: name === 'valueOf' })),
    Mappings: each((name) => ({ [name]: { [name]: `mapped-${name}` } })),
    Conditions: each(() => ({ 'Fn::Equals': ['a', 'a'] })),
    Resources: each((name) => ({
      Type: 'AWS::SNS::Topic',
      Condition: name,
      Properties: { DisplayName: { Ref: name === 'valueOf' ? 'valueOf' : 'toString' } },
    })),
    Outputs: each((name) => ({ Value: { 'Fn::FindInMap': [name, name, name] } })),
  });
  const values = NAMES.map((name) => `${name}=given-${name}`);
  const deployed = await space.json('deploy', file, '--stack', 'web', '--yes', '--parameters', ...values);
  expect(deployed).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  expect(deployed.document.outputs).toEqual(each((name) => `mapped-${name}`));
  expect((await space.json('plan', file, '--stack', 'web', '--parameters', ...values)).document.actions).toEqual(
    expect.arrayContaining(NAMES.map((name) => expect.objectContaining({ logicalId: name, action: 'noop' }))),
  );
  // The NoEcho one is not stored, and no member of an object passes for it.
  const without = await space.json('plan', file, '--stack', 'web');
  expect(without).toMatchObject({ code: 2, document: { problems: [{ path: expect.stringContaining('valueOf') }] } });
  expect((await space.json('drift', '--stack', 'web')).document).toMatchObject({ inSync: true });
  expect((await space.json('destroy', '--stack', 'web', '--yes')).code).toBe(0);
});

test('__proto__ works as a tag and a key, and is refused as a name', TIMEOUT, async () => {
  const text = `{"Resources":{"P":{"Type":"AWS::SSM::Parameter","Properties":{"Type":"String","Value":"v","Tags":{"__proto__":"t","constructor":"c"}}}}}`;
  const file = space.file('t.json', text);
  const deployed = await space.json('deploy', file, '--stack', 'web', '--yes', '--tags', '__proto__=x', 'toString=y');
  expect(deployed).toMatchObject({ code: 0, document: { outcome: 'succeeded' } });
  for (const bad of [
    text.replace('"P":', '"__proto__":'),
    '{"Parameters":{"__proto__":{"Type":"String"}},"Resources":{"T":{"Type":"AWS::SNS::Topic"}}}',
  ]) {
    const { code, document } = await space.json('plan', space.file('bad.json', bad), '--stack', 'other');
    expect({ code, error: document.code }).toEqual({ code: 2, error: 'invalid_template' });
  }
  const given = await space.json('plan', file, '--stack', 'other', '--parameters', '__proto__=x');
  expect({ code: given.code, error: given.document.code }).toEqual({ code: 2, error: 'invalid_template' });
});

test.each([[['--region', '']], [['--cloud', 'aws', '--region', '']], [['--account', '12']]])(
  '%j is refused by name',
  TIMEOUT,
  async (options) => {
    const file = space.file('t.json', { Resources: { T: { Type: 'AWS::SNS::Topic' } } });
    const { code, document } = await space.json('plan', file, '--stack', 'web', ...options);
    expect({ code, kind: document.kind }).toEqual({ code: 2, kind: 'error' });
    expect(document.code).toMatch(/^(region|account)_invalid$/);
  },
);

test('output to a full device ends with an error', TIMEOUT, () => {
  const root = join(import.meta.dirname, '../..');
  const { status, stderr } = spawnSync(
    join(root, 'node_modules/node/bin/node'),
    ['--disable-warning=ExperimentalWarning', join(root, 'src/cli/main.ts'), 'rules', '--format', 'json'],
    { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'], encoding: 'utf8' },
  );
  expect(status).toBe(2);
  expect(stderr).toContain('could not be written');
});
