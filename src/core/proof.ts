// Proofs, as the core makes and checks them.
import type {
  AppendCall,
  Appended,
  DsseCall,
  ProofAnswer,
  ProveCall,
  Proved,
  Statement,
  TrustedKey,
  Verification,
  WorkCall,
} from '#wasm';
import { AssentError } from '../domain/errors.ts';
import { pure } from './instance.ts';

/** What does not hold, and why. */
export type Refused = Extract<ProofAnswer, { type: 'refused' }>;

/** Whether a leaf is in a tree; hashes of 32 bytes, the proof's one after the other. */
export function verifyInclusion(
  index: number,
  size: number,
  hashes: { leaf: Uint8Array; proof: Uint8Array; root: Uint8Array },
): ProofAnswer {
  const { leaf, proof, root } = hashes;
  return pure('verifyInclusion', (wasm) => wasm.verifyInclusion(index, size, leaf, proof, root));
}

/** Whether a tree continues another. */
export function verifyConsistency(
  first: { size: number; root: Uint8Array },
  second: { size: number; root: Uint8Array },
  proof: Uint8Array,
): ProofAnswer {
  return pure('verifyConsistency', (wasm) =>
    wasm.verifyConsistency(first.size, first.root, second.size, second.root, proof),
  );
}

/** Whether an envelope is signed by pinned keys, and what it carries. */
export function verifyDsse(call: DsseCall): Extract<ProofAnswer, { type: 'payload' }> | Refused {
  return only(
    'payload',
    pure('verifyDsse', (wasm) => wasm.verifyDsse(call)),
  );
}

/** Whether an Ed25519 signature is the key's, strictly. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return pure('verifySignature', (wasm) => wasm.verifySignature(publicKey, message, signature));
}

/** Whether a run's proof holds. */
export function verifyProof(text: string, keys: TrustedKey[], since?: string): Verification {
  return pure('verifyProof', (wasm) => wasm.verifyProof(text, { keys }, since));
}

/** The payload of a statement and what is signed of it. */
export function toSign(statement: Statement): { payload: string; message: Uint8Array } {
  return pure('toSign', (wasm) => {
    const { text } = expect('text', wasm.statementPayload(statement));
    return { payload: text, message: wasm.preAuthentication(text) };
  });
}

/** An entry of the log. */
export function logEntry(payload: string, publicKey: Uint8Array, signature: Uint8Array): string {
  return pure('logEntry', (wasm) => wasm.logEntry(payload, publicKey, signature));
}

/** Whether what is signed of a run allows its plan to be carried out. */
export function mayWork(call: WorkCall): ProofAnswer {
  return pure('mayWork', (wasm) => wasm.mayWork(call));
}

/** What an append changes. Throws AssentError `log_corrupt`. */
export function appendToLog(call: AppendCall): Appended {
  return expect(
    'appended',
    pure('appendToLog', (wasm) => wasm.appendToLog(call)),
  ).appended;
}

/** Tiles that proofs about a leaf need, and those at the right edge. */
export function neededTiles(index: number, size: number): [level: number, index: number][] {
  const flat = pure('neededTiles', (wasm) => wasm.neededTiles(index, size));
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0]);
}

/** Makes proofs from tiles. Throws AssentError `log_corrupt`. */
export function proveFromTiles(call: ProveCall): Proved {
  return expect(
    'proved',
    pure('proveFromTiles', (wasm) => wasm.proveFromTiles(call)),
  ).proved;
}

/** A checkpoint's text with the signature over it. */
export function signedCheckpoint(text: string, publicKey: Uint8Array, signature: Uint8Array): string {
  return pure('signedCheckpoint', (wasm) => wasm.signedCheckpoint(text, publicKey, signature));
}

/** A key as notes name it. */
export function verifierKey(name: string, publicKey: Uint8Array): string {
  return pure('verifierKey', (wasm) => wasm.verifierKey(name, publicKey));
}

/** Reads a whole log against its checkpoint, entry by entry. */
export function verifyLog(
  { checkpoint, keys, since }: { checkpoint: string; keys: TrustedKey[]; since?: string },
  entries: Iterable<{ text: string | undefined; hash: Uint8Array | undefined }>,
): Verification {
  return pure('verifyLog', (wasm) => {
    const reader = new wasm.LogReader({ keys }, checkpoint, since);
    for (const { text, hash } of entries) reader.push(text, hash);
    return reader.finish();
  });
}

type Of<T extends ProofAnswer['type']> = Extract<ProofAnswer, { type: T }>;

function only<T extends ProofAnswer['type']>(type: T, answer: ProofAnswer): Of<T> | Refused {
  if (answer.type === type || answer.type === 'refused') return answer as Of<T> | Refused;
  throw new Error(`an answer of another kind: ${answer.type}`);
}

function expect<T extends Exclude<ProofAnswer['type'], 'refused'>>(type: T, answer: ProofAnswer): Of<T> {
  if (answer.type === 'refused') throw new AssentError(answer.code, answer.message, { kind: 'failed' });
  return only(type, answer) as Of<T>;
}
