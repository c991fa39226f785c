// Every contract, against one adapter.
import { describe } from 'vitest';
import { answersContract } from './answers.ts';
import { blobsContract } from './blobs.ts';
import { crashContract } from './crashes.ts';
import { exportsContract } from './exports.ts';
import { leasesContract } from './leases.ts';
import { logContract } from './log.ts';
import { measuresContract } from './measures.ts';
import { notesContract } from './notes.ts';
import { runsContract } from './runs.ts';
import { serviceContract } from './service.ts';
import { stacksContract } from './stacks.ts';
import { tableContract } from './table.ts';
import { versionsContract } from './versions.ts';
import type { StoreModule } from './world.ts';

export function storeContract<Place>(name: string, module: StoreModule<Place>): void {
  describe(name, () => {
    const any = module as StoreModule;
    tableContract(any);
    blobsContract(any);
    notesContract(any);
    answersContract(any);
    measuresContract(any);
    exportsContract(any);
    leasesContract(any);
    logContract(any);
    runsContract(any);
    stacksContract(any);
    serviceContract(any);
    if (any.asNewer !== undefined) versionsContract(any, any.asNewer);
    if (any.url !== undefined) crashContract(any, any.url);
  });
}
