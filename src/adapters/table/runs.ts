// Runs on a table. A head is fields only, so that a turn changes a few of them without reading it; what may be large
// (brief, document, way back, the stack's snapshot) is a blob that a field names.
import {
  type Blobs,
  type Brief,
  type Ended,
  type Lease,
  LeaseLost,
  type Page,
  type PageOf,
  type PendingStatus,
  type Rollback,
  type Run,
  type RunHead,
  type Runs,
  type StackRecord,
  type Tally,
  type Turn,
} from '../../app/ports.ts';
import { InvalidInput, ResourceNotFound } from '../../domain/errors.ts';
import { type StackKey, stackText } from '../../domain/stack.ts';
import { keep, kept, parsed } from './content.ts';
import { journalPage, turnItem } from './journal.ts';
import { keys, RUN, RUNS } from './keys.ts';
import type { TableLeases } from './leases.ts';
import { type Snapshot, sorted, type TableStacks } from './stacks.ts';
import { type Action, ConditionFailed, type Fields, type Item, retried, type Table } from './table.ts';

const MOST_LISTED = 25;

export class TableRuns implements Runs {
  readonly #table: Table;
  readonly #blobs: Blobs;
  readonly #leases: TableLeases;
  readonly #stacks: TableStacks;

  constructor(table: Table, blobs: Blobs, leases: TableLeases, stacks: TableStacks) {
    this.#table = table;
    this.#blobs = blobs;
    this.#leases = leases;
    this.#stacks = stacks;
  }

  async submit(run: Run): Promise<void> {
    const brief = await keep(this.#blobs, 'brief', briefOf(run));
    const fields = { ...fieldsOf(run), fence: 0, folded: 0, brief };
    try {
      await this.#table.write([
        { put: { ...keys.runHead(run.runId), fields }, if: 'absent' },
        { put: { ...keys.runInAll(run.runId), fields: {} } },
        { put: { ...keys.stackRun(run.stack, run.runId), fields: {} } },
      ]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      throw new InvalidInput('run_exists', `There is a run ${run.runId} already.`, { cause: error });
    }
  }

  async get(runId: string): Promise<Run | undefined> {
    const item = await this.#table.get(keys.runHead(runId));
    if (item === undefined) return undefined;
    const { brief, rollback, result } = item.fields;
    const run: Run = { ...headFrom(item), ...(await kept<Brief>(this.#blobs, 'brief', String(brief))) };
    if (rollback !== undefined) run.rollback = await kept(this.#blobs, 'document', String(rollback));
    if (result !== undefined) run.result = await kept(this.#blobs, 'document', String(result));
    return run;
  }

  async list({ stack, next, limit = MOST_LISTED }: PageOf & { stack?: StackKey } = {}): Promise<Page<RunHead>> {
    const [pk, prefix] = stack === undefined ? [RUNS, ''] : [keys.stackPartition(stack), RUN];
    const found = await this.#table.query(pk, { prefix, after: next, limit, newestFirst: true });
    const heads = await Promise.all(
      found.items.map(({ sk }) => this.#table.get(keys.runHead(sk.slice(prefix.length)))),
    );
    const items = heads.filter((item) => item !== undefined).map(headFrom);
    return found.next === undefined ? { items } : { items, next: found.next };
  }

  async move(runId: string, from: readonly PendingStatus[], change: Parameters<Runs['move']>[2]): Promise<boolean> {
    return retried(async () => {
      const item = await this.#table.get(keys.runHead(runId));
      const status = item?.fields['status'];
      if (item === undefined || !from.some((one) => one === status)) return false;
      const { verdict, findings, result, ...small } = change;
      const set: Record<string, string | number> = fieldsOf(small);
      if (verdict !== undefined || findings !== undefined) {
        const brief = await kept<Brief>(this.#blobs, 'brief', String(item.fields['brief']));
        const judged = { ...brief, verdict: verdict ?? brief.verdict, findings: findings ?? brief.findings };
        set['brief'] = await keep(this.#blobs, 'brief', judged);
      }
      if (result !== undefined) set['result'] = await keep(this.#blobs, 'document', result);
      await this.#table.write([
        {
          update: keys.runHead(runId),
          set,
          if: { status: String(status), brief: String(item.fields['brief']) },
        },
      ]);
      return true;
    });
  }

  acquire(stack: StackKey): ReturnType<Runs['acquire']> {
    return this.#leases.acquire(stack);
  }

  isHeld(stack: StackKey): Promise<boolean> {
    return this.#leases.isHeld(stack);
  }

  renew(lease: Lease): Promise<void> {
    return this.#leases.renew(lease);
  }

  release(lease: Lease): Promise<void> {
    return this.#leases.release(lease);
  }

  async begin(lease: Lease, runId: string, startedAt: number, fresh: StackRecord): Promise<boolean> {
    const { stack, fence } = lease;
    const [run, head] = await Promise.all([this.#head(runId), this.#stacks.head(stack)]);
    if (run.status !== 'approved' || stackText(run.stack) !== stackText(stack)) throw lost(runId);
    if (head?.unfinished !== undefined) throw new LeaseLost(`run ${head.unfinished} is not settled yet`);
    if (head?.snapshot !== run.base) return false;
    // Under the lease nobody else counts.
    const births = await this.#stacks.incarnation(stack);
    const actions: Action[] = [
      this.#leases.check(lease),
      { put: { ...keys.births(stack), fields: { count: births + 1 } } },
      {
        update: keys.runHead(runId),
        set: { status: 'running', fence, startedAt },
        if: { status: 'approved' },
      },
    ];
    if (head === undefined) {
      const { state, outputs } = fresh;
      const snapshot = await keep(this.#blobs, 'state', { state, outputs } satisfies Snapshot);
      const fields = { snapshot, lastRun: runId, unfinished: runId };
      actions.push(
        { put: { ...keys.stackHead(stack), fields }, if: 'absent' },
        { put: { ...keys.stackInAll(stack), fields: {} } },
        { put: { ...keys.stackByName(stack), fields: {} } },
      );
    } else {
      actions.push({
        update: keys.stackHead(stack),
        set: { lastRun: runId, unfinished: runId },
        if: { snapshot: head.snapshot ?? '', unfinished: '' },
      });
    }
    await this.#underLease(runId, actions);
    return true;
  }

  async reopen(lease: Lease, runId: string): Promise<void> {
    const { stack, fence } = lease;
    const [run, head] = await Promise.all([this.#head(runId), this.#stacks.head(stack)]);
    const { status } = run;
    if (status !== 'running' && status !== 'suspended' && status !== 'cancelled') throw lost(runId);
    if (head === undefined || (head.unfinished ?? runId) !== runId) throw lost(runId);
    await this.#underLease(runId, [
      this.#leases.check(lease),
      {
        update: keys.runHead(runId),
        set: { status: 'running', fence, endedAt: null, result: null },
        if: { status, seq: run.seq },
      },
      {
        update: keys.stackHead(stack),
        set: { unfinished: runId, lastRun: runId },
        if: { unfinished: head.unfinished ?? '' },
      },
    ]);
  }

  async append({ fence }: Lease, runId: string, seq: number, turn: Turn, tally?: Tally): Promise<number> {
    const next = seq + 1;
    const item = await turnItem(this.#blobs, runId, next, turn);
    await this.#underLease(runId, [
      {
        update: keys.runHead(runId),
        set: { seq: next, ...(tally === undefined ? {} : { tally: JSON.stringify(tally) }) },
        if: { status: 'running', fence, seq },
      },
      { put: item },
    ]);
    return next;
  }

  async turnBack({ fence }: Lease, runId: string, rollback: Rollback): Promise<void> {
    const digest = await keep(this.#blobs, 'document', rollback);
    const run = await this.#table.get(keys.runHead(runId));
    if (run?.fields['rollback'] !== undefined) throw lost(runId);
    await this.#underLease(runId, [
      {
        update: keys.runHead(runId),
        set: { rollback: digest },
        if: { status: 'running', fence, seq: rollback.seq },
      },
    ]);
  }

  async suspend({ fence }: Lease, runId: string, seq: number): Promise<void> {
    await this.#underLease(runId, [
      { update: keys.runHead(runId), set: { status: 'suspended' }, if: { status: 'running', fence, seq } },
    ]);
  }

  async finish({ stack, fence }: Lease, runId: string, seq: number, ended: Ended): Promise<void> {
    const { status, endedAt, tally, measuredUntil } = ended;
    const set: Record<string, string | number> = fieldsOf({
      status,
      endedAt,
      ...(tally === undefined ? {} : { tally }),
      ...(measuredUntil === undefined ? {} : { measuredUntil }),
    });
    set['result'] = await keep(this.#blobs, 'document', ended.result);
    set['folded'] = seq;
    const actions: Action[] = [{ update: keys.runHead(runId), set, if: { status: 'running', fence, seq } }];
    const unfinished: Fields = { unfinished: runId };
    if (ended.stack === undefined) {
      actions.push(
        { delete: keys.stackHead(stack), if: unfinished },
        { delete: keys.stackInAll(stack) },
        { delete: keys.stackByName(stack) },
      );
    } else {
      const { state, outputs, imports } = ended.stack;
      const resources = new Map(state.resources.map((resource) => [resource.logicalId, resource]));
      const next: Snapshot = {
        state: { ...state, resources: sorted(resources.values()) },
        outputs,
        ...(imports === undefined ? {} : { imports }),
      };
      const snapshot = await keep(this.#blobs, 'state', next);
      actions.push({ update: keys.stackHead(stack), set: { snapshot, unfinished: '' }, if: unfinished });
    }
    await this.#underLease(runId, actions);
  }

  async journal(runId: string, { after = 0, next, limit }: PageOf & { after?: number } = {}): Promise<Page<Turn>> {
    const from = next === undefined ? after : Number(next);
    return journalPage(this.#table, this.#blobs, runId, { from, limit });
  }

  async requestCancel(runId: string, now = false): Promise<void> {
    if (!now && (await this.cancelRequested(runId)) === 'now') return;
    const fields: Item['fields'] = now ? { now: 1 } : {};
    try {
      await this.#table.write([{ put: { ...keys.cancel(runId), fields } }, { check: keys.runHead(runId), if: {} }]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      throw new ResourceNotFound(`There is no run ${runId}.`, { ways: [{ action: 'status' }] });
    }
  }

  async withdrawCancel(runId: string): Promise<void> {
    try {
      await this.#table.write([
        { delete: keys.cancel(runId) },
        { check: keys.runHead(runId), if: { status: 'cancelled' } },
      ]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  async cancelRequested(runId: string): Promise<boolean | 'now'> {
    const item = await this.#table.get(keys.cancel(runId));
    if (item === undefined) return false;
    return item.fields['now'] === 1 ? 'now' : true;
  }

  async #head(runId: string): Promise<RunHead> {
    const item = await this.#table.get(keys.runHead(runId));
    if (item === undefined) throw lost(runId);
    return headFrom(item);
  }

  async #underLease(runId: string, actions: readonly Action[]): Promise<void> {
    try {
      await this.#table.write(actions);
    } catch (error) {
      throw error instanceof ConditionFailed ? lost(runId) : error;
    }
  }
}

function lost(runId: string): LeaseLost {
  return new LeaseLost(`run ${runId} is somebody else's, or has gone on, or has ended`);
}

const BRIEF = [
  'parameters',
  'tags',
  'imports',
  'fingerprints',
  'noEcho',
  'verdict',
  'findings',
] as const satisfies (keyof Brief)[];

function briefOf(run: Brief): Brief {
  return Object.fromEntries(BRIEF.map((name) => [name, run[name]])) as unknown as Brief;
}

const TEXTS = ['runId', 'mode', 'status', 'planDigest', 'base', 'onFailure'] as const;
const NUMBERS = ['submittedAt', 'startedAt', 'endedAt', 'forecastMs', 'expiresAt', 'seq', 'measuredUntil'] as const;
const VALUES = ['stack', 'answer', 'tally', 'config'] as const;
type OfHead = (typeof TEXTS | typeof NUMBERS | typeof VALUES)[number];
// Every member of a head is in one of the lists: this line fails to compile when one is forgotten.
const _complete: [Exclude<keyof RunHead, OfHead>] extends [never] ? true : false = true;
void _complete;

function fieldsOf(head: Partial<RunHead>): Record<string, string | number> {
  const fields: Record<string, string | number> = {};
  for (const name of [...TEXTS, ...NUMBERS]) if (head[name] !== undefined) fields[name] = head[name];
  for (const name of VALUES) if (head[name] !== undefined) fields[name] = JSON.stringify(head[name]);
  return fields;
}

function headFrom({ fields }: Item): RunHead {
  const head: Record<string, unknown> = {};
  for (const name of [...TEXTS, ...NUMBERS]) if (fields[name] !== undefined) head[name] = fields[name];
  for (const name of VALUES) {
    if (fields[name] !== undefined) head[name] = parsed(fields[name], `${name} of run ${fields['runId']}`);
  }
  return head as unknown as RunHead;
}
