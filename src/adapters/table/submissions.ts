// Submissions on a table: a head beside the run's, the submission itself in a blob.
import { createHash } from 'node:crypto';
import type { Submission, SubmissionHead, Submissions, TargetsSubmission } from '../../app/ports/service.ts';
import type { Blobs } from '../../app/ports.ts';
import { corrupt, keep, kept } from './content.ts';
import { keys } from './keys.ts';
import { ConditionFailed, type Item, type ItemKey, retried, type Table } from './table.ts';

// How long a repeated request is known as one.
const KEY_LIVES_S = 24 * 60 * 60;

export class TableSubmissions implements Submissions {
  readonly #table: Table;
  readonly #blobs: Blobs;

  constructor(table: Table, blobs: Blobs) {
    this.#table = table;
    this.#blobs = blobs;
  }

  async keep(
    wanted: SubmissionHead,
    submission: Submission | TargetsSubmission,
    key?: string,
  ): Promise<SubmissionHead> {
    const digest = await keep(this.#blobs, 'document', submission);
    const fields = fieldsOf({ ...wanted, submission: digest });
    const put = { put: { ...submissionKey(wanted.runId), fields }, if: 'absent' as const };
    if (key === undefined) {
      await this.#table.write([put]);
      return { ...wanted, submission: digest };
    }
    const expiresAt = Math.ceil(wanted.at / 1_000) + KEY_LIVES_S;
    const known = { ...idempotencyKey(wanted.by, key), fields, expiresAt };
    try {
      await this.#table.write([put, { put: known, if: 'absent' }]);
      return { ...wanted, submission: digest };
    } catch (error) {
      const first = error instanceof ConditionFailed ? await this.#table.get(known) : undefined;
      if (first === undefined) throw error;
      return headFrom(first);
    }
  }

  async head(runId: string): Promise<SubmissionHead | undefined> {
    const item = await this.#table.get(submissionKey(runId));
    return item === undefined ? undefined : headFrom(item);
  }

  async submission({ submission }: Pick<SubmissionHead, 'submission'>): Promise<Submission> {
    return kept<Submission>(this.#blobs, 'document', submission);
  }

  async targets({ submission }: Pick<SubmissionHead, 'submission'>): Promise<TargetsSubmission> {
    return kept<TargetsSubmission>(this.#blobs, 'document', submission);
  }

  async waits(runId: string, token: string): Promise<void> {
    await this.#table.write([{ put: { ...tokenKey(runId), fields: {}, body: token } }]);
  }

  async token(runId: string): Promise<string | undefined> {
    return (await this.#table.get(tokenKey(runId)))?.body;
  }

  async startAgain(runId: string): Promise<number> {
    return retried(async () => {
      const key = submissionKey(runId);
      const item = await this.#table.get(key);
      if (item === undefined) throw corrupt(`run ${runId} was never submitted`);
      const { starts } = headFrom(item);
      // What was kept by an earlier version has no count, and a condition cannot ask for a field that is missing.
      const before = item.fields['starts'] === undefined ? item.fields : { starts };
      await this.#table.write([{ update: key, set: { starts: starts + 1 }, if: before }]);
      return starts + 1;
    });
  }
}

function submissionKey(runId: string): ItemKey {
  return { pk: keys.runPartition(runId), sk: 'submission' };
}

function tokenKey(runId: string): ItemKey {
  return { pk: keys.runPartition(runId), sk: 'token' };
}

function idempotencyKey(by: string, key: string): ItemKey {
  return { pk: `key#${createHash('sha256').update(`${by}\n${key}`).digest('hex')}`, sk: 'key' };
}

function fieldsOf({ part, several, account, region, traceparent, ...fields }: SubmissionHead): Item['fields'] {
  return {
    ...fields,
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(several === undefined ? {} : { several: 1 }),
    ...(part === undefined ? {} : { partOf: part.of, index: part.index }),
  };
}

function headFrom({ fields }: Item): SubmissionHead {
  const { account, region, traceparent, several, partOf, index } = fields;
  return {
    runId: String(fields['runId']),
    submission: String(fields['submission']),
    by: String(fields['by']),
    // An earlier version kept neither: such a run is for those who may do it with every stack.
    stack: String(fields['stack'] ?? ''),
    accessPolicy: String(fields['accessPolicy'] ?? ''),
    at: Number(fields['at']),
    starts: Number(fields['starts'] ?? 1),
    ...(account === undefined ? {} : { account: String(account) }),
    ...(region === undefined ? {} : { region: String(region) }),
    ...(traceparent === undefined ? {} : { traceparent: String(traceparent) }),
    ...(several === undefined ? {} : { several: true as const }),
    ...(partOf === undefined ? {} : { part: { of: String(partOf), index: Number(index) } }),
  };
}
