// `assent reject`.
import { reject } from '../../app/answer.ts';
import { openLocal } from '../../edge/session.ts';
import { userName } from '../consent.ts';
import type { RejectCommandOptions, Work } from '../options.ts';

export const work: Work<RejectCommandOptions> = async ({ io, options, operands: [runId = ''] }) => {
  const local = await openLocal(options.state);
  try {
    const { reason, format } = options;
    const document = await reject(local, { runId, by: userName(), ...(reason === undefined ? {} : { reason }) });
    io.out(format === 'json' ? `${JSON.stringify(document)}\n` : `Rejected: run ${runId}. Nothing was changed.\n`);
    return 0;
  } finally {
    await local.close();
  }
};
