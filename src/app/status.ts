// `status` and `outputs`: what is recorded. No call is made.
import { ResourceNotFound } from '../domain/errors.ts';
import {
  type OutputsDocument,
  type RunSummary,
  runSummary,
  type StackDocument,
  type StatusDocument,
} from './documents/documents.ts';
import type { StackRecord } from './ports.ts';
import type { Local } from './session.ts';

const RUNS_SHOWN = 20;

/** All stacks, or one of them, with the newest runs. Rejects with ResourceNotFound for a stack nobody knows. */
export async function status({ store, clock }: Local, stack?: string): Promise<StatusDocument> {
  const [records, runs] = await Promise.all([
    stack === undefined ? store.stacks() : store.stack(stack).then((record) => (record === undefined ? [] : [record])),
    store.runs(stack),
  ]);
  if (stack !== undefined && records.length === 0 && runs.length === 0) throw unknownStack(stack);
  const held = new Set<string>();
  for (const { status, stack } of runs) if (status === 'running' && (await store.isHeld(stack))) held.add(stack);
  const now = clock.now();
  const summaries = runs.map((run) => runSummary(run, held.has(run.stack), now));
  return {
    version: 1,
    kind: 'status',
    stacks: records.map((record) => stackDocument(record, summaries)),
    runs: summaries.slice(0, RUNS_SHOWN),
  };
}

/** Outputs of a stack's last successful deployment. */
export async function outputs({ store }: Pick<Local, 'store'>, stack: string): Promise<OutputsDocument> {
  const record = await store.stack(stack);
  if (record === undefined) throw unknownStack(stack);
  const values = Object.entries(record.outputs).map(([name, { value }]) => [name, value] as const);
  return { version: 1, kind: 'outputs', stack, outputs: Object.fromEntries(values) };
}

function stackDocument({ state, endpoint }: StackRecord, runs: readonly RunSummary[]): StackDocument {
  const last = runs.find((run) => run.stack === state.stack);
  return {
    stack: state.stack,
    account: state.context.account,
    region: state.context.region,
    endpoint,
    status: stackStatus(last),
    lastRun: last?.runId ?? null,
    resources: state.resources.map(({ logicalId, type, physicalId, status }) => ({
      logicalId,
      type,
      physicalId,
      status,
    })),
  };
}

function stackStatus(last: RunSummary | undefined): string {
  if (last === undefined || last.status === 'succeeded' || last.status === 'no_changes') return 'complete';
  return last.status === 'running' ? 'in_progress' : last.status;
}

/** The rejection for a stack that is not in the store. */
export function unknownStack(stack: string): ResourceNotFound {
  return new ResourceNotFound(`There is no stack ${stack}.`, { help: 'assent status lists the stacks.' });
}
