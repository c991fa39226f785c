// A verdict for people: what was decided, by whom, why; with `explain` every expert's vote.
import type { Verdict } from '../../domain/verdict.ts';
import { severityText } from './scan.ts';
import { type Paint, plain, table } from './style.ts';

const WORD = { approve: 'approved', refuse: 'refused', ask: 'undecided' } as const;
const COLOUR = { approve: 'green', refuse: 'red', ask: 'yellow' } as const;

/** One line; with `explain` a table of votes and all reasons. */
export function verdictText(verdict: Verdict, explain: boolean, paint: Paint): string {
  const { decision, by, reasons, votes, skipped } = verdict;
  const who = by === 'circle' ? ` by ${votes.filter(({ status }) => status === 'ok').length} experts` : ` by ${by}`;
  const left = skipped.length === 0 ? '' : `; skipped: ${skipped.join(', ')}`;
  const head = `Verdict: ${paint(COLOUR[decision], WORD[decision])}${by === 'nobody' ? '' : who}${left}`;
  const shown = explain || decision !== 'approve' ? reasons : reasons.slice(0, 1);
  const why = shown.map((reason) => `  ${plain(reason)}\n`).join('');
  const quiet = suppressedText(verdict, paint);
  if (!explain || votes.length === 0) return `${head}\n${why}${quiet}`;
  const rows = votes.map(({ expert, option, confidence, reasons: said }) => [
    plain(expert),
    option ?? 'abstains',
    confidence === null ? '' : `${Math.round(confidence * 100)} %`,
    paint('dim', plain(said.join('; '))),
  ]);
  return `${head}\n${why}${quiet}\n${table(rows)}`;
}

/** What the verdict leaves out of account, each with its place and why; nothing where there is nothing. */
export function suppressedText({ suppressed = [] }: Pick<Verdict, 'suppressed'>, paint: Paint): string {
  if (suppressed.length === 0) return '';
  const lines = suppressed.map(({ file, line, severity, resource, message, ruleId, by, reason, author }) => {
    const place = line > 0 ? `${plain(file)}:${line}` : plain(file);
    const whose = resource === '' ? '' : `${plain(resource)}: `;
    const why = reason === '' ? 'nobody says why' : plain(reason);
    const who = author === undefined ? '' : ` (${plain(author)})`;
    return `  ${place}  ${severityText(severity, paint)}  ${whose}${plain(message)} ${paint('dim', `[${plain(ruleId)}]`)}\n      suppressed by ${plain(by)}: ${why}${who}\n`;
  });
  return `${paint('bold', 'Suppressed by the template')}\n${lines.join('')}`;
}
