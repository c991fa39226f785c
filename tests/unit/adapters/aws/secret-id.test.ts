import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSecretId } from '../../../../src/adapters/aws/secret-id.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf';

describe('a dynamic reference', () => {
  test.each([
    ['secretsmanager:db', { id: 'db' }],
    ['secretsmanager:db:SecretString', { id: 'db' }],
    ['secretsmanager:db:SecretString:password', { id: 'db', key: 'password' }],
    ['secretsmanager:db:SecretString:password::', { id: 'db', key: 'password' }],
    ['secretsmanager:db:SecretString:password:AWSPREVIOUS', { id: 'db', key: 'password', stage: 'AWSPREVIOUS' }],
    ['secretsmanager:db:SecretString:password::v-1', { id: 'db', key: 'password', version: 'v-1' }],
    ['secretsmanager:db:SecretString:::v-1', { id: 'db', version: 'v-1' }],
    ['secretsmanager:db::password', { id: 'db', key: 'password' }],
    [`secretsmanager:${ARN}`, { id: ARN }],
    [`secretsmanager:${ARN}:SecretString:password:AWSCURRENT`, { id: ARN, key: 'password', stage: 'AWSCURRENT' }],
  ])('%s is understood', (text, expected) => {
    expect(parseSecretId(text)).toEqual({ service: 'secretsmanager', ...expected });
  });

  test.each([
    ['ssm-secure:password', 'password'],
    ['ssm-secure:/app/password:3', '/app/password:3'],
    ['ssm-secure:arn:aws:ssm:eu-west-1:123456789012:parameter/p:3', 'arn:aws:ssm:eu-west-1:123456789012:parameter/p:3'],
  ])('%s asks SSM for what follows', (text, name) => {
    expect(parseSecretId(text)).toEqual({ service: 'ssm-secure', name });
  });

  test.each([
    '',
    'db',
    'parameter:Password',
    'ssm:/plain',
    'ssm-secure',
    'ssm-secure:',
    'secretsmanager',
    'secretsmanager:',
    'secretsmanager::SecretString:key',
    'secretsmanager:arn:aws:secretsmanager:eu-west-1',
    'secretsmanager:db:SecretBinary:key',
    'secretsmanager:db:SecretString:key:AWSCURRENT:v-1',
    'secretsmanager:db:SecretString:key::v-1:more',
  ])('%s is refused', (text) => {
    expect(() => parseSecretId(text)).toThrow(
      expect.objectContaining({ code: 'secret_reference_invalid', kind: 'invalid' }),
    );
  });

  test('made of any allowed parts is taken apart into them again', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9/_+=.@-]{1,20}$/).filter((text) => text !== 'arn');
    const id = fc.oneof(
      part,
      part.map((name) => `arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:${name}`),
    );
    const tail = fc.record({ key: part, stage: part, version: part }, { requiredKeys: [] });
    fc.assert(
      fc.property(id, tail, (secret, parts) => {
        if (parts.stage !== undefined) delete parts.version;
        const { key = '', stage = '', version = '' } = parts;
        const text = `secretsmanager:${secret}:SecretString:${key}:${stage}:${version}`;
        expect(parseSecretId(text)).toEqual({ service: 'secretsmanager', id: secret, ...parts });
      }),
    );
  });
});
