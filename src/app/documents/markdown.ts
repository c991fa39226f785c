// Findings as Markdown, for a comment on a pull request.
import type { Finding } from '#wasm';
import { plain } from '../../domain/plain.ts';
import { reported, type ScanDocument, SEVERITIES } from '../scan.ts';

/** The document as Markdown: a line that says it all, then a table. */
export function markdown(document: ScanDocument): string {
  const open = reported(document.findings);
  const { summary } = document;
  const files = `${summary.filesScanned} ${summary.filesScanned === 1 ? 'template' : 'templates'}`;
  const quiet = summary.suppressed === 0 ? '' : ` (${summary.suppressed} suppressed)`;
  if (open.length === 0) return `## Assent scan\n\nNo findings in ${files}${quiet}.\n`;
  const counts = SEVERITIES.filter((severity) => summary[severity] > 0).map((one) => `${summary[one]} ${one}`);
  const sorted = [...open].sort((left, right) => rank(left) - rank(right));
  const rows = sorted.map(
    ({ severity, file, line, resource, message, ruleId, help }) =>
      `| ${severity} | ${cell(line > 0 ? `${file}:${line}` : file)} | ${cell(resource)} | ${cell(message)} | \`${ruleId}\` | ${cell(help)} |\n`,
  );
  return `## Assent scan

${counts.join(', ')} in ${files}${quiet}.

| Severity | Place | Resource | Finding | Rule | Way out |
| --- | --- | --- | --- | --- | --- |
${rows.join('')}`;
}

function rank({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity);
}

/** Text that stays in its cell and is shown as it is. */
function cell(text: string): string {
  return plain(text).replace(/[\\`*_[\]<>|#]/g, '\\$&');
}
