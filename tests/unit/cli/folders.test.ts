import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sources } from '../../../src/cli/folders.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'assent-folders-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const file = (name: string, content: string | Uint8Array) => writeFileSync(join(dir, name), content);

test('what of a folder is not looked at is listed, each with its reason', async () => {
  file('fine.yaml', 'Resources: {}');
  file('latin.yaml', Buffer.from('Description: caf\u00e9', 'latin1'));
  file('wide.json', Buffer.from('{"Resources":{}}', 'utf16le'));
  file('binary.json', Uint8Array.of(1, 0, 2, 0, 0, 3));
  file('huge.yml', '');
  truncateSync(join(dir, 'huge.yml'), 2 ** 40);
  file('empty.yaml', '');
  mkdirSync(join(dir, 'sub'));
  symlinkSync(join(dir, 'gone'), join(dir, 'sub/broken.yaml'));
  symlinkSync('/dev/zero', join(dir, 'sub/endless.json'));
  expect(spawnSync('mkfifo', [join(dir, 'sub/pipe.template')]).status).toBe(0);
  const { texts, unreadable } = await sources([dir]);
  const local = (name: string) => name.slice(name.indexOf(dir) + dir.length + 1);
  expect(texts.map(({ name }) => local(name))).toEqual(['fine.yaml', 'latin.yaml', 'wide.json']);
  expect(texts[1]?.text).toBe('Description: caf\u00e9');
  const reasons = Object.fromEntries(unreadable.map(({ name, reason }) => [local(name), reason]));
  expect(reasons).toEqual({
    'binary.json': expect.stringContaining('not a text'),
    'huge.yml': expect.stringContaining('larger than'),
    'sub/broken.yaml': expect.stringContaining('does not exist'),
    'sub/endless.json': expect.stringContaining('device'),
    'sub/pipe.template': expect.stringContaining('pipe'),
  });
});

test('a folder of too many files says so', async () => {
  for (const name of ['a', 'b', 'c']) file(`${name}.yaml`, 'Resources: {}');
  const { texts, unreadable } = await sources([dir], 2);
  expect(texts).toHaveLength(2);
  expect(unreadable).toEqual([expect.objectContaining({ reason: expect.stringMatching(/3 files.*first 2/) })]);
});
