// `assent consult`. Exit code 1 when the plan would be refused, 7 when a person would be asked.
import { type ConsultDocument, consult } from '../../app/consult.ts';
import { configuredCircle } from '../../edge/config/configured.ts';
import type { ExitCode } from '../exit.ts';
import { readText } from '../input.ts';
import type { Io } from '../io.ts';
import { withSession } from '../opening.ts';
import type { ConsultCommandOptions, Work } from '../options.ts';
import { pairs, parameterValues } from '../parameters.ts';
import { warningsText } from '../render/problems.ts';
import { painter, plain } from '../render/style.ts';
import { verdictText } from '../render/verdict.ts';

const EXIT = { approve: 0, refuse: 1, ask: 7 } as const;

export const work: Work<ConsultCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const text = await readText(file);
  const circle = await configuredCircle(options.config);
  const parameters = await parameterValues(options.parametersFile, options.parameters);
  const tags = pairs(options.tags, '--tags');
  const imports = pairs(options.import, '--import');
  const moved = pairs(options.moved, '--moved');
  const { stack, refresh, allowSecretIdentifiers = false, maxConcurrency, failOn, suppressions } = options;
  const wanted = {
    template: { text, name: file },
    stack,
    parameters,
    tags,
    imports,
    moved,
    refresh,
    allowSecretIdentifiers,
    maxConcurrency,
    failOn,
    suppressions,
    circle,
  };
  return withSession(io, options, async ({ session, control }) => {
    const document = await consult(session, wanted, control);
    io.out(
      options.format === 'json' ? `${JSON.stringify(document)}\n` : consultText(document, { ...options, file }, io),
    );
    return consultExit(document);
  });
};

/** The circle's opinion for people. */
export function consultText(
  { verdict, votes, problems = [] }: ConsultDocument,
  { explain, file }: Pick<ConsultCommandOptions, 'explain'> & { file: string },
  io: Io,
): string {
  const paint = painter(io.colour.out);
  const shown = verdictText({ ...verdict, votes }, explain === true, paint);
  return `${shown}${explain === true ? askingText(verdict) : ''}${warningsText(problems, file, paint)}`;
}

const STOPPED = {
  answered: 'everybody has answered',
  settled: 'no answer could have changed it',
  rule: 'the configured rule was satisfied',
  budget: 'the budget was spent',
  deadline: 'the time was over',
} as const;

/** Who was not asked and why. */
function askingText({ stopped, unasked = [] }: ConsultDocument['verdict']): string {
  if (stopped === undefined || unasked.length === 0) return '';
  return `Not asked: ${unasked.map(plain).join(', ')} (${STOPPED[stopped]}).\n`;
}

export function consultExit({ verdict }: ConsultDocument): ExitCode {
  return EXIT[verdict.decision];
}
