// `assent destroy --service`.
import { randomUUID } from 'node:crypto';
import { nothingToDo } from '../../app/documents/documents.ts';
import type { DeploymentDocument } from '../../app/service/requests.ts';
import { AssentError } from '../../domain/errors.ts';
import { placeOptions } from '../again.ts';
import { conclude } from '../conclude.ts';
import type { DestroyCommandOptions, Work } from '../options.ts';
import { lossesOf } from '../parameters.ts';
import { agreed } from './consent.ts';
import { refuseConfig } from './desired.ts';
import { followed, withService } from './remote.ts';

export const work: Work<DestroyCommandOptions> = async ({ io, options }) => {
  refuseConfig(options);
  const { stack, format, maxConcurrency, region, account } = options;
  const place = placeOptions(options);
  const asked = { stack, again: `assent destroy --stack ${stack}${place}`, options: place };
  const path = `/stacks/${stack}`;
  const query = { region, account };
  return withService(io, options, async (remote) => {
    const { client } = remote;
    if (!(await isThere(client.call('GET', path, { query })))) {
      io.err(`Stack ${stack} does not exist: it is already gone.\n`);
      if (format !== 'text') io.out(`${JSON.stringify(nothingToDo('destroy'))}\n`);
      return 0;
    }
    const question = { text: 'Destroy this stack?', file: stack, detail: false };
    const planDigest = options.yes === true ? undefined : await agreed(remote, { mode: 'destroy', stack }, question);
    if (options.yes !== true && planDigest === undefined) {
      return conclude(io, { ...nothingToDo('destroy'), outcome: 'rejected', code: 'rejected' }, format, asked);
    }
    const losses = lossesOf(options.allowDataLoss);
    const allowDataLoss = losses === 'all' ? ['all'] : losses;
    const body = {
      maxConcurrency,
      ...(allowDataLoss.length === 0 ? {} : { allowDataLoss }),
      ...(planDigest === undefined ? {} : { planDigest }),
    };
    const begun = await client.call<DeploymentDocument>('DELETE', path, { body, query, key: randomUUID() });
    return followed(remote, begun.document.runId, asked);
  });
};

/** A stack that only runs are known of is gone. */
async function isThere(looked: Promise<{ document: unknown }>): Promise<boolean> {
  try {
    return ((await looked).document as { stacks: unknown[] }).stacks.length > 0;
  } catch (error) {
    if (error instanceof AssentError && error.kind === 'not_found') return false;
    throw error;
  }
}
