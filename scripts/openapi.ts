// Writes docs/openapi.json from the schemas that the service checks bodies with: `npm run openapi`. A test fails when
// the document is not what this writes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Route, routes } from '../src/edge/http/routes.ts';
import { problemDetails } from '../src/edge/http/schemas.ts';

const PROBLEMS: Record<number, string> = {
  400: 'The body is malformed or not what is asked for',
  404: 'There is none of that name',
  409: 'Something stands against it: it has ended, is held, or waits for somebody else',
  413: 'The body is too large',
  415: 'The body is not JSON',
  422: 'The body is well-formed and cannot be worked with',
  500: 'The service failed',
  502: 'The cloud could not be reached',
};

/** The OpenAPI 3.1 document, as it lies in docs. */
export function openApiText(): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Assent',
      version: '1',
      description:
        'The HTTP API of an installed service (docs/service.md). Requests are signed by SigV4, or carry a token with the scope that an operation names, as the service was installed.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ sigv4: [] }, { token: [] }],
    paths,
    components: {
      schemas: Object.fromEntries([
        ...routes.flatMap(({ body, answer, json, pending }) => [
          ...(body === undefined ? [] : [schema(body, 'input')]),
          ...[answer, json, pending].flatMap((one) => (one === undefined ? [] : [schema(one, 'output')])),
        ]),
        schema(problemDetails, 'output'),
      ]),
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          description: 'AWS Signature Version 4 for the service execute-api',
        },
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function operation(route: Route) {
  const { method, path, summary, scope, status, query, body, answer, type = 'application/json' } = route;
  const { json, pending, kept, bodyOptional, idempotent } = route;
  const isLocated = status === 202 || kept !== undefined;
  const problem = (code: string) => [
    code,
    { description: PROBLEMS[Number(code)], content: { 'application/problem+json': { schema: ref(problemDetails) } } },
  ];
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const parameters = [
    ...named.map(pathParameter),
    ...(query === undefined ? [] : queryParameters(query)),
    ...(idempotent === true ? [IDEMPOTENCY_KEY] : []),
  ];
  const codes = Object.keys(PROBLEMS).filter((code) => mayHappen(Number(code), route, named));
  return {
    operationId: `${method}_${path.replaceAll(/\W+/g, '_').replaceAll(/^_|_$/g, '')}`,
    summary,
    'x-scope': scope,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: bodyOptional !== true, content: { 'application/json': { schema: ref(body) } } } }),
    responses: {
      [status]: {
        description:
          status === 202
            ? 'Begun; `Location` says where to look'
            : kept === undefined
              ? 'Done'
              : 'Done; `Location` says where it stays',
        ...(isLocated ? { headers: { Location: { required: true, schema: { type: 'string' } } } } : {}),
        content: {
          [type]: { schema: ref(answer) },
          ...(json === undefined ? {} : { 'application/json': { schema: ref(json) } }),
        },
      },
      ...(pending === undefined
        ? {}
        : { 202: { description: 'Not yet', content: { 'application/json': { schema: ref(pending) } } } }),
      ...Object.fromEntries(codes.map(problem)),
      403: { description: 'Who asks may not (401 where tokens are used)' },
    },
  };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A request with the same key and the same content is the same run.',
  schema: { type: 'string', pattern: '\\S' },
};

function mayHappen(
  code: number,
  { body, query, pending, idempotent, mayMiss }: Route,
  named: readonly string[],
): boolean {
  if (code === 400) return body !== undefined || query !== undefined;
  if (code === 413 || code === 415) return body !== undefined;
  if (code === 404) return named.length > 0 || mayMiss === true;
  if (code === 409) return named.length > 0 || idempotent === true;
  return code !== 502 || pending !== undefined;
}

function pathParameter(name: string) {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
}

function queryParameters(query: z.ZodObject) {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', target: 'draft-2020-12' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function ref(type: z.ZodType) {
  return { $ref: `#/components/schemas/${idOf(type)}` };
}

function idOf(type: z.ZodType): string {
  const id = type.meta()?.id;
  if (id === undefined) throw new Error('a schema of a route has no id');
  return id;
}

function schema(type: z.ZodType, io: 'input' | 'output'): [string, unknown] {
  const { $schema: _, $defs = {}, ...rest } = z.toJSONSchema(type, { io, target: 'draft-2020-12' });
  const name = idOf(type);
  // A schema with an id comes as a reference to itself among definitions; references are looked for from the document's root.
  const own = rest.$ref === `#/$defs/${name}` ? $defs[name] : rest;
  const { id: __, ...said } = own ?? {};
  return [name, said];
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../docs/openapi.json'), openApiText());
