// What a service's configuration may say, and that nothing else is understood as something.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { allows } from '../../../../src/domain/access.ts';
import { configFrom, policyOf } from '../../../../src/edge/service/config.ts';

const { serviceConfig } = (await import(
  pathToFileURL(join(import.meta.dirname, '../../../../scripts/service/config.mjs')).href
)) as { serviceConfig(folder: string, named?: string): ReturnType<typeof configFrom> };

test('without any, whoever is let in may do all but skip the gate', () => {
  for (const nothing of [undefined, null, {}]) {
    const policy = policyOf(configFrom(nothing, 'f'));
    expect(allows(policy, 'anybody', 'approve', 'any')).toBe(true);
    expect(allows(policy, 'anybody', 'override', 'any')).toBe(false);
    expect(policy.ownApproval).toBe(false);
  }
});

test('with rules only those hold', () => {
  const policy = policyOf(configFrom({ access: [{ who: ['a*'], may: ['read'] }] }, 'f'));
  expect([allows(policy, 'ann', 'read', 'x'), allows(policy, 'bob', 'read', 'x')]).toEqual([true, false]);
});

test.each<[string, unknown, RegExp]>([
  ['a text', 'access', /the file/],
  ['an unknown key', { acces: [] }, /acces/],
  ['no rule', { access: [] }, /access/],
  ['a rule for nobody', { access: [{ who: [], may: ['read'] }] }, /access\/0\/who/],
  ['a rule for everybody by mistake', { access: [{ may: ['read'] }] }, /access\/0\/who/],
  ['an unknown scope', { access: [{ who: ['a'], may: ['admin'] }] }, /access\/0\/may\/0/],
  ['an unknown key of a rule', { access: [{ who: ['a'], may: ['read'], stack: ['web'] }] }, /access\/0.*stack/],
  ['an empty pattern', { access: [{ who: [''], may: ['read'] }] }, /access\/0\/who\/0/],
  ['a pattern that is no text', { access: [{ who: [1], may: ['read'] }] }, /access\/0\/who\/0/],
  ['another version', { version: 2 }, /version/],
])('%s is refused with its place', (_, value, said) => {
  expect(() => configFrom(value, 'assent.config.yaml')).toThrow(said);
});

test('the digest is that of what it means', () => {
  const digest = (value: unknown) => policyOf(configFrom(value, 'f')).digest;
  expect(digest({})).toBe(digest({ version: 1, ownApproval: false }));
  expect(digest({})).not.toBe(digest({ ownApproval: true }));
});

test('a file is read when the service is packaged; one that was named must be there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assent-config-'));
  try {
    expect(serviceConfig(folder).ownApproval).toBe(false);
    writeFileSync(join(folder, 'assent.config.yaml'), 'ownApproval: true\n');
    expect(serviceConfig(folder).ownApproval).toBe(true);
    expect(() => serviceConfig(folder, 'other.yaml')).toThrow(/no file/);
    writeFileSync(join(folder, 'other.yaml'), 'ownAproval: true\n');
    expect(() => serviceConfig(folder, 'other.yaml')).toThrow(/ownAproval/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
