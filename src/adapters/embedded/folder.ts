// The state folder and how the store's file comes into it: whole, with all its tables, or not at all. So an empty
// `assent.db` was never ours, and is not taken for a new one: everything in it would be created a second time.
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Name of the store's file inside the state folder. */
export const FILE = 'assent.db';
/** Name of the signing key's. */
export const KEY_FILE = 'assent.key';

/** What this program keeps in a state folder: the store, and what the sandbox has. */
const OURS = /^((assent|sandbox)\.db(-wal|-shm|-journal|\.new-\w+)?|(assent|sandbox)\.key)$/;

/** Ours alone: plans and states describe infrastructure. What exists already keeps its owner's choice. */
export function prepareFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // Only in a folder that is ours: `--state .` must not hide somebody's files from git.
  if (readdirSync(dir).every((name) => OURS.test(name))) writeFileSync(join(dir, '.gitignore'), '*\n');
}

/** Puts a file that `fill` has written into the folder, unless another process was faster. */
export function addFile(dir: string, name: string, fill: (file: string) => void): void {
  const draft = mkdtempSync(join(dir, `${FILE}.new-`));
  try {
    const [from, to] = [join(draft, name), join(dir, name)];
    // SQLite gives its -wal and -shm files the mode of the database.
    closeSync(openSync(from, 'wx', 0o600));
    fill(from);
    put(from, to);
    syncFolder(dir);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Whether the folder's file is there and only may be read. */
export function isReadOnly(dir: string): boolean {
  const file = join(dir, FILE);
  return existsSync(file) && !(mayWrite(dir) && mayWrite(file));
}

/** Bytes of a file; 0: it is empty, or not there. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function put(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    // A file system without links. Less good: killed in here, it leaves half a file, which is refused as damaged.
    try {
      copyFileSync(from, to, constants.COPYFILE_EXCL);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Where the system can: a name that is lost in a power cut would take the store along. */
function syncFolder(dir: string): void {
  try {
    const folder = openSync(dir, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows has no such thing.
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
