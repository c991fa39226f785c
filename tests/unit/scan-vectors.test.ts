// tests/vectors/scan against the built core; wasm-core/tests/scan_vectors.rs runs the same cases natively.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TemplateInCore } from '../../src/core/template.ts';

interface Case {
  name: string;
  template: string;
  expect: string[];
}

const file = join(import.meta.dirname, '../vectors/scan/precision.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

test.each(cases)('$name', ({ template, expect: expected }) => {
  using text = new TemplateInCore(template);
  const answer = text.scan({ file: 't', parameters: {}, baseline: [] });
  if (answer.type !== 'scanned') throw new Error(JSON.stringify(answer));
  expect(answer.findings.map(({ ruleId, line, column }) => `${ruleId}@${line}:${column}`)).toEqual(expected);
});
