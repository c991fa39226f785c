// The embedded store as the contract suite opens it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/adapters/embedded/store.ts';
import type { StoreModule } from './store.ts';

export const place: StoreModule['place'] = () => mkdtemp(join(tmpdir(), 'assent-store-'));
export const open: StoreModule['open'] = (dir, options) => openStore(dir, options);
export const remove: StoreModule['remove'] = (dir) => rm(dir, { recursive: true });
