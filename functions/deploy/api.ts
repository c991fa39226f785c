// Deployments over HTTP: what is asked for is written down and its workflow started; the work is worker.ts's.
import type { Inquiry } from '../../src/app/ports/service.ts';
import { answerTo, inquire, lastDrift, planOf } from '../../src/app/service/inquiries.ts';
import {
  answerRun,
  cancelRun,
  listRuns,
  requestRun,
  resumeRun,
  showRun,
  tellRun,
} from '../../src/app/service/requests.ts';
import { oneStack, status } from '../../src/app/status.ts';
import { type Answer, type ApiEvent, bodyOf, callerOf, httpApi, pathOf, queryOf } from '../../src/edge/http/api.ts';
import {
  approvalBody,
  cancelQuery,
  consultationBody,
  deploymentBody,
  destructionBody,
  driftQuery,
  eventsQuery,
  pageQuery,
  placeQuery,
  planBody,
} from '../../src/edge/http/schemas.ts';
import { service } from '../../src/edge/service/open.ts';
import { newRunId } from '../../src/edge/session.ts';

export const handler = httpApi({
  'POST /deployments': async (event) => accepted(event, { mode: 'deploy', ...bodyOf(deploymentBody, event) }),

  'GET /deployments': async (event) => {
    const { after: next, limit } = queryOf(pageQuery, event);
    return {
      document: await listRuns(await service(), { next, ...(limit === undefined ? {} : { limit: Number(limit) }) }),
    };
  },

  'GET /deployments/{run}': async (event) => shown(pathOf(event, 'run')),

  'GET /deployments/{run}/events': async (event) => {
    const { after } = queryOf(eventsQuery, event);
    return { document: await tellRun(await service(), pathOf(event, 'run'), Number(after)) };
  },

  'POST /deployments/{run}/approval': async (event) => {
    const open = await service();
    const runId = pathOf(event, 'run');
    await answerRun(open, open, runId, { ...bodyOf(approvalBody, event), by: callerOf(event) });
    return shown(runId);
  },

  'POST /deployments/{run}/resume': async (event) => {
    const open = await service();
    const runId = pathOf(event, 'run');
    await resumeRun(open, open, runId);
    return begun(runId);
  },

  'DELETE /deployments/{run}': async (event) => {
    const open = await service();
    const { now } = queryOf(cancelQuery, event);
    return { document: await cancelRun(open, open, pathOf(event, 'run'), now === 'true') };
  },

  'GET /stacks': async (event) => ({ document: await status(await service(), queryOf(placeQuery, event)) }),

  'GET /stacks/{stack}': async (event) => {
    const sought = { name: pathOf(event, 'stack'), ...queryOf(placeQuery, event) };
    return { document: await status(await service(), sought) };
  },

  'DELETE /stacks/{stack}': async (event) => {
    const open = await service();
    const sought = { name: pathOf(event, 'stack'), ...queryOf(placeQuery, event) };
    const body = bodyOf(destructionBody, event);
    const { name: stack } = await oneStack(open, sought);
    return accepted(event, { mode: 'destroy', stack, ...body });
  },

  'POST /stacks/{stack}/drift': async (event) => {
    const sought = { name: pathOf(event, 'stack'), ...queryOf(placeQuery, event) };
    const { name, account, region } = await oneStack(await service(), sought);
    const path = (id: string) => `/stacks/${name}/drift?account=${account}&region=${region}&inquiry=${id}`;
    return asked(event, { kind: 'drift', stack: name }, path);
  },

  'GET /stacks/{stack}/drift': async (event) => {
    const { inquiry, ...place } = queryOf(driftQuery, event);
    if (inquiry !== undefined) return answered(inquiry, 'drift');
    const open = await service();
    return { document: await lastDrift(open, await oneStack(open, { name: pathOf(event, 'stack'), ...place })) };
  },

  'POST /plans': (event) => asked(event, { kind: 'plan', ...bodyOf(planBody, event) }, (id) => `/plans/${id}`),

  'GET /plans/{digest}': async (event) => {
    const digest = pathOf(event, 'digest');
    if (!/^[0-9a-f]{64}$/.test(digest)) return answered(digest, 'plan');
    return { document: await planOf(await service(), digest) };
  },

  'POST /consultations': (event) => {
    const inquiry = { kind: 'consult', mode: 'deploy', ...bodyOf(consultationBody, event) } as const;
    return asked(event, inquiry, (id) => `/consultations/${id}`);
  },

  'GET /consultations/{id}': (event) => answered(pathOf(event, 'id'), 'consult'),
});

async function shown(runId: string): Promise<{ document: unknown }> {
  const open = await service();
  return { document: await showRun(open, open, runId) };
}

async function begun(runId: string): Promise<Answer> {
  return { ...(await shown(runId)), status: 202, location: `/deployments/${runId}` };
}

async function accepted(event: ApiEvent, submission: Parameters<typeof requestRun>[2]): Promise<Answer> {
  const open = await service();
  const key = event.headers['idempotency-key'];
  const asking = { by: callerOf(event), runId: newRunId(), ...(key === undefined ? {} : { key }) };
  return begun(await requestRun(open, open, submission, asking));
}

async function asked(event: ApiEvent, inquiry: Inquiry, path: (id: string) => string): Promise<Answer> {
  const open = await service();
  const document = await inquire(open, open, inquiry, { by: callerOf(event), id: newRunId() });
  return { status: 202, document, location: path(document.id) };
}

async function answered(id: string, kind: Inquiry['kind']): Promise<Answer> {
  const answer = await answerTo(await service(), id, kind);
  return 'running' in answer ? { status: 202, document: answer.running } : answer;
}
