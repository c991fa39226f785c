// Signing, appending, proving, verifying and sealing; and the Merkle tree of 100,000 entries in the core beside the same in plain
// TypeScript, over node:crypto and over noble. Roots and answers are compared first.
import { ok, strictEqual } from 'node:assert';
import { createCipheriv, createHash, generateKeyPairSync, verify as nodeVerify, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 as noble } from '@noble/hashes/sha2.js';
import type { Tile } from '#wasm';
import { systemClock } from '../../../src/adapters/embedded/clock.ts';
import { localDataKeys } from '../../../src/adapters/embedded/state-key.ts';
import { openStore } from '../../../src/adapters/embedded/store.ts';
import { Sealer } from '../../../src/adapters/table/sealer.ts';
import { auditList, auditProve } from '../../../src/app/audit.ts';
import type { Run } from '../../../src/app/ports.ts';
import { attest } from '../../../src/app/proof/attest.ts';
import { pure } from '../../../src/core/instance.ts';
import { appendToLog, verifyProof, verifySignature } from '../../../src/core/proof.ts';
import { seal } from '../../../src/core/seal.ts';
import { aPlan, aRun } from '../../contract/samples.ts';
import { aSigner } from '../../support/signer.ts';
import { median, paired, type Row } from '../measure.ts';

const area = 'proof';
const ENTRIES = 100_000;

type Hasher = (...parts: Uint8Array[]) => Uint8Array;
const node: Hasher = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const plain: Hasher = (...parts) => {
  const hash = noble.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)];

/** Root and level-0 tiles, as an append in TypeScript would make them. */
function tree(hash: Hasher, entries: readonly string[]): { root: Uint8Array; tiles: string[] } {
  const encoder = new TextEncoder();
  const leaves = entries.map((entry) => hash(LEAF, encoder.encode(entry)));
  const tiles: string[] = [];
  for (let at = 0; at < leaves.length; at += 256)
    tiles.push(Buffer.concat(leaves.slice(at, at + 256)).toString('base64'));
  let level = leaves;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at + 1 < level.length; at += 2)
      above.push(hash(NODE, level[at] as Uint8Array, level[at + 1] as Uint8Array));
    if (level.length % 2 === 1) above.push(level.at(-1) as Uint8Array);
    level = above;
  }
  return { root: level[0] as Uint8Array, tiles };
}

function merkle(): Row[] {
  const entries = Array.from({ length: ENTRIES }, (_, at) => `{"payload":"${String(at).padStart(780, 'a')}"}`);
  const call = { origin: 'bench', size: 0, edge: [], leaves: entries };
  const core = appendToLog(call);
  for (const hash of [node, plain]) {
    const { root, tiles } = tree(hash, entries);
    strictEqual(core.checkpoint, `bench\n${ENTRIES}\n${Buffer.from(root).toString('base64')}\n`);
    const ours = core.tiles.filter(({ level }: Tile) => level === 0).map(({ hashes }: Tile) => hashes);
    ok(ours.every((hashes, at) => hashes === tiles[at]) && ours.length === tiles.length);
  }
  const effort = { warmUp: 1, runs: 5 };
  return [
    ['node:crypto', node],
    ['noble', plain],
  ].flatMap(([name, hash]) => {
    const pair = paired(
      () => appendToLog(call),
      () => tree(hash as Hasher, entries),
      effort,
    );
    const what = `root and tiles over ${ENTRIES.toLocaleString('en')} entries of 800 bytes`;
    return [
      { area, what: `${what}, core`, value: pair.one, unit: 'ms', runs: pair.runs },
      { area, what: `${what}, TypeScript over ${name}`, value: pair.other, unit: 'ms', runs: pair.runs },
      { area, what: `${what}, ${name} / core`, value: pair.ratio, unit: 'x', runs: pair.runs },
    ];
  });
}

function signatures(): Row[] {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const message = Buffer.alloc(600, 7);
  const signature = sign(null, message, privateKey);
  const BATCH = 200;
  const often = (work: () => unknown) => () => {
    for (let at = 0; at < BATCH; at += 1) ok(work());
  };
  const core = often(() => verifySignature(raw, message, signature));
  const native = often(() => nodeVerify(null, message, publicKey, signature));
  const typescript = often(() => ed25519.verify(signature, message, raw));
  const signing = paired(
    often(() => sign(null, message, privateKey)),
    native,
  );
  const [against, other] = [paired(core, native), paired(core, typescript, { warmUp: 1, runs: 5 })];
  const per = (ms: number) => (ms * 1_000) / BATCH;
  return [
    { area, what: 'sign 600 bytes, node:crypto', value: per(signing.one), unit: 'µs', runs: signing.runs },
    { area, what: 'verify 600 bytes strictly, core', value: per(against.one), unit: 'µs', runs: against.runs },
    { area, what: 'verify, node:crypto / core', value: against.ratio, unit: 'x', runs: against.runs },
    { area, what: 'verify, noble / core', value: other.ratio, unit: 'x', runs: other.runs },
  ];
}

/** AES-256-GCM of the core beside that of node:crypto, and what a store pays for a text. */
async function sealing(): Promise<Row[]> {
  const [key, nonce, place] = [randomBytes(32), randomBytes(12), Buffer.from('state/abc')];
  const native = (plain: Uint8Array) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(place);
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
  };
  const rows: Row[] = [];
  for (const kB of [1, 10, 1_000]) {
    const plain = randomBytes(kB * 1_000);
    ok(native(plain).equals(seal(key, nonce, place, plain)));
    const times = Math.ceil(1_000 / kB);
    const often = (work: () => unknown) => () => {
      for (let at = 0; at < times; at += 1) work();
    };
    const pair = paired(
      often(() => seal(key, nonce, place, plain)),
      often(() => native(plain)),
    );
    const per = (pair.one * 1_000) / times / kB;
    const what = `seal ${kB} kB`;
    rows.push({ area, what: `${what}, core, a kB`, value: per, unit: 'µs', runs: pair.runs });
    rows.push({ area, what: `${what}, node:crypto / core`, value: pair.ratio, unit: 'x', runs: pair.runs });
  }
  const sealer = new Sealer(localDataKeys(key.toString('base64')), systemClock.now);
  const text = 'x'.repeat(10_000);
  const whole: number[] = [];
  for (let at = 0; at < 200; at += 1) {
    const started = performance.now();
    strictEqual(await sealer.open(await sealer.seal(text, 'here'), 'here'), text);
    whole.push((performance.now() - started) * 1_000);
  }
  const what = 'seal and open 10 kB as a store does';
  return [...rows, { area, what, value: median(whole), unit: 'µs', runs: whole.length }];
}

async function log(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'assent-bench-'));
  const store = await openStore(folder, { now: systemClock.now });
  const local = { store, signer: aSigner(), clock: systemClock };
  try {
    const plan = aPlan('web', '');
    const digest = pure('planDigest', (wasm) => wasm.planDigest(JSON.stringify(plan)));
    await store.blobs.put('plan', digest, JSON.stringify({ ...plan, digest }));
    const run: Run = { ...aRun('r0'), planDigest: digest };
    await store.runs.submit(run);
    const appends: number[] = [];
    for (let at = 0; at < 600; at += 1) {
      const started = performance.now();
      await attest(local, at === 0 ? run : { ...run, runId: `r${at}` }, [
        { says: 'plan', result: 'deploy' },
        { says: 'verdict', result: 'approve', by: 'circle' },
      ]);
      appends.push(performance.now() - started);
    }
    const times = { prove: [] as number[], verify: [] as number[] };
    const keys = await local.signer.trusted();
    for (let at = 0; at < 20; at += 1) {
      let started = performance.now();
      const proof = JSON.stringify(await auditProve(local, 'r0'));
      times.prove.push(performance.now() - started);
      started = performance.now();
      ok(verifyProof(proof, keys).valid);
      times.verify.push(performance.now() - started);
    }
    const { size } = await auditList(local);
    const what = (name: string) => `${name}, log of ${size.toLocaleString('en')} entries`;
    return [
      { area, what: what('sign and append two statements, SQLite'), value: median(appends), unit: 'ms', runs: 600 },
      { area, what: what('prove a run'), value: median(times.prove), unit: 'ms', runs: 20 },
      { area, what: what('verify its proof'), value: median(times.verify), unit: 'ms', runs: 20 },
    ];
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows of this area. */
export async function run(): Promise<Row[]> {
  return [...merkle(), ...signatures(), ...(await sealing()), ...(await log())];
}
