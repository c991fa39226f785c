// A log as files, so that anybody can keep and check it: https://c2sp.org/tlog-tiles (checkpoint, tile/LEVEL/INDEX,
// tile/entries/INDEX; a tile that is not full yet says its width).
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ShownLog } from '../app/audit.ts';
import { InvalidInput } from '../domain/errors.ts';

const WIDTH = 256;

/** Writes a log; what is there is replaced. */
export async function writeLog(dir: string, { checkpoint, entries }: ShownLog): Promise<void> {
  for (let index = 0; index * WIDTH < entries.length; index += 1) {
    const some = entries.slice(index * WIDTH, (index + 1) * WIDTH);
    await write(
      dir,
      `tile/0/${nameOf(index, some.length)}`,
      Buffer.concat(some.map(({ hash }) => hash ?? Buffer.alloc(32))),
    );
    await write(
      dir,
      `tile/entries/${nameOf(index, some.length)}`,
      Buffer.concat(some.map(({ text = '' }) => framed(text))),
    );
  }
  await write(dir, 'checkpoint', Buffer.from(checkpoint));
}

/** Reads one. Rejects with InvalidInput `log_not_found` where there is none; what is missing of it stays missing. */
export async function readLog(dir: string): Promise<ShownLog> {
  const checkpoint = await readFile(join(dir, 'checkpoint'), 'utf8').catch((cause: unknown) => {
    throw new InvalidInput('log_not_found', `${dir} holds no log: it has no file "checkpoint".`, {
      help: 'A log is what `assent audit export` wrote, or a state folder.',
      cause,
    });
  });
  const size = Number(checkpoint.split('\n')[1]);
  const entries: ShownLog['entries'] = [];
  for (let index = 0; Number.isSafeInteger(size) && index * WIDTH < size; index += 1) {
    const width = Math.min(WIDTH, size - index * WIDTH);
    const [hashes, bundle] = await Promise.all(
      ['0', 'entries'].map((kind) =>
        readFile(join(dir, 'tile', kind, nameOf(index, width))).catch(() => Buffer.alloc(0)),
      ),
    );
    const texts = unframed(bundle ?? Buffer.alloc(0));
    for (let at = 0; at < width; at += 1) {
      const hash = hashes?.subarray(32 * at, 32 * at + 32);
      entries.push({ text: texts[at], hash: hash?.length === 32 ? hash : undefined });
    }
    for (const text of texts.slice(width)) entries.push({ text, hash: undefined });
  }
  return { checkpoint, entries };
}

/** `x001/x234/067`, of a tile that is not full with `.p/WIDTH`. */
function nameOf(index: number, width: number): string {
  const digits = String(index).padStart(3 * Math.ceil(String(index).length / 3), '0');
  const groups = digits.match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
  return width === WIDTH ? path : `${path}.p/${width}`;
}

/** Each entry is preceded by its length, two bytes. */
function framed(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function unframed(bundle: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at + 2 <= bundle.length; ) {
    const length = bundle.readUInt16BE(at);
    texts.push(bundle.subarray(at + 2, at + 2 + length).toString());
    at += 2 + length;
  }
  return texts;
}

async function write(dir: string, name: string, content: Buffer): Promise<void> {
  const file = join(dir, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
