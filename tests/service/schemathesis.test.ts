// Schemathesis, whose authors have never seen us, holds the installed service to docs/openapi.json: examples, edge cases and
// mutations of every operation, and sequences of them. What is not asked of it: tests/support/schemathesis.toml.
// An emulator of its own: it calls off and approves whatever it can list.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyDocument } from '../support/cli.ts';
import { SIGNED } from './support/call.ts';
import { checksPython } from './support/scripts.ts';
import { type Installed, startService } from './support/start.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/openapi.json');
const SETTINGS = join(import.meta.dirname, '../support/schemathesis.toml');
const SEED = process.env['ASSENT_SEED'] ?? '1';

const folder = mkdtempSync(join(tmpdir(), 'assent-schemathesis-'));
let installed: Installed;
beforeAll(async () => {
  installed = await startService();
});
afterAll(async () => {
  await installed?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Exit code and what it says. */
async function held(document: string, ...more: string[]): Promise<{ code: number | null; said: string }> {
  const given = ['--config-file', SETTINGS, 'run', document, '--url', installed.service];
  const signed = ['--header', `authorization: ${SIGNED['authorization']}`];
  const how = ['--seed', SEED, '--workers', '2', '--continue-on-failure', '--warnings', 'off', '--no-color'];
  const child = spawn(join(dirname(checksPython()), 'schemathesis'), [...given, ...signed, ...how, ...more], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, said };
}

test('nothing that it can think of is answered otherwise than the document says', async () => {
  const { code, said } = await held(DOCUMENT, '--phases', 'examples,coverage,fuzzing,stateful', '--max-time', '60');
  expect(said).toMatch(/Tested: (\d+)\b/);
  const operations = Object.values<object>(JSON.parse(readFileSync(DOCUMENT, 'utf8')).paths).flatMap(
    Object.keys,
  ).length;
  expect(code, said).toBe(0);
  expect(said).toContain(`Tested: ${operations}\n`);
});

test('what the document does not say is found', async () => {
  const document: AnyDocument = JSON.parse(readFileSync(DOCUMENT, 'utf8'));
  document.components.schemas.Status.required.push('neverThere');
  delete document.paths['/audit/checkpoint'].get.responses['200'];
  delete document.paths['/audit/checkpoint'].get.responses['404'];
  const spoiled = join(folder, 'spoiled.json');
  writeFileSync(spoiled, JSON.stringify(document));
  const only = ['--include-path-regex', '^/(stacks|audit/checkpoint)$'];
  const { code, said } = await held(spoiled, '--phases', 'fuzzing', '--max-examples', '3', ...only);
  expect({ code, said }).toMatchObject({ code: 1, said: expect.stringMatching(/.neverThere. is a required property/) });
  expect(said).toContain('Undocumented status code');
});
