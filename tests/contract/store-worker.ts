// A worker in a process of its own, for the store's contract: `store-worker.ts MODULE PLACE COMMAND STACK [LIFE]`.
// acquire: says `ready`, waits for a line, tries to get the lease, says `won FENCE` or `held`, lives until killed.
// append: goes on with run `r1` for ever and says the sequence after each append that resolved.
import { writeSync } from 'node:fs';
import { LeaseHeld } from '../../src/domain/errors.ts';
import { anEntry, aRun, aStack, resource } from './samples.ts';
import type { StoreModule } from './store.ts';

const [, , module = '', place = '', command, stack = '', life = '0'] = process.argv;
const adapter = (await import(module)) as StoreModule;
const start = 1_800_000_000_000 + Number(life) * 60_000;
const store = await adapter.open(place, { now: () => start });
const say = (line: string | number) => writeSync(1, `${line}\n`);

if (command === 'acquire') {
  say('ready');
  process.stdin.once('data', async () => {
    try {
      say(`won ${(await store.acquire(stack)).fence}`);
    } catch (error) {
      if (!(error instanceof LeaseHeld)) throw error;
      say('held');
    }
  });
} else {
  const lease = await store.acquire(stack);
  const run = await store.run('r1');
  if (run === undefined) await store.begin(lease, aRun('r1', stack), aStack(stack));
  for (let seq = run?.seq ?? 0; ; ) {
    const batch = Array.from({ length: 1 + (seq % 13) }, (_, index) => seq + index + 1);
    const record = batch.map((n) => resource(`R${n % 7}`, n));
    seq = await store.append(lease, 'r1', seq, batch.map(anEntry), { record, forget: [] });
    say(seq);
  }
}
