// A verdict for people: what was decided, by whom, why; with `explain` every expert's vote.
import type { Verdict } from '../../domain/verdict.ts';
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
  if (!explain || votes.length === 0) return `${head}\n${why}`;
  const rows = votes.map(({ expert, option, confidence, reasons: said }) => [
    plain(expert),
    option ?? 'abstains',
    confidence === null ? '' : `${Math.round(confidence * 100)} %`,
    paint('dim', plain(said.join('; '))),
  ]);
  return `${head}\n${why}\n${table(rows)}`;
}
