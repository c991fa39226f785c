// Stacks on a table: a head that names the last snapshot; what an unfinished run has done since is in its journal.
import type { StackResource, StackState } from '#wasm';
import type { Blobs, Page, PageOf, StackHead, StackRecord, Stacks, Turn } from '../../app/ports.ts';
import { parsePlace, type StackKey } from '../../domain/stack.ts';
import { corrupt, kept } from './content.ts';
import { journalOf } from './journal.ts';
import { keys, STACKS } from './keys.ts';
import type { Item, Table } from './table.ts';

/** What a snapshot holds. */
export type Snapshot = Pick<StackRecord, 'state' | 'outputs' | 'imports'>;

const MOST_LISTED = 100;

export class TableStacks implements Stacks {
  readonly #table: Table;
  readonly #blobs: Blobs;

  constructor(table: Table, blobs: Blobs) {
    this.#table = table;
    this.#blobs = blobs;
  }

  async get(key: StackKey): Promise<StackRecord | undefined> {
    // A run that ends in between takes its journal into another snapshot: read again until head and journal agree.
    for (;;) {
      const head = await this.head(key);
      if (head === undefined) return undefined;
      if (head.snapshot === undefined) throw corrupt(`stack ${key.name} has no snapshot`);
      const record: StackRecord = { ...head, key, ...(await kept<Snapshot>(this.#blobs, 'state', head.snapshot)) };
      const { state } = record;
      if (head.unfinished === undefined) return record;
      const folded = await this.#folded(state, head.unfinished);
      const now = await this.head(key);
      if (now?.unfinished === head.unfinished && now.snapshot === head.snapshot) return { ...record, state: folded };
    }
  }

  async incarnation(key: StackKey): Promise<number> {
    const item = await this.#table.get(keys.births(key));
    return Number(item?.fields['count'] ?? 0);
  }

  async head(key: StackKey): Promise<StackHead | undefined> {
    const item = await this.#table.get(keys.stackHead(key));
    return item === undefined ? undefined : headFrom(key, item);
  }

  async list({ next, limit = MOST_LISTED }: PageOf = {}): Promise<Page<StackHead>> {
    return this.#heads(await this.#table.query(STACKS, { prefix: '', after: next, limit }), (sk) => sk);
  }

  async named(name: string, { next, limit = MOST_LISTED }: PageOf = {}): Promise<Page<StackHead>> {
    const found = await this.#table.query(keys.namePartition(name), { prefix: '', after: next, limit });
    return this.#heads(found, (sk) => `${sk}|${name}`);
  }

  async #heads({ items, next }: Page<Item>, text: (sk: string) => string): Promise<Page<StackHead>> {
    const found = await Promise.all(items.map(({ sk }) => this.head(parseStack(text(sk)))));
    const heads = found.filter((head) => head !== undefined);
    return next === undefined ? { items: heads } : { items: heads, next };
  }

  async #folded(state: StackState, runId: string): Promise<StackState> {
    const resources = new Map(state.resources.map((resource) => [resource.logicalId, resource]));
    const run = await this.#table.get(keys.runHead(runId));
    const from = Number(run?.fields['folded'] ?? 0);
    for await (const turn of journalOf(this.#table, this.#blobs, runId, from)) fold(resources, turn);
    return { ...state, resources: sorted(resources.values()) };
  }
}

/** What a turn does to a stack's resources. */
export function fold(resources: Map<string, StackResource>, { record, forget }: Turn): void {
  // In this order, because a resource that exists must not be lost: named by both, it is recorded.
  for (const id of forget) resources.delete(id);
  for (const resource of record) resources.set(resource.logicalId, resource);
}

/** By logical id. */
export function sorted(resources: Iterable<StackResource>): StackResource[] {
  return [...resources].sort((one, other) => (one.logicalId < other.logicalId ? -1 : 1));
}

function headFrom(key: StackKey, { fields }: Item): StackHead {
  const head: StackHead = { key };
  for (const name of ['snapshot', 'lastRun', 'unfinished'] as const) {
    // An empty text, because conditions cannot ask for a field that is missing.
    if (fields[name] !== undefined && fields[name] !== '') head[name] = String(fields[name]);
  }
  return head;
}

/** The stack that `stackText` spells: a name holds no `|`. */
function parseStack(text: string): StackKey {
  const at = text.lastIndexOf('|');
  const place = parsePlace(text.slice(0, at));
  if (place === undefined) throw corrupt(`a stack is called ${text}`);
  return { ...place, name: text.slice(at + 1) };
}
