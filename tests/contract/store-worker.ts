// A worker in a process of its own, for the contracts: `store-worker.ts MODULE PLACE COMMAND STACK [LIFE]`.
// acquire: says `ready`, waits for a line, tries to get the lease, says `won FENCE` or `held`, lives until killed.
// append: goes on with run `r1` for ever and says the sequence after each append that resolved.
import { writeSync } from 'node:fs';
import { LeaseHeld } from '../../src/domain/errors.ts';
import { anEntry, aRun, aStack, key, resource } from './samples.ts';
import type { StoreModule } from './world.ts';

const [, , module = '', place = '', command, name = '', life = '0'] = process.argv;
const adapter = ((await import(module)) as { module: StoreModule }).module;
const start = 1_800_000_000_000 + Number(life) * 60_000;
const { runs } = await adapter.open(place, { now: () => start });
const stack = key(name);
const say = (line: string | number) => writeSync(1, `${line}\n`);

if (command === 'acquire') {
  say('ready');
  process.stdin.once('data', async () => {
    try {
      say(`won ${(await runs.acquire(stack)).fence}`);
    } catch (error) {
      if (!(error instanceof LeaseHeld)) throw error;
      say('held');
    }
  });
} else {
  if ((await runs.get('r1')) === undefined) await runs.submit(aRun('r1', stack));
  const lease = await runs.acquire(stack);
  if ((await runs.get('r1'))?.status === 'approved') await runs.begin(lease, 'r1', start, aStack(stack));
  for (let seq = (await runs.get('r1'))?.seq ?? 0; ; ) {
    const n = seq + 1;
    // Now and then one that is too large for an item.
    const model = n % 11 === 0 ? { text: 'x'.repeat(400_000) } : {};
    const entry = { ...anEntry(n), model };
    seq = await runs.append(lease, 'r1', seq, { entries: [entry], record: [resource(`R${n % 7}`, n)], forget: [] });
    say(seq);
  }
}
