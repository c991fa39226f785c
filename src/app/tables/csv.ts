// Comma-separated tables (RFC 4180) as a stream: chunk by chunk, so that memory holds what is kept of them and not the
// file. Strict: UTF-8, a header with every column that is needed (in any order, others are skipped), as many fields in
// each record as the header has, quotes only around whole fields. Whatever is wrong is refused with file, line and column.
import { InvalidInput } from '../../domain/errors.ts';

/** A file or stream of a table. */
export interface TableSource {
  /** For messages. */
  name: string;
  chunks: AsyncIterable<Uint8Array>;
}

/** More rows are refused: indices and names of these still fit where they are kept. */
export const MOST_ROWS = 10_000_000;
/** Longer records are refused: a quote that is opened and never closed takes in the rest of a file. */
const LONGEST_RECORD = 1 << 20;

const STOP = /[,\n"]/g;

/** Where something stands: both from 1, columns in UTF-16 code units. */
export interface Place {
  line: number;
  column: number;
}

/** The values of the wanted columns in one record, the line it begins in, and where each value stands. */
export type Take = (values: string[], line: number, at: (value: number) => Place) => void;

/**
 * Reads a table. `columns`: for each wanted value the names that its column may have. Rejects with InvalidInput:
 * `invalid_table`, `file_empty`, `file_not_text`.
 */
export async function readTable(
  { name, chunks }: TableSource,
  columns: readonly (readonly string[])[],
  take: Take,
): Promise<void> {
  let header: { at: number[]; fields: number } | undefined;
  let rows = 0;
  const records = new Records(name, (fields, line, at) => {
    if (header === undefined) {
      header = { at: placed(name, columns, fields, line), fields: fields.length };
      return;
    }
    if (fields.length !== header.fields) {
      throw wrongRow(name, line, `there are ${fields.length} fields, and ${header.fields} in the header`);
    }
    rows += 1;
    if (rows > MOST_ROWS) throw wrongRow(name, line, `there are more than ${MOST_ROWS} rows`);
    const wanted = header.at;
    take(
      wanted.map((at) => fields[at] as string),
      line,
      (value) => at(wanted[value] ?? 0),
    );
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of chunks)
    records.push(text(name, records.line, () => decoder.decode(chunk, { stream: true })));
  records.push(text(name, records.line, () => decoder.decode()));
  records.end();
  if (header === undefined) throw new InvalidInput('file_empty', `${name} is empty.`);
  if (rows === 0) throw new InvalidInput('file_empty', `${name} has a header and no rows.`);
}

/** What is wrong with a record of a table, from its beginning or from a place in it. */
export function wrongRow(name: string, where: number | Place, message: string): InvalidInput {
  const { line, column } = typeof where === 'number' ? { line: where, column: 1 } : where;
  return new InvalidInput('invalid_table', `${name}:${line}: ${message}.`, {
    problems: [{ code: 'invalid_table', severity: 'error', message, line, column }],
  });
}

/** A record; the value is put into quotes where it must be. */
export function csvRecord(values: readonly string[]): string {
  const quoted = values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value));
  return `${quoted.join(',')}\n`;
}

function text(name: string, line: number, decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw new InvalidInput('file_not_text', `${name} is not UTF-8 text, near line ${line} or after it.`, { cause });
  }
}

function placed(name: string, columns: readonly (readonly string[])[], fields: string[], line: number): number[] {
  const names = fields.map((field) => field.trim().toLowerCase());
  return columns.map((wanted) => {
    const found = names.flatMap((field, at) => (wanted.includes(field) ? [at] : []));
    const [at] = found;
    if (at === undefined) {
      const shown = fields.join(',').slice(0, 100);
      throw wrongRow(name, line, `there is no column ${wanted.join(' or ')}; the header is "${shown}"`);
    }
    if (found.length > 1) throw wrongRow(name, line, `there are ${found.length} columns ${wanted.join(' or ')}`);
    return at;
  });
}

/** Cuts text into records as it comes. */
class Records {
  /** In which the next record begins. */
  line = 1;
  #rest = '';
  /** Where in the record the last quote was opened. */
  #open = 0;
  readonly #name: string;
  readonly #take: Take;

  constructor(name: string, take: Take) {
    this.#name = name;
    this.#take = take;
  }

  push(more: string): void {
    const all = this.#rest + more;
    let from = 0;
    let quote = all.indexOf('"');
    for (;;) {
      const end = all.indexOf('\n', from);
      if (end === -1) break;
      if (quote !== -1 && quote < from) quote = all.indexOf('"', from);
      if (quote === -1 || quote > end) {
        this.#plain(all.slice(from, end));
        from = end + 1;
      } else {
        const next = this.#quoted(all, from);
        if (next === undefined) break;
        from = next;
      }
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > LONGEST_RECORD)
      throw this.#wrong('a record is longer than 1 MiB; is a quote not closed?', this.#rest);
  }

  /** What is left is the last record. */
  end(): void {
    const last = this.#rest;
    if (last === '') return;
    this.push('\n');
    if (this.#rest !== '') throw this.#wrong('a quote is not closed', this.#rest.slice(0, this.#open));
  }

  #plain(record: string): void {
    const whole = record.endsWith('\r') ? record.slice(0, -1) : record;
    const { line } = this;
    if (whole !== '') {
      const fields = whole.split(',');
      const column = (at: number) => fields.slice(0, at).reduce((sum, field) => sum + field.length + 1, 1);
      this.#take(fields, line, (at) => ({ line, column: column(at) }));
    }
    this.line += 1;
  }

  /** Takes the record that begins there, and says where the next one does; nothing while it is not all there. */
  #quoted(all: string, start: number): number | undefined {
    const fields: string[] = [];
    const starts: number[] = [];
    let at = start;
    let lines = 0;
    for (;;) {
      starts.push(at);
      if (all[at] === '"') {
        this.#open = at - start;
        let field = '';
        for (;;) {
          const close = all.indexOf('"', at + 1);
          if (close === -1) return undefined;
          field += all.slice(at + 1, close);
          at = close + 1;
          if (all[at] !== '"') break;
          field += '"';
        }
        lines += field.split('\n').length - 1;
        fields.push(field);
      } else {
        STOP.lastIndex = at;
        const stop = STOP.exec(all)?.index;
        if (stop === undefined) return undefined;
        const plain = all.slice(at, stop);
        at = stop;
        if (all[at] === '"') {
          throw this.#wrong('a quote inside a field; the whole field must be in quotes', all.slice(start, at));
        }
        fields.push(all[at] === '\n' && plain.endsWith('\r') ? plain.slice(0, -1) : plain);
      }
      if (all[at] === '\r' && all[at + 1] === '\n') at += 1;
      const after = all[at];
      at += 1;
      if (after === '\n') break;
      if (after === undefined || (after === '\r' && at === all.length)) return undefined;
      if (after !== ',') throw this.#wrong('something follows a closed quote', all.slice(start, at - 1));
    }
    const { line } = this;
    this.#take(fields, line, (field) => placeAfter(line, all.slice(start, starts[field])));
    this.line += lines + 1;
    return at;
  }

  /** What is wrong behind this text of the record; behind much of it, with the record. */
  #wrong(message: string, before: string): InvalidInput {
    return wrongRow(this.#name, before.length > LONGEST_RECORD ? this.line : placeAfter(this.line, before), message);
  }
}

/** Where what follows this text stands, if the text begins a line of that number. */
function placeAfter(line: number, before: string): Place {
  return { line: line + before.split('\n').length - 1, column: before.length - before.lastIndexOf('\n') };
}
