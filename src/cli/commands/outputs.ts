// `assent outputs`.
import { outputs } from '../../app/status.ts';
import { openLocal } from '../../edge/session.ts';
import type { OutputsCommandOptions, Work } from '../options.ts';
import { outputsTable } from '../render/run.ts';
import { soughtIn } from '../where.ts';

export const work: Work<OutputsCommandOptions> = async ({ io, options }) => {
  const local = await openLocal(options.state);
  try {
    const document = await outputs(local, { ...soughtIn(options), name: options.stack });
    if (options.format === 'json') io.out(`${JSON.stringify(document)}\n`);
    else if (Object.keys(document.outputs).length === 0) io.err(`Stack ${options.stack} has no outputs.\n`);
    else io.out(outputsTable(document.outputs));
    return 0;
  } finally {
    await local.close();
  }
};
