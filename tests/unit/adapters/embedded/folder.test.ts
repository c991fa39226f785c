// How the store's file comes into its folder.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addFile } from '../../../../src/adapters/embedded/folder.ts';

/** What linking fails with; `undefined`: it works. */
let fails: string | undefined;
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const linkSync: typeof fs.linkSync = (from, to) => {
    if (fails !== undefined) throw Object.assign(new Error('no links here'), { code: fails });
    fs.linkSync(from, to);
  };
  return { ...fs, linkSync };
});

let dir: string;
const file = () => join(dir, 'assent.db');
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assent-folder-'));
  fails = undefined;
});
afterEach(() => rm(dir, { recursive: true }));

test.each([undefined, 'EPERM', 'ENOTSUP'])('it is there when it is full, not before (links fail with %s)', (code) => {
  fails = code;
  addFile(dir, 'assent.db', (draft) => {
    expect(existsSync(file())).toBe(false);
    writeFileSync(draft, 'whole');
    expect(existsSync(file())).toBe(false);
  });
  expect(readFileSync(file(), 'utf8')).toBe('whole');
  expect(readdirSync(dir)).toEqual(['assent.db']);
});

test.each([undefined, 'EPERM'])('what another process has put there meanwhile stays (links fail with %s)', (code) => {
  fails = code;
  addFile(dir, 'assent.db', (draft) => {
    writeFileSync(draft, 'mine');
    writeFileSync(file(), 'theirs');
  });
  expect(readFileSync(file(), 'utf8')).toBe('theirs');
  expect(readdirSync(dir)).toEqual(['assent.db']);
});

test('an attempt that fails leaves nothing', () => {
  const fill = () => {
    throw new Error('no');
  };
  expect(() => addFile(dir, 'assent.db', fill)).toThrow('no');
  expect(readdirSync(dir)).toEqual([]);
});
