// The scan over several texts, its threshold and baseline, and the formats that other programs read.
import { expect, test } from 'vitest';
import type { Finding } from '#wasm';
import { junit } from '../../../src/app/documents/junit.ts';
import { markdown } from '../../../src/app/documents/markdown.ts';
import { sarif } from '../../../src/app/documents/sarif.ts';
import { baselineText, parseBaseline, refusing, type ScanDocument, scan } from '../../../src/app/scan.ts';
import { rules } from '../../../src/core/calls.ts';

const OPEN = `Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties: {AccessControl: PublicRead}
`;
const FINE = `Resources:
  Queue: {Type: AWS::SQS::Queue}
`;
let clock = 0;
const now = () => {
  clock += 5;
  return clock;
};

function scanned(texts: Record<string, string>, baseline = new Set<string>()): ScanDocument {
  const sources = Object.entries(texts).map(([name, text]) => ({ name, text, named: true }));
  return scan({ sources, baseline }, now);
}

function finding(more: Partial<Finding>): Finding {
  return {
    ruleId: 'r',
    category: 'policy',
    severity: 'high',
    title: 'title',
    resource: '',
    path: '',
    file: 'f.yaml',
    line: 1,
    column: 1,
    endLine: 1,
    message: 'message',
    help: '',
    fingerprint: '0',
    ...more,
  };
}

test('counts by severity what is not suppressed, over all files', () => {
  const document = scanned({ 'a.yaml': OPEN, 'b.yaml': FINE });
  expect(document.summary).toEqual({
    critical: 1,
    high: 0,
    medium: 0,
    low: 1,
    info: 0,
    suppressed: 0,
    filesScanned: 2,
    elapsedMs: 5,
  });
  expect(document.findings.map(({ ruleId, file, line }) => [ruleId, file, line])).toEqual([
    ['s3-versioning', 'a.yaml', 4],
    ['s3-public-read-acl', 'a.yaml', 4],
  ]);
  expect(document.rules).toContainEqual({ ruleId: 's3-public-read-acl', file: 'a.yaml', status: 'fail' });
  expect(document.rules).toContainEqual({ ruleId: 's3-public-read-acl', file: 'b.yaml', status: 'skip' });
});

test('a text that is no template is refused when it was named and passed over when it was found', () => {
  const text = '{"name": "package", "version": "1"}';
  expect(() => scan({ sources: [{ name: 'package.json', text, named: true }] }, now)).toThrow('is no template');
  const found = scan({ sources: [{ name: 'package.json', text, named: false }] }, now);
  expect(found).toMatchObject({ findings: [], summary: { filesScanned: 0 } });
});

test.each([
  ['none', []],
  ['critical', ['critical']],
  ['high', ['critical', 'high']],
  ['medium', ['critical', 'high', 'medium']],
  ['low', ['critical', 'high', 'medium', 'low']],
] as const)('from %s on findings refuse, suppressed ones never', (failOn, expected) => {
  const all = (['info', 'low', 'medium', 'high', 'critical'] as const).map((severity) => finding({ severity }));
  const quiet = finding({ severity: 'critical', suppressed: { by: 'baseline', reason: '' } });
  const severities = refusing([...all, quiet], failOn).map(({ severity }) => severity);
  expect(severities.sort()).toEqual([...expected].sort());
});

test('a baseline silences what it holds after lines moved, and nothing else', () => {
  const before = scanned({ 'a.yaml': OPEN });
  const baseline = parseBaseline(baselineText(before.findings), 'baseline.json');
  const moved = `# a comment\n\n${OPEN}  More:\n    Type: AWS::S3::Bucket\n    Properties: {AccessControl: PublicReadWrite}\n`;
  const after = scanned({ 'a.yaml': moved }, baseline);
  expect(after.summary).toMatchObject({ critical: 1, suppressed: 2 });
  expect(refusing(after.findings, 'critical').map(({ resource }) => resource)).toEqual(['More']);
  expect(scanned({ 'other.yaml': OPEN }, baseline).summary.suppressed).toBe(0);
});

test.each([
  ['not json', 'is not JSON'],
  ['null', 'is not a baseline'],
  ['[]', 'is not a baseline'],
  ['{"version":1,"kind":"baseline"}', 'is not a baseline'],
  ['{"version":2,"kind":"baseline","findings":[]}', 'version 2'],
  ['{"version":1,"kind":"baseline","findings":[null]}', 'without fingerprint'],
  ['{"version":1,"kind":"baseline","findings":[{"fingerprint":1}]}', 'without fingerprint'],
])('a malformed baseline %s is refused', (text, reason) => {
  expect(() => parseBaseline(text, 'b.json')).toThrow(reason);
});

test('SARIF names every rule once, points into the file and carries suppressions', () => {
  const findings = [
    finding({ ruleId: 'b', file: 'my folder/ü.yaml', line: 3, column: 0, endLine: 4, help: 'Close it' }),
    finding({ ruleId: 'a', line: 0, column: 0, endLine: 0, severity: 'low' }),
    finding({ ruleId: 'b', suppressed: { by: 'cfn_nag', reason: 'known' } }),
    finding({ ruleId: 'b', suppressed: { by: 'baseline', reason: '' } }),
  ];
  const log = JSON.parse(sarif({ ...scanned({ 'a.yaml': FINE }), findings }, rules()));
  const [run] = log.runs;
  expect(log.version).toBe('2.1.0');
  expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['a', 'b']);
  for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
  expect(run.results[0].locations[0].physicalLocation).toEqual({
    artifactLocation: { uri: 'my%20folder/%C3%BC.yaml' },
    region: { startLine: 3, startColumn: 1, endLine: 4 },
  });
  expect(run.results[1].locations[0].physicalLocation).toEqual({ artifactLocation: { uri: 'f.yaml' } });
  expect(run.results.map(({ suppressions }: { suppressions?: unknown }) => suppressions)).toEqual([
    undefined,
    undefined,
    [{ kind: 'inSource', justification: 'known' }],
    [{ kind: 'external' }],
  ]);
});

test('JUnit counts a case per rule that applies, and holds whatever a message holds', () => {
  const findings = [
    finding({ ruleId: 's3-versioning', message: '<&"\'> \u0000\ud800 ]]>' }),
    finding({ ruleId: 's3-versioning' }),
    finding({ ruleId: 'quiet', suppressed: { by: 'baseline', reason: '' } }),
  ];
  const outcomes = [
    { ruleId: 's3-versioning', file: 'f.yaml', status: 'fail' as const },
    { ruleId: 'passes', file: 'f.yaml', status: 'pass' as const },
    { ruleId: 'cannot-tell', file: 'f.yaml', status: 'unknown' as const },
    { ruleId: 'does-not-apply', file: 'f.yaml', status: 'skip' as const },
  ];
  const xml = junit({ ...scanned({ 'a.yaml': FINE }), findings, rules: outcomes });
  expect(xml).toContain('<testsuite name="f.yaml" tests="3" failures="1" skipped="1">');
  expect(xml.match(/<failure /g)).toHaveLength(1);
  expect(xml).toContain('&lt;&amp;&quot;&apos;&gt; \ufffd\ufffd ]]&gt;');
  expect(xml).not.toContain('does-not-apply');
  expect(xml).not.toContain('quiet');
});

test('Markdown keeps a message in its cell, worst first', () => {
  const findings = [
    finding({ severity: 'low', message: 'small' }),
    finding({ severity: 'critical', message: 'a|b\n<script>`x`' }),
  ];
  const summary = { ...scanned({ 'a.yaml': FINE }).summary, critical: 1, low: 1 };
  const lines = markdown({ ...scanned({ 'a.yaml': FINE }), findings, summary })
    .trimEnd()
    .split('\n');
  expect(lines[2]).toBe('1 critical, 1 low in 1 template.');
  expect(lines.slice(6)).toEqual([
    '| critical | f.yaml:1 |  | a\\|b \\<script\\>\\`x\\` | `r` |  |',
    '| low | f.yaml:1 |  | small | `r` |  |',
  ]);
  expect(markdown(scanned({ 'a.yaml': FINE }))).toBe('## Assent scan\n\nNo findings in 1 template.\n');
});

test('Markdown and SARIF carry no control characters', () => {
  const odd = 'a\u001b[31mb\u0007c\u202ed\u0000\u2028e';
  const [finding] = scanned({ 'a.yaml': OPEN }).findings;
  if (finding === undefined) throw new Error('no finding');
  const suppressed = { by: 'assent', reason: odd };
  const strange = { ...finding, title: odd, resource: odd, path: odd, file: odd, message: odd, help: odd };
  const document = { ...scanned({ 'a.yaml': OPEN }), findings: [strange, { ...strange, suppressed }] };
  const texts = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
  };
  const known = rules();
  for (const text of [...texts(JSON.parse(sarif(document, known))), ...markdown(document).split('\n')]) {
    expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
  }
  expect(markdown(document)).toContain('ab c d e');
});
