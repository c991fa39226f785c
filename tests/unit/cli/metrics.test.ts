// What `metrics --compare` says to people.
import { expect, test } from 'vitest';
import type { ComparedDocument, ComparisonDocument } from '../../../src/app/compare.ts';
import { checkFormat, printComparison } from '../../../src/cli/commands/metrics.ts';
import type { Io } from '../../../src/cli/io.ts';

const one = (type: string, verdict: ComparedDocument['verdict']): ComparedDocument => ({
  labels: { endpoint: 'aws', operation: 'create', type },
  verdict,
  before: { runs: 30, operations: 150, p95Ms: 40_000 },
  recent: { runs: 10, operations: 50, p95Ms: 82_000 },
  ratio: 2.05,
  pValue: verdict === 'too_few' ? null : 0.0001,
});

function said(series: ComparedDocument[], format: 'text' | 'json' = 'text'): string {
  const grown = series.filter(({ verdict }) => verdict === 'grown').length;
  const document: ComparisonDocument = {
    version: 1,
    kind: 'metrics_comparison',
    alpha: 0.01,
    leastRatio: 1.1,
    grown,
    series,
  };
  let text = '';
  const io = { out: (more: string) => (text += more), colour: { out: false, err: false } } as unknown as Io;
  printComparison(io, document, format);
  return text;
}

test('what has grown is named with both sides, the rest is counted, and what is needed is said', () => {
  const text = said([one('AWS::RDS::DBInstance', 'grown'), one('T', 'not_grown'), one('U', 'too_few')]);
  expect(text).toContain('create AWS::RDS::DBInstance aws  40 s    1 min 22 s  2.05x  30 -> 10  < 0.0001\n');
  expect(text).toContain('The p95 of 1 of 2 has grown. Of 1 more nothing can be told yet. It takes 15 runs');
  expect(text).not.toContain('create T');
});

test.each<[ComparedDocument['verdict'][], string]>([
  [['not_grown', 'not_grown'], 'The p95 of none of 2 has grown.\n'],
  [['too_few'], 'Nothing can be compared yet. It takes 15 runs'],
  [[], 'Nothing can be compared yet. It takes 15 runs'],
])('%j', (verdicts, text) => {
  expect(said(verdicts.map((verdict, at) => one(`T${at}`, verdict)))).toContain(text);
});

test('as JSON it is the document, and no exposition', () => {
  expect(JSON.parse(said([one('T', 'grown')], 'json'))).toMatchObject({ kind: 'metrics_comparison', grown: 1 });
  const refused = () => checkFormat({ compare: true, format: 'openmetrics', state: '.assent' });
  expect(refused).toThrow('--compare is a report');
  expect(() => checkFormat({ format: 'openmetrics', state: '.assent' })).not.toThrow();
});
