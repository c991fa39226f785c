// `audit`: what the log says, its key, and proofs out of it. Nothing is changed here.
import { createHash } from 'node:crypto';
import type { ProofFile, Said, TrustedKey, Verification } from '#wasm';
import { digestedPlan } from '../core/calls.ts';
import { neededTiles, proveFromTiles, verifierKey, verifyLog, verifyProof } from '../core/proof.ts';
import { ResourceNotFound } from '../domain/errors.ts';
import { keptPlan } from './planning/planning.ts';
import { allOf, type Log, type LogEntry, type LogHead } from './ports.ts';
import { statementIn } from './proof/statement.ts';
import type { Local } from './session.ts';
import { unknownRun } from './status.ts';

/** One entry as lists show it. What it says is not verified here. */
export interface AuditEntryDocument {
  index: number;
  runId: string;
  says: Said;
  planDigest: string;
  at: string;
  result: string;
  by?: string;
}

export interface AuditListDocument {
  version: 1;
  kind: 'audit_list';
  /** Names the log; empty: nothing has been signed yet. */
  origin: string;
  size: number;
  /** Signed note over size and root; empty likewise. */
  checkpoint: string;
  entries: AuditEntryDocument[];
}

export interface AuditKeyDocument {
  version: 1;
  kind: 'audit_key';
  /** SHA-256 of the key's 32 bytes, hex. */
  keyId: string;
  /** PEM. */
  publicKey: string;
  /** As signed notes name it; absent: nothing has been signed yet. */
  verifierKey?: string;
}

/** INTERFACE.md, `audit verify`. */
export interface VerificationDocument extends Verification {
  version: 1;
  kind: 'audit_verify';
}

/** A log that somebody shows: its checkpoint, entries and the hashes that its tiles have of them, `undefined` where gone. */
export interface ShownLog {
  checkpoint: string;
  entries: { text: string | undefined; hash: Uint8Array | undefined }[];
}

const PAGE = 100;
// How far back a proof reaches, so that checkpoints of so many entries ago can be compared; 45 kB.
const HISTORY = 1_024;
const TILE = 256;

/** All entries, oldest first. */
export async function auditList({ store }: Pick<Local, 'store'>): Promise<AuditListDocument> {
  const head = await store.log.head();
  const entries: AuditEntryDocument[] = [];
  for await (const entry of entriesOf(store.log, head)) entries.push(entryDocument(entry));
  const { origin = '', size = 0, checkpoint = '' } = head ?? {};
  return { version: 1, kind: 'audit_list', origin, size, checkpoint, entries };
}

/** The key that signs now. */
export async function auditKey({ store, signer }: Pick<Local, 'store' | 'signer'>): Promise<AuditKeyDocument> {
  const [raw, [trusted], head] = await Promise.all([signer.publicKey(), signer.trusted(), store.log.head()]);
  const keyId = sha256(raw);
  const named = head === undefined ? {} : { verifierKey: verifierKey(head.origin, raw) };
  return { version: 1, kind: 'audit_key', keyId, publicKey: trusted?.publicKey ?? '', ...named };
}

/** The checkpoint of the log, a signed note. Rejects with ResourceNotFound where nothing has been signed yet. */
export async function auditCheckpoint({ store }: Pick<Local, 'store'>): Promise<string> {
  const head = await store.log.head();
  if (head === undefined) throw nothingSigned();
  return head.checkpoint;
}

/** Everything that proves a run, in one document. Rejects with ResourceNotFound where nothing is signed of it. */
export async function auditProve({ store }: Pick<Local, 'store'>, runId: string): Promise<ProofFile> {
  const run = await store.runs.get(runId);
  if (run === undefined) throw unknownRun(runId);
  return proved({ store }, { runId, planDigest: run.planDigest }, async () => {
    const plan = await keptPlan(store.blobs, run.planDigest);
    return plan && digestedPlan(plan);
  });
}

/** The same for a deployment to several targets of this digest: its plan is the list of their plans. */
export async function auditProveTogether(
  { store }: Pick<Local, 'store'>,
  { runId, digest }: { runId: string; digest: string },
): Promise<ProofFile> {
  return proved({ store }, { runId, planDigest: digest }, () => store.blobs.get('document', digest));
}

/** `planText`: the text whose SHA-256 the digest is. */
async function proved(
  { store }: Pick<Local, 'store'>,
  { runId, planDigest }: { runId: string; planDigest: string },
  planText: () => Promise<string | undefined>,
): Promise<ProofFile> {
  const said: LogEntry[] = [];
  for await (const entry of allOf((next) => store.log.ofRun(runId, next))) said.push(entry);
  // Read after them, so that it covers them.
  const head = await store.log.head();
  if (head === undefined || said.length === 0) throw nothingSigned(runId);
  const plan = await planText();
  if (plan === undefined) throw new ResourceNotFound(`The plan of run ${runId} is not in the store.`);
  const details: Record<string, string> = {};
  for (const { text } of said) {
    const digest = statementIn(text).predicate.details;
    if (digest !== undefined) details[digest] = await detailsOf({ store }, digest);
  }
  const since = Math.max(0, Math.floor((head.size - HISTORY) / TILE) * TILE);
  const { inclusions, history } = proveFromTiles({
    size: head.size,
    indices: said.map(({ index }) => index),
    since,
    tiles: await store.log.tiles(placesFor(head.size, said, since)),
  });
  return {
    version: 1,
    kind: 'proof',
    run: runId,
    planDigest,
    plan,
    statements: said.map(({ index, text }, at) => ({
      index,
      envelope: JSON.parse(text),
      inclusion: inclusions[at] ?? [],
    })),
    details,
    checkpoint: head.checkpoint,
    history,
  };
}

/** Whether a proof holds; offline. `since`: a checkpoint from before. */
export function auditVerify(proof: string, keys: TrustedKey[], since?: string): VerificationDocument {
  return { version: 1, kind: 'audit_verify', ...verifyProof(proof, keys, since) };
}

/** Whether a whole log holds; offline. */
export function auditVerifyLog(
  { checkpoint, entries }: ShownLog,
  keys: TrustedKey[],
  since?: string,
): VerificationDocument {
  const log = { checkpoint, keys, ...(since === undefined ? {} : { since }) };
  return { version: 1, kind: 'audit_verify', ...verifyLog(log, entries) };
}

/** The log of a store, as it is. Rejects with ResourceNotFound where nothing has been signed yet. */
export async function shownLog({ store }: Pick<Local, 'store'>): Promise<ShownLog> {
  const head = await store.log.head();
  if (head === undefined) throw nothingSigned();
  const entries: ShownLog['entries'] = [];
  for (let tile = 0; tile * TILE < head.size; tile += 1) {
    const [hashes] = await store.log.tiles([[0, tile]]);
    const bytes = Buffer.from(hashes?.hashes ?? '', 'base64');
    for (let at = 0; at < Math.min(TILE, head.size - tile * TILE); at += 1) {
      const hash = bytes.subarray(32 * at, 32 * at + 32);
      entries.push({ text: undefined, hash: hash.length === 32 ? hash : undefined });
    }
  }
  for await (const { index, text } of entriesOf(store.log, undefined)) {
    const entry = entries[index];
    if (entry === undefined) entries.push({ text, hash: undefined });
    else entry.text = text;
  }
  return { checkpoint: head.checkpoint, entries };
}

async function* entriesOf(log: Log, head: LogHead | undefined): AsyncGenerator<LogEntry, void> {
  for (let from = 0; ; ) {
    const page = await log.entries({ from, limit: PAGE });
    // What is appended while this reads is not in the head that was read.
    for (const entry of page) if (head === undefined || entry.index < head.size) yield entry;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = last.index + 1;
  }
}

/** Level and index of all tiles that proofs of these entries and the history need. */
function placesFor(size: number, said: readonly LogEntry[], since: number): [number, number][] {
  const places = said.flatMap(({ index }) => neededTiles(index, size));
  if (since > 0) places.push(...neededTiles(since - 1, size));
  for (let tile = since / TILE; tile * TILE < size; tile += 1) places.push([0, tile]);
  const named = new Map(places.map((place) => [place.join(), place]));
  return [...named.values()];
}

function entryDocument({ index, runId, text }: LogEntry): AuditEntryDocument {
  const { says, planDigest, predicate } = statementIn(text);
  const { at, result, by } = predicate;
  return { index, runId, says, planDigest, at, result, ...(by === undefined ? {} : { by }) };
}

async function detailsOf({ store }: Pick<Local, 'store'>, digest: string): Promise<string> {
  const text = await store.blobs.get('document', digest);
  if (text === undefined) throw new ResourceNotFound(`Details ${digest} are not in the store.`);
  return text;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Nothing is signed of a run; without one, of anything. */
export function nothingSigned(runId?: string): ResourceNotFound {
  return new ResourceNotFound(
    runId === undefined ? 'Nothing has been signed yet.' : `Nothing is signed of run ${runId}.`,
    { ways: [{ action: 'status' }] },
  );
}
