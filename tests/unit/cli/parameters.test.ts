import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BadJson, Digits, type JsonText, readJson } from '../../../src/cli/json-text.ts';
import { pairs, parseParameterFile } from '../../../src/cli/parameters.ts';
import type { InvalidInput } from '../../../src/domain/errors.ts';

test('pairs keep everything after the first equals sign, and the last one wins', () => {
  expect(pairs(['A=1', 'B=x=y', 'C=', 'A=2'], '--parameters')).toEqual({ A: '2', B: 'x=y', C: '' });
});

test.each(['A', '=1', ''])('%j is no pair', (pair) => {
  expect(() => pairs([pair], '--parameters')).toThrow(expect.objectContaining({ code: 'invalid_usage' }));
});

test.each<[string, string, Record<string, string>]>([
  ['the form of CloudFormation', '[{"ParameterKey":"A","ParameterValue":"1"}]', { A: '1' }],
  ['an object', '{"A":"1","N":2,"T":true,"L":["a","b"]}', { A: '1', N: '2', T: 'true', L: 'a,b' }],
  ['an empty list', '[]', {}],
  [
    'numbers as they are written',
    '{"A":12345678901234567890,"B":1.10,"C":[-0,1e400]}',
    { A: '12345678901234567890', B: '1.10', C: '-0,1e400' },
  ],
  [
    'names of members of every object',
    '{"constructor":"1","__proto__":"2"}',
    JSON.parse('{"constructor":"1","__proto__":"2"}'),
  ],
  ['a byte order mark', '\ufeff{"A":"1"}', { A: '1' }],
])('%s is read', (_, text, wanted) => {
  expect(parseParameterFile(text, 'p.json')).toEqual(wanted);
});

test.each([
  ['no JSON', '{A: 1}'],
  ['a string', '"A=1"'],
  ['null', 'null'],
  ['a nested object', '{"A":{"B":"1"}}'],
  ['a null value', '{"A":null}'],
  ['an item without key', '[{"ParameterValue":"1"}]'],
  ['an item that is no object', '["A=1"]'],
  ['an item without value', '[{"ParameterKey":"A"}]'],
  ['a misspelt field', '[{"ParameterKey":"A","ParameterValu":"1","ParameterValue":"2"}]'],
  ['UsePreviousValue', '[{"ParameterKey":"A","UsePreviousValue":true}]'],
])('%s is refused with the name of the file', (_, text) => {
  expect(() => parseParameterFile(text, 'p.json')).toThrow(
    expect.objectContaining({ code: 'invalid_parameters_file', message: expect.stringContaining('p.json') }),
  );
});

test.each<[string, string, string]>([
  ['a cut text', '{\n  "Pw": "hunter2', 'p.json:2:9'],
  ['a missing comma', '{"A":"1"\n "Pw":"hunter2"}', 'p.json:2:2'],
  ['a bare word', '{"Pw": hunter2}', 'p.json:1:8'],
  ['what follows', '{"Pw":"1"} hunter2', 'p.json:1:12'],
  ['a name twice', '{"Pw":"hunter2","Pw":"x"}', 'p.json:1:17'],
  ['lines of a .env file', 'PW=hunter2\n', 'p.json:1:1'],
  ['single quotes', "{'Pw':'hunter2'}", 'p.json:1:2'],
  ['deep nesting', '['.repeat(100), 'p.json:1:66'],
])('%s is refused by place, and nothing is quoted', (_, text, place) => {
  let error: unknown;
  try {
    parseParameterFile(text, 'p.json');
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: 'invalid_parameters_file', message: expect.stringContaining(`${place}:`) });
  const { message, help, stack } = error as InvalidInput;
  expect(`${message} ${help} ${stack}`).not.toContain('hunter2');
});

test.each<[string, RegExp]>([
  ['PW=hunter2', /\.env.*--parameters/],
  ['# secrets\nexport PW="hunter2"', /\.env/],
  ['Pw: hunter2', /YAML/],
  ['{A}', /ParameterKey/],
])('%j gets the way out that fits', (text, help) => {
  expect(() => parseParameterFile(text, 'p.json')).toThrow(
    expect.objectContaining({ help: expect.stringMatching(help) }),
  );
});

test('what is no pair is not quoted', () => {
  const message = '--parameters takes NAME=VALUE (value 2 of 2).';
  expect(() => pairs(['A=1', 'hunter2'], '--parameters')).toThrow(expect.objectContaining({ message }));
});

test('a pair may be called like a member of every object', () => {
  expect(Object.entries(pairs(['__proto__=1', 'constructor=2'], '--tags'))).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
});

test('JSON is read as JSON.parse reads it, and what that refuses is refused', () => {
  const plain = (value: JsonText): unknown => {
    if (value instanceof Digits) return Number(value.text);
    if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
    return Array.isArray(value) ? value.map(plain) : value;
  };
  const same = (text: string) => {
    let expected: unknown;
    try {
      expected = JSON.parse(text);
    } catch {
      expect(() => readJson(text), text).toThrow(BadJson);
      return;
    }
    expect(JSON.stringify(plain(readJson(text)))).toBe(JSON.stringify(expected));
  };
  fc.assert(fc.property(fc.json({ maxDepth: 5 }), same));
  const cut = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ' ', '\\', '\n', '0', 'e'));
  fc.assert(
    fc.property(cut, ([text, at, put]) => {
      const place = at % (text.length + 1);
      const damaged = text.slice(0, place) + put + text.slice(place + 1);
      // A name may have become another one that is there.
      if (!/"([^"]*)":.*"\1":/s.test(damaged)) same(damaged);
    }),
  );
});
