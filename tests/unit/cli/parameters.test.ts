import { expect, test } from 'vitest';
import { pairs, parseParameterFile } from '../../../src/cli/parameters.ts';

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
