// SQLite as Node has it, or a sentence for those whose Node has none: an import would fail before anybody could say why.
import { createRequire } from 'node:module';

function load(): typeof import('node:sqlite') {
  try {
    return createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite');
  } catch (cause) {
    throw new Error(`Assent needs Node 22.13 or later, which has node:sqlite; this is ${process.version}.`, { cause });
  }
}

export const { DatabaseSync } = load();
export type DatabaseSync = InstanceType<typeof DatabaseSync>;
