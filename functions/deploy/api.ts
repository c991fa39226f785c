// Deployments over HTTP: what is asked for is written down and its workflow started; the work is worker.ts's.
import { answerRun, cancelRun, requestRun, showRun } from '../../src/app/service/requests.ts';
import { headsNamed, status, unknownStack } from '../../src/app/status.ts';
import { type Answer, type ApiEvent, bodyOf, callerOf, httpApi, pathOf } from '../../src/edge/http/api.ts';
import { approvalBody, deploymentBody, destructionBody } from '../../src/edge/http/schemas.ts';
import { service } from '../../src/edge/service/open.ts';
import { newRunId } from '../../src/edge/session.ts';

export const handler = httpApi({
  'POST /deployments': async (event) => accepted(event, { mode: 'deploy', ...bodyOf(deploymentBody, event) }),

  'GET /deployments/{run}': async (event) => {
    const open = await service();
    return { document: await showRun(open, open, pathOf(event, 'run')) };
  },

  'POST /deployments/{run}/approval': async (event) => {
    const open = await service();
    const runId = pathOf(event, 'run');
    await answerRun(open, open, runId, { ...bodyOf(approvalBody, event), by: callerOf(event) });
    return { document: await showRun(open, open, runId) };
  },

  'DELETE /deployments/{run}': async (event) => {
    const open = await service();
    return { document: await cancelRun(open, open, pathOf(event, 'run')) };
  },

  'GET /stacks/{stack}': async (event) => {
    return { document: await status(await service(), { name: pathOf(event, 'stack') }) };
  },

  'DELETE /stacks/{stack}': async (event) => {
    const open = await service();
    const stack = pathOf(event, 'stack');
    if ((await headsNamed(open, { name: stack })).length === 0) throw unknownStack(stack);
    return accepted(event, { mode: 'destroy', stack, ...bodyOf(destructionBody, event) });
  },
});

async function accepted(event: ApiEvent, submission: Parameters<typeof requestRun>[2]): Promise<Answer> {
  const open = await service();
  const key = event.headers['idempotency-key'];
  const asking = { by: callerOf(event), runId: newRunId(), ...(key === undefined ? {} : { key }) };
  const runId = await requestRun(open, open, submission, asking);
  return { status: 202, document: await showRun(open, open, runId), location: `/deployments/${runId}` };
}
