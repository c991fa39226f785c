// `assent consensus`.
import { aggregate, type ConsensusDocument, questionFrom } from '../../app/consensus.ts';
import { readText } from '../input.ts';
import type { ConsensusCommandOptions, Work } from '../program.ts';
import { type Paint, painter, plain, table } from '../render/style.ts';

export const work: Work<ConsensusCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const given = questionFrom(await readText(file), file);
  const document = aggregate(options.method === undefined ? given : withMethod(given, options.method));
  io.out(options.format === 'json' ? `${JSON.stringify(document)}\n` : consensusText(document, painter(io.colour.out)));
  return 0;
};

/** The option counts more than what the file says. */
function withMethod(given: unknown, method: string): unknown {
  if (Array.isArray(given)) return { votes: given, method };
  return typeof given === 'object' && given !== null ? { ...given, method } : given;
}

const UNDECIDED: Record<string, string> = {
  tie: 'A tie: no option is ahead.',
  no_quorum: 'No quorum: too few of the roster have voted.',
  no_votes: 'No valid vote.',
};

function consensusText(document: ConsensusDocument, paint: Paint): string {
  const { outcome, posterior, agreement, nEff, perExpert, dissent, method, veto } = document;
  const undecided = UNDECIDED[outcome];
  const decided = veto === undefined ? '' : ` by the veto of ${plain(veto)}`;
  const head =
    undecided === undefined
      ? `${paint('green', plain(outcome))}${decided} ${paint('dim', `(${method})`)}\n`
      : `${paint('yellow', undecided)} ${paint('dim', `(${method})`)}\n`;
  const options = Object.entries(posterior).sort(([, a], [, b]) => b - a);
  const alpha = agreement.alpha === null ? 'not defined' : agreement.alpha.toFixed(2);
  const about = [
    ['Effective votes', nEff.toFixed(2)],
    ['Entropy', `${agreement.entropyBits.toFixed(2)} bits`],
    ["Krippendorff's alpha", alpha],
  ];
  const experts = perExpert.map(({ expert, reliability, weightUsed, contribution }) => [
    plain(expert),
    reliability === null ? '-' : reliability.toFixed(2),
    share(weightUsed),
    `${contribution < 0 ? '-' : '+'}${Math.abs(contribution).toFixed(3)}`,
    dissent.includes(expert) ? paint('yellow', 'dissents') : '',
  ]);
  const columns = ['Expert', 'Reliability', 'Weight', 'Contribution', ''].map((name) => paint('bold', name));
  return [
    head,
    table(options.map(([option, p]) => [plain(option), share(p)])),
    table(about),
    table([columns, ...experts]),
  ].join('\n');
}

function share(p: number): string {
  return `${(100 * p).toFixed(1)} %`;
}
