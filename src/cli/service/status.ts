// `assent status --service`.
import type { StatusDocument } from '../../app/documents/documents.ts';
import { statusText } from '../commands/status.ts';
import type { StatusCommandOptions, Work } from '../options.ts';
import { painter } from '../render/style.ts';
import { fetched } from './remote.ts';

export const work: Work<StatusCommandOptions> = async ({ io, options }) => {
  const { stack, region, account, format } = options;
  const path = stack === undefined ? '/stacks' : `/stacks/${stack}`;
  const document = await fetched<StatusDocument>(io, options, path, { region, account });
  io.out(format === 'json' ? `${JSON.stringify(document)}\n` : statusText(document, options, painter(io.colour.out)));
  return 0;
};
