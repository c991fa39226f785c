// `assent consensus --service`: votes on one question; tables are aggregated on this machine.
import type { ConsensusDocument } from '../../app/consensus.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { consensusText, questionOf } from '../commands/consensus.ts';
import type { ExitCode } from '../exit.ts';
import type { ConsensusCommandOptions, Work } from '../options.ts';
import { painter } from '../render/style.ts';
import { withService } from './remote.ts';

export const work: Work<ConsensusCommandOptions> = async ({ io, options, operands: [file] }) => {
  if (file === undefined || options.labels !== undefined || options.forecasts !== undefined) {
    throw new InvalidInput('invalid_usage', 'A service aggregates votes on one question, not tables.', {
      help: 'Leave out --service: tables are aggregated on this machine.',
    });
  }
  const question = await questionOf(file, options);
  const body = Array.isArray(question) ? { votes: question } : (question as object);
  return withService<ExitCode>(io, options, async ({ client }) => {
    const { document } = await client.call<ConsensusDocument>('POST', '/consensus', { body });
    const { format } = options;
    io.out(format === 'json' ? `${JSON.stringify(document)}\n` : consensusText(document, painter(io.colour.out)));
    return 0;
  });
};
