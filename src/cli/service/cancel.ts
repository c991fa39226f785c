// `assent cancel --service`.
import type { CancelDocument } from '../../app/cancel.ts';
import { cancelSentence } from '../commands/cancel.ts';
import type { ExitCode } from '../exit.ts';
import type { CancelCommandOptions, Work } from '../options.ts';
import { withService } from './remote.ts';

export const work: Work<CancelCommandOptions> = async ({ io, options, operands: [runId = ''] }) =>
  withService<ExitCode>(io, options, async ({ client }) => {
    const now = options.now === true;
    const query = now ? { now: 'true' } : {};
    const path = `/deployments/${encodeURIComponent(runId)}`;
    const { document } = await client.call<CancelDocument>('DELETE', path, { query });
    io.out(options.format === 'json' ? `${JSON.stringify(document)}\n` : `${cancelSentence(document, now)}\n`);
    return 0;
  });
