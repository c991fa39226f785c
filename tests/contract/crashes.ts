// What only real processes show: who wins between them, and what `kill -9` leaves behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { allOf } from '../../src/app/ports.ts';
import { anEntry, resource, WEB } from './samples.ts';
import { type StoreModule, type World, worldOf } from './world.ts';

const WORKER = fileURLToPath(new URL('./store-worker.ts', import.meta.url));
// Starting processes takes seconds on a busy machine.
const PROCESSES = { timeout: 180_000 };

export function crashContract(module: StoreModule, url: string): void {
  describe('processes', () => {
    const children: ChildProcess[] = [];
    // Before the place is removed: hooks of this kind run in the reverse of their order.
    const world: World = worldOf(module);
    afterEach(async () => {
      for (const child of children.splice(0)) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'close');
      }
    });

    function worker(...args: string[]): { child: ChildProcess; lines: AsyncIterator<string>; said: string[] } {
      const child = spawn(process.execPath, [WORKER, url, String(world.place), ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      children.push(child);
      const said: string[] = [];
      const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
      reader.on('line', (line) => said.push(line));
      return { child, lines: reader[Symbol.asyncIterator](), said };
    }

    test('a lease has one winner among them', PROCESSES, async () => {
      const workers = Array.from({ length: 3 }, () => worker('acquire', 'web'));
      const first = await Promise.all(workers.map(({ lines }) => lines.next()));
      expect(first.map(({ value }) => value)).toEqual(['ready', 'ready', 'ready']);
      for (const { child } of workers) child.stdin?.write('go\n');
      const answers = await Promise.all(workers.map(({ lines }) => lines.next()));
      expect(answers.map(({ value }) => value).sort()).toEqual(['held', 'held', 'won 1']);
    });

    test(
      'killed in the middle of appends: what had resolved is there, without a gap, and the next one goes on',
      PROCESSES,
      async () => {
        let known = 0;
        for (let life = 0; life < 5; life += 1) {
          const { child, said, lines } = worker('append', 'web', String(life));
          // Past the first reports, then at another instant each time.
          for (let n = 0; n < 3 + 5 * life; n += 1) await lines.next();
          child.kill('SIGKILL');
          await once(child, 'close');
          const store = await world.open();
          const turns = [];
          for await (const turn of allOf((next) => store.runs.journal('r1', { next }))) turns.push(turn);
          const reported = Number(said.at(-1));
          expect(reported).toBeGreaterThan(known);
          expect(turns.length).toBeGreaterThanOrEqual(reported);
          expect(turns).toMatchObject(turns.map((_, index) => ({ entries: [anEntry(index + 1)] })));
          // The worker records resource R<n mod 7> with every turn n: the state must be that of the journal's end.
          const recorded = new Map<string, unknown>();
          for (let n = 1; n <= turns.length; n += 1) recorded.set(`R${n % 7}`, resource(`R${n % 7}`, n));
          const resources = (await store.stacks.get(WEB))?.state.resources;
          expect(new Map(resources?.map((item) => [item.logicalId, item]))).toEqual(recorded);
          expect((await store.runs.get('r1'))?.seq).toBe(turns.length);
          known = turns.length;
        }
      },
    );
  });
}
