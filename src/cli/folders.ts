// What `scan` was pointed at, as texts: files as they are, folders searched for what may be a template.
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { ScanSource, Unreadable } from '../app/scan.ts';
import { InvalidInput } from '../domain/errors.ts';
import { readText } from './input.ts';

const TEMPLATES = new Set(['.yaml', '.yml', '.json', '.template']);

/** More files of a folder than anybody means to have scanned. */
const MOST = 10_000;

/** What was found. */
export interface Sources {
  texts: ScanSource[];
  /** What is there, may be a template, and was not looked at. */
  unreadable: Unreadable[];
}

/**
 * The texts, those of a folder by name. Folders that are hidden or called node_modules are left out, and so are links
 * to folders and empty files; whatever else of a folder is not read is listed. Pipes and devices of a folder are not
 * opened. Rejects with InvalidInput for a path that was named and cannot be read.
 */
export async function sources(paths: readonly string[], most = MOST): Promise<Sources> {
  const found = new Map<string, ScanSource>();
  const unreadable = new Map<string, Unreadable>();
  const skip = (path: string, reason: string) => unreadable.set(called(path), { name: called(path), reason });
  for (const path of paths) {
    if (path === '-' || !(await isFolder(path))) {
      const name = path === '-' ? 'stdin' : called(path);
      found.set(name, { name, text: await readText(path), named: true });
      continue;
    }
    const files = await filesOf(path, skip);
    if (files.length > most) {
      skip(path, `it holds ${files.length} files that may be templates; only the first ${most} were looked at`);
    }
    for (const file of files.slice(0, most)) {
      const name = called(file);
      if (found.has(name)) continue;
      const text = await textOf(file, skip);
      if (text !== undefined) found.set(name, { name, text, named: false });
    }
  }
  return { texts: [...found.values()], unreadable: [...unreadable.values()] };
}

type Skip = (path: string, reason: string) => void;

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

async function textOf(file: string, skip: Skip): Promise<string | undefined> {
  try {
    // Opening a pipe waits for who writes into it, and devices may never end.
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) return undefined;
    if (found !== undefined && !found.isFile()) {
      skip(file, 'it is no file but a pipe, a socket or a device');
      return undefined;
    }
    return await readText(file);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    if (error.code !== 'file_empty') skip(file, error.message);
    return undefined;
  }
}

async function filesOf(folder: string, skip: Skip): Promise<string[]> {
  const found: string[] = [];
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    skip(folder, `the folder cannot be listed: ${error instanceof Error ? error.message : String(error)}`);
    return found;
  }
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') found.push(...(await filesOf(path, skip)));
    } else if (TEMPLATES.has(extname(entry.name).toLowerCase())) {
      found.push(path);
    }
  }
  return found;
}

/** The same name for the same file however it was pointed at, so that a baseline made elsewhere in the tree holds. */
function called(path: string): string {
  const inside = relative('.', path) || '.';
  return (inside.startsWith('..') ? path : inside).split(sep).join('/');
}
