// Files a user names: read with a limit, and refused with a reason a person understands.
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { InvalidInput } from '../domain/errors.ts';

/** Larger than any template CloudFormation takes (1 MB), small enough to hold in memory. */
export const MAX_BYTES = 16 * 1024 * 1024;

/** Text of a file, `-` for stdin. Rejects with InvalidInput: missing, directory, empty, too large, not text. */
export async function readText(path: string): Promise<string> {
  const name = path === '-' ? 'stdin' : path;
  const bytes = path === '-' ? await readStream(process.stdin, name) : await readFile(path);
  if (bytes.length === 0) throw invalid('file_empty', `${name} is empty.`);
  if (bytes.includes(0)) throw invalid('file_not_text', `${name} is not a text file.`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') throw invalid('file_empty', `${name} is empty.`);
    return text;
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw invalid('file_not_text', `${name} is not UTF-8 text.`);
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
    // Pipes and devices say size 0, so the limit holds while reading too.
    const file = await open(path, 'r');
    return await readStream(file.createReadStream(), path);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw unreadable(path, error);
  }
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
