// `assent deploy --service`.
import { randomUUID } from 'node:crypto';
import { nothingToDo } from '../../app/documents/documents.ts';
import type { DeploymentDocument } from '../../app/service/requests.ts';
import { placeOptions, shell } from '../again.ts';
import { conclude } from '../conclude.ts';
import { noTemplate, readText } from '../input.ts';
import type { DeployCommandOptions, Work } from '../options.ts';
import { lossesOf } from '../parameters.ts';
import { agreed } from './consent.ts';
import { desiredBody } from './desired.ts';
import { followed, withService } from './remote.ts';

export const work: Work<DeployCommandOptions> = async ({ io, options, operands: [file] }) => {
  if (file === undefined) throw noTemplate();
  const { stack, failOn, suppressions, onFailure, format, skipExperts } = options;
  const text = await readText(file);
  const desired = await desiredBody(options, text);
  const place = placeOptions(options);
  const asked = { stack, again: `${shell(['assent', 'deploy', file, '--stack', stack])}${place}`, options: place };
  return withService(io, options, async (remote) => {
    const given = options.yes === true || options.approve !== undefined;
    const question = { text: 'Deploy this plan?', file, detail: options.detail === true };
    const planDigest = given ? options.approve : await agreed(remote, desired, question);
    if (!given && planDigest === undefined) {
      return conclude(io, { ...nothingToDo('deploy'), outcome: 'rejected', code: 'rejected' }, format, asked);
    }
    const losses = lossesOf(options.allowDataLoss);
    const allowDataLoss = losses === 'all' ? ['all'] : losses;
    const judged = {
      failOn,
      suppressions,
      onFailure,
      ...(allowDataLoss.length === 0 ? {} : { allowDataLoss }),
      ...(skipExperts === true ? { skipExperts } : {}),
    };
    const body = { ...desired, ...judged, ...(planDigest === undefined ? {} : { planDigest }) };
    const begun = await remote.client.call<DeploymentDocument>('POST', '/deployments', { body, key: randomUUID() });
    return followed(remote, begun.document.runId, asked);
  });
};
