// `status` and `outputs`: what is recorded. No call is made.
import { InvalidInput, ResourceNotFound } from '../domain/errors.ts';
import { placeWords, type StackKey } from '../domain/stack.ts';
import { expire } from './answer.ts';
import {
  type OutputsDocument,
  type RunSummary,
  runSummary,
  type StackDocument,
  type StatusDocument,
} from './documents/documents.ts';
import { allOf, type RunHead, type StackHead, type StackRecord, type Store } from './ports.ts';
import type { Local } from './session.ts';
import { askedAbout } from './waiting.ts';

const RUNS_SHOWN = 20;

/** Which stacks; what is left out may be anything. */
export interface Sought {
  name?: string | undefined;
  region?: string | undefined;
  account?: string | undefined;
  /** `aws`: any cloud but the bundled sandbox. */
  cloud?: 'sandbox' | 'aws' | undefined;
}

/** The stacks sought, or all, with the newest runs. Rejects with ResourceNotFound for a name nobody knows. */
export async function status(local: Local, sought: Sought = {}): Promise<StatusDocument> {
  const { store } = local;
  const stacks: StackDocument[] = [];
  for await (const head of headsSought(store, sought)) {
    const record = await store.stacks.get(head.key);
    if (record === undefined) continue;
    const last = record.lastRun === undefined ? undefined : await store.runs.get(record.lastRun);
    stacks.push(stackDocument(record, last === undefined ? undefined : await summaryOf(local, last)));
  }
  const runs: RunSummary[] = [];
  for await (const head of allOf((next) => store.runs.list({ next }))) {
    if (!isSought(head.stack, sought)) continue;
    const run = await store.runs.get(head.runId);
    if (run === undefined) continue;
    const seen = await expire(local, run);
    runs.push({ ...(await summaryOf(local, seen)), ...(await askedAbout(local, seen)) });
    if (runs.length === RUNS_SHOWN) break;
  }
  if (sought.name !== undefined && stacks.length === 0 && runs.length === 0) throw unknownStack(sought.name);
  return { version: 1, kind: 'status', stacks, runs };
}

/** Outputs of a stack's last successful deployment. Rejects with `stack_ambiguous` where several have the name. */
export async function outputs(
  { store }: Pick<Local, 'store'>,
  sought: Sought & { name: string },
): Promise<OutputsDocument> {
  const record = await store.stacks.get(await oneStack({ store }, sought));
  if (record === undefined) throw unknownStack(sought.name);
  return { version: 1, kind: 'outputs', stack: sought.name, outputs: valuesOf(record) };
}

/** The only stack sought. Rejects with ResourceNotFound, or with `stack_ambiguous` where several have the name. */
export async function oneStack({ store }: Pick<Local, 'store'>, sought: Sought & { name: string }): Promise<StackKey> {
  const heads: StackHead[] = [];
  for await (const head of headsSought(store, sought)) heads.push(head);
  const [only, ...others] = heads;
  if (only === undefined) throw unknownStack(sought.name);
  if (others.length > 0) throw ambiguous(sought.name, heads);
  return only.key;
}

function valuesOf({ outputs }: Pick<StackRecord, 'outputs'>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

/** Every stack of that name, in whatever place. */
export async function headsNamed({ store }: Pick<Local, 'store'>, { name }: { name: string }): Promise<StackHead[]> {
  const heads: StackHead[] = [];
  for await (const head of allOf((next) => store.stacks.named(name, { next }))) heads.push(head);
  return heads;
}

/** The refusal when a stack is not here, nobody said where, and the name is known elsewhere. */
export function livesElsewhere(here: StackKey, elsewhere: readonly StackHead[]): InvalidInput {
  const places = elsewhere.map(({ key }) => placeWords(key)).join('; ');
  return new InvalidInput('stack_elsewhere', `Stack ${here.name} lives in ${places}, not in ${placeWords(here)}.`, {
    help: 'Say where it is, with the credentials it was deployed with.',
    ways: [{ option: 'place' }],
  });
}

/** The rejection for a stack that is not in the store. */
export function unknownStack(stack: string): ResourceNotFound {
  return new ResourceNotFound(`There is no stack ${stack}.`, { ways: [{ action: 'status' }] });
}

/** The rejection for a run id that is not in the store. */
export function unknownRun(runId: string): ResourceNotFound {
  return new ResourceNotFound(`There is no run ${runId}.`, { ways: [{ action: 'status' }] });
}

async function* headsSought(store: Store, sought: Sought): AsyncGenerator<StackHead, void> {
  const { name } = sought;
  const pages = allOf((next) =>
    name === undefined ? store.stacks.list({ next }) : store.stacks.named(name, { next }),
  );
  for await (const head of pages) if (isSought(head.key, sought)) yield head;
}

function isSought({ name, region, account, endpoint }: StackKey, sought: Sought): boolean {
  const cloud = endpoint === 'sandbox' ? 'sandbox' : 'aws';
  return (
    (sought.name ?? name) === name &&
    (sought.region ?? region) === region &&
    (sought.account ?? account) === account &&
    (sought.cloud ?? cloud) === cloud
  );
}

/** The refusal when several stacks have the name. */
export function ambiguous(name: string, heads: readonly Pick<StackHead, 'key'>[]): InvalidInput {
  const places = heads.map(({ key }) => placeWords(key)).join('; ');
  return new InvalidInput('stack_ambiguous', `There are ${heads.length} stacks ${name}: ${places}.`, {
    help: 'Say which one.',
    ways: [{ option: 'place' }],
  });
}

async function isHeld(store: Store, { status, stack }: RunHead): Promise<boolean> {
  return status === 'running' && (await store.runs.isHeld(stack));
}

async function summaryOf({ store, clock }: Local, run: Parameters<typeof runSummary>[0]): Promise<RunSummary> {
  return runSummary(run, await isHeld(store, run), clock.now());
}

function stackDocument(record: StackRecord, last: RunSummary | undefined): StackDocument {
  const { key, state } = record;
  return {
    stack: key.name,
    account: key.account,
    region: key.region,
    endpoint: key.endpoint,
    status: stackStatus(last),
    lastRun: last?.runId ?? null,
    resources: state.resources.map(({ logicalId, type, physicalId, status }) => ({
      logicalId,
      type,
      physicalId,
      status,
    })),
    outputs: valuesOf(record),
  };
}

function stackStatus(last: RunSummary | undefined): string {
  if (last === undefined || last.status === 'succeeded' || last.status === 'no_changes') return 'complete';
  return last.status === 'running' ? 'in_progress' : last.status;
}
