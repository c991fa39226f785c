// A store whose texts are sealed keeps every promise that one in plain keeps.
import { blobsIn, Memory, MemoryTable } from '../../src/adapters/memory/store.ts';
import { SealedTable, sealedBlobs } from '../../src/adapters/table/sealed.ts';
import { Sealer } from '../../src/adapters/table/sealer.ts';
import { storeOn } from '../../src/adapters/table/store.ts';
import { MOST_BODY_BYTES } from '../../src/adapters/table/table.ts';
import { memoryDataKeys } from '../support/data-keys.ts';
import { storeContract } from './store.ts';
import type { StoreModule } from './world.ts';

interface Place {
  memory: Memory;
  keys: ReturnType<typeof memoryDataKeys>;
}

const tableOf = ({ memory, keys }: Place, now: () => number) =>
  new SealedTable(new MemoryTable(memory, now), new Sealer(keys, now));

const blobsOf = ({ memory, keys }: Place, now: () => number) => sealedBlobs(blobsIn(memory), new Sealer(keys, now));

const module: StoreModule<Place> = {
  mostBodyBytes: MOST_BODY_BYTES,
  place: async () => ({ memory: new Memory(), keys: memoryDataKeys() }),
  open: async (place, { now }) =>
    storeOn(tableOf(place, now), blobsOf(place, now), { now, holder: `process ${process.pid}`, isGone: () => false }),
  openTable: async (place, { now }) => tableOf(place, now),
  remove: async ({ memory }) => {
    // Measurements and the log are there to be shown; nothing else is in plain.
    const texts = [...memory.items.values()].flatMap((items) => [...items.values()]);
    const plain = texts.filter(({ pk, body }) => body !== undefined && !/^(measures|log|limits|estimates)/.test(pk));
    const all = [...plain.map(({ body = '' }) => body), ...memory.blobs.values()];
    const seen = all.find((text) => !text.startsWith('sealed:1:'));
    if (seen !== undefined) throw new Error(`kept in plain: ${seen.slice(0, 100)}`);
  },
};

storeContract('sealed', module);
