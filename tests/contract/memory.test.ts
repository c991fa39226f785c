import { module as memory } from './memory-module.ts';
import { storeContract } from './store.ts';

storeContract('memory', memory);
