// `assent resume --service`.
import { nothingToDo } from '../../app/documents/documents.ts';
import { isResumable } from '../../app/resume.ts';
import type { TargetsDeployment } from '../../app/service/deployments.ts';
import type { DeploymentDocument, DeploymentsDocument } from '../../app/service/requests.ts';
import { placeOptions } from '../again.ts';
import type { ResumeCommandOptions, Work } from '../options.ts';
import { followed, type Remote, withService } from './remote.ts';
import { followedTargets } from './targets.ts';

export const work: Work<ResumeCommandOptions> = async ({ io, options, operands: [given] }) =>
  withService(io, options, async (remote) => {
    const runId = given ?? (await latest(remote));
    if (runId === undefined) {
      io.err('There is no unfinished run.\n');
      if (options.format !== 'text') io.out(`${JSON.stringify(nothingToDo('deploy'))}\n`);
      return 0;
    }
    const path = `/deployments/${encodeURIComponent(runId)}/resume`;
    const { document } = await remote.client.call<DeploymentDocument | TargetsDeployment>('POST', path);
    const place = placeOptions(options);
    if (!('stack' in document)) return followedTargets(remote, runId, `assent deploy --targets FILE${place}`);
    const { stack = '', mode } = document;
    const command = mode === 'destroy' ? 'assent destroy' : 'assent deploy TEMPLATE';
    return followed(remote, runId, { stack, again: `${command} --stack ${stack}${place}`, options: place });
  });

/** The newest run of the newest page that is not at its end. */
async function latest({ client }: Remote): Promise<string | undefined> {
  const { document } = await client.call<DeploymentsDocument>('GET', '/deployments', { query: { limit: '100' } });
  const left = document.runs.find(
    ({ status }) => status === 'interrupted' || (status !== 'running' && isResumable({ status })),
  );
  return left?.runId;
}
