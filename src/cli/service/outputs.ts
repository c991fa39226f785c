// `assent outputs --service`.
import type { OutputsDocument, StatusDocument } from '../../app/documents/documents.ts';
import { ambiguous, unknownStack } from '../../app/status.ts';
import { printOutputs } from '../commands/outputs.ts';
import type { OutputsCommandOptions, Work } from '../options.ts';
import { fetched } from './remote.ts';

export const work: Work<OutputsCommandOptions> = async ({ io, options }) => {
  const { stack, region, account } = options;
  const { stacks } = await fetched<StatusDocument>(io, options, `/stacks/${stack}`, { region, account });
  const [only, ...others] = stacks;
  if (only === undefined) throw unknownStack(stack);
  if (others.length > 0) {
    throw ambiguous(
      stack,
      stacks.map((one) => ({ key: { ...one, name: one.stack } })),
    );
  }
  const document: OutputsDocument = { version: 1, kind: 'outputs', stack, outputs: only.outputs };
  printOutputs(io, document, options.format);
  return 0;
};
