// What can be verified without a store, against published vectors and whatever breaks them.
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifyConsistency, verifyDsse, verifyInclusion, verifyProof, verifySignature } from '../../src/verify.ts';

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/proof', name), 'utf8'));
}

interface MerkleVectors {
  leafHashes: string[];
  roots: string[];
  inclusion: { leafIndex: number; treeSize: number; proof: string[] }[];
  consistency: { size1: number; size2: number; proof: string[] }[];
}

const merkle = vectors<MerkleVectors>('merkle.json');
const rootOf = (size: number) => merkle.roots[size - 1] ?? '';
const flipped = (hex: string) => `${hex.slice(0, -1)}${(Number.parseInt(hex.slice(-1), 16) ^ 1).toString(16)}`;

test.each(merkle.inclusion)('leaf $leafIndex of $treeSize', async (given) => {
  const whole = { ...given, leafHash: merkle.leafHashes[given.leafIndex] ?? '', root: rootOf(given.treeSize) };
  expect(await verifyInclusion(whole)).toEqual({ valid: true });
  const broken = [
    { ...whole, leafHash: flipped(whole.leafHash) },
    { ...whole, root: flipped(whole.root) },
    { ...whole, leafIndex: given.treeSize },
    { ...whole, treeSize: 0 },
    { ...whole, proof: [...given.proof, whole.root] },
    ...given.proof.map((_, at) => ({ ...whole, proof: given.proof.toSpliced(at, 1) })),
    ...given.proof.map((hash, at) => ({ ...whole, proof: given.proof.with(at, flipped(hash)) })),
  ];
  for (const other of broken) expect(await verifyInclusion(other)).toMatchObject({ valid: false, code: 'not_in_log' });
});

test.each(merkle.consistency)('$size2 leaves continue $size1', async (given) => {
  const whole = { ...given, root1: rootOf(given.size1), root2: rootOf(given.size2) };
  expect(await verifyConsistency(whole)).toEqual({ valid: true });
  const broken = [
    { ...whole, root1: flipped(whole.root1) },
    { ...whole, root2: flipped(whole.root2) },
    { ...whole, size1: 0 },
    { ...whole, size1: given.size2 + 1 },
    { ...whole, proof: [...given.proof, whole.root1] },
    ...given.proof.map((_, at) => ({ ...whole, proof: given.proof.toSpliced(at, 1) })),
    ...given.proof.map((hash, at) => ({ ...whole, proof: given.proof.with(at, flipped(hash)) })),
  ];
  for (const other of broken) expect(await verifyConsistency(other)).toMatchObject({ valid: false, code: 'forked' });
});

test('hashes in each spelling, and in no other', async () => {
  const [first] = merkle.inclusion;
  const hex = merkle.leafHashes[0] ?? '';
  const bytes = Buffer.from(hex, 'hex');
  for (const hash of [hex, hex.toUpperCase(), bytes.toString('base64'), bytes, new Uint8Array(bytes)]) {
    expect(await verifyInclusion({ leafIndex: 0, treeSize: 1, proof: [], leafHash: hash, root: hash })).toEqual({
      valid: true,
    });
  }
  // The last character of 43 carries two bits that nothing stands for.
  const stray = bytes.toString('base64').replace(/.=$/, 'B=');
  const unpadded = bytes.toString('base64').replace('=', '');
  for (const hash of ['', 'x', stray, unpadded, hex.slice(2), bytes.subarray(1), bytes.toString('base64url')]) {
    const given = { leafIndex: 0, treeSize: 1, proof: [], leafHash: hex, root: hash };
    expect(await verifyInclusion(given)).toMatchObject({ valid: false, code: 'malformed_proof' });
  }
  for (const size of [-1, 0.5, Number.NaN, 2 ** 53]) {
    const given = { ...first, leafIndex: 0, treeSize: size, proof: [], leafHash: hex, root: hex };
    expect(await verifyInclusion(given)).toMatchObject({ valid: false, code: 'malformed_proof' });
  }
});

interface SignatureVector {
  name: string;
  publicKey: string;
  message: string;
  signature: string;
  valid: boolean;
}

test.each(vectors<{ cases: SignatureVector[] }>('ed25519.json').cases)('$name', async (given) => {
  const [publicKey, message, signature] = [given.publicKey, given.message, given.signature].map((hex) =>
    Buffer.from(hex, 'hex'),
  ) as [Buffer, Buffer, Buffer];
  expect(await verifySignature({ publicKey, message, signature })).toBe(given.valid);
});

function pair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { key: publicKey.export({ type: 'spki', format: 'pem' }) as string, privateKey };
}

/** DSSE's own example text, signed. */
function envelope(...signers: ReturnType<typeof pair>[]) {
  const [payloadType, payload] = ['http://example.com/HelloWorld', 'hello world'];
  const message = Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} ${payload}`);
  const signatures = signers.map(({ privateKey }) => ({ sig: sign(null, message, privateKey).toString('base64') }));
  return { payload: Buffer.from(payload).toString('base64'), payloadType, signatures };
}

test('an envelope is believed from pinned keys', async () => {
  const [one, other] = [pair(), pair()];
  const signed = envelope(one);
  expect(await verifyDsse({ envelope: signed, keys: [other.key, one.key] })).toEqual({
    valid: true,
    payload: Buffer.from('hello world'),
    payloadType: 'http://example.com/HelloWorld',
  });
  expect(await verifyDsse({ envelope: JSON.stringify(signed), keys: [one.key] })).toMatchObject({ valid: true });
  expect(await verifyDsse({ envelope: signed, keys: [] })).toMatchObject({ valid: false, code: 'untrusted_key' });
  expect(await verifyDsse({ envelope: signed, keys: ['key'] })).toMatchObject({ valid: false, code: 'invalid_key' });
  expect(await verifyDsse({ envelope: signed, keys: [one.key, other.key], threshold: 2 })).toMatchObject({
    valid: false,
  });
  const both = envelope(one, other);
  expect(await verifyDsse({ envelope: both, keys: [one.key, other.key], threshold: 2 })).toMatchObject({ valid: true });
  expect(await verifyDsse({ envelope: envelope(one, one), keys: [one.key, other.key], threshold: 2 })).toMatchObject({
    valid: false,
  });
});

const dsse = vectors<{ publicKey: string; cases: { name: string; envelope: object; valid: boolean }[] }>('dsse.json');

test.each(dsse.cases)('an envelope: $name', async ({ envelope: given, valid }) => {
  expect(await verifyDsse({ envelope: JSON.stringify(given), keys: [dsse.publicKey] })).toMatchObject({ valid });
});

test('an envelope has one spelling', async () => {
  const one = pair();
  const signed = envelope(one);
  const [signature] = signed.signatures;
  const sig = signature?.sig ?? '';
  const broken = [
    { ...signed, payload: `${signed.payload}=` },
    { ...signed, payload: signed.payload.replace('=', '') },
    { ...signed, payload: signed.payload.replace('Q=', 'R=') },
    { ...signed, payloadType: `${signed.payloadType}/` },
    { ...signed, signatures: [] },
    { ...signed, signatures: [{ sig: sig.replace('==', '') }] },
    { ...signed, signatures: [{ sig, extra: 1 }] },
    { ...signed, extra: 1 },
    { payload: signed.payload, payloadType: signed.payloadType },
    `{"payload":"${signed.payload}",${JSON.stringify(signed).slice(1)}`,
    '',
    'null',
  ];
  for (const other of broken)
    expect(await verifyDsse({ envelope: other, keys: [one.key] })).toMatchObject({ valid: false });
});

test('whatever is handed over gets an answer', async () => {
  const { key } = pair();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.string(), async (value, text) => {
      for (const proof of [JSON.stringify(value), text]) {
        expect(await verifyProof({ proof, keys: [key], since: text })).toMatchObject({ valid: false });
        expect(await verifyDsse({ envelope: proof, keys: [key] })).toMatchObject({ valid: false });
      }
      expect(await verifyProof({ proof: text, keys: [text] })).toMatchObject({ valid: false });
    }),
  );
});
