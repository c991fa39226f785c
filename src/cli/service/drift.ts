// `assent drift --service`.
import type { DriftDocument } from '../../app/documents/documents.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { driftText } from '../commands/drift.ts';
import type { DriftCommandOptions, Work } from '../options.ts';
import { painter } from '../render/style.ts';
import { inquired, withService } from './remote.ts';

export const work: Work<DriftCommandOptions> = async ({ io, options }) =>
  withService(io, options, async (remote) => {
    if (options.reconcile === true) {
      throw new InvalidInput('reconcile_not_served', 'A service plans no way back.', {
        help: 'Deploy the template again, or reconcile with the store at hand.',
      });
    }
    const { stack, region, account, format } = options;
    const query = { region, account };
    const document = await inquired<DriftDocument>(remote, `/stacks/${stack}/drift`, { query });
    io.out(format === 'json' ? `${JSON.stringify(document)}\n` : driftText(document, painter(io.colour.out)));
    return document.inSync ? 0 : 1;
  });
