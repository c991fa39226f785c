import { module as sqlite } from './sqlite-module.ts';
import { storeContract } from './store.ts';

storeContract('SQLite', sqlite);
