// What is said of a run is signed and appended to the log, in one write. Two writers never continue the log differently:
// whoever comes second signs anew behind the first.
import { createHash } from 'node:crypto';
import type { Predicate, Said, Statement } from '#wasm';
import { appendToLog, logEntry, neededTiles, signedCheckpoint, toSign } from '../../core/proof.ts';
import { AssentError } from '../../domain/errors.ts';
import type { StackKey } from '../../domain/stack.ts';
import type { RunDocument } from '../documents/documents.ts';
import { iso } from '../documents/events.ts';
import { keepValue } from '../keep.ts';
import type { LogEntry, LogHead, Run } from '../ports.ts';
import type { Local } from '../session.ts';

/** A statement to be made. */
export interface Saying extends Pick<Predicate, 'result' | 'by' | 'skipped'> {
  says: Said;
  /** All that there is to it; kept beside the log under its SHA-256. */
  details?: unknown;
}

// Each failure means that somebody else has appended.
const TRIES = 50;
// A person's name or an endpoint may be as long as somebody likes; KMS signs 4,096 bytes.
const MOST_SHOWN = 200;

/**
 * Signs statements about a run, or about a deployment to several targets, which has no stack of its own, and appends them.
 * Rejects where they cannot be signed or kept: then nothing is.
 */
export async function attest(
  { store, clock, signer }: Local,
  { runId, planDigest, stack }: Pick<Run, 'runId' | 'planDigest'> & { stack?: StackKey },
  sayings: readonly Saying[],
): Promise<void> {
  if (sayings.length === 0) return;
  const where = stack && [stack.endpoint, stack.account, stack.region, stack.name].map(short);
  const said = await Promise.all(
    sayings.map(async ({ says, details, by, skipped = [], result }) => ({
      says,
      result,
      ...(says === 'plan' && where !== undefined ? { stack: where } : {}),
      ...(by === undefined ? {} : { by: short(by) }),
      ...(skipped.length === 0 ? {} : { skipped: skipped.slice(0, 8).map(short) }),
      ...(details === undefined ? {} : { details: await keepValue(store.blobs, 'document', details) }),
    })),
  );
  const publicKey = await signer.publicKey();
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = await store.log.head();
    const origin = before?.origin ?? `assent/${sha256(publicKey).slice(0, 16)}`;
    // A clock that was set back does not make the log look as if somebody had written into its past.
    const at = later(iso(clock.now()), before?.latest);
    const entries: LogEntry[] = [];
    for (const { says, ...predicate } of said) {
      const statement: Statement = { says, planDigest, predicate: { run: runId, at, ...predicate } };
      const { payload, message } = toSign(statement);
      const text = logEntry(payload, publicKey, await signer.sign(message));
      entries.push({ index: (before?.size ?? 0) + entries.length, runId, text });
    }
    if (await append({ store, signer }, { before, origin, latest: at, entries, publicKey })) return;
  }
  throw new AssentError('log_busy', 'Others append to the log all the time.', { kind: 'failed', retryable: true });
}

/**
 * Signs how a run ended that nobody has worked on. Of one that was never judged nothing is signed yet: its plan goes first.
 */
export async function attestEnd(local: Local, run: Run, result: RunDocument): Promise<void> {
  const { items } = await local.store.log.ofRun(run.runId);
  const plan: Saying[] = items.length === 0 ? [{ says: 'plan', result: run.mode }] : [];
  await attest(local, run, [...plan, { says: 'outcome', result: result.outcome, details: result }]);
}

async function append(
  { store, signer }: Pick<Local, 'store' | 'signer'>,
  wanted: { before: LogHead | undefined; origin: string; latest: string; entries: LogEntry[]; publicKey: Uint8Array },
): Promise<boolean> {
  const { before, origin, latest, entries, publicKey } = wanted;
  const from = before?.size ?? 0;
  const edge = from === 0 ? [] : await store.log.tiles(neededTiles(from - 1, from));
  const appended = appendToLog({ origin, size: from, edge, leaves: entries.map(({ text }) => text) });
  const signature = await signer.sign(new TextEncoder().encode(appended.checkpoint));
  const checkpoint = signedCheckpoint(appended.checkpoint, publicKey, signature);
  const head = { origin, size: appended.size, checkpoint, latest };
  return store.log.append({ from, head, tiles: appended.tiles, entries });
}

function later(now: string, latest: string | undefined): string {
  return latest === undefined || latest < now ? now : latest;
}

function short(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
