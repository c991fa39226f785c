// A verdict for people: what was decided, by whom, why, and what a person who is asked should see of both sides; with
// `explain` every expert's vote.
import type { SideReason } from '../../domain/sides.ts';
import type { Verdict, VoteDocument } from '../../domain/verdict.ts';
import { severityText } from './scan.ts';
import { type Paint, plain, table } from './style.ts';

const WORD = { approve: 'approved', refuse: 'refused', ask: 'undecided' } as const;
const COLOUR = { approve: 'green', refuse: 'red', ask: 'yellow' } as const;

/** One line; with `explain` a table of votes and all reasons. */
export function verdictText(verdict: Verdict, explain: boolean, paint: Paint): string {
  const { decision, by, reasons, votes, skipped, changeClass, calibration } = verdict;
  const who = by === 'circle' ? ` by ${votes.filter(({ status }) => status === 'ok').length} experts` : ` by ${by}`;
  const left = skipped.length === 0 ? '' : `; skipped: ${skipped.join(', ')}`;
  const head = `Verdict: ${paint(COLOUR[decision], WORD[decision])}${by === 'nobody' ? '' : who}${left}`;
  // The strongest reasons of both sides take the place of the objections alone; every vote is in the table.
  const sides = decision === 'ask' ? verdict.sides : undefined;
  const shown = sides === undefined && (explain || decision !== 'approve') ? reasons : reasons.slice(0, 1);
  const balance =
    sides === undefined ? '' : sideText('For', sides.approve, paint) + sideText('Against', sides.refuse, paint);
  // Why a circle that approves clearly asks all the same.
  const rate = calibration !== undefined && (explain || decision === 'ask') ? rateText(calibration) : '';
  const why = shown.map((reason) => `  ${plain(reason)}\n`).join('') + rate + balance;
  const quiet = suppressedText(verdict, paint);
  if (!explain || votes.length === 0) return `${head}\n${why}${quiet}`;
  const rows = votes.map((vote) => [
    plain(vote.expert),
    vote.option ?? 'abstains',
    vote.confidence === null ? '' : `${Math.round(vote.confidence * 100)} %`,
    recordText(vote),
    paint('dim', plain(vote.reasons.join('; '))),
  ]);
  const kind = changeClass === undefined ? '' : `Kind of change: ${changeClass}\n`;
  return `${head}\n${why}${quiet}\n${kind}${table(rows)}`;
}

/** What past outcomes allow. */
function rateText({ errorRate, cases, needed, threshold }: NonNullable<Verdict['calibration']>): string {
  const kept =
    threshold === undefined
      ? `cannot be kept: ${cases} of the ${needed} past outcomes that it takes`
      : `is kept from ${(100 * threshold).toFixed(1)} % on, by ${cases} past outcomes`;
  return `  An error rate of ${Number((100 * errorRate).toPrecision(6))} % ${kept}.\n`;
}

/** What an expert's vote counts, and why. */
function recordText({ reliability, weight = 1 }: VoteDocument): string {
  const known = reliability === undefined ? 'no record' : `right ${Math.round(reliability * 100)} %`;
  return `${known}, weight ${weight.toFixed(2)}`;
}

/** One side of a question that the circle leaves to a person, strongest reason first. */
function sideText(side: 'For' | 'Against', reasons: readonly SideReason[], paint: Paint): string {
  const lines = reasons.map(
    ({ expert, confidence, reason }) =>
      `    ${plain(reason)} ${paint('dim', `(${plain(expert)}, ${Math.round(confidence * 100)} %)`)}\n`,
  );
  return `  ${paint('bold', side)}\n${lines.length === 0 ? '    nothing\n' : lines.join('')}`;
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
