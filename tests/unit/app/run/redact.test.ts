import { expect, test } from 'vitest';
import { Cleaner } from '../../../../src/app/run/cleaner.ts';
import { hasSecret, withoutEchoes, withoutSecrets } from '../../../../src/app/run/redact.ts';

const secret = { $secret: 'parameter:Pw' };

test.each<[string, unknown, boolean]>([
  ['a secret', secret, true],
  ['inside a list', ['a', [secret]], true],
  ['inside a function', { $fn: ['join', '', ['a', secret]] }, true],
  ['a dynamic reference still to be put together', { $fn: ['dynamic', { $ref: 'Secret' }] }, true],
  ['inside an escaped object', { $map: { $ref: 'x', B: secret } }, true],
  ['a reference', { $ref: 'A' }, false],
  ['an object that happens to have that key among others', { $map: { $secret: 'x', B: 1 } }, false],
  ['nothing', null, false],
])('%s', (_, desired, wanted) => {
  expect(hasSecret(desired)).toBe(wanted);
});

test.each<[string, unknown, unknown, unknown]>([
  ['a property made from a secret', { A: 'x', P: 'hunter2' }, { A: 'x', P: secret }, { A: 'x' }],
  ['one that a function makes', { P: 'pre-hunter2' }, { P: { $fn: ['concat', ['pre-', secret]] } }, {}],
  ['a nested one', { C: { P: 'hunter2', U: 'u' } }, { C: { P: secret, U: 'u' } }, { C: { U: 'u' } }],
  ['a list with one anywhere', { L: [{ P: 'hunter2' }, {}] }, { L: [{}, { P: secret }] }, {}],
  [
    'a nested one under an escaped object',
    { C: { $ref: 1, P: 'hunter2' } },
    { C: { $map: { $ref: 1, P: secret } } },
    { C: { $ref: 1 } },
  ],
  ['an object where a scalar was wanted', { P: { echo: 'hunter2' } }, { P: secret }, {}],
  ['what was not asked for', { Arn: 'a' }, { P: secret }, { Arn: 'a' }],
  ['a model that is no object', 'x', { P: secret }, 'x'],
])('%s', (_, model, desired, wanted) => {
  expect(withoutSecrets(model, desired)).toEqual(wanted);
});

test('a property that echoes a secret elsewhere is dropped, in whatever form', () => {
  const cleaner = new Cleaner();
  cleaner.add(['hunter2"x']);
  const model = { Arn: 'arn', Log: { Text: 'got {"p":"hunter2\\"x"}' }, Hex: Buffer.from('hunter2"x').toString('hex') };
  expect(withoutEchoes(model, cleaner)).toEqual({ Arn: 'arn' });
});
