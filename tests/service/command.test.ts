// `npm run service` as people type it, in the clone: twice, one deployment between, then gone without a trace.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AnyDocument } from '../support/cli.ts';
import { SIGNED } from './support/call.ts';

const root = join(import.meta.dirname, '../..');

function service(...args: string[]): string {
  const script = join(root, 'scripts/service/main.mjs');
  return execFileSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 90_000,
  });
}

test('it starts, deploys, installs again without losing a stack, and stops', { timeout: 180_000 }, async () => {
  mkdirSync(join(root, '.assent'), { recursive: true });
  const state = mkdtempSync(join(root, '.assent/service-test-'));
  const get = async (url: string, path: string): Promise<AnyDocument> =>
    (await fetch(`${url}${path}`, { headers: SIGNED })).json() as Promise<AnyDocument>;
  let pids: number[] = [];
  try {
    const url = service('--state', state).trim().split('\n').at(-1) ?? '';
    pids = Object.values(JSON.parse(readFileSync(join(state, 'processes.json'), 'utf8'))).map(
      (process) => (process as { pid: number }).pid,
    );
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    const answer = await fetch(`${url}/deployments`, {
      method: 'POST',
      headers: { ...SIGNED, 'content-type': 'application/json' },
      body: JSON.stringify({ stack: 'mine', template: 'Resources: {A: {Type: AWS::SQS::Queue}}' }),
    });
    const location = answer.headers.get('location') ?? '';
    await expect.poll(async () => (await get(url, location)).status, { timeout: 30_000 }).toBe('succeeded');

    expect(service('--state', state).trim()).toBe(url);
    expect((await get(url, '/stacks/mine')).stacks).toMatchObject([{ stack: 'mine', status: 'complete' }]);
  } finally {
    service('--stop', '--state', state);
  }
  expect(existsSync(state)).toBe(false);
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(spawnSync('ps', ['-p', String(pid)]).status).toBe(1);
});
