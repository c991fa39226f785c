import { storeContract } from './store.ts';

storeContract('SQLite', new URL('./sqlite-module.ts', import.meta.url));
