// Proofs for programs: everything that can be checked without a store, a cloud or a clock. Whatever is handed over, the
// answer says whether it holds; only a mistake in the call itself (no key at all) is a code of its own.
import type { TrustedKey, Verification } from '#wasm';
import * as core from './core/proof.ts';

export type { TrustedKey, Verification } from '#wasm';

/** 32 bytes: as they are, in Base64 or in hex. */
export type HashInput = Uint8Array | string;

/** Whether something holds, and if not, why. */
export interface Held {
  valid: boolean;
  /** `not_in_log`, `forked`, `malformed_proof`. */
  code?: string;
  message?: string;
}

export interface InclusionOptions {
  /** From 0. */
  leafIndex: number;
  /** Leaves of the tree. */
  treeSize: number;
  leafHash: HashInput;
  /** From the leaf up. */
  proof: readonly HashInput[];
  root: HashInput;
}

export interface ConsistencyOptions {
  size1: number;
  root1: HashInput;
  size2: number;
  root2: HashInput;
  proof: readonly HashInput[];
}

export interface DsseOptions {
  /** The envelope, as JSON text or parsed. */
  envelope: string | object;
  /** Pinned keys: PEM, Base64 of 32 bytes, or `name+hash+key`. */
  keys: readonly (string | TrustedKey)[];
  /** How many different keys must have signed; default 1. */
  threshold?: number;
}

/** What an envelope carries, if it holds. */
export interface DsseHeld extends Held {
  payload?: Uint8Array;
  payloadType?: string;
}

export interface ProofOptions {
  /** What `audit prove` printed, as text or parsed. */
  proof: string | object;
  /** Pinned keys: the log's, and perhaps its witnesses'. */
  keys: readonly (string | TrustedKey)[];
  /** A checkpoint from before, a signed note: the log must continue it. */
  since?: string;
}

export interface SignatureOptions {
  /** 32 bytes (RFC 8032). */
  publicKey: Uint8Array;
  message: Uint8Array;
  /** 64 bytes. */
  signature: Uint8Array;
}

/** Whether a leaf is in a Merkle tree (RFC 9162, 2.1.3.2). */
export async function verifyInclusion(options: InclusionOptions): Promise<Held> {
  const { leafIndex, treeSize } = options;
  const [leaf, root, proof] = [bytesOf(options.leafHash), bytesOf(options.root), joined(options.proof)];
  if (leaf === undefined || root === undefined || proof === undefined) return noHash();
  if (!isSize(leafIndex) || !isSize(treeSize)) return noSize();
  return heldOf(core.verifyInclusion(leafIndex, treeSize, { leaf, proof, root }));
}

/** Whether a Merkle tree continues an earlier one (RFC 9162, 2.1.4.2); of an earlier one without leaves that cannot be said. */
export async function verifyConsistency(options: ConsistencyOptions): Promise<Held> {
  const { size1, size2 } = options;
  // Trees of one size are one tree if their roots are the same, whatever a root is.
  if (size1 === size2 && isSize(size1) && size1 > 0 && isSame(options.root1, options.root2)) {
    if (Array.isArray(options.proof) && options.proof.length === 0) return { valid: true };
  }
  const [root1, root2, proof] = [bytesOf(options.root1), bytesOf(options.root2), joined(options.proof)];
  if (root1 === undefined || root2 === undefined || proof === undefined) return noHash();
  if (!isSize(size1) || !isSize(size2)) return noSize();
  return heldOf(core.verifyConsistency({ size: size1, root: root1 }, { size: size2, root: root2 }, proof));
}

/** Whether a DSSE envelope is signed by pinned keys, and what it carries. */
export async function verifyDsse({ envelope, keys, threshold = 1 }: DsseOptions): Promise<DsseHeld> {
  const answer = core.verifyDsse({ envelope: textOf(envelope), keys: keys.map(keyOf), threshold });
  if (answer.type === 'refused') return { valid: false, code: answer.code, message: answer.message };
  const { payload, payloadType } = answer;
  return { valid: true, payload: Buffer.from(payload, 'base64'), payloadType };
}

/** Whether a run's proof holds: signatures, log, plan, order, consent, and everything they name. */
export async function verifyProof({ proof, keys, since }: ProofOptions): Promise<Verification> {
  return core.verifyProof(textOf(proof), keys.map(keyOf), since);
}

/** Whether an Ed25519 signature is the key's, strictly (RFC 8032). */
export async function verifySignature({ publicKey, message, signature }: SignatureOptions): Promise<boolean> {
  return core.verifySignature(publicKey, message, signature);
}

function heldOf(answer: ReturnType<typeof core.verifyInclusion>): Held {
  return answer.type === 'refused' ? { valid: false, code: answer.code, message: answer.message } : { valid: true };
}

function noHash(): Held {
  return { valid: false, code: 'malformed_proof', message: 'A hash is 32 bytes: as they are, in Base64 or in hex.' };
}

function noSize(): Held {
  return { valid: false, code: 'malformed_proof', message: 'A size or an index is a whole number from 0 on.' };
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Canonical spellings only: a proof with a second one is another text. */
function bytesOf(hash: HashInput): Uint8Array | undefined {
  if (typeof hash !== 'string') return hash instanceof Uint8Array && hash.length === 32 ? hash : undefined;
  const bytes = Buffer.from(hash, hash.length === 64 ? 'hex' : 'base64');
  const same = hash === bytes.toString('base64') || hash.toLowerCase() === bytes.toString('hex');
  return same && bytes.length === 32 ? bytes : undefined;
}

function isSame(one: HashInput, other: HashInput): boolean {
  return typeof one === 'string' || typeof other === 'string' ? one === other : Buffer.compare(one, other) === 0;
}

function joined(hashes: readonly HashInput[]): Uint8Array | undefined {
  if (!Array.isArray(hashes)) return undefined;
  const bytes = hashes.map(bytesOf);
  return bytes.every((hash) => hash !== undefined) ? Buffer.concat(bytes) : undefined;
}

function keyOf(key: string | TrustedKey): TrustedKey {
  return typeof key === 'string' ? { publicKey: key } : key;
}

function textOf(value: string | object): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
