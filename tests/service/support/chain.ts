// A deployment that is stopped on its way: a chain of queues, whose workers are killed and whose queues are counted.
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import { SIGNED } from './call.ts';
import { HOME_ACCOUNT } from './scripts.ts';
import type { Installed } from './start.ts';

/** One after the other: stopped anywhere, something is there and something is not. */
export function chainOf(size: number): string {
  const chain = Array.from({ length: size }, (_, n) => [
    `Q${n}`,
    { Type: 'AWS::SQS::Queue', ...(n === 0 ? {} : { DependsOn: `Q${n - 1}` }) },
  ]);
  return JSON.stringify({ Resources: Object.fromEntries(chain) });
}

/** Kills the workers that run now, as a machine that dies would. */
export function killWorkers({ folder }: Installed): void {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const workers = lines.filter(
    (line) => line.includes(folder) && line.includes('ministack-lambda-assent-local-worker'),
  );
  expect(workers).not.toEqual([]);
  for (const line of workers) process.kill(Number.parseInt(line, 10), 'SIGKILL');
}

/** Identifiers of the queues that there are in the sandbox. */
export async function queuesOf({ sandbox }: Installed): Promise<string[]> {
  const found: string[] = [];
  for (let NextToken: string | undefined; ; ) {
    const answer = await fetch(sandbox, {
      method: 'POST',
      headers: jsonTo('cloudcontrolapi', 'CloudApiService.ListResources'),
      body: JSON.stringify({ TypeName: 'AWS::SQS::Queue', ...(NextToken === undefined ? {} : { NextToken }) }),
    });
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as { ResourceDescriptions: { Identifier: string }[]; NextToken?: string };
    found.push(...page.ResourceDescriptions.map(({ Identifier }) => Identifier));
    if (page.NextToken === undefined) return found;
    NextToken = page.NextToken;
  }
}

/** Aborts an execution, as an operator would. */
export async function stopExecution({ emulator }: Installed, name: string): Promise<void> {
  const answer = await fetch(emulator, {
    method: 'POST',
    headers: jsonTo('states', 'AWSStepFunctions.StopExecution'),
    body: JSON.stringify({
      executionArn: `arn:aws:states:us-east-1:${HOME_ACCOUNT}:execution:assent-local-deploy:${name}`,
    }),
  });
  expect(answer.status).toBe(200);
}

function jsonTo(service: string, target: string): Record<string, string> {
  return {
    authorization: (SIGNED['authorization'] ?? '').replace('execute-api', service),
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': target,
  };
}
