// `assent consult`. Exit code 1 when the plan would be refused, 7 when a person would be asked.
import { type ConsultDocument, consult } from '../../app/consult.ts';
import type { ExitCode } from '../exit.ts';
import { readText } from '../input.ts';
import type { Io } from '../io.ts';
import { withSession } from '../opening.ts';
import type { ConsultCommandOptions, Work } from '../options.ts';
import { pairs, parameterValues } from '../parameters.ts';
import { warningsText } from '../render/problems.ts';
import { painter } from '../render/style.ts';
import { verdictText } from '../render/verdict.ts';

const EXIT = { approve: 0, refuse: 1, ask: 7 } as const;

export const work: Work<ConsultCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const text = await readText(file);
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
  return `${verdictText({ ...verdict, votes }, explain === true, paint)}${warningsText(problems, file, paint)}`;
}

export function consultExit({ verdict }: ConsultDocument): ExitCode {
  return EXIT[verdict.decision];
}
