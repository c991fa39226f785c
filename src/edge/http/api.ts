// The way of a request through a function of the HTTP API: logged, its body checked, the use case called, an answer or
// problem details given. A handler brings the schema of its body and what is done with it, and decides nothing else.
import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { z } from 'zod';
import { HttpRefusal, problemOf } from './problem.ts';

/** Largest body, in bytes as sent: a template at CloudFormation's limit, 1 MB, with JSON's escapes and what goes along. */
export const BODY_BYTES = 3_000_000;

/** A function's synchronous answer may hold 6 MB; headers and JSON's escapes of the envelope need some of it. */
const ANSWER_BYTES = 5_000_000;

export type ApiHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** A function that takes a JSON body of a schema and answers 200 with what `work` gives. */
export function jsonApi<Body extends z.ZodType>(
  body: Body,
  work: (asked: z.output<Body>) => unknown,
  logger = new Logger(),
): ApiHandler {
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use({
      before: ({ event, context }) => {
        logger.addContext(context);
        logger.appendKeys({ requestId: event.requestContext.requestId, route: event.routeKey });
      },
      after: ({ response }) => logger.info('answered', { status: response?.statusCode ?? 0 }),
      onError: (request) => {
        const problem = problemOf(request.error);
        // Messages may quote what was sent; only what is ours goes to the log in full.
        if (problem.status >= 500) logger.error('failed', { error: request.error });
        else logger.info('refused', { status: problem.status, code: problem.code });
        request.response = answer(problem.status, problem, 'application/problem+json');
      },
    })
    .handler(async (event: APIGatewayProxyEventV2) => answer(200, work(parsed(body, event)), 'application/json'));
}

function answer(statusCode: number, document: unknown, type: string): APIGatewayProxyStructuredResultV2 {
  const body = JSON.stringify(document);
  if (Buffer.byteLength(body) > ANSWER_BYTES) {
    throw new HttpRefusal(422, 'answer_too_large', 'The answer is larger than one response may be: send less at once.');
  }
  return { statusCode, headers: { 'content-type': type, 'cache-control': 'no-store' }, body };
}

/** The body as its schema gives it. Throws HttpRefusal: 413, 415, 400 with every problem. */
function parsed<Body extends z.ZodType>(schema: Body, { headers, body, isBase64Encoded }: APIGatewayProxyEventV2) {
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
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const problems = read.error.issues.flatMap((issue) => {
    const { message, path } = issue;
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    return places.map((place) => ({
      code: 'invalid_body',
      message,
      line: 0,
      column: 0,
      path: place.map(String).join('/'),
    }));
  });
  throw new HttpRefusal(400, 'invalid_body', 'The body is not what is asked for.', problems);
}
