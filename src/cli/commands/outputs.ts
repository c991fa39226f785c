// `assent outputs`.
import type { OutputsDocument } from '../../app/documents/documents.ts';
import { outputs } from '../../app/status.ts';
import { openLocal } from '../../edge/session.ts';
import type { Io } from '../io.ts';
import type { OutputsCommandOptions, Work } from '../options.ts';
import { outputsTable } from '../render/run.ts';
import { soughtIn } from '../where.ts';

export const work: Work<OutputsCommandOptions> = async ({ io, options }) => {
  const local = await openLocal(options.state);
  try {
    const document = await outputs(local, { ...soughtIn(options), name: options.stack });
    printOutputs(io, document, options.format);
    return 0;
  } finally {
    await local.close();
  }
};

export function printOutputs(io: Io, document: OutputsDocument, format: 'text' | 'json'): void {
  const { stack, outputs } = document;
  if (format === 'json') io.out(`${JSON.stringify(document)}\n`);
  else if (Object.keys(outputs).length === 0) io.err(`Stack ${stack} has no outputs.\n`);
  else io.out(outputsTable(outputs));
}
