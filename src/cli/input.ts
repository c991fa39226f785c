// Files a user names: read with a limit, and refused with a reason a person understands.
import { constants, type Stats } from 'node:fs';
import { open, stat, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidInput } from '../domain/errors.ts';
import { decoded } from './encoding.ts';

/** Larger than any template CloudFormation takes (1 MB), small enough to hold in memory. */
export const MAX_BYTES = 16 * 1024 * 1024;

/** Text of a file, `-` for stdin. Rejects with InvalidInput: missing, directory, empty, too large, not text. */
export async function readText(path: string): Promise<string> {
  const name = path === '-' ? 'stdin' : path;
  const bytes = path === '-' ? await readStream(process.stdin, name) : await readFile(path);
  if (bytes.length === 0) throw invalid('file_empty', `${name} is empty.`);
  const text = decoded(bytes);
  if (text === undefined) throw invalid('file_not_text', `${name} is not a text file.`);
  if (text.trim() === '') throw invalid('file_empty', `${name} is empty.`);
  return text;
}

/** The refusal of a command line that names no template. */
export function noTemplate(): InvalidInput {
  return new InvalidInput('invalid_usage', "Missing required argument 'template'", {
    help: 'Name a file, - for stdin, or several targets by --targets FILE.',
  });
}

/**
 * Bytes of a file as they come, `-` for stdin: for what is too large to be read as a whole. Rejects with InvalidInput:
 * missing, directory, not readable.
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array, void> {
  if (path === '-') {
    for await (const chunk of process.stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    return;
  }
  try {
    const file = await open(path, 'r');
    // A generator that is left early closes its stream, and the stream its file.
    for await (const chunk of file.createReadStream({ highWaterMark: 1 << 18 })) yield chunk;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') {
      throw invalid('file_is_directory', `${path} is a directory, not a file.`);
    }
    throw unreadable(path, error);
  }
}

/** Writes a file that a user names. Rejects with InvalidInput when that cannot be. */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'ENOENT' ? 'its folder does not exist' : code === 'EISDIR' ? 'it is a folder' : code;
    throw invalid('file_not_writable', `${path} could not be written: ${why}.`);
  }
}

async function readFile(path: string): Promise<Buffer> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (found.isDirectory()) throw invalid('file_is_directory', `${path} is a directory, not a file.`);
  if (found.size > MAX_BYTES) throw tooLarge(path);
  try {
    if (found.isFIFO()) return await readPipe(path);
    // Devices say size 0, so the limit holds while reading too.
    const file = await open(path, 'r');
    return await readStream(file.createReadStream(), path);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw unreadable(path, error);
  }
}

// Whoever writes into a pipe that was named does so at once.
const SILENCE_MS = 5_000;
const PAUSE_MS = 20;

/** All of a pipe. Opened so that it does not wait: one that nobody writes into is refused after a while. */
async function readPipe(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (let silentSince = performance.now(); ; ) {
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(65_536) }).catch(nothingYet);
      if (bytesRead === 0 && size > 0) return Buffer.concat(chunks);
      if (bytesRead > 0) {
        size += bytesRead;
        if (size > MAX_BYTES) throw tooLarge(path);
        chunks.push(buffer.subarray(0, bytesRead));
        silentSince = performance.now();
      } else if (performance.now() - silentSince > SILENCE_MS) {
        throw invalid('file_not_readable', `${path} is a pipe that nobody writes into.`);
      } else {
        await pause(PAUSE_MS);
      }
    }
  } finally {
    await file.close();
  }
}

/** Somebody has the pipe open and has not written yet; other errors go on. */
function nothingYet(error: NodeJS.ErrnoException): { bytesRead: number; buffer: Buffer } {
  if (error.code === 'EAGAIN') return { bytesRead: -1, buffer: Buffer.alloc(0) };
  throw error;
}

async function readStream(stream: AsyncIterable<Buffer | string>, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > MAX_BYTES) throw tooLarge(name);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function unreadable(path: string, cause: unknown): InvalidInput {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return invalid('file_not_found', `${path} does not exist.`);
  if (code === 'EACCES' || code === 'EPERM') return invalid('file_not_readable', `${path} may not be read.`);
  return invalid('file_not_readable', `${path} could not be read: ${code || String(cause)}`);
}

function tooLarge(name: string): InvalidInput {
  return invalid('file_too_large', `${name} is larger than ${MAX_BYTES / 1024 / 1024} MiB.`);
}

function invalid(code: string, message: string): InvalidInput {
  return new InvalidInput(code, message);
}
