// The page that verifies proofs: its script, in a context that has what a browser has and nothing of Node.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';
import type { Verification } from '#wasm';
import { systemClock } from '../../src/adapters/embedded/clock.ts';
import { openMemoryStore } from '../../src/adapters/memory/store.ts';
import { auditProve } from '../../src/app/audit.ts';
import { attest } from '../../src/app/proof/attest.ts';
import { pure } from '../../src/core/instance.ts';
import { verifyProof } from '../../src/verify.ts';
import { aPlan, aRun } from '../contract/samples.ts';
import { aSigner } from '../support/signer.ts';

const root = join(import.meta.dirname, '../..');

/** As scripts/verify-page.mjs exports them; it has no types. */
const made: { verifyScript(): Promise<string>; verifyPage(): Promise<string> } = await import(
  join(root, 'scripts/verify-page.mjs')
);

let inPage: (proof: string, keys: string[], since?: string) => Verification;
let proof: string;
let publicKey: string;

beforeAll(async () => {
  // WebAssembly and what else the language has is in every context.
  const browser: Record<string, unknown> = { TextDecoder, TextEncoder };
  browser['coreBytes'] = readFileSync(join(root, 'layers/core/pkg/assent_core_bg.wasm'));
  createContext(browser);
  runInContext(await made.verifyScript(), browser);
  inPage = browser['verifyProof'] as typeof inPage;

  const store = openMemoryStore({ now: systemClock.now });
  const local = { store, signer: aSigner(), clock: systemClock };
  const plan = aPlan('web', '');
  const digest = pure('planDigest', (wasm) => wasm.planDigest(JSON.stringify(plan)));
  await store.blobs.put('plan', digest, JSON.stringify({ ...plan, digest }));
  const run = { ...aRun('r0'), planDigest: digest };
  await store.runs.submit(run);
  await attest(local, run, [
    { says: 'plan', result: 'deploy' },
    { says: 'verdict', result: 'approve', by: 'circle' },
  ]);
  proof = JSON.stringify(await auditProve(local, 'r0'));
  publicKey = (await local.signer.trusted())[0]?.publicKey ?? '';
});

test('it says what the library says: of a proof, of one that was altered, of another key, of what is none', async () => {
  const [other] = await aSigner().trusted();
  const cases = [
    [proof, publicKey],
    [proof.replace('web', 'wob'), publicKey],
    [proof, other?.publicKey ?? ''],
    ['{}', publicKey],
    [proof, 'no key'],
  ] as const;
  const answers: Verification[] = [];
  for (const [text, key] of cases) {
    const answer = inPage(text, [key]);
    // Objects of another context are of other classes.
    expect(JSON.parse(JSON.stringify(answer))).toEqual(await verifyProof({ proof: text, keys: [key] }));
    answers.push(answer);
  }
  expect(answers.map(({ valid }) => valid)).toEqual([true, false, false, false, false]);
});

test('the page is one file that loads nothing', async () => {
  const page = await made.verifyPage();
  const parts = [...page.matchAll(/<script[^>]* id="(\w+)">([^<]*)/g)].map(([, id, text = '']) => [
    id,
    text.length > 400,
  ]);
  expect(parts).toEqual(['core', 'verifier', 'page'].map((id) => [id, true]));
  // A megabyte is no message.
  expect(/(src|href)=/.test(page)).toBe(false);
  expect(page.includes("default-src 'none'")).toBe(true);
});
