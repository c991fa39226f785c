// `assent consult --service`.
import type { ConsultDocument } from '../../app/consult.ts';
import { consultExit, consultText } from '../commands/consult.ts';
import { readText } from '../input.ts';
import type { ConsultCommandOptions, Work } from '../options.ts';
import { desiredBody } from './desired.ts';
import { inquired, withService } from './remote.ts';

export const work: Work<ConsultCommandOptions> = async ({ io, options, operands: [file = '-'] }) => {
  const { failOn, suppressions } = options;
  const body = { ...(await desiredBody(options, await readText(file))), failOn, suppressions };
  return withService(io, options, async (remote) => {
    const document = await inquired<ConsultDocument>(remote, '/consultations', { body });
    io.out(
      options.format === 'json' ? `${JSON.stringify(document)}\n` : consultText(document, { ...options, file }, io),
    );
    return consultExit(document);
  });
};
