// Whose lease may be taken at once: only that of a process that has certainly ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { type Holder, isGone, parseHolder, thisProcess } from '../../../../src/adapters/embedded/holder.ts';
import { openStore } from '../../../../src/adapters/embedded/store.ts';
import { LeaseLost } from '../../../../src/app/ports.ts';
import { LeaseHeld } from '../../../../src/domain/errors.ts';
import { WEB } from '../../../contract/samples.ts';

const me = thisProcess();
const linux = process.platform === 'linux';
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

describe('a holder', () => {
  test('that is this process is not gone', () => {
    expect(isGone(me, me)).toBe(false);
  });

  test('that has exited is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'close');
    expect(isGone({ ...me, pid: child.pid as number }, me)).toBe(true);
  });

  test.runIf(linux)('whose pid now belongs to a later process is gone', () => {
    expect(isGone({ ...me, startTime: '1' }, me)).toBe(true);
  });

  test.runIf(linux)('that was killed but not yet waited for by its parent is gone', async () => {
    // sh starts a child and then becomes a process that never asks for it.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(parent);
    const [line] = (await once(parent.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const holder: Holder = { ...me, pid, startTime: null };
    expect(isGone(holder, me)).toBe(false);
    process.kill(pid, 'SIGKILL');
    const deadline = Date.now() + 5_000;
    while (!isGone(holder, me) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isGone(holder, me)).toBe(true);
  });

  test.each<[string, Partial<Holder>]>([
    ['another host', { host: 'elsewhere' }],
    ['another boot', { bootId: 'another' }],
    ['another pid namespace', { pidNamespace: 'pid:[1]' }],
    ['a system that tells no boot', { bootId: null }],
  ])('on %s is never called gone, even if no such pid runs here', (_, other) => {
    const dead = { ...me, pid: 2 ** 22 + 1 };
    expect(isGone(dead, me)).toBe(true);
    expect(isGone({ ...dead, ...other }, linux ? me : { ...me, bootId: 'x', pidNamespace: 'y' })).toBe(false);
  });

  test('without a known start time counts as alive while its pid runs', () => {
    expect(isGone({ ...me, startTime: null }, me)).toBe(false);
  });
});

test('a holder is read back as it was written, and nothing else is', () => {
  expect(parseHolder(JSON.stringify(me))).toEqual(me);
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"pid":0,"host":"h"}',
    '{"pid":-1,"host":"h"}',
    '{"pid":"7","host":"h"}',
    '{"pid":1.5,"host":"h"}',
    '{"pid":7}',
  ]) {
    expect(parseHolder(text), text).toBeNull();
  }
});

describe.runIf(linux)('a lease', () => {
  const worker = fileURLToPath(new URL('../../../contract/store-worker.ts', import.meta.url));
  const module = new URL('../../../contract/sqlite-module.ts', import.meta.url).href;

  /** A child process that holds the lease of `web`. */
  async function holder(dir: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [worker, module, dir, 'acquire', 'web'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const answers = child.stdout as NodeJS.ReadableStream;
    await once(answers, 'data');
    child.stdin?.write('go\n');
    const [won] = (await once(answers, 'data')) as [Buffer];
    expect(won.toString()).toMatch(/^won/);
    return child;
  }

  test('of a killed process is taken at once; of a paused one only after its time', { timeout: 180_000 }, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'assent-holder-'));
    // The workers' clock stands here too, so nothing expires by itself.
    let now = 1_800_000_000_000;
    const store = await openStore(dir, { now: () => now });
    try {
      const killed = await holder(dir);
      const refused = await store.runs.acquire(WEB).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LeaseHeld);
      expect((refused as LeaseHeld).message).toContain(`process ${killed.pid} `);
      killed.kill('SIGKILL');
      await once(killed, 'close');
      await store.runs.release(await store.runs.acquire(WEB));

      const paused = await holder(dir);
      paused.kill('SIGSTOP');
      now += 14_999;
      await expect(store.runs.acquire(WEB)).rejects.toThrow(LeaseHeld);
      now += 1;
      const taken = await store.runs.acquire(WEB);
      await expect(store.runs.renew({ ...taken, fence: taken.fence - 1 })).rejects.toThrow(LeaseLost);
    } finally {
      await store.close();
      await rm(dir, { recursive: true });
    }
  });
});
