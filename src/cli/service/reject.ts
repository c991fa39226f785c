// `assent reject --service`.
import type { DeploymentDocument } from '../../app/service/requests.ts';
import type { ExitCode } from '../exit.ts';
import type { RejectCommandOptions, Work } from '../options.ts';
import { withService } from './remote.ts';

export const work: Work<RejectCommandOptions> = async ({ io, options, operands: [runId = ''] }) =>
  withService<ExitCode>(io, options, async ({ client }) => {
    const { reason, format } = options;
    const body = { decision: 'reject', ...(reason === undefined ? {} : { reason }) };
    const path = `/deployments/${encodeURIComponent(runId)}/approval`;
    const { document } = await client.call<DeploymentDocument>('POST', path, { body });
    const said = format === 'json' ? JSON.stringify(document.result) : `Rejected: run ${runId}. Nothing was changed.`;
    io.out(`${said}\n`);
    return 0;
  });
