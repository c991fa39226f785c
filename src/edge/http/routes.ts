// Every route of the HTTP API: what docs/openapi.json is made from, and what functions/*/function.yml is held to.
import type { z } from 'zod';
import { OPENMETRICS_TYPE } from '../../app/measure/openmetrics.ts';
import {
  approvalBody,
  cancelAnswer,
  consensusAnswer,
  consensusBody,
  deploymentAnswer,
  deploymentBody,
  destructionBody,
  metricsText,
  scanAnswer,
  scanBody,
  statusAnswer,
} from './schemas.ts';

/** What a caller must be allowed to. */
export type Scope = 'read' | 'deploy' | 'approve';

export interface Route {
  /** The function that answers. */
  function: string;
  method: 'get' | 'post' | 'delete';
  path: string;
  summary: string;
  scope: Scope;
  body?: z.ZodType;
  /** When it is done, or for 202 begun. */
  status: 200 | 202;
  answer: z.ZodType;
  /** Of an answer that is not JSON. */
  type?: string;
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
    summary: 'What has been measured over all runs, as OpenMetrics',
    scope: 'read',
    status: 200,
    answer: metricsText,
    type: OPENMETRICS_TYPE,
  },
  {
    function: 'deploy',
    method: 'post',
    path: '/deployments',
    summary: 'Deploy a template; `Idempotency-Key` makes a repeated request the same run',
    scope: 'deploy',
    status: 202,
    body: deploymentBody,
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
    answer: cancelAnswer,
  },
  {
    function: 'deploy',
    method: 'get',
    path: '/stacks/{stack}',
    summary: 'Stacks of a name, and their newest runs',
    scope: 'read',
    status: 200,
    answer: statusAnswer,
  },
  {
    function: 'deploy',
    method: 'delete',
    path: '/stacks/{stack}',
    summary: "Delete a stack's resources",
    scope: 'deploy',
    status: 202,
    body: destructionBody,
    answer: deploymentAnswer,
  },
];
