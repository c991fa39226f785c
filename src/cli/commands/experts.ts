// `assent experts`.
import { type ExpertsDocument, experts } from '../../app/experts.ts';
import { openLocal } from '../../edge/session.ts';
import type { ExpertsCommandOptions, Work } from '../options.ts';
import { count, type Paint, painter, plain, table } from '../render/style.ts';

export const work: Work<ExpertsCommandOptions> = async ({ io, options }) => {
  const local = await openLocal(options.state);
  try {
    const document = await experts(local);
    io.out(options.format === 'json' ? `${JSON.stringify(document)}\n` : expertsText(document, painter(io.colour.out)));
    return 0;
  } finally {
    await local.close();
  }
};

function expertsText({ outcomes, ends, experts: records }: ExpertsDocument, paint: Paint): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const rows = records.map(
    ({ expert, question, voted, right, weight, brier, ece, changed, redundantWith, costUsd }) => [
      paint('bold', plain(expert)),
      voted === 0 ? 'no record' : `right ${right} of ${voted}, ${percent(right / voted)}`,
      `weight ${weight.toFixed(2)}`,
      brier === undefined || brier === null ? '' : `Brier ${brier.toFixed(3)}`,
      ece === undefined || ece === null ? '' : `calibration error ${ece.toFixed(3)}`,
      costUsd === 0 ? '' : `$${costUsd.toFixed(4)} a question`,
      voted === 0 ? '' : `${changed === 0 ? 'never decisive' : `decisive ${changed} times`}`,
      redundantWith === undefined ? paint('dim', plain(question)) : `always as ${plain(redundantWith)}`,
    ],
  );
  const classes = records.flatMap(({ expert, classes: own }) =>
    own.map((one) => [
      plain(expert),
      one.class,
      `right ${one.right} of ${one.voted}`,
      `taken for ${percent(one.reliability)}`,
      `weight ${one.weight.toFixed(2)}`,
    ]),
  );
  const byClass = classes.length === 0 ? '' : `\n${paint('bold', 'By kind of change')}\n${table(classes)}`;
  const endings = Object.entries(ends).map(([end, times]) => `${times} ${end.replace('_', ' ')}`);
  const base =
    outcomes === 0
      ? 'Nothing is known of them yet: they learn from how deployments end.\n'
      : `From ${count(outcomes, 'deployment')} whose end is known${endings.length === 0 ? '' : ` (${endings.join(', ')})`}.\n`;
  return `${table(rows)}${byClass}\n${base}`;
}
