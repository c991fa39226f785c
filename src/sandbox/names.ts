// Names that must be unique although they are not the primary identifier: AWS answers AlreadyExists for these too.

import type { JsonObject } from './json.ts';
import type { Key } from './references.ts';
import type { Store } from './store.ts';

/** Whether a resource of this type, also one in the making, has the same name. */
export function nameClash(store: Store, { home, type }: Key, model: JsonObject): boolean {
  const named = store.named(type, model);
  if (named === null) return false;
  const sql = 'SELECT 1 FROM resources WHERE home = ? AND type = ? AND named = ? LIMIT 1';
  return store.get(sql, home, type, named) !== undefined;
}
