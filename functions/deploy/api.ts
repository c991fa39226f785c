// Deployments over HTTP: what is asked for is written down and its workflow started; the work is worker.ts's.
import type { z } from 'zod';
import type { Inquiry, SubmissionHead } from '../../src/app/ports/service.ts';
import { showCheckpoint, showProof } from '../../src/app/service/audit.ts';
import { answerTo, inquire, lastDrift, planOf } from '../../src/app/service/inquiries.ts';
import {
  answerRun,
  cancelRun,
  listRuns,
  requestRun,
  requestTargets,
  resumeRun,
  showRun,
  tellRun,
} from '../../src/app/service/requests.ts';
import { showStacks, stackFor } from '../../src/app/service/stacks.ts';
import type { Scope } from '../../src/domain/access.ts';
import { type Answer, type ApiEvent, bodyIn, bodyOf, httpApi, pathOf, queryOf } from '../../src/edge/http/api.ts';
import { HttpRefusal } from '../../src/edge/http/problem.ts';
import {
  approvalBody,
  cancelQuery,
  consultationBody,
  deploymentRequest,
  destructionBody,
  driftBody,
  driftQuery,
  eventsQuery,
  pageQuery,
  placeQuery,
  planBody,
  type reconcileBody,
} from '../../src/edge/http/schemas.ts';
import { callerIn } from '../../src/edge/service/caller.ts';
import { type Service, service } from '../../src/edge/service/open.ts';
import { tracedApi, traceparentFor } from '../../src/edge/service/tracing.ts';
import { newRunId } from '../../src/edge/session.ts';

const routes = httpApi({
  'POST /deployments': async (event) => {
    const body = bodyOf(deploymentRequest, event);
    if ('targets' in body) return acceptedTargets(event, body);
    if ('reconcile' in body) return acceptedWayBack(event, body);
    return accepted(event, { mode: 'deploy', ...body });
  },

  'GET /deployments': async (event) => {
    const { after: next, limit } = queryOf(pageQuery, event);
    const page = { next, ...(limit === undefined ? {} : { limit: Number(limit) }) };
    return { document: await listRuns(await service(), page, callerIn(event)) };
  },

  'GET /deployments/{run}': async (event) => shown(event, pathOf(event, 'run'), 'read'),

  'GET /deployments/{run}/events': async (event) => {
    const { after } = queryOf(eventsQuery, event);
    return { document: await tellRun(await service(), pathOf(event, 'run'), Number(after), callerIn(event)) };
  },

  'POST /deployments/{run}/approval': async (event) => {
    const open = await service();
    const runId = pathOf(event, 'run');
    await answerRun(open, open, runId, { ...bodyOf(approvalBody, event), caller: callerIn(event) });
    return shown(event, runId, 'approve');
  },

  'POST /deployments/{run}/resume': async (event) => {
    const open = await service();
    const runId = pathOf(event, 'run');
    await resumeRun(open, open, runId, callerIn(event));
    return begun(event, runId);
  },

  'DELETE /deployments/{run}': async (event) => {
    const open = await service();
    const { now } = queryOf(cancelQuery, event);
    const wanted = { caller: callerIn(event), now: now === 'true' };
    return { document: await cancelRun(open, open, pathOf(event, 'run'), wanted) };
  },

  'GET /stacks': async (event) => {
    return { document: await showStacks(await service(), queryOf(placeQuery, event), callerIn(event)) };
  },

  'GET /stacks/{stack}': async (event) => {
    return { document: await showStacks(await service(), sought(event), callerIn(event)) };
  },

  'DELETE /stacks/{stack}': async (event) => {
    const body = bodyOf(destructionBody, event);
    const { name: stack, ...place } = await stackFor(await service(), sought(event), scoped(event, 'deploy'));
    return accepted(event, { mode: 'destroy', stack, ...body }, place);
  },

  'POST /stacks/{stack}/drift': async (event) => {
    const { name, account, region } = await stackFor(await service(), sought(event), scoped(event, 'plan'));
    const path = (id: string) => `/stacks/${name}/drift?account=${account}&region=${region}&inquiry=${id}`;
    const { reconcile } = bodyIn(driftBody, event);
    const back = reconcile ? ({ reconcile } as const) : {};
    return asked(event, { kind: 'drift', stack: name, ...back }, path, { account, region });
  },

  'GET /stacks/{stack}/drift': async (event) => {
    const { inquiry, ...place } = queryOf(driftQuery, event);
    if (inquiry !== undefined) return answered(event, inquiry, 'drift');
    const open = await service();
    const stack = await stackFor(open, { name: pathOf(event, 'stack'), ...place }, scoped(event, 'read'));
    return { document: await lastDrift(open, stack, callerIn(event)) };
  },

  'GET /audit/checkpoint': async (event) => ({
    text: await showCheckpoint(await service(), callerIn(event)),
    type: 'text/plain',
  }),

  'GET /audit/runs/{run}/proof': async (event) => {
    const open = await service();
    return { document: await showProof(open, open, pathOf(event, 'run'), callerIn(event)) };
  },

  'POST /plans': (event) => asked(event, { kind: 'plan', ...bodyOf(planBody, event) }, (id) => `/plans/${id}`),

  'GET /plans/{digest}': async (event) => {
    const digest = pathOf(event, 'digest');
    if (!/^[0-9a-f]{64}$/.test(digest)) return answered(event, digest, 'plan');
    return { document: await planOf(await service(), digest, callerIn(event)) };
  },

  'POST /consultations': (event) => {
    const inquiry = { kind: 'consult', mode: 'deploy', ...bodyOf(consultationBody, event) } as const;
    return asked(event, inquiry, (id) => `/consultations/${id}`);
  },

  'GET /consultations/{id}': (event) => answered(event, pathOf(event, 'id'), 'consult'),
});

export const handler = tracedApi(routes);

function sought(event: ApiEvent) {
  return { name: pathOf(event, 'stack'), ...queryOf(placeQuery, event) };
}

function scoped<Scope>(event: ApiEvent, scope: Scope) {
  return { caller: callerIn(event), scope };
}

/** A run, to whoever may do that with it: who begins one is told what became of it. */
async function shown(event: ApiEvent, runId: string, scope: Scope): Promise<{ document: unknown }> {
  const open = await service();
  return { document: await showRun(open, open, runId, scoped(event, scope)) };
}

async function begun(event: ApiEvent, runId: string): Promise<Answer> {
  return { ...(await shown(event, runId, 'deploy')), status: 202, location: `/deployments/${runId}` };
}

async function accepted(
  event: ApiEvent,
  submission: Parameters<typeof requestRun>[2],
  place: Place = {},
): Promise<Answer> {
  const open = await service();
  return begun(event, await requestRun(open, open, submission, { ...asking(event, open), place: placeOf(place) }));
}

async function acceptedTargets(event: ApiEvent, body: Parameters<typeof requestTargets>[2]): Promise<Answer> {
  const open = await service();
  return begun(event, await requestTargets(open, open, body, asking(event, open)));
}

async function acceptedWayBack(
  event: ApiEvent,
  { stack: name, account, region, ...body }: z.output<typeof reconcileBody>,
): Promise<Answer> {
  const sought = { name, ...placeOf({ account, region }) };
  const { name: stack, ...place } = await stackFor(await service(), sought, scoped(event, 'deploy'));
  return accepted(event, { mode: 'deploy', stack, ...body }, place);
}

function asking(event: ApiEvent, open: Service) {
  const key = event.headers['idempotency-key'];
  if (key?.trim() === '') throw new HttpRefusal(400, 'invalid_header', 'Idempotency-Key is empty.');
  const traceparent = traceparentFor(open, event);
  return { caller: callerIn(event), runId: newRunId(), traceparent, ...(key === undefined ? {} : { key }) };
}

/** Where it goes, where that is not where the service's own target is. */
interface Place {
  account?: string | undefined;
  region?: string | undefined;
}

function placeOf({ account, region }: Place): Pick<SubmissionHead, 'account' | 'region'> {
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}

async function asked(
  event: ApiEvent,
  inquiry: Inquiry,
  path: (id: string) => string,
  place: Place = {},
): Promise<Answer> {
  const open = await service();
  const options = { caller: callerIn(event), id: newRunId(), place: placeOf(place) };
  const document = await inquire(open, open, inquiry, options);
  return { status: 202, document, location: path(document.id) };
}

async function answered(event: ApiEvent, id: string, kind: Inquiry['kind']): Promise<Answer> {
  const answer = await answerTo(await service(), id, { kind, caller: callerIn(event) });
  return 'running' in answer ? { status: 202, document: answer.running } : answer;
}
