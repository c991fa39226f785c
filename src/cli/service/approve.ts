// `assent approve --service`: the answer, then the run's progress. Whoever submitted a run may not approve it.
import type { DeploymentDocument } from '../../app/service/requests.ts';
import { placeOptions } from '../again.ts';
import type { ApproveCommandOptions, Work } from '../options.ts';
import { followed, withService } from './remote.ts';

export const work: Work<ApproveCommandOptions> = async ({ io, options, operands: [runId = ''] }) =>
  withService(io, options, async (remote) => {
    const { reason } = options;
    const body = { decision: 'approve', ...(reason === undefined ? {} : { reason }) };
    const path = `/deployments/${encodeURIComponent(runId)}/approval`;
    const { document } = await remote.client.call<DeploymentDocument>('POST', path, { body });
    const { stack = '', mode } = document;
    const place = placeOptions(options);
    const command = mode === 'destroy' ? 'assent destroy' : 'assent deploy TEMPLATE';
    return followed(remote, runId, { stack, again: `${command} --stack ${stack}${place}`, options: place });
  });
