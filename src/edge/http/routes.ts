// Every route of the HTTP API: what docs/openapi.json is made from, and what functions/*/function.yml is held to.
import type { z } from 'zod';
import { OPENMETRICS_TYPE } from '../../app/measure/openmetrics.ts';
import type { Scope } from '../../domain/access.ts';
import {
  approvalBody,
  cancelAnswer,
  cancelQuery,
  checkpointText,
  consensusAnswer,
  consensusBody,
  consultationAnswer,
  consultationBody,
  deploymentAnswer,
  deploymentRequest,
  deploymentsAnswer,
  destructionBody,
  driftAnswer,
  driftBody,
  driftQuery,
  eventsAnswer,
  eventsQuery,
  inquiryAnswer,
  metricsJson,
  metricsQuery,
  metricsText,
  pageQuery,
  placeQuery,
  planAnswer,
  planBody,
  proofAnswer,
  scanAnswer,
  scanBody,
  statusAnswer,
} from './schemas.ts';

export interface Route {
  /** The function that answers. */
  function: string;
  method: 'get' | 'post' | 'delete';
  path: string;
  summary: string;
  /** What a caller must be allowed to. */
  scope: Scope;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** It may be left out. */
  bodyOptional?: true;
  /** When it is done, or for 202 begun. */
  status: 200 | 202;
  answer: z.ZodType;
  /** Of an answer that is not JSON. */
  type?: string;
  /** The same as JSON, for those who accept nothing else. */
  json?: z.ZodType;
  /** The route where the answer stays; `Location` says where. */
  kept?: string;
  /** `Idempotency-Key` makes a repeated request the same run. */
  idempotent?: true;
  /** There may be none of what it is about, though its path names nothing. */
  mayMiss?: true;
  /** Answered with 202 while there is no answer yet. */
  pending?: z.ZodType;
}

/** What a worker answers later: where it is asked, and where the answer will be. */
function inquiry(
  asked: Pick<Route, 'path' | 'summary'> & { body?: z.ZodType; bodyOptional?: true },
  found: Pick<Route, 'path' | 'summary' | 'answer'> & { query?: z.ZodObject },
): readonly Route[] {
  const common = { function: 'deploy' } as const;
  return [
    { ...common, method: 'post', scope: 'plan', status: 202, answer: inquiryAnswer, ...asked },
    { ...common, method: 'get', scope: 'read', status: 200, pending: inquiryAnswer, ...found },
  ];
}

export const routes: readonly Route[] = [
  {
    function: 'scan',
    method: 'post',
    path: '/scans',
    summary: 'Policy, secrets and mistakes of a template',
    scope: 'read',
    status: 200,
    body: scanBody,
    answer: scanAnswer,
    kept: '/scans/{id}',
  },
  {
    function: 'scan',
    method: 'get',
    path: '/scans/{id}',
    summary: 'What a scan found, for a week',
    scope: 'read',
    status: 200,
    answer: scanAnswer,
  },
  {
    function: 'consensus',
    method: 'post',
    path: '/consensus',
    summary: 'Votes on one question to one answer',
    scope: 'read',
    status: 200,
    body: consensusBody,
    answer: consensusAnswer,
  },
  {
    function: 'metrics',
    method: 'get',
    path: '/metrics',
    summary: 'What has been measured over all runs, as OpenMetrics; or which types have become slower',
    scope: 'read',
    status: 200,
    query: metricsQuery,
    answer: metricsText,
    type: OPENMETRICS_TYPE,
    json: metricsJson,
  },
  {
    function: 'deploy',
    method: 'post',
    path: '/deployments',
    summary:
      'Deploy a template, to one stack or several targets, or lead a stack back to what is recorded; `Idempotency-Key` makes a repeated request the same run',
    scope: 'deploy',
    status: 202,
    body: deploymentRequest,
    answer: deploymentAnswer,
    idempotent: true,
    mayMiss: true,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/deployments',
    summary: 'Runs, newest first',
    scope: 'read',
    status: 200,
    query: pageQuery,
    answer: deploymentsAnswer,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/deployments/{run}/events',
    summary: 'What a run has told so far',
    scope: 'read',
    status: 200,
    query: eventsQuery,
    answer: eventsAnswer,
  },
  {
    function: 'deploy',
    method: 'post',
    path: '/deployments/{run}/resume',
    summary: 'Go on with a run that was cancelled, or whose workflow has failed',
    scope: 'deploy',
    status: 202,
    answer: deploymentAnswer,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/deployments/{run}',
    summary: 'A run, as far as it has come',
    scope: 'read',
    status: 200,
    answer: deploymentAnswer,
  },
  {
    function: 'deploy',
    method: 'post',
    path: '/deployments/{run}/approval',
    summary: "A person's answer to a run that waits; not by whoever submitted it",
    scope: 'approve',
    status: 200,
    body: approvalBody,
    answer: deploymentAnswer,
  },
  {
    function: 'deploy',
    method: 'delete',
    path: '/deployments/{run}',
    summary: 'Stop a run in good order, or call it off',
    scope: 'deploy',
    status: 200,
    query: cancelQuery,
    answer: cancelAnswer,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/stacks',
    summary: 'Every stack with its outputs, and the newest runs',
    scope: 'read',
    status: 200,
    query: placeQuery,
    answer: statusAnswer,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/stacks/{stack}',
    summary: 'Stacks of a name with their outputs, and their newest runs',
    scope: 'read',
    status: 200,
    query: placeQuery,
    answer: statusAnswer,
  },
  {
    function: 'deploy',
    method: 'delete',
    path: '/stacks/{stack}',
    summary: "Delete a stack's resources",
    scope: 'deploy',
    status: 202,
    query: placeQuery,
    body: destructionBody,
    answer: deploymentAnswer,
    idempotent: true,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/audit/checkpoint',
    summary: 'Size and root of the log of what was approved and done, as a signed note',
    scope: 'read',
    status: 200,
    answer: checkpointText,
    type: 'text/plain',
    mayMiss: true,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/audit/runs/{run}/proof',
    summary: "A run's proof, as `assent audit verify` takes it",
    scope: 'read',
    status: 200,
    answer: proofAnswer,
  },
  ...inquiry(
    {
      path: '/plans',
      summary: 'What a deployment or a deletion would do; `Location` says where the plan will be',
      body: planBody,
    },
    { path: '/plans/{digest}', summary: 'A plan, by its digest or by where it was asked for', answer: planAnswer },
  ),
  ...inquiry(
    { path: '/consultations', summary: 'What the circle says of a deployment', body: consultationBody },
    { path: '/consultations/{id}', summary: 'What the circle said', answer: consultationAnswer },
  ),
  ...inquiry(
    {
      path: '/stacks/{stack}/drift',
      summary: 'Compare a stack with the cloud; with `reconcile` plan the way back, too',
      body: driftBody,
      bodyOptional: true,
    },
    {
      path: '/stacks/{stack}/drift',
      summary: "A stack's latest report of drift, or that of one inquiry",
      query: driftQuery,
      answer: driftAnswer,
    },
  ),
];
