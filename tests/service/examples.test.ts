// Every example through the whole service by HTTP: scanned, planned, deployed, changed and deleted.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Answered, call, ENDS, until } from './support/call.ts';

const folder = join(import.meta.dirname, '../../examples');
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

async function led(begun: Answered): Promise<Answered['document']> {
  expect(begun.status, JSON.stringify(begun.document)).toBe(202);
  return (await until(begun.location ?? '', ENDS)).document;
}

test.each(examples)('%s', { timeout: 600_000 }, async (name) => {
  const stack = `example-${name.replace('.yaml', '')}`;
  const template = readFileSync(join(folder, name), 'utf8');
  const scanned = await call('POST', '/scans', { template, name, stack });
  expect(scanned).toMatchObject({ status: 200, document: { summary: { critical: 0 } } });

  const asked = await call('POST', '/plans', { stack, template });
  let planned = asked;
  while (planned.status === 202) {
    await pause(200);
    planned = await call('GET', asked.location ?? '');
  }
  const { digest, actions } = planned.document;
  expect(actions.length).toBeGreaterThan(0);

  const deployed = await led(await call('POST', '/deployments', { stack, template, planDigest: digest }));
  expect(deployed).toMatchObject({ status: 'succeeded', planDigest: digest });
  const { document } = await call('GET', `/stacks/${stack}`);
  expect(document.stacks).toMatchObject([{ status: 'complete', resources: { length: actions.length } }]);

  const tags = { changed: 'yes' };
  const changed = await led(await call('POST', '/deployments', { stack, template, tags }));
  expect(changed.status).toBe('succeeded');
  expect((await led(await call('POST', '/deployments', { stack, template, tags }))).status).toBe('no_changes');

  const gone = await led(await call('DELETE', `/stacks/${stack}`, { allowDataLoss: ['all'] }));
  expect(gone).toMatchObject({ status: 'succeeded', mode: 'destroy' });
  expect((await call('GET', `/stacks/${stack}`)).document.stacks).toEqual([]);
});
