// Taking over what a stack has: refused wherever in the place it is, and nowhere else; no more than a few stacks at once.
import { expect, test } from 'vitest';
import type { OldResource, StackResource } from '#wasm';
import { refuseOwned } from '../../../../src/app/planning/owned.ts';
import type { Store } from '../../../../src/app/ports.ts';
import type { StackKey } from '../../../../src/domain/stack.ts';

const QUEUE = 'AWS::SQS::Queue';
const HERE = { endpoint: 'aws', account: '111111111111', region: 'eu-west-1' };
const key = (name: string, place = HERE): StackKey => ({ ...place, name });

function resource(logicalId: string, physicalId: string, more: Partial<StackResource> = {}): StackResource {
  const policies = { deletionPolicy: 'Delete', updateReplacePolicy: 'Delete' };
  return { logicalId, type: QUEUE, physicalId, status: 'complete', applied: {}, ...policies, ...more };
}

/** Stacks in pages of three; `most`: how many were being read at the same time. */
function stored(records: readonly (readonly [StackKey, readonly StackResource[]])[]) {
  const reading = { now: 0, most: 0 };
  const stacks = {
    list: async ({ next = '0' }: { next?: string | undefined } = {}) => {
      const at = Number(next);
      const items = records.slice(at, at + 3).map(([one]) => ({ key: one }));
      return at + 3 < records.length ? { items, next: String(at + 3) } : { items };
    },
    get: async (wanted: StackKey) => {
      reading.now += 1;
      reading.most = Math.max(reading.most, reading.now);
      await new Promise(setImmediate);
      reading.now -= 1;
      const found = records.find(([one]) => one === wanted);
      return found && { key: found[0], state: { resources: found[1] }, outputs: {} };
    },
  };
  return { store: { stacks } as unknown as Pick<Store, 'stacks'>, reading };
}

const importing = (...wanted: StackResource[]) => wanted.map((recorded) => ({ action: 'import' as const, recorded }));
const taken = importing(resource('Mine', 'url-1'));
const many = (from: number) =>
  Array.from({ length: 40 }, (_, n) => [key(`s${from + n}`), [resource('Q', `u${n}`)]] as const);

test('a resource of any other stack of the place is refused, and the owner named; a few stacks are held at a time', async () => {
  const { store, reading } = stored([...many(0), [key('owner'), [resource('Orders', 'url-1')]], ...many(100)]);
  await expect(refuseOwned(store, key('web'), taken)).rejects.toMatchObject({
    code: 'import_owned',
    kind: 'invalid',
    message: `Mine (${QUEUE} url-1) cannot be imported: stack owner has it, as Orders.`,
    help: expect.stringContaining('DeletionPolicy: Retain'),
  });
  expect(reading.most).toBeLessThanOrEqual(8);
});

test('what is still to be deleted there, and what this stack has under another name, is refused too', async () => {
  const replaced: OldResource[] = [{ type: QUEUE, physicalId: 'url-1' }];
  const { store } = stored([[key('owner'), [resource('Orders', 'url-2', { replaced })]]]);
  await expect(refuseOwned(store, key('web'), taken)).rejects.toMatchObject({ code: 'import_owned' });
  const own = stored([[key('web'), [resource('Old', 'url-1')]]]);
  await expect(refuseOwned(own.store, key('web'), taken)).rejects.toMatchObject({
    code: 'import_owned',
    message: expect.stringContaining('this stack has it already, as Old'),
    help: expect.stringContaining('moved'),
  });
});

test('one resource is not taken over under two names', async () => {
  const twice = importing(resource('A', 'url-1'), resource('B', 'url-1'));
  await expect(refuseOwned(stored([]).store, key('web'), twice)).rejects.toMatchObject({ code: 'import_owned' });
});

test.each([
  ['of another region', [key('owner', { ...HERE, region: 'us-east-1' }), [resource('Q', 'url-1')]]],
  ['of another account', [key('owner', { ...HERE, account: '2' }), [resource('Q', 'url-1')]]],
  ['of another cloud', [key('owner', { ...HERE, endpoint: 'sandbox' }), [resource('Q', 'url-1')]]],
  ['of another type', [key('owner'), [resource('Q', 'url-1', { type: 'AWS::SNS::Topic' })]]],
  ['with another identifier', [key('owner'), [resource('Q', 'url-10')]]],
] as const)('a resource %s is somebody else', async (_, record) => {
  await refuseOwned(stored([record]).store, key('web'), taken);
});

test('where nothing is imported no stack is read', async () => {
  const planned = [{ action: 'update' as const, recorded: resource('Q', 'url-1') }];
  await refuseOwned({} as Pick<Store, 'stacks'>, key('web'), planned);
});
