// A function's handler without Lambda: called in this process with a captured event. For `npm run invoke` and tests.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');

export type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Functions that are installed, by name, with the module that their handler is in. */
export function functions(): Map<string, string> {
  const found = globSync('functions/*/function.yml', { cwd: root }).flatMap((file) =>
    Object.entries(
      parse(readFileSync(join(root, file), 'utf8'), { logLevel: 'error' }) as Record<string, { handler: string }>,
    ).map(([name, { handler }]) => [name, join(root, handler.replace(/\.\w+$/, '.ts'))] as const),
  );
  return new Map(found);
}

/** The handler of a function. Rejects for a function that there is not. */
export async function handlerOf(name: string): Promise<Handler> {
  const file = functions().get(name);
  if (file === undefined) throw new Error(`There is no function ${name}: ${[...functions().keys()].join(', ')}.`);
  return ((await import(file)) as { handler: Handler }).handler;
}

/** An event of events/, parsed; every run that it names is called `run` instead, if one is given. */
export function capturedEvent(file: string, run?: string): unknown {
  const text = readFileSync(file, 'utf8');
  return JSON.parse(run === undefined ? text : text.replaceAll(/\d{8}-\d{6}-[0-9a-f]{10}/g, run));
}

/** The context of an invocation that has `remainingMs` left. */
export function localContext(name: string, remainingMs = 30_000): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:111111111111:function:${name}`,
    memoryLimitInMB: '1024',
    awsRequestId: '00000000-0000-4000-8000-000000000000',
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => remainingMs,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
