// What `scan` was pointed at, as texts: files as they are, folders searched for what may be a template.
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { ScanSource } from '../app/scan.ts';
import { InvalidInput } from '../domain/errors.ts';
import { readText } from './input.ts';

const TEMPLATES = new Set(['.yaml', '.yml', '.json', '.template']);

/** What of a folder is no template for sure, or not worth a word: binary, empty. */
const QUIET = new Set(['file_empty', 'file_not_text', 'file_not_found']);

/**
 * The texts, those of a folder by name. Folders that are hidden or called node_modules are left out, and so are links
 * to folders. What is there and cannot be read is told to `skipped`. Rejects with InvalidInput for a path that was
 * named and cannot be read.
 */
export async function sources(paths: readonly string[], skipped: (reason: string) => void): Promise<ScanSource[]> {
  const found = new Map<string, ScanSource>();
  for (const path of paths) {
    if (path === '-' || !(await isFolder(path))) {
      const name = path === '-' ? 'stdin' : called(path);
      found.set(name, { name, text: await readText(path), named: true });
      continue;
    }
    for (const file of await files(path)) {
      const name = called(file);
      if (found.has(name)) continue;
      try {
        found.set(name, { name, text: await readText(file), named: false });
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        if (!QUIET.has(error.code)) skipped(error.message);
      }
    }
  }
  return [...found.values()];
}

async function isFolder(path: string): Promise<boolean> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch {
    // Reading it says why.
    return false;
  }
  return found.isDirectory();
}

async function files(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') found.push(...(await files(path)));
    } else if (TEMPLATES.has(extname(entry.name).toLowerCase())) {
      found.push(path);
    }
  }
  return found;
}

/** The same name for the same file however it was pointed at, so that a baseline made elsewhere in the tree holds. */
function called(path: string): string {
  const inside = relative('.', path);
  return (inside.startsWith('..') ? path : inside).split(sep).join('/');
}
