// The way of a request through a function of the HTTP API: logged, checked, the use case called, an answer or problem
// details given. A handler brings its routes, and decides nothing else.

import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { z } from 'zod';
import { isIllFormed } from '../../domain/well-formed.ts';
import { printColdStart } from '../service/cold.ts';
import { HttpRefusal, problemOf } from './problem.ts';

/** Largest body, in bytes as sent: a template at CloudFormation's limit, 1 MB, with JSON's escapes and what goes along. */
export const BODY_BYTES = 3_000_000;

/** A function's synchronous answer may hold 6 MB; headers and JSON's escapes of the envelope need some of it. */
const ANSWER_BYTES = 5_000_000;

export type ApiEvent = APIGatewayProxyEventV2;

export type ApiHandler = (event: ApiEvent, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/** What a route answers: a document, 200 unless it says otherwise, or a text of a type of its own. */
export type Answer =
  | {
      status?: 200 | 202;
      document: unknown;
      /** Where what was begun can be looked at. */
      location?: string;
    }
  | { text: string; type: string };

/** A function of one or several routes, by their keys (`POST /scans`). */
export function httpApi(
  routes: Readonly<Record<string, (event: ApiEvent) => Answer | Promise<Answer>>>,
  logger = new Logger(),
): ApiHandler {
  return middy<ApiEvent, APIGatewayProxyStructuredResultV2>()
    .use({
      before: ({ event, context }) => {
        printColdStart(context.functionName);
        logger.addContext(context);
        logger.appendKeys({ requestId: event.requestContext.requestId, route: event.routeKey });
      },
      after: ({ response }) => logger.info('answered', { status: response?.statusCode ?? 0 }),
      onError: (request) => {
        const problem = problemOf(request.error);
        // Messages may quote what was sent; only what is ours goes to the log in full.
        if (problem.status >= 500) logger.error('failed', { error: request.error });
        else logger.info('refused', { status: problem.status, code: problem.code });
        request.response = response(problem.status, JSON.stringify(problem), 'application/problem+json');
      },
    })
    .handler(async (event: ApiEvent) => {
      const route = routes[event.routeKey];
      if (route === undefined) throw new HttpRefusal(404, 'no_such_route', 'There is no such route.');
      const answer = await route(event);
      if ('text' in answer) return response(200, answer.text, answer.type);
      const { status = 200, document, location } = answer;
      const headers: Record<string, string> = location === undefined ? {} : { location };
      return response(status, JSON.stringify(document), 'application/json', headers);
    });
}

function response(
  statusCode: number,
  body: string,
  type: string,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 {
  if (Buffer.byteLength(body) > ANSWER_BYTES) {
    throw new HttpRefusal(422, 'answer_too_large', 'The answer is larger than one response may be: send less at once.');
  }
  return { statusCode, headers: { ...headers, 'content-type': type, 'cache-control': 'no-store' }, body };
}

/** Who asks: the signing identity, or the token's subject. */
export function callerOf({ requestContext }: ApiEvent): string {
  const { authorizer } = requestContext as {
    authorizer?: { iam?: { userArn?: string }; jwt?: { claims?: { sub?: unknown } } };
  };
  const caller = authorizer?.iam?.userArn ?? authorizer?.jwt?.claims?.sub;
  if (typeof caller === 'string' && caller !== '') return caller;
  throw new HttpRefusal(403, 'unknown_caller', 'The request does not say who asks.');
}

/** Query parameters as their schema gives them. Throws HttpRefusal 400 with every problem. */
export function queryOf<Query extends z.ZodType>(schema: Query, { queryStringParameters }: ApiEvent): z.output<Query> {
  const read = schema.safeParse(queryStringParameters ?? {});
  if (read.success) return read.data;
  throw new HttpRefusal(
    400,
    'invalid_query',
    'The query is not what is asked for.',
    problemsOf(read.error, 'invalid_query'),
  );
}

/** A path parameter. */
export function pathOf({ pathParameters }: ApiEvent, name: string): string {
  return pathParameters?.[name] ?? '';
}

/** The body as its schema gives it. Throws HttpRefusal: 413, 415, 400 with every problem. */
export function bodyOf<Body extends z.ZodType>(
  schema: Body,
  { headers, body, isBase64Encoded }: ApiEvent,
): z.output<Body> {
  const type = headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpRefusal(415, 'unsupported_media_type', 'The body must be application/json.');
  }
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > BODY_BYTES) {
    throw new HttpRefusal(413, 'body_too_large', `The body is larger than ${BODY_BYTES} bytes.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new HttpRefusal(400, 'malformed_body', 'The body is not JSON in UTF-8.');
  }
  if (isIllFormed(json)) {
    throw new HttpRefusal(400, 'malformed_body', 'The body holds half of a character: an escaped surrogate alone.');
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  throw new HttpRefusal(
    400,
    'invalid_body',
    'The body is not what is asked for.',
    problemsOf(read.error, 'invalid_body'),
  );
}

/** The same where a request may have none. */
export function bodyIn<Body extends z.ZodType>(schema: Body, event: ApiEvent): z.output<Body> {
  return (event.body ?? '') === '' ? schema.parse({}) : bodyOf(schema, event);
}

/** The problems of the form that most was understood of. */
function nearest(forms: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  const unknown = (issues: readonly z.core.$ZodIssue[]) =>
    issues.flatMap((issue) => (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [])).length;
  return [...forms].sort((a, b) => unknown(a) - unknown(b) || a.length - b.length)[0] ?? [];
}

function problemsOf({ issues }: Pick<z.ZodError, 'issues'>, code: string): NonNullable<HttpRefusal['problems']> {
  return issues.flatMap((issue) => {
    // Of several forms the one that was meant: whose problems go deepest.
    if (issue.code === 'invalid_union') return problemsOf({ issues: nearest(issue.errors) }, code);
    const { message, path } = issue;
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    return places.map((place) => ({
      code,
      message,
      line: 0,
      column: 0,
      path: place.map(String).join('/'),
    }));
  });
}
