// Findings as JUnit XML, which CI systems show as tests: a suite per file, a case per rule that applies to it.
import type { Finding } from '#wasm';
import { reported, type ScanDocument } from '../scan.ts';

/** The document as JUnit XML. A rule that could not tell is skipped; what is suppressed does not fail. */
export function junit(document: ScanDocument): string {
  const open = reported(document.findings);
  const files = [...new Set([...document.rules, ...document.findings].map(({ file }) => file))];
  const suites = files.map((file) => suite(file, document, open));
  const sum = (key: 'tests' | 'failures' | 'skipped') => suites.reduce((total, one) => total + one[key], 0);
  const seconds = (document.summary.elapsedMs / 1000).toFixed(3);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="assent scan" tests="${sum('tests')}" failures="${sum('failures')}" skipped="${sum('skipped')}" time="${seconds}">
${suites.map(({ xml }) => xml).join('')}</testsuites>
`;
}

function suite(file: string, { rules }: ScanDocument, open: readonly Finding[]) {
  const here = open.filter((finding) => finding.file === file);
  const applied = rules.filter((rule) => rule.file === file && rule.status !== 'skip');
  const ids = [...new Set([...applied.map(({ ruleId }) => ruleId), ...here.map(({ ruleId }) => ruleId)])];
  let failures = 0;
  let skipped = 0;
  const cases = ids.map((id) => {
    const failed = here.filter(({ ruleId }) => ruleId === id);
    const head = `    <testcase classname="${escaped(file)}" name="${escaped(id)}"`;
    if (failed.length > 0) {
      failures += 1;
      return `${head}>\n${failure(failed)}    </testcase>\n`;
    }
    if (applied.find(({ ruleId }) => ruleId === id)?.status !== 'unknown') return `${head}/>\n`;
    skipped += 1;
    return `${head}><skipped message="depends on values that are not known"/></testcase>\n`;
  });
  const counts = `tests="${cases.length}" failures="${failures}" skipped="${skipped}"`;
  const xml = `  <testsuite name="${escaped(file)}" ${counts}>\n${cases.join('')}  </testsuite>\n`;
  return { xml, tests: cases.length, failures, skipped };
}

/** One failure a case, as the schema most readers follow has it: its text lists every place. */
function failure(findings: readonly Finding[]): string {
  const [first] = findings;
  if (first === undefined) return '';
  const places = findings.map(
    ({ file, line, column, resource, message, help }) =>
      `${file}:${line}:${column} ${resource === '' ? '' : `${resource}: `}${message}${help === '' ? '' : ` (${help})`}`,
  );
  return `      <failure type="${first.severity}" message="${escaped(first.title)}">${escaped(places.join('\n'))}</failure>\n`;
}

const NAMES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Safe in text and attributes; characters that XML 1.0 cannot hold become U+FFFD. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => NAMES[character] ?? character);
}
