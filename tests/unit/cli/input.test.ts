import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { MAX_BYTES, readText, writeText } from '../../../src/cli/input.ts';

const dir = mkdtempSync(join(tmpdir(), 'assent-input-'));
afterAll(() => rmSync(dir, { recursive: true }));

const file = (name: string, content: string | Uint8Array) => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};

test('text comes back as it is, byte order mark included or not', async () => {
  expect(await readText(file('plain', 'Resources: {}\r\n'))).toBe('Resources: {}\r\n');
  expect(await readText(file('bom', '\ufeffResources: {}'))).toBe('Resources: {}');
});

test.each<[string, () => string, string]>([
  ['a missing file', () => join(dir, 'none.yaml'), 'file_not_found'],
  ['a path through a file', () => join(file('leaf', 'x'), 'below'), 'file_not_found'],
  ['a directory', () => dir, 'file_is_directory'],
  ['an empty file', () => file('empty', ''), 'file_empty'],
  ['blanks only', () => file('blank', ' \n\t\n'), 'file_empty'],
  ['a binary file', () => file('binary', Uint8Array.of(0x7f, 0x45, 0, 1)), 'file_not_text'],
  ['half of UTF-16', () => file('half', Uint8Array.of(0xff, 0xfe, 0x41, 0, 0x42)), 'file_not_text'],
  ['no UTF-8 with control characters', () => file('control', Uint8Array.of(0x63, 1, 0x66, 0xe9)), 'file_not_text'],
  ['an endless device', () => '/dev/zero', 'file_too_large'],
])('%s is refused by name', async (_, path, code) => {
  const name = path();
  await expect(readText(name)).rejects.toMatchObject({ code, kind: 'invalid', message: expect.stringContaining(name) });
});

test('a file beyond the limit is refused before it is read', async () => {
  const path = file('huge', '');
  truncateSync(path, MAX_BYTES * 1_000);
  await expect(readText(path)).rejects.toMatchObject({ code: 'file_too_large' });
});

test('a file of exactly the limit is read', async () => {
  const path = file('full', Buffer.alloc(MAX_BYTES, 'a'));
  expect(await readText(path)).toHaveLength(MAX_BYTES);
});

const TEXT = 'Resources: {Caf\u00e9: {Type: "AWS::SNS::Topic"}}\n';
const big = (text: string) => Buffer.from(text, 'utf16le').swap16();

test.each<[string, () => Uint8Array]>([
  ['Latin-1', () => Buffer.from(TEXT, 'latin1')],
  ['UTF-16 with its mark', () => Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
  ['UTF-16 the other way round', () => big(`\ufeff${TEXT}`)],
  ['UTF-16 without a mark', () => Buffer.from(TEXT, 'utf16le')],
  ['UTF-16 the other way round without a mark', () => big(TEXT)],
])('%s is recognised and read', async (name, bytes) => {
  expect(await readText(file(name.replaceAll(' ', '-'), bytes()))).toBe(TEXT);
});

test('a pipe that nobody writes into is refused and does not hang', async () => {
  const path = join(dir, 'silent');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  await expect(readText(path)).rejects.toMatchObject({
    code: 'file_not_readable',
    message: expect.stringContaining('pipe'),
  });
});

test('a file that cannot be written is refused by name', async () => {
  const path = join(dir, 'nowhere', 'known.json');
  await expect(writeText(path, 'x')).rejects.toMatchObject({
    code: 'file_not_writable',
    message: expect.stringContaining(path),
  });
  await expect(writeText(dir, 'x')).rejects.toMatchObject({ code: 'file_not_writable' });
});

test('a named pipe is read like a file', async () => {
  const path = join(dir, 'pipe');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  const { spawn } = await import('node:child_process');
  const writer = spawn('sh', ['-c', `printf 'Resources: {}' > '${path}'`]);
  expect(await readText(path)).toBe('Resources: {}');
  writer.kill();
});
