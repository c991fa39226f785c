// Findings for people: by file, worst first, each with its place and way out.
import type { Finding, FindingSeverity } from '#wasm';
import { type FailOn, refusing, reported, type ScanDocument, SEVERITIES } from '../../app/scan.ts';
import { type Colour, count, duration, type Paint, plain } from './style.ts';

const COLOUR: Record<FindingSeverity, Colour> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
};

/** A severity in its colour. */
export function severityText(severity: FindingSeverity, paint: Paint): string {
  return paint(COLOUR[severity], severity);
}

/** The document for people. */
export function scanText(document: ScanDocument, failOn: FailOn, paint: Paint): string {
  const open = reported(document.findings);
  const { summary } = document;
  const files = [...new Set(open.map(({ file }) => file))];
  const blocks = files.map((file) => {
    const here = open.filter((finding) => finding.file === file).sort((left, right) => rank(left) - rank(right));
    return `${paint('bold', plain(file))}\n${here.map((finding) => lines(finding, paint)).join('')}\n`;
  });
  const counts = SEVERITIES.filter((one) => summary[one] > 0).map((one) => `${summary[one]} ${one}`);
  const what = counts.length === 0 ? 'No findings' : counts.join(', ');
  const quiet = summary.suppressed === 0 ? '' : `, ${summary.suppressed} suppressed`;
  const where = `${count(summary.filesScanned, 'template')} (${duration(summary.elapsedMs)})`;
  const refused = refusing(document.findings, failOn).length;
  const verdict =
    refused === 0 ? '' : `${paint('red', 'Refused')}: ${count(refused, 'finding')} at or above ${failOn}.\n`;
  return `${blocks.join('')}${what}${quiet} in ${where}.\n${verdict}`;
}

function lines({ severity, file, line, column, resource, message, ruleId, help }: Finding, paint: Paint): string {
  const place = line > 0 ? `${plain(file)}:${line}:${column}` : plain(file);
  const whose = resource === '' ? '' : `${plain(resource)}: `;
  const way = help === '' ? '' : `      ${paint('dim', plain(help))}\n`;
  return `  ${place}  ${severityText(severity, paint)}  ${whose}${plain(message)} ${paint('dim', `[${plain(ruleId)}]`)}\n${way}`;
}

function rank({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity);
}
