// What the log must do: grow at its end only, never in two ways.
import { describe, expect, test } from 'vitest';
import { auditList, auditProve, auditVerify, auditVerifyLog, shownLog } from '../../src/app/audit.ts';
import { attest } from '../../src/app/proof/attest.ts';
import { aSigner } from '../support/signer.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { aRun } from './samples.ts';
import { type StoreModule, worldOf } from './world.ts';

export function logContract(module: StoreModule): void {
  describe('log', () => {
    const world = worldOf(module);

    async function local(signer = aSigner()) {
      return { store: await world.open(), signer, clock: new VirtualClock() };
    }

    test('writers at the same time continue one log', { timeout: 120_000 }, async () => {
      const signer = aSigner();
      const writers = await Promise.all([local(signer), local(signer), local(signer)]);
      await Promise.all(
        Array.from({ length: 30 }, (_, at) => {
          const [writer] = writers.slice(at % 3);
          if (writer === undefined) throw new Error('three writers');
          const sayings = [
            { says: 'plan', result: 'deploy' },
            { says: 'outcome', result: 'refused', details: { at } },
          ] as const;
          return attest(writer, aRun(`r${at}`), sayings);
        }),
      );
      const [first] = writers;
      if (first === undefined) throw new Error('three writers');
      const { size, entries } = await auditList(first);
      expect(size).toBe(60);
      expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: 60 }, (_, index) => index));
      const keys = [{ publicKey: signer.pem }];
      expect(auditVerifyLog(await shownLog(first), keys)).toMatchObject({ valid: true });
      const ofRun = entries.filter(({ runId }) => runId === 'r7').map(({ says }) => says);
      expect(ofRun).toEqual(['plan', 'outcome']);
    });

    test('an append behind something else changes nothing', async () => {
      const one = await local();
      await attest(one, aRun('r1'), [{ says: 'plan', result: 'deploy' }]);
      const head = await one.store.log.head();
      if (head === undefined) throw new Error('there is a head');
      const entries = [{ index: 0, runId: 'r2', text: '{}' }];
      expect(await one.store.log.append({ from: 0, head, tiles: [], entries })).toBe(false);
      expect(await one.store.log.append({ from: 5, head, tiles: [], entries })).toBe(false);
      expect((await one.store.log.ofRun('r2')).items).toEqual([]);
      expect(await one.store.log.entries({ from: 0, limit: 9 })).toMatchObject([{ index: 0, runId: 'r1' }]);
      expect(await one.store.log.tiles([[7, 7]])).toEqual([]);
    });

    test('proofs across the seams of tiles, and a clock that is set back', { timeout: 240_000 }, async () => {
      const one = await local();
      const says = Array.from({ length: 20 }, () => ({ says: 'plan', result: 'deploy' }) as const);
      for (let at = 0; at < 14; at += 1) {
        await attest({ ...one, clock: { ...one.clock, now: () => 1_700_000_000_000 - at } }, aRun(`r${at}`), says);
      }
      const keys = [{ publicKey: one.signer.pem }];
      expect(auditVerifyLog(await shownLog(one), keys)).toMatchObject({ valid: true });
      const head = await one.store.log.head();
      expect(head?.size).toBe(280);
      // Without its plan a proof cannot be made, so the plan is put there.
      await one.store.runs.submit(aRun('r12'));
      await expect(auditProve(one, 'r12')).rejects.toMatchObject({ code: 'resource_not_found' });
      expect(auditVerify('{}', keys)).toMatchObject({ valid: false, code: 'malformed_proof' });
    });
  });
}
