import { expect, test } from 'vitest';
import { formatOf, type OptionShapes, ordered } from '../../../src/cli/arguments.ts';

const shapes: OptionShapes = {
  valued: new Set(['--stack', '--parameters', '--tags', '--format', '--state']),
  lists: new Set(['--parameters', '--tags']),
};

const words = (line: string) => line.split(' ').filter((word) => word !== '');

test.each([
  ['plan t.yaml --stack s', 'plan t.yaml --stack s'],
  ['--stack s plan t.yaml', 'plan --stack s t.yaml'],
  ['--stack=s plan t.yaml', 'plan --stack=s t.yaml'],
  ['--yes deploy --stack s t.yaml', 'deploy --yes --stack s t.yaml'],
  ['--help plan', 'plan --help'],
  ['--version', '--version'],
  // A stack may be called like a command.
  ['--stack plan deploy t.yaml', 'deploy --stack plan t.yaml'],
  ['plan --parameters A=1 B=2 t.yaml --stack s', 'plan --parameters A=1 --parameters B=2 t.yaml --stack s'],
  ['--parameters A=1 B=2 plan t.yaml', 'plan --parameters A=1 --parameters B=2 t.yaml'],
  ['plan --parameters A=1 --parameters B= t.yaml', 'plan --parameters A=1 --parameters B= t.yaml'],
  ['plan - --parameters A=1 -', 'plan - --parameters A=1 -'],
  ['plan t.yaml --parameters', 'plan t.yaml --parameters'],
  ['plan --parameters --stack s', 'plan --parameters --stack s'],
  ['plan --parameters A -y', 'plan --parameters A -y'],
  ['plan --tags a:b=c d=e ./x=y.yaml', 'plan --tags a:b=c --tags d=e ./x=y.yaml'],
  ['--bogus plan', 'plan --bogus'],
  ['-- plan --stack', '-- plan --stack'],
  ['bogus --stack s', 'bogus --stack s'],
  ['', ''],
])('%s becomes %s', (given, wanted) => {
  expect(ordered(words(given), shapes)).toEqual(words(wanted));
});

test.each([
  ['plan --format json', 'json'],
  ['--format=jsonl deploy', 'jsonl'],
  ['plan --format text --format json', 'json'],
  ['plan -- --format json', undefined],
  ['plan --format', undefined],
  ['plan', undefined],
])('the format of "%s" is %s', (given, wanted) => {
  expect(formatOf(words(given))).toBe(wanted);
});
