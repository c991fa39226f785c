// Findings as SARIF 2.1.0, which code hosts show beside the code.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
import type { Finding, FindingSeverity, RuleInfo } from '#wasm';
import { plain } from '../../domain/plain.ts';
import type { ScanDocument } from '../scan.ts';

const LEVEL: Record<FindingSeverity, 'error' | 'warning' | 'note'> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/** GitHub's scale for security results: above 9 critical, above 7 high, above 4 medium. */
const SCORE: Record<FindingSeverity, string> = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0', info: '0.0' };

/** The document as SARIF text; `known` are the built-in rules. */
export function sarif(document: ScanDocument, known: readonly RuleInfo[]): string {
  const used = new Map(document.findings.map((finding) => [finding.ruleId, finding]));
  const ids = [...used.keys()].sort();
  const described = ids.map((id) =>
    descriptor(
      used.get(id) as Finding,
      known.find((rule) => rule.id === id),
    ),
  );
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Assent', rules: described } },
        columnKind: 'unicodeCodePoints',
        results: document.findings.map((finding) => result(finding, ids.indexOf(finding.ruleId))),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor({ ruleId, title, help, severity, category }: Finding, rule: RuleInfo | undefined) {
  const text = rule?.help ?? help;
  return {
    id: ruleId,
    shortDescription: { text: plain(title) },
    ...(text === '' ? {} : { help: { text: plain(text) } }),
    defaultConfiguration: { level: LEVEL[severity] },
    properties: {
      tags: ['security', category, ...(rule?.aliases ?? [])],
      'security-severity': SCORE[severity],
    },
  };
}

function result(finding: Finding, ruleIndex: number) {
  const { ruleId, severity, message, help, file, line, column, endLine, path, fingerprint, suppressed } = finding;
  const region = line > 0 ? { region: { startLine: line, startColumn: Math.max(1, column), endLine } } : {};
  return {
    ruleId,
    ruleIndex,
    level: LEVEL[severity],
    message: { text: plain(help === '' ? message : `${message}. ${help}.`) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uri(file) }, ...region },
        ...(path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: plain(path) }] }),
      },
    ],
    partialFingerprints: { 'assent/v1': fingerprint },
    ...(suppressed === undefined
      ? {}
      : {
          suppressions: [
            {
              kind: suppressed.by === 'baseline' ? 'external' : 'inSource',
              ...(suppressed.reason === '' ? {} : { justification: plain(suppressed.reason) }),
            },
          ],
        }),
  };
}

/** A path as a URI reference. */
function uri(file: string): string {
  return file.split(/[\\/]/).map(encodeURIComponent).join('/');
}
