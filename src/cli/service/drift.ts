// `assent drift --service`; with --reconcile the way back is planned there, and with --yes gone there, as a run like any other.
import { randomUUID } from 'node:crypto';
import type { DriftDocument } from '../../app/documents/documents.ts';
import type { DeploymentDocument } from '../../app/service/requests.ts';
import { checkYes, tellBefore, tellDrift, wayOf } from '../commands/drift.ts';
import type { DriftCommandOptions, Work } from '../options.ts';
import type { RemotePlan } from './consent.ts';
import { followed, inquired, withService } from './remote.ts';

export const work: Work<DriftCommandOptions> = async ({ io, options }) => {
  checkYes(options);
  return withService(io, options, async (remote) => {
    const { stack, region, account, reconcile = false, yes = false } = options;
    const asked = { query: { region, account }, ...(reconcile ? { body: { reconcile } } : {}) };
    const found = await inquired<DriftDocument & { plan?: RemotePlan }>(remote, `/stacks/${stack}/drift`, asked);
    const { plan, ...document } = found;
    if (!yes || plan === undefined || plan.actions.every(({ action }) => action === 'noop')) {
      remote.progress.stop();
      return tellDrift(io, options, { document, plan, ...(plan === undefined ? {} : { speed: plan.target.speed }) });
    }
    tellBefore(io, options, document);
    const { target, digest: planDigest } = plan;
    const where = { account: target.account, region: target.region };
    const body = { stack, reconcile: true, planDigest, ...where };
    const begun = await remote.client.call<DeploymentDocument>('POST', '/deployments', { body, key: randomUUID() });
    return followed(remote, begun.document.runId, wayOf(options));
  });
};
