// Every route of the HTTP API: what docs/openapi.json is made from, and what functions/*/function.yml is held to.
import type { z } from 'zod';
import { consensusAnswer, consensusBody, scanAnswer, scanBody } from './schemas.ts';

/** What a caller must be allowed to. */
export type Scope = 'read';

export interface Route {
  /** The function that answers. */
  function: string;
  method: 'post';
  path: string;
  summary: string;
  scope: Scope;
  body: z.ZodType;
  /** Of status 200. */
  answer: z.ZodType;
}

export const routes: readonly Route[] = [
  {
    function: 'scan',
    method: 'post',
    path: '/scans',
    summary: 'Policy, secrets and mistakes of a template',
    scope: 'read',
    body: scanBody,
    answer: scanAnswer,
  },
  {
    function: 'consensus',
    method: 'post',
    path: '/consensus',
    summary: 'Votes on one question to one answer',
    scope: 'read',
    body: consensusBody,
    answer: consensusAnswer,
  },
];
