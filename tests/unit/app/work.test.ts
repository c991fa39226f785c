// `work` where a run does not come to begin: what it has taken is free again, and nothing was called.

import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../src/adapters/memory/store.ts';
import { NO_TRACER } from '../../../src/app/ports.ts';
import { attest } from '../../../src/app/proof/attest.ts';
import type { Session } from '../../../src/app/session.ts';
import { work } from '../../../src/app/work.ts';
import { pure } from '../../../src/core/instance.ts';
import { concealed } from '../../../src/domain/secret.ts';
import { anEnd, aPlan, aRun, aStack, begun, CONTEXT, HERE, key, WEB } from '../../contract/samples.ts';
import { aSigner } from '../../support/signer.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A session without a cloud: whatever asks it for more than a name fails. */
function setUp() {
  const clock = new VirtualClock();
  const store = openMemoryStore({ now: clock.now });
  const signer = aSigner();
  const session = {
    tracer: NO_TRACER,
    store,
    clock,
    signer,
    endpoint: HERE.endpoint,
    facts: { identity: async () => CONTEXT },
  };
  return { store, session: session as unknown as Session };
}

const NOTHING = { secretParameters: concealed({ Password: 'x' }) };
const CONTROL = { emit: () => undefined };

/** An approved run whose plan exports these names; it was made for a stack that is not as it is now. */
async function approved({ store, session }: ReturnType<typeof setUp>, exportNames: string[]): Promise<void> {
  const outputs = exportNames.map((exportName) => ({ name: exportName, value: 1, exportName }));
  const plan = { ...aPlan('web', ''), outputs };
  const digest = pure('planDigest', (wasm) => wasm.planDigest(JSON.stringify(plan)));
  await store.blobs.put('plan', digest, JSON.stringify({ ...plan, digest }));
  const run = { ...aRun('r2'), planDigest: digest, base: 'f'.repeat(64) };
  await attest(session, run, [
    { says: 'plan', result: 'deploy' },
    { says: 'verdict', result: 'approve', by: 'circle' },
  ]);
  await store.runs.submit(run);
}

test('a run whose stack has changed ends as superseded, and keeps no export name that the stack does not have', async () => {
  const made = setUp();
  const { store, session } = made;
  const lease = await begun(store);
  await store.exports.claim(lease, { name: 'kept', value: 'v' });
  const outputs = { Kept: { value: 'v', exportName: 'kept' } };
  await store.runs.finish(lease, 'r1', 0, anEnd('r1', 'succeeded', { ...aStack(), outputs }));
  await store.runs.release(lease);
  await approved(made, ['kept', 'new']);
  expect(await work(session, { runId: 'r2', ...NOTHING }, CONTROL)).toMatchObject({
    outcome: 'superseded',
    code: 'run_superseded',
  });
  expect((await store.runs.get('r2'))?.status).toBe('superseded');
  const { items } = await store.log.ofRun('r2');
  const said = items.map(({ text }) => JSON.parse(Buffer.from(JSON.parse(text).payload, 'base64').toString()));
  expect(said.map(({ predicate }) => predicate.result)).toEqual(['deploy', 'approve', 'superseded']);
  expect((await store.exports.list(HERE)).items).toEqual([{ name: 'kept', owner: WEB, value: 'v' }]);
  expect(await store.runs.isHeld(WEB)).toBe(false);
});

test('a run that finds one of its names taken keeps none of the others', async () => {
  const made = setUp();
  const { store, session } = made;
  const db = await store.runs.acquire(key('db'));
  await store.exports.claim(db, { name: 'taken', value: 1 });
  await approved(made, ['first', 'taken', 'last']);
  await expect(work(session, { runId: 'r2', ...NOTHING }, CONTROL)).rejects.toMatchObject({ code: 'export_taken' });
  expect((await store.exports.list(HERE)).items).toEqual([{ name: 'taken', owner: key('db'), value: 1 }]);
});
