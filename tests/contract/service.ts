// What the service keeps besides the store must do: what runs tell in order and without a hole, inquiries and their first
// answer, starts of a workflow counted.
import { describe, expect, test } from 'vitest';
import { TableDeployments } from '../../src/adapters/table/deployments.ts';
import { TableFeeds } from '../../src/adapters/table/feeds.ts';
import { TableInquiries } from '../../src/adapters/table/inquiries.ts';
import { TableScans } from '../../src/adapters/table/scans.ts';
import { TableSubmissions } from '../../src/adapters/table/submissions.ts';
import { TableVault } from '../../src/adapters/table/vault.ts';
import type { RunEvent } from '../../src/app/documents/events.ts';
import type { ScanDocument } from '../../src/app/scan.ts';
import { concealed, revealed } from '../../src/domain/secret.ts';
import { memoryDataKeys } from '../support/data-keys.ts';
import { type StoreModule, worldOf } from './world.ts';

const DAY_MS = 24 * 60 * 60_000;

export function serviceContract(module: StoreModule): void {
  describe('vault', () => {
    const world = worldOf(module);
    const dataKeys = memoryDataKeys();
    const vault = async () => new TableVault(await world.openTable(), dataKeys, () => world.now);
    const sealed = { runId: 'r', digest: 'd' };
    const values = { P: 'canary', Q: '' };
    const given = concealed(values);

    test('what is sealed is opened for the same run and submission, until it is forgotten', async () => {
      const [one, other] = [await vault(), await vault()];
      expect(await one.open(sealed)).toEqual({});
      await one.seal(sealed, given);
      await other.seal(sealed, concealed({ P: 'another' }));
      expect(revealed(await other.open(sealed))).toEqual(values);
      await expect(one.open({ ...sealed, digest: 'e' })).rejects.toThrow();
      expect(await one.open({ ...sealed, runId: 's' })).toEqual({});
      await one.forget('r');
      await one.forget('r');
      expect(await other.open(sealed)).toEqual({});
    });

    test('what was altered, or put in the place of another, is not opened; after two days it is gone', async () => {
      const one = await vault();
      const table = await world.openTable();
      await one.seal(sealed, given);
      const item = await table.get({ pk: 'run#r', sk: 'sealed' });
      if (item?.body === undefined) throw new Error('nothing is sealed');
      expect(JSON.stringify(item)).not.toContain('canary');
      const bytes = Buffer.from(item.body, 'base64');
      for (const at of [0, 12, 28]) {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ 1;
        await table.write([{ put: { ...item, body: altered.toString('base64') } }]);
        await expect(one.open(sealed)).rejects.toMatchObject({ code: 'state_corrupt' });
      }
      await table.write([{ put: { ...item, pk: 'run#other' } }]);
      await expect(one.open({ runId: 'other', digest: 'd' })).rejects.toThrow();
      await table.write([{ put: item }]);
      expect(revealed(await one.open(sealed))).toEqual(values);
      expect((item.expiresAt ?? 0) * 1_000 - world.now).toBeLessThanOrEqual(2 * DAY_MS + 1_000);
    });
  });

  describe('deployments', () => {
    const world = worldOf(module);
    const deployments = async () => {
      const [table, { blobs }] = [await world.openTable(), await world.open()];
      return new TableDeployments(table, blobs);
    };
    const brief = { digest: 'd', groups: [[0], [1]], targets: [] };

    test('what was judged first stays; a status moves once', async () => {
      const one = await deployments();
      expect(await one.get('d')).toBeUndefined();
      expect(await one.move('d', 'waiting_approval', { status: 'running' })).toBe(false);
      await one.begin('d', { status: 'waiting_approval', expiresAt: 7, brief });
      await one.begin('d', { status: 'refused', code: 'other', brief: { ...brief, digest: 'e' } });
      expect(await one.get('d')).toEqual({ status: 'waiting_approval', expiresAt: 7, brief });
      const answer = { decision: 'approve', by: 'ann', at: 1 } as const;
      const moves = await Promise.all(
        [1, 2, 3].map(async () => (await deployments()).move('d', 'waiting_approval', { status: 'running', answer })),
      );
      expect(moves.filter(Boolean)).toHaveLength(1);
      expect(await one.get('d')).toEqual({ status: 'running', expiresAt: 7, answer, brief });
    });

    test('targets are noted each by itself, more than a page of them', async () => {
      const one = await deployments();
      for (let index = 0; index < 120; index += 1)
        await one.note('d', index, { status: 'running', runId: `d-${index}` });
      await one.note('d', 7, { status: 'failed', code: 'x' });
      await one.note('e', 0, { status: 'running' });
      const notes = await one.notes('d');
      expect(notes.size).toBe(120);
      expect([notes.get(7), notes.get(119)]).toEqual([
        { status: 'failed', code: 'x' },
        { status: 'running', runId: 'd-119' },
      ]);
    });
  });

  describe('feeds', () => {
    const world = worldOf(module);
    const feeds = async () => {
      const [table, { blobs }] = [await world.openTable(), await world.open()];
      return new TableFeeds(table, blobs, () => world.now);
    };
    const said = (message: string): RunEvent => ({ event: 'warning', at: '2026-01-01T00:00:00.000Z', message });

    test('two workers that tell at once lose nothing, and a reader that reads on misses nothing', async () => {
      const [one, other] = [await feeds(), await feeds()];
      const seen: string[] = [];
      let at = 0;
      const readOn = async () => {
        const { events, next } = await one.read('r', at);
        at = next;
        seen.push(...events.map((event) => (event.event === 'warning' ? event.message : '')));
        return events.length;
      };
      for (let round = 0; round < 5; round += 1) {
        await Promise.all([
          one.append('r', [said(`one ${round} a`), said(`one ${round} b`)]),
          other.append('r', [said(`other ${round}`)]),
          readOn(),
        ]);
      }
      while ((await readOn()) > 0);
      expect([...seen].sort()).toEqual(
        Array.from({ length: 5 }, (_, n) => [`one ${n} a`, `one ${n} b`, `other ${n}`])
          .flat()
          .sort(),
      );
      const ones = seen.filter((text) => text.startsWith('one'));
      expect(ones).toEqual(Array.from({ length: 5 }, (_, n) => [`one ${n} a`, `one ${n} b`]).flat());
      expect(await other.read('r', at)).toEqual({ events: [], next: at });
    });

    test('more than a page, batches larger than an item, and another run’s stay apart', async () => {
      const one = await feeds();
      await one.append('r', [said('x'.repeat(500_000))]);
      for (let n = 0; n < 120; n += 1) await one.append('r', [said(String(n))]);
      await one.append('s', [said('not mine')]);
      const first = await one.read('r', 0);
      const rest = await (await feeds()).read('r', first.next);
      expect(first.events.length + rest.events.length).toBe(121);
      expect(rest.events.at(-1)).toEqual(said('119'));
      expect((await one.read('r', rest.next)).events).toEqual([]);
    });
  });

  describe('inquiries', () => {
    const world = worldOf(module);
    const inquiries = async () => {
      const [table, { blobs }] = [await world.openTable(), await world.open()];
      return new TableInquiries(table, blobs);
    };
    const question = { kind: 'drift', stack: 'web' } as const;
    const head = () => ({ id: 'i', kind: 'drift', stack: 'web', by: 'bob', at: world.now }) as const;

    test('the first answer stays, whoever gives it', async () => {
      const [one, other] = [await inquiries(), await inquiries()];
      await one.keep(head(), question);
      expect(await other.head('i')).toEqual({ ...head(), digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(await other.inquiry('i')).toEqual(question);
      expect(await other.answered('i')).toBeUndefined();
      await one.answer('i', { document: { a: 1 } });
      await other.answer('i', { document: { a: 2 } });
      expect(await other.answered('i')).toEqual({ document: { a: 1 } });
    });

    test('an id is used once, and forgotten after a week with its answer', async () => {
      const one = await inquiries();
      await one.keep(head(), question);
      await expect(one.keep(head(), question)).rejects.toThrow();
      await one.answer('i', { document: {} });
      world.now += 7 * DAY_MS + 1_000;
      expect(await one.head('i')).toBeUndefined();
      expect(await one.answered('i')).toBeUndefined();
    });

    test('the newest report of a stack, and plans by their digest', async () => {
      const one = await inquiries();
      const stack = { endpoint: 'aws', account: '111111111111', region: 'eu-west-1', name: 'web' };
      expect(await one.reported(stack)).toBeUndefined();
      await one.report(stack, { n: 1 });
      await one.report(stack, { n: 2 });
      expect(await one.reported(stack)).toEqual({ n: 2 });
      expect(await one.reported({ ...stack, region: 'us-east-1' })).toBeUndefined();
      await one.planned('d', { digest: 'd' });
      expect([await one.plan('d'), await one.plan('e')]).toEqual([{ digest: 'd' }, undefined]);
    });
  });

  describe('scans', () => {
    const world = worldOf(module);

    test('an id is used once, and forgotten after a week', async () => {
      const [table, { blobs }] = [await world.openTable(), await world.open()];
      const scans = new TableScans(table, blobs);
      const document = (elapsedMs: number) => ({ kind: 'scan', summary: { elapsedMs } }) as ScanDocument;
      const head = { id: 's', by: 'bob', stack: 'web', at: world.now };
      await scans.keep(head, document(1));
      await expect(scans.keep({ ...head, by: 'eve' }, document(2))).rejects.toThrow();
      expect([await scans.head('s'), await scans.document('s')]).toEqual([head, document(1)]);
      await scans.keep({ id: 't', by: 'bob', at: world.now }, document(3));
      expect(await scans.head('t')).toEqual({ id: 't', by: 'bob', at: world.now });
      world.now += 7 * DAY_MS + 1_000;
      expect([await scans.head('s'), await scans.document('t')]).toEqual([undefined, undefined]);
    });
  });

  describe('submissions', () => {
    const world = worldOf(module);

    test('starts that are asked for at once are different ones', async () => {
      const [table, { blobs }] = [await world.openTable(), await world.open()];
      const submissions = new TableSubmissions(table, blobs);
      const head = { runId: 'r', submission: '', by: 'bob', stack: 'web', accessPolicy: '', at: world.now, starts: 1 };
      await submissions.keep(head, { mode: 'destroy', stack: 'web' });
      const starts = await Promise.all(Array.from({ length: 5 }, () => submissions.startAgain('r')));
      expect(starts.sort()).toEqual([2, 3, 4, 5, 6]);
      expect((await submissions.head('r'))?.starts).toBe(6);
      await expect(submissions.startAgain('unknown')).rejects.toMatchObject({ code: 'state_corrupt' });
    });
  });
}
