// Tables as a stream: however the bytes are cut, the same records with the same lines; what is wrong is told with its line.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRecord, readTable } from '../../../../src/app/tables/csv.ts';

type Read = { values: string[]; line: number }[];

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  for (const [at, from] of places.entries()) yield bytes.subarray(from, places[at + 1] ?? bytes.length);
}

async function read(given: string | Uint8Array, columns = [['a'], ['b']], cuts: readonly number[] = []): Promise<Read> {
  const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : given;
  const found: Read = [];
  await readTable({ name: 'x.csv', chunks: pieces(bytes, cuts) }, columns, (values, line) =>
    found.push({ values, line }),
  );
  return found;
}

const values = async (text: string) => (await read(text)).map((row) => row.values);

describe('records', () => {
  test.each<[string, string, string[][]]>([
    ['columns in their order', 'a,b\n1,2\n', [['1', '2']]],
    ['columns in another order, and others', 'b,c,A \n1,2,3\n', [['3', '1']]],
    ['no line end at the end', 'a,b\n1,2', [['1', '2']]],
    [
      'line ends of Windows',
      'a,b\r\n1,2\r\n"x",y\r\nx,"y"\r\n',
      [
        ['1', '2'],
        ['x', 'y'],
        ['x', 'y'],
      ],
    ],
    ['a byte order mark', '\ufeffa,b\n1,2\n', [['1', '2']]],
    ['quotes around anything', 'a,b\n"x, ""y""","1\n2"\n', [['x, "y"', '1\n2']]],
    ['a quoted header', '"a","b"\n1,2\n', [['1', '2']]],
    ['a quoted field at the very end', 'a,b\n1,"2"', [['1', '2']]],
    [
      'empty fields',
      'a,b\n,\n"",x\n',
      [
        ['', ''],
        ['', 'x'],
      ],
    ],
    ['blank lines', '\na,b\n\n1,2\n\n', [['1', '2']]],
    ['blanks as part of a value', 'a,b\n x ,y\n', [[' x ', 'y']]],
    ['letters of any script', 'a,b\nč,日本 🙂\n', [['č', '日本 🙂']]],
  ])('%s', async (_, text, expected) => {
    expect(await values(text)).toEqual(expected);
  });

  test('lines are those where records begin', async () => {
    const lines = (await read('a,b\n1,2\n\n"x\ny\nz",2\n3,4\n')).map(({ line }) => line);
    expect(lines).toEqual([2, 4, 7]);
  });

  const field = fc.oneof(fc.string({ maxLength: 6 }), fc.stringMatching(/^[",\n\r x🙂]{0,6}$/u));
  test('what is written as CSV is read again, however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (rows, cuts) => {
          const text = `a,b\n${rows.map((row) => csvRecord(row)).join('')}`;
          const found = await read(text, undefined, cuts);
          expect(found.map((row) => row.values)).toEqual(rows.map((row) => row.map((one) => one.toWellFormed())));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('refusals', () => {
  test.each<[string, string | Uint8Array, string, string]>([
    ['nothing', '', 'file_empty', 'x.csv is empty.'],
    ['blank lines', '\n\n', 'file_empty', 'x.csv is empty.'],
    ['a header alone', 'a,b\n', 'file_empty', 'x.csv has a header and no rows.'],
    ['a missing column', 'a,c\n1,2\n', 'invalid_table', 'x.csv:1: there is no column b; the header is "a,c".'],
    ['no header', '1,2\n1,2\n', 'invalid_table', 'x.csv:1: there is no column a; the header is "1,2".'],
    ['a column twice', 'a,b,b\n1,2,3\n', 'invalid_table', 'x.csv:1: there are 2 columns b.'],
    ['a field too few', 'a,b\n1,2\n3\n', 'invalid_table', 'x.csv:3: there are 1 fields, and 2 in the header.'],
    ['a field too many', 'a,b\n1,2,3\n', 'invalid_table', 'x.csv:2: there are 3 fields, and 2 in the header.'],
    ['an open quote', 'a,b\n1,2\n"1,2\n3,4\n', 'invalid_table', 'x.csv:3: a quote is not closed.'],
    [
      'a quote inside',
      'a,b\n1,x"y"\n',
      'invalid_table',
      'x.csv:2: a quote inside a field; the whole field must be in quotes.',
    ],
    ['text after a quote', 'a,b\n"1"x,2\n', 'invalid_table', 'x.csv:2: something follows a closed quote.'],
    [
      'no UTF-8',
      Uint8Array.of(0x61, 0x2c, 0x62, 0x0a, 0xff, 0x2c, 0x31),
      'file_not_text',
      'x.csv is not UTF-8 text, near line 1 or after it.',
    ],
    [
      'half a letter at the end',
      Uint8Array.of(0x61, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0xc3),
      'file_not_text',
      'x.csv is not UTF-8 text, near line 2 or after it.',
    ],
    [
      'a quote over megabytes',
      `a,b\n"${'x'.repeat(1 << 21)}`,
      'invalid_table',
      'x.csv:2: a record is longer than 1 MiB; is a quote not closed?.',
    ],
  ])('%s', async (_, text, code, message) => {
    await expect(read(text)).rejects.toMatchObject({ name: 'InvalidInput', code, message });
  });

  test.each<[string, string, { line: number; column: number }]>([
    ['a missing column', 'a,c\n1,2\n', { line: 1, column: 1 }],
    ['a field too few', 'a,b\n1,2\n3\n', { line: 3, column: 1 }],
    ['an open quote', 'a,b\n1,2\n34,"2\n3,4\n', { line: 3, column: 4 }],
    ['a quote inside', 'a,b\n1,xy"z"\n', { line: 2, column: 5 }],
    ['text after a quote, lines below', 'a,b\n"1\n\nlong"x,2\n', { line: 4, column: 6 }],
  ])('%s is told with its place', async (_, text, place) => {
    await expect(read(text)).rejects.toMatchObject({ problems: [place] });
  });
});

test('a value stands where it is said to, however it is quoted', async () => {
  const value = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ',', '"', '\n', '\r', ' ') });
  const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(rows, async (rows) => {
      // A row of nothing but its line end would be none.
      const text = ['a,b,c\n', ...rows.map(csvRecord)].join('');
      const lines = text.split('\n');
      const found: string[] = [];
      const wanted: string[] = [];
      await readTable(
        { name: 'x.csv', chunks: pieces(new TextEncoder().encode(text), []) },
        [['c'], ['a']],
        (values, _, at) => {
          for (const [which, value] of values.entries()) {
            const { line, column } = at(which);
            const written = csvRecord([value]).slice(0, -1);
            wanted.push(written);
            found.push([lines[line - 1]?.slice(column - 1), ...lines.slice(line)].join('\n').slice(0, written.length));
          }
        },
      );
      expect(found).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});
